"""Wiring only: settings, database, guard, pages, and serving them."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import FastAPI
from nicegui import app, ui

import pages
from creos_ui.database import changes
from creos_ui.database.opening import DatabaseUnusable, opened
from creos_ui.services import jobs, keys, school
from creos_ui.services.accounts import sessions
from creos_ui.services.invitations import automatic
from creos_ui.services.keys import SecretUnfit
from creos_ui.services.mail import worker
from creos_ui.settings import Settings
from creos_ui.web import error_pages, finishing, health, patches, serving, session_watch
from creos_ui.web.assets import STATIC, Assets
from creos_ui.web.guard import Guard

PORT_TAKEN, DATABASE_UNUSABLE = 2, 3  # exit statuses


def serve(settings: Settings) -> None:
    """Serve the portal until SIGTERM or Ctrl+C. Exits with 2 if the port is taken, 3 if the database is unusable or
    the secret is not the one it belongs to."""
    _log_plainly()
    if not _port_is_free(settings.host, settings.port):
        print(f"Port {settings.port} of {settings.host} is in use. Set CREOS_PORT to a free one.", file=sys.stderr)
        sys.exit(PORT_TAKEN)
    install(settings)
    # uvicorn raises the signal again when it has stopped cleanly: that is no failure
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt):
        ui.run(
            host=settings.host,
            port=settings.port,
            forwarded_allow_ips=settings.proxies,
            title="CREOS",  # each page has its own
            language="fr",
            dark=None,
            favicon=(STATIC / "favicon.svg").read_text(),  # as text it stands in the page: a request less each time
            reconnect_timeout=60,
            binding_refresh_interval=None,
            tailwind=False,
            show=False,
            reload=False,
            show_welcome_message=False,
            server_header=False,
            access_log=False,
            log_config=None,
            ws_max_size=1_000_000,
            timeout_graceful_shutdown=5,
        )


def install(settings: Settings) -> None:
    """Everything around and on the pages; once per process, before NiceGUI starts."""
    serving.use(settings)
    patches.apply()
    error_pages.install(app)
    app.router.redirect_slashes = False  # the redirect would name whatever host the request named
    pages.register(app)
    app.include_router(health.router)
    _open_database_in_lifespan(settings)
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: Guard(Assets(build()))  # type: ignore[method-assign]


def _open_database_in_lifespan(settings: Settings) -> None:
    """Open before the first request: app.on_startup is not awaited, and would serve without a database
    (NiceGUI #5754)."""
    base = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[Any]:
        try:
            async with opened(settings.database), _kept(settings), base(running) as state:
                watching = [
                    asyncio.create_task(session_watch.watch()),
                    asyncio.create_task(changes.watch(settings.database)),
                    asyncio.create_task(worker.work(settings)),
                    asyncio.create_task(jobs.work()),
                    asyncio.create_task(automatic.fulfil_all()),  # what a crash left between publishing and its wishes
                ]
                yield state
                await finishing.all_done()  # first: NiceGUI cancels what it knows of
                await finishing.cancelled(watching)
                await sessions.write_all()
        except (DatabaseUnusable, SecretUnfit) as exc:
            print(exc, file=sys.stderr)
            logging.getLogger("uvicorn.error").disabled = True  # its traceback says no more; it exits with 3
            raise

    app.router.lifespan_context = lifespan


@asynccontextmanager
async def _kept(settings: Settings) -> AsyncIterator[None]:
    """The keys and the school, which are read once and kept, before the first request."""
    await keys.open_keys(settings.secret.get_secret_value())
    await school.open_school(settings)
    yield


def _port_is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _log_plainly() -> None:
    """To stderr, in UTC. uvicorn's access log, which holds client ids, stays off (R63)."""
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%SZ"
    )
