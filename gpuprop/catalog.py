"""Catalogs: many element sets, held as columns."""

from __future__ import annotations

import fnmatch
import gzip
import re
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gpuprop import catalog_tables as tables
from gpuprop.atomic_write import atomic_path
from gpuprop.catalog_arrays import checked_columns
from gpuprop.catalog_groups import ORBIT_CLASSES, groups, orbit_class
from gpuprop.errors import CatalogError, InputError
from gpuprop.formats import read_text
from gpuprop.formats.columns import FIELDS, Columns, empty, take
from gpuprop.formats.report import SUPERSEDED, Report, ReportEntry
from gpuprop.formats.write import FORMATS, render
from gpuprop.synthetic import draw

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

    from gpuprop.formats.sources import Source

__all__ = ["Catalog"]

NS_PER_DAY = 86_400_000_000_000
SAMPLE = "celestrak-on-orbit-20241101.omm.csv.gz"

_CHECKSUM_POLICIES = ("error", "warn", "ignore")
_DUPLICATE_POLICIES = ("latest", "all", "error")
_COLUMNS = (*FIELDS, "source", "line")


@dataclass(frozen=True, eq=False, repr=False)
class Catalog:
    """Many element sets, one NumPy array per column, all of the same length and read-only.

    Made by `read`, `sample`, `from_arrays` and the like. Elements are mean elements in the units of the
    OMM standard, for SGP4 with WGS72 constants in the TEME frame.

    Attributes
    ----------
    norad_id : ndarray of int64, shape (n,)
        Catalog number, up to nine digits.
    object_id : ndarray of str
        International designator such as ``1998-067A``, empty where there is none.
    name : ndarray of str
        Name of the object, empty where there is none.
    epoch : ndarray of int64
        Nanoseconds UTC since 1970, leap seconds not counted.
    mean_motion : ndarray of float64
        Revolutions per day.
    eccentricity : ndarray of float64
        At least 0, below 1.
    inclination, ra_of_asc_node, arg_of_pericenter, mean_anomaly : ndarray of float64
        Degrees.
    bstar : ndarray of float64
        Drag term, 1 / earth radii.
    mean_motion_dot, mean_motion_ddot : ndarray of float64
        Half the first and a sixth of the second derivative of the mean motion as element sets
        give them, rev/day**2 and rev/day**3. SGP4 does not use them.
    element_set_no, rev_at_epoch : ndarray of int32
        Running numbers.
    ephemeris_type : ndarray of int8
        0, 2 or 3, all of which mean SGP4.
    classification_type : ndarray of str
        ``U`` and the like.
    source : ndarray of int32
        Index into `sources`.
    line : ndarray of int32
        Line of the source where the record begins; 0 where there is none.
    sources : tuple of str
        Names of the files or other origins.
    report : Report
        What was refused or repaired on the way.

    Examples
    --------
    >>> from gpuprop import Catalog
    >>> catalog = Catalog.sample()
    >>> catalog.select(ids=[25544]).name
    array(['ISS (ZARYA)'], dtype='<U32')
    """

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
    def read(
        cls,
        path: Source,
        *,
        strict: bool = False,
        checksum: str = "error",
        duplicates: str = "latest",
    ) -> Catalog:
        r"""Read element sets from a file or text: TLE, 3LE, or OMM as CSV, JSON, XML or KVN.

        The format is told by the content, which may be compressed (gzip, or zip with one member).

        Parameters
        ----------
        path : str, path-like, file object or bytes
            File to read, an open file, or the text itself (a string with a line break, or one
            that begins as JSON or XML does, is taken as the text).
        strict : bool, optional
            Raise if any record is refused, instead of reporting it.
        checksum : {"error", "warn", "ignore"}, optional
            Whether TLE lines with a wrong checksum are refused, read and reported, or just read.
            Lines without a checksum are read.
        duplicates : {"latest", "all", "error"}, optional
            Whether of several element sets of an object only that of the latest epoch is kept
            (of equal epochs the last; the others are reported as superseded), or all are, or the
            read fails.

        Returns
        -------
        Catalog
            The legal records, in the order of the source; the others are in its `report`.

        Raises
        ------
        CatalogError
            The source cannot be read, no record in it is legal, or `strict` or `duplicates` say so.
        InputError
            An argument has a value that is not listed above.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> text = '''OBJECT_NAME,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,\
        ... ARG_OF_PERICENTER,MEAN_ANOMALY,NORAD_CAT_ID,BSTAR
        ... VANGUARD 1,2024-10-29T12:18:43.492896,10.8574679,.1843421,34.2551,352.8583,\
        ... 332.7861,18.6796,5,.16091E-2
        ... '''
        >>> Catalog.read(text)
        <Catalog: 1 object, epoch 2024-10-29T12:18:43.492896>
        """
        _require_choice("checksum", checksum, _CHECKSUM_POLICIES)
        _require_choice("duplicates", duplicates, _DUPLICATE_POLICIES)
        columns, report, name = read_text(path, strict=strict, checksum=checksum)
        catalog = cls._of(columns, (name,), report)
        return catalog._without_duplicates(duplicates)

    @classmethod
    def sample(cls) -> Catalog:
        """Return the catalog that comes with the package: all objects in orbit on 2024-11-01.

        Returns
        -------
        Catalog
            26,834 objects, as published by CelesTrak.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample()
        <Catalog: 26834 objects, epochs 2024-10-02T00:06:24.037632 to 2024-11-03T13:17:20.454144>
        """
        with as_file(files("gpuprop") / "data" / SAMPLE) as path:
            columns, report, _ = read_text(path, strict=True, checksum="error")
        return cls._of(columns, (SAMPLE,), report)

    @classmethod
    def from_arrays(
        cls,
        *,
        norad_id: npt.ArrayLike,
        epoch: Any,
        mean_motion: npt.ArrayLike,
        eccentricity: npt.ArrayLike,
        inclination: npt.ArrayLike,
        ra_of_asc_node: npt.ArrayLike,
        arg_of_pericenter: npt.ArrayLike,
        mean_anomaly: npt.ArrayLike,
        bstar: npt.ArrayLike,
        **optional: npt.ArrayLike,
    ) -> Catalog:
        """Make a catalog from one array per column.

        Parameters
        ----------
        norad_id, mean_motion, eccentricity, inclination, ra_of_asc_node, arg_of_pericenter, \
mean_anomaly, bstar : array_like, shape (n,)
            As the attributes of `Catalog`.
        epoch : array_like
            int64 nanoseconds UTC since 1970, or any times that `gpuprop.propagate` takes.
        **optional : array_like
            Any other column: `object_id`, `name`, `mean_motion_dot`, `mean_motion_ddot`,
            `element_set_no`, `rev_at_epoch`, `ephemeris_type`, `classification_type`.

        Returns
        -------
        Catalog
            The rows in the order given.

        Raises
        ------
        InputError
            An argument is unknown, has another length or a value no object can have.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.from_arrays(
        ...     norad_id=[5], epoch=["2024-10-29T12:18:43.492896"], mean_motion=[10.8574679],
        ...     eccentricity=[0.1843421], inclination=[34.2551], ra_of_asc_node=[352.8583],
        ...     arg_of_pericenter=[332.7861], mean_anomaly=[18.6796], bstar=[0.0016091],
        ... )
        <Catalog: 1 object, epoch 2024-10-29T12:18:43.492896>
        """
        given: dict[str, Any] = {
            "norad_id": norad_id,
            "epoch": epoch,
            "mean_motion": mean_motion,
            "eccentricity": eccentricity,
            "inclination": inclination,
            "ra_of_asc_node": ra_of_asc_node,
            "arg_of_pericenter": arg_of_pericenter,
            "mean_anomaly": mean_anomaly,
            "bstar": bstar,
            **optional,
        }
        return cls._of(checked_columns(given), ("arrays",), Report())

    @classmethod
    def _of(cls, columns: Columns, names: tuple[str, ...], report: Report) -> Catalog:
        values = {name: columns[name] for name in (*FIELDS, "line")}
        source = columns.get("source")
        values["source"] = np.zeros(len(columns["norad_id"]), np.int32) if source is None else source
        return cls(**values, sources=names, report=report)

    @classmethod
    def concatenate(cls, catalogs: Iterable[Catalog]) -> Catalog:
        """Put catalogs one after the other, all rows kept.

        Parameters
        ----------
        catalogs : iterable of Catalog
            What to join. An object may be in several of them.

        Returns
        -------
        Catalog
            Its `sources` and `report` are those of all, in order.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> sample = Catalog.sample()
        >>> len(Catalog.concatenate([sample[:10], sample[20:25]]))
        15
        """
        parts = list(catalogs)
        for part in parts:
            if not isinstance(part, Catalog):
                raise InputError(f"catalogs holds a {type(part).__name__}; give catalogs only")
        if not parts:
            return cls._of(empty((*FIELDS, "line")), (), Report())
        names = tuple(dict.fromkeys(name for part in parts for name in part.sources))
        place = {name: index for index, name in enumerate(names)}
        columns: Columns = {}
        for name in (*FIELDS, "line"):
            columns[name] = np.concatenate([getattr(part, name) for part in parts])
        renumbered = [
            np.array([place[name] for name in part.sources], np.int32)[part.source] for part in parts
        ]
        columns["source"] = np.concatenate(renumbered)
        return cls._of(columns, names, Report(entry for part in parts for entry in part.report))

    @classmethod
    def merge(cls, catalogs: Iterable[Catalog], *, duplicates: str = "latest") -> Catalog:
        """Join catalogs and settle which element set of an object counts.

        Parameters
        ----------
        catalogs : iterable of Catalog
            What to join.
        duplicates : {"latest", "all", "error"}, optional
            As in `read`; of equal epochs the one from the last catalog is kept.

        Returns
        -------
        Catalog
            Every object once, unless `duplicates` is ``"all"``.

        Raises
        ------
        CatalogError
            An object is there twice and `duplicates` is ``"error"``.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> sample = Catalog.sample()
        >>> len(Catalog.merge([sample[:10], sample[5:15]]))
        15
        """
        _require_choice("duplicates", duplicates, _DUPLICATE_POLICIES)
        return cls.concatenate(catalogs)._without_duplicates(duplicates)

    @classmethod
    def synthetic(cls, n: int, seed: int = 0) -> Catalog:
        """Return a made-up catalog of any size that looks like the real one.

        Every object is drawn after a random object of `sample` and shifted a little within its shell;
        where it is in its orbit is random. Shells, constellations, drag and ages keep their joint
        distribution.

        Parameters
        ----------
        n : int
            Number of objects; their catalog numbers are 1 to `n`.
        seed : int, optional
            Equal seeds give equal catalogs.

        Returns
        -------
        Catalog
            The objects.

        Raises
        ------
        InputError
            `n` or `seed` is no whole number from 0 on.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.synthetic(1000, seed=1) == Catalog.synthetic(1000, seed=1)
        True
        """
        columns = checked_columns(draw(cls.sample()._columns(), n, seed))
        return cls._of(columns, ("synthetic",), Report())

    @classmethod
    def from_arrow(cls, table: Any) -> Catalog:
        """Make a catalog from an Arrow table.

        Parameters
        ----------
        table : pyarrow.Table
            Columns named as the attributes of a catalog or by OMM keywords; others are passed over.
            Epochs may be timestamps, strings or int64 nanoseconds.

        Returns
        -------
        Catalog
            One element set per row.

        Raises
        ------
        InputError
            A column is absent, has missing values or a value no object can have.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> catalog = Catalog.sample()
        >>> Catalog.from_arrow(catalog.to_arrow()) == catalog
        True
        """
        return cls._of(checked_columns(tables.arrow_columns(table)), ("table",), Report())

    @classmethod
    def from_pandas(cls, frame: Any) -> Catalog:
        """Make a catalog from a pandas data frame; see `from_arrow`.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> catalog = Catalog.sample()[:100]
        >>> Catalog.from_pandas(catalog.to_pandas()) == catalog
        True
        """
        import pyarrow as pa

        return cls.from_arrow(pa.Table.from_pandas(frame, preserve_index=False))

    @classmethod
    def from_polars(cls, frame: Any) -> Catalog:
        """Make a catalog from a polars data frame; see `from_arrow`.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> catalog = Catalog.sample()[:100]
        >>> Catalog.from_polars(catalog.to_polars()) == catalog
        True
        """
        return cls.from_arrow(frame.to_arrow())

    def to_arrow(self) -> Any:
        """Return a pyarrow.Table with one column per attribute; epochs are timestamps, UTC.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample().to_arrow().shape
        (26834, 17)
        """
        return tables.to_arrow(self._columns())

    def to_pandas(self) -> Any:
        """Return a pandas data frame; see `to_arrow`.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample().to_pandas()["name"][0]
        'VANGUARD 1'
        """
        return self.to_arrow().to_pandas()

    def to_polars(self) -> Any:
        """Return a polars data frame; see `to_arrow`.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample().to_polars()["name"][0]
        'VANGUARD 1'
        """
        import polars as pl

        return pl.from_arrow(self.to_arrow())

    @classmethod
    def from_satrecs(cls, satellites: Iterable[Any]) -> Catalog:
        """Make a catalog from python-sgp4 objects.

        Parameters
        ----------
        satellites : iterable of sgp4.api.Satrec
            Made with WGS72 constants. They hold no names.

        Returns
        -------
        Catalog
            Elements that give the same values in SGP4's own units wherever such exist.

        Raises
        ------
        InputError
            One has other constants or elements no object can have.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> catalog = Catalog.sample()[:100]
        >>> again = Catalog.from_satrecs(catalog.to_satrecs())
        >>> (again.epoch == catalog.epoch).all()
        np.True_
        """
        return cls._of(checked_columns(tables.satrec_columns(satellites)), ("satrecs",), Report())

    def to_satrecs(self, *, mode: str = "afspc") -> list[Any]:
        """Return one python-sgp4 object per element set, with WGS72 constants.

        Parameters
        ----------
        mode : {"afspc", "improved"}, optional
            Operation mode ``a``, which made the elements, or ``i``.

        Returns
        -------
        list of sgp4.api.Satrec
            In the order of the catalog, for `sgp4.api.SatrecArray` or one by one.

        Raises
        ------
        InputError
            A catalog number is above 339,999, more than python-sgp4 can hold.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample()[:1].to_satrecs()[0].satnum
        5
        """
        return tables.to_satrecs(self._columns(), mode)

    def to_text(self, *, format: str, spreadsheet_safe: bool = False) -> str:
        """Return the element sets as text.

        Parameters
        ----------
        format : {"csv", "json", "xml", "kvn", "tle", "3le"}
            OMM in four notations, which keep every digit, or TLE without and with name lines.
        spreadsheet_safe : bool, optional
            For CSV: put an apostrophe before names that a spreadsheet would run as a formula.

        Returns
        -------
        str
            What `write` puts into a file.

        Raises
        ------
        InputError
            `format` is another one, or an element set does not fit into a TLE (a catalog number
            above 339,999, an epoch after 2056, a rate of 1 and more).

        Warns
        -----
        UserWarning
            TLE lines have too few digits for the catalog; the text says which columns changed.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample()[:1].to_text(format="kvn").splitlines()[3:6]
        ['OBJECT_NAME = VANGUARD 1', 'OBJECT_ID = 1958-002B', 'CENTER_NAME = EARTH']
        """
        return render(self._columns(), format, spreadsheet_safe=spreadsheet_safe)

    def write(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        spreadsheet_safe: bool = False,
    ) -> None:
        """Write the element sets to a file, which appears whole or not at all.

        Parameters
        ----------
        path : str or path-like
            File to write; an existing one is replaced. A name ending in ``.gz`` is compressed.
        format : {"csv", "json", "xml", "kvn", "tle", "3le"}, optional
            As in `to_text`; by default what the file's name ends in.
        spreadsheet_safe : bool, optional
            As in `to_text`.

        Raises
        ------
        InputError
            No format is given or recognised, or an element set does not fit into a TLE.

        Warns
        -----
        UserWarning
            TLE lines have too few digits for the catalog; the text says which columns changed.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> from gpuprop import Catalog
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "catalog.xml.gz"
        >>> catalog = Catalog.sample()[:10]
        >>> catalog.write(path)
        >>> Catalog.read(path) == catalog
        True
        """
        target = Path(path)
        packed = target.suffix.lower() == ".gz"
        kind = format or Path(target.stem if packed else target.name).suffix.lower().removeprefix(".")
        if format is None and kind not in FORMATS:
            raise InputError(f"path ends in {target.name[-20:]!r}, no known format; give format=")
        content = self.to_text(format=kind, spreadsheet_safe=spreadsheet_safe).encode()
        with atomic_path(target) as temporary:
            temporary.write_bytes(gzip.compress(content, mtime=0) if packed else content)

    def select(
        self,
        *,
        ids: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
        name: str | None = None,
        orbit: str | None = None,
        max_age_days: float | None = None,
        at: Any = None,
    ) -> Catalog:
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
            _require_choice("orbit", orbit, ORBIT_CLASSES)
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

    def _checked_mask(self, mask: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        values = np.asarray(mask)
        if values.dtype != np.bool_ or values.shape != (len(self),):
            raise InputError(
                f"mask is {values.dtype} of shape {values.shape}; "
                f"give one bool per object, shape ({len(self)},)"
            )
        return values

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

    def _without_duplicates(self, policy: str) -> Catalog:
        if policy == "all" or len(np.unique(self.norad_id)) == len(self):
            return self
        order = np.lexsort((np.arange(len(self)), self.epoch, self.norad_id))
        ids = self.norad_id[order]
        is_last = np.append(ids[1:] != ids[:-1], True)
        dropped = np.sort(order[~is_last])
        if policy == "error":
            row = int(dropped[0])
            raise CatalogError(
                f"{self.sources[self.source[row]]}, line {self.line[row]}: object {self.norad_id[row]} "
                'has more than one element set; read with duplicates="latest" or "all"'
            )
        reason = "a later element set of the same object is in the catalog"
        entries = [
            ReportEntry(self.sources[source], line, "", reason, SUPERSEDED, norad_id)
            for source, line, norad_id in zip(
                self.source[dropped].tolist(),
                self.line[dropped].tolist(),
                self.norad_id[dropped].tolist(),
                strict=True,
            )
        ]
        kept = self[np.sort(order[is_last])]
        return kept._with_report(Report([*self.report, *entries]))

    def _with_report(self, report: Report) -> Catalog:
        return Catalog._of(self._columns(), self.sources, report)

    def _columns(self) -> Columns:
        return {name: getattr(self, name) for name in _COLUMNS}

    def __getitem__(self, rows: int | slice | npt.ArrayLike) -> Catalog:
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
        return Catalog._of(take(self._columns(), rows), self.sources, self.report)

    def __len__(self) -> int:
        return len(self.norad_id)

    def __iter__(self) -> Iterator[Catalog]:
        return (self[row] for row in range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Two catalogs are equal if their element sets are, wherever they came from."""
        if not isinstance(other, Catalog):
            return NotImplemented
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in FIELDS)

    __hash__ = None  # type: ignore[assignment]

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
        return tables.split_julian(self.epoch)[0]

    @cached_property
    def epoch_fr(self) -> npt.NDArray[np.float64]:
        """Fraction of the day from `epoch_jd` to each epoch, correctly rounded.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample()[:1].epoch_fr
        array([0.51300339])
        """
        return tables.split_julian(self.epoch)[1]


def _require_choice(name: str, value: object, choices: Sequence[str]) -> None:
    if value not in choices:
        raise InputError(f"{name} is {value!r}; give one of {', '.join(map(repr, choices))}")


def _shown(epoch: np.int64) -> str:
    return str(epoch.view("datetime64[ns]")).removesuffix("000")
