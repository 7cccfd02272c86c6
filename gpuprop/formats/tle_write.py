"""Columns -> TLE lines, as far as their columns reach."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.errors import InputError
from gpuprop.formats import tle
from gpuprop.formats.columns import FIELDS, Array
from gpuprop.formats.epochs import NS_PER_DAY, NS_PER_TLE_UNIT, year_start
from gpuprop.formats.tle_ids import alpha5_text
from gpuprop.formats.tle_lines import LONGEST

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIRST_YEAR, _LAST_YEAR = 1957, 2056
_UNITS_PER_DAY = NS_PER_DAY // NS_PER_TLE_UNIT
_DESIGNATOR = re.compile(r"(\d{4})-(\d{3}[A-Z]{1,3})", re.ASCII)
_CHECKSUM_VALUE = {**{str(digit): digit for digit in range(10)}, "-": 1}
# Two decimals that differ by less than this are one number, read in two ways.
_SAME = 1e-15


def to_tle(columns: Mapping[str, Array], *, names: bool) -> str:
    """Return two-line element sets, each with a line ``0 NAME`` before it if `names`.

    Parameters
    ----------
    columns : mapping
        One array per column.
    names : bool
        Whether to write name lines.

    Returns
    -------
    str
        The lines. Numbers are rounded to the columns a TLE has; `losses` says which changed.

    Raises
    ------
    InputError
        A catalog number, epoch, drag term or rate does not fit into its columns.
    """
    days, years = _epoch_parts(columns)
    table = {name: columns[name].tolist() for name in FIELDS if name != "epoch"}
    lines = []
    for row in range(len(columns["epoch"])):
        record = {name: values[row] for name, values in table.items()}
        try:
            one, two = _line_1(record, int(years[row]), int(days[row])), _line_2(record)
        except InputError as error:
            raise InputError(f"object {record['norad_id']}: {error}") from None
        if names:
            lines.append(f"0 {record['name']}"[:LONGEST])
        lines += [_with_sum(one), _with_sum(two)]
    return "\n".join(lines) + "\n" if lines else ""


def losses(columns: Mapping[str, Array], text: str, *, names: bool) -> dict[str, int]:
    """Return how many element sets read back otherwise than they were, per column.

    Parameters
    ----------
    columns : mapping
        What was written.
    text : str
        What `to_tle` made of it.
    names : bool
        Whether names were written; without, their absence is no loss.
    """
    back = tle.read(text.encode(), "").columns
    changed = {}
    for name in FIELDS:
        if name == "name" and not names:
            continue
        before, after = columns[name], back[name]
        if before.dtype.kind == "f":
            count = int(np.sum(np.abs(before - after) > _SAME * np.abs(before)))
        else:
            count = int(np.sum(before != after))
        if count:
            changed[name] = count
    return changed


def _epoch_parts(columns: Mapping[str, Array]) -> tuple[Array, Array]:
    """Return days of the year in units of 1e-8, and years, of the epochs rounded to such units."""
    units = (columns["epoch"] + NS_PER_TLE_UNIT // 2) // NS_PER_TLE_UNIT
    years = (units * NS_PER_TLE_UNIT).view("datetime64[ns]").astype("datetime64[Y]").astype(np.int64) + 1970
    outside = np.flatnonzero((years < _FIRST_YEAR) | (years > _LAST_YEAR))
    if outside.size:
        row = int(outside[0])
        raise InputError(
            f"object {columns['norad_id'][row]}: the epoch year {years[row]} does not fit into a TLE "
            f"({_FIRST_YEAR} to {_LAST_YEAR}); write an OMM format instead"
        )
    return units - year_start(years) * _UNITS_PER_DAY + _UNITS_PER_DAY, years


def _line_1(record: Mapping[str, Any], year: int, units: int) -> str:
    day, fraction = divmod(units, _UNITS_PER_DAY)
    letter = str(record["classification_type"])
    rate = f"{abs(float(record['mean_motion_dot'])):.8f}"
    if rate[0] != "0":
        raise InputError(f"mean_motion_dot {record['mean_motion_dot']} does not fit into a TLE (below 1)")
    sign = "-" if math.copysign(1.0, float(record["mean_motion_dot"])) < 0.0 else " "
    return (
        f"1 {alpha5_text(int(record['norad_id']))}{letter if 'A' <= letter <= 'Z' else 'U'} "
        f"{_designator(str(record['object_id'])):8} {year % 100:02d}{day:03d}.{fraction:08d} "
        f"{sign}{rate[1:]} {_power(record, 'mean_motion_ddot')} {_power(record, 'bstar')} "
        f"{record['ephemeris_type']} {int(record['element_set_no']) % 10_000:4d}"
    )


def _line_2(record: Mapping[str, Any]) -> str:
    node, perigee, anomaly = (
        float(record[name]) % 360.0 for name in ("ra_of_asc_node", "arg_of_pericenter", "mean_anomaly")
    )
    eccentricity = f"{record['eccentricity']:.7f}"
    motion = f"{record['mean_motion']:11.8f}"
    if float(motion) == 0.0:
        raise InputError(f"mean_motion {record['mean_motion']} rounds to 0 in the eight decimals of a TLE")
    return (
        f"2 {alpha5_text(int(record['norad_id']))} {record['inclination']:8.4f} {node:8.4f} "
        f"{eccentricity[2:]} {perigee:8.4f} {anomaly:8.4f} {motion}"
        f"{int(record['rev_at_epoch']) % 100_000:5d}"
    )


def _power(record: Mapping[str, Any], name: str) -> str:
    value = float(record[name])
    mantissa, exponent = f"{abs(value):.4e}".split("e")
    power = int(exponent) + 1 if float(mantissa) else 0
    digits = mantissa.replace(".", "")
    if power < -9:
        # Smaller than the exponent reaches: digits move behind leading zeros.
        digits, power = f"{round(abs(value) * 1e14):05d}", -9
    sign = "-" if value < 0 else " "
    if not int(digits):
        return " 00000-0"
    return f"{sign}{digits}{'+' if power >= 0 else '-'}{abs(power)}"


def _designator(text: str) -> str:
    found = _DESIGNATOR.fullmatch(text)
    if found and _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
        return found[1][2:] + found[2]
    return text if len(text) <= 8 and text.isascii() and text.isprintable() else ""


def _with_sum(line: str) -> str:
    return f"{line}{sum(_CHECKSUM_VALUE.get(character, 0) for character in line) % 10}"
