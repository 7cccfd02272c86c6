"""Catalogs: many element sets, held as columns."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gpuprop.catalog_arrays import checked_columns
from gpuprop.catalog_columns import require_choice
from gpuprop.catalog_exchange import CatalogExchange
from gpuprop.catalog_selection import CatalogSelection
from gpuprop.errors import CatalogError, InputError
from gpuprop.formats import read_text
from gpuprop.formats.columns import FIELDS, Columns, empty
from gpuprop.formats.report import SUPERSEDED, Report, ReportEntry
from gpuprop.synthetic import draw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuprop.formats.sources import Source

__all__ = ["Catalog"]

SAMPLE = "celestrak-on-orbit-20241101.omm.csv.gz"

_CHECKSUM_POLICIES = ("error", "warn", "ignore")
_DUPLICATE_POLICIES = ("latest", "all", "error")


class Catalog(CatalogSelection, CatalogExchange):
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
        0 to 0.999.
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
        require_choice("checksum", checksum, _CHECKSUM_POLICIES)
        require_choice("duplicates", duplicates, _DUPLICATE_POLICIES)
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
        return _read_sample()

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
        return cls._of(
            columns, names, Report(dict.fromkeys(entry for part in parts for entry in part.report))
        )

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
        require_choice("duplicates", duplicates, _DUPLICATE_POLICIES)
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
        reason = "another element set of the object, of later or equal epoch, is in the catalog"
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


@cache
def _read_sample() -> Catalog:
    with as_file(files("gpuprop") / "data" / SAMPLE) as path:
        columns, report, _ = read_text(path, strict=True, checksum="error")
    return Catalog._of(columns, (SAMPLE,), report)
