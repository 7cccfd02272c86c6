"""Whom against whom: which pairs of objects a screening looks at, and which it leaves out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.catalog import Catalog
from gpuprop.digest import ELEMENTS, order_of_elements
from gpuprop.errors import InputError
from gpuprop.screening.exclusion import Exclusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gpuprop.screening.stretches import Stretches

    Bools = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.int64]

__all__ = ["PairFilter", "Selection"]


@dataclass(frozen=True, eq=False)
class Selection:
    """The objects that take part in a screening, and the part each of them has.

    A pair is looked at if one of its objects is a primary and the other one a secondary (an object may be
    both), and no rule excludes it.

    Attributes
    ----------
    catalog : Catalog
        All objects that are primaries or secondaries.
    primary, secondary : ndarray of bool, shape (n,)
        Which of them are what.
    exclusion : Exclusion
        Pairs to leave out.

    Examples
    --------
    >>> import gpuprop
    >>> stations = gpuprop.Catalog.sample().select(ids=[25544, 48274, 49044])
    >>> Selection.of(stations, primaries=[49044]).primary
    array([False, False,  True])
    """

    catalog: Catalog
    primary: Bools
    secondary: Bools
    exclusion: Exclusion

    @classmethod
    def of(
        cls,
        catalog: Catalog,
        *,
        primaries: Any = None,
        secondaries: Any = None,
        exclude: str | Sequence[str] = (),
        exclude_pairs: npt.ArrayLike | None = None,
        exclude_groups: npt.ArrayLike | None = None,
        called: str = "primaries",
    ) -> Selection:
        """Check and resolve the arguments of `gpuprop.screen` of the same names.

        Messages call the primaries what the caller's own argument is called.

        Raises
        ------
        InputError
            An object is not in the catalog, or an argument cannot be used.
        """
        if not isinstance(catalog, Catalog):
            raise InputError(f"catalog is {type(catalog).__name__}; give a gpuprop.Catalog")
        if secondaries is not None and primaries is None:
            raise InputError("secondaries are given without primaries; give primaries, or both")
        n = len(catalog)
        joined, first = _resolved(catalog, n, primaries, called)
        joined, second = _resolved(joined, n, secondaries, "secondaries")
        primary, secondary = np.zeros(len(joined), bool), np.zeros(len(joined), bool)
        primary[first], secondary[second] = True, True
        exclusion = Exclusion.of(joined, n, exclude, exclude_pairs, exclude_groups)
        whole = cls(joined, primary, secondary, exclusion)
        part_taking = primary | secondary
        return whole if part_taking.all() else whole.take(np.flatnonzero(part_taking))

    @property
    def everything(self) -> bool:
        """Whether every pair is looked at."""
        return bool(self.primary.all() and self.secondary.all()) and not self.exclusion.pairwise

    def take(self, rows: Ints) -> Selection:
        """Return some of the objects, in any order."""
        return Selection(
            self.catalog[rows], self.primary[rows], self.secondary[rows], self.exclusion.take(rows)
        )

    def sorted(self) -> Selection:
        """Return the objects in the order of ids, then of elements."""
        catalog = self.catalog
        if (catalog.norad_id[1:] > catalog.norad_id[:-1]).all():
            return self
        order = order_of_elements(catalog)
        # The same catalog, not a copy: models that engines made of it are found again.
        return self if (np.diff(order) == 1).all() else self.take(order)

    def chosen(self, row_1: Any, row_2: Any) -> Any:
        """Tell for pairs of rows whether one is a primary and the other one a secondary."""
        return (self.primary[row_1] & self.secondary[row_2]) | (self.secondary[row_1] & self.primary[row_2])

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What the result says of it: how many took part, and how many pairs each rule left out."""
        told: dict[str, Any] = {}
        if not (self.primary.all() and self.secondary.all()):
            told |= {"primaries": int(self.primary.sum()), "secondaries": int(self.secondary.sum())}
        left_out = self.exclusion.counts(self)
        return told | ({"left_out_pairs": left_out} if left_out else {})

    def digest(self) -> str:
        """Return the SHA-256 of which pairs of the catalog's rows are looked at; empty if all are."""
        if self.everything and not self.exclusion.docked:
            return ""
        digest = hashlib.sha256(bytes([self.exclusion.docked]))
        labels = self.exclusion.labels
        names = sorted(labels)
        digest.update(repr((names, len(self.catalog))).encode())
        for column in (
            self.primary,
            self.secondary,
            *(labels[name] for name in names),
            self.exclusion.pair_keys,
        ):
            digest.update(np.ascontiguousarray(column).tobytes())
        return f"sha256:{digest.hexdigest()}"

    def n_pairs(self, kind: Ints | None = None) -> int:
        """Return how many pairs of a primary and a secondary there are, of all or of each kind of object."""
        kind = np.zeros(len(self.primary), np.int64) if kind is None else kind
        of_a_kind = kind >= 0
        total = 0.0
        both, primary, secondary = (
            np.bincount(kind[of_a_kind & mask]).astype(np.float64)
            for mask in (
                self.primary & self.secondary,
                self.primary & ~self.secondary,
                self.secondary & ~self.primary,
            )
        )
        size = max(len(both), len(primary), len(secondary))
        both, primary, secondary = (np.pad(c, (0, size - len(c))) for c in (both, primary, secondary))
        total = (both * (both - 1) / 2 + both * (primary + secondary) + primary * secondary).sum()
        return int(total)


