"""The headers of every answer: pages, files, errors, refusals of a socket (R19)."""

from __future__ import annotations

from starlette.types import Message, Send

from creos_ui.web.serving import settings

Headers = list[tuple[bytes, bytes]]

# unsafe-eval: Vue compiles its templates in the browser (NiceGUI #5345); unsafe-inline styles: Quasar sets them
_PAGE = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self' {socket}; manifest-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
_NOT_A_PAGE = b"default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
_HSTS = b"max-age=31536000; includeSubDomains"
_STARTS = ("http.response.start", "websocket.http.response.start")


def with_security_headers(send: Send, nonce: str, *, secret_address: bool = False) -> Send:
    """Add the headers to every answer; a header is never sent twice.

    `secret_address`: no other site, and no other page, may learn the address from a Referer.
    An answer may have its own Content-Security-Policy and Cache-Control; without the latter browsers store nothing.
    """

    async def with_headers(message: Message) -> None:
        if message["type"] in _STARTS:
            message = {**message, "headers": _completed(message, nonce, secret_address)}
        await send(message)

    return with_headers


def _completed(message: Message, nonce: str, secret_address: bool) -> Headers:
    headers: Headers = list(message.get("headers", []))
    extra = dict(_ALWAYS)
    if secret_address:
        extra[b"referrer-policy"] = b"no-referrer"
    if message["status"] >= 400:  # NiceGUI lets browsers keep even a missing file for a year
        extra[b"cache-control"] = b"no-store"
    if settings().secure:
        extra[b"strict-transport-security"] = _HSTS
    kept = [(name.lower(), value) for name, value in headers if name.lower() not in extra and name.lower() != b"server"]
    present = dict(kept)
    if b"content-security-policy" not in present:
        is_page = present.get(b"content-type", b"").startswith(b"text/html")
        extra[b"content-security-policy"] = _page_policy(nonce) if is_page else _NOT_A_PAGE
    if b"cache-control" not in present:
        extra[b"cache-control"] = b"no-store"
    return [*kept, *extra.items()]


def _page_policy(nonce: str) -> bytes:
    # older Safari does not count a websocket as 'self'
    socket = settings().public_url.replace("http", "ws", 1)
    return _PAGE.format(nonce=nonce, socket=socket).encode()
