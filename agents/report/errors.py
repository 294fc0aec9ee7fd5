"""What can go wrong between bench and service.

ServiceError
├── Unreachable            no answer: no network, service down, time-out
├── NotUnderstood          an answer, but not the service's (a login page of the network, a wrong address)
├── Overloaded             the service asks to come back later (429, 5xx)
├── ClockSkew              this computer's clock and the service's differ too much
├── NotAccepted            the service does not accept this bench
│   ├── BenchRevoked
│   ├── BenchUnknown
│   └── SignatureRefused
├── EnrolmentRefused       the one-time code is wrong, used or too old
└── RequestRefused         the service refuses this one request
"""

from datetime import datetime
from typing import ClassVar, Final

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from agents.errors import Failed
from fleet.contract.problem import Problem

_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(AwareDatetime)


class ServiceError(Failed):
    """The service did not do what was asked. Nothing at the bench is lost; try again."""

    exit_code: ClassVar[int] = 2


class Unreachable(ServiceError):
    """The service does not answer. Check the network; the bench goes on working and delivers later."""


class NotUnderstood(ServiceError):
    """The answer does not come from Heropstart. Check the address in `server`, and whether the network asks to sign in first."""


class Overloaded(ServiceError):
    """The service cannot answer now. The bench tries again by itself."""


class ClockSkew(ServiceError):
    """This computer's clock is wrong. Set it (`timedatectl set-ntp true`); until then the bench signs with the service's time."""

    def __init__(self, message: str, service_time: datetime) -> None:
        self.service_time = service_time
        super().__init__(message)


class NotAccepted(ServiceError):
    """The service does not accept this bench. Its events are kept here; ask your admin."""


class BenchRevoked(NotAccepted):
    """This bench was revoked. Its events are kept here: ask your admin to restore it, or to enrol it anew."""


class BenchUnknown(NotAccepted):
    """The service does not know this bench. Its events are kept here: check `server`, or ask your admin for an enrolment code."""


class SignatureRefused(NotAccepted):
    """The service refuses this bench's signature. Its events are kept here: ask your admin whether its key was changed."""


class EnrolmentRefused(ServiceError):
    """This enrolment code is wrong, used or too old. Ask your admin for a new one; nothing was changed."""

    exit_code: ClassVar[int] = 3


class RequestRefused(ServiceError):
    """The service refuses this request. Update the bench agent; if it stays, show this message to your admin."""


_BY_TYPE: Final[dict[str, type[ServiceError]]] = {
    "/problems/bench-revoked": BenchRevoked,
    "/problems/bench-unknown": BenchUnknown,
    "/problems/enrolment-code-invalid": EnrolmentRefused,
    "/problems/stale": Overloaded,
}
_CLOCK_SKEW: Final = "/problems/clock-skew"
_UNAUTHORISED: Final = (401, 403)
_COME_BACK: Final = (408, 425, 429)
_WRONG_PLACE: Final = (404, 405)
_SERVER_FAULT: Final = 500


def from_answer(status: int, problem: Problem | None, where: str) -> ServiceError:
    """The error that a refusing answer means. `where` is the request, as people read it."""
    said = f"{where}: {status}" + (f" {problem.title}: {problem.detail}" if problem else "")
    if problem is not None and problem.type == _CLOCK_SKEW and (moment := _moment(problem)) is not None:
        return ClockSkew(f"{said} {ClockSkew.__doc__}", moment)
    kind = _BY_TYPE.get(problem.type) if problem is not None else None
    kind = kind or _by_status(status, known=problem is not None)
    return kind(f"{said} {kind.__doc__}")


def _by_status(status: int, *, known: bool) -> type[ServiceError]:
    """What a status alone says; `known`: the answer is a problem document, so it comes from the service."""
    if status >= _SERVER_FAULT or status in _COME_BACK:
        return Overloaded
    if not known or status in _WRONG_PLACE:
        return NotUnderstood
    return SignatureRefused if status in _UNAUTHORISED else RequestRefused


def _moment(problem: Problem) -> datetime | None:
    """The `service_time` member of a clock-skew problem."""
    try:
        return _MOMENT.validate_python((problem.model_extra or {}).get("service_time"))
    except ValidationError:
        return None
