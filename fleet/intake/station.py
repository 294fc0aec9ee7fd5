"""What a bench asks besides handing in events: its profile, and whose storage this is."""

from sqlmodel import Session

from fleet.accounts import badges
from fleet.accounts import service as accounts
from fleet.accounts.models import Bench
from fleet.audit.keys import service_key
from fleet.config import Settings
from fleet.contract.bench import BenchProfile, Recognised
from fleet.contract.signing import public_text
from fleet.db.columns import utc_now
from fleet.devices import repository as devices
from fleet.devices.evidence import EvidenceType
from fleet.devices.service import normal
from fleet.donations import service as donations
from fleet.errors import N_, NotFound
from fleet.intake.service import Sender
from fleet.organisations import service as organisations
from fleet.wipes import policies


class NotRecognised(NotFound):
    """No device, or more than one, holds this storage."""

    msgid = N_("{devices} devices hold this storage. Give it a label of its own, or have the lead merge them.")


def sender(bench: Bench) -> Sender:
    """A bench as intake sees it."""
    return Sender(bench.id, bench.organisation_id, bench.public_key, bench.station, bench.batch_id, bench.site_id)


def profile(session: Session, settings: Settings, bench: Bench) -> BenchProfile:
    """What a bench must know to work alone."""
    organisation = organisations.get(session, bench.organisation_id)
    site = organisations.get_site(session, bench.site_id)
    batch = donations.get_batch(session, bench.batch_id) if bench.batch_id else None
    return BenchProfile(
        bench_id=bench.id,
        key_id=bench.key_id,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        site_name=site.name,
        label_base_url=settings.public_url,
        service_public_key=public_text(service_key(settings).public_key()),
        batch_id=batch.id if batch else None,
        batch_reference=batch.reference if batch else None,
        operators=tuple(accounts.worker_logins(session)),
        badges=tuple(badges.for_benches(session, organisation.id)),
        wipe_policy=policies.current(session, organisation.id),
        service_time=utc_now(),
    )


def recognise(session: Session, key: str, serial: str | None = None) -> Recognised:
    """The one device that holds this storage; a drive that was received by hand is known by the serial that was typed.

    Raises NotRecognised when none does, or several.
    """
    found = devices.holders_of_key(session, key)
    if not found and serial:
        found = devices.unread_drives(session, normal(serial))
    if len(found) != 1:
        raise NotRecognised(devices=len(found))
    device = found[0]
    rows = devices.evidence_of(session, device.id)
    newest = [row.type for row in rows if row.type in {EvidenceType.LABEL_PRINTED, EvidenceType.LABEL_SCANNED}]
    scanned = bool(newest) and newest[-1] is EvidenceType.LABEL_SCANNED
    return Recognised(asset_code=device.asset_code, kind=device.kind, state=device.state.value, label_scanned=scanned)
