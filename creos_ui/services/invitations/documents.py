"""The PDFs the school joins to its activities: checked (R33), kept once, under a name nobody can guess (R35).

A file lies in the documents folder as <token>.pdf; its own name is only ever shown. Its row belongs to the caller's
transaction: until that is committed the file lies in a folder of its own inside, and `settle` then keeps or removes it;
`settle_left` does so for a process that was killed meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from creos_ui.database.transactions import atomic, one_at_a_time
from creos_ui.errors import DomainError, NotSaved
from creos_ui.services import preview
from models import Document

log = logging.getLogger("creos_ui")

MOST_BYTES = 10_000_000
ARRIVING = "arriving"  # inside the documents folder
ORPHANED_AFTER = 6 * 3600.0  # seconds; no list takes that long to bring over
_OURS = re.compile(r"[\w-]{43}\.(?:pdf|part)", re.ASCII)
_MAGIC = b"%PDF-"


class DocumentRefused(DomainError):
    """Not a file we may take; the subclasses say why."""


class NotAPdf(DocumentRefused):
    text_key = "import.document_not_pdf"


class DocumentTooLarge(DocumentRefused):
    text_key = "import.document_too_large"


class DocumentMissing(DocumentRefused):
    """No such file beside the list; a path that leads elsewhere is the same answer."""

    text_key = "import.document_missing"


def read_beside(folder: Path, name: str) -> bytes:
    """The PDF called `name` in `folder` itself: no path, no way out of the folder. Raises DocumentRefused."""
    if not name or name != Path(name).name or name in (".", "..") or "\\" in name or "\x00" in name:
        raise DocumentMissing(text=name)
    try:
        found = (folder / name).resolve(strict=True)
        if found.parent != folder.resolve() or not found.is_file():
            raise DocumentMissing(text=name)
        with found.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, RuntimeError):  # not there, not readable, name too long, a loop of links
        raise DocumentMissing(text=name) from None
    check_pdf(content, name)
    return content


def check_pdf(content: bytes, name: str) -> None:
    """Raises NotAPdf or DocumentTooLarge."""
    if len(content) > MOST_BYTES:
        raise DocumentTooLarge(text=name, megabytes=MOST_BYTES // 1_000_000)
    if not content.startswith(_MAGIC):
        raise NotAPdf(text=name)


def digest(content: bytes) -> str:
    """Two files with the same digest are one document."""
    return hashlib.sha256(content).hexdigest()


async def store_document(folder: Path, file_name: str, content: bytes, written: list[Path]) -> Document:
    """The document of this content: the one already kept, else a new file in `folder` and its row.

    Inside the caller's transaction; the file's path is added to `written`, for `settle` afterwards.
    Raises NotAPdf or DocumentTooLarge; NotSaved where the disk takes no file.
    """
    check_pdf(content, file_name)
    sha256 = digest(content)
    if known := await Document.filter(sha256=sha256).order_by("id").first():
        return known
    token = secrets.token_urlsafe(32)
    path = folder / ARRIVING / f"{token}.pdf"
    written.append(path)
    try:
        _write(path, content)
    except OSError as exc:
        raise NotSaved from exc
    return await Document.create(token=token, file_name=file_name[:200], sha256=sha256, byte_count=len(content))


def path_of(folder: Path, token: str) -> Path:
    """Where the file of a recorded document lies: for a moment after its commit still among those that arrive."""
    path = folder / f"{token}.pdf"
    return path if path.exists() else folder / ARRIVING / path.name


async def settle(written: Iterable[Path]) -> None:
    """After the commit, or its failure: what is recorded stays for good, what is not goes. Asks the database: a commit
    may have got through although it seemed to fail."""
    for path in written:
        if path.exists():
            _keep(path) if await Document.exists(token=path.stem) else path.unlink(missing_ok=True)


async def settle_left(folder: Path) -> int:
    """The same for what killed processes left. What is not recorded goes after some hours; returns how many went.

    Only what was still arriving is ever removed: an empty database, started beside the folder by mistake, costs no
    document. While a list is being brought over this waits: that one may be about to record what it wrote.
    """
    left = await asyncio.to_thread(_ours, folder / ARRIVING)
    if not left:
        return 0

    async def work(connection: Any) -> int:
        await one_at_a_time(connection, preview.LOCK)
        found = Document.filter(token__in=[path.stem for path in left]).using_db(connection)
        recorded = {row["token"] for row in await found.values("token")}
        orphans = [path for path in left if path.stem not in recorded and _is_old(path)]
        for path in orphans:
            path.unlink(missing_ok=True)
        for path in left:
            if path.stem in recorded:
                _keep(path)
        return len(orphans)

    if removed := await atomic(work):
        log.warning("removed %s files of documents that were never recorded", removed)
    return removed


def _keep(path: Path) -> None:
    with suppress(FileNotFoundError):  # another process has settled it
        path.replace(path.parent.parent / path.name)


def _ours(folder: Path) -> list[Path]:
    """Only under names we give: whatever else somebody put there stays."""
    if not folder.is_dir():
        return []
    return [Path(entry.path) for entry in os.scandir(folder) if _OURS.fullmatch(entry.name) and entry.is_file()]


def _is_old(path: Path) -> bool:
    return path.exists() and path.stat().st_mtime < time.time() - ORPHANED_AFTER


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, readable by us alone, and on the disk before its row is committed."""
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    try:
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.rename(path)
    finally:
        half.unlink(missing_ok=True)
    listing = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(listing)
    finally:
        os.close(listing)
