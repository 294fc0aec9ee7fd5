"""Indexes of the lists of loose drives and of tasks; each task of a device is found by its code."""

from alembic import op

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None

_DRIVES = {"code": "asset_code", "model": "model, id", "place": "place, id"}


def upgrade() -> None:
    for name, columns in _DRIVES.items():
        op.execute(f"CREATE INDEX device_drives_{name} ON device (custodian_id, {columns}) WHERE kind = 'drive'")
    op.execute("CREATE INDEX task_closed ON task (organisation_id, opened_at, id) WHERE closed_at IS NOT NULL")
    op.execute("CREATE INDEX task_code ON task (organisation_id, (data ->> 'code'))")
    _codes()


def _codes() -> None:
    """Some kinds of task did not note the code of their device."""
    op.execute("SET LOCAL ROLE fleet_maintenance")
    op.execute("""
        UPDATE task t SET data = jsonb_build_object('code', d.asset_code) || t.data FROM device d
         WHERE d.id = t.device_id AND NOT t.data ? 'code'""")
    op.execute("SET LOCAL ROLE fleet_owner")


def downgrade() -> None:
    op.execute("DROP INDEX task_code, task_closed")
    for name in _DRIVES:
        op.execute(f"DROP INDEX device_drives_{name}")
