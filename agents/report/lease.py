"""Keeps asset codes in stock, so that labels can be printed while there is no network."""

from typing import Final
from uuid import uuid4

from agents.journal import codes
from agents.journal.db import Journal
from agents.report.client import ServiceClient
from agents.report.errors import NotUnderstood
from agents.shell.clock import now
from fleet.contract.bench import LeaseRequest

_LARGEST_BLOCK: Final = 1000


def keep_stock(journal: Journal, client: ServiceClient, at_least: int) -> int:
    """Lease codes until `at_least` are free, then as many again; returns how many came.

    The request is written down before it is sent and asked again until it is answered, so a lost answer loses no codes.
    Raises the errors of `ServiceClient`.
    """
    came = 0
    while True:
        with journal.transaction() as tx:
            pending = codes.pending(tx)
            missing = at_least - codes.free(tx)
            if pending is None and missing > 0:
                pending = (uuid4(), min(missing + at_least, _LARGEST_BLOCK))
                codes.ask(tx, *pending)
        if pending is None:
            return came
        request = LeaseRequest(request_id=pending[0], count=pending[1])
        lease = client.lease(request)
        with journal.transaction() as tx:
            new = codes.stock(tx, lease.request_id, lease.codes, now())
        if not new:
            raise NotUnderstood("the service leased no new asset codes. Tell your admin: its codes may be used up.")
        came += new
