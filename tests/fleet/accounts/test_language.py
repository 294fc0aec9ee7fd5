"""The chosen language is kept on the person's own account, at home and as a guest."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fleet.accounts.language import keep_language
from fleet.accounts.models import Account, Membership
from fleet.auth.rules import SYSTEM, Role
from fleet.db.session import unit_of_work
from fleet.ui.i18n import Language

pytestmark = pytest.mark.db


def language(workshop, account_id) -> str | None:
    with unit_of_work(workshop.database.engine(), workshop.worker.organisation_id) as session:
        account = session.get(Account, account_id)
        assert account is not None
        return account.language


def test_at_home(workshop) -> None:
    with unit_of_work(workshop.database.engine(), workshop.worker.organisation_id) as session:
        assert keep_language(session, workshop.worker, Language.FR)
    assert language(workshop, workshop.worker.actor.id) == "fr"
    assert language(workshop, workshop.lead.actor.id) is None


def test_as_a_guest_of_another_organisation(workshop, stranger) -> None:
    other = stranger.organisation_id
    with unit_of_work(workshop.database.engine(), other) as session:
        session.add(
            Membership(
                account_id=workshop.worker.actor.id, organisation_id=other, roles=[Role.LENDING], created_at=datetime.now(UTC)
            )
        )
    guest = replace(workshop.worker, organisation_id=other)
    with unit_of_work(workshop.database.engine(), other) as session:
        assert keep_language(session, guest, Language.FR)
    assert language(workshop, workshop.worker.actor.id) == "fr"


def test_a_bench_has_no_account(workshop) -> None:
    with unit_of_work(workshop.database.engine(), workshop.worker.organisation_id) as session:
        assert not keep_language(session, replace(workshop.worker, actor=SYSTEM), Language.FR)
