"""The states of both objects of every encounter at closest approach, from the catalog that was screened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from gpuprop.errors import InputError
from gpuprop.propagation import prepare
from gpuprop.screening.mixed import MixedEngine, with_placeholders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters
    from gpuprop.ephemeris import Ephemeris

    Floats = NDArray[np.float64]

__all__ = ["AtTca", "around_tca", "at_tca"]

_NS_PER_DAY = 86_400e9
# An age in days is good to some microseconds; what differs by more is another element set
_SAME_EPOCH_NS = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class AtTca:
    """Both objects of n encounters at their TCA.

    Attributes
    ----------
    rows : ndarray of int64, (2, n)
        Rows of the catalog; from its length on, the ephemerides in their order.
    r, v : ndarray of float64, (2, n, 3)
        Positions and velocities, TEME, km and km/s; NaN where the state is not usable.

    Examples
    --------
    >>> AtTca(np.empty((2, 0), np.int64), np.empty((2, 0, 3)), np.empty((2, 0, 3))).rows.shape
    (2, 0)
    """

    rows: NDArray[np.int64]
    r: Floats
    v: Floats


def at_tca(
    encounters: Encounters,
    catalog: Catalog,
    *,
    engine: Literal["auto", "cpu", "cuda"] = "auto",
    mode: Literal["afspc", "improved"] | None = None,
    ephemerides: Sequence[Ephemeris] = (),
) -> AtTca:
    """Look both objects of every encounter up in the catalog and propagate them to TCA.

    Parameters
    ----------
    encounters : Encounters
        From a screening of that catalog.
    catalog : Catalog
        The element sets that were screened.
    engine : {"auto", "cpu", "cuda"}
        What to compute with.
    mode : {"afspc", "improved"}, optional
        SGP4's operation mode; that of the screening if left out, else ``"afspc"``.
    ephemerides : sequence of Ephemeris
        Those that were screened with the catalog.

    Returns
    -------
    AtTca

    Raises
    ------
    InputError
        The catalog lacks an element set of the encounters, or has another one of the object.

    Examples
    --------
    >>> import gpuprop
    >>> stations = gpuprop.Catalog.sample().select(ids=[25544, 48274, 49044])
    >>> encounters = gpuprop.screen(stations, "2024-11-01T00:00Z", "2024-11-01T03:00Z", threshold_km=10)
    >>> at_tca(encounters, stations).r.shape
    (2, 1, 3)
    """
    at_once = np.zeros((len(encounters), 1))
    around = around_tca(encounters, catalog, at_once, engine=engine, mode=mode, ephemerides=ephemerides)
    return AtTca(around.rows, around.r[:, :, 0], around.v[:, :, 0])


def around_tca(
    encounters: Encounters,
    catalog: Catalog,
    offsets_s: Floats,
    *,
    engine: Literal["auto", "cpu", "cuda"] = "auto",
    mode: Literal["afspc", "improved"] | None = None,
    ephemerides: Sequence[Ephemeris] = (),
) -> AtTca:
    """Propagate both objects of every encounter to m instants about its TCA.

    Parameters
    ----------
    encounters, catalog, engine, mode, ephemerides
        As in `at_tca`.
    offsets_s : ndarray of float64, (n, m)
        Seconds after each TCA.

    Returns
    -------
    AtTca
        Positions and velocities of shape (2, n, m, 3).

    Raises
    ------
    InputError
        As in `at_tca`.

    Examples
    --------
    >>> import gpuprop, numpy as np
    >>> stations = gpuprop.Catalog.sample().select(ids=[25544, 48274, 49044])
    >>> encounters = gpuprop.screen(stations, "2024-11-01T00:00Z", "2024-11-01T03:00Z", threshold_km=10)
    >>> around_tca(encounters, stations, np.array([[-60.0, 0.0, 60.0]])).r.shape
    (2, 1, 3, 3)
    """
    every = with_placeholders(catalog, ephemerides)
    tca_ns = encounters.tca.astype("datetime64[ns]").astype(np.int64)
    rows = np.stack(
        [_rows(encounters[f"norad_id_{k}"], tca_ns, encounters[f"age_{k}_days"], every) for k in (1, 2)]
    )
    screened = encounters.parameters.get("mode", "afspc")
    chosen, model = prepare(every, engine, screened if mode is None else mode, "float64")
    if ephemerides:
        chosen = MixedEngine(chosen, every, ephemerides)
    times_ns = tca_ns[:, None] + np.rint(offsets_s * 1e9).astype(np.int64)
    m = times_ns.shape[1]
    r, v, _ = chosen.states_at(model, rows.ravel().repeat(m), np.tile(times_ns.ravel(), 2))
    assert v is not None
    return AtTca(rows, r.reshape(2, -1, m, 3), v.reshape(2, -1, m, 3))


def _rows(
    ids: NDArray[np.int64], tca_ns: NDArray[np.int64], age_days: Floats, catalog: Catalog
) -> NDArray[np.int64]:
    """Return the row of each encounter's element set, told by number and epoch."""
    epoch_ns = tca_ns - np.rint(age_days * _NS_PER_DAY).astype(np.int64)
    order = np.lexsort((catalog.epoch, catalog.norad_id))
    sorted_ids, sorted_epochs = catalog.norad_id[order], catalog.epoch[order]
    first = np.searchsorted(sorted_ids, ids, side="left")
    last = np.searchsorted(sorted_ids, ids, side="right")
    if (first == last).any():
        raise InputError(
            f"catalog has no object {ids[np.argmax(first == last)]}, which has encounters; "
            "give the catalog, and the ephemerides, that were screened"
        )
    # Few objects have more than one element set; each step of this loop tries the next one of all
    best, distance = first.copy(), np.abs(sorted_epochs[first] - epoch_ns)
    for step in range(1, int((last - first).max(initial=1))):
        candidate = np.minimum(first + step, last - 1)
        off = np.abs(sorted_epochs[candidate] - epoch_ns)
        best, distance = np.where(off < distance, candidate, best), np.minimum(off, distance)
    if (distance > _SAME_EPOCH_NS).any():
        raise InputError(
            f"catalog has another element set of object {ids[np.argmax(distance > _SAME_EPOCH_NS)]} than the "
            "encounters; give the catalog that was screened"
        )
    return np.asarray(order[best], np.int64)
