"""After years of a school: what people do every day reads no table from end to end, and holds nobody else up."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from creos_ui import clock
from creos_ui.services.accounts import account, guessing, own_data, reset, second_factor, sessions
from creos_ui.services.accounts.passwords import hash_password
from creos_ui.services.accounts.profile import profile_of
from creos_ui.services.invitations import automatic, calendar, calendar_feeds, credit, listing, other_household
from creos_ui.services.invitations.answering import decline_invitation, pay_invitations, set_amount
from creos_ui.services.invitations.due import due_next
from creos_ui.services.invitations.listing import SORTS, Tab, Wanted
from creos_ui.services.mail import reminders, sending
from creos_ui.services.money import wallet
from models import Account, Guardian, MailMessage
from pages.parent import wallet_file
from pages.reader import Parent
from tests.database.plans import indexes_of, read_whole, recorded
from tests.filled import CHILDREN, PAST, fill, settle
from tests.school import new_key
from tests.services.signing_in import HOME, PASSWORD, secret

__all__ = ["secret"]
pytestmark = pytest.mark.slow
LONGEST_TURN = 0.05  # seconds of computing during which nobody else is answered

MOST_ROWS = 1_500  # of one reading: made into objects in some milliseconds, on any machine

# statements that may read a whole table, by what they are about, each with its reason
MAY_READ_ALL = {
    'DELETE FROM "session" WHERE "created_at"<': "pruning, once a day",
    'DELETE FROM "reset_request" WHERE "at"<': "pruning, once a day",
    "SELECT DISTINCT i.debtor_id AS id": "who of the whole school wishes anything, at a start and after a list",
}


@pytest.fixture
async def guardians(db: Any) -> list[Guardian]:
    return await fill()


async def an_ordinary_day(guardian: Guardian) -> None:
    """What one family, the mail and the night do."""
    mine, theirs = guardian.id, await Account.get(guardian_id=guardian.id)
    for tab in Tab:
        page = await listing.page_of_invitations(mine, Wanted(tab=tab))
    for sort in SORTS:
        page = await listing.page_of_invitations(mine, Wanted(sort=sort))
    await listing.page_of_invitations(mine, Wanted(search="activite 29", pupil_id=page.lines[0].pupil_id))
    await listing.counts_of(mine)
    await listing.counts_of(mine, page.lines[0].pupil_id)
    await listing.children_of(mine)
    answered = [line.id for line in page.lines if not line.mandatory]
    one, two, three, four, five, *_ = await listing.invitations_of(mine, answered)
    await other_household.answered_elsewhere(mine)
    await calendar.days_of(mine, clock.today(), clock.today() + timedelta(days=31))
    await calendar.next_day_after(mine, clock.today())
    await calendar.children_of_family(mine)
    address = (await calendar_feeds.feed_of(mine)).removeprefix(calendar_feeds.FOLDER)
    assert await calendar_feeds.guardian_of(address) == mine
    await calendar_feeds.feed_entries(mine)

    await pay_invitations([one.agreed, two.agreed], debtor_id=mine, key=new_key(), actor="test")
    await decline_invitation(three.id, debtor_id=mine, answer_no=0, actor="test")
    await decline_invitation(one.id, debtor_id=mine, answer_no=1, actor="test")
    await automatic.wish_all([four.agreed], mine, True)
    await set_amount(five.id, 150)
    await automatic.set_pays_mandatory(mine, True)
    await credit.top_up(mine, 100, key=new_key(), actor="test")
    await automatic.fulfil_all()
    await wallet.movements(mine, page=3)
    await wallet.balance_over_time(mine)
    await due_next(mine)
    await due_next(mine, days=None)
    await profile_of(theirs.id)
    await own_data.own_data(theirs.id)

    await Account.filter(id=theirs.id).update(password_hash=await hash_password(PASSWORD))
    admitted = await account.sign_in(theirs.identifier, PASSWORD, address=HOME)
    await account.sign_in(theirs.identifier, PASSWORD, address=HOME, browser_token=admitted.browser_token)
    token = await sessions.open_session(theirs.id, device="test")
    signed_in = await sessions.load(token)
    assert signed_in
    await sessions.open_sessions(theirs.id)
    await sessions.sweep()
    await sessions.write_all()
    await sessions.revoke(signed_in.session_id)
    await second_factor.pending(theirs.id)
    await reset.request_link(theirs.identifier, address=HOME)

    await reminders.remind(clock.today())
    while message := await sending.claim():
        await sending.mark_sent(message)
    for prune in (guessing.prune, sessions.prune, sending.prune, reset.prune):
        await prune()


async def test_no_statement_of_a_day_reads_a_big_table_from_end_to_end(db: Any, guardians: list[Guardian]) -> None:
    with recorded() as statements:
        await an_ordinary_day(guardians[1])
    await settle(db)
    assert len(statements) > 80
    assert await MailMessage.all().count() > 3
    whole = {sql: found for sql, values in statements.items() if (found := await read_whole(db, sql, values))}
    unexpected = {sql: found for sql, found in whole.items() if not sql.lstrip().startswith(tuple(MAY_READ_ALL))}
    assert unexpected == {}
    assert len(whole) <= len(MAY_READ_ALL)


async def test_one_that_did_would_be_found(db: Any, guardians: list[Guardian]) -> None:
    assert await read_whole(db, "SELECT i.id FROM invitation i WHERE i.reminded_at IS NULL", ()) == {"invitation"}
    assert await read_whole(db, 'SELECT "id" FROM "transfer" WHERE "actor" = \'x\'', ()) == {"transfer"}
    assert await read_whole(db, "SELECT count(*) AS n FROM mail_message", ()) == {"mail_message"}
    assert await read_whole(db, "SELECT id FROM invitation WHERE id = 1", ()) == set()


async def test_reminders_find_what_is_due_and_open_by_its_indexes(db: Any, guardians: list[Guardian]) -> None:
    """Of the coming days by the due date, and of each activity the open ones alone, not all it ever had."""
    with recorded() as statements:
        await reminders.remind(clock.today())
    joined = {sql: values for sql, values in statements.items() if "JOIN activity" in sql and "a.due_on <=" in sql}
    assert len(joined) == 2
    for sql, values in joined.items():
        assert {"idx_activity_due_on_a46829", "idx_invitation_activit_ee16dc"} <= await indexes_of(db, sql, values), sql


async def longest_turn(work: Coroutine[Any, Any, Any]) -> float:
    """The most this thread computed between two turns of others, in seconds of its own: however busy the machine is."""
    longest, last = 0.0, 0.0
    gc.collect()  # the test's own garbage is nobody's turn
    done = asyncio.ensure_future(work)
    last = time.thread_time()
    while not done.done():
        await asyncio.sleep(0)
        now = time.thread_time()
        longest, last = max(longest, now - last), now
    await done
    return longest


@pytest.fixture
def readings(db: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each statement brings from now on."""
    found: list[int] = []
    ask = type(db).execute_query_dict

    async def counting(self: Any, *values: Any) -> Any:
        answer = await ask(self, *values)
        found.append(len(answer))
        return answer

    monkeypatch.setattr(type(db), "execute_query_dict", counting)
    return found


