"""What no application code may get around: triggers, the partial unique index, the views, and the school's accounts.

The text is frozen here: a later change drops and creates in a migration of its own. RunPython, because Tortoise's
RunSQL splits trigger bodies at ";" on SQLite.

- A transfer row never changes and never goes (R37); its insert alone moves wallet balances, and CHECK keeps them
  >= 0 (R39).
- A transfer fits its kind (K3); one for an invitation fits its answer: state, amount, answer number, the debtor's own
  wallet; a refund gives back what the answer before it paid, and nothing else (R45).
- An invitation begins open; every answer takes the next number (K7); a mandatory one is never declined (K8); once
  answered the amount stays.
- `transfer_once`: one transfer per invitation and answer number (an answer pays or gives back, never both).
- Folded names sort alike on both databases.
- `posting` shows both sides of each transfer; `ledger_drift` names what does not add up and must stay empty.
"""

from __future__ import annotations

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

UNFIT = """
    NEW.invitation_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM invitation i
        JOIN ledger_account source ON source.id = NEW.source_id
        JOIN ledger_account target ON target.id = NEW.target_id
        WHERE i.id = NEW.invitation_id AND i.amount_cents = NEW.amount_cents AND i.answer_no = NEW.answer_no
          AND (NEW.kind = 'payment' AND i.status = 'paid' AND source.guardian_id = i.debtor_id
                   AND target.kind = 'revenue'
            OR NEW.kind = 'carried_over' AND i.status = 'paid' AND source.kind = 'outside'
                   AND target.kind = 'revenue'
            OR NEW.kind = 'refund' AND i.status <> 'paid' AND source.kind = 'revenue'
                   AND target.guardian_id = i.debtor_id
                   AND EXISTS (SELECT 1 FROM transfer t WHERE t.invitation_id = i.id
                               AND t.answer_no = NEW.answer_no - 1 AND t.kind IN ('payment', 'carried_over'))))
    OR NEW.invitation_id IS NULL AND (NEW.answer_no IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM ledger_account source JOIN ledger_account target ON target.id = NEW.target_id
        WHERE source.id = NEW.source_id
          AND (NEW.kind = 'top_up' AND source.kind = 'outside' AND target.kind = 'wallet'
            OR NEW.kind = 'withdrawal' AND source.kind = 'wallet' AND target.kind = 'outside'
            OR NEW.kind = 'correction')))
"""
ILLEGAL_STEP = """
    NOT (
        NEW.status = OLD.status AND NEW.answer_no = OLD.answer_no
            AND (NEW.amount_cents = OLD.amount_cents OR OLD.status = 'open')
        OR NEW.status <> OLD.status AND NEW.answer_no = OLD.answer_no + 1 AND NEW.amount_cents = OLD.amount_cents
            AND NEW.status IN ('open', 'paid', 'declined'))
    OR NEW.activity_id <> OLD.activity_id OR NEW.pupil_id <> OLD.pupil_id OR NEW.debtor_id <> OLD.debtor_id
"""
DECLINED_MANDATORY = """
    NEW.status = 'declined' AND EXISTS (SELECT 1 FROM activity a WHERE a.id = NEW.activity_id AND a.mandatory)
"""
BALANCES = """
    UPDATE ledger_account SET balance_cents = balance_cents - NEW.amount_cents
        WHERE id = NEW.source_id AND kind = 'wallet';
    UPDATE ledger_account SET balance_cents = balance_cents + NEW.amount_cents
        WHERE id = NEW.target_id AND kind = 'wallet';
"""
IMMUTABLE = "transfer rows are immutable"
FOR_EVER = "ledger accounts are for ever"

SQLITE = [
    f"""CREATE TRIGGER transfer_fits BEFORE INSERT ON transfer WHEN {UNFIT}
        BEGIN SELECT RAISE(ABORT, 'transfer does not fit its invitation'); END""",
    f"CREATE TRIGGER transfer_apply AFTER INSERT ON transfer BEGIN {BALANCES} END",
    f"CREATE TRIGGER transfer_no_update BEFORE UPDATE ON transfer BEGIN SELECT RAISE(ABORT, '{IMMUTABLE}'); END",
    f"CREATE TRIGGER transfer_no_delete BEFORE DELETE ON transfer BEGIN SELECT RAISE(ABORT, '{IMMUTABLE}'); END",
    f"CREATE TRIGGER account_no_delete BEFORE DELETE ON ledger_account BEGIN SELECT RAISE(ABORT, '{FOR_EVER}'); END",
    f"""CREATE TRIGGER account_same_owner BEFORE UPDATE OF kind, guardian_id ON ledger_account
        BEGIN SELECT RAISE(ABORT, '{FOR_EVER}'); END""",
    """CREATE TRIGGER invitation_begin BEFORE INSERT ON invitation WHEN NEW.status <> 'open' OR NEW.answer_no <> 0
        BEGIN SELECT RAISE(ABORT, 'an invitation begins open'); END""",
    f"""CREATE TRIGGER invitation_step BEFORE UPDATE ON invitation WHEN {ILLEGAL_STEP} OR {DECLINED_MANDATORY}
        BEGIN SELECT RAISE(ABORT, 'invitation: illegal step'); END""",
    """CREATE TRIGGER invitation_no_delete BEFORE DELETE ON invitation WHEN OLD.answer_no > 0
        BEGIN SELECT RAISE(ABORT, 'an answered invitation stays'); END""",
]

