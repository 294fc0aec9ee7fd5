"""What `lsblk -JbO` says of one device, as far as the bench needs it (util-linux 2.37 and later)."""

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.errors import Failed
from agents.shell.run import run

_TIMEOUT_S = 20.0


class LsblkUnreadable(Failed):
    """lsblk did not describe this device. Reseat it and try again."""


class LsblkDevice(BaseModel):
    """One row. Sizes in bytes; lsblk writes null for what it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kname: str
    path: str
    type: str
    size: int
    read_only: bool = Field(alias="ro")
    removable: bool = Field(alias="rm")
    rotational: bool = Field(alias="rota")
    logical_block_bytes: int = Field(alias="log-sec")
    transport: str | None = Field(default=None, alias="tran")
    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    revision: str | None = Field(default=None, alias="rev")
    wwn: str | None = None


class _Listing(BaseModel):
    blockdevices: tuple[LsblkDevice, ...]


def parse(text: str) -> LsblkDevice:
    """The first device of lsblk's JSON. Raises LsblkUnreadable."""
    try:
        return _Listing.model_validate_json(text).blockdevices[0]
    except (ValidationError, IndexError) as error:
        raise LsblkUnreadable(f"{LsblkUnreadable.__doc__} ({error})") from error


def read(path: str) -> LsblkDevice:
    """Ask lsblk about one device. Raises LsblkUnreadable, ProgramFailed, ProgramTimedOut."""
    return parse(run(["lsblk", "-JbO", "--nodeps", path], timeout_s=_TIMEOUT_S).stdout)
