"""Recorded drives of many makers (tests/data/devices), and the plan that each must get."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents import errors
from agents.identify.nvme import LbaFormat
from agents.wipe import choice
from agents.wipe.methods.draft import Closed
from agents.wipe.plan import plan, plans
from fleet.contract.kinds import HiddenAreas, Level, MediaType, Method
from fleet.contract.policy import MediumPolicy
from tests.sim.recorded import DEVICES, FOLDERS, identify_words, identity

PURGE = MediumPolicy(minimum=Level.PURGE)


def expected(folder: Path) -> Any:
    return json.loads((folder / "expected_plan.json").read_text())


def named(name: str) -> type[errors.Refused]:
    found: type[errors.Refused] = getattr(choice, name)
    return found


RECORDED = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@RECORDED
def test_the_plan_of_a_recorded_drive(folder: Path) -> None:
    want = expected(folder)
    if "refused" in want:
        with pytest.raises(named(want["refused"])):
            plan(identity(folder))
        return
    wanted = plan(identity(folder))
    shut = [option for option in choice.options(identity(folder)) if isinstance(option, Closed)]
    assert {
        "method": wanted.method,
        "level": wanted.level,
        "hidden_areas": wanted.hidden_areas,
        "commands": [list(command.argv) for command in wanted.commands],
        "completion": wanted.completion,
        "verification": wanted.verification,
        "scope": list(wanted.scope),
        "closed": {method: option.hindrance for option in shut for method in option.methods},
    } == want


@RECORDED
def test_a_policy_of_purge_gets_purge_or_a_refusal(folder: Path) -> None:
    """Never silently something weaker."""
    if expected(folder).get("level") == "purge":
        assert plan(identity(folder), policy=PURGE).level is Level.PURGE
        return
    with pytest.raises((choice.PolicyNotReached, choice.MediumFrozen, choice.MediumLocked)):
        plan(identity(folder), policy=PURGE)


@RECORDED
def test_every_possible_method_can_be_asked_for_and_no_other(folder: Path) -> None:
    found = {each.method: each for each in plans(identity(folder))}
    for method in Method:
        if method in found:
            assert plan(identity(folder), method=method).commands == found[method].commands
        else:
            with pytest.raises(errors.Refused):
                plan(identity(folder), method=method)


@RECORDED
def test_no_plan_of_firmware_lacks_what_makes_it_safe(folder: Path) -> None:
    for each in plans(identity(folder)):
        words = [word for command in each.commands for word in command.argv]
        assert bool(each.commands) is bool(each.scope) is (each.timeout_s is not None) is not each.method.by_host
        assert ("format" not in words) or any(word.startswith("--ses=") for word in words)
        assert not {"--ause", "-u", "-U"} & set(words)
        assert (each.expected_s or 0) <= (each.timeout_s or float("inf"))
        assert str(identity(folder).path) in each.scope or not each.scope


def test_there_are_enough_of_them_and_each_names_its_source() -> None:
    made = [folder for folder in FOLDERS if not folder.name.startswith("qemu-")]
    assert len(made) >= 20
    assert all((folder / "source.txt").read_text().strip() for folder in made)


def test_raw_words_from_the_field_have_a_right_checksum() -> None:
    data = identify_words(DEVICES / "samsung-870-qvo-4t")
    assert (data[510], sum(data) & 0xFF) == (0xA5, 0)


def test_frozen_says_what_to_do() -> None:
    frozen = identity(DEVICES / "wdc-wd20ezbx-frozen")
    with pytest.raises(choice.MediumFrozen, match="suspend the computer"):
        plan(frozen, method=Method.ATA_SECURITY_ERASE_ENHANCED)
    with pytest.raises(choice.MediumFrozen, match="best possible now is clear by overwrite_random"):
        plan(frozen, policy=PURGE)
    assert "froze ATA security" in plan(frozen).reason


def test_locked_says_what_to_do() -> None:
    locked = identity(DEVICES / "seagate-capacity-2t-locked")
    for method in (None, Method.OVERWRITE_ZEROS, Method.ATA_SANITIZE_OVERWRITE):
        with pytest.raises(choice.MediumLocked, match="bench-agent unlock"):
            plan(locked, method=method)


def test_a_policy_may_ask_for_a_method_or_for_destruction() -> None:
    drive = identity(DEVICES / "wdc-sn730-256g")
    crypto = MediumPolicy(methods=(Method.NVME_SANITIZE_CRYPTO,))
    wanted = plan(drive, policy=crypto)
    assert wanted.method is Method.NVME_SANITIZE_CRYPTO
    assert "nvme_sanitize_block: the policy does not allow it" in wanted.reason
    with pytest.raises(choice.PolicyNotReached, match="nvme_sanitize_block reaches purge; the policy asks for"):
        plan(drive, policy=crypto, method=Method.NVME_SANITIZE_BLOCK)
    with pytest.raises(choice.PolicyWantsDestroy, match="Record its destruction"):
        plan(drive, policy=MediumPolicy(destroy=True))


def test_what_is_best_possible_is_named_when_it_is_not_enough() -> None:
    with pytest.raises(choice.PolicyNotReached, match="the best possible now is clear by nvme_format_user_data"):
        plan(identity(DEVICES / "sk-hynix-pc401-256g"), policy=PURGE)


def test_hidden_sectors_are_flagged_and_none_is_said_only_when_it_was_read() -> None:
    hidden = plan(identity(DEVICES / "samsung-hd160jj-hpa"))
    assert (hidden.hidden_areas, hidden.level) == (HiddenAreas.PRESENT, Level.CLEAR)
    assert "hides sectors" in hidden.to_dict()["warnings"]
    unread = plan(identity(DEVICES / "maxtor-6b200m0"))
    assert "could not be read" in unread.to_dict()["warnings"]
    assert plan(identity(DEVICES / "wdc-wd20ezbx")).hidden_areas is HiddenAreas.NONE


def test_other_namespaces_are_named() -> None:
    wanted = plan(identity(DEVICES / "samsung-pm1733-two-namespaces"))
    assert wanted.scope == ("/dev/nvme0n1", "/dev/nvme0n2")
    assert "other namespaces are erased with it: /dev/nvme0n2" in wanted.to_dict()["warnings"]
    formatted = plan(identity(DEVICES / "samsung-pm1733-two-namespaces"), method=Method.NVME_FORMAT_CRYPTO)
    assert [command.argv[2] for command in formatted.commands] == ["/dev/nvme0n1", "/dev/nvme0n2"]


def test_a_bridge_is_never_told_to_erase_whatever_it_says() -> None:
    """Behind this one a drive with sanitize answers, and its answer is at hand."""
    bridged = identity(DEVICES / "sandisk-extreme-portable")
    assert bridged.capabilities.ata is not None
    assert bridged.storage.media is MediaType.USB_BRIDGE
    assert all(each.method.by_host for each in plans(bridged))


def test_times_come_from_the_drive_where_it_tells_them() -> None:
    assert plan(identity(DEVICES / "wdc-wd20ezbx")).expected_s == 202 * 60
    assert plan(identity(DEVICES / "hgst-huh721212ale600"), method=Method.ATA_SECURITY_ERASE).expected_s == 1118 * 60


def test_a_format_keeps_the_blocks_as_they_are() -> None:
    """Of a controller whose FNA bit 0 is set nvme-cli formats all namespaces, with LBA format 0 unless it is told another."""
    told = identity(DEVICES / "intel-p3700-400g")
    controller = told.capabilities.nvme
    assert controller is not None
    (name,) = controller.tree.namespaces
    unread = plan(told, method=Method.NVME_FORMAT_USER_DATA)
    assert not any(word.startswith("--lbaf") for word in unread.commands[0].argv)
    assert any("could not be read" in warning and f"/dev/{name}" in warning for warning in unread.warnings)
    for used, words in ((LbaFormat(3), ["--lbaf=3"]), (LbaFormat(0, extended=True), ["--lbaf=0", "--ms=1"])):
        read = replace(told.capabilities, nvme=replace(controller, formats={name: used}))
        found = plan(replace(told, capabilities=read), method=Method.NVME_FORMAT_USER_DATA)
        assert [word for word in found.commands[0].argv if word.startswith(("--lbaf", "--ms"))] == words
        assert not any("could not be read" in warning for warning in found.warnings)
