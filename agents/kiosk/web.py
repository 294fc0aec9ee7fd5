"""The pages of the screen. They hold no logic: what is scanned goes to the screen, what it shows comes from the hub."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from agents.kiosk import actions
from agents.kiosk.guards import Guard, same_token
from agents.kiosk.hub import Hub
from agents.kiosk.sheet import qr_svg
from agents.kiosk.static_files import static_files
from agents.kiosk.view import View

_LONGEST: Final = 512
"""Characters of a scan; a label's address has some fifty."""
_MOST_BYTES: Final = 8192
_SLOW: Final = 503


class Pages:
    """The handlers over one view and its hub."""

    def __init__(self, view: View, hub: Hub) -> None:
        self._view, self._hub, self._files = view, hub, static_files()

    async def home(self, _request: Request) -> Response:
        """All ports."""
        return HTMLResponse(await run_in_threadpool(self._hub.page))

    async def state(self, _request: Request) -> Response:
        """The whole screen as JSON."""
        frame = await run_in_threadpool(self._hub.frame)
        return JSONResponse(frame.to_json())

    async def events(self, _request: Request) -> Response:
        """Every change, as server-sent events."""
        if self._hub.full:
            return Response("Too many pages are open.", _SLOW, media_type="text/plain")
        return StreamingResponse(self._hub.events(), media_type="text/event-stream")

    async def act(self, request: Request) -> Response:
        """Take what was scanned or touched: the form's fields `code` and, without scripts, `token`."""
        if int(request.headers.get("content-length") or _MOST_BYTES + 1) > _MOST_BYTES:
            return Response("Too long.", 413, media_type="text/plain")
        form = await _form(request)
        if not same_token(request.headers.get("x-kiosk-token") or form.get("token", ""), self._view.token):
            return Response("The page is older than the agent. Load it again.", 403, media_type="text/plain")
        reply = await run_in_threadpool(self._view.screen.scan, form.get("code", "")[:_LONGEST])
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"good": reply.good if reply is not None else None})
        return RedirectResponse("/", 303)

    async def label(self, request: Request) -> Response:
        """The label of a port, alone on a page of its own size."""
        port = request.path_params["port"]
        label = await run_in_threadpool(self._view.label, port)
        if label is None:
            return Response("This port has no label to print.", 404, media_type="text/plain")
        size = self._view.config.label_size
        return HTMLResponse(self._view.render("label.html", self._view.screen.tongue, label=label, size=size, code=port))

    async def sheet(self, _request: Request) -> Response:
        """The action codes of this bench."""
        screen = self._view.screen
        ports = [port.name for port in screen.config.ports]
        cards = [(card, qr_svg(card.action.code)) for card in actions.cards(ports, screen.languages.names.items())]
        return HTMLResponse(self._view.sheet(cards))

    async def static(self, request: Request) -> Response:
        """One of our files."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            return Response("Not found", 404, media_type="text/plain")
        return Response(file.body, media_type=file.media_type, headers={"Cache-Control": "no-cache"})


async def _form(request: Request) -> dict[str, str]:
    """The fields of a plain form; a body that is none has no fields."""
    body = await request.body()
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def make_app(view: View, hub: Hub) -> Starlette:
    """The web application of a screen."""
    pages = Pages(view, hub)
    routes = [
        Route("/", pages.home, methods=["GET"]),
        Route("/state", pages.state, methods=["GET"]),
        Route("/events", pages.events, methods=["GET"]),
        Route("/act", pages.act, methods=["POST"]),
        Route("/label/{port}", pages.label, methods=["GET"]),
        Route("/sheet", pages.sheet, methods=["GET"]),
        Route("/static/{name}", pages.static, methods=["GET"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard)])
