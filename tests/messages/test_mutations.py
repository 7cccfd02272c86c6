"""Damaged messages give a message or one clear error, never anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gpuprop
from gpuprop import Catalog
from gpuprop.errors import CatalogError
from gpuprop.messages import Cdm, Oem, catalog_oem, encounters_to_json, read_encounters_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PIECES = [
    *(b"", b"\x00", b"\xff", b"nan", b"=", b"<", b">", b"&", b"[km]", b"-1e999", b"{", b'"', b"null"),
    *(b"OBJECT = OBJECT1\n", b"META_START\n"),
]


@pytest.fixture(scope="module")
def texts(test_data: Path) -> dict[str, tuple[bytes, Callable[[bytes], Any]]]:
    message = Cdm.read(test_data / "cdm" / "OmitronTestCase_Test07_NonPDCovariance.cdm")
    catalog = Catalog.sample().select(ids=[25544, 49044])
    states = catalog_oem(catalog, np.datetime64("2024-11-01", "ns") + np.arange(4) * np.timedelta64(60, "s"))
    encounters = gpuprop.screen(catalog, "2024-11-01", "2024-11-01T03:00", threshold_km=10.0)
    return {
        "cdm": (message.to_kvn().encode(), Cdm.read),
        "cdm-xml": (message.to_xml().encode(), Cdm.read),
        "oem": (states.to_kvn().encode(), Oem.read),
        "json": (
            encounters_to_json(gpuprop.assess(encounters, catalog), catalog).encode(),
            read_encounters_json,
        ),
    }


@settings(deadline=None, max_examples=400)
@given(
    kind=st.sampled_from(["cdm", "cdm-xml", "oem", "json"]),
    places=st.lists(st.tuples(st.floats(0.0, 1.0), st.integers(0, 30), st.sampled_from(PIECES)), max_size=3),
    end=st.floats(0.2, 1.0),
)
def test_a_damaged_message_is_read_or_refused(
    texts: dict[str, tuple[bytes, Callable[[bytes], Any]]],
    kind: str,
    places: list[tuple[float, int, bytes]],
    end: float,
) -> None:
    text, read = texts[kind]
    for where, length, piece in places:
        at = int(where * len(text))
        text = text[:at] + piece + text[at + length :]
    if end < 0.6:
        text = text[: int(end * len(text))]
    try:
        found = read(text)
    except CatalogError as error:
        found = str(error)
    if isinstance(found, str):
        assert "\n" not in found
    elif isinstance(found, Cdm):
        for which in (1, 2):
            assert np.isfinite(found.covariance(which)).all()
            assert all(np.isfinite(part).all() for part in found.state(which))
    elif isinstance(found, Oem):
        assert all(np.isfinite(segment.r).all() for segment in found.segments)
