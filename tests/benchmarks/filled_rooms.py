"""What stands beside 100,000 devices: donors and donations, transfers with their lines, tasks, people.

Made by the database itself: the pages only list these rows, nothing recomputes them.
"""

from typing import Any, Final
from uuid import UUID

from fleet.contract.kinds import DeviceKind
from fleet.donations.rules import DonationStatus, DonorKind
from fleet.tasks.rules import TaskKind

DONATIONS: Final = 6_000
TRANSFERS: Final = 4_000
LINES: Final = 20
"""Devices of one transfer, a pallet of laptops."""
TASKS: Final = 20_000
OPEN: Final = 5_000
PEOPLE: Final = 400
DONOR: Final = "Bedrijf nummer"


def fill_rooms(cursor: Any, workshop: UUID, desk: UUID) -> None:
    """All of them, for the workshop; the transfers go to the desk."""
    about = {"workshop": workshop, "desk": desk, "drive": DeviceKind.DRIVE.value}
    for statement in (_DONORS, _DONATIONS, _TRANSFERS, _LINES, _TASKS, _PEOPLE, _MEMBERS):
        cursor.execute(statement, about)


_DONORS: Final = f"""
    INSERT INTO donor (id, organisation_id, name, kind, contact, created_at)
    SELECT gen_random_uuid(), %(workshop)s, '{DONOR} ' || n, '{DonorKind.COMPANY}', 'Dokkaai 1, 9000 Gent', now()
      FROM generate_series(1, 400) n"""  # noqa: S608 - constants of this file
_DONATIONS: Final = f"""
    INSERT INTO donation (id, organisation_id, reference, donor_id, status, declared_count, declared_serials, note,
                          registered_at, ended_at)
    SELECT gen_random_uuid(), %(workshop)s, 'D-' || n, d.id,
           CASE WHEN n %% 10 = 0 THEN '{DonationStatus.PLEDGED}' ELSE '{DonationStatus.CLOSED}' END, 17, '{{}}', '',
           now() - make_interval(hours => n), CASE WHEN n %% 10 <> 0 THEN now() END
      FROM generate_series(1, {DONATIONS}) n JOIN donor d ON d.name = '{DONOR} ' || (n %% 400 + 1)"""  # noqa: S608 - as above
_TRANSFERS: Final = f"""
    INSERT INTO transfer (id, reference, sender_id, receiver_id, status, ownership, driver, carrier_reference, seal,
                          created_at, sent_at, closed_at)
    SELECT gen_random_uuid(), 'T-' || n, %(workshop)s, %(desk)s,
           CASE WHEN n %% 20 = 0 THEN 'sent' ELSE 'closed' END, 'kept', 'Chauffeur ' || n %% 9, '', '',
           now() - make_interval(hours => n), now() - make_interval(hours => n),
           CASE WHEN n %% 20 <> 0 THEN now() - make_interval(hours => n - 1) END
      FROM generate_series(1, {TRANSFERS}) n"""  # noqa: S608 - as above
_LINES: Final = f"""
    INSERT INTO transfer_line (id, transfer_id, device_id, asset_code, description, status, added_at, received_at)
    SELECT gen_random_uuid(), t.id, d.id, d.asset_code, d.model, 'received', t.created_at, t.created_at
      FROM (SELECT id, created_at, row_number() OVER (ORDER BY id) AS n FROM transfer) t
      JOIN (SELECT id, asset_code, model, row_number() OVER (ORDER BY asset_code) AS n FROM device) d
        ON d.n BETWEEN (t.n - 1) * {LINES} + 1 AND t.n * {LINES}"""  # noqa: S608 - as above
_TASKS: Final = f"""
    INSERT INTO task (id, organisation_id, kind, device_id, data, opened_at, closed_at, note)
    SELECT gen_random_uuid(), %(workshop)s, CASE n %% 3 WHEN 0 THEN '{TaskKind.NO_BATCH}' WHEN 1 THEN '{TaskKind.SECOND_PERSON}'
           ELSE '{TaskKind.IMAGE_FAILED}' END, d.id, jsonb_build_object('code', d.asset_code),
           now() - n * interval '1 minute', CASE WHEN n > {OPEN} THEN now() END, CASE WHEN n > {OPEN} THEN 'gezien' END
      FROM generate_series(1, {TASKS}) n
      JOIN (SELECT id, asset_code, row_number() OVER (ORDER BY asset_code) AS n FROM device) d USING (n)"""  # noqa: S608 - as above
_PEOPLE: Final = f"""
    INSERT INTO account (id, organisation_id, login, display_name, password_hash, active, must_change, created_at)
    SELECT gen_random_uuid(), %(workshop)s, 'mens' || n, 'Mens nummer ' || n, '', true, false, now()
      FROM generate_series(1, {PEOPLE}) n"""  # noqa: S608 - as above
_MEMBERS: Final = """
    INSERT INTO membership (account_id, organisation_id, roles, active, created_at)
    SELECT id, organisation_id, '{workshop}', true, created_at FROM account WHERE password_hash = ''"""
