import os

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from agents.wipe.patterns import SCRATCH_BYTES, UNIT_BYTES, Keystream, Pattern, Zeros, new_key, pattern_for
from fleet.contract.kinds import Method

KEY = bytes(range(32))


def bytes_of(pattern: Pattern, offset: int, length: int) -> bytearray:
    buffer = bytearray(os.urandom(length))
    with memoryview(buffer) as view:
        pattern.fill(view, offset)
    return buffer


def counter_mode(unit: int, length: int) -> bytes:
    """What the docstring of Keystream says, by the plainest means: one AES block after the other."""
    blocks = (unit.to_bytes(12, "big") + (2 + number).to_bytes(4, "big") for number in range(length // 16))
    return Cipher(algorithms.AES256(KEY), modes.ECB()).encryptor().update(b"".join(blocks))  # noqa: S305 - counter mode by hand


@pytest.mark.parametrize("unit", [0, 1, 7, 1 << 20, (1 << 40) + 3])
def test_the_keystream_is_aes_256_in_counter_mode(unit: int) -> None:
    whole = counter_mode(unit, UNIT_BYTES)
    start = unit * UNIT_BYTES
    assert bytes_of(Keystream(KEY), start, UNIT_BYTES) == whole
    assert bytes_of(Keystream(KEY), start + 51_200, 512) == whole[51_200:51_712]
    assert bytes_of(Keystream(KEY), start + UNIT_BYTES - 16, 16) == whole[-16:]


def test_a_byte_is_the_same_whatever_it_is_asked_with() -> None:
    whole = bytes_of(Keystream(KEY), 0, 3 * UNIT_BYTES)
    assert whole == counter_mode(0, UNIT_BYTES) + counter_mode(1, UNIT_BYTES) + counter_mode(2, UNIT_BYTES)
    for start, length in ((UNIT_BYTES - 512, 1024), (512, 2 * UNIT_BYTES), (16, UNIT_BYTES), (UNIT_BYTES, 513)):
        assert bytes_of(Keystream(KEY), start, length) == whole[start : start + length]


def test_two_jobs_never_share_a_key() -> None:
    assert new_key() != new_key()
    assert len(new_key()) == 32


@pytest.mark.parametrize("pattern", [Zeros(), Keystream(new_key())])
@pytest.mark.parametrize("length", [512, UNIT_BYTES - 512, UNIT_BYTES, 4 * UNIT_BYTES, 2 * UNIT_BYTES + 513])
@pytest.mark.parametrize("offset", [0, 4096, 5 * UNIT_BYTES])
def test_every_differing_byte_is_counted(pattern: Pattern, length: int, offset: int) -> None:
    scratch = bytearray(SCRATCH_BYTES)
    buffer = bytes_of(pattern, offset, length)
    assert pattern.differing(memoryview(buffer), scratch, offset) == 0
    for place in (0, length // 2, length - 1):
        buffer[place] ^= 0x80
    assert pattern.differing(memoryview(buffer), scratch, offset) == 3


@pytest.mark.parametrize("place", range(SCRATCH_BYTES - 1, 2 * UNIT_BYTES, SCRATCH_BYTES - 1))
def test_no_byte_escapes_at_the_edges_of_what_is_compared_at_once(place: int) -> None:
    for pattern in (Zeros(), Keystream(KEY)):
        buffer = bytes_of(pattern, 0, 2 * UNIT_BYTES)
        buffer[place] ^= 1
        assert pattern.differing(memoryview(buffer), bytearray(SCRATCH_BYTES), 0) == 1


def test_the_right_bytes_at_the_wrong_place_differ() -> None:
    pattern = Keystream(new_key())
    for right, wrong in ((8192, 4096), (UNIT_BYTES, 0), (0, UNIT_BYTES)):
        read = bytes_of(pattern, right, 4096)
        assert pattern.differing(memoryview(read), bytearray(SCRATCH_BYTES), wrong) > 4000


def test_a_keystream_needs_its_key() -> None:
    assert isinstance(pattern_for(Method.OVERWRITE_ZEROS, None), Zeros)
    with pytest.raises(ValueError, match="key"):
        pattern_for(Method.OVERWRITE_RANDOM, None)
