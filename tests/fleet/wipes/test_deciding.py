"""Policy, validation and the second person on a real database: what is not adequate never counts as erased."""

from dataclasses import replace

import pytest
from sqlmodel import func, select

from fleet.audit.models import AuditEvent
from fleet.auth.rules import RoleMissing
from fleet.contract.kinds import Adequacy, Level, MediaType, Method, Verdict
from fleet.contract.policy import STRICT, MediumPolicy
from fleet.devices import evidence as ev
from fleet.devices import repository as devices
from fleet.devices import service as device_service
from fleet.devices.errors import ProofNotYours, StepIncomplete, StepNotListed
from fleet.devices.evidence import EvidenceType
from fleet.devices.gates import Gate, holds
from fleet.devices.standing import By, standing_of
from fleet.devices.states import State, Step
from fleet.intake import station
from fleet.intake.service import take_in
from fleet.tasks import service as tasks
from fleet.tasks.rules import TaskKind
from fleet.wipes import deciding, policies, service
from fleet.wipes.deciding import CertificateOutdated, Decision, NothingToConfirm, SamePerson, WhyDeclined
from fleet.wipes.policies import PolicyImpossible, PolicyStale
from fleet.wipes.service import CertificateNotFound
from fleet.wipes.validation import Ground
from tests.fleet.bench_events import CODE, Wire, storage

pytestmark = pytest.mark.db
PURGE = {MediaType.HDD: MediumPolicy(minimum=Level.PURGE)}
TWO = {MediaType.HDD: MediumPolicy(second_person=True)}


@pytest.fixture
def wire(workshop):
    return Wire(workshop.bench.id, workshop.bench_key, operator="mo.noord")


@pytest.fixture
def admin(workshop):
    return replace(workshop.lead, roles=frozenset({"admin"}))


def ask(workshop, admin, media):
    with workshop.unit() as session:
        return policies.set_policy(session, admin, media).policy.version


def send(workshop, *documents):
    receipts = []
    for document in documents:
        with workshop.unit() as session:
            receipts.append(take_in(session, workshop.sender, document))
    return receipts


def state(workshop):
    with workshop.unit() as session:
        return device_service.get(session, CODE).state


def certificates(workshop):
    with workshop.unit() as session:
        rows = service.of_device(session, device_service.get(session, CODE).id)
        return [row.id for row in rows]


def words(workshop):
    """Adequacy and grounds of the newest certificate, in order."""
    with workshop.unit() as session:
        row = service.of_device(session, device_service.get(session, CODE).id)[0]
        return [(found.adequacy, tuple(found.grounds)) for found in service.validations(session, row)]


def erased(workshop):
    with workshop.unit() as session:
        rows = devices.evidence_of(session, device_service.get(session, CODE).id)
        return [row for row in rows if row.type is EvidenceType.STORAGE_ERASED]


def open_kinds(workshop):
    with workshop.unit() as session:
        return [task.kind for task in tasks.open_tasks(session).items]


def decide(workshop, who, **decision):
    with workshop.unit() as session:
        return deciding.decide(session, who, certificates_of(session)[0], Decision(**decision)).state


def certificates_of(session):
    return [row.id for row in service.of_device(session, device_service.get(session, CODE).id)]


# --- policies


def test_without_a_policy_a_proven_wipe_is_adequate(workshop, wire):
    send(workshop, *wire.whole_job())
    assert state(workshop) is State.WIPED
    assert words(workshop) == [(Adequacy.ADEQUATE, ())]


def test_a_policy_is_versioned_told_to_the_bench_and_stands_in_the_chain(workshop, admin, settings):
    assert ask(workshop, admin, STRICT) == 1
    assert ask(workshop, admin, STRICT) == 1  # the same rules again are no new version
    assert ask(workshop, admin, PURGE | {MediaType.LOOP: MediumPolicy()}) == 2
    with workshop.unit() as session:
        profile = station.profile(session, settings, workshop.bench)
        assert (profile.wipe_policy.version, profile.wipe_policy.media) == (2, PURGE)
        history = policies.history(session, workshop.organisation_id)
        assert [(row.policy.version, row.set_by) for row in history] == [(2, admin.actor.id), (1, admin.actor.id)]
        told = select(func.count()).select_from(AuditEvent).where(AuditEvent.type == "wipe_policy.set")
        assert session.exec(told).one() == 2


def test_only_an_admin_sets_a_policy(workshop):
    with pytest.raises(RoleMissing), workshop.unit() as session:
        policies.set_policy(session, workshop.lead, PURGE)


