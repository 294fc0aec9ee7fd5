"""Where a device stands once it was received: only the ownership changes nothing, and no site means the only one there is."""

from alembic import op

from fleet.db.policies import named_lookup

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_SIGNATURE = "custody_receive(wanted uuid, scanned uuid, shelf text)"
_HEAD = """RETURNS integer LANGUAGE sql VOLATILE AS $$
            UPDATE device d
               SET custodian_id = t.receiver_id, incoming_id = NULL, site_id = {site}, place = shelf,
                   owner_id = CASE t.ownership WHEN 'accepted' THEN t.receiver_id ELSE d.owner_id END,
                   version = d.version + 1
              FROM transfer_line l JOIN transfer t ON t.id = l.transfer_id
             WHERE t.id = wanted AND t.receiver_id = current_organisation() AND t.status IN ('sent', 'closed')
               AND t.ownership <> 'offered' AND l.status IN ('under_way', 'missing')
               AND l.device_id = scanned AND d.id = scanned AND d.incoming_id = t.receiver_id
            RETURNING d.version $$"""
_SITE = """CASE WHEN d.custodian_id = t.receiver_id AND t.sender_id <> t.receiver_id THEN d.site_id
                   ELSE coalesce(t.to_site_id, (SELECT min(s.id::text)::uuid FROM site s
                        WHERE s.organisation_id = t.receiver_id AND s.closed_at IS NULL HAVING count(*) = 1)) END"""


def upgrade() -> None:
    _replace(_SITE)


def downgrade() -> None:
    _replace("t.to_site_id")


def _replace(site: str) -> None:
    op.execute("DROP FUNCTION custody_receive(uuid, uuid, text)")
    named_lookup(_SIGNATURE, _HEAD.format(site=site))
