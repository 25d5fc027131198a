"""One pure-ASGI guard around everything: origin (R18), session, socket bound to its page's session (R12), body size
(R32), headers (R19).

BaseHTTPMiddleware never sees a websocket, and a middleware inside NiceGUI's never sees its error answers; so this is
plain ASGI and the outermost layer.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from urllib.parse import parse_qs, quote

from nicegui import Client
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from creos_ui.errors import NotAllowed
from creos_ui.services.accounts import sessions
from creos_ui.services.accounts.sessions import SignedIn
from creos_ui.web import access, cookies, unopened
from creos_ui.web.access import Answer, Route, Who
from creos_ui.web.cutting import session_of
from creos_ui.web.error_pages import error_page, refusal_key, report, try_later
from creos_ui.web.headers import with_security_headers
from creos_ui.web.serving import settings
from creos_ui.web.socket_limit import limited

SOCKET = "/_nicegui_ws/"
UPLOAD = "/_nicegui/client/"
SLOWEST_BODY = 20.0  # seconds
# NiceGUI writes the first into its pages; for the others it wants the handshake that patches.py removes
_DROPPED = {b"x-forwarded-prefix", b"purpose", b"sec-purpose"}


log = logging.getLogger("creos_ui")


class Guard:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        scope = dict(scope, headers=[(k, v) for k, v in scope["headers"] if k.lower() not in _DROPPED])
        state = scope.setdefault("state", {})
        nonce = state["csp_nonce"] = secrets.token_urlsafe(16)
        started = False

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        answer = with_security_headers(send_noted, nonce, secret_address=_has_key(scope["path"]))
        try:
            if scope["type"] == "websocket":
                await self._socket(scope, receive, answer)
            else:
                await self._request(scope, receive, answer)
        except Exception as exc:
            if not started and refusal_key(exc):  # whose session it is cannot be read at the moment
                if scope["type"] == "http":
                    return await try_later(Request(scope), exc)(scope, receive, answer)
                return await _refuse_socket(scope, receive, answer)  # the browser tries again by itself
            # Starlette raises what it has already answered once more; it ends here, and is logged once
            reference = "" if state.get("reported") else report(exc, scope["type"])
            if scope["type"] == "http" and not started:
                await error_page(Request(scope), 500, reference=reference)(scope, receive, answer)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, is_safe = scope["path"], scope["method"] in ("GET", "HEAD")
        if path.startswith(SOCKET.rstrip("/")) or not (is_safe or _same_origin(_headers(scope), path)):
            return await _refuse(scope, receive, send, 403)  # a request there would be polling: sockets only
        route = access.find(path)
        if is_safe and route is not None and route.who is Who.PROGRAMS:
            return await self.app(scope, receive, send)
        session = scope["state"]["session"] = await _session(scope, active=True)  # pages: request.state.session
        decided = access.answer(route, session)
        if route is None and _has_key(path):
            decided = Answer.NOT_THERE
        if decided is not Answer.OPEN:
            return await _turn_away(decided, route, session, scope, receive, send)
        assert route is not None
        if path.startswith(UPLOAD) and not _is_of_session(path.removeprefix(UPLOAD).split("/")[0], session):
            return await _refuse(scope, receive, send, 404)
        if session is None:
            unopened.make_room()
        if not is_safe:
            body = await _body(scope, receive, route.longest_body)
            if isinstance(body, int):
                return await _refuse(scope, receive, send, body)
            receive = _replayed(body, receive)
        return await self.app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(SOCKET) or not _same_origin(_headers(scope)):
            return await _refuse_socket(scope, receive, send)
        session = scope["state"]["session"] = await _session(scope, active=False)
        client_id = parse_qs(scope["query_string"].decode("latin-1")).get("client_id", [""])[0]
        if not _is_of_session(client_id, session):
            scope = _without_page(scope)
        receive, send = limited(receive, send)
        return await self.app(scope, receive, send)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _same_origin(headers: dict[str, str], path: str = "") -> bool:
    """True if the browser says that the request comes from a page of this portal.

    A page with a secret address (no-referrer) sends its form with the origin "null": the token in that address is what
    lets it act.
    """
    origins = settings().origins | ({"null"} if _has_key(path) else set())
    return headers.get("origin") in origins and headers.get("sec-fetch-site", "none") in (
        "same-origin",
        "none",
    )


def _has_key(path: str) -> bool:
    return path.startswith(access.KEYED)


async def _session(scope: Scope, *, active: bool) -> SignedIn | None:
    token = cookies.read(_headers(scope).get("cookie", ""), cookies.SESSION)
    return await sessions.load(token, active=active) if token else None


def _is_of_session(client_id: str, session: SignedIn | None) -> bool:
    """True if this page was built for this session (or, like the sign-in page, for a visitor without one)."""
    client = Client.instances.get(client_id)
    if client is None:
        return False
    owner = session_of(client)
    return (owner and owner.session_id) == (session and session.session_id)


def _without_page(scope: Scope) -> Scope:
    """The same request without its page: the handshake fails, the browser reloads and is sent to sign in. If it were
    refused, the browser would show "connection lost" and try again for ever (NiceGUI #6170)."""
    kept = [p for p in scope["query_string"].split(b"&") if p.split(b"=")[0] in (b"EIO", b"transport", b"t")]
    blank = b"client_id=none&implicit_handshake=true&document_id=x&tab_id=x&"
    return dict(scope, query_string=blank + b"&".join(kept))


async def _turn_away(
    decided: Answer, route: Route | None, session: SignedIn | None, scope: Scope, receive: Receive, send: Send
) -> None:
    """What somebody gets whom the table does not let through."""
    path, is_safe = scope["path"], scope["method"] in ("GET", "HEAD")
    if decided is Answer.SIGN_IN:
        if is_safe and not path.startswith("/_nicegui"):
            await _to_sign_in(scope)(scope, receive, send)
        else:
            await _refuse(scope, receive, send, 401)
        return
    if decided is Answer.SECOND_FACTOR and is_safe:
        assert session is not None
        give = _to_sign_in(scope) if session.has_factor else RedirectResponse("/profile/second-factor", 303)
        await give(scope, receive, send)
        return
    status = 403 if decided in (Answer.NOT_ALLOWED, Answer.SECOND_FACTOR) else 404
    if route is not None and session is not None:
        log.warning("authz_denied account=%s route=%s status=%s", session.account_id, access.name_of(path), status)
    await _refuse(scope, receive, send, status, text_key=NotAllowed.text_key if status == 403 else "")


def _to_sign_in(scope: Scope) -> Response:
    path = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
    where = "" if scope["path"] == "/" or len(path) > 500 else f"?next={quote(path, safe='/')}"
    return RedirectResponse(f"/login{where}", 303)


async def _body(scope: Scope, receive: Receive, longest: int) -> bytes | int:
    """The whole body of a form, counted while it arrives; or the status to refuse it with."""
    announced = _headers(scope).get("content-length", "0")
    if not announced.isdecimal() or int(announced) > longest:
        return 413
    body = bytearray()
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return 400  # the browser closed the connection
                body += message.get("body", b"")
                if len(body) > longest:
                    return 413
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        return 408


def _replayed(body: bytes, receive: Receive) -> Receive:
    replayed = False

    async def replay() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, text_key: str = "") -> None:
    page = error_page(Request(scope), status, text_key=text_key)
    if status in (408, 413):
        page.headers["connection"] = "close"  # the rest of the body is not waited for
    await page(scope, receive, send)


async def _refuse_socket(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    if "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close", "code": 1008})
