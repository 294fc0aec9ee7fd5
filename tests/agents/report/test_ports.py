"""The ports are shown to the service: the latest alone, not too often, and trouble never reaches the bench's work."""

import threading

import httpx
import pytest

from agents.bench.phases import PortPhase, PortSnapshot
from agents.bench.showing import shown
from agents.report.backoff import Backoff
from agents.report.client import ServiceClient
from agents.report.ports import PortReporter
from agents.shell.progress import Phase, Progress
from fleet.contract.kinds import Verdict
from fleet.contract.ports import PORTS_PATH, PortsShown


class Service:
    """Answers at once; counts what it was told."""

    def __init__(self, *refusals: int) -> None:
        self.refusals, self.told = list(refusals), []
        self.heard = threading.Condition()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("PUT", PORTS_PATH)
        with self.heard:
            self.told.append(PortsShown.model_validate_json(request.content))
            self.heard.notify_all()
            status = self.refusals.pop(0) if self.refusals else 204
        if not status:
            raise httpx.ConnectError("no network")
        return httpx.Response(status)

    def wait(self, count: int) -> None:
        with self.heard:
            assert self.heard.wait_for(lambda: len(self.told) >= count, 10)


def reporter(service: Service, look, **more: float) -> PortReporter:
    client = ServiceClient("http://127.0.0.1:1", transport=httpx.MockTransport(service))
    return PortReporter(client, look, backoff=Backoff(first_s=0.001, cap_s=0.002), **more)


def test_only_what_is_new_is_sent_and_the_latest_wins() -> None:
    service, now = Service(), [PortSnapshot("A1")]
    reports = reporter(service, lambda: shown(now), every_s=0.0, alive_s=60)
    reports.start()
    service.wait(1)
    reports.changed()  # nothing differs
    now[:] = [PortSnapshot("A1", PortPhase.WIPING, asset_code="8YZABCDE")]
    reports.changed()
    service.wait(2)
    reports.stop()
    assert [told.ports[0].phase for told in service.told] == ["empty", "wiping"]


def test_a_quiet_bench_says_that_it_is_there() -> None:
    service = Service()
    reports = reporter(service, lambda: shown([PortSnapshot("A1")]), every_s=0.0, alive_s=0.01)
    reports.start()
    service.wait(3)
    reports.stop()
    assert len({told.model_dump_json() for told in service.told}) == 1


@pytest.mark.parametrize("refusal", [0, 401, 422, 503])
def test_trouble_stays_here_and_the_next_try_shows_the_present(refusal: int) -> None:
    service, now = Service(refusal), [PortSnapshot("A1")]
    reports = reporter(service, lambda: shown(now), every_s=0.0, alive_s=60)
    reports.start()
    service.wait(2)
    reports.stop()
    assert len(service.told) >= 2


def test_what_is_shown_has_no_serials_and_fits_the_contract() -> None:
    progress = Progress(Phase.WRITE, 412, 1000, 10.0, 58.6)
    port = PortSnapshot(
        "A1", PortPhase.WIPING, "Wiping.", "/dev/sda", "x" * 300, "SECRET-SERIAL", verdict="erased", progress=progress
    )
    [told] = shown([port]).ports
    assert (told.percent, told.seconds_left, told.verdict, len(told.model or "")) == (41.2, 59, Verdict.ERASED, 200)
    assert "SECRET" not in shown([port]).model_dump_json()
    assert "/dev/sda" not in shown([port]).model_dump_json()
