"""Why a scan was not taken, in a phrase: the bench's own answer names hosts, phases and commands, which help nobody here."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from agents.bench.mailbox import NO_ANSWER
from agents.bench.phases import PortPhase, PortSnapshot
from agents.journal.scans import Answer
from labels.scan import Scan, ScanKind

_BY_KIND: Final = {
    ScanKind.MISREAD: "scan-misread",
    ScanKind.FOREIGN: "scan-foreign",
}


def waiting_for(scan: Scan, ports: Sequence[PortSnapshot]) -> list[PortSnapshot]:
    """The ports that wait for this label."""
    return [
        port
        for port in ports
        if scan.kind is ScanKind.ASSET_CODE and port.phase is PortPhase.WAITING_SCAN and port.asset_code == scan.value
    ]


def unplaced(scan: Scan, ports: Sequence[PortSnapshot]) -> tuple[str, str | None]:
    """The phrase for a scan that no port waits for, and the port that it is about, if one can be told."""
    if scan.kind is not ScanKind.ASSET_CODE:
        return _BY_KIND.get(scan.kind, "scan-no-label"), None
    here = [port for port in ports if port.asset_code == scan.value]
    if here:
        return "scan-busy", here[0].port
    open_ports = [port.port for port in ports if port.phase is PortPhase.WAITING_SCAN]
    if not open_ports:
        return "scan-nothing", None
    return "scan-wrong", open_ports[0] if len(open_ports) == 1 else None


def refused(scan: Scan, answer: Answer, *, base_url: str, operator: str | None, operators: Sequence[str]) -> str:
    """The phrase for a scan that its own port did not take."""
    if answer == NO_ANSWER:
        return "scan-late"
    if operator is not None and operators and operator not in operators:
        return "scan-not-you"
    if scan.host is not None and scan.host != urlsplit(base_url).netloc.lower():
        return "scan-foreign"
    return "scan-busy"
