"""Catalogs as text, tables and objects of other libraries, and back."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpuprop import catalog_convert as convert
from gpuprop.atomic_write import atomic_path
from gpuprop.catalog_arrays import checked_columns
from gpuprop.catalog_columns import CatalogColumns
from gpuprop.errors import InputError
from gpuprop.formats.report import Report

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from typing import Self


class CatalogExchange(CatalogColumns):
    """The methods of a catalog that write it and hand it over."""

    @classmethod
    def from_arrow(cls, table: Any) -> Self:
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
            A column is absent, has missing values or a value no object can have, or says that the
            elements are of another model than SGP4.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> catalog = Catalog.sample()
        >>> Catalog.from_arrow(catalog.to_arrow()) == catalog
        True
        """
        return cls._of(checked_columns(convert.arrow_columns(table)), ("table",), Report())

    @classmethod
    def from_pandas(cls, frame: Any) -> Self:
        """Make a catalog from a pandas data frame; see `from_arrow`.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> catalog = Catalog.sample()[:100]
        >>> Catalog.from_pandas(catalog.to_pandas()) == catalog
        True
        """
        import pyarrow as pa

        if not (hasattr(frame, "columns") and hasattr(frame, "index")):
            raise InputError(f"frame is a {type(frame).__name__}; give a pandas.DataFrame")
        try:
            table = pa.Table.from_pandas(frame, preserve_index=False)
        except pa.ArrowException as error:
            raise InputError(f"a column of the frame holds values of several kinds: {error}") from error
        return cls.from_arrow(table)

    @classmethod
    def from_polars(cls, frame: Any) -> Self:
        """Make a catalog from a polars data frame; see `from_arrow`.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> catalog = Catalog.sample()[:100]
        >>> Catalog.from_polars(catalog.to_polars()) == catalog
        True
        """
        if not hasattr(frame, "to_arrow"):
            raise InputError(
                f"frame is a {type(frame).__name__}; give a polars.DataFrame, a lazy one collected"
            )
        return cls.from_arrow(frame.to_arrow())

    def to_arrow(self) -> Any:
        """Return a pyarrow.Table with one column per attribute; epochs are timestamps, UTC.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample().to_arrow().shape
        (26834, 17)
        """
        return convert.to_arrow(self._columns())

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
    def from_satrecs(cls, satellites: Iterable[Any]) -> Self:
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
        return cls._of(checked_columns(convert.satrec_columns(satellites)), ("satrecs",), Report())

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
        return convert.to_satrecs(self._columns(), mode)

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
        from gpuprop.formats.write import render

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
        from gpuprop.formats.write import FORMATS

        target = Path(path)
        packed = target.suffix.lower() == ".gz"
        kind = format or Path(target.stem if packed else target.name).suffix.lower().removeprefix(".")
        if format is None and kind not in FORMATS:
            raise InputError(f"path ends in {target.name[-20:]!r}, no known format; give format=")
        content = self.to_text(format=kind, spreadsheet_safe=spreadsheet_safe).encode()
        with atomic_path(target) as temporary:
            temporary.write_bytes(gzip.compress(content, mtime=0) if packed else content)
