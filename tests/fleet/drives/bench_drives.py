"""Drives and laptops as the bench and the workshop leave them, for tests of destruction and of fitting."""

import random

from fleet.contract.kinds import DeviceKind
from fleet.contract.storage import StorageIdentity
from fleet.devices import evidence as ev
from fleet.devices import repository, service
from fleet.devices.models import Device
from fleet.devices.standing import By, standing_of
from fleet.devices.states import Origin, State, Step
from fleet.intake.service import take_in
from labels.codes import random_code
from tests.fleet.bench_events import Wire, storage
from tests.fleet.conftest import Workshop

_DRAW = random.Random(7)  # noqa: S311 - the same codes in every run


def send(workshop: Workshop, *documents) -> list[str]:
    """What the bench reports, each in a transaction of its own; the outcomes."""
    outcomes = []
    for document in documents:
        with workshop.unit() as session:
            outcomes.append(take_in(session, workshop.sender, document).outcome)
    return outcomes


class Bench:
    """The bench of a workshop, and what it has done."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.wire = Wire(workshop.bench.id, workshop.bench_key)

    def code(self) -> str:
        return random_code(_DRAW)

    def drive(self, serial: str, *, wiped: bool = True) -> tuple[str, StorageIdentity]:
        """A loose drive: wiped, or inspected and still full of data."""
        code, medium = self.code(), storage(serial)
        wire = self.wire
        begin = [wire.received(code, medium), *wire.labelled(code), wire.inspected(code)]
        rest = [wire.wipe_started(code, medium), wire.erased(code, medium)] if wiped else []
        send(self.workshop, *begin, *rest)
        return code, medium

    def laptop(self, *serials: str, wiped: bool = False) -> str:
        """An inspected laptop with these storages; wiped when asked."""
        code, media = self.code(), tuple(storage(serial) for serial in serials)
        wire = self.wire
        fields = {"kind": DeviceKind.LAPTOP}
        if media:
            send(self.workshop, wire.received(code, *media, **fields))
        else:
            with self.workshop.unit() as session:
                _bare(session, self.workshop, code)
        send(self.workshop, *wire.labelled(code), wire.inspected(code))
        if wiped:
            send(self.workshop, wire.wipe_started(code, *media), *(wire.erased(code, medium) for medium in media))
        return code

    def seen_in_laptop(self, medium: StorageIdentity) -> str:
        """A laptop that the live stick reports for the first time, with this storage inside."""
        code = self.code()
        send(self.workshop, self.wire.received(code, medium, kind=DeviceKind.LAPTOP))
        return code


def _bare(session, workshop: Workshop, code: str) -> None:
    given = [ev.Intake(origin=Origin.FOUND), ev.Place(place="Rek 1")]
    service.create(session, By(workshop.worker), service.NewDevice(code, DeviceKind.LAPTOP, "T480"), Step.RECEIVE, given)


def device_of(workshop: Workshop, code: str) -> Device:
    with workshop.unit() as session:
        device = service.get(session, code)
        session.expunge(device)
        return device


def state_of(workshop: Workshop, code: str) -> State:
    return device_of(workshop, code).state


def keys_of(workshop: Workshop, code: str) -> list[str]:
    with workshop.unit() as session:
        return [row.storage_key for row in repository.fitted(session, service.get(session, code).id)]


def standing(workshop: Workshop, code: str):
    with workshop.unit() as session:
        return standing_of(session, service.get(session, code), By(workshop.worker), ())
