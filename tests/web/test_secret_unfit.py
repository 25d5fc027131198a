"""A start whose secret does not fit the data refuses in one sentence; with the right one nothing has ended (O6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.portal import NORA, running_portal, start_portal

pytestmark = [pytest.mark.served, pytest.mark.slow]
OTHER = "a secret of nobody's, and as long as the other"


def test_another_secret_stops_the_start_in_one_sentence(tmp_path: Path) -> None:
    with running_portal(tmp_path) as portal:
        token = dict(portal.sign_in(NORA).cookies)
    (tmp_path / "log").write_text("")
    with pytest.raises(AssertionError, match="did not start") as refused:
        start_portal(tmp_path, CREOS_SECRET=OTHER)
    assert refused.value.args[1].returncode == 3
    log = (tmp_path / "log").read_text()
    assert log.count("CREOS_SECRET is not the one this database belongs to") == 1
    assert "Traceback" not in log
    assert OTHER not in log
    with running_portal(tmp_path) as portal:
        client = portal.client()
        client.cookies.update(token)
        assert client.get("/invitations").status_code == 200, "the session has ended"
