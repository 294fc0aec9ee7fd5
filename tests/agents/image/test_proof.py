from agents.image.proof import Proof


def test_what_was_noted_holds_and_nothing_else() -> None:
    proof, data = Proof(), bytes(range(256)) * 16
    proof.note(4096, 8192, memoryview(data))
    proof.note(0, 4096, memoryview(bytes(4096)))
    assert proof.pieces == ((0, 4096), (4096, 8192))
    assert proof.holds(4096, data)
    assert proof.holds(0, bytes(4096))
    assert not proof.holds(4096, data[:-1] + b"!")
    assert not proof.holds(4096, data[:-1])
    assert not proof.holds(0, data)


def test_the_same_bytes_at_another_place_do_not_hold() -> None:
    """A drive that maps one sector to another, as fake ones do."""
    proof, data = Proof(), b"x" * 4096
    proof.note(0, 4096, memoryview(data))
    proof.note(4096, 8192, memoryview(b"y" * 4096))
    assert not proof.holds(4096, data)


def test_every_job_has_a_key_of_its_own() -> None:
    one, other, data = Proof(), Proof(), memoryview(b"x" * 4096)
    one.note(0, 4096, data)
    other.note(0, 4096, data)
    assert one._tags != other._tags
