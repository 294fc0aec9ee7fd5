"""The list of donations: both ways through its pages, its filter, and the same as a file."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from fleet.donations import service
from fleet.donations.rules import DonorKind
from tests.fleet.page_client import browser_of, running

pytestmark = pytest.mark.db


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


def register(workshop, number: int) -> str:
    with workshop.unit() as session:
        donor = service.register_donor(session, workshop.lead, service.NewDonor(f"=Donor {number}", DonorKind.COMPANY))
        session.flush()
        donation = service.register(session, workshop.lead, service.NewDonation(donor.id, declared_count=number + 1))
        session.flush()
        return donation.reference


def test_pages_filters_and_file(app, workshop, stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.donations.pages.DEFAULT_PAGE", 2)
    monkeypatch.setattr("fleet.donations.pages.EXPORT_PAGE", 2)
    references = [register(workshop, number) for number in range(3)]
    register(stranger, 7)
    lies = browser_of(app, workshop.lead)

    def shown(path: str) -> list[str]:
        return re.findall(r'class="code" href="/donations/([^"]+)"', lies.get(path).text)

    assert shown("/donations") == references[:0:-1]
    following = re.findall(r'href="(/donations\?cursor=[^"]+)"', lies.get("/donations").text)
    assert shown(following[-1]) == references[:1]
    back = re.findall(r'href="(/donations\?cursor=[^"]+)"', lies.get(following[-1]).text)
    assert shown(back[0]) == references[:0:-1]
    assert shown("/donations?sort=reference") == references[:2]
    assert "No donation matches" in lies.get("/donations?status=closed").text
    assert lies.get("/donations?status=burnt").status_code == 422
    heading, *rows = lies.get("/donations.csv?sort=reference").text.strip("\ufeff\r\n").split("\r\n")
    assert heading == "Reference;Donor;State;Declared;Registered"
    assert [row.split(";")[:4] for row in rows] == [
        [reference, f"'=Donor {number}", "Promised", str(number + 1)] for number, reference in enumerate(references)
    ]