def test_a_policy_that_nothing_can_meet_is_refused(workshop, admin):
    with pytest.raises(PolicyImpossible):
        ask(workshop, admin, {MediaType.SD: MediumPolicy(minimum=Level.PURGE)})


def test_two_admins_at_once_do_not_overwrite_each_other(workshop, admin):
    ask(workshop, admin, PURGE)
    with pytest.raises(PolicyStale), workshop.unit() as session:
        policies.set_policy(session, admin, TWO, expected_version=0)


def test_another_organisation_has_its_own_policy(workshop, stranger, admin):
    ask(workshop, admin, PURGE)
    with stranger.unit() as session:
        assert policies.current(session, stranger.organisation_id).version == 0
        assert policies.history(session, workshop.organisation_id) == []


# --- what is not adequate


def test_an_inadequate_certificate_is_kept_and_the_wipe_has_failed(workshop, admin, wire):
    ask(workshop, admin, PURGE)
    [*_, receipt] = send(workshop, *wire.whole_job())
    assert receipt.outcome == "applied"
    assert state(workshop) is State.WIPE_FAILED
    assert words(workshop) == [(Adequacy.INADEQUATE, (Ground.LEVEL_TOO_LOW,))]
    assert erased(workshop) == []
    assert TaskKind.CERTIFICATE_INADEQUATE in open_kinds(workshop)
    with workshop.unit() as session:
        device = device_service.get(session, CODE)
        failure = [row for row in devices.evidence_of(session, device.id) if row.type is EvidenceType.WIPE_FAILURE][-1]
        assert failure.data["reason"] == "not adequate: level_too_low"
        assert failure.data["medium_failure"] is False


def test_an_inadequate_certificate_never_leads_to_ready(workshop, admin, wire):
    """From where it leaves the device, every step that anybody may take, as far as they lead, finds the wipe gate closed."""
    ask(workshop, admin, PURGE)
    send(workshop, *wire.whole_job(), *wire.imaged())
    with workshop.unit() as session:
        device = device_service.get(session, CODE)
        standing = standing_of(session, device, By(workshop.lead), ())
        assert not holds(Gate.STORAGE_PROVEN, standing)
        order = ev.WorkOrder(fault="drive out")
        fixed = ev.RepairOutcome(outcome="fixed")
        device_service.apply(session, By(workshop.worker), CODE, Step.OPEN_REPAIR, [order])
    for step, given in (
        (Step.CLOSE_REPAIR_STILL_WIPED, [fixed]),
        (Step.FINISH_WIPE, []),
        (Step.START_IMAGE, []),
        (Step.RELEASE, []),
        (Step.PASS_TEST, []),
    ):
        with pytest.raises((StepNotListed, StepIncomplete)), workshop.unit() as session:
            device_service.apply(session, By(workshop.worker), CODE, step, given)
    assert state(workshop) is State.IN_REPAIR


def test_nobody_gives_a_certificate_as_evidence_by_hand(workshop, admin, wire):
    ask(workshop, admin, PURGE)
    send(workshop, *wire.whole_job())
    forged = ev.StorageErased(
        certificate_id=certificates(workshop)[0],
        key=storage().key,
        level=Level.CLEAR,
        method=Method.OVERWRITE_ZEROS,
        key_id="0" * 16,
    )
    order = ev.WorkOrder(fault="drive out")
    with pytest.raises(ProofNotYours), workshop.unit() as session:
        device_service.apply(session, By(workshop.lead), CODE, Step.OPEN_REPAIR, [order, forged])
    with pytest.raises(ProofNotYours), workshop.unit() as session:
        device_service.add_evidence(session, By(workshop.lead), CODE, [forged])


def test_only_an_adequate_certificate_turns_into_evidence(workshop, admin, wire):
    ask(workshop, admin, PURGE)
    send(workshop, *wire.whole_job()[:-1])
    with workshop.unit() as session:
        device = device_service.get(session, CODE)
        bench = By(replace(workshop.worker, roles=frozenset({"bench"})))
        document = event_certificate(wire)
        accepted = service.accept(session, bench, device, document, workshop.sender.public_key, storage())
        with pytest.raises(AssertionError):
            _ = accepted.evidence


def event_certificate(wire):
    from fleet.contract.events import BenchEvent

    return BenchEvent.model_validate_json(wire.erased().payload).data.certificate


def test_a_certificate_is_kept_where_the_lifecycle_refuses_its_step(workshop, wire):
    send(workshop, wire.received(), *wire.labelled(), wire.inspected())
    [receipt] = send(workshop, wire.erased())
    assert receipt.outcome == "refused"
    assert state(workshop) is State.INSPECTED
    assert len(certificates(workshop)) == 1
    assert erased(workshop) == []
    assert TaskKind.STEP_REFUSED in open_kinds(workshop)


