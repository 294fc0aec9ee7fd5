"""What is decided without touching anything: names, answer files, edits, refusals."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from agents.image.finish import preflight
from agents.image.finish.edits import MakeLink, Remove, WriteFile
from agents.image.finish.linux import change_of
from agents.image.finish.preflight import FinishingImpossible, refuse_unfinishable
from agents.image.finish.unattend import answer_file
from agents.image.finish.wishes import HostNameImpossible, Wishes
from fleet.contract.finishing import ForgetHostKeys, GrowPartition, SetHostName, SetMachineId, Unattend
from fleet.contract.kinds import Architecture, Presence
from labels.codes import from_number
from tests.agents.image.finish.disks import CODE, manifest, windows_manifest

WISHES = Wishes(CODE)


@dataclass
class Files:
    """A file system in memory."""

    files: Mapping[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def exists(self, path: str) -> bool:
        return path in self.files

    def names(self, folder: str) -> tuple[str, ...]:
        return tuple(path.removeprefix(f"{folder}/") for path in self.files if path.startswith(f"{folder}/"))


def test_a_device_is_named_as_its_label_says() -> None:
    assert (WISHES.host_name, WISHES.computer_name) == ("vc2r-1yd6", "VC2R1YD6")


@pytest.mark.parametrize("code", ["", "VC2R1YD7", "vc2r1yd6", "VC2R-1YD6", "../../../", 'A"><b/>'])
def test_what_is_no_asset_code_names_nothing(code: str) -> None:
    with pytest.raises(HostNameImpossible):
        _ = Wishes(code).host_name
    with pytest.raises(HostNameImpossible):
        refuse_unfinishable(manifest(), Wishes(code), is_block=False)


def test_windows_refuses_a_name_of_digits_alone() -> None:
    digits = next(code for number in range(1000) if (code := from_number(number)) and code.isdigit())
    assert Wishes(digits).computer_name == f"{digits[:4]}-{digits[4:]}"


def test_hosts_keeps_what_others_wrote() -> None:
    change = change_of(
        SetHostName(partition=1), manifest(), WISHES, Files({"/etc/hosts": b"10.0.0.7 nas\n127.0.1.1 old\n\xff\n"})
    )
    assert change is not None
    assert change.edits[1] == WriteFile("/etc/hosts", b"10.0.0.7 nas\n\xff\n127.0.1.1\tvc2r-1yd6\n")


def test_only_host_keys_are_forgotten() -> None:
    files = Files(dict.fromkeys(("/etc/ssh/sshd_config", "/etc/ssh/ssh_host_rsa_key", '/etc/ssh/ssh_host_a"b_key'), b""))
    change = change_of(ForgetHostKeys(partition=1), manifest(), WISHES, files)
    assert change is not None
    assert change.edits == (Remove("/etc/ssh/ssh_host_rsa_key"),)


def test_dbus_follows_the_machine_id() -> None:
    change = change_of(SetMachineId(partition=1), manifest(), WISHES, Files({"/var/lib/dbus/machine-id": b"old"}))
    assert change is not None
    assert change.edits == (
        WriteFile("/etc/machine-id", b"", 0o444),
        MakeLink("/var/lib/dbus/machine-id", "/etc/machine-id"),
    )


def test_the_answer_file_names_the_processor_of_the_image() -> None:
    step = Unattend(partition=3)
    assert answer_file(step, WISHES, Architecture.AARCH64).count(b'processorArchitecture="arm64"') == 2
    told = answer_file(step, WISHES, Architecture.X86_64).decode()
    assert told.startswith('<?xml version="1.0" encoding="utf-8"?>\n<unattend xmlns="urn:schemas-microsoft-com:unattend">')
    assert "<ComputerName>VC2R1YD6</ComputerName>" in told
    assert "<UserLocale>nl-BE</UserLocale>" in told


def test_a_missing_program_is_told_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "installed", lambda program: program != "debugfs")
    with pytest.raises(FinishingImpossible, match="debugfs not found"):
        refuse_unfinishable(manifest(), WISHES, is_block=False)


def test_growing_needs_root_even_on_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(preflight, "installed", lambda _program: True)
    refuse_unfinishable(manifest(finish=(SetHostName(partition=2),)), WISHES, is_block=False)
    for steps, is_block in (((GrowPartition(number=2),), False), ((SetHostName(partition=2),), True)):
        with pytest.raises(FinishingImpossible, match="root"):
            refuse_unfinishable(manifest(finish=steps), WISHES, is_block=is_block)


def test_a_licence_that_rests_on_an_absent_key_is_refused() -> None:
    refuse_unfinishable(windows_manifest(), Wishes(CODE, Presence.INDETERMINATE), is_block=True)
    with pytest.raises(FinishingImpossible, match="no Windows key"):
        refuse_unfinishable(windows_manifest(), Wishes(CODE, Presence.NO), is_block=True)
