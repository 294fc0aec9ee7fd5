"""Random bytes and random JSON: only typed errors, and never Purge without the bit that allows it."""

import json
import struct
from dataclasses import replace
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from agents.errors import AgentError
from agents.identify import ata, emmc, nvme, scsi
from agents.identify.capabilities import Capabilities
from agents.identify.identity import Identity
from agents.identify.nvme import NvmeReadings, NvmeTree
from agents.identify.scsi import ScsiReadings, ServiceAction
from agents.wipe.plan import WipePlan, plans
from fleet.contract.kinds import Level, MediaType, Method
from tests.sim.recorded import DEVICES, identity

QUICK = settings(phases=(Phase.explicit, Phase.generate), max_examples=150, deadline=None)
HDD = identity(DEVICES / "wdc-wd20ezbx")
NVME = identity(DEVICES / "wdc-sn730-256g")
EMMC = identity(DEVICES / "samsung-emmc-8g")
SAS = identity(DEVICES / "seagate-st10000nm0226")
WORDS = st.integers(0, 0xFFFF)
NAMES = st.sampled_from(("sanicap", "fna", "oacs", "nn", "vid"))


def purges(drive: Identity, found: Capabilities) -> list[WipePlan]:
    """Every Purge plan of a drive with these capabilities."""
    return [each for each in plans(replace(drive, capabilities=found)) if each.level is Level.PURGE]


@given(st.binary(min_size=0, max_size=600))
@QUICK
def test_bytes_of_any_length_are_read_or_refused(data: bytes) -> None:
    for parse in (
        lambda: ata.parse(ata.AtaReadings(data)),
        lambda: nvme.from_bytes(data),
        lambda: emmc.parse(data, main="mmcblk0"),
    ):
        try:
            parse()
        except AgentError:
            continue
    assert ata.dco_sectors(data) is None or len(data) == 512
    scsi.parse(ScsiReadings(data, data, ((ServiceAction.OVERWRITE, data),)))
    nvme.sanitize_times(data)


@given(
    words=st.dictionaries(st.sampled_from((0, 59, 69, 82, 83, 85, 89, 90, 119, 128, 217)), WORDS),
    native=st.none() | st.integers(0, 2**48 - 1),
    status=st.none() | WORDS,
    media=st.sampled_from((MediaType.HDD, MediaType.SATA_SSD, MediaType.UNKNOWN)),
)
@QUICK
def test_an_ata_drive_is_purged_only_by_the_bits_of_its_words(
    words: dict[int, int], native: int | None, status: int | None, media: MediaType
) -> None:
    block = [words.get(number, 0) for number in range(256)]
    block[100] = 0x1000
    block[60] = 0x1000
    raw = struct.pack("<256H", *block)
    drive = replace(HDD, storage=HDD.storage.model_copy(update={"media": media}))
    try:
        found = ata.parse(ata.AtaReadings(raw, native, sanitize_status=status))
    except AgentError:
        return
    sanitize, security = block[59], block[128]
    bits = {Method.ATA_SANITIZE_BLOCK: 15, Method.ATA_SANITIZE_CRYPTO: 13, Method.ATA_SANITIZE_OVERWRITE: 14}
    for each in purges(drive, Capabilities(ata=found)):
        if each.method in bits:
            assert sanitize >> 12 & 1
            assert sanitize >> bits[each.method] & 1
            assert not (status or 0) >> 13 & 1
        else:
            assert each.method is Method.ATA_SECURITY_ERASE_ENHANCED
            assert (security & 0b111111, block[82] >> 1 & 1, media) == (0b100001, 1, MediaType.HDD)
        assert not security >> 2 & 1


@given(st.integers(0, 2**32 - 1), st.integers(0, 255), st.integers(0, 0xFFFF), st.integers(0, 4), st.lists(st.integers(1, 9)))
@QUICK
def test_a_controller_is_purged_only_by_the_bits_of_sanicap(
    sanicap: int, fna: int, oacs: int, count: int, active: list[int]
) -> None:
    text = json.dumps({"sanicap": sanicap, "fna": fna, "oacs": oacs, "nn": count})
    tree = NvmeTree("nvme0", ("nvme0n1",))
    found = nvme.parse(NvmeReadings(tree, id_ctrl=text, active=tuple(active)))
    bits = {Method.NVME_SANITIZE_CRYPTO: 0, Method.NVME_SANITIZE_BLOCK: 1, Method.NVME_SANITIZE_OVERWRITE: 2}
    every = plans(replace(NVME, capabilities=Capabilities(nvme=found)))
    assert all(sanicap >> bits[each.method] & 1 for each in every if each.level is Level.PURGE)
    assert all(oacs >> 1 & 1 for each in every if each.method in (Method.NVME_FORMAT_CRYPTO, Method.NVME_FORMAT_USER_DATA))
    assert all(fna >> 2 & 1 for each in every if each.method is Method.NVME_FORMAT_CRYPTO)
    assert len(active) <= 1 or count == 1 or all(each.method.by_host for each in every)


@given(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()) | st.dictionaries(NAMES, WORDS)
)
@QUICK
def test_any_json_of_nvme_cli_is_read_or_refused(document: Any) -> None:
    fields = {"sanicap": document, "fna": document, "oacs": document, "nn": document}
    for text in (json.dumps(document), json.dumps(fields), str(document)):
        try:
            nvme.parse(NvmeReadings(NvmeTree("nvme0", ("nvme0n1",)), id_ctrl=text))
        except AgentError:
            continue


@given(st.binary(min_size=512, max_size=512), st.tuples(*(st.binary(max_size=6) for _ in ServiceAction)))
@QUICK
def test_an_emmc_is_never_purged_and_sas_only_by_its_answer(ext_csd: bytes, answers: tuple[bytes, ...]) -> None:
    assert not purges(EMMC, Capabilities(emmc=emmc.parse(ext_csd, main="mmcblk0", boot_areas=("mmcblk0boot0",))))
    codes = dict(zip(ServiceAction, answers, strict=True))
    found = scsi.parse(ScsiReadings(codes=tuple(codes.items())))
    actions = {
        Method.SCSI_SANITIZE_BLOCK: ServiceAction.BLOCK_ERASE,
        Method.SCSI_SANITIZE_CRYPTO: ServiceAction.CRYPTOGRAPHIC_ERASE,
        Method.SCSI_SANITIZE_OVERWRITE: ServiceAction.OVERWRITE,
    }
    assert all(codes[actions[each.method]][1] & 0b111 in (3, 5) for each in purges(SAS, Capabilities(scsi=found)))
