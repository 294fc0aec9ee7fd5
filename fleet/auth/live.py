"""News for open pages, as server-sent events: that something of a topic changed, never what. The page asks again by itself.

A stream holds no database session. It ends when its sign-in does, within half a minute, and when the process ends.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Final

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from fleet.auth.hub import Hub, Waiting
from fleet.auth.identity import LIVE_PATH, StaffUnit, resolver_of
from fleet.auth.pages import page_router
from fleet.auth.rules import Principal
from fleet.db.listen import Topic
from fleet.db.session import get_database, unit_of_work
from fleet.errors import Unauthenticated
from fleet.web.configured import SettingsDep

router = page_router()
BEAT_S: Final = 15.0
"""How often a silent stream says that it is alive, and asks whether its sign-in still holds."""
CALM_S: Final = 1.0
"""At most one message in so many seconds: a page that redraws itself ten times a second helps nobody."""


def hub_of(request: Request) -> Hub:
    """The process's hub."""
    hub: Hub = request.app.state.hub
    return hub


@router.get(LIVE_PATH)
async def live(
    request: Request, unit: StaffUnit, settings: SettingsDep, topic: Annotated[list[Topic], Query(min_length=1, max_length=8)]
) -> StreamingResponse:
    """News of these topics for the caller's organisation; `Last-Event-ID` changes nothing, for a page starts by asking."""
    principal, hub = unit.principal, hub_of(request)
    if principal.session_id is None:
        raise Unauthenticated
    hub.admit(principal.session_id)
    token = request.cookies.get(resolver_of(request).cookie_name(secure=settings.secure_cookies), "")
    database, resolver = get_database(request), resolver_of(request)

    def still_there() -> bool:
        with unit_of_work(database.engine()) as session:
            now = resolver.staff(session, token)
            session.rollback()  # that a page is open is no sign that somebody is there
        return now is not None and (now.session_id, now.organisation_id) == (principal.session_id, principal.organisation_id)

    async def valid() -> bool:
        return await run_in_threadpool(still_there)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_messages(hub, principal, frozenset(topic), valid), media_type="text/event-stream", headers=headers)


async def _messages(
    hub: Hub, principal: Principal, topics: frozenset[Topic], valid: Callable[[], Awaitable[bool]]
) -> AsyncIterator[str]:
    if principal.session_id is None:
        raise Unauthenticated
    with hub.waiting(principal.session_id, principal.organisation_id, topics) as waiting:
        async for message in stream(waiting, hub.closing, valid):
            yield message


async def stream(
    waiting: Waiting,
    closing: asyncio.Event,
    valid: Callable[[], Awaitable[bool]],
    *,
    beat_s: float = BEAT_S,
    calm_s: float = CALM_S,
) -> AsyncIterator[str]:
    """The text of a stream. A browser that lost it comes back after five seconds."""
    loop = asyncio.get_running_loop()
    yield "retry: 5000\nevent: open\ndata: {}\n\n"
    number, checked_at = 0, loop.time()
    while True:
        rest = max(0.0, checked_at + beat_s - loop.time())
        heard = await _soon(waiting.news, rest)
        if closing.is_set():
            return
        if loop.time() - checked_at >= beat_s:
            checked_at = loop.time()
            if not await valid():
                yield "event: end\ndata: {}\n\n"
                return
            if not heard:
                yield ": still here\n\n"
        if not heard:
            continue
        number += 1
        counts = {topic.value: count for topic, count in waiting.take().items()}
        yield f"id: {number}\nevent: change\ndata: {json.dumps(counts)}\n\n"
        await _soon(closing, calm_s)


async def _soon(event: asyncio.Event, seconds: float) -> bool:
    """Wait for something, but not longer; whether it came."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
