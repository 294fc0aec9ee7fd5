"""The service's command line on a real database."""

import json
from hashlib import sha256

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from fleet import cli
from fleet.accounts import resets
from fleet.accounts.api_tokens_rules import is_api_token
from fleet.accounts.service import AccountNotFound, LoginTaken
from fleet.cli import app
from fleet.db.engine import Role
from fleet.db.session import unit_of_work
from fleet.images.content import ContentDiffers, ContentStore
from fleet.images.rules import ManifestUnreadable
from fleet.organisations.errors import OrganisationNotFound
from tests.fleet.images.manifests import manifest

pytestmark = pytest.mark.db
NAME = "Kringwinkel"


@pytest.fixture
def run(settings, monkeypatch):
    """`fleet …` with the settings of this test's database."""
    monkeypatch.setenv("FLEET_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("FLEET_DATA_DIR", str(settings.data_dir))
    runner = CliRunner()

    def invoke(*words, stdin=None):
        return runner.invoke(app, list(words), input=stdin)

    return invoke


@pytest.fixture
def started(run):
    assert run("organisation", "add", NAME).exit_code == 0
    added = run("user", "add", "lies", "-o", NAME, "-r", "lead", "-r", "admin", "--password-stdin", stdin="vier woorden op rij\n")
    assert added.exit_code == 0, added.output
    return run


def link_of(told):
    """The link stands on the last line, alone."""
    return told.stdout.splitlines()[-1].rpartition("/reset/")[2]


def chosen(database, token, password):
    """The link is used, and its person signs in."""
    with unit_of_work(database.engine()) as session:
        resets.choose(session, token, password)


def test_an_organisation_comes_with_its_first_admin_and_a_link(run, database):
    told = run("organisation", "add", NAME, "--admin", "ann", "--admin-name", "Ann Peeters")
    assert told.exit_code == 0, told.output
    chosen(database, link_of(told), "vijf rode lantaarns")
    with database.engine(Role.ADMIN).connect() as connection:
        rows = connection.execute(
            text("SELECT login, display_name, roles, must_change FROM account JOIN membership ON account_id = id")
        )
        assert rows.all() == [("ann", "Ann Peeters", ["admin"], False)]
    with pytest.raises(resets.ResetLinkOver):
        chosen(database, link_of(told), "nog eens anders hoor")


def test_an_organisation_whose_admin_cannot_be_added_is_not_added_either(started):
    refused = started("organisation", "add", "Zuid", "--admin", "lies")
    assert isinstance(refused.exception, LoginTaken)
    assert isinstance(started("bench", "code", "-o", "Zuid").exception, OrganisationNotFound)


def test_somebody_is_added_or_let_in_again_by_a_link(started, database):
    added = started("user", "add", "mo", "-o", NAME, "-r", "workshop", "--link")
    chosen(database, link_of(added), "vijf rode lantaarns")
    again = started("user", "link", "lies", "-o", NAME)
    assert again.exit_code == 0, again.output
    chosen(database, link_of(again), "zes gele kanaries")
    assert started("organisation", "add", "Zuid").exit_code == 0
    assert started("user", "invite", "lies", "-o", "Zuid", "-r", "workshop").exit_code == 0
    assert isinstance(started("user", "link", "lies", "-o", "Zuid").exception, AccountNotFound)  # a guest's password is home's


def test_migrating_twice_is_migrating_once(run):
    assert run("migrate").exit_code == 0
    assert run("migrate").exit_code == 0


def test_somebody_is_invited_and_signed_out(started):
    assert started("organisation", "add", "Zuid").exit_code == 0
    invited = started("user", "invite", "lies", "-o", "Zuid", "-r", "workshop")
    assert invited.exit_code == 0, invited.output
    ended = started("user", "sign-out", "lies", "-o", "Zuid")
    assert ended.exit_code == 0, ended.output
    assert "lies: 0 sign-ins ended" in ended.output


def test_a_bench_code_is_printed_alone(started):
    printed = started("bench", "code", "-o", NAME.lower())
    assert printed.exit_code == 0
    assert len(printed.stdout.strip()) == 14


def test_an_intact_chain_ends_with_0_and_names_its_length(started):
    told = started("audit", "verify", "--json")
    assert told.exit_code == 0
    [report] = json.loads(told.stdout)
    assert report["intact"] is True
    assert report["events"] >= 3


def test_signing_signs_what_has_grown_and_nothing_twice(started):
    assert "1 chain heads" in started("audit", "sign").stdout
    assert "0 chain heads" in started("audit", "sign").stdout


def test_an_altered_event_ends_with_2_and_is_named(started, database):
    with database.engine(Role.ADMIN).begin() as connection:
        connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE audit_event SET body = body || ' ' WHERE seq = 2"))
    told = started("audit", "verify")
    assert told.exit_code == 2
    assert "first bad event: number 2, hash_differs" in told.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("user", "add", "x1", "-o", "Nobody", "-r", "workshop"), "no organisation Nobody"),
        (("user", "add", "lies", "-o", NAME, "-r", "workshop"), "login lies is taken"),
        (("user", "add", "x1", "-o", NAME, "-r", "bench"), "role"),
        (("organisation", "add", NAME), "already"),
        (("bench", "code", "-o", NAME, "--site", "Zuid"), "no site Zuid"),
    ],
)
@pytest.mark.usefixtures("started")
def test_what_cannot_be_done_says_why_in_one_line_and_ends_with_3(monkeypatch, capsys, words, says):
    monkeypatch.setattr("sys.argv", ["fleet", *words, *(["--password-stdin"] if words[0] == "user" else [])])
    monkeypatch.setattr("sys.stdin.readline", lambda: "vier woorden op rij\n", raising=False)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 3
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff\x00", b'{"certificate": 1, "signature": "", "key_id": "", "public_key": ""}']
)
def test_a_file_that_is_no_certificate_ends_with_2(run, tmp_path, content):
    file = tmp_path / "x.json"
    file.write_bytes(content)
    told = run("verify-certificate", str(file))
    assert told.exit_code == 2
    assert "Not valid." in told.stderr


