"""creos-ui demo: an imaginary school, served on this machine."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import click

from creos_ui import demo
from creos_ui.commands.ending import Refusal
from creos_ui.commands.terminal import operators_language, say, words


@click.command("demo", help=words("command.demo.about"))
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8080, envvar="CREOS_PORT", help=words("command.demo.port")
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-data"),
    envvar="CREOS_DATA",
    help=words("command.demo.data"),
)
def command(port: int, data: Path) -> None:
    os.environ["CREOS_DATA"] = str(data)  # where an unexpected fault is logged
    _port_is_free(port)
    demo.prepare(data, say, operators_language())
    settings = demo.settings(data, port)
    click.echo(
        words(
            "command.demo.ready",
            address=settings.public_url,
            identifiers=", ".join(demo.IDENTIFIERS),
            password=demo.PASSWORD,
        )
    )
    from creos_ui.app import serve  # NiceGUI takes a second to load: only where it is needed

    serve(settings)


def _port_is_free(port: int) -> None:
    """Raises Refusal, before the school is built."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Refusal("command.demo.port_taken", port=port) from None
