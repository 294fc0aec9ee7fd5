"""Indexes of the lists of transfers and people; a device's site as a filter."""

from alembic import op

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None

_SIDES = {"sender": "sender_id", "receiver": "receiver_id"}
_OTHER = {"sender": "receiver_id", "receiver": "sender_id"}
_HOLDERS = {"owner": ("owner_id", ""), "held": ("held_by", " WHERE held_by IS NOT NULL")}


def upgrade() -> None:
    _transfers()
    _people()
    for name, (column, where) in _HOLDERS.items():
        op.execute(f"CREATE INDEX device_{name}_site ON device ({column}, site_id, state_since, id){where}")
    _sites()


def _sites() -> None:
    """Whoever has one site only knows where its devices stand."""
    op.execute("SET LOCAL ROLE fleet_maintenance")
    op.execute("""
        UPDATE device d SET site_id = s.id FROM site s
         WHERE d.site_id IS NULL AND s.organisation_id = d.custodian_id
           AND NOT EXISTS (SELECT FROM site o WHERE o.organisation_id = s.organisation_id AND o.id <> s.id)""")
    op.execute("SET LOCAL ROLE fleet_owner")


def _transfers() -> None:
    """A list in two branches: what an organisation sends, and what others send to it; each order and filter in either branch."""
    op.execute("""
        ALTER TABLE transfer ADD COLUMN since_at timestamptz NOT NULL
        GENERATED ALWAYS AS (coalesce(closed_at, sent_at, created_at)) STORED""")
    for name, column in _SIDES.items():
        op.execute(f"CREATE INDEX transfer_{name}_since ON transfer ({column}, since_at, id)")
        op.execute(f"CREATE INDEX transfer_{name}_number ON transfer ({column}, reference, id)")
        op.execute(f"CREATE INDEX transfer_{name}_status ON transfer ({column}, status, created_at, id)")
        op.execute(f"CREATE INDEX transfer_{name}_other ON transfer ({column}, {_OTHER[name]}, created_at, id)")
    op.execute("CREATE INDEX transfer_line_code ON transfer_line (asset_code)")
    op.execute("CREATE INDEX transfer_line_missing ON transfer_line (transfer_id) WHERE status = 'missing'")


def _people() -> None:
    """People of one's own by name, whatever its case, and by when they came; guests are few, and sorted."""
    op.execute("ALTER TABLE account ADD COLUMN sort_name varchar(240) NOT NULL GENERATED ALWAYS AS (lower(display_name)) STORED")
    op.execute("CREATE INDEX account_by_name ON account (organisation_id, sort_name, id)")
    op.execute("CREATE INDEX account_by_arrival ON account (organisation_id, created_at, id)")


def downgrade() -> None:
    for name in _HOLDERS:
        op.execute(f"DROP INDEX device_{name}_site")
    op.execute("DROP INDEX account_by_name, account_by_arrival")
    op.execute("ALTER TABLE account DROP COLUMN sort_name")
    op.execute("DROP INDEX transfer_line_missing, transfer_line_code")
    for name in _SIDES:
        for order in ("number", "status", "other"):
            op.execute(f"DROP INDEX transfer_{name}_{order}")
    op.execute("ALTER TABLE transfer DROP COLUMN since_at")