def test_an_image_is_published_with_its_file_and_only_with_its_own(started, tmp_path, settings):
    file, described = tmp_path / "image.img.zst", tmp_path / "image.manifest.json"
    file.write_bytes(b"x" * 5000)
    read = manifest(file_bytes=5000, file_sha256=sha256(b"x" * 5000).hexdigest())
    described.write_text(read.model_dump_json())
    for _ in range(2):
        assert started("image", "publish", str(described), str(file), "-o", NAME).exit_code == 0
    assert ContentStore(settings.images_path).find(read.file_sha256, 5000).read_bytes() == file.read_bytes()
    file.write_bytes(b"y" * 5000)
    refused = started("image", "publish", str(described), str(file), "-o", NAME)
    assert isinstance(refused.exception, ContentDiffers)
    described.write_text("{}")
    assert isinstance(started("image", "publish", str(described), str(file), "-o", NAME).exception, ManifestUnreadable)


def test_a_token_is_made_listed_and_revoked(started):
    made = started("token", "add", "stock list", "-o", NAME, "-s", "devices:read", "-s", "reports:read", "--days", "30")
    assert made.exit_code == 0, made.output
    assert is_api_token(made.stdout.strip())
    [row] = json.loads(started("token", "list", "-o", NAME, "--json").stdout)
    assert (row["name"], row["scopes"], row["made_by"]) == ("stock list", ["devices:read", "reports:read"], None)
    assert made.stdout.strip() not in json.dumps(row)
    assert "stock list is revoked" in started("token", "revoke", row["id"], "-o", NAME).stdout
    assert "revoked" in started("token", "list", "-o", NAME).stdout
    assert started("token", "add", "x", "-o", NAME, "-s", "everything").exit_code == 2
