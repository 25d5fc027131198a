"""The PDFs the school joins to its activities: checked (R33), kept once, under a name nobody can guess (R35).

A file lies in the documents folder as <token>.pdf; its own name is only ever shown. Its row belongs to the caller's
transaction; `remove_unrecorded` takes away the files whose rows were undone with it, `remove_orphans` those that a
process left which was killed meanwhile.
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
from pathlib import Path
from typing import Any

from creos_ui.database.transactions import atomic, one_at_a_time
from creos_ui.errors import DomainError
from creos_ui.services import preview
from models import Document

log = logging.getLogger("creos_ui")

MOST_BYTES = 10_000_000
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

    Inside the caller's transaction; the file's path is added to `written`, for `remove_unrecorded` afterwards.
    Raises NotAPdf or DocumentTooLarge.
    """
    check_pdf(content, file_name)
    sha256 = digest(content)
    if known := await Document.filter(sha256=sha256).order_by("id").first():
        return known
    token = secrets.token_urlsafe(32)
    path = folder / f"{token}.pdf"
    written.append(path)
    _write(path, content)
    return await Document.create(token=token, file_name=file_name[:200], sha256=sha256, byte_count=len(content))


async def remove_unrecorded(written: Iterable[Path]) -> None:
    """Remove the files without a row. Asks the database: a commit may have got through although it seemed to fail."""
    for path in written:
        if path.exists() and not await Document.exists(token=path.stem):
            path.unlink(missing_ok=True)


async def remove_orphans(folder: Path) -> int:
    """Remove the files a killed process left: written some hours ago, never recorded. Returns how many.

    While a list is being brought over it waits: that one may be about to record what it wrote.
    """
    old = await asyncio.to_thread(_old_files, folder)
    if not old:
        return 0

    async def work(connection: Any) -> int:
        await one_at_a_time(connection, preview.LOCK)
        tokens = await Document.all().using_db(connection).values_list("token", flat=True)
        recorded = {f"{token}.pdf" for token in tokens}
        orphans = [path for path in old if path.name not in recorded]
        for path in orphans:
            path.unlink(missing_ok=True)
        return len(orphans)

    if removed := await atomic(work):
        log.warning("removed %s files of documents that were never recorded", removed)
    return removed


def _old_files(folder: Path) -> list[Path]:
    """Only under names we give: whatever else somebody put there stays."""
    if not folder.is_dir():
        return []
    before = time.time() - ORPHANED_AFTER
    found = [Path(entry.path) for entry in os.scandir(folder) if _OURS.fullmatch(entry.name) and entry.is_file()]
    return [path for path in found if path.stat().st_mtime < before]


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, readable by us alone, and on the disk before its row is committed."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
