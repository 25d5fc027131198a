"""The open pages of a session, and ending them (R13). NiceGUI's private names: see patches.py."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from nicegui import Client, core

from creos_ui.services.accounts.sessions import SignedIn

TO_SIGN_IN = 'location.replace("/login")'
TO_SIGN_IN_AND_BACK = 'location.replace("/login?next=" + encodeURIComponent(location.pathname + location.search))'


# seconds. The browser that signs out needs the answer to that request first, which deletes the cookie: a page that is
# sent away at once drops its own request
A_MOMENT = 0.5

_soon: set[asyncio.Task[None]] = set()


def session_of(client: Client) -> SignedIn | None:
    """The session a page was built for; None for the pages before sign-in."""
    session = client.request.scope.get("state", {}).get("session")
    assert session is None or isinstance(session, SignedIn)
    return session


def pages_of(session_ids: Collection[int]) -> list[Client]:
    """The open pages of these sessions."""
    pages = []
    for client in list(Client.instances.values()):
        session = session_of(client)
        if session is not None and session.session_id in session_ids:
            pages.append(client)
    return pages


async def cut(session_ids: Collection[int], *, leave: str = TO_SIGN_IN) -> int:
    """Send every open page of these sessions away and end it; returns how many there were.

    The sessions are already revoked: what a page still sends does nothing.
    """
    pages = pages_of(session_ids)
    for client in pages:
        sockets = list(client._socket_to_document_id)
        await core.sio.emit("run_javascript", {"code": leave}, room=client.id)
        if not client.is_deleted:
            client.delete()
        for socket in sockets:
            await core.sio.disconnect(socket)
    return len(pages)


def cut_soon(session_ids: Collection[int], *, leave: str = TO_SIGN_IN) -> None:
    """Do the same in half a second, without waiting for it."""

    async def later() -> None:
        await asyncio.sleep(A_MOMENT)
        await cut(session_ids, leave=leave)

    task = asyncio.get_running_loop().create_task(later())
    _soon.add(task)
    task.add_done_callback(_soon.discard)
