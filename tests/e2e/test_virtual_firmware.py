"""Erasure by firmware and against bad hardware, on a virtual machine: NVMe, two namespaces, failing and lying disks, a power cut.

One machine, one service and one long-lived agent serve all tests here, each with a drive of its own; only after the power cut a
second machine starts, on the disk that holds the bench's state. scsi_debug is a disk that the kernel inside plays, at whose
reads and writes faults can be switched on.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fleet.contract.certificate import Certificate
from fleet.contract.certificate_file import verify_file
from fleet.contract.kinds import Level, Method, VerificationMethod
from tests.sim.fleet_service import FleetService, serving
from tests.sim.machine import HOST, Machine, boot
from tests.sim.virtual_bench import FOLDER, VirtualBench

pytestmark = pytest.mark.machine

MEBIBYTE = 1 << 20
PAIR_SLOT = "10"
"""Where the NVMe drive with two namespaces is built in, on the machine's first PCI bus."""
RACK = r"""
SUBSYSTEM=="block", KERNEL=="sd*", ENV{DEVTYPE}=="disk", ATTRS{model}=="scsi_debug*", ENV{ID_PATH}="rack-disk"
SUBSYSTEM=="block", KERNEL=="mmcblk[0-9]", ENV{DEVTYPE}=="disk", ENV{ID_PATH}="rack-card"
"""
"""udev names neither the kernel's own disks nor card readers on PCI; a rule gives their positions a name."""
SCSI_DEBUG = "/sys/bus/pseudo/drivers/scsi_debug"
MEDIUM_ERRORS, BAD_SECTOR = "2", 0x1234
"""scsi_debug's `opts`, and the first of the ten sectors that it then refuses to read (drivers/scsi/scsi_debug.c)."""
CUT_BYTES, CUT_BYTES_PER_S = 128 * MEBIBYTE, 8 * MEBIBYTE
SYNCED = 64 * MEBIBYTE
"""The first offset that the journal learns."""


@dataclass(frozen=True)
class BuiltIn:
    """What is in the machine from its start on, by its files: the bench's own disk, two namespaces, an SD card."""

    state: Path
    namespaces: tuple[Path, Path]
    card: Path

    def options(self) -> list[str]:
        """QEMU's."""
        state = "if=none,format=raw,cache=writethrough,id=state"
        first, second = self.namespaces
        return [
            *("-drive", f"file={self.state},{state}", "-device", "virtio-blk-pci,drive=state,serial=STATE"),
            *("-drive", f"file={first},if=none,format=raw,id=first", "-drive", f"file={second},if=none,format=raw,id=second"),
            *("-device", f"nvme,id=pair,serial=PAIR1,addr={PAIR_SLOT}"),
            *("-device", "nvme-ns,drive=first,bus=pair,nsid=1", "-device", "nvme-ns,drive=second,bus=pair,nsid=2"),
            *("-drive", f"file={self.card},if=none,format=raw,id=card", "-device", "sdhci-pci", "-device", "sd-card,drive=card"),
        ]


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> BuiltIn:
    folder = tmp_path_factory.mktemp("drives")
    state = folder / "state.img"
    subprocess.run(["mkfs.ext4", "-q", "-F", state, "64M"], check=True, stdin=subprocess.DEVNULL)
    namespaces = (folder / "first.img", folder / "second.img")
    for file in (*namespaces, folder / "card.img"):
        file.write_bytes(os.urandom(4 * MEBIBYTE))
    return BuiltIn(state, namespaces, folder / "card.img")


@pytest.fixture(scope="module")
def machine(built_in: BuiltIn) -> Iterator[Machine]:
    with boot(fitted=built_in.options()) as running:
        mount_state(running)
        (running.share / "99-rack.rules").write_text(RACK)
        rules = "mkdir -p /run/udev/rules.d && cp /run/share/99-rack.rules /run/udev/rules.d/"
        running.run("sh", "-c", f"{rules} && udevadm control --reload && udevadm trigger --settle").ok()
        yield running


def mount_state(machine: Machine) -> None:
    """Put the bench's folder on the disk that survives."""
    machine.run("sh", "-c", f"modprobe ext4 && mkdir -p {FOLDER} && mount /dev/disk/by-id/virtio-STATE {FOLDER}").ok()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetService]:
    with serving(tmp_path_factory.mktemp("fleet"), public_host=HOST) as running:
        yield running


