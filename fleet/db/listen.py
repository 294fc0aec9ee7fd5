"""What changed, told to every process: NOTIFY in the transaction that changes it, one LISTEN connection a process.

A message says whose and what kind of thing changed, nothing of what it is: whoever hears it asks again with its own rights.
Nothing depends on it: a message that is lost delays a page until it asks by itself.
"""

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from fleet.db.engine import Database, Role

CHANNEL: Final = "fleet_live"
_TOLD: Final = "live.told"
_TURN_S: Final = 0.5
"""How soon the thread notices that it shall stop."""
_AGAIN_S: Final = 3.0
_log = logging.getLogger(__name__)


class Topic(StrEnum):
    """What kind of thing changed."""

    DEVICES = "devices"
    TASKS = "tasks"
    PORTS = "ports"


@dataclass(frozen=True)
class Change:
    """One message. Without an organisation: some may have been missed, everybody asks again."""

    organisation_id: UUID | None
    topic: Topic | None


def notify(session: Session, topic: Topic, *organisations: UUID) -> None:
    """Tell all processes when this transaction commits; of one transaction each organisation hears a topic once."""
    told: set[tuple[Topic, UUID]] = session.info.setdefault(_TOLD, set())
    for organisation in sorted(set(organisations)):
        if (topic, organisation) in told:
            continue
        message = json.dumps({"org": str(organisation), "topic": topic.value})
        session.execute(text("SELECT pg_notify(:channel, :message)"), {"channel": CHANNEL, "message": message})
        if not session.in_nested_transaction():  # what is told inside a savepoint goes with it
            told.add((topic, organisation))


def read(message: str) -> Change | None:
    """A message as a change; None for what is none of ours."""
    try:
        told = json.loads(message)
        return Change(UUID(told["org"]), Topic(told["topic"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


class Listener:
    """A thread with one connection. `heard` is called in it for each change; after a lost connection once without one."""

    def __init__(self, database: Database, heard: Callable[[Change], None]) -> None:
        self._database, self._heard = database, heard
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listen", daemon=True)
        self.connected = threading.Event()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End within a turn."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except (psycopg.Error, SQLAlchemyError) as error:
                _log.warning("live updates are interrupted: %s", error)
            self.connected.clear()
            self._stopping.wait(_AGAIN_S)

    def _listen(self) -> None:
        pooled = self._database.engine(Role.APP).raw_connection()
        connection = pooled.driver_connection
        pooled.detach()  # it is held for as long as the process lives: not one of those that requests share
        if not isinstance(connection, psycopg.Connection):
            raise TypeError("the service speaks psycopg")
        with connection:
            connection.rollback()
            connection.autocommit = True
            connection.execute(f"LISTEN {CHANNEL}")
            self.connected.set()
            self._heard(Change(None, None))
            while not self._stopping.is_set():
                for message in connection.notifies(timeout=_TURN_S):
                    change = read(message.payload)
                    if change is not None:
                        self._heard(change)
                    if self._stopping.is_set():
                        return
