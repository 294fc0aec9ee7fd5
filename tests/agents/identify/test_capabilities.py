"""Parsers of what drives say of themselves, and the asking."""

import json
import struct
from pathlib import Path

import pytest

from agents.identify import ata, evidence, nvme, probing
from agents.identify.ata import AtaReadings, IdentifyUnreadable
from agents.identify.nvme import ControllerUnreadable, LbaFormat, NvmeReadings, NvmeTree
from agents.identify.nvme_tree import ControllerNotFound, tree_of
from agents.identify.sysfs import Node
from agents.shell import nvmeio, sgio
from fleet.contract.kinds import HiddenAreas, MediaType, Presence
from tests.sim.recorded import DEVICES, capabilities, identify_words

QVO = identify_words(DEVICES / "samsung-870-qvo-4t")
TREE = NvmeTree("nvme0", ("nvme0n1",))
JSON = (DEVICES / "wdc-sn730-256g" / "id_ctrl.json").read_text()


def test_the_words_of_a_real_drive() -> None:
    found = ata.parse(AtaReadings(QVO))
    assert (found.model, found.serial, found.firmware) == ("Samsung SSD 870 QVO 4TB", "S5STNF0W706332M", "SVQ02B6Q")
    assert (found.rotation, found.trim, found.checksum) == (0, Presence.YES, Presence.YES)
    assert (found.security.frozen, found.security.enhanced, found.security.locked) == (Presence.YES, Presence.YES, Presence.NO)
    assert found.hidden.sectors == 7814037168
    told = evidence.of_ata(AtaReadings(QVO), found)
    assert "59=0101" in told["ata_identify_words"]
    assert "128=0029" in told["ata_identify_words"]


@pytest.mark.parametrize("at", [0, 60, 256, 510])
def test_one_wrong_bit_is_noticed_by_the_checksum(at: int) -> None:
    damaged = bytearray(QVO)
    damaged[at] ^= 0x10 if at != 510 else 0
    damaged[511] ^= 0x01 if at == 510 else 0
    with pytest.raises(IdentifyUnreadable, match="checksum"):
        ata.parse(AtaReadings(bytes(damaged)))


@pytest.mark.parametrize(
    ("word", "minutes"), [(0, None), (1, 2), (98, 196), (254, None), (255, None), (0x8000 | 559, 1118), (0xFFFF, None)]
)
def test_erase_times(word: int, minutes: int | None) -> None:
    assert ata.erase_minutes(word) == minutes


@pytest.mark.parametrize(
    ("native", "dco", "areas"),
    [
        (7814037167, 7814037167, HiddenAreas.NONE),
        (7814037168, 7814037168, HiddenAreas.PRESENT),
        (7814037167, 7814037168, HiddenAreas.PRESENT),
        (7814037167, None, HiddenAreas.INDETERMINATE),
        (7814037166, 7814037167, HiddenAreas.INDETERMINATE),
        (None, 7814037167, HiddenAreas.INDETERMINATE),
    ],
)
def test_hidden_areas_are_none_only_when_both_were_read(native: int | None, dco: int | None, areas: HiddenAreas) -> None:
    """This drive has both HPA and DCO."""
    answer = None if dco is None else struct.pack("<HHHQ", 2, 0, 0, dco).ljust(512, b"\0")
    assert ata.parse(AtaReadings(QVO, native_max=native, dco=answer)).hidden.areas is areas


@pytest.mark.parametrize(
    ("flbas", "nlbaf", "used"),
    [
        (0x00, 7, LbaFormat(0)),
        (0x04, 7, LbaFormat(4)),
        pytest.param(0x15, 7, LbaFormat(5, extended=True), id="metadata follow the data"),
        pytest.param(0x21, 20, LbaFormat(17), id="more than sixteen formats"),
        pytest.param(0x21, 15, LbaFormat(1), id="the upper bits mean nothing where there are sixteen"),
        pytest.param(0x09, 7, None, id="a format that the namespace does not have"),
    ],
)
def test_the_format_in_use_is_read_from_flbas(flbas: int, nlbaf: int, used: LbaFormat | None) -> None:
    told = json.dumps({"nsze": 65536, "flbas": flbas, "nlbaf": nlbaf, "lbafs": []})
    assert nvme.lba_format(told) == used
    found = nvme.parse(NvmeReadings(TREE, id_ctrl=JSON, id_ns={"nvme0n1": told, "nvme0n2": "no JSON"}))
    assert found.formats == ({} if used is None else {"nvme0n1": used})


