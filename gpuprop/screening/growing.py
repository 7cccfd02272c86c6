"""Columns of rows that grow: what a long search has found so far, without the pieces it came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["GrowingRows"]

# By how much the share of the rows may lag behind that of the work
_MARGIN = 1.2


class GrowingRows:
    """Stacks tables of columns, all with the same names and types, as they come.

    Each column is one array. When it is full, the next one is as long as all rows will need by the share of
    the work that has been done, and twice as long at least. The system gives memory to an array where it is
    written alone, and takes a large one back as soon as it is dropped; millions of rows in small arrays stay
    with the process.

    Examples
    --------
    >>> rows = GrowingRows()
    >>> rows.add([{"tca": np.array([5, 7])}, {"tca": np.array([6])}])
    >>> rows.add([{"tca": np.array([8])}])
    >>> rows.columns()
    {'tca': array([5, 7, 6, 8])}
    """

    def __init__(self) -> None:
        self._columns: dict[str, NDArray[Any]] = {}
        self._n = 0

    def add(self, tables: Sequence[dict[str, NDArray[Any]]], *, share: float = 1.0) -> None:
        """Append the rows of tables, with which a share of all is there."""
        total = self._n + sum(len(next(iter(table.values()))) for table in tables)
        expected = int(_MARGIN * total / share)
        for table in tables:
            n = self._n + len(next(iter(table.values())))
            for name, values in table.items():
                column = self._columns.setdefault(name, np.empty(0, values.dtype))
                if n > len(column):
                    longer = np.empty(max(n, expected, 2 * len(column)), values.dtype)
                    longer[: self._n] = column[: self._n]
                    self._columns[name] = column = longer
                column[self._n : n] = values
            self._n = n

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return all rows."""
        return {name: column[: self._n] for name, column in self._columns.items()}
