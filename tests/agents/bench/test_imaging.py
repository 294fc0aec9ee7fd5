"""Holes of an image may stay as they are only on a medium that is known to be zero everywhere."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from agents.bench.imaging import leaves_zeros
from agents.config import PortConfig
from agents.identify.identify import identify
from agents.identify.identity import Identity
from agents.journal.jobs import Job, JobKind, JobState, Outcome
from fleet.contract.kinds import Method

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    file = tmp_path / "a.img"
    file.write_bytes(bytes(8192))
    return identify(PortConfig(name="A1", path=file), file)


def wipe_of(identity: Identity, **changes: Any) -> Job:
    fields: dict[str, Any] = {
        "id": uuid4(),
        "kind": JobKind.WIPE,
        "storage": identity.storage,
        "asset_code": "8YZABCDE",
        "port": "A1",
        "operator": None,
        "plan": {"method": Method.OVERWRITE_ZEROS.value},
        "state": JobState.DONE,
        "offset_bytes": 0,
        "secret": None,
        "outcome": Outcome.ERASED,
        "reason": None,
        "began_at": MOMENT,
        "changed_at": MOMENT,
    }
    return Job(**(fields | changes))


def test_a_verified_overwrite_with_zeros_of_this_medium_leaves_zeros(identity: Identity) -> None:
    assert leaves_zeros(wipe_of(identity), identity)


@pytest.mark.parametrize("method", [method for method in Method if method is not Method.OVERWRITE_ZEROS])
def test_no_other_method_does_whatever_its_samples_say(identity: Identity, method: Method) -> None:
    assert not leaves_zeros(wipe_of(identity, plan={"method": method.value}), identity)


@pytest.mark.parametrize("outcome", [None, *(outcome for outcome in Outcome if outcome is not Outcome.ERASED)])
def test_a_wipe_that_is_not_proven_does_not(identity: Identity, outcome: Outcome | None) -> None:
    assert not leaves_zeros(wipe_of(identity, outcome=outcome), identity)


def test_the_wipe_of_another_medium_does_not(identity: Identity) -> None:
    other = identity.storage.model_copy(update={"serial": "ANOTHER"})
    assert not leaves_zeros(replace(wipe_of(identity), storage=other), identity)
