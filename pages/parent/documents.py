"""An activity's PDF, for those it concerns."""

from __future__ import annotations

import logging
import re

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from creos_ui.services.invitations import documents
from creos_ui.services.invitations.document_access import document_for
from creos_ui.web.serving import settings
from pages.reader import Me
from pages.routes import router

log = logging.getLogger("creos_ui")

_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,43}")
# the browser's own viewer draws with styles and an <embed>; scripts and frames it needs none
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; base-uri 'none'; frame-ancestors 'none'"


@router.api_route("/documents/{token}", methods=["GET", "HEAD"])
async def document(me: Me, token: str) -> Response:
    """For anyone else it does not exist."""
    found = await document_for(me.guardian_id, token) if _TOKEN.fullmatch(token) else None
    if found is None:
        log.warning("authz_denied %s document", me.actor)
        raise HTTPException(404)
    path = documents.path_of(settings().documents, found.token)
    if not path.is_file():
        log.error("the file of document %s is missing", found.id)
        raise HTTPException(404)
    return FileResponse(
        path,
        media_type="application/pdf",
        filename=found.file_name,
        content_disposition_type="inline",
        headers={
            "Cache-Control": "private, no-store",
            "Content-Encoding": "identity",  # else NiceGUI's gzip spends 700 ms on 20 MB
            "Content-Security-Policy": _POLICY,
        },
    )
