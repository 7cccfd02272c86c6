"""Catalog numbers in five characters: digits, or Alpha-5 above 99,999."""

from __future__ import annotations

import re

from gpuprop.errors import InputError

# Space-Track leaves out I and O, which look like digits.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_ALPHA5 = re.compile(rf"[{_LETTERS}]\d{{4}}", re.ASCII)
LARGEST_TLE_ID = 339_999


def alpha5_number(text: str) -> int | None:
    """Return the number that a letter and four digits stand for, None for any other text.

    Examples
    --------
    >>> from gpuprop.formats.tle_ids import alpha5_number
    >>> alpha5_number("T0001"), alpha5_number("I0001")
    (270001, None)
    """
    if not _ALPHA5.fullmatch(text):
        return None
    return (_LETTERS.index(text[0]) + 10) * 10_000 + int(text[1:])


def alpha5_text(norad_id: int) -> str:
    """Return the five characters for a catalog number.

    Raises
    ------
    InputError
        The number is above 339,999, the last that five characters can hold.

    Examples
    --------
    >>> from gpuprop.formats.tle_ids import alpha5_text
    >>> alpha5_text(25544), alpha5_text(270001)
    ('25544', 'T0001')
    """
    if not 0 <= norad_id <= LARGEST_TLE_ID:
        raise InputError(
            f"catalog number {norad_id} does not fit into a TLE, whose last is {LARGEST_TLE_ID}; "
            "write an OMM format instead"
        )
    if norad_id < 100_000:
        return f"{norad_id:05d}"
    letter, digits = divmod(norad_id, 10_000)
    return f"{_LETTERS[letter - 10]}{digits:04d}"
