"""Where signing in may lead on to: a path of ours, nothing else."""

from __future__ import annotations

import pytest

from pages.home import safe_next


@pytest.mark.parametrize("target", ["/", "/invitations", "/invitations?tab=paid&page=2", "/a/b#c", "/loginx", "/%0a"])
def test_our_own_paths(target: str) -> None:
    assert safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "", "invitations", "//evil.example", "///evil", "/\\evil.example", "\\/evil", "/a\\b", "https://evil.example",
        "javascript:alert(1)", " /invitations", "\t/x", "/\t/evil.example", "/\n/evil", "/x\r\nSet-Cookie: a=b", "/x\0",
        "/é", "/\u2028", "/login", "/login?next=/login", "/login#x", "/logout", "/language", "/" + "x" * 500,
    ],
)  # fmt: skip
def test_everything_else(target: str) -> None:
    assert safe_next(target) is None
