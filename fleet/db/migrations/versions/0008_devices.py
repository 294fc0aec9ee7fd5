"""Tasks and devices: identifiers, components, evidence; a device's history is seen by whoever owns or holds it."""

from alembic import op

from fleet.contract.kinds import DeviceKind, MediaType
from fleet.db.columns import check_in
from fleet.db.policies import BY_DEVICE, BY_HOLDER, BY_ORGANISATION, append_only, named_lookup, protect
from fleet.devices.evidence import EvidenceType
from fleet.devices.models import IdentifierKind
from fleet.devices.states import Origin, State
from fleet.tasks.rules import TaskKind

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _devices()
    _evidence()
    _tasks()
    op.execute(f"ALTER POLICY audit_event_by_organisation ON audit_event USING ({BY_ORGANISATION} OR {BY_DEVICE})")
    # What a stranger who scans a label may know: whose it is, nothing of the device
    named_lookup(
        "device_organisation(code text)",
        "RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT owner_id FROM device WHERE asset_code = upper(code) $$",
    )


def _devices() -> None:
    op.execute(f"""
        CREATE TABLE device (
            id uuid PRIMARY KEY,
            owner_id uuid NOT NULL REFERENCES organisation (id),
            custodian_id uuid NOT NULL REFERENCES organisation (id),
            asset_code varchar(8) NOT NULL UNIQUE CHECK (length(asset_code) = 8),
            kind varchar(40) NOT NULL CHECK ({check_in("kind", DeviceKind)}),
            origin varchar(40) NOT NULL CHECK ({check_in("origin", Origin)}),
            state varchar(40) NOT NULL CHECK ({check_in("state", State)}),
            version integer NOT NULL CHECK (version > 0),
            outside_version integer NOT NULL CHECK (outside_version BETWEEN 1 AND version),
            manufacturer varchar(200),
            model varchar(200) NOT NULL,
            serial varchar(200),
            weight_g integer NOT NULL CHECK (weight_g > 0),
            eea_category integer NOT NULL CHECK (eea_category BETWEEN 1 AND 6),
            batch_id uuid REFERENCES intake_batch (id),
            place varchar(2000) NOT NULL,
            created_at timestamptz NOT NULL,
            state_since timestamptz NOT NULL)""")
    op.execute("CREATE INDEX device_owner_state ON device (owner_id, state, state_since, id)")
    op.execute("CREATE INDEX device_owner_since ON device (owner_id, state_since, id)")
    op.execute("CREATE INDEX device_custodian ON device (custodian_id, state, state_since, id)")
    op.execute("CREATE INDEX device_batch ON device (batch_id, state)")
    protect("device", BY_HOLDER)
    op.execute(f"""
        CREATE TABLE identifier (
            id uuid PRIMARY KEY,
            device_id uuid NOT NULL REFERENCES device (id),
            kind varchar(40) NOT NULL CHECK ({check_in("kind", IdentifierKind)}),
            value varchar(200) NOT NULL,
            source varchar(40) NOT NULL,
            created_at timestamptz NOT NULL,
            UNIQUE (device_id, kind, value))""")
    op.execute("CREATE INDEX identifier_value ON identifier (value)")
    protect("identifier", BY_DEVICE)
    op.execute(f"""
        CREATE TABLE component (
            id uuid PRIMARY KEY,
            device_id uuid NOT NULL REFERENCES device (id),
            media varchar(40) NOT NULL CHECK ({check_in("media", MediaType)}),
            model varchar(200) NOT NULL,
            serial varchar(200) NOT NULL,
            storage_key varchar(600) NOT NULL,
            capacity_bytes bigint CHECK (capacity_bytes > 0),
            fitted_version integer NOT NULL,
            removed_version integer CHECK (removed_version > fitted_version))""")
    op.execute("CREATE UNIQUE INDEX component_fitted ON component (device_id, storage_key) WHERE removed_version IS NULL")
    op.execute("CREATE INDEX component_key ON component (storage_key) WHERE removed_version IS NULL")
    protect("component", BY_DEVICE)


def _evidence() -> None:
    op.execute(f"""
        CREATE TABLE evidence (
            id uuid PRIMARY KEY,
            device_id uuid NOT NULL REFERENCES device (id),
            type varchar(40) NOT NULL CHECK ({check_in("type", EvidenceType)}),
            at_version integer NOT NULL,
            recorded_at timestamptz NOT NULL,
            actor_kind varchar(20) NOT NULL,
            actor_id uuid,
            operator_id uuid,
            source_event uuid,
            document bytea NOT NULL,
            sha256 varchar(64) NOT NULL,
            data jsonb NOT NULL)""")
    op.execute("CREATE INDEX evidence_device ON evidence (device_id, at_version, id)")
    protect("evidence", BY_DEVICE, rights="SELECT, INSERT")
    append_only("evidence")


def _tasks() -> None:
    op.execute(f"""
        CREATE TABLE task (
            id uuid PRIMARY KEY,
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            kind varchar(40) NOT NULL CHECK ({check_in("kind", TaskKind)}),
            device_id uuid REFERENCES device (id),
            data jsonb NOT NULL,
            opened_at timestamptz NOT NULL,
            closed_at timestamptz,
            closed_by uuid,
            note text,
            CHECK ((closed_at IS NULL) = (note IS NULL)))""")
    op.execute("CREATE INDEX task_open ON task (organisation_id, opened_at, id) WHERE closed_at IS NULL")
    op.execute("CREATE INDEX task_device ON task (device_id, opened_at)")
    protect("task", BY_ORGANISATION)


def downgrade() -> None:
    op.execute("DROP FUNCTION device_organisation(text)")
    op.execute(f"ALTER POLICY audit_event_by_organisation ON audit_event USING ({BY_ORGANISATION})")
    for table in ("task", "evidence", "component", "identifier", "device"):
        op.execute(f"DROP TABLE {table}")
