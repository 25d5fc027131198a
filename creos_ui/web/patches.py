"""What NiceGUI 3.18.0 needs changed for us. Private names: pyproject.toml pins the exact version, and each change has a
test in tests/web that fails without it: test_sockets, test_in_the_browser, test_requests (nonce, slow page),
test_held_tables (a page's time), test_language (lost connection), test_elements (what a method expects). Only
cutting.py and unopened.py use private names as well.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any

import jinja2
import nicegui.client
import nicegui.page
from nicegui import Client, app, core, helpers, ui
from nicegui.slot import Slot
from nicegui.translations import translations

from creos_ui.services.accounts import sessions
from creos_ui.texts import QUASAR, t
from creos_ui.web import cutting
from creos_ui.web.error_pages import refusal_key, report
from creos_ui.web.language import language_of

LONGEST_PAGE = 6.0  # seconds; more than a connection and a lock are waited for (safe_asyncpg.py, config.py)
log = logging.getLogger("creos_ui")


def apply() -> None:
    """All of them; once per process."""
    leave_pages_their_time()
    inspect_each_method_once()
    bind_sockets_to_page_and_session()
    free_pages_left_on_purpose()
    keep_slot_components()
    put_nonce_into_template()
    show_exceptions_as_a_reference()
    translate_connection_lost()
    app.config.socket_io_js_transports = ["websocket"]  # public: the guard refuses polling


def inspect_each_method_once() -> None:
    """For each element NiceGUI looks up three times which arguments its own handlers expect, by inspect.signature: a
    quarter of the time it takes to build a page. The signature of a method does not change, so once is enough."""
    inner = helpers.expects_arguments
    known: dict[Any, bool] = {}

    def expects_arguments(func: Callable[..., Any]) -> bool:
        method = getattr(func, "__func__", None)
        if method is None or not method.__module__.startswith("nicegui."):
            return inner(func)
        if method not in known:
            known[method] = inner(func)
        return known[method]

    helpers.expects_arguments = expects_arguments


def bind_sockets_to_page_and_session() -> None:
    """Refuse a message whose socket is not attached to the page it names, or whose session has ended (R12, R13).

    Upstream any socket may name any page, the ids in the page being the only secret (its documented model), and a
    page outlives the session it was built for. An "event" comes from the person and keeps the session alive; an "ack"
    comes from the page alone. Everything here is synchronous: awaiting would let events overtake each other.
    """
    handlers = core.sio.handlers["/"]

    def bound(name: str, inner: Callable[[str, Any], None]) -> Callable[[str, Any], None]:
        assert not inspect.iscoroutinefunction(inner)

        def handle(sid: str, message: Any = None) -> None:
            client_id = message.get("client_id") if isinstance(message, dict) else None
            client = Client.instances.get(client_id) if isinstance(client_id, str) else None
            if client is None or sid not in client._socket_to_document_id:
                return
            owner = cutting.session_of(client)
            if owner is not None and not sessions.alive(owner.session_id, active=name == "event"):
                cutting.cut_soon({owner.session_id}, leave=cutting.TO_SIGN_IN_AND_BACK)
                return
            try:
                inner(sid, message)
            except Exception as exc:  # exceptions of our own handlers do not get this far
                log.warning("dropped a malformed %s message (%s)", name, type(exc).__name__)

        return handle

    for name in ("event", "javascript_response", "ack"):
        handlers[name] = bound(name, handlers[name])
    del handlers["handshake"]  # only the implicit handshake, whose query the guard has checked, remains
    del handlers["log"]  # what a browser wants to log does not belong in our log


def free_pages_left_on_purpose() -> None:
    """Free a page at once when it is left on purpose; after a lost connection it waits for reconnect_timeout.

    Upstream both wait reconnect_timeout: at our 60 s every page left on purpose would live a minute longer.
    """
    app.config.vue_config_script += (
        'addEventListener("pagehide", e => { if (!e.persisted) window.socket?.disconnect() });'
    )
    inner = core.sio.handlers["/"]["disconnect"]

    def disconnect(sid: str, reason: str | None = None) -> None:
        clients = [Client.instances[room] for room in core.sio.rooms(sid) if room in Client.instances]
        inner(sid)
        if reason == core.sio.reason.CLIENT_DISCONNECT:
            for client in clients:
                if not client._socket_to_document_id:
                    for task in client._delete_tasks.values():
                        task.cancel()
                    client.delete()

    core.sio.handlers["/"]["disconnect"] = disconnect


def keep_slot_components() -> None:
    """Without this an update of a page rebuilds each templated cell (lost focus, swallowed clicks; NiceGUI #6284)."""
    app.config.vue_config_script = (
        "{ const V = globalThis.Vue, h = V.h, seen = new Map(); globalThis.Vue = { ...V, h: (t, ...a) => {"
        ' if (t && typeof t === "object" && typeof t.template === "string" && t.props && t.props.props) {'
        " if (!seen.has(t.template)) seen.set(t.template, t); t = seen.get(t.template); } return h(t, ...a); } }; }"
        + app.config.vue_config_script
    )


def put_nonce_into_template() -> None:
    """Put the nonce into the template's own script tags, not into any injected later (upstream has no CSP, #5345)."""
    environment = nicegui.client.templates.env
    assert environment.loader is not None
    inner: jinja2.BaseLoader = environment.loader

    class WithNonce(jinja2.BaseLoader):
        def get_source(self, env: jinja2.Environment, name: str) -> Any:
            source, file, fresh = inner.get_source(env, name)
            if name == "index.html":
                source = source.replace("<script", '<script nonce="{{ request.state.csp_nonce }}"')
            return source, file, fresh

    environment.loader = WithNonce()
    if environment.cache is not None:
        environment.cache.clear()


def leave_pages_their_time() -> None:
    """A page may wait for a connection and then for a lock, and says so in words once the database has refused it;
    upstream it is given up after 3 s, with an error."""
    defaults = nicegui.page.page.__init__.__kwdefaults__
    assert defaults
    defaults["response_timeout"] = LONGEST_PAGE


def show_exceptions_as_a_reference() -> None:
    """An exception in a handler is logged once, and the page shows its reference (R57); upstream shows nothing, or the
    exception's text. That nothing can be saved or read is no mistake of ours, has been logged, and is shown
    in words."""

    def show(exception: Exception) -> None:
        key = refusal_key(exception)
        reference = "" if key else report(exception, "an event handler")
        stack = Slot.get_stack()  # empty in a background task that belongs to no page
        if not stack:
            return
        client = stack[-1].parent.client
        message = t(key or "error.unexpected", language_of(client.request), reference=reference)
        with client:
            ui.notify(message, type="negative", timeout=0, close_button="✕")

    app._exception_handlers[:] = [show]

    def terminal_page(status_code: int, exception: str | Exception = "") -> None:
        """What a page shows when building it took too long (upstream: in English, with the exception)."""
        client = ui.context.client
        reference = report(RuntimeError(str(exception)), f"building a page, answered {status_code}")
        ui.label(t("error.unexpected", language_of(client.request), reference=reference))

    nicegui.page.error_content = terminal_page  # type: ignore[attr-defined]


def translate_connection_lost() -> None:
    """What a page shows while the server is away; upstream has no Dutch and would show English."""
    for language, name in QUASAR.items():
        ours = {word: t(f"connection.{word}", language) for word in translations["en-GB"]}
        translations[name] = ours  # type: ignore[index]
