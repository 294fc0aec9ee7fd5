"""Which plan a medium gets: the policy of the organisation, the bench's own setting, and how a refusal shows at a port."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agents.bench import Bench, PortPhase
from agents.bench.phases import ENDS
from agents.bench.planning import known_policy, plan_for, shown
from agents.config import BenchConfig, from_tree
from agents.journal import profile
from agents.journal.db import Journal
from agents.wipe.choice import PolicyNotReached, PolicyWantsDestroy
from fleet.contract.kinds import Level, MediaType, Method
from fleet.contract.policy import MediumPolicy, WipePolicy
from tests.sim.bench_service import BenchService, until
from tests.sim.recorded import DEVICES, identity

NVME = identity(DEVICES / "lexar-nm790-4t")


def configured(tmp_path: Path, **settings: object) -> BenchConfig:
    tree = {"station": "B", "ports": [{"name": "A1", "path": "a.img"}], "method": "zeros", **settings}
    return from_tree(tree, tmp_path / "bench.toml")


def of(media: MediaType, **rule: object) -> WipePolicy:
    return WipePolicy(version=1, media={media: MediumPolicy.model_validate(rule)})


def test_a_bench_uses_the_drives_firmware_unless_it_is_told_not_to(tmp_path: Path) -> None:
    assert not plan_for(configured(tmp_path), WipePolicy(), NVME).method.by_host
    overwritten = plan_for(configured(tmp_path, firmware=False), WipePolicy(), NVME)
    assert overwritten.method is Method.OVERWRITE_ZEROS


def test_what_the_bench_may_not_use_is_not_replaced_by_something_weaker(tmp_path: Path) -> None:
    with pytest.raises(PolicyNotReached):
        plan_for(configured(tmp_path, firmware=False), of(MediaType.NVME, minimum=Level.PURGE), NVME)
    with pytest.raises(PolicyWantsDestroy):
        plan_for(configured(tmp_path), of(MediaType.NVME, destroy=True), NVME)


def test_a_second_person_stands_on_the_plan(tmp_path: Path) -> None:
    wanted = plan_for(configured(tmp_path), WipePolicy(), NVME)
    assert "second_person" not in shown(wanted, WipePolicy())
    assert "another person" in shown(wanted, of(MediaType.NVME, second_person=True))["second_person"]


def test_a_bench_that_is_not_enrolled_knows_no_policy_and_leaves_no_journal(tmp_path: Path) -> None:
    config = configured(tmp_path)
    assert known_policy(config) == WipePolicy()
    assert not config.state_dir.exists()
    Journal(config.state_dir).close()
    assert known_policy(config) == WipePolicy()


def told(journal: Journal, service: BenchService, policy: WipePolicy) -> None:
    """What the service said last, and says again."""
    service.books.wipe_policy = policy
    with journal.transaction() as tx:
        now = profile.get(tx).profile
        profile.refresh(tx, now.model_copy(update={"wipe_policy": policy}))


@pytest.mark.process
@pytest.mark.usefixtures("enrolled")
def test_what_must_be_destroyed_is_labelled_and_not_touched(
    start: Callable[..., Bench], plug: Callable[..., Path], journal: Journal, service: BenchService, config: BenchConfig
) -> None:
    told(journal, service, of(MediaType.FILE, destroy=True))
    assert known_policy(config).of(MediaType.FILE).destroy
    bench, drive = start(), plug("A1")
    before = drive.read_bytes()
    refused = bench.wait("A1", ENDS, 20)
    assert refused.phase is PortPhase.REFUSED
    assert "destroyed, not wiped" in refused.message
    assert refused.asset_code is not None
    assert refused.label is not None
    assert Path(refused.label).exists()
    until(lambda: [event.data.type for event in service.books.arrivals] == ["device.received", "label.printed"])
    assert drive.read_bytes() == before


@pytest.mark.process
@pytest.mark.usefixtures("enrolled")
def test_a_second_person_is_announced_at_the_port(
    start: Callable[..., Bench], plug: Callable[..., Path], journal: Journal, service: BenchService
) -> None:
    told(journal, service, of(MediaType.FILE, second_person=True))
    bench = start()
    plug("A1")
    assert "second_person" in bench.wait("A1", PortPhase.WAITING_SCAN, 20).plan