def test_a_certificate_that_does_not_hold_is_not_kept_as_one(workshop, wire):
    send(workshop, *wire.whole_job()[:-1])
    send(workshop, wire.erased(about_code="71RDEY40"))
    assert certificates(workshop) == []


# --- the second person


@pytest.fixture
def waiting(workshop, admin, wire):
    ask(workshop, admin, TWO)
    [*_, receipt] = send(workshop, *wire.whole_job())
    assert receipt.outcome == "recorded"
    assert state(workshop) is State.WIPING
    assert erased(workshop) == []
    assert TaskKind.SECOND_PERSON in open_kinds(workshop)


@pytest.mark.usefixtures("waiting")
def test_another_person_confirms_and_the_device_is_wiped(workshop):
    assert decide(workshop, workshop.other_worker, adequate=True) is State.WIPED
    assert words(workshop) == [(Adequacy.AWAITS_SECOND_PERSON, (Ground.SECOND_PERSON,)), (Adequacy.ADEQUATE, ())]
    assert len(erased(workshop)) == 1
    assert TaskKind.SECOND_PERSON not in open_kinds(workshop)
    with workshop.unit() as session:
        chain = select(func.count()).select_from(AuditEvent).where(AuditEvent.type == "certificate.validated")
        assert session.exec(chain).one() == 2


@pytest.mark.usefixtures("waiting")
def test_another_person_declines_and_the_wipe_has_failed(workshop):
    assert decide(workshop, workshop.lead, adequate=False, note="light was red") is State.WIPE_FAILED
    assert words(workshop)[-1] == (Adequacy.INADEQUATE, (Ground.DECLINED,))
    assert erased(workshop) == []


@pytest.mark.usefixtures("waiting")
def test_the_operator_cannot_confirm(workshop):
    with pytest.raises(SamePerson):
        decide(workshop, workshop.worker, adequate=True)
    assert state(workshop) is State.WIPING


def test_who_the_certificate_names_cannot_confirm_either(workshop, admin, wire):
    """The event came without an operator, yet the certificate says who did it."""
    ask(workshop, admin, TWO)
    job = wire.whole_job()
    send(workshop, *job[:-1])
    wire.operator, wire.sequence = None, wire.sequence - 1
    send(workshop, wire.erased(person="fatma.noord"))
    with pytest.raises(SamePerson):
        decide(workshop, workshop.other_worker, adequate=True)
    assert decide(workshop, workshop.worker, adequate=True) is State.WIPED


@pytest.mark.usefixtures("waiting")
def test_an_auditor_and_another_organisation_cannot_confirm(workshop, stranger):
    with pytest.raises(RoleMissing):
        decide(workshop, workshop.auditor, adequate=True)
    [certificate] = certificates(workshop)
    with pytest.raises(CertificateNotFound), stranger.unit() as session:
        deciding.decide(session, stranger.worker, certificate, Decision(adequate=True))


@pytest.mark.usefixtures("waiting")
def test_it_is_decided_once(workshop):
    decide(workshop, workshop.other_worker, adequate=True)
    with pytest.raises(NothingToConfirm):
        decide(workshop, workshop.lead, adequate=False, note="too late")


@pytest.mark.usefixtures("waiting")
def test_declining_needs_its_reason(workshop):
    with pytest.raises(WhyDeclined):
        decide(workshop, workshop.lead, adequate=False, note="  ")


@pytest.mark.usefixtures("waiting")
def test_a_certificate_of_before_a_new_wipe_cannot_be_confirmed(workshop, wire):
    """Else the old certificate would prove a wipe that is still running."""
    send(workshop, wire.ended(Verdict.FAILED), wire.wipe_started())
    assert state(workshop) is State.WIPING
    with pytest.raises(CertificateOutdated):
        decide(workshop, workshop.other_worker, adequate=True)
    assert decide(workshop, workshop.other_worker, adequate=False, note="wiped again") is State.WIPING


def test_one_of_two_storages_confirmed_is_not_all(workshop, admin, wire):
    ask(workshop, admin, TWO)
    send(workshop, *wire.whole_job(CODE, storage("S-1"), storage("S-2")))
    first, second = certificates(workshop)
    with workshop.unit() as session:
        assert deciding.decide(session, workshop.lead, first, Decision(adequate=True)).state is State.WIPING
    with workshop.unit() as session:
        assert deciding.decide(session, workshop.lead, second, Decision(adequate=True)).state is State.WIPED
