import os

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from agents.wipe.patterns import CHUNK_BYTES, Keystream, Pattern, Zeros, new_key, pattern_for
from fleet.contract.kinds import Method


def bytes_of(pattern: Pattern, offset: int, length: int) -> bytearray:
    buffer = bytearray(os.urandom(length))
    with memoryview(buffer) as view:
        pattern.fill(view, offset)
    return buffer


def test_the_keystream_is_aes_256_ctr_from_byte_zero() -> None:
    key = bytes(range(32))
    whole = Cipher(algorithms.AES256(key), modes.CTR(bytes(16))).encryptor().update(bytes(100_000))
    assert bytes_of(Keystream(key), 0, 100_000) == whole
    assert bytes_of(Keystream(key), 51_200, 512) == whole[51_200:51_712]


def test_the_counter_goes_on_past_a_terabyte() -> None:
    pattern, edge = Keystream(new_key()), (1 << 40) - 512
    assert bytes_of(pattern, edge, 1024)[512:] == bytes_of(pattern, 1 << 40, 512)


def test_two_jobs_never_share_a_key() -> None:
    assert new_key() != new_key()
    assert len(new_key()) == 32


@pytest.mark.parametrize("pattern", [Zeros(), Keystream(new_key())])
@pytest.mark.parametrize("length", [512, CHUNK_BYTES - 512, CHUNK_BYTES])
def test_every_differing_byte_is_counted(pattern: Pattern, length: int) -> None:
    scratch = bytearray(CHUNK_BYTES)
    buffer = bytes_of(pattern, 4096, length)
    assert pattern.differing(memoryview(buffer), scratch, 4096) == 0
    for place in (0, length // 2, length - 1):
        buffer[place] ^= 0x80
    assert pattern.differing(memoryview(buffer), scratch, 4096) == 3


def test_the_right_bytes_at_the_wrong_place_differ() -> None:
    pattern = Keystream(new_key())
    read = bytes_of(pattern, 8192, 4096)
    assert pattern.differing(memoryview(read), bytearray(CHUNK_BYTES), 4096) > 4000


def test_a_keystream_needs_its_key() -> None:
    assert isinstance(pattern_for(Method.OVERWRITE_ZEROS, None), Zeros)
    with pytest.raises(ValueError, match="key"):
        pattern_for(Method.OVERWRITE_RANDOM, None)
