"""`fleet verify-certificate` and `fleet organisation signing-certificate`, as they are typed."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from fleet.cli import app
from fleet.contract.certificate_file import Attested, to_file
from fleet.contract.kinds import Adequacy
from fleet.contract.signing import public_text
from tests.fleet.wipes.samples import KEY, SERVICE_KEY, by_firmware, source
from tests.fleet.wipes.test_pades import AUTHORITY, BETWEEN, LEAF, PASSWORD, packed

NAME = "Kringwinkel"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    known = source(by_firmware(), Adequacy.INADEQUATE, ("level_too_low",))
    path = tmp_path / "certificate.json"
    path.write_bytes(to_file(known.signed, KEY.public_key(), Attested(known.statement_signed, SERVICE_KEY.public_key())))
    return path


def check(file: Path, *words: str):
    return CliRunner().invoke(app, ["verify-certificate", str(file), *words])


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Valid.", "Not adequate", "The policy asks for a higher level.", "Purge"]),
        ("nl", ["Geldig.", "Niet toereikend", "Het beleid vraagt een hoger niveau.", "Dekking: 10 %"]),
        ("fr", ["Valable.", "Insuffisant", "Les règles demandent un niveau plus élevé."]),
    ],
)
def test_what_was_proven_is_said_in_the_language_asked(file: Path, language: str, said: list[str]) -> None:
    told = check(file, "--language", language)
    assert told.exit_code == 0, told.output
    for expected in [*said, "S3Z2NB0K123456X", "nvme sanitize /dev/nvme0 --sanact=2", "an.peeters", "lies.desmet", "5eed" * 16]:
        assert expected in told.stdout


def test_keys_that_are_trusted_are_held_against_the_file(file: Path, tmp_path: Path) -> None:
    bench, service = tmp_path / "bench.pub", public_text(SERVICE_KEY.public_key())
    bench.write_text(public_text(KEY.public_key()))
    told = check(file, "--key", str(bench), "--service-key", service)
    assert told.exit_code == 0
    assert "--key" not in told.stdout
    stranger = public_text(Ed25519PrivateKey.generate().public_key())
    assert check(file, "--key", stranger).exit_code == 2
    assert check(file, "--service-key", stranger).exit_code == 2


def test_a_file_that_was_changed_ends_with_2_in_the_language_asked(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"level_too_low", b"level_too_lou"))
    told = check(file, "--language", "nl")
    assert told.exit_code == 2
    assert "Niet geldig." in told.stderr


def test_words_in_a_certificate_are_not_taken_for_markup(tmp_path: Path) -> None:
    known = source(by_firmware(reason="[red]not[/red] a [link=x]tag[/link]"))
    path = tmp_path / "markup.json"
    path.write_bytes(to_file(known.signed, KEY.public_key()))
    assert "[red]not[/red] a [link=x]tag[/link]" in check(path).stdout


@pytest.mark.db
def test_a_signing_certificate_is_supplied_and_taken_away(settings, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLEET_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("FLEET_PDF_SIGNING_DIR", str(tmp_path / "signing"))
    (tmp_path / "seal.p12").write_bytes(packed(LEAF, BETWEEN[1]))
    (tmp_path / "authority.pem").write_bytes(AUTHORITY)

    def run(*words: str, stdin: str = ""):
        return CliRunner().invoke(app, ["organisation", *words], input=stdin)

    assert run("add", NAME).exit_code == 0
    supply = ("signing-certificate", NAME, "--pkcs12", str(tmp_path / "seal.p12"), "--password-stdin")
    refused = run(*supply, stdin=f"{PASSWORD}\n")
    assert refused.exit_code != 0
    assert "not among those supplied" in str(refused.exception)
    told = run(*supply, "--chain", str(tmp_path / "authority.pem"), stdin=f"{PASSWORD}\n")
    assert told.exit_code == 0, told.output
    [kept] = (tmp_path / "signing").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert run("signing-certificate", NAME, "--remove").exit_code == 0
    assert list((tmp_path / "signing").iterdir()) == []
