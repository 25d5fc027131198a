"""tests/RULES.md has every rule number the code mentions, each with its sentence and with tests that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
RULES = ROOT / "tests" / "RULES.md"
FOLDERS = ("creos_ui", "models", "pages", "tests", "bench")
READ = {".py", ".md", ".css", ".js", ".html", ".txt"}
MENTION = re.compile(r"\b([RK])([1-9]\d?)(?:-\1?([1-9]\d?))?\b")  # R40, and R5-R9 or R5-9 for all five
ENTRY = re.compile(r"^- \*\*([RKFO][1-9]\d?)\*\* (.*)$")
TEST = re.compile(r"^  - `([^`]+)`$")


class Rule(NamedTuple):
    number: str
    sentence: str
    tests: list[str]


def listed() -> list[Rule]:
    """The entries of RULES.md, as they stand there."""
    rules: list[Rule] = []
    for line in RULES.read_text("utf-8").splitlines():
        if entry := ENTRY.match(line):
            rules.append(Rule(entry[1], entry[2], []))
        elif test := TEST.match(line):
            rules[-1].tests.append(test[1])
    return rules


def mentioned() -> Iterator[tuple[str, Path]]:
    """Every rule number in the code, the tests and the documents, with the file it is in."""
    files = [ROOT / "README.md", ROOT / "Makefile"]
    files += [file for folder in FOLDERS for file in (ROOT / folder).rglob("*") if file.suffix in READ]
    for file in files:
        for letter, first, last in MENTION.findall(file.read_text("utf-8")):
            for number in range(int(first), int(last or first) + 1):
                yield f"{letter}{number}", file.relative_to(ROOT)


@cache
def functions_of(path: str) -> set[str]:
    """The names of the test functions in this file; none if there is no such file."""
    file = ROOT / path
    if not file.is_file():
        return set()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    return {node.name for node in nodes if isinstance(node, functions) and node.name.startswith("test_")}


def test_every_number_in_the_code_has_its_rule() -> None:
    known = {rule.number for rule in listed()}
    assert [(number, str(file)) for number, file in mentioned() if number not in known] == []


def test_each_rule_stands_once_and_says_something() -> None:
    rules = listed()
    numbers = [rule.number for rule in rules]
    assert sorted(set(numbers)) == sorted(numbers)
    assert [rule.number for rule in rules if not rule.sentence] == []


def test_each_rule_is_held_by_tests_that_exist() -> None:
    rules = listed()
    assert len(rules) > 50, "RULES.md is written in another form than this test reads"
    assert [rule.number for rule in rules if not rule.tests] == []
    for rule in rules:
        for test in rule.tests:
            path, _, name = test.partition("::")
            assert name in functions_of(path), f"{rule.number}: there is no {test}"
