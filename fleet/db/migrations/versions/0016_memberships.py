"""Roles per organisation: memberships, one-time reset links, what a session was opened with."""

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
