"""Text and tables <-> columns, and nothing else.

`read_text` tells the formats apart by what a source holds, reads it with the
right one and lets `validation` decide which rows are possible.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.errors import CatalogError
from gpuprop.formats import sources, validation
from gpuprop.formats.columns import take
from gpuprop.formats.detect import detect
from gpuprop.formats.report import REFUSED, Report, ReportEntry

if TYPE_CHECKING:
    from gpuprop.formats.columns import Columns, Reading

_READERS = {
    "tle": "gpuprop.formats.tle",
    "csv": "gpuprop.formats.omm_csv",
    "json": "gpuprop.formats.omm_json",
    "xml": "gpuprop.formats.omm_xml",
    "kvn": "gpuprop.formats.omm_kvn",
}


def read_text(source: sources.Source, *, strict: bool, checksum: str) -> tuple[Columns, Report, str]:
    """Read one source of any known format.

    Parameters
    ----------
    source : path, file object, str or bytes
        Where the text is, or the text itself.
    strict : bool
        Raise at the first record that is refused.
    checksum : {"error", "warn", "ignore"}
        What to do with TLE lines whose checksum is there and wrong.

    Returns
    -------
    tuple of (dict, Report, str)
        Columns of the records that were accepted, the report on the others, the source's name.

    Raises
    ------
    CatalogError
        Nothing in the source is an element set, or `strict` and a record was refused.
    """
    data, name = sources.load(source)
    kind = detect(data, name)
    reader = import_module(_READERS[kind])
    reading = reader.read(data, name, checksum=checksum) if kind == "tle" else reader.read(data, name)
    columns, entries = _validated(reading, name)
    refused = [entry for entry in entries if entry.action == REFUSED]
    if refused and (strict or not len(columns["norad_id"])):
        more = f"; {len(refused)} records are refused in all" if len(refused) > 1 else ""
        raise CatalogError(f"{refused[0].place}: {refused[0].reason}{more}")
    if not len(columns["norad_id"]) and kind in {"tle", "kvn"}:
        raise CatalogError(f"{name}: holds no element set")
    return columns, Report(entries), name


def _validated(reading: Reading, source: str) -> tuple[Columns, list[ReportEntry]]:
    columns = reading.columns
    keep = np.ones(len(columns["norad_id"]), bool)
    added = []
    for row, field, reason in validation.refusals(columns):
        keep[row] = False
        line, column = reading.where(row, field)
        who = int(columns["norad_id"][row]) if field != "norad_id" else None
        added.append(ReportEntry(source, line, column, reason, REFUSED, who))
    if not added:
        return columns, reading.entries
    entries = sorted(reading.entries + added, key=lambda entry: entry.line)
    return take(columns, keep), entries