def test_what_nvme_cli_reads_and_the_bytes_say_must_agree() -> None:
    raw = bytearray(nvmeio.IDENTIFY_BYTES)
    struct.pack_into("<H", raw, 256, 23)
    struct.pack_into("<I", raw, 328, 1610612739)
    struct.pack_into("<I", raw, 516, 1)
    raw[524] = 4
    found = nvme.parse(NvmeReadings(TREE, id_ctrl=JSON, raw=bytes(raw)))
    assert found == nvme.parse(NvmeReadings(TREE, id_ctrl=JSON))
    raw[328] = 0
    with pytest.raises(ControllerUnreadable, match="the bytes say"):
        nvme.parse(NvmeReadings(TREE, id_ctrl=JSON, raw=bytes(raw)))
    with pytest.raises(ControllerUnreadable, match="did not answer"):
        nvme.parse(NvmeReadings(TREE))


def test_times_of_the_sanitize_log() -> None:
    log = struct.pack("<HHIIII", 0xFFFF, 0x101, 2, 0xFFFF_FFFF, 60, 0).ljust(512, b"\0")
    times = nvme.sanitize_times(log)
    assert (times.overwrite_s, times.block_s, times.crypto_s) == (None, 60, None)
    assert nvme.sanitize_times(None).block_s is None


def test_namespace_lists_end_at_the_first_zero() -> None:
    assert nvmeio.namespace_ids(struct.pack("<4I", 1, 2, 0, 7)) == (1, 2)
    assert nvmeio.namespace_ids(b"") == ()


class TestTree:
    @pytest.fixture
    def sys(self, tmp_path: Path) -> Path:
        """Two controllers; the second one's namespace has the first one's number, as after a replug."""
        for controller, names in (("nvme0", ("nvme0n1", "nvme0n2", "nvme0c0n1")), ("nvme1", ("nvme1n1",))):
            folder = tmp_path / "devices" / "pci" / controller
            for name in names:
                (folder / name).mkdir(parents=True)
                (folder / name / "device").symlink_to(folder)
            subsystem = tmp_path / "devices" / "virtual" / f"subsys-{controller}"
            subsystem.mkdir(parents=True)
            (subsystem / controller).symlink_to(folder)
            entries = tmp_path / "class" / "nvme-subsystem"
            entries.mkdir(parents=True, exist_ok=True)
            (entries / f"subsys-{controller}").symlink_to(subsystem)
        return tmp_path

    def test_all_namespaces_of_the_controller_and_no_paths(self, sys: Path) -> None:
        node = Node(sys / "devices" / "pci" / "nvme0" / "nvme0n2")
        assert tree_of(node, sys) == NvmeTree("nvme0", ("nvme0n1", "nvme0n2"))

    def test_native_multipath(self, sys: Path) -> None:
        """The namespace lies below the subsystem, which has a second controller."""
        subsystem = sys / "devices" / "virtual" / "subsys-nvme1"
        (subsystem / "nvme0").symlink_to(sys / "devices" / "pci" / "nvme0")
        (sys / "class" / "nvme-subsystem" / "subsys-nvme0").unlink()
        (subsystem / "nvme1n7").mkdir()
        (subsystem / "nvme1n7" / "device").symlink_to(subsystem)
        found = tree_of(Node(subsystem / "nvme1n7"), sys)
        assert found == NvmeTree("nvme0", ("nvme0n1", "nvme0n2", "nvme1n1", "nvme1n7"))

    def test_before_there_were_subsystems(self, sys: Path, tmp_path: Path) -> None:
        node = Node(sys / "devices" / "pci" / "nvme1" / "nvme1n1")
        assert tree_of(node, tmp_path / "elsewhere") == NvmeTree("nvme1", ("nvme1n1",))

    def test_a_namespace_of_nothing_is_an_error(self, sys: Path) -> None:
        folder = sys / "devices" / "nvme9n1"
        folder.mkdir()
        with pytest.raises(ControllerNotFound, match="Reseat"):
            tree_of(Node(folder), sys)


