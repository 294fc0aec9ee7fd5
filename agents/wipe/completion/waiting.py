"""Waiting for a firmware's end: ask, judge, rest, until it is over or there is nobody left to ask."""

from collections.abc import Callable
from typing import Final

from agents.shell import clock
from agents.wipe.completion.pollers import Poller
from agents.wipe.completion.status import Status
from agents.wipe.completion.watch import Outlook, Watch
from agents.wipe.signals import Signals

_SLICE_S: Final = 0.5

OnStatus = Callable[[Watch, Status], None]


def wait(poller: Poller, watch: Watch, signals: Signals, *, every_s: float, on_status: OnStatus) -> Watch:
    """The watch when the firmware is done, failed or lost; still waiting when the device or this process goes away."""
    began = clock.monotonic()
    while not signals.away:
        status = poller()
        watch = watch.after(status, clock.monotonic() - began)
        on_status(watch, status)
        if watch.outlook is not Outlook.WAIT:
            break
        _rest(signals, every_s)
    return watch


def _rest(signals: Signals, seconds: float) -> None:
    """Pause, in slices: two events can end it."""
    until = clock.monotonic() + seconds
    while not signals.away and (left := until - clock.monotonic()) > 0:
        signals.gone.wait(min(left, _SLICE_S))
