"""The bench's settings: one TOML file, checked whole before anything else happens.

Relative paths are taken from the folder of the file. Every setting is documented in docs/bench.md.
"""

import difflib
import tomllib
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from agents.errors import Refused
from fleet.contract.kinds import DeviceKind, Method
from labels.stock import LabelSize

_MAX_BYTES: Final = 1 << 20


class MethodName(StrEnum):
    """How people name the methods."""

    ZEROS = "zeros"
    RANDOM = "random"

    @property
    def method(self) -> Method:
        """The method itself."""
        return Method.OVERWRITE_ZEROS if self is MethodName.ZEROS else Method.OVERWRITE_RANDOM


class ConfigError(Refused):
    """The configuration file is not right. Put it right as docs/bench.md shows, and start again."""


def _method(value: object) -> Method:
    if isinstance(value, Method):
        return value
    if isinstance(value, str) and value in set(MethodName):
        return MethodName(value).method
    raise ValueError(f'write "zeros" or "random", not {value!r}')


def _server(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError(f'write the whole address, as in "https://fleet.example.org", not {value!r}')
    return value.rstrip("/")


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PortConfig(_Settings):
    """One position of the bench: a socket that a device is plugged into, or a virtual port."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,15}$")
    id_path: str | None = Field(default=None, min_length=1, description="udev's ID_PATH of a USB or SATA position")
    path: Path | None = Field(default=None, description="a loop device or a plain file: a virtual port")
    kind: DeviceKind = DeviceKind.DRIVE
    image: str | None = Field(default=None, min_length=1, description="the catalogue image written after each proven wipe")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.id_path is None) == (self.path is None):
            raise ValueError(
                f"port {self.name} needs exactly one of `id_path` (a USB or SATA position; `bench-agent ports` shows them) "
                "and `path` (a loop device or a plain file)"
            )
        return self


class KioskConfig(_Settings):
    """The bench's screen: a page that the agent serves on this computer alone."""

    enabled: bool = False
    port: int = Field(default=8137, ge=0, le=65535, description="on 127.0.0.1; 0: any free one")
    contact: str | None = Field(default=None, min_length=1, max_length=80, description="whom to call when something is wrong")
    language: str = Field(default="nl", pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,8})?$", description="what the screen speaks at first")
    text_size: int = Field(default=1, ge=1, le=3, description="1 normal, 2 large, 3 largest")
    phrases: tuple[Path, ...] = Field(default=(), description="the site's own languages, one TOML file each")
    badge_minutes: int = Field(default=20, ge=1, le=480, description="how long a scanned badge counts after its last scan")


class BenchConfig(_Settings):
    """Everything that one bench is told. Paths are absolute."""

    server: Annotated[str, AfterValidator(_server)] | None = None
    ca_file: Path | None = Field(default=None, description="certificates to trust beside the system's, PEM")
    station: str = Field(min_length=1, max_length=80)
    state_dir: Path
    images_dir: Path
    operator: str | None = Field(default=None, min_length=1, max_length=80)
    method: Annotated[Method, BeforeValidator(_method)] = Method.OVERWRITE_RANDOM
    firmware: bool = Field(default=True, description="whether a drive's firmware may erase it; else all is overwritten")
    label_size: LabelSize = Field(default=LabelSize.SMALL_50X25, description="the stock that labels are printed on")
    poll_seconds: float = Field(default=1.0, ge=0.05, le=60)
    images_keep: int = Field(default=2, ge=1, le=50, description="versions of each fetched image that stay at the bench")
    image_gather_seconds: float = Field(
        default=2.0, ge=0, le=60, description="how long a port waits for others that want the same image; 0: not at all"
    )
    codes_in_stock: int = Field(default=20, ge=1, le=500, description="asset codes kept ready for work without the network")
    kiosk: KioskConfig = Field(default_factory=KioskConfig, description="the bench's screen")
    ports: tuple[PortConfig, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        for what, values in (
            ("name", [port.name for port in self.ports]),
            ("id_path", [port.id_path for port in self.ports if port.id_path]),
            ("path", [str(port.path) for port in self.ports if port.path]),
        ):
            twice = [value for value, count in Counter(values).items() if count > 1]
            if twice:
                raise ValueError(f"two ports have the {what} {twice[0]!r}: give each port its own")
        return self

    def port(self, name: str) -> PortConfig:
        """The port of this name. Raises ConfigError, which lists the ports there are."""
        for port in self.ports:
            if port.name == name:
                return port
        raise ConfigError(f"there is no port {name!r}; the ports are {', '.join(port.name for port in self.ports)}")


def load(path: Path) -> BenchConfig:
    """The checked settings of a TOML file. Raises ConfigError: its message names the file, the key and what to do."""
    return from_tree(_tree(path), path)


def load_live(path: Path, ports: Sequence[PortConfig]) -> BenchConfig:
    """The settings of a live stick: its ports are the disks that are fitted in the computer, not those of a file.

    Raises ConfigError.
    """
    found = [port.model_dump(mode="json", exclude_none=True) for port in ports]
    return from_tree({**_tree(path), "ports": found}, path)


def _tree(path: Path) -> dict[str, object]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}). Name your file with --config FILE.") from error
    if len(data) > _MAX_BYTES:
        raise ConfigError(f"{path}: larger than 1 MiB, so not a configuration file. Name your file with --config FILE.")
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text. Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}. Put that line right.") from error


