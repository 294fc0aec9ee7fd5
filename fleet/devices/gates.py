"""Gates: conditions on what stands already, as pure functions over a device's standing.

"Newer" is compared by the device's own version, which grows by one with every step and every piece of evidence,
never by the clocks of different machines.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from fleet.contract.kinds import DeviceKind, VisualResult
from fleet.devices import evidence as ev
from fleet.devices.evidence import EvidenceType
from fleet.devices.kinds import KINDS, Applies
from fleet.devices.states import Origin


class Gate(StrEnum):
    """What the table can ask of a device besides evidence."""

    LABEL_SCANNED = "label_scanned_back"
    VISUAL_SCRAP = "visual_says_scrap"
    STORAGE_PROVEN = "storage_evidence_for_every_storage"
    STORAGE_ACCOUNTED = "storage_accounted_for"
    STORAGE_FITTED = "storage_is_fitted"
    KIND_IS_DRIVE = "kind_is_drive"
    BENCH_OR_ATTESTED = "bench_certificate_or_attested_kind"
    KIND_HAS_IMAGE = "kind_takes_an_image"
    IMAGE_NOT_REQUIRED = "kind_needs_no_image"
    NOTHING_TO_WIPE = "nothing_to_wipe"
    IMAGE_CURRENT = "image_newer_than_wipe"
    TESTS_COMPLETE = "tests_complete_for_kind"
    TESTS_CURRENT = "tests_newer_than_wipe"
    NOT_THE_TESTER = "released_by_another_than_the_tester"
    COUNTER_SIGNED_OR_WHY = "counter_signature_or_why_absent"


@dataclass(frozen=True)
class Proof:
    """One piece of evidence and the device's version when it was given."""

    version: int
    what: ev.AnyEvidence


@dataclass(frozen=True)
class Standing:
    """Everything that gates look at. `proofs` are in order of version; `given` came with the step in hand."""

    kind: DeviceKind
    origin: Origin
    outside_version: int = 0
    """The device's version at its last receipt from outside or return: older storage evidence does not count."""
    version: int = 1
    """The device's version once the step in hand is done; what came with the step has this version."""
    storage_keys: frozenset[str] = frozenset()
    """Storage that is fitted now."""
    proofs: Sequence[Proof] = field(default=())
    given: Sequence[ev.AnyEvidence] = field(default=())
    actor_account: UUID | None = None
    by_bench: bool = False
    two_person_release: bool = False

    def latest(self, kind: EvidenceType) -> Proof | None:
        """The newest proof of a kind, what came with the step included."""
        return next((proof for proof in reversed(self.all()) if proof.what.type is kind), None)

    def all(self) -> Sequence[Proof]:
        """Every proof, what came with the step as the newest."""
        return [*self.proofs, *(Proof(self.version, what) for what in self.given)]

    @property
    def floor(self) -> int:
        """Storage evidence must be at least this new: given since the device was last outside and since the last wipe began.

        A wipe that began and did not end leaves nothing to rely on, whatever an older certificate says.
        """
        begun = self.latest(EvidenceType.STORAGE_INVENTORY)
        return max(self.outside_version, begun.version if begun else 0)


def _since(standing: Standing, kind: EvidenceType, version: int) -> Proof | None:
    proof = standing.latest(kind)
    return proof if proof is not None and proof.version > version else None


def _proof_of_key(standing: Standing, key: str, *, leaving: bool = False) -> Proof | None:
    """The newest evidence that this storage holds no data any more, if it is new enough.

    `leaving`: on the way to recycling a sealed medium counts too, and a destroyed drive is accounted for; a destroyed drive
    is proven nowhere else, because nobody can be given it.
    """
    for proof in reversed(standing.all()):
        match proof.what:
            case ev.StorageErased(key=found) if found == key:
                return _new_enough(standing, proof) if proof.version >= _moved_version(standing, key) else None
            case ev.StorageDestroyed(key=found) if found == key:
                counts = leaving or standing.kind is not DeviceKind.DRIVE
                return proof if counts and not _seen_since(standing, key, proof.version) else None
            case ev.StorageSealed(key=found) if leaving and found == key:
                return _new_enough(standing, proof)
            case _:
                continue
    return None


def _moved_version(standing: Standing, key: str) -> int:
    """When this storage was last put in or taken out: what was proven before does not cover where it was in between."""
    moves = (
        proof.version
        for proof in standing.all()
        if isinstance(proof.what, ev.StorageFitted | ev.StorageRemoved) and proof.what.key == key
    )
    return max(moves, default=0)


def _seen_since(standing: Standing, key: str, version: int) -> bool:
    """Whether a storage that was destroyed turned up again: then the record of its destruction proves nothing.

    Otherwise destruction holds for good, whatever happens to the device.
    """
    later = (proof.what for proof in standing.all() if proof.version > version)
    return any(
        (isinstance(what, ev.StorageInventory) and key in what.keys) or (isinstance(what, ev.StorageFitted) and what.key == key)
        for what in later
    )


def _new_enough(standing: Standing, proof: Proof | None) -> Proof | None:
    return proof if proof is not None and proof.version >= standing.floor else None


