"""Quantities with units, and lists of objects, as they are typed after an option."""

from __future__ import annotations

import math
import re
from pathlib import Path

from gpuprop.errors import InputError

_UNITS = {
    "a length": {"km": 1.0, "m": 1e-3},
    "a speed": {"km/s": 1.0, "m/s": 1e-3},
    "a time": {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0},
}
_EXAMPLES = {"a length": "200km", "a speed": "10m/s", "a time": "1d"}


def length_km(text: str, option: str) -> float:
    """Return a length like 200km in km.

    Examples
    --------
    >>> length_km("200 m", "--range")
    0.2
    """
    return _quantity(text, option, "a length")


def speed_km_s(text: str, option: str) -> float:
    """Return a speed like 10m/s in km/s.

    Examples
    --------
    >>> speed_km_s("10m/s", "--speed")
    0.01
    """
    return _quantity(text, option, "a speed")


def time_s(text: str, option: str) -> float:
    """Return a time like 90min in s.

    Examples
    --------
    >>> time_s("1.5h", "--dwell")
    5400.0
    """
    return _quantity(text, option, "a time")


def _quantity(text: str, option: str, what: str) -> float:
    units = _UNITS[what]
    match = re.fullmatch(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z/]*)\s*", text)
    if match is None or match[2] not in units:
        *others, last = units
        raise InputError(
            f"{option} {text!r}: give {what} as a number with its unit, {', '.join(others)} or {last}, "
            f"like {_EXAMPLES[what]}"
        )
    value = float(match[1]) * units[match[2]]
    if not (math.isfinite(value) and value >= 0.0):
        raise InputError(f"{option} {text!r}: give {what} that is not below zero")
    return value


def catalog_numbers(text: str, option: str) -> list[int]:
    """Return catalog numbers: typed with commas between them, or one a line of a file.

    In a file, what stands behind a ``#`` is a comment; a CSV has a column ``norad_id``.

    Examples
    --------
    >>> catalog_numbers("25544,48274", "--assets")
    [25544, 48274]
    """
    if re.fullmatch(r"[\d\s,]*\d[\d\s,]*", text):
        return [_number(part, option) for part in re.split(r"[\s,]+", text.strip(" ,"))]
    if not Path(text).is_file():
        raise InputError(f"{option} {text}: neither a file nor catalog numbers with commas between them")
    lines = Path(text).read_text(encoding="utf-8-sig", errors="replace").splitlines()
    heading = [name.strip().lower() for name in lines[0].split(",")] if lines else []
    column = heading.index("norad_id") if "norad_id" in heading else None
    found = []
    for number, line in enumerate(lines, start=1):
        words = line.split("#")[0].split(",")
        if not "".join(words).strip() or (column is not None and number == 1):
            continue
        place = 0 if column is None else column
        if place >= len(words) or (column is None and len(words) > 1):
            raise InputError(f"{option} {text}, line {number}: give one catalog number a line")
        found.append(_number(words[place], f"{option} {text}, line {number}:"))
    if not found:
        raise InputError(f"{option} {text}: holds no catalog number")
    return found


def _number(text: str, where: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text.strip()):
        raise InputError(f"{where} {text.strip()!r} is no catalog number of up to nine digits")
    return int(text)