async def test_taking_away_twelve_thousand_invitations_holds_nobody_up(
    guardians: list[Guardian], readings: list[int]
) -> None:
    mine = guardians[0]
    account_id = (await Account.get(guardian_id=mine.id)).id
    files: list[bytes] = []

    async def all_own_data() -> None:
        files.append(await asyncio.to_thread(own_data.zipped, await own_data.own_data(account_id)))

    async def spreadsheet() -> None:
        me = Parent(
            "fr", session_id=1, account_id=account_id, name="x", actor="test", roles=frozenset(), guardian_id=mine.id
        )
        files.append(b"".join([part async for part in wallet_file._file(me)]))

    async def feed() -> None:
        entries = await calendar_feeds.feed_entries(mine.id)
        calendar_feeds.tag_of(entries, "x", "fr")

    acts: list[Callable[[], Coroutine[Any, Any, None]]] = [all_own_data, spreadsheet, feed]
    turns = {act.__name__: await longest_turn(act()) for act in acts}
    assert max(readings) <= MOST_ROWS
    assert sum(readings) > 2 * PAST * CHILDREN
    assert {name: turn for name, turn in turns.items() if turn > LONGEST_TURN} == {}
    assert len(files[1].splitlines()) == 2 + PAST * CHILDREN


async def test_balances_counted_back_from_now_are_those_added_up_from_the_beginning(guardians: list[Guardian]) -> None:
    mine = guardians[0].id
    everything = [one async for some in wallet.all_movements(mine) for one in some]
    balance = 0
    for one in reversed(everything):
        balance += one.cents
        assert one.balance_cents == balance
    assert balance == 1_000
    assert len(everything) == 1 + PAST * CHILDREN
    for page in (1, 2, 500, 961):
        lines = (await wallet.movements(mine, page=page)).lines
        assert lines == everything[(page - 1) * 10 : page * 10]
