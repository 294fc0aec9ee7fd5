"""The first view in Chromium: bytes over the wire with a cold cache, and the times that its tracing tells."""

import json
from typing import Any, Final

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.benchmarks.harness import OUT, machine

LIMIT_BYTES: Final = 100_000
RUNS: Final = 5
_CATEGORIES: Final = ["loading", "devtools.timeline", "blink.user_timing"]
_LONG_MS: Final = 50
"""A task that takes longer than this blocks: what is above it is summed, as Lighthouse's total blocking time does."""


def first_view(address: str, login: str, password: str) -> None:
    """Measure the sign-in page and the first page after it, each with an empty cache; print and write `web-first-view.json`."""
    found: dict[str, dict[str, float]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--headless", "--no-sandbox"])
        state = _signed_in(browser, address, login, password)
        for path, stored in (("/sign-in", None), ("/", state), ("/devices", state)):
            runs = [_view(browser, f"{address}{path}", stored) for _ in range(RUNS)]
            found[path] = {key: sorted(run[key] for run in runs)[RUNS // 2] for key in runs[0]}
        browser.close()
    for path, told in found.items():
        print(f"first view of {path}: " + ", ".join(f"{key} {value:.0f}" for key, value in told.items()))
    document = {"name": "web-first-view", "limit": {"bytes": LIMIT_BYTES}, "pages": found, "runs": RUNS, "machine": machine()}
    (OUT / "web-first-view.json").write_text(json.dumps(document, indent=2) + "\n")


def _signed_in(browser: Browser, address: str, login: str, password: str) -> Any:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/sign-in")
        page.fill("#login", login)
        page.fill("#password", password)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        return context.storage_state()


def _view(browser: Browser, url: str, state: Any) -> dict[str, float]:
    with browser.new_context(viewport={"width": 360, "height": 800}, storage_state=state) as context:
        page = context.new_page()
        debugger = context.new_cdp_session(page)
        return _traced(page, debugger, url)


def _traced(page: Page, debugger: CDPSession, url: str) -> dict[str, float]:
    sizes: list[float] = []
    events: list[dict[str, Any]] = []
    ended: list[bool] = []
    debugger.send("Network.enable")
    debugger.send("Network.setCacheDisabled", {"cacheDisabled": True})
    debugger.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    debugger.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    debugger.on("Tracing.tracingComplete", lambda _: ended.append(True))
    debugger.send("Tracing.start", {"traceConfig": {"includedCategories": _CATEGORIES}, "transferMode": "ReportEvents"})
    page.goto(url, wait_until="load")
    page.wait_for_timeout(500)
    debugger.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(20)
    return {"bytes": sum(sizes), "requests": float(len(sizes)), **_times(events)}


def _times(events: list[dict[str, Any]]) -> dict[str, float]:
    """Milliseconds from the start of the navigation to this page (the blank page before it has one too)."""
    starts = [event for event in events if event["name"] == "navigationStart"]
    ours = [event for event in starts if event["args"].get("data", {}).get("documentLoaderURL", "").startswith("http")]
    began = min(event["ts"] for event in ours or starts)

    def after(name: str) -> float:
        found = [event["ts"] for event in events if event["name"] == name and event["ts"] >= began]
        return (max(found) - began) / 1000 if found else 0.0

    tasks = [event["dur"] / 1000 for event in events if event["name"] == "RunTask" and event["ts"] >= began and "dur" in event]
    return {
        "first_contentful_paint_ms": after("firstContentfulPaint"),
        "largest_contentful_paint_ms": after("largestContentfulPaint::Candidate"),
        "load_ms": after("loadEventEnd"),
        "blocked_ms": sum(task - _LONG_MS for task in tasks if task > _LONG_MS),
    }
