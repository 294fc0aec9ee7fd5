import json

import pytest

from agents.cli import plans
from agents.wipe.choice import options
from agents.wipe.methods.draft import Closed
from agents.wipe.plan import plan
from fleet.contract.kinds import Method
from tests.sim.recorded import DEVICES, identity

TWO = identity(DEVICES / "samsung-pm1733-two-namespaces")
FROZEN = identity(DEVICES / "wdc-wd20ezbx-frozen")


def test_people_read_what_runs_what_it_reaches_and_why_nothing_else() -> None:
    told = plans.text(TWO, plan(TWO))
    for line in (
        "level         Purge (NIST SP 800-88 Rev. 2)",
        "why           SANICAP bit 1 says that the controller can sanitize by block erase",
        "erases        /dev/nvme0n1, /dev/nvme0n2",
        "takes about   2:00",
        "  1. nvme sanitize /dev/nvme0 --sanact=2",
        "* nvme_sanitize_block          purge",
        "nvme_sanitize_overwrite: SANICAP bit 2 (overwrite) is not set",
        "  nvme_namespaces           nvme0n1 nvme0n2",
    ):
        assert line in told
    assert max(map(len, told.splitlines())) <= 112


def test_programs_read_all_of_it() -> None:
    document = json.loads(json.dumps(plans.document(FROZEN, plan(FROZEN, overwrite=Method.OVERWRITE_ZEROS))))
    assert (document["plan"]["method"], document["confirm"]) == ("overwrite_zeros", "WD-WX32A82LNREJ")
    told = {row["method"]: row for row in document["options"]}
    assert (told["overwrite_zeros"]["possible"], told["overwrite_zeros"]["chosen"]) == (True, True)
    assert told["ata_security_erase_enhanced"]["hindrance"] == "frozen"
    assert len(told) == sum(len(option.methods) if isinstance(option, Closed) else 1 for option in options(FROZEN))
    assert "128=0029" in document["capabilities"]["evidence"]["ata_identify_words"]


def test_the_password_is_a_placeholder() -> None:
    drive = identity(DEVICES / "wdc-wd20ezbx")
    assert "hdparm --user-master u --security-erase-enhanced '{password}' /dev/sdb" in plans.text(drive, plan(drive))


@pytest.mark.parametrize(
    ("name", "method"), [(None, None), ("zeros", Method.OVERWRITE_ZEROS), ("nvme_format_crypto", Method.NVME_FORMAT_CRYPTO)]
)
def test_methods_have_short_and_long_names(name: str | None, method: Method | None) -> None:
    assert plans.method_of(name) is method


def test_another_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(plans.NoSuchMethod, match="zeros, random, overwrite_zeros"):
        plans.method_of("quick")
