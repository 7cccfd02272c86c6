"""Columns -> text in any format that can be written."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from gpuprop.errors import InputError
from gpuprop.formats import omm_write, tle_write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuprop.formats.columns import Array

FORMATS = ("csv", "json", "xml", "kvn", "tle", "3le")


def render(columns: Mapping[str, Array], kind: str, *, spreadsheet_safe: bool = False) -> str:
    """Return the text of a catalog.

    Parameters
    ----------
    columns : mapping
        One array per column.
    kind : {"csv", "json", "xml", "kvn", "tle", "3le"}
        OMM in four notations, or two-line element sets without or with name lines.
    spreadsheet_safe : bool
        For CSV: keep spreadsheets from running names as formulas.

    Raises
    ------
    InputError
        `kind` is another one, or an element set does not fit into a TLE.

    Warns
    -----
    UserWarning
        A TLE format changed values, which it has too few digits for.
    """
    if kind not in FORMATS:
        raise InputError(f"format is {kind!r}; give one of {', '.join(map(repr, FORMATS))}")
    if spreadsheet_safe and kind != "csv":
        raise InputError(f"spreadsheet_safe is for CSV; leave it out for {kind!r}")
    if kind == "csv":
        return omm_write.to_csv(columns, spreadsheet_safe=spreadsheet_safe)
    if kind == "json":
        return omm_write.to_json(columns)
    if kind == "xml":
        return omm_write.to_xml(columns)
    if kind == "kvn":
        return omm_write.to_kvn(columns)
    names = kind == "3le"
    text = tle_write.to_tle(columns, names=names)
    changed = tle_write.losses(columns, text, names=names)
    if changed:
        what = ", ".join(f"{name} of {count}" for name, count in changed.items())
        warnings.warn(
            f"the TLE format has too few digits for this catalog and changed {what} element sets; "
            "write an OMM format to keep them",
            UserWarning,
            stacklevel=4,
        )
    return text
