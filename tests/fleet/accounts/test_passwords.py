import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from fleet.accounts import passwords
from fleet.errors import TooMany


def test_hash_and_check() -> None:
    stored = passwords.hash_password("vier groene fietsen")
    assert stored.startswith("$argon2id$")
    assert passwords.check("vier groene fietsen", stored).right
    assert not passwords.check("vier groene fiets", stored).right


def test_the_same_letters_from_another_keyboard() -> None:
    stored = passwords.hash_password("caf\u00e9 noir et blanc")
    assert passwords.check("cafe\u0301 noir et blanc", stored).right


def test_a_login_that_does_not_exist_costs_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Hasher:
        def verify_and_update(self, password: str, stored: str) -> tuple[bool, str | None]:  # noqa: ARG002 - the port
            asked.append(stored)
            return True, None

    monkeypatch.setattr(passwords, "_hasher", Hasher())
    monkeypatch.setattr(passwords, "_nobody", lambda: "nobody")
    assert not passwords.check("x", None).right
    assert asked == ["nobody"]


def test_a_flood_does_not_queue_up(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, highest, go, lock = 0, 0, threading.Event(), threading.Lock()

    class Slow:
        def hash(self, password: str) -> str:
            nonlocal inside, highest
            with lock:
                inside += 1
                highest = max(highest, inside)
            go.wait(10)
            with lock:
                inside -= 1
            return password

    monkeypatch.setattr(passwords, "_hasher", Slow())
    crowd = passwords.AT_ONCE + passwords.QUEUE + 10

    def one(number: int) -> str:
        try:
            return passwords.hash_password(str(number))
        except TooMany:
            return "too many"

    with ThreadPoolExecutor(crowd) as pool:
        running = [pool.submit(one, number) for number in range(crowd)]
        for _ in range(1000):
            if sum(done.done() for done in running) == 10:
                break
            time.sleep(0.01)
        go.set()
        answers = [done.result() for done in running]
    assert answers.count("too many") == 10
    assert highest <= passwords.AT_ONCE
