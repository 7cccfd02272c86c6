"""Pairs that a screening leaves out: given ones, and those within a group."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.encounter_schema import KINDS
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gpuprop.catalog import Catalog
    from gpuprop.screening.selection import Selection

    Ints = npt.NDArray[np.int64]

__all__ = ["NAMED", "Exclusion"]

NAMED = ("constellation", "launch", "same-id", "docked")
"""What `exclude` knows by name."""

# Debris and spent stages belong to no constellation, and these names are no series.
_NO_PAYLOAD = re.compile(r"\b(?:DEB|R/B|AKM|PKM|PLAT|DEBRIS|COOLANT)\b")
_NO_NAME = re.compile(r"(?:OBJECT|UNKNOWN|TBA|UNASSIGNED)\b|$")
_MISSING = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class Exclusion:
    """Rules by which pairs are left out.

    Attributes
    ----------
    labels : dict of str to ndarray of int64, shape (n,)
        By rule: two objects with the same label are no pair, unless it is -1.
    pair_keys : ndarray of int64
        Excluded pairs of ids as ``smaller << 31 | larger``, sorted.
    docked : bool
        Whether pairs that never part are left out of the result.
    """

    labels: dict[str, Ints] = field(default_factory=dict)
    pair_keys: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    docked: bool = False

    @classmethod
    def of(cls, catalog: Catalog, n: int, names: str | Sequence[str], pairs: Any, groups: Any) -> Exclusion:
        """Check and resolve rules; `groups` has one label for each of the first n objects of the catalog."""
        names = (names,) if isinstance(names, str) else tuple(names)
        for name in names:
            if name not in NAMED:
                raise InputError(f"exclude holds {name!r}; choose from {', '.join(map(repr, NAMED))}")
        labels = {name: _named_labels(catalog, name) for name in names if name != "docked"}
        if groups is not None:
            labels["groups"] = _given_labels(catalog, n, groups)
        keys = np.zeros(0, np.int64) if pairs is None else _pair_keys(catalog, pairs)
        return cls(labels, keys, "docked" in names)

    @property
    def pairwise(self) -> bool:
        """Whether there are rules that are applied before pairs are refined."""
        return bool(self.labels) or len(self.pair_keys) > 0

    def take(self, rows: Ints) -> Exclusion:
        """Return the rules for some of the objects."""
        return Exclusion(
            {name: labels[rows] for name, labels in self.labels.items()}, self.pair_keys, self.docked
        )

    def counts(self, selection: Selection) -> dict[str, int]:
        """Return how many pairs of a primary and a secondary each rule leaves out."""
        told = {name: selection.n_pairs(labels) for name, labels in self.labels.items()}
        if len(self.pair_keys):
            told["pairs"] = self._n_given(selection)
        return told

    def _n_given(self, selection: Selection) -> int:
        ids = selection.catalog.norad_id
        order = np.argsort(ids, kind="stable")
        total = 0
        for smaller, larger in zip(
            (self.pair_keys >> 31).tolist(), (self.pair_keys & (2**31 - 1)).tolist(), strict=True
        ):
            a, b = (
                order[slice(*np.searchsorted(ids[order], (number, number + 1)))]
                for number in (smaller, larger)
            )
            total += int(selection.chosen(a[:, np.newaxis], b[np.newaxis, :]).sum())
        return total

    def without_docked(self, tables: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
        """Drop encounters that begin before the window and end after it; return how many those are."""
        if not self.docked:
            return tables, 0
        kept, dropped = [], 0
        for table in tables:
            never_part = (table["enter"] == _MISSING) & (table["exit"] == _MISSING)
            never_part &= table["kind"] != KINDS.index("cut by error")
            dropped += int(never_part.sum())
            kept.append({name: column[~never_part] for name, column in table.items()})
        return kept, dropped


def _named_labels(catalog: Catalog, name: str) -> Ints:
    if name == "same-id":
        return np.unique(catalog.norad_id, return_inverse=True)[1].astype(np.int64)
    labels = np.full(len(catalog), -1, np.int64)
    by = "name" if name == "constellation" else name
    for label, (key, rows) in enumerate(catalog.groups(by=by).items()):
        if key and not (name == "constellation" and _NO_NAME.match(key)):
            labels[rows] = label
    if name == "constellation":
        labels[[_NO_PAYLOAD.search(text.upper()) is not None for text in catalog.name.tolist()]] = -1
    return labels


def _given_labels(catalog: Catalog, n: int, groups: Any) -> Ints:
    values = np.asarray(groups)
    if values.shape != (n,) or values.dtype.kind not in "iuUS":
        raise InputError(
            f"exclude_groups is {values.dtype} of shape {values.shape}; give one label, a text or a whole "
            f"number, for each object of the catalog, shape ({n},)"
        )
    labels = np.full(len(catalog), -1, np.int64)
    labels[:n] = np.unique(values, return_inverse=True)[1]
    none = values < 0 if values.dtype.kind == "i" else values == np.zeros(1, values.dtype)[0]
    labels[:n][none if values.dtype.kind != "u" else np.zeros(n, bool)] = -1
    return labels


def _pair_keys(catalog: Catalog, pairs: Any) -> Ints:
    from gpuprop.screening.selection import rows_of_ids

    try:
        values = np.asarray(pairs)
    except ValueError:
        values = np.zeros(0, object)
    if values.size == 0 and values.dtype != object:
        return np.zeros(0, np.int64)
    if values.ndim != 2 or values.shape[1] != 2 or values.dtype.kind not in "iu":
        raise InputError("exclude_pairs: give pairs of catalog numbers, shape (m, 2)")
    rows_of_ids(catalog.norad_id, values, "exclude_pairs")
    ids = np.sort(values.astype(np.int64), axis=1)
    if (ids[:, 0] == ids[:, 1]).any():
        number = ids[ids[:, 0] == ids[:, 1]][0, 0]
        raise InputError(f"exclude_pairs: {number} is paired with itself; name two objects")
    return np.unique((ids[:, 0] << 31) + ids[:, 1])
