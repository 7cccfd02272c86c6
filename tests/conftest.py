"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gpuprop.engines import Engine

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of large reference data that is not part of the repository."""
    folder = Path(os.environ.get("GPUPROP_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "catalogs").is_dir():
        pytest.skip(f"no reference data in {folder}; set GPUPROP_SHARED_DATA to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Return the folder of small published data that comes with the tests."""
    return ROOT / "tests" / "data"


@pytest.fixture(scope="session", params=["cpu"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Return each engine that can run here, in turn."""
    from gpuprop.engines import get_engine

    return get_engine(request.param)
