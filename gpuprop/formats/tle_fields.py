"""The fields of TLE lines -> columns, and what is wrong with them.

Columns as published by CelesTrak (https://celestrak.org/NORAD/documentation/tle-fmt.php); places
count them from 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuprop.formats.digits import (
    BLANK,
    POINT,
    ZERO,
    Bytes,
    Integers,
    Mask,
    exponent_form,
    fixed_point,
    sign_of,
    unsigned,
)
from gpuprop.formats.epochs import tle_to_ns
from gpuprop.formats.report import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuprop.formats.columns import Array, Columns

Place = tuple[int, int, int]

# Field -> line of the record, first and last column.
PLACES: dict[str, Place] = {
    "norad_id": (1, 3, 7),
    "classification_type": (1, 8, 8),
    "object_id": (1, 10, 17),
    "epoch": (1, 19, 32),
    "mean_motion_dot": (1, 34, 43),
    "mean_motion_ddot": (1, 45, 52),
    "bstar": (1, 54, 61),
    "ephemeris_type": (1, 63, 63),
    "element_set_no": (1, 65, 68),
    "inclination": (2, 9, 16),
    "ra_of_asc_node": (2, 18, 25),
    "eccentricity": (2, 27, 33),
    "arg_of_pericenter": (2, 35, 42),
    "mean_anomaly": (2, 44, 51),
    "mean_motion": (2, 53, 63),
    "rev_at_epoch": (2, 64, 68),
}
SECOND_NUMBER: Place = (2, 3, 7)
_YEAR: Place = (1, 19, 20)
_DAY: Place = (1, 21, 32)

_I, _O = ord("I"), ord("O")


def span(place: Place) -> str:
    """Return the columns of a place as an entry shows them, nothing for a whole line."""
    _, start, stop = place
    return f"{start}-{stop}" if stop > start else f"{start or ''}"


class Block:
    """The lines of many records under test, with the first fault of each.

    Parameters
    ----------
    one, two : ndarray of uint8, shape (69, n)
        Lines 1 and 2, one row per character column.
    """

    def __init__(self, one: Bytes, two: Bytes) -> None:
        self.lines = {1: one, 2: two}
        self.wrong: Mask = np.zeros(one.shape[1], bool)
        self.faults: list[tuple[int, Place, str]] = []

    def at(self, place: Place) -> Bytes:
        """Return the characters of a place, one row per column."""
        line, start, stop = place
        return self.lines[line][start - 1 : stop]

    def require(self, good: Mask, place: Place, need: str | Callable[[int], str]) -> None:
        """Refuse the rows that are not good; `need` is what the place has to hold, or gives the reason."""
        if np.logical_and.reduce(good):
            return
        for row in np.flatnonzero(~good & ~self.wrong).tolist():
            content = self.at(place)[:, row].tobytes().decode("latin-1")
            reason = need(row) if callable(need) else f"{quoted(content)} stands where {need} is needed"
            self.faults.append((row, place, reason))
        self.wrong |= ~good


def read_fields(block: Block) -> Columns:
    """Return one column per field; rows that hold no such field are refused in the block.

    A catalog number is -1 where the two lines do not agree on one.
    """
    columns: Columns = {"norad_id": _catalog_numbers(block), "epoch": _epochs(block)}
    columns["classification_type"] = _classification(block)
    columns["object_id"] = _designators(block)
    columns["mean_motion_dot"] = _rate(block)
    for name in ("mean_motion_ddot", "bstar"):
        columns[name], good = exponent_form(block.at(PLACES[name]))
        block.require(good, PLACES[name], "a number like -12345-6")
    columns["ephemeris_type"] = _count(block, "ephemeris_type", "a digit").astype(np.int8)
    columns["element_set_no"] = _count(block, "element_set_no", "a whole number").astype(np.int32)
    for name in ("inclination", "ra_of_asc_node", "arg_of_pericenter", "mean_anomaly"):
        value, good = fixed_point(block.at(PLACES[name]), 3)
        block.require(good, PLACES[name], "an angle like 123.4567")
        columns[name] = value / 1e4
    value, good = unsigned(block.at(PLACES["eccentricity"]))
    block.require(good, PLACES["eccentricity"], "an eccentricity of seven digits")
    columns["eccentricity"] = value / 1e7
    value, good = fixed_point(block.at(PLACES["mean_motion"]), 2)
    block.require(good, PLACES["mean_motion"], "a mean motion like 12.34567890")
    columns["mean_motion"] = value / 1e8
    columns["rev_at_epoch"] = _count(block, "rev_at_epoch", "a whole number").astype(np.int32)
    return columns


def _catalog_numbers(block: Block) -> Integers:
    need = "a catalog number (digits, or one of A-H, J-N, P-Z and four digits)"
    first, first_good = catalog_number(block.at(PLACES["norad_id"]))
    block.require(first_good, PLACES["norad_id"], need)
    second, second_good = catalog_number(block.at(SECOND_NUMBER))
    block.require(second_good, SECOND_NUMBER, need)
    agree = first == second
    block.require(
        agree, SECOND_NUMBER, lambda row: f"line 1 is of object {first[row]}, line 2 of object {second[row]}"
    )
    return np.where(first_good & second_good & agree, first, -1)


def catalog_number(text: Bytes) -> tuple[Integers, Mask]:
    """Read the five characters of a catalog number, Alpha-5 included.

    A letter stands for ten thousands from 10 on; I and O are left out
    (https://www.space-track.org/documentation#tle-alpha5).
    """
    plain, is_plain = unsigned(text)
    letter = text[0].astype(np.int64)
    rest, is_rest = unsigned(text[1:], blanks=False)
    is_letter = (letter >= ord("A")) & (letter <= ord("Z")) & (letter != _I) & (letter != _O)
    tens = letter - ord("A") + 10 - (letter > _I) - (letter > _O)
    is_alpha = is_letter & is_rest
    return np.where(is_alpha, tens * 10_000 + rest, plain), is_plain | is_alpha


def two_digit_year(year: Integers) -> Integers:
    """Return full years: 57 to 99 are 1957 to 1999, 00 to 56 are 2000 to 2056."""
    return np.where(year < 57, year + 2000, year + 1900)


def _epochs(block: Block) -> Integers:
    year, year_good = unsigned(block.at(_YEAR))
    block.require(year_good, _YEAR, "a year of two digits")
    units, units_good = fixed_point(block.at(_DAY), 3)
    block.require(units_good, _DAY, "a day of the year like 123.12345678")
    year = two_digit_year(year)
    epoch, good = tle_to_ns(year, units)
    block.require(good, _DAY, lambda row: f"there is no day {units[row] / 1e8:.8f} in {year[row]}")
    return epoch


def _classification(block: Block) -> Array:
    letter = block.at(PLACES["classification_type"])[0]
    is_letter = (letter >= ord("A")) & (letter <= ord("Z"))
    block.require(is_letter | (letter == BLANK), PLACES["classification_type"], "a classification letter")
    return np.where(is_letter, letter, ord("U")).astype(np.uint8).view("S1").astype("U1")


def _designators(block: Block) -> Array:
    """Return international designators as ``1998-067A``; one of another shape stays as it is."""
    text = block.at(PLACES["object_id"])
    plain = np.asarray(((text >= BLANK) & (text < 127)).all(axis=0))
    block.require(plain, PLACES["object_id"], "a designator in plain characters")
    year, year_good = unsigned(text[:2], blanks=False)
    _, launch_good = unsigned(text[2:5], blanks=False)
    letters = (text[5:] >= ord("A")) & (text[5:] <= ord("Z"))
    ended = [letters[place] | (text[5 + place :] == BLANK).all(axis=0) for place in range(3)]
    regular = year_good & launch_good & letters[0] & np.all(ended, axis=0)
    full = two_digit_year(year)
    century = np.array([ZERO + full // 1000, ZERO + full // 100 % 10], np.uint8)
    hyphen = np.full((1, text.shape[1]), ord("-"), np.uint8)
    long = np.concatenate([century, text[:2], hyphen, text[2:]])
    short = np.concatenate([text, np.full((3, text.shape[1]), BLANK, np.uint8)])
    characters = np.where(regular, long, np.where(plain, short, np.uint8(BLANK)))
    joined = np.ascontiguousarray(characters.T).view(f"S{len(characters)}").ravel()
    return np.char.strip(joined).astype("U") if len(joined) else np.empty(0, "U1")


def _rate(block: Block) -> Array:
    text = block.at(PLACES["mean_motion_dot"])
    sign, sign_good = sign_of(text[0])
    digits, digits_good = unsigned(text[2:], blanks=False)
    good = (sign_good | (text[0] == ZERO)) & (text[1] == POINT) & digits_good
    block.require(good, PLACES["mean_motion_dot"], "a rate like -.00001234")
    return np.asarray(sign * (digits / 1e8))


def _count(block: Block, field: str, need: str) -> Integers:
    text = block.at(PLACES[field])
    value, good = unsigned(text)
    block.require(good | (text == BLANK).all(axis=0), PLACES[field], need)
    return np.where(good, value, 0)
