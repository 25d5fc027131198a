"""The command line as an operator meets it: real processes, which end by themselves, with the promised exit status."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from creos_ui.commands.data_folder import with_database
from creos_ui.database.config import sqlite_url
from creos_ui.database.transactions import atomic
from creos_ui.services import audit, keys
from creos_ui.services.audit import Actor
from tests.databases import postgres_database

WITHIN = 5  # seconds from an exception to the end of the process (R67)
MAIN = "from creos_ui.__main__ import main; main()"
HEADER = (
    "Date de début;Bénéficiaire;Débiteur;Description de l'invitation à payer;Montant;Échéance;Date de paiement;"
    "Date de refus;Payé automatiquement"
)
ROW = "19/06/2024;Muller Camille;Dubois Jacqueline;Musée du jouet;5,00 €;24/06/2024;20/06/2024;;"
PASSWORD = "Le tilleul fleurit"
pytestmark = pytest.mark.slow


class Operator:
    """Runs commands in a data folder of their own, in French."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.list = folder / "list.csv"

    def run(
        self, *arguments: str, stdin: str = "", program: str = MAIN, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        settings = {name: value for name, value in os.environ.items() if not name.startswith(("CREOS_", "LC_", "LANG"))}
        settings |= {"CREOS_DATA": str(self.data), "LANG": "fr_BE.UTF-8", "PYTHONIOENCODING": "utf-8", **environment}
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            input=stdin,
            env=settings,
            capture_output=True,
            encoding="utf-8",
            timeout=30,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr or "CREOS_DEBUG" in environment
        return done

    def write(self, *rows: str) -> str:
        self.list.write_text("\n".join([HEADER, *rows]), "utf-8")
        return str(self.list)

    def bring_over(self, *rows: str) -> None:
        assert self.run("import-invitations", self.write(*rows), "--apply").returncode == 0

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.data / "creos.db") as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    """With an empty desk: no data folder yet."""
    return Operator(tmp_path)


