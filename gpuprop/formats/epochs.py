"""Epochs in text <-> int64 nanoseconds UTC since 1970, exactly.

Days have 86,400 seconds throughout: GP epochs are UTC as POSIX counts it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gpuprop.formats.digits import Mask, unsigned

if TYPE_CHECKING:
    from gpuprop.formats.columns import Array

NS_PER_SECOND = 1_000_000_000
NS_PER_DAY = 86_400 * NS_PER_SECOND
# A TLE epoch counts days to eight decimals.
NS_PER_TLE_UNIT = 864_000

# The years that int64 nanoseconds hold, cut to those in which objects can have epochs.
FIRST_YEAR, LAST_YEAR = 1957, 2261

_CALENDAR = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d*))?(?:Z|\+00:?00)?")
_ORDINAL = re.compile(r"(\d{4})-(\d{3})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d*))?(?:Z|\+00:?00)?")
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def is_leap(year: Array) -> Mask:
    """Return which years have 366 days."""
    return np.asarray((year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)))


def year_start(year: Array) -> npt.NDArray[np.int64]:
    """Return the days from 1970-01-01 to the first day of each year (1957 and later)."""
    before = year - 1
    leap_days = before // 4 - before // 100 + before // 400 - 477
    return np.asarray(365 * (year - 1970) + leap_days, dtype=np.int64)


def _month_start(month: Array, leap: Mask) -> npt.NDArray[np.int64]:
    starts = np.cumsum(_MONTH_DAYS)
    return np.asarray(starts[month - 1] + ((month > 2) & leap), dtype=np.int64)


def iso_matrix_to_ns(text: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int64], Mask]:
    """Read ``YYYY-MM-DDThh:mm:ss.f...`` from one row of bytes per character.

    Parameters
    ----------
    text : ndarray of uint8, shape (width, n)
        Width 19, or 21 to 29: one to nine decimals.

    Returns
    -------
    tuple of ndarray
        The epochs, and which of them are such an epoch; the others are 0.
    """
    good = (text[4] == 45) & (text[7] == 45) & (text[13] == 58) & (text[16] == 58)
    good &= (text[10] == 84) | (text[10] == 32)
    parts = []
    for start, stop in ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19)):
        value, is_number = unsigned(text[start:stop], blanks=False)
        parts.append(value)
        good &= is_number
    fraction = np.zeros(text.shape[1], np.int64)
    if len(text) > 19:
        fraction, is_number = unsigned(text[20:], blanks=False)
        good &= is_number & (text[19] == 46)
        fraction *= 10 ** (9 - (len(text) - 20))
    year, month, day, hour, minute, second = parts
    leap = is_leap(year)
    good &= (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (month >= 1) & (month <= 12)
    month = np.where(good, month, 1)
    good &= (day >= 1) & (day <= _MONTH_DAYS[month] + ((month == 2) & leap))
    good &= (hour <= 23) & (minute <= 59) & (second <= 59)
    year = np.where(good, year, 1970)
    days = year_start(year) + _month_start(month, leap) + day - 1
    ns = days * NS_PER_DAY + (hour * 3600 + minute * 60 + second) * NS_PER_SECOND + fraction
    return np.where(good, ns, 0), good


def iso_to_ns(text: str) -> tuple[int, bool]:
    """Read one epoch in any form the OMM standard allows.

    Calendar or ordinal date, ``T`` or a blank before the time, any number of
    decimals, with or without ``Z``.

    Parameters
    ----------
    text : str
        The epoch.

    Returns
    -------
    tuple of (int, bool)
        Nanoseconds UTC since 1970, and whether decimals beyond the nanosecond were rounded.

    Raises
    ------
    ValueError
        The text is no epoch, or one outside 1957 to 2261; the message says which.
    """
    calendar = _CALENDAR.fullmatch(text) if text.isascii() else None
    ordinal = _ORDINAL.fullmatch(text) if text.isascii() else None
    if calendar:
        year, month, day, hour, minute, second = map(int, calendar.groups()[:6])
        if not 1 <= month <= 12:
            raise ValueError(f"there is no month {month:02d}")
        decimals = calendar.group(7)
    elif ordinal:
        year, day, hour, minute, second = map(int, ordinal.groups()[:5])
        month, decimals = None, ordinal.group(6)
    else:
        raise ValueError("a date like 2024-11-01T12:34:56.789 is needed")
    _check_date(year, month, day)
    _check_time(hour, minute, second)
    days = int(year_start(np.array(year))) + day - 1
    if month is not None:
        days += int(_month_start(np.array(month), is_leap(np.array(year))))
    seconds = hour * 3600 + minute * 60 + second
    fraction, rounded = _fraction_ns(decimals or "")
    return days * NS_PER_DAY + seconds * NS_PER_SECOND + fraction, rounded


def _check_date(year: int, month: int | None, day: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"the year {year} is outside {FIRST_YEAR} to {LAST_YEAR}")
    leap = bool(is_leap(np.array(year)))
    last = 365 + leap if month is None else int(_MONTH_DAYS[month]) + (month == 2 and leap)
    if not 1 <= day <= last:
        raise ValueError(f"there is no day {day} in that {'year' if month is None else 'month'}")


def _check_time(hour: int, minute: int, second: int) -> None:
    if second == 60:
        raise ValueError("a leap second cannot be told from the second after it in UTC day counts")
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"there is no time {hour:02d}:{minute:02d}:{second:02d}")


def _fraction_ns(decimals: str) -> tuple[int, bool]:
    if len(decimals) <= 9:
        return int(decimals.ljust(9, "0")), False
    exact = int(decimals)
    unit = int(10 ** (len(decimals) - 9))
    whole, rest = divmod(exact, unit)
    return whole + (2 * rest >= unit), rest != 0


def ns_to_iso(epoch: npt.NDArray[np.int64]) -> list[str]:
    """Write epochs as ``YYYY-MM-DDThh:mm:ss.ffffff``, with nine decimals where six lose something.

    Parameters
    ----------
    epoch : ndarray of int64
        Nanoseconds UTC since 1970.

    Returns
    -------
    list of str
        One text per epoch; `iso_to_ns` gives the same epochs back.
    """
    if not len(epoch):
        return []
    texts = np.datetime_as_string(epoch.astype("datetime64[ns]")).tolist()
    return [text[:-3] if text.endswith("000") else text for text in texts]


def tle_to_ns(
    year: npt.NDArray[np.int64], units: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], Mask]:
    """Convert TLE epochs: a full year, and days in units of 1e-8 where January 1 begins at 1.

    Returns
    -------
    tuple of ndarray
        The epochs, and which of them lie inside their year; the others are 0.
    """
    last = 366 + is_leap(year)
    good = (units >= 10**8) & (units < last * 10**8)
    ns = year_start(year) * NS_PER_DAY + (units - 10**8) * NS_PER_TLE_UNIT
    return np.where(good, ns, 0), good