@pytest.fixture(scope="module")
def bench(machine: Machine, service: FleetService) -> VirtualBench:
    positions = {f"A{at}": machine.id_path(at) for at in (1, 2, 3)}
    positions |= {
        "NVME": machine.nvme_id_path(1),
        "PAIR": f"pci-0000:00:{PAIR_SLOT}.0-nvme-1",
        "DISK": "rack-disk",
        "CARD": "rack-card",
    }
    running = VirtualBench(machine, service, machine.share / "agent.log")
    running.set_up(positions, method="random")
    running.run("A1")
    return running


def certificate_of(bench: VirtualBench, done: dict[str, Any]) -> Certificate:
    """The signed certificate of a wipe that ended well, checked as `fleet verify-certificate` does."""
    assert done["phase"] == "done", done
    certificate = verify_file(bench.fetch(done["certificate"]), None)
    assert certificate.asset_code == done["asset_code"]
    return certificate


def test_nvme_without_sanitize_is_formatted_and_proven(bench: VirtualBench) -> None:
    file = bench.machine.make_disk("donated", os.urandom(16 * MEBIBYTE))
    bench.machine.plug_nvme("donated", "NVME1", 1)
    waiting = bench.until_waiting("NVME")
    assert waiting["plan"]["method"] == Method.NVME_FORMAT_USER_DATA
    done = bench.wipe("NVME")
    assert not any(file.read_bytes()), "QEMU's drive leaves zeros where user data were erased"
    certificate = certificate_of(bench, done)
    (command,) = certificate.sanitization.commands
    assert (command.argv[:3], command.exit_code) == (("nvme", "format", waiting["path"]), 0)
    assert {"--ses=1", "--lbaf=0"} <= {*command.argv}
    assert certificate.sanitization.level is Level.CLEAR
    assert certificate.verification.method is VerificationMethod.SAMPLED
    bench.device(done["asset_code"], "wiped")
    bench.machine.unplug("donated")
    bench.until_phase("NVME", "empty", after=len(bench.seen("NVME")) - 1)


def test_a_mounted_namespace_of_the_same_controller_blocks_the_job(bench: VirtualBench, built_in: BuiltIn) -> None:
    waiting = bench.until_waiting("PAIR")
    first = waiting["path"]
    second = first.removesuffix("n1") + "n2"
    assert waiting["plan"]["scope"].split() == [first, second]
    bench.machine.run("sh", "-c", f"mkfs.ext4 -q -F {second} && mkdir -p /run/mounted && mount {second} /run/mounted").ok()
    before = [file.read_bytes() for file in built_in.namespaces]
    refused = bench.wipe("PAIR")
    assert refused["phase"] == "refused", refused
    assert f"{second} would be erased too: mounted at /run/mounted" in refused["message"]
    bench.machine.run("sync").ok()
    assert built_in.namespaces[0].read_bytes() == before[0], "nothing was written"
    assert bench.machine.run("ls", "/run/mounted").ok().split() == ["lost+found"]
    bench.machine.run("umount", "/run/mounted").ok()


def test_two_namespaces_are_erased_together(bench: VirtualBench, built_in: BuiltIn) -> None:
    after = len(bench.seen("PAIR"))
    driver, address = "/sys/bus/pci/drivers/nvme", f"0000:00:{PAIR_SLOT}.0"
    bench.machine.run("sh", "-c", f"echo {address} > {driver}/unbind && sleep 3 && echo {address} > {driver}/bind").ok()
    waiting = bench.until_waiting("PAIR", after=after)
    done = bench.wipe("PAIR", after=after)
    certificate = certificate_of(bench, done)
    assert [*certificate.sanitization.scope] == waiting["plan"]["scope"].split()
    assert [command.exit_code for command in certificate.sanitization.commands] == [0, 0]
    for file in built_in.namespaces:
        assert not any(file.read_bytes()), file.name
    bench.device(done["asset_code"], "wiped")


def test_unreadable_sectors_are_a_failed_medium(bench: VirtualBench) -> None:
    bench.machine.run("modprobe", "scsi_debug", "per_host_store=1", "dev_size_mb=8").ok()
    waiting = bench.until_waiting("DISK")
    bench.machine.run("sh", "-c", f"echo {MEDIUM_ERRORS} > {SCSI_DEBUG}/opts").ok()
    failed = bench.wipe("DISK")
    assert failed["phase"] == "failed", failed
    assert "the medium failed" in failed["message"]
    assert failed["certificate"] is None
    bench.device(waiting["asset_code"], "wipe_failed")
    bench.machine.run("sh", "-c", f"echo 0 > {SCSI_DEBUG}/opts && echo -1 > {SCSI_DEBUG}/add_host").ok()
    bench.until_phase("DISK", "empty", after=len(bench.seen("DISK")) - 1)


