"""A device becomes known: recognised by its storage, or received with a code of its own."""

import logging
from typing import Final

from agents.bench.station import Station
from agents.identify.identity import Identity
from agents.journal import codes, devices, outbox, profile
from agents.journal.db import Transaction
from agents.journal.devices import KnownDevice, Stage
from agents.report.errors import ServiceError
from agents.shell.clock import now
from fleet.contract.bench import Recognised
from fleet.contract.events import DeviceReceived
from labels.codes import is_valid

_log = logging.getLogger(__name__)
CAME_BACK: Final = frozenset({"gifted", "sold", "lost"})
"""States of the service's lifecycle that a device leaves by being received again."""
TO_INSPECT: Final = frozenset({"received", "returned"}) | CAME_BACK
"""States in which the next step is the operator's inspection."""


def receive(station: Station, identity: Identity) -> KnownDevice:
    """The device that holds this storage: known here, known to the service, or new and given a code.

    Without the service a device that only the service knows gets a second code; the service then asks its people.

    Raises:
        OutOfCodes: it is new and no code is left.
    """
    told = _ask_service(station, identity)
    with station.journal.transaction() as tx:
        known = devices.find(tx, identity.storage.key)
        if told is not None and not (known and outbox.waits_for(tx, known.asset_code)):
            known = _as_told(known, told, identity)
            if told.state in CAME_BACK:
                _report_received(station, tx, identity, known.asset_code)
        elif known is None:
            known = KnownDevice(identity.storage, codes.take(tx, identity.storage.key), identity.kind, Stage.RECEIVED)
            _report_received(station, tx, identity, known.asset_code)
        devices.remember(tx, known, now())
    station.reported.set()
    return known


def _ask_service(station: Station, identity: Identity) -> Recognised | None:
    try:
        told = station.client.recognise(identity.storage.key, identity.serial)
    except ServiceError as error:
        _log.warning("%s cannot be looked up, so only what this bench knows counts: %s", identity.storage.key, error)
        return None
    if told is not None and not is_valid(told.asset_code):
        _log.error("the service knows %s as %s, which is no asset code; it is ignored", identity.storage.key, told.asset_code)
        return None
    return told


def _as_told(known: KnownDevice | None, told: Recognised, identity: Identity) -> KnownDevice:
    """What the service says, when everything this bench knows has reached it: other benches and desks work there too."""
    stage = Stage.LABELLED if told.state in TO_INSPECT else Stage.SCANNED
    if not told.label_scanned:
        stage = Stage.LABELLED if known is not None and known.stage is Stage.LABELLED else Stage.RECEIVED
    return KnownDevice(identity.storage, told.asset_code, told.kind, stage)


def _report_received(station: Station, tx: Transaction, identity: Identity, code: str) -> None:
    event = DeviceReceived(
        asset_code=code,
        kind=identity.kind,
        manufacturer=identity.manufacturer,
        model=identity.model,
        serial=identity.serial,
        storages=(identity.storage,),
        port=identity.port,
        batch_id=profile.get(tx).profile.batch_id,
    )
    station.outbox.append(tx, event, operator=station.config.operator)
