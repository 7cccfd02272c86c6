"""The verification set of AIAA 2006-6753: 33 element sets, 666 states, error rows, both modes.

Times are minutes since epoch. `tcppver.out` holds the improved mode; for object 23599,
`aiaa-afspc-mode.toml` holds the afspc mode, 964 m away.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gpuprop import Catalog, propagate_since_epoch

if TYPE_CHECKING:
    from pathlib import Path

    from gpuprop.states import States

MM = 1e-6
UM_PER_S = 1e-9

# Object, first minute without a state, its status: AIAA 2006-6753 and the tests of python-sgp4
ERRORS = [
    (22312, 494.2028672, 1),
    (28350, 1560.0, 1),
    (28872, 55.0, 6),
    (29141, 440.0, 6),
    (33333, 25.0, 4),
    (33334, 0.0, 3),
    (33334, 69.0, 1),
    (20413, 1844345.0, 6),
]


@pytest.fixture(scope="module")
def catalog(test_data: Path) -> Catalog:
    """All 33 element sets; the last three are made up and carry wrong checksums."""
    return Catalog.read(test_data / "SGP4-VER.TLE", checksum="ignore", duplicates="all")


def _blocks(path: Path) -> list[tuple[int, np.ndarray]]:
    """Object and rows (minutes, x, y, z, vx, vy, vz), in the order of the element sets."""
    blocks: list[tuple[int, list[list[float]]]] = []
    for line in path.read_text().splitlines():
        fields = line.split()
        if fields[1:] == ["xx"]:
            blocks.append((int(fields[0]), []))
        else:
            blocks[-1][1].append([float(field) for field in fields[:7]])
    return [(number, np.array(rows)) for number, rows in blocks]


def _assert_states(states: States, expected: np.ndarray) -> None:
    assert states.v is not None
    assert states.status.tolist() == [[0] * len(expected)]
    assert np.abs(states.r[0] - expected[:, :3]).max() < MM
    assert np.abs(states.v[0] - expected[:, 3:]).max() < UM_PER_S


def test_every_published_state_of_the_improved_mode(catalog: Catalog, test_data: Path) -> None:
    blocks = _blocks(test_data / "tcppver.out")
    assert len(blocks) == len(catalog) == 33
    total = 0
    for i, (number, rows) in enumerate(blocks):
        assert catalog.norad_id[i] == number
        if number == 33334:
            # Its only row is an error at epoch and repeats the last state of the object before it
            np.testing.assert_array_equal(rows[0, 1:], blocks[i - 1][1][-1, 1:])
        elif len(rows):
            states = propagate_since_epoch(catalog[i : i + 1], rows[:, 0], mode="improved")
            _assert_states(states, rows[:, 1:])
            total += len(rows)
    assert total == 666


def test_every_published_state_of_the_afspc_mode(test_data: Path) -> None:
    with (test_data / "aiaa-afspc-mode.toml").open("rb") as file:
        cases = tomllib.load(file)["list"]
    checked = 0
    for case in cases:
        good = [state for state in case["states"] if "position" in state]
        if case["line1"].startswith("1 33334"):
            continue
        catalog = Catalog.read(f"{case['line1']}\n{case['line2']}\n", checksum="ignore")
        rows = np.array([state["position"] + state["velocity"] for state in good])
        minutes = [state["time"] for state in good]
        _assert_states(propagate_since_epoch(catalog, minutes, mode="afspc"), rows)
        checked += catalog.norad_id[0] == 23599
    assert checked == 1


def test_the_two_modes_differ_where_the_published_ones_do(catalog: Catalog) -> None:
    row = int(np.flatnonzero(catalog.norad_id == 23599)[0])
    minutes = np.arange(0.0, 721.0, 20.0)
    one = catalog[row : row + 1]
    afspc = propagate_since_epoch(one, minutes, mode="afspc").r
    improved = propagate_since_epoch(one, minutes, mode="improved").r
    assert np.linalg.norm(afspc - improved, axis=2).max() == pytest.approx(0.964, abs=0.01)


@pytest.mark.parametrize("mode", ["afspc", "improved"])
@pytest.mark.parametrize(("number", "minute", "status"), ERRORS)
def test_errors_come_at_the_published_times(
    catalog: Catalog, number: int, minute: float, status: int, mode: str
) -> None:
    row = int(np.flatnonzero(catalog.norad_id == number)[-1])
    states = propagate_since_epoch(catalog[row : row + 1], [minute], mode=mode)
    assert states.status.tolist() == [[status]]
    assert np.isnan(states.r).all()
