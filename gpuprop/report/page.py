"""The page of a report, put together from its parts."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

import gpuprop
from gpuprop.atomic_write import atomic_path
from gpuprop.errors import InputError
from gpuprop.report import summary
from gpuprop.report.embed import Payload, column
from gpuprop.report.pictures import pictures
from gpuprop.report.source import parts
from gpuprop.report.tracks import pack_tracks
from gpuprop.timescale import instant_ns

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import pyarrow as pa

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters
    from gpuprop.screening.assessment import Assessment

__all__ = ["render_report", "write_report"]

_SCRIPTS = ("data.js", "table.js", "globe.js", "path.js", "main.js")
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:;"
_NS_PER_MS = 1_000_000
_CAUTION = "Positions that element sets give are off by kilometres within days."


def write_report(
    encounters: Encounters | Assessment | pa.Table, path: str | os.PathLike[str], **options: Any
) -> None:
    """Write a report as one HTML file; it appears whole or not at all.

    Parameters
    ----------
    encounters : Encounters, Assessment or pyarrow.Table
        As in `render_report`.
    path : str or path-like
        The file.
    **options
        As in `render_report`.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    InputError
        As in `render_report`, or the file cannot be written.

    Examples
    --------
    >>> import gpuprop, gpuprop.report, pathlib, tempfile
    >>> catalog = gpuprop.Catalog.sample()[:500]
    >>> encounters = gpuprop.screen(catalog, "2024-11-01", "2024-11-01T03:00")
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "report.html"
    >>> gpuprop.report.write_report(encounters, path, catalog=catalog)
    """
    page = render_report(encounters, **options)
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def render_report(
    encounters: Encounters | Assessment | pa.Table,
    *,
    catalog: Catalog | None = None,
    covariance: Any = None,
    tracks: int = 100,
    title: str = "Close approaches",
    creation_date: Any = None,
) -> str:
    """Return a report of encounters as an HTML page that loads nothing from elsewhere.

    It holds a summary, a table to sort and filter, the plots, and, where the catalog is given, both orbits
    of the closest passes. Numbers in it have seven digits; the table that is given has them all.

    Parameters
    ----------
    encounters : Encounters, Assessment or pyarrow.Table
        What to report; columns beside those of the schema, such as probabilities, are shown as well.
    catalog : Catalog, optional
        The element sets that were screened.
    covariance : str or mapping of int to array, optional
        As in `gpuprop.assess`: adds the encounter plane of the closest pass. Needs `catalog`.
    tracks : int
        How many of the closest passes come with their orbits.
    title : str
        Heading of the page.
    creation_date : time, optional
        Creation date, UTC; the present if left out. Equal arguments give equal pages.

    Returns
    -------
    str
        The page.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    InputError
        The catalog is not the one that was screened, or an argument has no meaning.

    Examples
    --------
    >>> import gpuprop, gpuprop.report
    >>> encounters = gpuprop.screen(gpuprop.Catalog.sample()[:500], "2024-11-01", "2024-11-01T03:00")
    >>> gpuprop.report.render_report(encounters)[:15]
    '<!doctype html>'
    """
    if tracks < 0:
        raise InputError(f"tracks is {tracks}; give how many passes come with their orbits")
    if covariance is not None and catalog is None:
        raise InputError("covariance needs the catalog that was screened")
    found, table, asked = parts(encounters)
    created = np.datetime64("now", "ns") if creation_date is None else creation_date
    moment = str(np.datetime64(instant_ns(created, name="creation_date"), "ns"))[:19].replace("T", " ")
    style, script = _asset("page.css"), "".join(map(_asset, _SCRIPTS))
    return _filled(
        _asset("page.html"),
        {
            "policy": f"{_POLICY} style-src {_hash(style)}; script-src {_hash(script)}",
            "version": gpuprop.__version__,
            "title": summary.text(title),
            "window": summary.window(found),
            "summary": summary.figures(found),
            "rows": f"{len(found):,}",
            "closest": summary.closest(found),
            "plots": "\n".join(_figure(*one) for one in pictures(found, catalog, covariance)),
            "provenance": summary.provenance(found, asked, catalog, moment),
            "failed": summary.failed(found),
            "footer": f"Made by gpuprop {gpuprop.__version__}. {_CAUTION}",
            "style": style,
            "script": script,
            "data": _data(found, table, catalog, tracks),
        },
    )


def _data(encounters: Encounters, table: pa.Table, catalog: Catalog | None, tracks: int) -> str:
    payload = Payload()
    first = int(encounters.tca.astype(np.int64).min()) if len(encounters) else 0
    start_ms = first // _NS_PER_MS
    head = {
        "rows": len(encounters),
        "start_ms": start_ms,
        "columns": [column(name, table[name], payload, start_ms * _NS_PER_MS) for name in table.column_names],
        "tracks": None,
    }
    if catalog is not None and tracks and len(encounters):
        head["tracks"] = pack_tracks(encounters, catalog, payload, tracks)
    return payload.text(head)


def _figure(words: str, source: str) -> str:
    caption = f'<figcaption class="note">{escape(words)}</figcaption>'
    return f'<figure><img src="{source}" alt="{escape(words)}">{caption}</figure>'


def _hash(source: str) -> str:
    """Return the hash by which a browser knows that a script or style is ours, and runs no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _asset(name: str) -> str:
    return files("gpuprop.report").joinpath("assets", name).read_text(encoding="utf-8")


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Put every value in its place at once: what looks like a place inside a value stays as it is."""
    return re.sub(r"\{\{(\w+)\}\}", lambda place: values[place[1]], template)
