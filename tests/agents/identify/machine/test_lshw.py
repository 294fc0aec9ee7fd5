"""Memory modules and processors from lshw's JSON, as its versions print it."""

import json

import pytest

from agents.identify.machine.lshw import LshwUnclear, modules, parse_lshw, processor

BANK = {
    "id": "bank:0",
    "class": "memory",
    "description": "SODIMM DDR4 Synchronous Unbuffered (Unregistered) 2400 MHz (0,4 ns)",
    "product": "M471A1K43CB1-CRC",
    "slot": "ChannelA-DIMM0",
    "units": "bytes",
    "size": 8589934592,
}
EMPTY = {"id": "bank:1", "class": "memory", "description": "[empty]", "slot": "ChannelB-DIMM0"}
SYSTEM = {"id": "memory", "class": "memory", "units": "bytes", "size": 8589934592, "children": [BANK, EMPTY]}
CPU = {
    "id": "cpu",
    "class": "processor",
    "product": "Intel(R) Core(TM) i5-8350U CPU @ 1.70GHz",
    "configuration": {"cores": "4", "enabledcores": "4", "threads": "8"},
}
CACHE = {"id": "cache:0", "class": "memory", "slot": "L1 Cache", "units": "bytes", "size": 262144}


def test_fitted_modules_are_told_from_empty_slots_and_caches() -> None:
    (module,) = modules(parse_lshw(json.dumps([SYSTEM, CPU, CACHE])))
    assert (module.slot, module.size_bytes, module.type, module.speed_mts) == ("ChannelA-DIMM0", 8 << 30, "DDR4", 2400)


def test_cores_and_threads_are_summed_over_processors() -> None:
    assert processor(parse_lshw(json.dumps([CPU, CPU]))) == ("Intel(R) Core(TM) i5-8350U CPU @ 1.70GHz", 8, 16)


def test_one_object_instead_of_a_list() -> None:
    assert modules(parse_lshw(json.dumps(SYSTEM)))[0].size_bytes == 8 << 30


@pytest.mark.parametrize("answer", ["", "<xml>", '"text"', '[{"id": 3}]'])
def test_another_answer_is_named(answer: str) -> None:
    with pytest.raises(LshwUnclear):
        parse_lshw(answer)
