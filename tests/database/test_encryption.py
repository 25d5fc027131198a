"""sslmode and sslrootcert in the address of PostgreSQL hold: what is not the right server is told nothing."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from creos_ui.database.opening import DatabaseUnusable, open_database

SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


async def told(certificate: ssl.SSLContext | None, parameters: str) -> bytes:
    """What a server hears of user and database before it hangs up; without a certificate it has no encryption."""
    heard = b""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        try:
            first = await reader.readexactly(8)
            if first == SSL_REQUEST:
                writer.write(b"S" if certificate else b"N")
                await writer.drain()
                if certificate:
                    await writer.start_tls(certificate)
                first = b""
            heard += first + await reader.read(1_000)
        except OSError:  # the client did not like the certificate
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(DatabaseUnusable, match="cannot be opened"):
            await asyncio.wait_for(open_database(f"postgres://nora:secret@127.0.0.1:{port}/school{parameters}"), 15)
    return heard


@pytest.mark.parametrize(
    ("parameters", "encrypted", "right_authority", "name", "speaks"),
    [
        ("", False, True, "127.0.0.1", True),
        ("?sslmode=disable", True, True, "127.0.0.1", True),
        ("?sslmode=require", False, True, "127.0.0.1", False),
        ("?sslmode=require", True, False, "db.example", True),
        ("?sslmode=verify-ca&sslrootcert={ca}", True, True, "db.example", True),
        ("?sslmode=verify-ca&sslrootcert={ca}", True, False, "127.0.0.1", False),
        ("?sslmode=verify-full&sslrootcert={ca}", False, True, "127.0.0.1", False),
        ("?sslmode=verify-full&sslrootcert={ca}", True, True, "127.0.0.1", True),
        ("?sslmode=verify-full&sslrootcert={ca}", True, True, "db.example", False),
        ("?sslmode=verify-full&sslrootcert={ca}", True, False, "127.0.0.1", False),
        ("?sslmode=verify-full&sslrootcert={ca}.gone", True, True, "127.0.0.1", False),
    ],
)
async def test_only_the_right_server_is_spoken_to(
    tmp_path: Path, parameters: str, encrypted: bool, right_authority: bool, name: str, speaks: bool
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = None
    if encrypted:
        certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (authority if right_authority else trustme.CA()).issue_cert(name).configure_cert(certificate)
    heard = await told(certificate, parameters.format(ca=tmp_path / "ca.pem"))
    assert (b"nora" in heard) is speaks
