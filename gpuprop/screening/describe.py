"""What an encounter table says of each encounter: geometry at TCA, kind, ages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from gpuprop.arrow_columns import numbers_to_arrow, texts_to_arrow
from gpuprop.encounter_schema import KINDS
from gpuprop.engines.cpu.constants import MU
from gpuprop.engines.cpu.ric import RANGE, SPEED
from gpuprop.threads import get_num_threads, map_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog
    from gpuprop.screening.encounters import Intervals
    from gpuprop.screening.refine import Floats, Ints, Pairs

NS_PER_DAY = 86_400e9
SLOW_KM_S = 0.1
"""Below this relative speed the range is so flat that TCA is good to less than 0.1 ms."""

IDENTICAL_KM = 1e-6
_PIECE = 1 << 15
_MISSING = np.iinfo(np.int64).min
_MOTION = [f"{axis}_{unit}" for unit in ("km", "km_s") for axis in ("radial", "in_track", "cross_track")]


def ric_axes(r: Floats, v: Floats) -> Floats:
    """Return the RIC axes (CCSDS 508.0) of states: (n, 3, 3), radial, in-track, cross-track a row each."""
    radial = r / np.linalg.norm(r, axis=1, keepdims=True)
    momentum = np.cross(r, v)
    cross_track = momentum / np.linalg.norm(momentum, axis=1, keepdims=True)
    return np.stack([radial, np.cross(cross_track, radial), cross_track], axis=1)


def kinds(found: Intervals, speed_km_s: Floats, period_s: Floats) -> NDArray[np.int8]:
    """Return the kind of each encounter, the first that applies, as its number in `KINDS`."""
    duration_s = (found.exit_ns - found.enter_ns) / 1e9
    stays = (found.n_minima >= 2) | (duration_s >= 0.5 * period_s)
    applies = {
        "identical": found.farthest_km <= IDENTICAL_KM,
        "cut by error": found.cut_by_error,
        "co-orbital": stays,
        "cut by window": found.cut_by_window,
        "slow": speed_km_s < SLOW_KM_S,
    }
    numbers = [KINDS.index(kind) for kind in applies]
    return np.select(list(applies.values()), numbers, KINDS.index("flyby")).astype(np.int8)


def columns(pairs: Pairs, found: Intervals, a_km: Floats) -> dict[str, Any]:
    """Make the columns of an encounter table, with rows of the catalog in place of its objects.

    `pairs` are those of the encounters, one each; their rows are rows of the catalog.
    """
    motion = pairs.motion(found.tca_ns)
    period_s = 2.0 * np.pi * np.sqrt(a_km[pairs.row_1] ** 3 / MU)
    return {
        "row_1": pairs.row_1.astype(np.int32),
        "row_2": pairs.row_2.astype(np.int32),
        "tca": found.tca_ns,
        "enter": np.where(found.enter_seen, found.enter_ns, _MISSING),
        "exit": np.where(found.exit_seen, found.exit_ns, _MISSING),
        "duration_s": (found.exit_ns - found.enter_ns) / 1e9,
        "miss_distance_km": motion[RANGE],
        "relative_speed_km_s": motion[SPEED],
        **dict(zip(_MOTION, motion, strict=False)),
        "n_minima": found.n_minima.astype(np.int32),
        "kind": kinds(found, motion[SPEED], period_s),
    }


def worded(numbers: NDArray[Any], words: tuple[str, ...]) -> pa.Array:
    """Return words for their numbers."""
    return pa.DictionaryArray.from_arrays(numbers_to_arrow(numbers.astype(np.int8)), texts_to_arrow(words))


def identified(found: list[dict[str, Any]], catalog: Catalog, *, order: tuple[str, ...]) -> dict[str, Any]:
    """Stack tables of columns, sort them by those of `order`, put in ids, names and ages in place of rows.

    The rows are in the order of ids. A table of names is slow to sort; this leaves it nothing to do. Columns
    are taken out of the tables as they are sorted, so that millions of rows are not in memory twice.
    """
    keys = [name.replace("norad_id", "row") for name in order]
    in_order = sorted_rows([_stacked([table[key] for table in found]) for key in keys])
    many = len(in_order) >= len(catalog)
    names = texts_to_arrow(catalog.name.tolist()) if many else None

    def named(rows: NDArray[Any]) -> pa.Array:
        if names is None:
            return texts_to_arrow(catalog.name[rows].tolist())
        return names.take(numbers_to_arrow(rows))

    def about(object_: str) -> dict[str, Any]:
        rows = columns.pop(f"row_{object_}")
        return {
            f"norad_id_{object_}": catalog.norad_id[rows],
            f"name_{object_}": named(rows),
            f"age_{object_}_days": _ages_days(columns["tca"], catalog.epoch, rows),
        }

    # A thread takes longer to begin than few rows take
    spread: Any = map_blocks if many else map
    n_shares = get_num_threads() if many else 1
    shares = [list(found[0])[k::n_shares] for k in range(n_shares)]
    columns: dict[str, Any] = {}
    for part in spread(lambda share: _take_sorted(found, share, in_order), shares):
        columns |= part
    for part in spread(about, ["1", "2"]):
        columns |= part
    return columns


def _stacked(columns: list[NDArray[Any]]) -> NDArray[Any]:
    return columns[0] if len(columns) == 1 else np.concatenate(columns)


def _take_sorted(found: list[dict[str, Any]], names: list[str], in_order: Ints) -> dict[str, NDArray[Any]]:
    """Take columns out of the tables, sorted.

    Each is sorted into the memory of the one before it: to get new memory from the system takes longer.
    """
    result: dict[str, NDArray[Any]] = {}
    free: dict[np.dtype[Any], NDArray[Any]] = {}
    for name in names:
        values = _stacked([table.pop(name) for table in found])
        room = free.pop(values.dtype, np.empty(0, values.dtype))
        result[name] = np.take(values, in_order, out=room, mode="clip") if len(room) else values[in_order]
        if values.flags.writeable:
            free[values.dtype] = values
    return result


def sorted_rows(keys: list[NDArray[Any]], *, kind: Literal["quicksort", "stable"] = "quicksort") -> Ints:
    """Order by several keys, of which the first one alone nearly always decides.

    `kind` is that of `numpy.argsort`: ``"stable"`` is the fastest if the keys are a few sorted parts.
    """
    order = np.argsort(keys[0], kind=kind)
    first = keys[0][order]
    same = first[1:] == first[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    rows = order[tied]
    order[tied] = rows[np.lexsort([key[rows] for key in reversed(keys)])]
    return order


def _ages_days(tca_ns: Ints, epoch_ns: Ints, rows: Ints) -> Floats:
    """Age at TCA of the element sets in some rows, piece by piece: the arrays on the way stay small."""
    ages = np.empty(len(rows))
    for begin in range(0, len(rows), _PIECE):
        part = slice(begin, begin + _PIECE)
        ages[part] = (tca_ns[part] - epoch_ns[rows[part]]) / NS_PER_DAY
    return ages
