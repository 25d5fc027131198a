"""One portal per test file, with the trial pages; its clock and its record begin anew for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.portal import Portal, running_portal


@pytest.fixture(scope="module")
def portal_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("portal")
    with running_portal(folder, modules=["tests.web.trial_pages"]) as portal:
        yield portal
        assert portal.process.poll() is None, portal.log()


@pytest.fixture
def portal(portal_process: Portal) -> Portal:
    portal_process.move_clock(seconds=0)
    (portal_process.folder / "record").write_text("")
    portal_process.query("DELETE FROM sign_in_attempt")
    return portal_process
