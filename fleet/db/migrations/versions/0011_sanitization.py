"""Wipe policies, validations, and the methods of drive firmware."""

from alembic import op

from fleet.contract.kinds import Adequacy, Level, Method
from fleet.db.columns import check_in
from fleet.db.policies import BY_DEVICE, BY_ORGANISATION, append_only, named_lookup, protect
from fleet.tasks.rules import TaskKind

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _newer_values()
    _policies()
    _validations()
    _earlier_certificates()
    _verification()


def _newer_values() -> None:
    """Databases of earlier versions know fewer methods and tasks."""
    for table, column, choices in (
        ("wipe_certificate", "level", Level),
        ("wipe_certificate", "method", Method),
        ("task", "kind", TaskKind),
    ):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_check")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_check CHECK ({check_in(column, choices)})")
    op.execute("CREATE INDEX wipe_certificate_storage ON wipe_certificate (storage_key, accepted_at)")


def _policies() -> None:
    op.execute("""
        CREATE TABLE wipe_policy (
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            version integer NOT NULL CHECK (version > 0),
            document bytea NOT NULL,
            set_by uuid,
            set_at timestamptz NOT NULL,
            PRIMARY KEY (organisation_id, version))""")
    protect("wipe_policy", BY_ORGANISATION, rights="SELECT, INSERT")
    append_only("wipe_policy")


def _validations() -> None:
    # The service decides first (1); where the policy asks for a second person, that person decides last (2)
    op.execute(f"""
        CREATE TABLE wipe_validation (
            certificate_id uuid NOT NULL REFERENCES wipe_certificate (id),
            ordinal integer NOT NULL CHECK (ordinal IN (1, 2)),
            organisation_id uuid NOT NULL REFERENCES organisation (id),
            device_id uuid NOT NULL REFERENCES device (id),
            adequacy varchar(40) NOT NULL CHECK ({check_in("adequacy", Adequacy)}),
            grounds varchar(40)[] NOT NULL,
            policy_version integer NOT NULL CHECK (policy_version >= 0),
            device_version integer NOT NULL,
            operator_id uuid,
            decided_by uuid,
            decided_at timestamptz NOT NULL,
            note text NOT NULL,
            PRIMARY KEY (certificate_id, ordinal),
            CHECK ((ordinal = 2) = (decided_by IS NOT NULL)),
            CHECK (ordinal = 1 OR adequacy <> 'awaits_second_person'))""")
    op.execute("CREATE INDEX wipe_validation_device ON wipe_validation (device_id)")
    protect("wipe_validation", f"{BY_ORGANISATION} OR {BY_DEVICE}", rights="SELECT, INSERT")
    append_only("wipe_validation")


def _earlier_certificates() -> None:
    """What was accepted before there were policies was adequate under the default rule."""
    op.execute("SET ROLE fleet_maintenance")
    op.execute("""
        INSERT INTO wipe_validation
        SELECT id, 1, organisation_id, device_id, 'adequate', '{}', 0, 1, NULL, NULL, accepted_at, '' FROM wipe_certificate""")
    op.execute("SET ROLE fleet_owner")


def _verification() -> None:
    # /verify comes before an organisation is known. A medium without a WWN may share its key with another of its model.
    named_lookup(
        "certificate_to_verify(wanted uuid)",
        """
        RETURNS TABLE (payload bytea, signature bytea, key_id varchar, public_key varchar, accepted_at timestamptz,
                       adequacy varchar, policy_version integer, decided_at timestamptz,
                       newer_id uuid, wiped_again_at timestamptz, key_revoked_at timestamptz)
        LANGUAGE sql STABLE AS $$
            SELECT c.payload, c.signature, c.key_id, c.public_key, c.accepted_at,
                   v.adequacy, v.policy_version, v.decided_at,
                   (SELECT n.id FROM wipe_certificate n
                     WHERE n.storage_key = c.storage_key AND n.accepted_at > c.accepted_at
                       AND (n.device_id = c.device_id OR c.storage_key LIKE 'wwn:%')
                     ORDER BY n.accepted_at DESC LIMIT 1),
                   (SELECT min(e.recorded_at) FROM evidence e
                     WHERE e.device_id = c.device_id AND e.type = 'storage_inventory'
                       AND e.recorded_at > c.accepted_at AND e.data -> 'keys' ? c.storage_key),
                   (SELECT b.revoked_at FROM bench b WHERE b.key_id = c.key_id)
              FROM wipe_certificate c
              JOIN LATERAL (SELECT * FROM wipe_validation w WHERE w.certificate_id = c.id
                             ORDER BY w.ordinal DESC LIMIT 1) v ON true
             WHERE c.id = wanted
        $$""",
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION certificate_to_verify(uuid)")
    op.execute("DROP TABLE wipe_validation")
    op.execute("DROP TABLE wipe_policy")
    op.execute("DROP INDEX wipe_certificate_storage")
