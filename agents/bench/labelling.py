"""The label before the wipe: drawn, reported, and scanned back with what the operator sees of the device."""

from pathlib import Path

from agents.bench.station import Station
from agents.journal import devices
from agents.journal.db import Transaction
from agents.journal.devices import KnownDevice, Stage
from agents.journal.scans import NewScan
from agents.label.drawing import draw_label
from agents.label.scanback import confirm_scan
from fleet.contract.events import DeviceInspected, LabelPrinted, LabelScanned
from labels.layout import AssetLabel


def draw(station: Station, device: KnownDevice) -> Path:
    """Draw the label, and report it when it is the device's first. Raises LabelImpossible, LabelNotStored."""
    profile = station.profile
    label = AssetLabel(
        code=device.asset_code,
        organisation=profile.organisation_name,
        base_url=profile.label_base_url,
        model=device.storage.model,
        serial=device.storage.serial,
    )
    drawn = draw_label(label, station.config.state_dir / "labels", size=station.config.label_size)
    if device.stage is Stage.RECEIVED:
        with station.journal.transaction() as tx:
            event = LabelPrinted(asset_code=device.asset_code, payload=drawn.payload, sha256=drawn.sha256)
            station.outbox.append(tx, event, operator=station.config.operator)
            devices.reach(tx, device.storage.key, Stage.LABELLED)
        station.reported.set()
    return drawn.path


def confirm(station: Station, tx: Transaction, device: KnownDevice, scan: NewScan, base_url: str) -> None:
    """Take a scan as the device's own label, in the transaction that answers it, with the inspection where one is due.

    Raises:
        ScanRefused: it is not; nothing was reported.
    """
    confirmed = confirm_scan(device.asset_code, scan.text, base_url=base_url)
    scanned = LabelScanned(asset_code=device.asset_code, scanned=confirmed.scanned, port=scan.port)
    station.outbox.append(tx, scanned, operator=scan.operator)
    if device.stage is not Stage.SCANNED:
        inspected = DeviceInspected(
            asset_code=device.asset_code,
            visual=scan.visual,
            defects=scan.defects,
            place=station.place(scan.port),
            weight_g=scan.weight_g,
        )
        station.outbox.append(tx, inspected, operator=scan.operator)
    devices.reach(tx, device.storage.key, Stage.SCANNED)
