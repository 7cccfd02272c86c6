"""Choosing objects of a catalog, and telling what they have in common."""

from __future__ import annotations

import fnmatch
import re
import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gpuprop.catalog_columns import CatalogColumns, require_choice
from gpuprop.catalog_groups import ORBIT_CLASSES, groups, orbit_class
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from typing import Self

NS_PER_DAY = 86_400_000_000_000


class CatalogSelection(CatalogColumns):
    """The methods of a catalog that choose, group and date its objects."""

    def select(
        self,
        *,
        ids: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
        name: str | None = None,
        orbit: str | None = None,
        max_age_days: float | None = None,
        at: Any = None,
    ) -> Self:
        """Return the objects for which everything that is given holds.

        Parameters
        ----------
        ids : array_like of int, optional
            Catalog numbers; the result is in their order. An object that has several element
            sets comes with all of them.
        mask : array_like of bool, shape (n,), optional
            Rows to keep.
        name : str, optional
            Pattern of the name with ``*`` and ``?``, upper and lower case alike.
        orbit : {"LEO", "MEO", "GEO", "HEO", "other"}, optional
            Class of the orbit, see `orbit_class`.
        max_age_days : float, optional
            Keep element sets whose epoch is no further than this from `at`, before or after.
        at : time, optional
            Instant for `max_age_days`.

        Returns
        -------
        Catalog
            The rows selected.

        Raises
        ------
        InputError
            An object is not in the catalog, the mask has another length, or an argument has no meaning.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> catalog = Catalog.sample()
        >>> catalog.select(ids=[25544, 5]).norad_id
        array([25544,     5])
        >>> len(catalog.select(mask=catalog.inclination > 90))
        8590
        >>> len(catalog.select(name="starlink-*", max_age_days=1.0, at="2024-11-01"))
        6241
        """
        keep = np.ones(len(self), bool) if mask is None else self._checked_mask(mask)
        if name is not None:
            keep = keep & self._is_named(name)
        if orbit is not None:
            require_choice("orbit", orbit, ORBIT_CLASSES)
            keep = keep & (self.orbit_class == orbit)
        if (max_age_days is None) != (at is None):
            raise InputError("max_age_days and at belong together; give both or none")
        if max_age_days is not None:
            if not max_age_days >= 0.0:
                raise InputError(f"max_age_days is {max_age_days}; give a number of days from 0 on")
            keep = keep & (np.abs(self.age(at=at)) <= max_age_days)
        rows = np.flatnonzero(keep)
        return self[rows if ids is None else self._rows_of(ids, rows)]

    def _is_named(self, pattern: str) -> npt.NDArray[np.bool_]:
        if not isinstance(pattern, str):
            raise InputError(f"name is {pattern!r}; give a pattern such as 'STARLINK-*'")
        matches = re.compile(fnmatch.translate(pattern.upper())).match
        return np.array([matches(text.upper()) is not None for text in self.name.tolist()], bool)

    @cached_property
    def orbit_class(self) -> npt.NDArray[np.str_]:
        """Class of each orbit: ``LEO``, ``MEO``, ``GEO``, ``HEO`` or ``other``.

        By the definitions of Space-Track (www.space-track.org/basicspacedata): LEO has more than 11.25
        revolutions a day and an eccentricity below 0.25, MEO a period of 600 to 800 minutes and an
        eccentricity below 0.25, GEO 0.99 to 1.01 revolutions a day and an eccentricity below 0.01,
        HEO an eccentricity above 0.25.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> catalog = Catalog.sample()
        >>> {kind: int((catalog.orbit_class == kind).sum()) for kind in ("LEO", "MEO", "GEO")}
        {'LEO': 22542, 'MEO': 337, 'GEO': 1151}
        """
        return np.asarray(orbit_class(self.mean_motion, self.eccentricity))

    def age(self, *, at: Any, warn_above_days: float | None = None) -> npt.NDArray[np.float64]:
        """Return how old the element sets are.

        Parameters
        ----------
        at : time
            Instant at which to look: datetime64, datetime, ISO string or the like, UTC.
        warn_above_days : float, optional
            Warn if any element set is further than this from `at`, before or after.

        Returns
        -------
        ndarray of float64, shape (n,)
            Days from each epoch to `at`; negative where the epoch is later.

        Warns
        -----
        UserWarning
            Element sets are further away than `warn_above_days`.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample()[:2].age(at="2024-11-01T00:00:00Z").round(3)
        array([2.487, 0.697])
        """
        from gpuprop.timescale import instant_ns

        days = np.asarray((instant_ns(at, name="at") - self.epoch) / NS_PER_DAY)
        if warn_above_days is not None and (count := int((np.abs(days) > warn_above_days).sum())):
            warnings.warn(
                f"{count} of {len(self)} element sets are more than {warn_above_days:g} days from {at}, "
                f"the furthest {np.abs(days).max():.1f} days",
                UserWarning,
                stacklevel=2,
            )
        return days

    def groups(self, *, by: str) -> dict[str, npt.NDArray[np.int64]]:
        """Return which objects belong together.

        Parameters
        ----------
        by : {"name", "launch"}
            The part of the name before any number (``STARLINK`` for ``STARLINK-1007``), or year and
            number of the launch (``1998-067``).

        Returns
        -------
        dict of str to ndarray of int64
            Rows of each group, by its name in order; objects without one are under ``""``.

        Raises
        ------
        InputError
            `by` is neither of the two.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> catalog = Catalog.sample()
        >>> rows = catalog.groups(by="launch")["1998-067"]
        >>> catalog[rows[:2]].name.tolist()
        ['ISS (ZARYA)', 'OBJECT WL']
        """
        return groups(self._columns(), by)

    def _rows_of(self, ids: npt.ArrayLike, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        wanted = np.atleast_1d(np.asarray(ids))
        if wanted.size and wanted.dtype.kind not in "iu":
            raise InputError(f"ids holds {wanted.dtype} values; give catalog numbers as whole numbers")
        wanted = wanted.astype(np.int64)
        absent = wanted[~np.isin(wanted, self.norad_id)]
        if absent.size:
            more = f" and {absent.size - 1} others" if absent.size > 1 else ""
            raise InputError(f"ids: object {absent[0]}{more} not in the catalog")
        order = rows[np.argsort(self.norad_id[rows], kind="stable")]
        first = np.searchsorted(self.norad_id[order], wanted, side="left")
        last = np.searchsorted(self.norad_id[order], wanted, side="right")
        picked = [order[low:high] for low, high in zip(first.tolist(), last.tolist(), strict=True)]
        return np.concatenate([np.empty(0, np.int64), *picked])
