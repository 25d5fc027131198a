"""The calendar feed: fetched by calendar programs, which sign in nowhere; its address is its key."""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import urlsplit

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from creos_ui.services.invitations import calendar_feeds
from creos_ui.services.school import school
from creos_ui.texts import t
from creos_ui.web.serving import settings
from pages.routes import router

log = logging.getLogger("creos_ui")


@router.api_route("/calendar/{name}", methods=["GET", "HEAD"])
async def calendar_feed(request: Request, name: str) -> Response:
    """The feed behind this address; revoked, wrong and never made are the same 404."""
    guardian_id = await calendar_feeds.guardian_of(name)
    if guardian_id is None:
        log.warning("authz_denied calendar feed")
        raise HTTPException(404)
    language = await calendar_feeds.language_of_feed(guardian_id)
    title = t("calendar.feed_name", language, school=school().name)
    entries = await calendar_feeds.feed_entries(guardian_id)
    tag = calendar_feeds.tag_of(entries, title, language)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
    if _known(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    host = urlsplit(settings().public_url).hostname or "localhost"
    content = await asyncio.to_thread(
        calendar_feeds.as_ical, entries, guardian_id=guardian_id, name=title, host=host, language=language
    )
    headers["Content-Disposition"] = 'inline; filename="calendrier.ics"'
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


def _known(asked: str, tag: str) -> bool:
    """Does If-None-Match name this tag? Compared weakly, as RFC 9110 has it."""
    names = {part.strip().removeprefix("W/") for part in asked.split(",")}
    return "*" in names or tag.removeprefix("W/") in names