POSTGRES = [
    # names sort by their letters' codes, as on SQLite, whatever language the server was set up in
    *(
        f'ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar({length}) COLLATE "C"'
        for table, column, length in (
            ("guardian", "name_key", 201),
            ("pupil", "name_key", 201),
            ("activity", "title_key", 200),
        )
    ),
    # ERRCODE check_violation becomes Tortoise's IntegrityError; anything else would be a raw asyncpg error
    """CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'check_violation'; END $$""",
    f"""CREATE FUNCTION transfer_fits() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF {UNFIT} THEN
            RAISE EXCEPTION 'transfer does not fit its invitation' USING ERRCODE = 'check_violation'; END IF;
        RETURN NEW; END $$""",
    f"""CREATE FUNCTION transfer_apply() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN  -- one lock order: no deadlock between two wallets
            PERFORM 1 FROM ledger_account WHERE id IN (NEW.source_id, NEW.target_id) AND kind = 'wallet'
                ORDER BY id FOR NO KEY UPDATE;
            {BALANCES} RETURN NULL; END $$""",
    f"""CREATE FUNCTION invitation_step() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF {ILLEGAL_STEP} OR {DECLINED_MANDATORY} THEN
            RAISE EXCEPTION 'invitation: illegal step' USING ERRCODE = 'check_violation'; END IF;
        RETURN NEW; END $$""",
    "CREATE TRIGGER transfer_fits BEFORE INSERT ON transfer FOR EACH ROW EXECUTE FUNCTION transfer_fits()",
    "CREATE TRIGGER transfer_apply AFTER INSERT ON transfer FOR EACH ROW EXECUTE FUNCTION transfer_apply()",
    f"CREATE TRIGGER transfer_no_update BEFORE UPDATE ON transfer FOR EACH ROW EXECUTE FUNCTION forbid('{IMMUTABLE}')",
    f"CREATE TRIGGER transfer_no_delete BEFORE DELETE ON transfer FOR EACH ROW EXECUTE FUNCTION forbid('{IMMUTABLE}')",
    f"""CREATE TRIGGER transfer_no_truncate BEFORE TRUNCATE ON transfer
        FOR EACH STATEMENT EXECUTE FUNCTION forbid('{IMMUTABLE}')""",
    f"""CREATE TRIGGER account_no_delete BEFORE DELETE ON ledger_account
        FOR EACH ROW EXECUTE FUNCTION forbid('{FOR_EVER}')""",
    f"""CREATE TRIGGER account_same_owner BEFORE UPDATE OF kind, guardian_id ON ledger_account
        FOR EACH ROW EXECUTE FUNCTION forbid('{FOR_EVER}')""",
    """CREATE TRIGGER invitation_begin BEFORE INSERT ON invitation
        FOR EACH ROW WHEN (NEW.status <> 'open' OR NEW.answer_no <> 0)
        EXECUTE FUNCTION forbid('an invitation begins open')""",
    "CREATE TRIGGER invitation_step BEFORE UPDATE ON invitation FOR EACH ROW EXECUTE FUNCTION invitation_step()",
    """CREATE TRIGGER invitation_no_delete BEFORE DELETE ON invitation FOR EACH ROW WHEN (OLD.answer_no > 0)
        EXECUTE FUNCTION forbid('an answered invitation stays')""",
]

BOTH = [
    """CREATE UNIQUE INDEX transfer_once ON transfer (invitation_id, answer_no)
        WHERE invitation_id IS NOT NULL""",
    """CREATE VIEW posting AS
        SELECT id AS transfer_id, source_id AS account_id, -amount_cents AS amount_cents FROM transfer
        UNION ALL SELECT id, target_id, amount_cents FROM transfer""",
    """CREATE VIEW ledger_drift AS
        SELECT 'wallet' AS what, a.id AS id FROM ledger_account a WHERE a.kind = 'wallet' AND a.balance_cents <>
            (SELECT coalesce(sum(p.amount_cents), 0) FROM posting p WHERE p.account_id = a.id)
        UNION ALL SELECT 'invitation', i.id FROM invitation i
            WHERE CASE WHEN i.status = 'paid' THEN i.amount_cents ELSE 0 END <>
            (SELECT coalesce(sum(CASE WHEN t.kind = 'refund' THEN -t.amount_cents ELSE t.amount_cents END), 0)
             FROM transfer t WHERE t.invitation_id = i.id)""",
    """INSERT INTO ledger_account (kind, name, balance_cents) VALUES
        ('revenue', 'activities', 0), ('outside', 'bank', 0), ('outside', 'former_system', 0)""",
]


async def install(_apps: Any, schema_editor: Any) -> None:
    database = schema_editor.client
    for statement in (SQLITE if database.capabilities.dialect == "sqlite" else POSTGRES) + BOTH:
        await database.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    operations = [ops.RunPython(install)]
