"""All SQL of what ports show."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, select

from fleet.stations.models import BenchPorts


def replace(session: Session, organisation: UUID, bench: UUID, ports: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Keep what a bench shows, instead of what it showed before."""
    row = insert(BenchPorts).values(bench_id=bench, organisation_id=organisation, ports=list(ports), heard_at=now)
    newer = {"ports": row.excluded.ports, "heard_at": row.excluded.heard_at}
    session.connection().execute(row.on_conflict_do_update(index_elements=["bench_id"], set_=newer))


def latest(session: Session, organisation: UUID) -> Mapping[UUID, BenchPorts]:
    """What the benches of an organisation show, by bench; at most one row a bench."""
    rows = session.exec(select(BenchPorts).where(BenchPorts.organisation_id == organisation).limit(1000)).all()
    return {row.bench_id: row for row in rows}