def wipe_version(standing: Standing) -> int | None:
    """The device's version at the newest of its storage evidence when every storage has some, else None.

    0 when its kind holds no data or it came sealed from the factory.
    """
    if _nothing_to_wipe(standing):
        return 0
    reset = _new_enough(standing, standing.latest(EvidenceType.STORAGE_RESET))
    if reset is not None and KINDS[standing.kind].attested:
        return reset.version
    if not standing.storage_keys:
        none_fitted = _new_enough(standing, standing.latest(EvidenceType.STORAGE_NONE_FITTED))
        removed = standing.latest(EvidenceType.STORAGE_REMOVED)
        if none_fitted is None or (removed is not None and none_fitted.version < removed.version):
            return None  # what was seen before a drive was taken out says nothing of the bay now
        return none_fitted.version
    proofs = [_proof_of_key(standing, key) for key in standing.storage_keys]
    found = [proof.version for proof in proofs if proof is not None]
    return max(found) if len(found) == len(proofs) else None


def proof_of(standing: Standing, key: str) -> Proof | None:
    """The evidence that proves this fitted storage wiped (or destroyed) now; None when nothing does."""
    return _proof_of_key(standing, key)


def unproven_storage(standing: Standing) -> Sequence[str]:
    """Keys of fitted storage without evidence."""
    return sorted(key for key in standing.storage_keys if _proof_of_key(standing, key) is None)


def _sealed_new(standing: Standing) -> bool:
    """Bought new and never out of its box since: a return or a wipe that began ends that."""
    intake = standing.latest(EvidenceType.INTAKE)
    if intake is None or standing.origin is not Origin.BOUGHT_NEW or intake.version < standing.floor:
        return False
    return isinstance(intake.what, ev.Intake) and intake.what.sealed


def _proven(standing: Standing) -> bool:
    return wipe_version(standing) is not None


def _accounted(standing: Standing) -> bool:
    """On the way to recycling a sealed drive counts too; nothing fitted needs its own proof."""
    if _proven(standing):
        return True
    keys = standing.storage_keys
    return bool(keys) and all(_proof_of_key(standing, key, leaving=True) for key in keys)


def _label_scanned(standing: Standing) -> bool:
    printed, scanned = standing.latest(EvidenceType.LABEL_PRINTED), standing.latest(EvidenceType.LABEL_SCANNED)
    return printed is not None and scanned is not None and scanned.version >= printed.version


def _scrap(standing: Standing) -> bool:
    return any(isinstance(what, ev.Visual) and what.result is VisualResult.SCRAP for what in standing.given)


def _bench_or_attested(standing: Standing) -> bool:
    return standing.by_bench or KINDS[standing.kind].attested


def _nothing_to_wipe(standing: Standing) -> bool:
    return not KINDS[standing.kind].storage or _sealed_new(standing)


_IMAGES = (EvidenceType.IMAGE_WRITTEN, EvidenceType.IMAGE_RECORDED)


def _image_current(standing: Standing) -> bool:
    if KINDS[standing.kind].image is not Applies.REQUIRED or _sealed_new(standing):
        return True
    wiped = wipe_version(standing)
    return wiped is not None and any(_since(standing, kind, wiped) for kind in _IMAGES)


def _tests_complete(standing: Standing) -> bool:
    proof = standing.latest(EvidenceType.TEST_RESULT)
    if proof is None or not isinstance(proof.what, ev.TestResult):
        return False
    spec, result = KINDS[standing.kind], proof.what
    electrical = not spec.electrical or result.electrical is True
    battery = not spec.battery or result.battery_percent is not None
    return result.functional and electrical and battery


def _tests_current(standing: Standing) -> bool:
    wiped = wipe_version(standing)
    since = max(wiped or 0, standing.outside_version)
    images = (standing.latest(kind) for kind in _IMAGES)
    since = max([since, *(image.version for image in images if image is not None)])
    return _tests_complete(standing) and _since(standing, EvidenceType.TEST_RESULT, since) is not None


def _not_the_tester(standing: Standing) -> bool:
    proof = standing.latest(EvidenceType.TEST_RESULT)
    if not standing.two_person_release or proof is None or not isinstance(proof.what, ev.TestResult):
        return True
    return proof.what.tester != standing.actor_account


def _counter_signed(standing: Standing) -> bool:
    return any(
        isinstance(what, ev.ReturnCheck) and bool(what.counter_signature or what.absent_because) for what in standing.given
    )


CHECKS: dict[Gate, Callable[[Standing], bool]] = {
    Gate.LABEL_SCANNED: _label_scanned,
    Gate.VISUAL_SCRAP: _scrap,
    Gate.STORAGE_PROVEN: _proven,
    Gate.STORAGE_ACCOUNTED: _accounted,
    Gate.STORAGE_FITTED: lambda standing: bool(standing.storage_keys),
    Gate.KIND_IS_DRIVE: lambda standing: standing.kind is DeviceKind.DRIVE,
    Gate.BENCH_OR_ATTESTED: _bench_or_attested,
    Gate.KIND_HAS_IMAGE: lambda standing: KINDS[standing.kind].image is not Applies.NONE,
    Gate.IMAGE_NOT_REQUIRED: lambda standing: KINDS[standing.kind].image is not Applies.REQUIRED,
    Gate.NOTHING_TO_WIPE: _nothing_to_wipe,
    Gate.IMAGE_CURRENT: _image_current,
    Gate.TESTS_COMPLETE: _tests_complete,
    Gate.TESTS_CURRENT: _tests_current,
    Gate.NOT_THE_TESTER: _not_the_tester,
    Gate.COUNTER_SIGNED_OR_WHY: _counter_signed,
}


def holds(gate: Gate, standing: Standing) -> bool:
    """Whether a gate is open."""
    return CHECKS[gate](standing)