class TestProbing:
    @pytest.mark.parametrize(
        ("media", "transport"), [(MediaType.USB_BRIDGE, "usb"), (MediaType.USB_FLASH, "usb"), (MediaType.NVME, "usb")]
    )
    def test_nothing_is_asked_through_usb(self, media: MediaType, transport: str, tmp_path: Path) -> None:
        assert probing.probe(tmp_path / "none", Node(tmp_path), media, transport).note == probing.BEHIND_USB

    @pytest.mark.parametrize("media", [MediaType.SD, MediaType.UNKNOWN])
    def test_nor_where_nothing_is_known_to_ask(self, media: MediaType, tmp_path: Path) -> None:
        assert "nothing is known to ask" in probing.probe(tmp_path / "none", Node(tmp_path), media, None).note

    @pytest.mark.parametrize(
        ("media", "transport"),
        [(MediaType.HDD, "sata"), (MediaType.HDD, "sas"), (MediaType.NVME, "nvme"), (MediaType.EMMC, None)],
    )
    def test_a_device_that_answers_nothing_is_known_for_nothing(self, media: MediaType, transport: str, tmp_path: Path) -> None:
        """A plain file takes none of these questions."""
        file = tmp_path / "sdz"
        file.write_bytes(b"\0" * 4096)
        found = probing.probe(file, Node(tmp_path / "sdz"), media, transport)
        assert (found.ata, found.nvme, found.emmc) == (None, None, None)
        assert found.scsi is None or Presence.YES not in (found.scsi.block, found.scsi.crypto, found.scsi.overwrite)


class TestSgIo:
    def test_the_command_block_of_read_native_max(self) -> None:
        cdb = sgio.pass_through_16(0x27, protocol=3, flags=0x20, wide=True)
        assert cdb.hex() == "85072000000000000000000000402700"

    def test_the_command_block_of_identify(self) -> None:
        """As hdparm sends it (its `sg16`, direction in, one sector)."""
        cdb = sgio.pass_through_16(0xEC, protocol=4, flags=0x0E, count=1)
        assert cdb.hex() == "85080e0000000100000000000040ec00"

    def test_registers_come_back_as_a_descriptor(self) -> None:
        sense = bytes.fromhex("72010 01d0000000e 090c0100 0001 0001 0002 0003 4050".replace(" ", ""))
        told = sgio.registers_of(sense)
        assert (told.count, told.lba) == (0x0001, 0x000000_030201)

    @pytest.mark.parametrize("sense", ["", "70000000000000000a", "7201001d0000000e090c010400010001000200034051"])
    def test_anything_else_is_no_answer(self, sense: str) -> None:
        with pytest.raises(sgio.Unanswered, match="indeterminate"):
            sgio.registers_of(bytes.fromhex(sense))

    def test_a_file_is_no_drive(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"x")
        with (tmp_path / "file").open("rb") as file, pytest.raises(sgio.Unanswered, match="not possible here"):
            sgio.identify_device(file.fileno())


def test_everything_that_was_read_is_evidence() -> None:
    scsi = capabilities(DEVICES / "seagate-st10000nm0226").scsi
    assert scsi is not None
    assert (scsi.vendor, scsi.product, scsi.rotation) == ("SEAGATE", "ST10000NM0226", 7200)
    assert (scsi.overwrite, scsi.crypto, scsi.block) == (Presence.YES, Presence.YES, Presence.NO)