def test_a_disk_that_drops_writes_is_never_erased(bench: VirtualBench) -> None:
    after = len(bench.seen("DISK"))
    bench.machine.run("sh", "-c", f"echo 1 > {SCSI_DEBUG}/add_host").ok()
    waiting = bench.until_waiting("DISK", after=after)
    bench.machine.run("sh", "-c", f"echo 1 > {SCSI_DEBUG}/fake_rw").ok()
    failed = bench.wipe("DISK", after=after)
    assert failed["phase"] == "failed", failed
    assert failed["certificate"] is None
    bench.device(waiting["asset_code"], "wipe_failed")
    bench.machine.run("sh", "-c", f"echo 0 > {SCSI_DEBUG}/fake_rw && echo -1 > {SCSI_DEBUG}/add_host").ok()


def test_a_card_is_probed_and_overwritten(bench: VirtualBench, built_in: BuiltIn) -> None:
    old = built_in.card.read_bytes()
    done = bench.wipe("CARD")
    certificate = certificate_of(bench, done)
    assert certificate.sanitization.method is Method.OVERWRITE_RANDOM
    new = built_in.card.read_bytes()
    assert not any(old[at : at + 512] == new[at : at + 512] for at in range(0, len(old), 512))


def test_drives_that_cannot_be_told_apart_are_refused(bench: VirtualBench) -> None:
    """A placeholder is no serial: both are refused. The same serial twice: the second is."""
    for disk, serial, position in (("none-1", "0123456789ABCDEF", 1), ("none-2", "0123456789ABCDEF", 2)):
        bench.machine.make_disk(disk, bytes(MEBIBYTE))
        bench.machine.plug(disk, serial, position)
    for port in ("A1", "A2"):
        refused = bench.until_end(port)
        assert refused["phase"] == "refused", refused
        assert "no serial and no WWN" in refused["message"]
    after = {port: len(bench.seen(port)) for port in ("A1", "A2")}
    for disk in ("none-1", "none-2"):
        bench.machine.unplug(disk)
    for disk, position in (("twin-1", 1), ("twin-2", 2)):
        port = f"A{position}"
        bench.until_phase(port, "empty", after=after[port])
        bench.machine.make_disk(disk, bytes(MEBIBYTE))
        bench.machine.plug(disk, "TWIN0001", position)
        first = bench.until(port, lambda shown: shown["phase"] in {"waiting_scan", "refused"}, after=after[port])
        assert first["phase"] == ("waiting_scan" if position == 1 else "refused"), first
    assert "is at port A1 already" in first["message"]


def test_power_cut_in_the_middle_of_an_overwrite(bench: VirtualBench, built_in: BuiltIn) -> None:
    """The last one: it ends the machine."""
    old = os.urandom(CUT_BYTES)
    file = bench.machine.make_disk("slow", old, bytes_per_s=CUT_BYTES_PER_S)
    bench.machine.plug("slow", "SLOW1", 3)
    waiting = bench.until_waiting("A3")
    bench.type_label(waiting["label"])
    bench.until("A3", lambda shown: shown["phase"] == "wiping" and (shown["progress"] or {}).get("done_bytes", 0) > SYNCED)
    bench.machine.cut_power()
    cut = file.read_bytes()
    assert cut[:SYNCED] != old[:SYNCED]
    assert cut[-512:] == old[-512:], "the power went before the end"

    with boot(fitted=built_in.options(), installation=bench.machine.installation) as machine:
        mount_state(machine)
        again = VirtualBench(machine, bench.service, machine.share / "agent.log")
        machine.attach("slow", file)
        machine.plug("slow", "SLOW1", 3)
        again.run("A3")
        done = again.until_end("A3")
        certificate = certificate_of(again, done)
        assert done["asset_code"] == waiting["asset_code"]
        assert certificate.sanitization.interruptions == 1
        assert certificate.verification.bytes_read == CUT_BYTES
        written = [shown["progress"] for shown in again.seen("A3") if shown["phase"] == "wiping" and shown["progress"]]
        assert all(progress["done_bytes"] >= SYNCED for progress in written), "it went on where the journal says"
        again.device(done["asset_code"], "wiped")
    wiped = file.read_bytes()
    assert wiped[:SYNCED] == cut[:SYNCED], "what was synced was not written again, and fits the same key"
    assert wiped[SYNCED:] != cut[SYNCED:]