@pytest.fixture(scope="module")
def after_the_list(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """Has brought ROW over; only to be copied."""
    operator = Operator(tmp_path_factory.mktemp("after"))
    operator.bring_over(ROW)
    return operator


@pytest.fixture
def busy(operator: Operator, after_the_list: Operator) -> Operator:
    """With one paid invitation of Jacqueline's in the data folder."""
    shutil.copytree(after_the_list.data, operator.data)
    return operator


def test_a_preview_says_what_would_change_and_leaves_nothing_behind(operator: Operator) -> None:
    done = operator.run("import-invitations", operator.write(ROW))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Ce qui changerait avec --apply" in done.stdout
    assert "n’a pas de colonne « Obligatoire »" in done.stdout
    assert not operator.data.exists()


def test_a_list_comes_in_and_the_same_again_changes_nothing(operator: Operator) -> None:
    done = operator.run("import-invitations", operator.write(ROW), "--apply", "--json")
    assert (done.returncode, json.loads(done.stdout)["changes"]["paid"]) == (0, 1)
    assert operator.data.stat().st_mode & 0o777 == 0o700
    again = operator.run("import-invitations", operator.write(ROW), "--apply", LANG="en_GB.UTF-8")
    assert (again.returncode, again.stderr) == (0, "")
    assert "Nothing to change" in again.stdout


def test_each_bad_row_is_named_and_nothing_is_written(operator: Operator) -> None:
    path = operator.write(ROW, ROW.replace("5,00 €", "43012x"), ROW.replace("24/06/2024", "1/feb"))
    done = operator.run("import-invitations", path, "--apply")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Ligne 3, Montant : « 43012x » n’est pas un montant" in done.stderr
    assert "Ligne 4, Échéance : « 1/feb » n’est pas une date" in done.stderr
    told = operator.run("import-invitations", path, "--json")
    assert told.returncode == 2
    assert [(bad["line"], bad["column"], bad["reason"]) for bad in json.loads(told.stdout)["bad_rows"]] == [
        (3, "Montant", "amount"),
        (4, "Échéance", "date"),
    ]
    assert operator.sql("SELECT count(*) FROM invitation") == [(0,)]


def test_a_question_says_what_to_type_and_what_it_means(busy: Operator) -> None:
    path = busy.write(ROW.replace("24/06/2024", "26/06/2024"))
    asked = busy.run("import-invitations", path, "--apply")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert (
        "Ligne 2, Échéance : « Musée du jouet » du 19/06/2024 (échéance 24/06/2024) est ici et n’est plus dans la liste"
    ) in asked.stderr
    assert "1 question attend une réponse : rien n’est écrit." in asked.stderr
    typed = {line.split()[0]: line.split()[1] for line in asked.stderr.splitlines() if line.startswith("  --")}
    assert typed["--same"] == typed["--other"]
    (told,) = json.loads(busy.run("import-invitations", path, "--json").stdout)["questions"]
    assert (told["reason"], told["line"], told["key"]) == ("moved", 2, typed["--same"])

    typo = busy.run("import-invitations", path, "--apply", "--same", told["key"].upper() + "x")
    assert (typo.returncode, typo.stdout) == (2, "")
    assert "Aucune question de cette liste n’a cette clé" in typo.stderr

    both = busy.run("import-invitations", path, "--same", told["key"], "--other", told["key"])
    assert (both.returncode, both.stderr.strip()) == (
        2,
        f"Deux réponses contraires à la même question : {told['key']}.",
    )
    seen = busy.run("import-invitations", path, "--same", told["key"])
    assert (seen.returncode, "activités déplacées ou renommées : 1" in seen.stdout) == (0, True)
    assert busy.run("import-invitations", path, "--apply", "--same", told["key"]).returncode == 0
    assert busy.sql("SELECT due_on, count(*) FROM activity") == [("2024-06-26", 1)]
    assert busy.sql("SELECT status, count(*) FROM invitation") == [("paid", 1)]
    assert busy.run("check").returncode == 0


def test_many_questions_are_answered_by_one_key(operator: Operator) -> None:
    children = ("Muller Camille", "Muller Nolan", "Muller Zoé")
    path = operator.write(*(ROW.replace("Muller Camille", child) for child in children))
    asked = operator.run("import-invitations", path, "--apply")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert [line.split()[1] for line in asked.stderr.splitlines() if line.startswith("Ligne")] == ["3,", "4,"]
    (typed,) = {line.split()[1] for line in asked.stderr.splitlines() if line.startswith("  --")}
    (told,) = json.loads(operator.run("import-invitations", path, "--json").stdout)["together"]
    assert told == {"reason": "debtor", "count": 2, "key": typed}
    done = operator.run("import-invitations", path, "--apply", "--same", typed)
    assert (done.returncode, "nouveaux parents : 1" in done.stdout) == (0, True)
    again = operator.run("import-invitations", path, "--apply", "--same", typed)
    assert (again.returncode, "Rien à changer" in again.stdout) == (0, True)


def test_a_remark_is_shown_and_the_list_comes_in(busy: Operator) -> None:
    path = busy.write(ROW.replace("5,00 €", "6,00 €"), ROW.replace("Muller Camille", "Muller Nolan"))
    new = json.loads(busy.run("import-invitations", path, "--json").stdout)["questions"][0]["key"]
    done = busy.run("import-invitations", path, "--apply", "--same", new)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Ligne 2, Montant : l’invitation a déjà sa réponse ici, pour 5,00 € et non 6,00 €" in done.stdout
    assert busy.sql("SELECT amount_cents, status FROM invitation") == [(500, "paid"), (500, "paid")]


def test_a_disk_that_takes_no_document_takes_no_list_and_gets_a_sentence(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-" + bytes(6_000_000))
    operator.list.write_text(f"{HEADER};Document\n{ROW};plan.pdf\n", "utf-8")
    full = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    full += "resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000)); "
    done = operator.run("import-invitations", str(operator.list), "--apply", program=full + MAIN)
    assert done.returncode == 2
    assert "ne peut rien enregistrer" in done.stderr
    assert operator.sql("SELECT count(*) FROM invitation") == [(0,)]
    assert [path for path in (operator.data / "documents").rglob("*") if path.is_file()] == []


def test_a_file_that_is_no_such_list_gets_a_sentence(operator: Operator) -> None:
    done = operator.run("import-invitations", "no such file.csv", "--apply")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    operator.list.write_text("Nom;Prénom\n", "utf-8")
    told = operator.run("import-invitations", str(operator.list), "--json")
    assert (told.returncode, json.loads(told.stdout)["error"]) == (2, "no_header")


def test_a_wrong_use_is_exit_status_2(operator: Operator) -> None:
    for arguments in (["import-invitations"], ["check", "--loud"], ["sing"], ["demo", "--port", "0"]):
        assert operator.run(*arguments).returncode == 2


def test_the_books_are_checked(busy: Operator) -> None:
    done = busy.run("check")
    assert done.returncode == 0
    assert "Les comptes sont justes." in done.stdout
    assert "CREOS_SECRET is not set." in done.stderr  # told, but no reason to fail


def test_the_first_broken_rule_is_named(busy: Operator) -> None:
    busy.sql("UPDATE ledger_account SET balance_cents = 700 WHERE kind = 'wallet'")
    done = busy.run("check")
    assert done.returncode == 1
    assert "Première règle rompue : wallet_is_its_postings." in done.stdout
    told = busy.run("check", "--json")
    found = json.loads(told.stdout)
    assert (told.returncode, found["ok"], found["first_broken"]) == (1, False, "wallet_is_its_postings")


@pytest.mark.postgres
async def test_books_that_others_hold_are_not_called_broken(operator: Operator) -> None:
    hasty = "from creos_ui.database.config import PATIENT; PATIENT['lock_timeout'] = '300ms'\n" + MAIN

    async def check(*arguments: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(operator.run, "check", *arguments, program=hasty, CREOS_DATABASE_URL=url)

    async with postgres_database() as url:
        holder = await asyncpg.connect(url)
        await holder.execute("BEGIN; LOCK TABLE guardian IN ACCESS EXCLUSIVE MODE")
        done, told = await check(), await check("--json")
        await holder.close()
        assert (done.returncode, told.returncode) == (4, 4)
        assert "NON LU   one_wallet_each : canceling statement due to lock timeout" in done.stdout
        assert "Relancez la commande plus tard." in done.stdout
        found = json.loads(told.stdout)
        assert (found["ok"], found["first_broken"], found["not_seen"]) == (False, None, ["one_wallet_each"])
        assert (await check()).returncode == 0


def test_check_names_the_line_of_the_audit_that_was_edited(busy: Operator) -> None:
    secret = "a secret of the tests, long enough for any"

    async def write() -> None:
        await keys.open_keys(secret)
        for _ in range(3):
            await atomic(lambda db: audit.record(db, "school_changed", by=None, kind="school", actor=Actor.COMMAND))

    with_database(sqlite_url(busy.data), write())
    whole = busy.run("check", CREOS_SECRET=secret)
    assert whole.returncode == 0
    ((last_hash,),) = busy.sql("SELECT hash FROM audit_head")
    assert f"Le journal finit à la ligne 3, empreinte {str(last_hash)[:16]} : " in whole.stdout
    for environment in ({}, {"CREOS_SECRET": "another secret of the tests, and as long"}):
        unseen = busy.run("check", **environment)
        assert (unseen.returncode, "NON LU   audit_chain : CREOS_SECRET" in unseen.stdout) == (4, True)

    ((trigger,),) = busy.sql("SELECT sql FROM sqlite_master WHERE name = 'audit_line_no_update'")
    for statement in ("DROP TRIGGER audit_line_no_update", "UPDATE audit_line SET act = 'other' WHERE id = 2"):
        busy.sql(statement)
    busy.sql(str(trigger))
    found = json.loads(busy.run("check", "--json", CREOS_SECRET=secret).stdout)
    (chain,) = [rule for rule in found["rules"] if rule["name"] == "audit_chain"]
    assert (chain["broken"], chain["example"]) == (1, "2, changed")
    assert found["audit"] == {"lines": 3, "last_hash": last_hash}


def test_check_makes_no_database_where_there_is_none(operator: Operator) -> None:
    assert operator.run("check").returncode == 3
    assert not operator.data.exists()


def test_check_tells_what_is_wrong_with_the_settings_without_showing_them(busy: Operator) -> None:
    busy.data.chmod(0o755)
    done = busy.run("check", CREOS_SECRET="hunter2", CREOS_PUBLIC_URL="http://ecole.example")
    assert done.returncode == 0
    assert "CREOS_SECRET" in done.stderr
    assert "CREOS_PUBLIC_URL must be https" in done.stderr
    assert "chmod 700" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_a_database_that_cannot_be_opened_is_exit_status_3(operator: Operator) -> None:
    operator.data.mkdir(mode=0o700)
    (operator.data / "creos.db").write_bytes(b"not a database at all" * 100)
    for arguments in (["check"], ["import-invitations", operator.write(ROW), "--apply"]):
        done = operator.run(*arguments)
        assert (done.returncode, done.stderr.count("\n")) == (3, 1)


def test_an_account_is_created_and_never_twice(operator: Operator) -> None:
    names = ["--last-name", "Colette", "--first-name", "Anne", "--role", "administrator", "--password-stdin"]
    done = operator.run("create-account", "Colette.Anne", *names, stdin=f"{PASSWORD}\n")
    assert (done.returncode, done.stdout) == (0, "Le compte colette.anne peut se connecter.\n")
    ((role, password_hash),) = operator.sql(
        "SELECT role, password_hash FROM account JOIN account_role ON account_id = account.id"
    )
    assert role == "administrator"
    assert str(password_hash).startswith("$argon2id$")
    again = operator.run("create-account", "colette.anne", *names, stdin=f"{PASSWORD}\n")
    assert (again.returncode, again.stderr) == (2, "Cet identifiant est déjà pris.\n")


def test_an_account_brought_over_gets_its_first_password_without_names(busy: Operator) -> None:
    done = busy.run("create-account", "dubois.jacqueline", "--password-stdin", stdin=PASSWORD)
    assert (done.returncode, done.stderr) == (0, "")
    assert busy.sql("SELECT count(*) FROM account WHERE password_hash IS NOT NULL") == [(1,)]


@pytest.mark.parametrize(
    ("identifier", "password"),
    [("new.person", PASSWORD), ("dubois.jacqueline", "short"), ("dubois.jacqueline", ""), ("a@b.example", PASSWORD)],
)
def test_an_account_that_cannot_be_created_gets_a_sentence(busy: Operator, identifier: str, password: str) -> None:
    done = busy.run("create-account", identifier, "--password-stdin", stdin=password)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert busy.sql("SELECT count(*) FROM account WHERE password_hash IS NOT NULL") == [(0,)]


def test_run_names_the_missing_setting_or_the_open_folder(operator: Operator) -> None:
    done = operator.run("run")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("CREOS_")
    operator.data.mkdir(mode=0o755)
    operator.data.chmod(0o755)
    settings = {
        "CREOS_SECRET": "s3cret" * 8,
        "CREOS_PUBLIC_URL": "http://127.0.0.1:8999",
        "CREOS_SCHOOL_NAME": "École",
        "CREOS_SCHOOL_CONTACT": "02 555 01 23",
        "CREOS_PAYEE_NAME": "Commune",
        "CREOS_PAYEE_IBAN": "BE68539007547034",
    }
    done = operator.run("run", **settings)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"chmod 700 {operator.data}" in done.stderr


OLD_SECRET, NEW_SECRET = "s3cret" * 8, "n3wer-s3cret" * 4


def key_rows(operator: Operator) -> list[tuple[object, ...]]:
    return operator.sql("SELECT purpose, number, sealed FROM portal_key ORDER BY id")


def test_the_secret_is_changed_and_never_shown(busy: Operator) -> None:
    done = busy.run("change-secret", CREOS_SECRET=OLD_SECRET, CREOS_NEW_SECRET=NEW_SECRET)
    assert (done.returncode, done.stderr) == (0, "")
    assert OLD_SECRET not in done.stdout
    assert NEW_SECRET not in done.stdout
    rows = key_rows(busy)
    assert len(rows) == 3
    again = busy.run("change-secret", CREOS_SECRET=OLD_SECRET, CREOS_NEW_SECRET=NEW_SECRET)
    assert (again.returncode, again.stderr.count("\n")) == (3, 1)
    assert key_rows(busy) == rows
    assert busy.run("change-secret", CREOS_SECRET=NEW_SECRET, CREOS_NEW_SECRET=OLD_SECRET).returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (OLD_SECRET, "", "CREOS_NEW_SECRET"),
        (OLD_SECRET, "tooshort-9f8e7d", "CREOS_NEW_SECRET"),
        ("tooshort-9f8e7d", NEW_SECRET, "CREOS_SECRET"),
        (OLD_SECRET, OLD_SECRET, "CREOS_NEW_SECRET"),
    ],
)
def test_a_new_secret_that_is_none_gets_a_sentence(busy: Operator, old: str, new: str, named: str) -> None:
    done = busy.run("change-secret", "--leaked", "--yes", CREOS_SECRET=old, CREOS_NEW_SECRET=new)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert named in done.stderr
    assert "9f8e7d" not in done.stderr
    assert key_rows(busy) == []


def test_after_a_leak_it_says_what_ends_and_asks(busy: Operator) -> None:
    secrets = {"CREOS_SECRET": OLD_SECRET, "CREOS_NEW_SECRET": NEW_SECRET}
    guardian = busy.sql("SELECT min(id) FROM guardian")[0][0]
    busy.sql(f"INSERT INTO calendar_feed (guardian_id, created_at) VALUES ({guardian}, '2026-09-01 09:00:00+00:00')")
    for answer in ("n\n", "\n"):
        done = busy.run("change-secret", "--leaked", stdin=answer, **secrets)
        assert "adresses de calendrier : 1" in done.stdout
        assert (done.returncode, done.stderr.endswith("Rien n’a été changé.\n")) == (2, True)
    assert busy.run("change-secret", "--leaked", **secrets).returncode == 130  # nobody there to say yes
    assert busy.sql("SELECT count(*) FROM calendar_feed WHERE revoked_at IS NULL") == [(1,)]
    done = busy.run("change-secret", "--leaked", "--yes", **secrets)
    assert (done.returncode, done.stderr) == (0, "")
    assert busy.sql("SELECT count(*) FROM calendar_feed WHERE revoked_at IS NULL") == [(0,)]
    assert sorted(row[:2] for row in key_rows(busy)) == [("audit", 1), ("audit", 2), ("hash", 2), ("seal", 2)]


def test_the_demo_leaves_a_real_school_alone(busy: Operator) -> None:
    done = busy.run("demo", "--port", "58999")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert sorted(path.name for path in busy.data.iterdir()) == ["creos.db"]


def test_only_what_serves_waits_for_nicegui(operator: Operator) -> None:
    program = "import sys, creos_ui.__main__; sys.exit('nicegui' in sys.modules)"
    assert operator.run(program=program).returncode == 0


FAULTY = """
import os, pathlib, time
from creos_ui.__main__ import main
from creos_ui.commands import check, create_account, import_invitations
async def broken(*_, **__):
    pathlib.Path(os.environ["RAISED_AT"]).write_text(str(time.time()))
    raise RuntimeError("hunter2 lies in this message")
import_invitations.import_list = check.check_books = create_account.create_account = broken
main()
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["import-invitations", "list.csv", "--apply"],
        ["check"],
        ["create-account", "dubois.jacqueline", "--password-stdin"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_an_unexpected_fault_ends_the_command_with_a_reference(
    busy: Operator, arguments: list[str], tmp_path: Path
) -> None:
    raised_at = tmp_path / "raised_at"
    done = busy.run(*arguments, stdin=PASSWORD, program=FAULTY, RAISED_AT=str(raised_at))
    assert time.time() - float(raised_at.read_text()) < WITHIN
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "hunter2" not in done.stderr
    log = busy.data / "creos.log"
    assert log.stat().st_mode & 0o777 == 0o600
    reference = done.stderr.split("Référence : ")[1][:8]
    assert reference in log.read_text("utf-8")
    assert "RuntimeError: hunter2" in log.read_text("utf-8")


def test_the_details_are_shown_where_they_are_asked_for(busy: Operator, tmp_path: Path) -> None:
    done = busy.run("check", program=FAULTY, CREOS_DEBUG="1", RAISED_AT=str(tmp_path / "raised_at"))
    assert (done.returncode, "RuntimeError" in done.stderr) == (1, True)
