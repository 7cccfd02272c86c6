"""Records good and bad, written by hand, each with what is to come of it.

The element set behind all of them is that of the ISS (25544) of 2025-04-15.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LINE_1 = "1 25544U 98067A   25105.53237150  .00014782  00000-0  27047-3 0  9994"
LINE_2 = "2 25544  51.6375 257.3560 0005276  47.8113  31.7820 15.49569282505441"

# The same element set as OMM text, and as the numbers it stands for.
FIELDS = {
    "OBJECT_NAME": "ISS (ZARYA)",
    "OBJECT_ID": "1998-067A",
    "EPOCH": "2025-04-15T12:46:36.897600",
    "MEAN_MOTION": "15.49569282",
    "ECCENTRICITY": ".0005276",
    "INCLINATION": "51.6375",
    "RA_OF_ASC_NODE": "257.3560",
    "ARG_OF_PERICENTER": "47.8113",
    "MEAN_ANOMALY": "31.7820",
    "EPHEMERIS_TYPE": "0",
    "CLASSIFICATION_TYPE": "U",
    "NORAD_CAT_ID": "25544",
    "ELEMENT_SET_NO": "999",
    "REV_AT_EPOCH": "50544",
    "BSTAR": ".27047E-3",
    "MEAN_MOTION_DOT": ".14782E-3",
    "MEAN_MOTION_DDOT": "0",
}
VALUES = {
    "norad_id": 25544,
    "object_id": "1998-067A",
    "name": "ISS (ZARYA)",
    "epoch": "2025-04-15T12:46:36.897600",
    "mean_motion": 15.49569282,
    "eccentricity": 0.0005276,
    "inclination": 51.6375,
    "ra_of_asc_node": 257.3560,
    "arg_of_pericenter": 47.8113,
    "mean_anomaly": 31.7820,
    "bstar": 0.00027047,
    "mean_motion_dot": 0.00014782,
    "mean_motion_ddot": 0.0,
    "element_set_no": 999,
    "rev_at_epoch": 50544,
    "ephemeris_type": 0,
    "classification_type": "U",
}


@dataclass(frozen=True)
class Legal:
    """A text with one legal record: the ISS, but for the values in `changed`."""

    title: str
    text: str | bytes
    changed: dict[str, Any] = field(default_factory=dict)
    repaired: str = ""
    checksum: str = "error"


@dataclass(frozen=True)
class Refused:
    """A text with nothing legal in it; `message` is in the error, with the column where there is one."""

    title: str
    text: str | bytes
    message: str
    checksum: str = "error"


Case = Legal | Refused


def put(line: str, column: int, text: str) -> str:
    """Return the line with other text from a column on, counted from 1."""
    return line[: column - 1] + text + line[column - 1 + len(text) :]


def summed(line: str) -> str:
    """Return the line with the right checksum in column 69."""
    total = sum(int(c) if c in "0123456789" else c == "-" for c in line[:68])
    return f"{line[:68]}{total % 10}{line[69:]}"


def one(column: int, text: str) -> str:
    """Return the element set with a change in line 1, checksum put right."""
    return f"{summed(put(LINE_1, column, text))}\n{LINE_2}\n"


def two(column: int, text: str) -> str:
    """Return the element set with a change in line 2, checksum put right."""
    return f"{LINE_1}\n{summed(put(LINE_2, column, text))}\n"


def both(column: int, text: str) -> str:
    """Return the element set with the same change in both lines, checksums put right."""
    return f"{summed(put(LINE_1, column, text))}\n{summed(put(LINE_2, column, text))}\n"


PAIR = f"{LINE_1}\n{LINE_2}\n"