def from_tree(tree: dict[str, object], file: Path) -> BenchConfig:
    """The checked settings of a parsed TOML tree; `file` gives the folder of relative paths. Raises ConfigError."""
    folder = file.absolute().parent
    tree = {"state_dir": "bench-state", **tree}
    _anchor(tree, "state_dir", folder)
    tree.setdefault("images_dir", f"{tree['state_dir']}/images")
    for key in ("images_dir", "ca_file"):
        _anchor(tree, key, folder)
    kiosk = tree.get("kiosk")
    if isinstance(kiosk, dict) and isinstance(kiosk.get("phrases"), list):
        files = [str(folder / Path(name).expanduser()) if isinstance(name, str) else name for name in kiosk["phrases"]]
        tree["kiosk"] = kiosk | {"phrases": files}
    ports = tree.get("ports")
    if isinstance(ports, list):
        tree["ports"] = [dict(port) if isinstance(port, dict) else port for port in ports]
        for port in tree["ports"]:  # type: ignore[attr-defined]  # the list made on the line above
            if isinstance(port, dict):
                _anchor(port, "path", folder)
    try:
        return BenchConfig.model_validate(tree)
    except ValidationError as error:
        raise ConfigError("\n".join(f"{file}: {_explain(detail, tree)}" for detail in error.errors())) from error


def _anchor(table: dict[str, object], key: str, folder: Path) -> None:
    value = table.get(key)
    if isinstance(value, str) and value:
        table[key] = str(folder / Path(value).expanduser())


def _explain(detail: ErrorDetails, tree: dict[str, object]) -> str:
    """One line about one wrong setting: where it stands, what is wrong, what to write."""
    where = _where(detail["loc"], tree)
    match detail["type"]:
        case "extra_forbidden":
            return f"{where}: there is no such setting. {_nearest(str(detail['loc'][-1]), _TABLES.get(str(detail['loc'][0])))}"
        case "missing":
            return f"{where}: is missing. Write it; docs/bench.md shows an example."
        case "value_error":
            return f"{where}: {detail['ctx']['error']}." if where else f"{detail['ctx']['error']}."
        case _:
            return f"{where}: {detail['msg']}, not {detail['input']!r}."


def _where(loc: tuple[int | str, ...], tree: dict[str, object]) -> str:
    """`("ports", 1, "kind")` as people read it: `kind` of port A2."""
    if len(loc) > 1 and loc[0] == "ports" and isinstance(loc[1], int):
        ports = tree["ports"]
        port = ports[loc[1]] if isinstance(ports, list) else None
        name = port.get("name") if isinstance(port, dict) else None
        shown = f"port {name}" if name else f"port number {loc[1] + 1}"
        return f"`{loc[2]}` of {shown}" if len(loc) > 2 else shown  # noqa: PLR2004 - ("ports", index, key)
    if len(loc) > 1 and loc[0] == "kiosk":
        return f"`{loc[1]}` of the kiosk"
    return f"`{loc[0]}`" if loc else ""


def _nearest(key: str, table: type[_Settings] | None) -> str:
    known = list((table or BenchConfig).model_fields)
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"Did you mean `{close[0]}`?" if close else f"The settings are {', '.join(f'`{name}`' for name in known)}."


_TABLES: Final[dict[str, type[_Settings]]] = {"ports": PortConfig, "kiosk": KioskConfig}
