"""What browsers report of the policy is short, and holds nothing that opens something."""

from fleet.web.reports import told


def test_an_address_that_opens_something_is_not_logged() -> None:
    page, blocked = b"https://h.example/reset/s3cret?x=1", b"https://h.example/left/t0ken"
    body = b'{"csp-report": {"document-uri": "%s", "blocked-uri": "%s"}}' % (page, blocked)
    assert list(told(body)) == [{"page": "https://h.example/reset/", "blocked": "https://h.example/left/"}]


def test_a_report_that_is_deeper_than_any_is_no_fault_of_ours() -> None:
    assert list(told(b"[" * 16_000)) == []
