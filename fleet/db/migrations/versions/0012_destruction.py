"""Destruction records, and drives that were fitted into a device."""

from alembic import op

from fleet.contract.kinds import DestructionMethod
from fleet.db.columns import check_in
from fleet.db.policies import BY_DEVICE, BY_ORGANISATION, append_only, protect
from fleet.devices.evidence import EvidenceType
from fleet.devices.states import State
from fleet.tasks.rules import TaskKind

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


_BY_RECORD = """organisation_id = current_organisation()
    OR EXISTS (SELECT FROM destruction_record r WHERE r.id = record_id)"""
"""An answer is seen by whoever sees its record."""


def upgrade() -> None:
    _newer_values()
    _destruction()
    # Where a storage was when; in rows of earlier versions only the device's versions are known
    op.execute("ALTER TABLE component ADD COLUMN fitted_at timestamptz, ADD COLUMN removed_at timestamptz")
    op.execute("CREATE INDEX component_life ON component (storage_key, fitted_at)")
    op.execute("CREATE INDEX device_drives ON device (custodian_id, state_since, id) WHERE kind = 'drive'")


def _newer_values() -> None:
    """Databases of earlier versions know fewer states, kinds of evidence and tasks."""
    for table, column, choices in (("device", "state", State), ("evidence", "type", EvidenceType), ("task", "kind", TaskKind)):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_check")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_check CHECK ({check_in(column, choices)})")


def _destruction() -> None:
    op.execute(f"""
        CREATE TABLE destruction_record (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            device_id uuid NOT NULL REFERENCES device (id),
            storage_keys varchar(600)[] NOT NULL CHECK (cardinality(storage_keys) > 0),
            method varchar(40) NOT NULL CHECK ({check_in("method", DestructionMethod)}),
            operator_id uuid NOT NULL REFERENCES account (id),
            opened_at timestamptz NOT NULL,
            task_id uuid NOT NULL REFERENCES task (id),
            document bytea NOT NULL,
            sha256 varchar(64) NOT NULL,
            photo bytea NOT NULL CHECK (octet_length(photo) > 0),
            photo_type varchar(40) NOT NULL CHECK (photo_type IN ('image/jpeg', 'image/png')),
            photo_sha256 varchar(64) NOT NULL)""")
    op.execute("CREATE INDEX destruction_record_device ON destruction_record (device_id, opened_at)")
    op.execute("""
        CREATE TABLE destruction_answer (
            record_id uuid PRIMARY KEY REFERENCES destruction_record (id),
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            witness_id uuid NOT NULL REFERENCES account (id),
            confirmed boolean NOT NULL,
            note varchar(2000) NOT NULL,
            answered_at timestamptz NOT NULL)""")
    for table, visible in (
        ("destruction_record", f"{BY_ORGANISATION} OR {BY_DEVICE}"),
        ("destruction_answer", _BY_RECORD),
    ):
        protect(table, visible, rights="SELECT, INSERT")
        append_only(table)


def downgrade() -> None:
    op.execute("DROP TABLE destruction_answer")
    op.execute("DROP TABLE destruction_record")
    op.execute("DROP INDEX device_drives")
    op.execute("DROP INDEX component_life")
    op.execute("ALTER TABLE component DROP COLUMN fitted_at, DROP COLUMN removed_at")
