"""New elements for some objects: screen those alone, and keep what is known of the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from gpuprop import arrow_compute as pc
from gpuprop.arrow_columns import numbers_of, numbers_to_arrow, texts_to_arrow
from gpuprop.arrow_table import metadata_of
from gpuprop.digest import ELEMENTS
from gpuprop.encounter_table import SCHEMA, Encounters
from gpuprop.errors import InputError
from gpuprop.screening import screen
from gpuprop.screening.describe import sorted_rows
from gpuprop.screening.plan import LARGEST_STEP_S, best_step_s
from gpuprop.screening.selection import Selection
from gpuprop.screening.some import are_few

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import numpy.typing as npt

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import FailedObject

    Bools = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.int64]

__all__ = ["rescreen"]

_NEEDED = ("start", "stop", "threshold_km", "mode", "engine", "catalog")
_NOT_OF_ALL = ("primaries", "left_out_pairs", "left_out_docked", "ephemerides", "volume")


def rescreen(
    previous: Encounters | str | os.PathLike[str],
    updated_catalog: Catalog,
    *,
    previous_catalog: Catalog,
    step_s: float | None = None,
    max_memory: int | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Encounters:
    """Bring a screening up to date after some objects have got new elements, have come or have gone.

    Objects whose numbers and elements are in both catalogs are not compared with each other again.
    The result is what `gpuprop.screen` gives for the updated catalog, with window, threshold, mode and
    engine of the previous screening.

    Parameters
    ----------
    previous : Encounters or path
        Result of `gpuprop.screen` or `gpuprop.screen_to` of everybody against everybody, or its Parquet file.
    updated_catalog : Catalog
        What is to be screened now. Each object once.
    previous_catalog : Catalog
        What `previous` was made of; that is checked.
    step_s, max_memory, progress
        As in `gpuprop.screen`.

    Returns
    -------
    Encounters

    Raises
    ------
    InputError
        If `previous` is not of `previous_catalog`, or is no screening of everybody, or an object is in
        a catalog twice.

    Examples
    --------
    >>> import gpuprop
    >>> stations = gpuprop.Catalog.sample().select(ids=[25544, 48274, 49044])
    >>> before = gpuprop.screen(stations[:2], "2024-11-01", "2024-11-02", threshold_km=10)
    >>> now = gpuprop.rescreen(before, stations, previous_catalog=stations[:2])
    >>> now == gpuprop.screen(stations, "2024-11-01", "2024-11-02", threshold_km=10)
    True
    """
    known = previous if isinstance(previous, Encounters) else Encounters.read(previous)
    asked = _checked(known, previous_catalog)
    same = _unchanged(previous_catalog, updated_catalog)
    fresh = screen(
        updated_catalog,
        asked["start"],
        asked["stop"],
        threshold_km=asked["threshold_km"],
        mode=asked["mode"],
        engine=asked["engine"],
        primaries=~same,
        step_s=step_s,
        max_memory=max_memory,
        progress=progress,
    )
    ids = updated_catalog.norad_id[same]
    parameters = {
        name: value for name, value in fresh.parameters.items() if name not in {"primaries", "secondaries"}
    }
    if step_s is None and asked["engine"] == "cpu":  # a few objects are screened in longer steps
        few = are_few(Selection.of(updated_catalog))
        parameters["step_s"] = LARGEST_STEP_S if few else best_step_s(len(updated_catalog))
    report = _report(known, fresh, updated_catalog, ids)
    rows = _merged(known, fresh, updated_catalog, same)
    return Encounters(rows.replace_schema_metadata(metadata_of(parameters, report)))


def _checked(previous: Encounters, catalog: Catalog) -> dict[str, Any]:
    """Return the parameters of a screening that another can start from."""
    asked = dict(previous.parameters)
    missing = [name for name in _NEEDED if name not in asked]
    if missing:
        raise InputError(
            f"previous does not say of its {', '.join(missing)}; give a result of gpuprop.screen"
        )
    other = [name for name in _NOT_OF_ALL if name in asked]
    if other:
        raise InputError(
            f"previous is not of all element sets and no others ({', '.join(other)}); give such a screening"
        )
    if asked["catalog"] != catalog.digest:
        raise InputError(
            "previous_catalog is not what previous was made of (their digests differ); give that catalog"
        )
    return asked


def _unchanged(previous: Catalog, updated: Catalog) -> Bools:
    """Tell which objects of the updated catalog have the same elements in the previous one."""
    order, ids = _ordered(previous, "previous_catalog")
    _ordered(updated, "updated_catalog")
    place = np.minimum(np.searchsorted(ids, updated.norad_id), len(ids) - 1)
    same: Bools = np.zeros(len(updated), bool) if not len(ids) else ids[place] == updated.norad_id
    before = order[place[same]]
    equal = np.ones(len(before), bool)
    for name in ELEMENTS:
        equal &= getattr(previous, name)[before] == getattr(updated, name)[same]
    same[same] = equal
    return same


def _ordered(catalog: Catalog, name: str) -> tuple[Ints, Ints]:
    """Return the order of ids, and these in that order; refuse an object that comes twice."""
    order = np.argsort(catalog.norad_id)
    ids = catalog.norad_id[order]
    twice = ids[1:][ids[1:] == ids[:-1]]
    if len(twice):
        raise InputError(f"{name} has object {twice[0]} more than once; give each object once")
    return order, ids


def _merged(previous: Encounters, fresh: Encounters, updated: Catalog, same: Bools) -> pa.Table:
    """Return the rows of unchanged objects, with the names that they have now, and the new ones."""
    known, names = numbers_to_arrow(updated.norad_id), texts_to_arrow(updated.name.tolist())
    both = previous.to_arrow(), fresh.to_arrow()
    objects = {number: [_places(table, f"norad_id_{number}", known) for table in both] for number in "12"}
    # The last one stands for objects that are gone
    is_kept = np.append(same, False)
    kept = np.flatnonzero(is_kept[objects["1"][0]] & is_kept[objects["2"][0]])
    keys = [np.append(previous[key][kept], fresh[key]) for key in Encounters.order]
    rows = np.append(kept, len(previous) + np.arange(len(fresh)))[sorted_rows(keys, kind="stable")]

    taken = numbers_to_arrow(rows)

    def column(name: str) -> pa.Array | pa.ChunkedArray:
        if name in {"name_1", "name_2"}:  # what they were called before is not asked for
            return names.take(numbers_to_arrow(np.concatenate(objects[name[-1]])[rows]))
        # To put both parts into one array first takes more memory, which takes longer than all the rest.
        return pa.chunked_array([chunk for table in both for chunk in table[name].chunks]).take(taken)

    return pa.Table.from_arrays([column(name) for name in SCHEMA.names], schema=SCHEMA)


def _places(table: pa.Table, name: str, known: pa.Array) -> Ints:
    """Return where the ids of a column are among those that are known, -1 where they are not."""
    places = pc.index_in(table[name], known).combine_chunks()
    return numbers_of(places.fill_null(-1))


def _report(previous: Encounters, fresh: Encounters, updated: Catalog, ids: Ints) -> list[FailedObject]:
    """Return the failures of unchanged objects as they were, and those of the others as they are now."""
    names = {failed.norad_id: "" for failed in (*previous.report, *fresh.report)}
    rows = np.flatnonzero(np.isin(updated.norad_id, list(names)))
    names |= dict(zip(updated.norad_id[rows].tolist(), updated.name[rows].tolist(), strict=True))
    unchanged = set(ids[np.isin(ids, list(names))].tolist())
    kept = [
        replace(failed, name=names[failed.norad_id])
        for failed in previous.report
        if failed.norad_id in unchanged
    ]
    new = [failed for failed in fresh.report if failed.norad_id not in unchanged]
    return sorted([*kept, *new], key=lambda failed: failed.norad_id)
