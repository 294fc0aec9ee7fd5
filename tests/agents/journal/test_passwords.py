from datetime import UTC, datetime

from agents.journal import passwords
from agents.journal.db import Journal

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


def test_the_newest_password_comes_first_and_each_medium_has_its_own(journal: Journal) -> None:
    with journal.transaction() as tx:
        for number in range(7):
            passwords.keep(tx, "wwn:0x5", f"pw{number}", NOW)
        passwords.keep(tx, "wwn:0x6", "other", NOW)
        assert [kept.password for kept in passwords.standing(tx, "wwn:0x5")] == ["pw6", "pw5", "pw4", "pw3", "pw2"]


def test_a_cleared_password_leaves_the_file(journal: Journal) -> None:
    with journal.transaction() as tx:
        passwords.keep(tx, "wwn:0x5", "0123456789abcdef0123456789abcdef", NOW)
    with journal.transaction() as tx:
        assert passwords.clear(tx, "wwn:0x5", NOW) == 1
        assert passwords.standing(tx, "wwn:0x5") == ()
        assert passwords.clear(tx, "wwn:0x5", NOW) == 0
    journal.close()
    assert b"0123456789abcdef0123456789abcdef" not in journal.path.read_bytes()


def test_it_is_not_shown_by_accident(journal: Journal) -> None:
    with journal.transaction() as tx:
        passwords.keep(tx, "wwn:0x5", "secret-password", NOW)
        assert "secret-password" not in repr(passwords.standing(tx, "wwn:0x5"))
