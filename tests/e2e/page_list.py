"""Every page of the application: who looks at it, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.e2e.further import INVENTORY, Further
from tests.e2e.workshop_site import Site

NO_PAGE = {
    "/healthz": "for the watchdog of the service",
    "/readyz": "the same",
    "/accounts.csv": "a file",
    "/devices.csv": "a file",
    "/donations.csv": "a file",
    "/drives.csv": "a file",
    "/tasks.csv": "a file",
    "/transfers.csv": "a file",
    "/certificates/{certificate_id}.json": "a file",
    "/certificates/{certificate_id}.pdf": "a file",
    "/destructions/{record_id}/photo": "a picture",
    "/left/{token}/export.zip": "a file",
    "/left/{token}/closing.json": "a file",
    "/live": "a stream",
    "/scan/result": "a piece of a page, looked at in the tests of scanning",
    "/devices/by-id/{device_id}": "leads on",
    "/account/passkeys/added": "leads on",
    "/sign-in/with/{key}": "leads to a provider",
    "/sign-in/with/{key}/back": "comes from a provider",
    "/sign-out/with/{key}": "leads to a provider",
    "/a/{code}": "the same as /A/{code}",
}
"""Routes that show no page of their own, and why."""
NOBODY = ""
STATION = "station"
"""Nobody, at a computer that is enrolled for badges."""


@dataclass(frozen=True)
class Look:
    """One look at one page."""

    path: str
    status: int = 200
    who: str = "lies"
    posted: Mapping[str, str] = field(default_factory=dict)
    """The fields of the form whose answer it is; empty: it is asked for."""


def looks(site: Site, more: Further, kept: str) -> list[Look]:
    """All of them. `kept` is the id of a form that was kept for lies."""
    return [
        *_starts(),
        *_scans(site, more),
        *_devices(site, more),
        *_rooms(site, more),
        *_people(more, kept),
        *_outside(site, more),
    ]


def _starts() -> list[Look]:
    return [
        Look("/"),
        Look("/", who="mo"),
        Look("/", who="els"),
        Look("/", who="sami"),
        Look("/", who="rik"),
        Look("/", who="an"),
        Look("/styleguide"),
        Look("/help"),
        Look("/accessibility"),
        Look("/nowhere", 404),
        Look("/organisation/leave", 403, "mo"),
    ]


def _scans(site: Site, more: Further) -> list[Look]:
    codes = site.codes
    return [
        Look("/scan", 404),
        Look(f"/scan?q={codes['tested']}"),
        Look(f"/scan?q={INVENTORY}"),
        Look("/scan?q=NOTHING-LIKE-THIS", 404, "mo"),
        Look(f"/scan?q={quote('https://assets.example/hardware/9021')}", 404, "mo"),
        Look(f"/scan?q={misread(codes['tested'])}", 404),
        Look(f"/scan?q={more.away}"),
        Look("/scan/badge"),
        Look("/scan/camera"),
        Look(f"/scan/attach?q={quote('https://assets.example/hardware/9021')}", who="mo"),
    ]


def misread(code: str) -> str:
    """The code with two neighbours exchanged, which its check letter notices."""
    at = next(place for place in range(len(code) - 1) if code[place] != code[place + 1])
    return code[:at] + code[at + 1] + code[at] + code[at + 2 :]


def _devices(site: Site, more: Further) -> list[Look]:
    codes = site.codes
    fiches = [Look(f"/devices/{code}") for code in codes.values()]
    forms = [
        f"/devices/{codes['received']}/inspect",
        f"/devices/{codes['testing']}/test",
        f"/devices/{codes['tested']}/release",
        f"/devices/{codes['testing']}/release",
        f"/devices/{codes['tested']}/steps/quarantine",
        f"/devices/{codes['tested']}/steps/stage_recycling",
        f"/devices/{codes['tested']}/correct",
        f"/devices/{codes['checked']}/condition",
        f"/devices/{codes['quarantined']}/condition",
        f"/devices/{codes['drive']}/condition",
        f"/devices/{codes['wiped']}/take-out",
        f"/devices/{codes['wipe_failed']}/destroy",
        f"/devices/{more.numbered}/numbers",
        f"/devices/{more.numbered}/numbers/{more.number}/remove",
        f"/devices/bulk/{more.run}",
    ]
    chosen = {"action": "stage_recycling", "all": "yes", "query": "state=wiped&state=tested", "next": "/devices"}
    return [
        *fiches,
        *(Look(path) for path in forms),
        Look("/devices/A0000000", 404),
        Look("/devices"),
        Look("/devices?state=ready&state=tested&q=thinkpad"),
        Look("/devices", who="an"),
        Look("/devices/bulk", posted=chosen),
    ]


def _rooms(site: Site, more: Further) -> list[Look]:
    paths = [
        "/donations",
        f"/donations/{site.donation}",
        "/donations/new",
        "/receive",
        "/drives",
        "/drives?group=usable",
        "/drives/fit",
        f"/drives/fit?drive={site.codes['drive']}",
        f"/drives/life?key={quote(site.storage_key)}",
        f"/destructions/{site.destruction}",
        "/tasks",
        f"/certificates/{site.certificate}",
        "/wipe-policy",
        "/wipe-policy?preset=strict",
        "/transfers",
        "/transfers?status=sent&direction=out",
        "/transfers/new",
        "/transfers/new?name=digi",
        f"/transfers/{more.sent}",
        f"/transfers/{more.sent}/print",
        f"/transfers/{more.sent}/lost/{more.away}",
        "/organisation",
        "/organisation/leave",
        "/sites",
        f"/benches/{more.bench}/revoke",
    ]
    return [
        *(Look(path) for path in paths),
        Look(f"/transfers/{more.draft}"),
        Look("/benches"),
    ]


def _people(more: Further, kept: str) -> list[Look]:
    paths = [
        "/accounts/new",
        "/accounts/invite",
        f"/accounts/{more.account}",
        "/account/password",
        "/account/passkeys",
        "/account/passkeys/offer",
        "/account/identities",
        "/badges",
        "/workstations",
        "/api-tokens",
        f"/kept/{kept}",
    ]
    return [
        *(Look(path) for path in paths),
        Look("/accounts"),
        Look("/account/security"),
        Look("/account/badge", who="mo"),
    ]


def _outside(site: Site, more: Further) -> list[Look]:
    return [
        Look("/sign-in", who=NOBODY),
        Look("/forgot", who=NOBODY),
        Look(f"/reset/{more.reset}", who=NOBODY),
        Look(f"/left/{more.left}", who=NOBODY),
        Look("/workstation", who=NOBODY),
        Look("/workstation", who=STATION),
        Look("/badge", who=NOBODY),
        Look("/badge", who=STATION),
        Look(f"/A/{site.codes['ready']}", who=NOBODY),
        Look("/A/NOTHING", 404, NOBODY),
        Look("/verify", who=NOBODY),
        Look(f"/verify/{site.certificate}", who=NOBODY),
        Look("/verify/nothing-like-this", 404, NOBODY),
    ]
