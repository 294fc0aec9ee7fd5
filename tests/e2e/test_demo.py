"""`make demo ONCE=1`, as a newcomer runs it: the table, the files that it names, and the exit code."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.contract.certificate_file import verify_file
from tests.sim.scanner import read_label

pytestmark = [pytest.mark.db, pytest.mark.process]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Run in an empty folder, so that nothing of an earlier run can help."""
    folder = tmp_path_factory.mktemp("demo")
    command = [Path(sys.executable).with_name("fleet"), "demo", "--once"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    return folder, done


def test_it_ends_well_and_shows_two_drives_ready(demo):
    _, done = demo
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"│ ([0-9A-Z]{4}-[0-9A-Z]{4}) *│ (\w+) *│ (\w+)", done.stdout)
    assert [(state, verified) for _, state, verified in rows] == [("ready", "yes")] * 2
    assert len({code for code, _, _ in rows}) == 2


def test_the_files_that_it_names_are_real(demo):
    folder, done = demo
    named = re.findall(r"^([0-9A-Z]{4}-[0-9A-Z]{4}): (\S+\.json), (\S+\.pdf)$", done.stdout, re.MULTILINE)
    assert len(named) == 2
    for shown, certificate, label in named:
        code = shown.replace("-", "")
        assert verify_file((folder / certificate).read_bytes()).asset_code == code
        assert read_label((folder / label).read_bytes()).endswith(f"/A/{code}")


def test_the_drives_are_what_the_certificates_say(demo):
    folder, _ = demo
    for drive in folder.glob(".demo/run-*/drive-*.img"):
        assert b"Foto's van de kinderen" not in drive.read_bytes()


def test_the_service_verifies_the_certificate_offline(demo):
    folder, _ = demo
    certificate = next(folder.glob(".demo/run-*/bench/certificates/*.json"))
    command = [Path(sys.executable).with_name("fleet"), "verify-certificate", certificate]
    good = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert good.returncode == 0
    assert "Valid." in good.stdout
    altered = certificate.with_name("altered.json")
    altered.write_text(certificate.read_text().replace('"mismatched_bytes": 0', '"mismatched_bytes": 1'))
    bad = subprocess.run([*command[:2], altered], capture_output=True, text=True, timeout=60, check=False)
    assert bad.returncode == 2
    assert "changed" in bad.stderr