class PairFilter:
    """Keeps those stretches whose pairs a selection looks at, where the engine has them.

    Parameters
    ----------
    selection : Selection
        In the order of the rows of the stretches.
    xp : module
        NumPy, or CuPy for an engine on a GPU.
    """

    def __init__(self, selection: Selection, xp: Any) -> None:
        self._xp = xp
        exclusion = selection.exclusion
        self._on_device = replace(
            selection, primary=xp.asarray(selection.primary), secondary=xp.asarray(selection.secondary)
        )
        self._labels = [xp.asarray(labels) for labels in exclusion.labels.values()]
        self._ids = xp.asarray(selection.catalog.norad_id)
        self._keys = xp.asarray(exclusion.pair_keys)

    def __call__(self, stretches: Stretches) -> Stretches:
        """Return the stretches of the pairs that are looked at."""
        a, b = stretches.row_1, stretches.row_2
        keep = self._on_device.chosen(a, b)
        for labels in self._labels:
            keep &= (labels[a] != labels[b]) | (labels[a] < 0)
        if len(self._keys):
            keys = (self._ids[a] << 31) + self._ids[b]
            place = self._xp.minimum(self._xp.searchsorted(self._keys, keys), len(self._keys) - 1)
            keep &= self._keys[place] != keys
        return stretches.take(keep)


def _resolved(catalog: Catalog, n: int, given: Any, name: str) -> tuple[Catalog, Ints]:
    """Return the rows that an argument stands for, in a catalog to which its objects may have been added."""
    if given is None:
        return catalog, np.arange(len(catalog))
    if isinstance(given, Catalog):
        return _joined(catalog, given)
    values = np.atleast_1d(np.asarray(given))
    if values.dtype == np.bool_:
        if values.shape != (n,):
            raise InputError(
                f"{name} is bool of shape {values.shape}; give one bool per object, shape ({n},)"
            )
        return catalog, np.flatnonzero(values)
    return catalog, rows_of_ids(catalog.norad_id[:n], values, name)


def rows_of_ids(known: Ints, values: npt.NDArray[Any], name: str) -> Ints:
    """Return all rows that have one of the ids.

    Raises
    ------
    InputError
        An id is not known, or is no id.
    """
    if values.size and values.dtype.kind not in "iu":
        raise InputError(
            f"{name} holds {values.dtype} values; give catalog numbers, a mask, or a gpuprop.Catalog"
        )
    absent = np.unique(values[~np.isin(values, known)])
    if absent.size:
        shown = ", ".join(map(str, absent[:5].tolist()))
        more = f" and {absent.size - 5} more" if absent.size > 5 else ""
        raise InputError(f"{name}: not in the catalog: {shown}{more}")
    return np.flatnonzero(np.isin(known, values))


def _joined(catalog: Catalog, other: Catalog) -> tuple[Catalog, Ints]:
    """Add the element sets of another catalog, except those that are there already; return their rows."""
    if other is catalog:
        return catalog, np.arange(len(catalog))
    place: dict[bytes, int] = {}
    for row, key in enumerate(_keys(catalog)):
        place.setdefault(key, row)
    rows = np.array([place.get(key, -1) for key in _keys(other)], np.int64)
    new = np.flatnonzero(rows < 0)
    rows[new] = len(catalog) + np.arange(len(new))
    return (Catalog.concatenate([catalog, other[new]]) if len(new) else catalog), rows


def _keys(catalog: Catalog) -> list[bytes]:
    columns = [getattr(catalog, name).view(np.int64) for name in ELEMENTS]
    table = np.ascontiguousarray(np.stack(columns, axis=1))
    return [row.tobytes() for row in table]
