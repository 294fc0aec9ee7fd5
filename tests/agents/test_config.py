"""The configuration file: what is accepted, and what each mistake says."""

from pathlib import Path

import pytest

from agents.config import BenchConfig, ConfigError, load
from fleet.contract.kinds import DeviceKind, Method
from labels.stock import LabelSize

MINIMAL = 'station = "Bench 1"\n[[ports]]\nname = "A1"\npath = "drives/a1.img"\n'
FULL = """
server = "https://fleet.example.org/"
station = "Bench 1"
state_dir = "state"
images_dir = "/srv/images"
operator = "an"
method = "zeros"
label_size = "62x29"
poll_seconds = 0.2
codes_in_stock = 5
[[ports]]
name = "A1"
kind = "laptop"
id_path = "pci-0000:00:14.0-usb-0:2:1.0-scsi-0:0:0:0"
image = "lubuntu-nl"
[[ports]]
name = "A2"
path = "/dev/loop7"
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "bench.toml"
    file.write_text(text)
    return file


def parse(tmp_path: Path, text: str) -> BenchConfig:
    return load(written(tmp_path, text))


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(tmp_path, text)
    assert caught.value.exit_code == 3
    assert "bench.toml" in str(caught.value)
    return str(caught.value)


def test_defaults_lie_beside_the_file(tmp_path: Path) -> None:
    config = parse(tmp_path, MINIMAL)
    assert config.state_dir == tmp_path / "bench-state"
    assert config.images_dir == tmp_path / "bench-state" / "images"
    assert config.ports[0].path == tmp_path / "drives" / "a1.img"
    assert (config.ports[0].kind, config.method, config.server) == (DeviceKind.DRIVE, Method.OVERWRITE_RANDOM, None)


def test_every_setting_is_read(tmp_path: Path) -> None:
    config = parse(tmp_path, FULL)
    assert config.server == "https://fleet.example.org"
    assert config.images_dir == Path("/srv/images")
    assert config.state_dir == tmp_path / "state"
    assert config.method is Method.OVERWRITE_ZEROS
    assert config.label_size is LabelSize.TAPE_62X29
    assert config.port("A1").image == "lubuntu-nl"
    assert config.port("A2").path == Path("/dev/loop7")


def test_images_follow_a_state_directory_of_ones_own(tmp_path: Path) -> None:
    assert parse(tmp_path, 'state_dir = "/var/lib/bench"\n' + MINIMAL).images_dir == Path("/var/lib/bench/images")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stations = 3\n" + MINIMAL, "`stations`: there is no such setting. Did you mean `station`?"),
        (MINIMAL + 'pth = "x"\n', "`pth` of port A1: there is no such setting. Did you mean `path`?"),
        ("colour = 1\n" + MINIMAL, "The settings are `server`"),
        (MINIMAL.replace('station = "Bench 1"\n', ""), "`station`: is missing"),
        ('station = "x"\n', "`ports`: is missing"),
        ('station = "x"\nports = []\n', "`ports`: "),
        (MINIMAL + 'id_path = "usb-1"\n', "port A1 needs exactly one of `id_path`"),
        ('station = "x"\n[[ports]]\nname = "A1"\n', "port A1 needs exactly one of `id_path`"),
        (MINIMAL + '[[ports]]\nname = "A1"\npath = "b"\n', "two ports have the name 'A1'"),
        (MINIMAL + '[[ports]]\nname = "A2"\npath = "drives/a1.img"\n', "two ports have the path"),
        (MINIMAL + 'kind = "toaster"\n', "`kind` of port A1: Input should be"),
        ('method = "quick"\n' + MINIMAL, '`method`: write "zeros" or "random"'),
        ('server = "fleet.example.org"\n' + MINIMAL, "`server`: write the whole address"),
        ("poll_seconds = 0\n" + MINIMAL, "`poll_seconds`: "),
        ("station = \n", "is not TOML"),
        (MINIMAL.replace('"A1"', '"A 1/"'), "`name` of port A 1/"),
    ],
)
def test_a_mistake_names_its_key_and_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(tmp_path, text)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, "stations = 3\npoll_seconds = 0\n" + MINIMAL)
    assert len(message.splitlines()) == 2


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--config FILE"):
        load(tmp_path / "none.toml")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "bench.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        load(file)


def test_an_unknown_port_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="A1, A2"):
        parse(tmp_path, FULL).port("B9")
