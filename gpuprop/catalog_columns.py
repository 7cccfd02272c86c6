"""What a catalog is: columns of equal length, and rows taken from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gpuprop.catalog_convert import split_julian
from gpuprop.digest import catalog_digest
from gpuprop.errors import InputError
from gpuprop.formats.columns import FIELDS, Columns, take
from gpuprop.formats.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self

_COLUMNS = (*FIELDS, "source", "line")


@dataclass(frozen=True, eq=False, repr=False)
class CatalogColumns:
    """The columns of a catalog, and rows taken from them; `Catalog` says what each column is."""

    norad_id: npt.NDArray[np.int64]
    object_id: npt.NDArray[np.str_]
    name: npt.NDArray[np.str_]
    epoch: npt.NDArray[np.int64]
    mean_motion: npt.NDArray[np.float64]
    eccentricity: npt.NDArray[np.float64]
    inclination: npt.NDArray[np.float64]
    ra_of_asc_node: npt.NDArray[np.float64]
    arg_of_pericenter: npt.NDArray[np.float64]
    mean_anomaly: npt.NDArray[np.float64]
    bstar: npt.NDArray[np.float64]
    mean_motion_dot: npt.NDArray[np.float64]
    mean_motion_ddot: npt.NDArray[np.float64]
    element_set_no: npt.NDArray[np.int32]
    rev_at_epoch: npt.NDArray[np.int32]
    ephemeris_type: npt.NDArray[np.int8]
    classification_type: npt.NDArray[np.str_]
    source: npt.NDArray[np.int32]
    line: npt.NDArray[np.int32]
    sources: tuple[str, ...] = ()
    report: Report = field(default_factory=Report)

    def __post_init__(self) -> None:
        for name in _COLUMNS:
            column = getattr(self, name).view()
            column.flags.writeable = False
            object.__setattr__(self, name, column)

    @classmethod
    def _of(cls, columns: Columns, names: tuple[str, ...], report: Report) -> Self:
        values = {name: columns[name] for name in (*FIELDS, "line")}
        source = columns.get("source")
        values["source"] = np.zeros(len(columns["norad_id"]), np.int32) if source is None else source
        return cls(**values, sources=names, report=report)

    def _columns(self) -> Columns:
        return {name: getattr(self, name) for name in _COLUMNS}

    def _checked_mask(self, mask: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        values = np.asarray(mask)
        if values.dtype != np.bool_ or values.shape != (len(self),):
            raise InputError(
                f"mask is {values.dtype} of shape {values.shape}; "
                f"give one bool per object, shape ({len(self)},)"
            )
        return values

    def __getitem__(self, rows: int | slice | npt.ArrayLike) -> Self:
        if isinstance(rows, (int, np.integer)):
            if not -len(self) <= rows < len(self):
                raise IndexError(f"row {rows} of a catalog of {len(self)} objects")
            rows = [int(rows)]
        if not isinstance(rows, slice):
            index = np.asarray(rows)
            if index.dtype == np.bool_:
                index = self._checked_mask(index)
            elif index.size == 0:
                index = np.empty(0, np.int64)
            elif index.dtype.kind not in "iu" or index.ndim != 1:
                raise InputError("a catalog is indexed by a row, a slice, a mask or an array of rows")
            rows = index
        return self._of(take(self._columns(), rows), self.sources, self.report)

    def __len__(self) -> int:
        return len(self.norad_id)

    def __iter__(self) -> Iterator[Self]:
        return (self[row] for row in range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Two catalogs are equal if their element sets are, wherever they came from."""
        if not isinstance(other, CatalogColumns):
            return NotImplemented
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in FIELDS)

    __hash__ = None  # type: ignore[assignment]  # equal by value

    def __repr__(self) -> str:
        count = f"{len(self)} object{'' if len(self) == 1 else 's'}"
        refused = len(self.report.only("refused"))
        note = f", {refused} refused" if refused else ""
        if not len(self):
            return f"<Catalog: {count}{note}>"
        first, last = _shown(self.epoch.min()), _shown(self.epoch.max())
        span = f"epoch {first}" if first == last else f"epochs {first} to {last}"
        return f"<Catalog: {count}, {span}{note}>"

    @property
    def epoch_utc(self) -> npt.NDArray[np.datetime64]:
        """The epochs as ``datetime64[ns]``, UTC.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample()[:1].epoch_utc
        array(['2024-10-29T12:18:43.492896000'], dtype='datetime64[ns]')
        """
        return self.epoch.view("datetime64[ns]")

    @cached_property
    def epoch_jd(self) -> npt.NDArray[np.float64]:
        """Julian date of the midnight at or before each epoch; ends in .5, exact.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample()[:1].epoch_jd
        array([2460612.5])
        """
        return split_julian(self.epoch)[0]

    @cached_property
    def epoch_fr(self) -> npt.NDArray[np.float64]:
        """Fraction of the day from `epoch_jd` to each epoch, correctly rounded.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample()[:1].epoch_fr
        array([0.51300339])
        """
        return split_julian(self.epoch)[1]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what a screening depends on: numbers, epochs and elements of all element sets.

        The order of the catalog, its file format and its names do not enter.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample().digest == Catalog.sample()[::-1].digest
        True
        """
        return catalog_digest(self)


def require_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Raise `InputError` unless an argument has one of the values it may have."""
    if value not in choices:
        raise InputError(f"{name} is {value!r}; give one of {', '.join(map(repr, choices))}")


def _shown(epoch: np.int64) -> str:
    return str(epoch.view("datetime64[ns]")).removesuffix("000")
