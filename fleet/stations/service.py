"""Benches at work: what they tell of their ports, and the list that people look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from fleet.accounts import benches
from fleet.accounts.models import Bench
from fleet.auth.rules import Principal
from fleet.contract.ports import PortShown, PortsShown
from fleet.db.columns import utc_now
from fleet.db.keyset import MAX_PAGE
from fleet.db.listen import Topic, notify
from fleet.organisations import service as organisations
from fleet.stations import repository
from fleet.stations.rules import minutes_left, minutes_since, silent


@dataclass(frozen=True)
class Port:
    """One tile. `minutes` are left of the phase; None while nobody knows."""

    shown: PortShown
    minutes: int | None


@dataclass(frozen=True)
class Station:
    """One bench. `ports` is empty for a bench that never told; `heard_minutes` is how long ago it did."""

    bench: Bench
    site: str
    ports: Sequence[Port]
    heard_at: datetime | None
    heard_minutes: int | None
    silent: bool

    @property
    def working(self) -> bool:
        """Whether it may take devices."""
        return self.bench.revoked_at is None


def tell(session: Session, principal: Principal, shown: PortsShown) -> None:
    """A bench shows its ports; open pages hear of it."""
    if principal.actor.id is None:
        raise AssertionError("a bench has an id")
    ports = [port.model_dump(mode="json") for port in shown.ports]
    repository.replace(session, principal.organisation_id, principal.actor.id, ports, utc_now())
    notify(session, Topic.PORTS, principal.organisation_id)


def stations(session: Session, principal: Principal) -> Sequence[Station]:
    """The organisation's benches, those at work first, each with its ports."""
    now, latest = utc_now(), repository.latest(session, principal.organisation_id)
    names = {site.id: site.name for site in organisations.sites(session)}
    found = []
    for bench in benches.page(session, limit=MAX_PAGE).items:
        row = latest.get(bench.id)
        shown = [PortShown.model_validate(port) for port in row.ports] if row else []
        heard = row.heard_at if row else None
        found.append(
            Station(
                bench=bench,
                site=names.get(bench.site_id, ""),
                ports=[Port(port, minutes_left(port.seconds_left)) for port in shown],
                heard_at=heard,
                heard_minutes=minutes_since(heard, now) if heard else None,
                silent=silent(heard, now),
            )
        )
    return sorted(found, key=lambda station: not station.working)
