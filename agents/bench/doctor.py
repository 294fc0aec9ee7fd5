"""Is this bench fit to work? Looks at everything it needs, touches no device, and says what to do about each trouble."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agents.bench.lock import is_running
from agents.bench.station import service_client
from agents.config import BenchConfig, PortConfig
from agents.detect.monitor import attached
from agents.errors import AgentError
from agents.identify.controllers import hidden_drives
from agents.identify.host import Host
from agents.image.catalogue import find_image
from agents.journal import codes, jobs, outbox, profile
from agents.journal.db import Journal
from agents.journal.profile import Enrolment
from agents.report import keys
from agents.report.client import ServiceClient
from agents.report.errors import ClockSkew, ServiceError
from agents.shell.clock import now
from fleet.contract.bench import SIGNATURE_WINDOW_S
from fleet.contract.signing import public_from_text

_ERASERS: Final = {"nvme": "nvme-cli", "hdparm": "hdparm", "sg_sanitize": "sg3-utils", "mmc": "mmc-utils"}
"""What tells a drive's firmware to erase; without one, drives of its kind are refused when they are to be erased so."""
_PROGRAMS: Final = {"lsblk": "util-linux", "smartctl": "smartmontools", **_ERASERS}
_TOLERABLE_SKEW_S: Final = 30


class Health(StrEnum):
    """Fit, fit with a remark, or not fit."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    health: Health
    text: str


def examine(config: BenchConfig, journal: Journal) -> tuple[Finding, ...]:
    """Everything that a bench needs. Raises JournalBroken only when the journal cannot be read at all."""
    with journal.transaction(durable=False) as tx:
        enrolment = profile.find(tx)
    return (
        *_journal(journal),
        *_enrolment(config, journal, enrolment),
        *_stores(config, journal),
        *_host(config),
        *_ports(config),
        *_images(config, enrolment),
    )


def _journal(journal: Journal) -> Iterator[Finding]:
    wrong = journal.integrity()
    if wrong:
        text = f"{journal.path} is damaged ({wrong[0]}). Keep the file, restore it from a backup, and tell your admin."
        yield Finding("journal", Health.FAIL, text)
        return
    yield Finding("journal", Health.OK, str(journal.path))
    running = is_running(journal.path.parent)
    yield Finding("agent", Health.OK, "runs" if running else "does not run; start it with `bench-agent run`")
    with journal.transaction(durable=False) as tx:
        unfinished = jobs.unfinished(tx)
    for job in () if running else unfinished:
        text = f"{job.kind} of {job.asset_code} stopped while {job.state}; it is resolved when the agent starts."
        yield Finding("unfinished job", Health.WARN, text)


def _enrolment(config: BenchConfig, journal: Journal, enrolment: Enrolment | None) -> Iterator[Finding]:
    if enrolment is None:
        yield Finding("enrolment", Health.FAIL, str(profile.NotEnrolled.__doc__))
        return
    try:
        key = keys.load(config.state_dir, enrolment.profile.key_id)
    except AgentError as error:
        yield Finding("key", Health.FAIL, str(error))
        return
    told = enrolment.profile
    yield Finding("enrolment", Health.OK, f"{told.organisation_name}, {told.site_name}; key {told.key_id}")
    if enrolment.trouble is not None:
        yield Finding("enrolment", Health.FAIL, enrolment.trouble)
    with service_client(config, journal, enrolment, key) as client:
        yield from _service(client)


def _service(client: ServiceClient) -> Iterator[Finding]:
    if client.server.startswith("http://") and "127.0.0.1" not in client.server and "localhost" not in client.server:
        yield Finding("service", Health.WARN, f"{client.server} is not encrypted. Use https outside of a test.")
    try:
        told = client.profile()
    except ClockSkew as error:
        yield Finding("clock", Health.FAIL, str(error))
        return
    except ServiceError as error:
        yield Finding("service", Health.WARN, str(error))
        return
    yield Finding("service", Health.OK, f"{client.server} answers")
    skew = (told.service_time - now()).total_seconds()
    health = Health.OK if abs(skew) < _TOLERABLE_SKEW_S else Health.WARN
    advice = "" if health is Health.OK else " Set it: `timedatectl set-ntp true`."
    beyond = f" Beyond {SIGNATURE_WINDOW_S} s the bench signs with the service's time." if abs(skew) > SIGNATURE_WINDOW_S else ""
    yield Finding("clock", health, f"differs by {skew:+.0f} s from the service's.{beyond}{advice}")
    if told.batch_id is None:
        yield Finding("intake batch", Health.WARN, "this bench has none: devices come in without a donation. Have one assigned.")


def _stores(config: BenchConfig, journal: Journal) -> Iterator[Finding]:
    with journal.transaction(durable=False) as tx:
        free, (waiting, stuck) = codes.free(tx), outbox.count(tx)
    health = Health.OK if free >= config.codes_in_stock else Health.WARN if free else Health.FAIL
    yield Finding("asset codes", health, f"{free} left" + ("" if free else ": connect the bench to the service"))
    yield Finding("outbox", Health.OK, f"{waiting} events wait for the service")
    if stuck:
        text = f"{stuck} events were refused by the service. See `bench-agent outbox`; after an update `outbox --retry-stuck`."
        yield Finding("outbox", Health.FAIL, text)
    room = shutil.disk_usage(config.state_dir).free >> 20
    yield Finding("disk space", Health.OK if room > 200 else Health.WARN, f"{room} MiB free at {config.state_dir}")  # noqa: PLR2004 - certificates and labels of a year


def _host(config: BenchConfig) -> Iterator[Finding]:
    try:
        used = sum(1 for _ in Host().in_use())
    except AgentError as error:
        yield Finding("system disks", Health.FAIL, str(error))
    else:
        yield Finding("system disks", Health.OK, f"{used} devices in use by this machine are known and refused")
    if any(port.id_path for port in config.ports):
        for program, package in _PROGRAMS.items():
            if shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin") is None:
                health = Health.WARN if program in _ERASERS else Health.FAIL
                yield Finding(program, health, f"is missing: `apt-get install {package}`")
        yield from (Finding("hidden drives", Health.WARN, told) for told in hidden_drives())
        if os.geteuid():
            yield Finding("rights", Health.FAIL, "drives can only be opened by root: run the agent as root")


def _ports(config: BenchConfig) -> Iterator[Finding]:
    present = {disk.id_path: disk for disk in attached()} if any(port.id_path for port in config.ports) else {}
    for port in config.ports:
        if port.path is not None:
            there = port.path.exists()
            yield Finding(f"port {port.name}", Health.OK, f"virtual, {port.path}" + ("" if there else " (nothing there now)"))
        else:
            disk = present.get(port.id_path)
            shown = f"{disk.path} {disk.model or ''}".strip() if disk else "empty"
            yield Finding(f"port {port.name}", Health.OK, f"{port.id_path}: {shown}")


def _images(config: BenchConfig, enrolment: Enrolment | None) -> Iterator[Finding]:
    service_key = None if enrolment is None else public_from_text(enrolment.profile.service_public_key)
    wanted: dict[str, PortConfig] = {port.image: port for port in config.ports if port.image is not None}
    for name, port in wanted.items():
        try:
            found = find_image(config.images_dir, name, service_key=service_key)
        except AgentError as error:
            yield Finding(f"image of port {port.name}", Health.FAIL, str(error))
        else:
            yield Finding(f"image of port {port.name}", Health.OK, f"{found.manifest.name} {found.manifest.version}")
