"""Transfers between holders; closed places; organisations that leave; a device's rows go with the device alone."""

from alembic import op

from fleet.custody.rules import LineStatus, Ownership, TransferStatus
from fleet.db.columns import check_in
from fleet.db.policies import BY_DEVICE, BY_ORGANISATION, named_lookup, protect
from fleet.tasks.rules import TaskKind

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_MAKER = f"{BY_ORGANISATION} AND {BY_DEVICE}"
_OF_DEVICE = {
    "wipe_certificate": _MAKER,
    "wipe_validation": _MAKER,
    "destruction_record": _MAKER,
    "hardware_report": _MAKER,
    "check_list": _MAKER,
}
"""What hangs off a device, and who may add to it: its holder, in its own name. Seen by whoever owns or holds the device now."""
_BY_RECORD = "EXISTS (SELECT FROM destruction_record r WHERE r.id = record_id)"
_SIDE = "sender_id = current_organisation() OR (receiver_id = current_organisation() AND sent_at IS NOT NULL)"
"""The receiver knows of a transfer once it is sent."""
_BY_TRANSFER = "EXISTS (SELECT FROM transfer t WHERE t.id = transfer_id)"


def upgrade() -> None:
    op.execute("ALTER TABLE task DROP CONSTRAINT task_kind_check")
    op.execute(f"ALTER TABLE task ADD CONSTRAINT task_kind_check CHECK ({check_in('kind', TaskKind)})")
    for table in ("site", "storage_location"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN closed_at timestamptz")
    _whole_history()
    _transfers()
    _custody()
    _moves()
    _organisations()
    _departures()


def _whole_history() -> None:
    """A device's history goes with it: who held it once and does not own it sees nothing of it but its own chain."""
    for table, added in _OF_DEVICE.items():
        op.execute(f"ALTER POLICY {table}_by_organisation ON {table} USING ({BY_DEVICE}) WITH CHECK ({added})")
    op.execute(
        "ALTER POLICY destruction_answer_by_organisation ON destruction_answer "
        f"USING ({_BY_RECORD}) WITH CHECK ({BY_ORGANISATION} AND {_BY_RECORD})"
    )
    # the signed bytes that evidence rests on; each event is about one device
    op.execute(f"CREATE POLICY bench_event_of_device ON bench_event FOR SELECT USING ({BY_DEVICE})")


def _transfers() -> None:
    op.execute(f"""
        CREATE TABLE transfer (
            id uuid PRIMARY KEY,
            reference varchar(20) NOT NULL,
            sender_id uuid NOT NULL REFERENCES organisation (id),
            receiver_id uuid NOT NULL REFERENCES organisation (id),
            from_site_id uuid REFERENCES site (id),
            to_site_id uuid REFERENCES site (id),
            status varchar(40) NOT NULL CHECK ({check_in("status", TransferStatus)}),
            ownership varchar(40) NOT NULL CHECK ({check_in("ownership", Ownership)}),
            driver varchar(120) NOT NULL,
            carrier_reference varchar(120) NOT NULL,
            seal varchar(80) NOT NULL,
            created_at timestamptz NOT NULL,
            created_by uuid,
            sent_at timestamptz,
            closed_at timestamptz,
            UNIQUE (sender_id, reference),
            CHECK (status <> 'sent' OR sent_at IS NOT NULL),
            CHECK ((closed_at IS NOT NULL) = (status IN ('closed', 'cancelled'))))""")
    op.execute("CREATE INDEX transfer_sender ON transfer (sender_id, created_at DESC, id DESC)")
    op.execute("CREATE INDEX transfer_receiver ON transfer (receiver_id, created_at DESC, id DESC)")
    op.execute(f"""
        CREATE TABLE transfer_line (
            id uuid PRIMARY KEY,
            transfer_id uuid NOT NULL REFERENCES transfer (id),
            device_id uuid REFERENCES device (id),
            asset_code varchar(8) NOT NULL CHECK (length(asset_code) = 8),
            description varchar(500) NOT NULL,
            status varchar(40) NOT NULL CHECK ({check_in("status", LineStatus)}),
            added_at timestamptz NOT NULL,
            received_at timestamptz,
            UNIQUE (transfer_id, asset_code),
            CHECK ((device_id IS NULL) = (status = 'surplus')))""")
    op.execute("""
        CREATE UNIQUE INDEX transfer_line_open ON transfer_line (device_id)
        WHERE status IN ('packed', 'under_way', 'missing')""")
    protect("transfer", _SIDE, rights="SELECT, INSERT, UPDATE")
    op.execute(
        "CREATE POLICY transfer_by_sender ON transfer AS RESTRICTIVE FOR INSERT WITH CHECK "
        "(sender_id = current_organisation() AND sent_at IS NULL)"
    )
    protect("transfer_line", _BY_TRANSFER, rights="SELECT, INSERT, UPDATE, DELETE")


def _custody() -> None:
    op.execute("ALTER TABLE device ADD COLUMN incoming_id uuid REFERENCES organisation (id)")
    op.execute("ALTER TABLE device ADD COLUMN site_id uuid REFERENCES site (id)")
    op.execute("CREATE INDEX device_incoming ON device (incoming_id) WHERE incoming_id IS NOT NULL")
    # Under way it is seen by who expects it, and changed by them only through a hand-over
    op.execute("CREATE POLICY device_expected ON device FOR SELECT USING (incoming_id = current_organisation())")
    op.execute("""
        CREATE FUNCTION custody_by_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT pg_has_role(current_user, 'fleet_maintenance', 'USAGE') THEN
                RAISE EXCEPTION 'a device changes hands by a transfer alone' USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        END $$""")
    op.execute("""
        CREATE TRIGGER device_changes_hands BEFORE UPDATE ON device FOR EACH ROW
        WHEN ((OLD.owner_id, OLD.custodian_id, OLD.incoming_id)
              IS DISTINCT FROM (NEW.owner_id, NEW.custodian_id, NEW.incoming_id))
        EXECUTE FUNCTION custody_by_transfer()""")
    op.execute("""
        CREATE TRIGGER device_begins_here BEFORE INSERT ON device FOR EACH ROW
        WHEN (NEW.owner_id <> NEW.custodian_id OR NEW.incoming_id IS NOT NULL)
        EXECUTE FUNCTION custody_by_transfer()""")


def _moves() -> None:
    """The only writers of who owns, holds and expects a device. Each looks itself at who asks and how the transfer stands."""
    named_lookup(
        "custody_send(wanted uuid)",
        """RETURNS TABLE (device_id uuid, version integer) LANGUAGE sql VOLATILE AS $$
            UPDATE device d SET incoming_id = t.receiver_id, version = d.version + 1
              FROM transfer_line l JOIN transfer t ON t.id = l.transfer_id
             WHERE t.id = wanted AND t.sender_id = current_organisation() AND t.status = 'sent'
               AND l.status = 'under_way' AND d.id = l.device_id AND d.incoming_id IS NULL
               AND (d.custodian_id = t.sender_id
                    OR (d.custodian_id = t.receiver_id AND d.owner_id = t.sender_id AND t.ownership = 'offered'))
            RETURNING d.id, d.version $$""",
    )
    named_lookup(
        "custody_receive(wanted uuid, scanned uuid, shelf text)",
        """RETURNS integer LANGUAGE sql VOLATILE AS $$
            UPDATE device d
               SET custodian_id = t.receiver_id, incoming_id = NULL, site_id = t.to_site_id, place = shelf,
                   owner_id = CASE t.ownership WHEN 'accepted' THEN t.receiver_id ELSE d.owner_id END,
                   version = d.version + 1
              FROM transfer_line l JOIN transfer t ON t.id = l.transfer_id
             WHERE t.id = wanted AND t.receiver_id = current_organisation() AND t.status IN ('sent', 'closed')
               AND t.ownership <> 'offered' AND l.status IN ('under_way', 'missing')
               AND l.device_id = scanned AND d.id = scanned AND d.incoming_id = t.receiver_id
            RETURNING d.version $$""",
    )
    named_lookup(
        "custody_recall(wanted uuid, taken uuid)",
        """RETURNS integer LANGUAGE sql VOLATILE AS $$
            UPDATE device d SET incoming_id = NULL, version = d.version + 1
              FROM transfer_line l JOIN transfer t ON t.id = l.transfer_id
             WHERE t.id = wanted AND t.sender_id = current_organisation() AND l.status IN ('under_way', 'missing')
               AND l.device_id = taken AND d.id = taken AND d.incoming_id = t.receiver_id
            RETURNING d.version $$""",
    )


def _organisations() -> None:
    # What came in with a batch stays counted there, whoever owns it by now
    named_lookup(
        "batch_counts(wanted uuid[])",
        """RETURNS TABLE (state text, number bigint) LANGUAGE sql STABLE AS $$
            SELECT d.state, count(*) FROM device d JOIN intake_batch b ON b.id = d.batch_id
             WHERE d.batch_id = ANY (wanted) AND b.organisation_id = current_organisation() GROUP BY d.state $$""",
    )
    op.execute("ALTER TABLE organisation ADD COLUMN left_at timestamptz")
    # Who wants to hand something over finds the other side by a part of its name: what stands on its labels, no more
    named_lookup(
        "organisations_named(part text)",
        """RETURNS TABLE (id uuid, name text, kind text) LANGUAGE sql STABLE AS $$
            SELECT id, name, kind FROM organisation
             WHERE length(part) >= 2 AND position(lower(part) IN lower(name)) > 0 AND left_at IS NULL
             ORDER BY lower(name) <> lower(part), lower(name) LIMIT 10 $$""",
    )
    named_lookup(
        "organisation_open(wanted uuid)",
        """RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT left_at IS NULL FROM organisation WHERE id = wanted $$""",
    )
    named_lookup(
        "sites_named(wanted uuid)",
        """RETURNS TABLE (id uuid, name text) LANGUAGE sql STABLE AS $$
            SELECT id, name FROM site WHERE organisation_id = wanted AND closed_at IS NULL ORDER BY lower(name) LIMIT 100 $$""",
    )


def _departures() -> None:
    op.execute("""
        CREATE TABLE departure (
            organisation_id uuid PRIMARY KEY REFERENCES organisation (id),
            started_at timestamptz NOT NULL,
            started_by uuid,
            closed_at timestamptz,
            export_sha256 varchar(64),
            export_bytes bigint,
            last_seq bigint,
            last_hash bytea,
            token_hash bytea UNIQUE CHECK (octet_length(token_hash) = 32),
            token_until timestamptz,
            CHECK ((closed_at IS NULL) = (last_hash IS NULL)))""")
    protect("departure", BY_ORGANISATION, rights="SELECT, INSERT, UPDATE, DELETE")
    named_lookup(
        "departure_of_token(hash bytea)",
        """RETURNS uuid LANGUAGE sql STABLE AS $$
            SELECT organisation_id FROM departure WHERE token_hash = hash AND token_until > now() $$""",
    )
    # The chain itself says that it is closed; the chain's lock is held by whoever appends, so nobody slips in between
    op.execute("CREATE UNIQUE INDEX audit_event_left ON audit_event (organisation_id) WHERE type = 'organisation.left'")
    op.execute("""
        CREATE FUNCTION refuse_after_leaving() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM audit_event WHERE organisation_id = NEW.organisation_id AND type = 'organisation.left') THEN
                RAISE EXCEPTION 'the chain of organisation % is closed', NEW.organisation_id
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$""")
    op.execute("""
        CREATE TRIGGER audit_event_closed BEFORE INSERT ON audit_event
        FOR EACH ROW EXECUTE FUNCTION refuse_after_leaving()""")


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_event_closed ON audit_event")
    op.execute("DROP FUNCTION refuse_after_leaving()")
    op.execute("DROP INDEX audit_event_left")
    for signature in (
        "departure_of_token(bytea)",
        "batch_counts(uuid[])",
        "sites_named(uuid)",
        "organisation_open(uuid)",
        "organisations_named(text)",
        "custody_recall(uuid, uuid)",
        "custody_receive(uuid, uuid, text)",
        "custody_send(uuid)",
    ):
        op.execute(f"DROP FUNCTION {signature}")
    for table in ("departure", "transfer_line", "transfer"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE organisation DROP COLUMN left_at")
    op.execute("DROP TRIGGER device_begins_here ON device")
    op.execute("DROP TRIGGER device_changes_hands ON device")
    op.execute("DROP FUNCTION custody_by_transfer()")
    op.execute("DROP POLICY device_expected ON device")
    op.execute("ALTER TABLE device DROP COLUMN site_id, DROP COLUMN incoming_id")
    op.execute("DROP POLICY bench_event_of_device ON bench_event")
    for table in ("site", "storage_location"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN closed_at")
