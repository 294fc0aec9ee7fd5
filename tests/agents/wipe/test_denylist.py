from dataclasses import replace

import pytest

from agents.wipe.choice import options
from agents.wipe.denylist import entries, forbids
from agents.wipe.methods.draft import Closed, Hindrance
from agents.wipe.plan import plan
from fleet.contract.kinds import MediaType, Method
from fleet.contract.storage import StorageIdentity
from tests.sim.recorded import DEVICES, identity


def storage(model: str, firmware: str | None = None) -> StorageIdentity:
    return StorageIdentity(media=MediaType.NVME, model=model, serial="S1", firmware=firmware, capacity_bytes=1 << 30)


@pytest.mark.parametrize(
    ("model", "method"),
    [
        ("INTEL SSDPEKNW512G8", Method.NVME_SANITIZE_BLOCK),
        ("INTEL  SSDPEKNW010T8 ", Method.NVME_SANITIZE_CRYPTO),
        ("CT250BX100SSD1", Method.ATA_SECURITY_ERASE),
        ("VYL00M", Method.EMMC_SECURE_ERASE),
    ],
)
def test_known_faults_are_told_with_their_source(model: str, method: Method) -> None:
    told = forbids(storage(model), method)
    assert told is not None
    assert "(" in told


@pytest.mark.parametrize(
    ("model", "method"),
    [
        ("INTEL SSDPEKNW512G8", Method.NVME_FORMAT_USER_DATA),
        ("INTEL SSDPEKNW512G8", Method.OVERWRITE_RANDOM),
        ("Samsung SSD 970 EVO Plus 500GB", Method.NVME_SANITIZE_BLOCK),
        ("VYL00M2", Method.EMMC_SECURE_ERASE),
    ],
)
def test_nothing_else_is_forbidden(model: str, method: Method) -> None:
    assert forbids(storage(model), method) is None


def test_the_overwrite_of_the_bench_is_never_forbidden() -> None:
    """It needs nothing of the firmware, so there is always a way to Clear."""
    assert not any(method.by_host for entry in entries() for method in entry.methods)


def test_a_plan_leaves_a_known_fault_out_and_says_why() -> None:
    """The firmware of the drive offers sanitize; what it is known to do with it keeps it from being told."""
    read = identity(DEVICES / "samsung-mzvlb256hbhq")
    known = replace(read, storage=read.storage.model_copy(update={"model": "INTEL SSDPEKNW512G8"}))
    shut = {method: option for option in options(known) if isinstance(option, Closed) for method in option.methods}
    assert shut[Method.NVME_SANITIZE_BLOCK].hindrance is Hindrance.KNOWN_BAD
    assert plan(known).method in (Method.NVME_FORMAT_CRYPTO, Method.NVME_FORMAT_USER_DATA)
    assert "nvme-cli" in plan(known).reason
