"""What `smartctl --json -x` says of one drive (smartmontools 7.0 and later).

Absent program, unsupported device and time-out are all tolerated: a drive can be erased without SMART. What happened is kept,
because an auditor wants to know why a certificate carries no temperature.
"""

from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from agents.errors import Failed
from agents.shell.run import ProgramMissing, ProgramTimedOut, run

_TIMEOUT_S: Final = 40.0
_ANY_EXIT: Final = range(256)
"""smartctl's exit code is a bit mask in which a drive's old troubles show too."""
_NAA_LAYOUT: Final = "0x{naa:01x}{oui:06x}{id:09x}"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Wwn(_Part):
    naa: int
    oui: int
    id: int


class _Device(_Part):
    type: str | None = None
    protocol: str | None = None


class _Temperature(_Part):
    current: int | None = None


class _Message(_Part):
    string: str = ""


class _Program(_Part):
    messages: tuple[_Message, ...] = ()


class _Eui(_Part):
    oui: int
    ext_id: int


class _Namespace(_Part):
    eui64: _Eui | None = None


class _Status(_Part):
    passed: bool | None = None


def _one_rate(value: object) -> object:
    """Solid state drives report 0, some bridges a text."""
    return value if isinstance(value, int) else None


class Smart(_Part):
    """The parts of the report that identify a drive or warn about it. Temperatures in degrees Celsius."""

    smartctl: _Program = _Program()
    device: _Device | None = None
    model_name: str | None = None
    serial_number: str | None = None
    firmware_version: str | None = None
    vendor: str | None = None
    wwn_parts: _Wwn | None = Field(default=None, alias="wwn")
    rotation_rate: Annotated[int | None, BeforeValidator(_one_rate)] = None
    temperature: _Temperature | None = None
    smart_status: _Status | None = None
    namespaces: tuple[_Namespace, ...] = Field(default=(), alias="nvme_namespaces")

    @property
    def wwn(self) -> str | None:
        """The World Wide Name, in the notation of `serials.real_wwn`."""
        if self.wwn_parts is not None:
            return _NAA_LAYOUT.format(**self.wwn_parts.model_dump())
        eui = self.namespaces[0].eui64 if self.namespaces else None
        return None if eui is None else f"eui.{eui.oui:06x}{eui.ext_id:010x}"

    @property
    def answers(self) -> bool:
        """Whether the drive itself was reached: also through a USB bridge, then past the bridge's own names."""
        return bool(self.serial_number or self.wwn)

    @property
    def temperature_c(self) -> int | None:
        """Degrees Celsius now; None when the drive does not tell, or says 0, which is how drives without a sensor put it."""
        return (self.temperature.current or None) if self.temperature else None

    @property
    def note(self) -> str:
        """One line for the evidence."""
        if self.answers:
            health = {True: "passed", False: "FAILED", None: "unknown"}[self.smart_status.passed if self.smart_status else None]
            return f"health {health}, protocol {self.device.protocol if self.device else 'unknown'}"
        return "; ".join(message.string for message in self.smartctl.messages) or "the drive does not answer SMART requests"


def parse(text: str) -> Smart:
    """The report; an unreadable one is one that says nothing."""
    try:
        return Smart.model_validate_json(text)
    except ValidationError:
        return _silent("smartctl answered, but not with the JSON of smartmontools 7")


def read(path: str) -> Smart:
    """Ask smartctl about one drive; never raises for a drive or machine without SMART."""
    return _ask(["smartctl", "--json", "-x", path])


def raw_report(path: str) -> str:
    """The whole JSON report, for those who read other parts of it; empty when there is none."""
    try:
        return run(["smartctl", "--json", "-x", path], timeout_s=_TIMEOUT_S, accept=_ANY_EXIT).stdout
    except Failed:
        return ""


def temperature_c(path: str) -> int | None:
    """Degrees Celsius now, without spinning up a drive that sleeps; None where the drive does not tell."""
    return _ask(["smartctl", "--json", "--nocheck=standby", "-A", path]).temperature_c


def _ask(argv: list[str]) -> Smart:
    try:
        return parse(run(argv, timeout_s=_TIMEOUT_S, accept=_ANY_EXIT).stdout)
    except ProgramMissing:
        return _silent("smartctl is not installed")
    except ProgramTimedOut:
        return _silent(f"smartctl got no answer within {_TIMEOUT_S:g} s")
    except Failed as error:
        return _silent(str(error))


def _silent(reason: str) -> Smart:
    return Smart(smartctl=_Program(messages=(_Message(string=reason),)))
