"""The native forms of the profile and of the second step of signing in, and the file with one's own data.

Forms, not sockets: what is typed into them (passwords, codes) travels with the one request that needs it, password
managers see a form being sent, and the second step sets a cookie. The pages are in pages/parent and pages.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from creos_ui import clock
from creos_ui.errors import DomainError
from creos_ui.services.accounts import account, email_change, own_data, second_factor
from creos_ui.services.accounts.code_guessing import TooManyCodes
from creos_ui.services.accounts.second_factor import CodeRefused, SecondStepOver
from creos_ui.services.accounts.sessions import SignedIn
from creos_ui.web import cookies
from creos_ui.web.cutting import cut
from creos_ui.web.outcomes import Handed, hand
from creos_ui.web.routes import Field, safe_next, start_session

router = APIRouter()

PROFILE = "/profile"
FACTOR = f"{PROFILE}/second-factor"


@router.post("/login/code")
async def second_step(request: Request, code: Field = "", next: Field = "") -> Response:
    """The code was asked for after the right password; only now there is a session (R10, R11)."""
    target = safe_next(next)
    try:
        account_id = await second_factor.second_step(
            cookies.read(request.headers.get("cookie", ""), cookies.PENDING), code
        )
    except SecondStepOver:
        return RedirectResponse(_with("/login", refusal="second_step_over", next=target or ""), 303)
    except CodeRefused:
        return RedirectResponse(_with("/login/code", refusal="code_refused", next=target or ""), 303)
    except TooManyCodes as refusal:
        wait = str(refusal.values["minutes"])
        return RedirectResponse(_with("/login/code", refusal="too_many_codes", minutes=wait, next=target or ""), 303)
    answer = await start_session(request, account_id, target)
    cookies.take(answer, cookies.PENDING)
    return answer


@router.post(f"{FACTOR}/on")
async def switch_on(request: Request, password: Field = "", code: Field = "") -> Response:
    """Shows the recovery codes next, once."""
    me = _me(request)
    try:
        codes = await second_factor.switch_on(me.account_id, me.session_id, password=password, code=code)
    except DomainError as refusal:
        return _to(FACTOR, me, Handed(refusal=refusal))
    return _to(f"{PROFILE}/recovery-codes", me, Handed(codes=tuple(codes)))


@router.post(f"{FACTOR}/codes")
async def renew_codes(request: Request, password: Field = "", code: Field = "") -> Response:
    me = _me(request)
    try:
        codes = await second_factor.renew_codes(me.account_id, password=password, code=code)
    except DomainError as refusal:
        return _to(FACTOR, me, Handed(refusal=refusal))
    return _to(f"{PROFILE}/recovery-codes", me, Handed(codes=tuple(codes)))


@router.post(f"{FACTOR}/off")
async def switch_off(request: Request, password: Field = "", code: Field = "") -> Response:
    me = _me(request)
    try:
        await second_factor.switch_off(me.account_id, password=password, code=code)
    except DomainError as refusal:
        return _to(FACTOR, me, Handed(refusal=refusal))
    return _to(PROFILE, me, Handed(done="profile.done_factor_off"))


@router.post(f"{PROFILE}/password")
async def change_password(request: Request, current: Field = "", new: Field = "") -> Response:
    """Every other session ends, and its open pages."""
    me = _me(request)
    try:
        ended = await account.change_password(me.account_id, current=current, new=new, keep_session_id=me.session_id)
    except DomainError as refusal:
        return _to(f"{PROFILE}/password", me, Handed(refusal=refusal))
    await cut(set(ended))
    return _to(PROFILE, me, Handed(done="profile.done_password"))


@router.post(f"{PROFILE}/email")
async def change_email(request: Request, password: Field = "", address: Field = "") -> Response:
    """A link goes to the new address; until it is confirmed the old one stays (R9)."""
    me = _me(request)
    try:
        await email_change.request_email(me.account_id, password=password, new_address=address)
    except DomainError as refusal:
        return _to(f"{PROFILE}/email", me, Handed(refusal=refusal, typed=address[:254]))
    return _to(PROFILE, me, Handed(done="profile.done_email"))


@router.get(f"{PROFILE}/my-data.zip")
async def my_data(request: Request) -> Response:
    """All the portal keeps about this person (R60)."""
    me = _me(request)
    content = await asyncio.to_thread(own_data.zipped, await own_data.own_data(me.account_id))
    name = f"creos-{clock.today():%Y-%m-%d}.zip"
    return Response(
        content, media_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _me(request: Request) -> SignedIn:
    session = request.state.session
    assert isinstance(session, SignedIn), "the guard lets nobody else through"
    return session


def _to(path: str, me: SignedIn, what: Handed) -> Response:
    return RedirectResponse(_with(path, answer=hand(me.session_id, what)), 303)


def _with(path: str, **values: str) -> str:
    told = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(told)}" if told else path
