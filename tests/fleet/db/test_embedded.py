"""The embedded server for real: odd paths, two users, a killed user, directories that are not ours."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from fleet.db.embedded import Embedded, EmbeddedError, Places

pytestmark = [pytest.mark.process, pytest.mark.db]

HOLD = """
import signal, sys, time, pathlib
from fleet.db.embedded import Embedded
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is started with it ignored
with Embedded(pathlib.Path(sys.argv[1])):
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "een map met spaties en een accént"


def answers(server: Embedded) -> bool:
    engine = create_engine(server.url("postgres"))
    try:
        with engine.connect() as connection:
            return connection.scalar(text("SELECT 1")) == 1
    finally:
        engine.dispose()


def postmaster(home: Path) -> bool:
    return (Places.of(home).data / "postmaster.pid").exists()


def start_other(home: Path) -> subprocess.Popen[str]:
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(home)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "up\n"
    return other


def test_it_starts_twice_under_a_path_with_spaces_and_is_gone_after_its_last_user(home):
    for _ in range(2):
        with Embedded(home) as server:
            assert answers(server)
        assert not postmaster(home)
        assert not Places.of(home).socket.exists(), "nothing stays behind in the folder of temporary files"


def test_two_processes_share_it_and_the_last_one_stops_it(home):
    other = start_other(home)
    with Embedded(home) as server:
        other.send_signal(signal.SIGINT)
        other.communicate()
        assert answers(server), "the first one to leave must not stop it"
    assert not postmaster(home)


def test_a_killed_user_leaves_a_server_that_the_next_one_takes_over(home):
    other = start_other(home)
    other.kill()
    other.communicate()
    assert postmaster(home)
    with Embedded(home) as server:
        assert answers(server)
    assert not postmaster(home)


def test_no_tcp(home):
    with Embedded(home) as server:
        engine = create_engine(server.url("postgres"))
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW listen_addresses")) == ""
        engine.dispose()


def test_a_data_directory_that_others_can_open_is_refused(home):
    places = Places.of(home)
    places.data.mkdir(parents=True)
    places.data.chmod(0o755)
    with pytest.raises(EmbeddedError, match="yours alone"), Embedded(home):
        pass


def test_a_socket_directory_made_by_somebody_else_is_refused(home):
    places = Places.of(home)
    if os.geteuid() == 0:
        places.socket.mkdir(mode=0o700)
        os.chown(places.socket, 12345, 12345)
    else:
        places.socket.mkdir(mode=0o777)
        places.socket.chmod(0o777)
    try:
        with pytest.raises(EmbeddedError, match="yours alone"), Embedded(home):
            pass
    finally:
        places.socket.rmdir()


def test_a_cut_off_initialisation_leaves_nothing_half_made(home, monkeypatch):
    monkeypatch.setattr("fleet.db.embedded._run", _fails)
    with pytest.raises(EmbeddedError), Embedded(home):
        pass
    assert not (Places.of(home).data / "PG_VERSION").exists()
    monkeypatch.undo()
    with Embedded(home) as server:
        assert answers(server)


def _fails(*_: object, **__: object) -> int:
    raise EmbeddedError("cut off")
