"""`rescreen`: new elements for some objects give what a screening of all would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gpuprop
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = "2024-11-01T00:00:00Z", "2024-11-01T01:00:00Z"
COLUMNS = (
    "norad_id",
    "name",
    "epoch",
    "mean_motion",
    "eccentricity",
    "inclination",
    "ra_of_asc_node",
    "arg_of_pericenter",
    "mean_anomaly",
    "bstar",
)


@pytest.fixture(scope="module")
def before() -> gpuprop.Catalog:
    """A part of the sample; 36884 fails in the whole window."""
    sample = gpuprop.Catalog.sample()
    ids = np.union1d(sample.norad_id[::15], [36884, 25544, 49044])
    return sample.select(ids=ids.tolist())


def screened(catalog: gpuprop.Catalog, engine: str = "cpu") -> gpuprop.Encounters:
    return gpuprop.screen(catalog, *WINDOW, threshold_km=60.0, engine=engine)


def changed(catalog: gpuprop.Catalog, rows: Any, **shift: float) -> gpuprop.Catalog:
    """Return a catalog in another order with some columns shifted in some rows."""
    columns = {name: getattr(catalog, name).copy() for name in COLUMNS}
    for name, by in shift.items():
        columns[name][rows] += by
    return gpuprop.Catalog.from_arrays(**columns)[::-1]


def test_changed_new_and_gone_objects(before: gpuprop.Catalog, engine: Any) -> None:
    """Each third of ten objects in a hundred is moved, has gone, or is new."""
    old = before[np.arange(len(before)) % 30 != 7]
    new = changed(before[np.arange(len(before)) % 30 != 3], slice(5, None, 30), mean_anomaly=0.4)
    previous, whole = screened(old, engine.name), screened(new, engine.name)
    found = gpuprop.rescreen(previous, new, previous_catalog=old)
    assert len(set(old.norad_id) - set(new.norad_id)) > 30
    assert len(set(new.norad_id) - set(old.norad_id)) > 30
    assert not whole.to_arrow().equals(previous.to_arrow())
    assert whole.report
    assert found == whole
    assert found.to_arrow().schema.metadata == whole.to_arrow().schema.metadata


def test_one_object_that_fails_now_and_one_that_no_longer_does(before: gpuprop.Catalog) -> None:
    rows = np.flatnonzero(np.isin(before.norad_id, [25544]))
    fallen = changed(before, rows, mean_motion=1.9)
    risen = before.select(ids=before.norad_id[before.norad_id != 36884].tolist())
    for old, new in [(before, fallen), (fallen, before), (before, risen), (risen, before)]:
        whole = screened(new)
        assert gpuprop.rescreen(screened(old), new, previous_catalog=old) == whole
        assert {failed.norad_id for failed in whole.report} != {f.norad_id for f in screened(old).report}


def test_nothing_new_everything_new_and_a_new_name(before: gpuprop.Catalog, tmp_path: Path) -> None:
    previous = screened(before)
    previous.to_parquet(tmp_path / "previous.parquet")
    columns = {name: getattr(before, name) for name in COLUMNS}
    columns["name"] = np.char.add(before.name, " B")
    moved = changed(before, slice(None), mean_anomaly=0.1)
    for new in (before[::-1], moved, gpuprop.Catalog.from_arrays(**columns), before[:0], before[:1]):
        found = gpuprop.rescreen(tmp_path / "previous.parquet", new, previous_catalog=before)
        assert found == screened(new)


def test_a_result_of_a_folder_will_do(before: gpuprop.Catalog, tmp_path: Path) -> None:
    path = gpuprop.screen_to(tmp_path, before, *WINDOW, threshold_km=60.0, engine="cpu")
    new = changed(before, slice(0, None, 50), mean_anomaly=0.2)
    assert gpuprop.rescreen(path, new, previous_catalog=before) == screened(new)


def test_what_cannot_be_started_from(before: gpuprop.Catalog) -> None:
    few = before[:20]
    previous = screened(few)
    twice = gpuprop.Catalog.concatenate([few, few[:1]])
    part = gpuprop.screen(few, *WINDOW, primaries=[int(few.norad_id[0])])
    nothing = gpuprop.Encounters.from_columns({name: [] for name in previous.to_arrow().column_names})
    for known, new, old, reason in [
        (previous, few, few[:19], "digests differ"),
        (previous, twice, few, "updated_catalog has object .* more than once"),
        (screened(twice), few, twice, "previous_catalog has object .* more than once"),
        (part, few, few, "not of all element sets"),
        (nothing, few, few, "does not say of its start"),
    ]:
        with pytest.raises(InputError, match=reason):
            gpuprop.rescreen(known, new, previous_catalog=old)
