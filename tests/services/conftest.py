"""What several files of these tests stand on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.services.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Writes its lists into a folder of its own."""
    return Desk(tmp_path)
