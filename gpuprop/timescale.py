"""Instants: everything a caller may write a time as, turned into int64 nanoseconds UTC.

Inside the package an instant is a count of nanoseconds since 1970-01-01T00:00 UTC
without leap seconds, in int64. Epochs of TLE (1e-8 day) and OMM (1e-6 s) are whole
numbers of them. A double holding a Julian date is only good to 40 microseconds, in which
a satellite in low orbit moves 0.3 m, so none is ever formed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gpuprop.errors import InputError

__all__ = ["instant_ns", "to_ns", "to_utc_ns"]

NS_PER_DAY = 86_400_000_000_000
_JD_1970 = 2440587.5
_UNIX_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# int64 nanoseconds reach from 1677-09-21 to 2262-04-11
_MAX_DAYS = 106751
_KINDS = (
    "a datetime64, a datetime, an ISO 8601 string, an astropy Time, a sequence of these, "
    "or a (jd, fr) pair of floats"
)

Times = Any


def _reach_error(name: str, shown: object) -> InputError:
    return InputError(f"{name}: {shown} is outside the years 1678 to 2261, which int64 nanoseconds can hold")


def _from_datetime64(values: npt.NDArray[np.datetime64], name: str) -> npt.NDArray[np.int64]:
    """Convert by way of whole seconds, so that an overflow is seen rather than wrapped."""
    missing = np.isnat(values)
    if missing.any():
        raise InputError(f"{name}: entry {int(np.argmax(missing))} is not a time (NaT)")
    days = values.astype("datetime64[D]").astype(np.int64)
    far = np.abs(days) > _MAX_DAYS - 1
    if far.any():
        raise _reach_error(name, values[int(np.argmax(far))])
    return values.astype("datetime64[ns]").astype(np.int64)


def _from_datetime(value: dt.datetime, name: str) -> int:
    """Convert exactly; a datetime without a zone is taken as UTC."""
    try:
        aware = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
    except OverflowError:
        raise _reach_error(name, value) from None
    delta = aware - _UNIX_EPOCH
    if abs(delta.days) > _MAX_DAYS - 1:
        raise _reach_error(name, value)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000_000 + delta.microseconds * 1_000


def _split_zone(text: str) -> tuple[str, dt.tzinfo | None]:
    """Cut a zone (Z, +hh:mm, -hhmm) off an ISO string."""
    if text[-1:] in {"Z", "z"}:
        return text[:-1], dt.UTC
    clock_begins = max(text.find("T"), text.find(" "))
    sign = max(text.rfind("+"), text.rfind("-"))
    if clock_begins < 0 or sign < clock_begins:
        return text, None
    zone = dt.datetime.fromisoformat("2000-01-01T00:00:00" + text[sign:]).tzinfo
    return text[:sign], zone


def _from_string(text: str, name: str) -> int:
    """Convert an ISO 8601 string, down to the nanosecond."""
    stripped = text.strip()
    try:
        if not stripped[:4].isdigit() or not stripped.isascii():
            raise ValueError
        body, zone = _split_zone(stripped)
        seconds, point, fraction = body.partition(".")
        whole = dt.datetime.fromisoformat(seconds.strip())
        if point and not (fraction.isdigit() and len(fraction) <= 18 and seconds.count(":") == 2):
            raise ValueError
    except ValueError:
        raise InputError(
            f"{name}: {text!r} is not an ISO 8601 time; write it like 2024-11-01T00:00:00.000Z"
        ) from None
    digits = (fraction + "0" * 9)[:9]
    return _from_datetime(whole.replace(tzinfo=zone), name) + int(digits)


def _from_julian(jd: object, fr: object, name: str) -> npt.NDArray[np.int64]:
    """Convert a Julian date given in two parts, without ever adding them up."""
    try:
        first, second = np.broadcast_arrays(
            np.atleast_1d(np.asarray(jd, dtype=np.float64)), np.atleast_1d(np.asarray(fr, dtype=np.float64))
        )
    except (TypeError, ValueError):
        raise InputError(
            f"{name}: the two parts of a (jd, fr) pair differ in length or are no numbers"
        ) from None
    if first.ndim != 1:
        raise InputError(f"{name} has {first.ndim} dimensions; give one instant or a sequence of them")
    bad = ~(np.isfinite(first) & np.isfinite(second))
    if bad.any():
        raise InputError(f"{name}: entry {int(np.argmax(bad))} of the (jd, fr) pair is not finite")
    days = first - _JD_1970
    far = np.abs(days + second) > _MAX_DAYS - 1
    if far.any():
        raise _reach_error(name, f"Julian date {first[int(np.argmax(far))]}")
    whole = np.floor(days)
    whole_fr = np.floor(second)
    rest = (days - whole) + (second - whole_fr)
    ns_of_day = np.rint(rest * NS_PER_DAY).astype(np.int64)
    return (whole.astype(np.int64) + whole_fr.astype(np.int64)) * NS_PER_DAY + ns_of_day


def _from_one(value: object, name: str) -> int:
    """Convert one instant that is not an array."""
    if isinstance(value, np.datetime64):
        return int(_from_datetime64(np.asarray([value]), name)[0])
    if isinstance(value, dt.datetime):
        if value != value:  # pandas' NaT
            raise InputError(f"{name} is not a time (NaT)")
        nanoseconds = int(getattr(value, "nanosecond", 0))
        return _from_datetime(value, name) + nanoseconds
    if isinstance(value, dt.date):
        return _from_datetime(dt.datetime(value.year, value.month, value.day), name)
    if isinstance(value, str):
        return _from_string(value, name)
    if hasattr(value, "utc") and hasattr(value, "jd1"):
        return int(_from_astropy(value, name)[0])
    raise InputError(f"{name}: cannot read {value!r} as a time; give {_KINDS}")


def _from_astropy(value: Any, name: str) -> npt.NDArray[np.int64]:
    utc = value.utc
    return _from_julian(utc.jd1, utc.jd2, name)


def _is_julian_pair(times: object) -> bool:
    """Tell a (jd, fr) pair from a sequence of two times: its first part is a number or numbers."""
    if not isinstance(times, tuple) or len(times) != 2:
        return False
    try:
        return np.asarray(times[0]).dtype.kind in "fiu"
    except (TypeError, ValueError):
        return False


def to_ns(times: Times, *, name: str = "times") -> npt.NDArray[np.int64]:
    """Turn instants into nanoseconds since 1970-01-01T00:00 UTC, leap seconds left out.

    Parameters
    ----------
    times : time or sequence of times
        A ``datetime64``, a ``datetime`` (without a zone: UTC), an ISO 8601 string with or without
        Z or an offset, an astropy ``Time``, or a one-dimensional sequence of these; or a pair
        ``(jd, fr)`` of floats or arrays, as python-sgp4 takes them.
    name : str
        What to call the argument in an error.

    Returns
    -------
    ndarray of int64, shape (n_time,)
        In the order given; one instant gives an array of length 1.

    Raises
    ------
    InputError
        If an entry is not a time, or lies outside the years 1678 to 2261.

    Examples
    --------
    >>> from gpuprop.timescale import to_ns
    >>> to_ns(["1970-01-01T00:00:01Z", "1970-01-01T01:00:00+01:00"])
    array([1000000000,          0])
    >>> to_ns((2440587.5, 0.5))
    array([43200000000000])
    """
    if _is_julian_pair(times):
        return _from_julian(times[0], times[1], name)
    if hasattr(times, "utc") and hasattr(times, "jd1"):
        return _from_astropy(times, name)
    if isinstance(times, (str, np.datetime64, dt.date)):
        return np.array([_from_one(times, name)], dtype=np.int64)
    if hasattr(times, "to_numpy"):
        times = times.to_numpy()
    if isinstance(times, np.ndarray) and times.dtype.kind == "M":
        if times.ndim > 1:
            raise InputError(f"{name} has {times.ndim} dimensions; give one instant or a sequence of them")
        return _from_datetime64(np.atleast_1d(times), name)
    if isinstance(times, np.ndarray) and times.ndim == 1 and times.dtype.kind in "OU":
        times = times.tolist()
    if not isinstance(times, Sequence):
        raise InputError(f"{name}: cannot read {times!r} as times; give {_KINDS}")
    return np.array([_from_one(value, f"{name}[{i}]") for i, value in enumerate(times)], dtype=np.int64)


def instant_ns(time: Times, *, name: str = "time") -> int:
    """Turn one instant into nanoseconds since 1970-01-01T00:00 UTC.

    Parameters
    ----------
    time : time
        Any single instant that `to_ns` accepts.
    name : str
        What to call the argument in an error.

    Returns
    -------
    int
        Nanoseconds, leap seconds left out.

    Raises
    ------
    InputError
        If `time` is not one instant.

    Examples
    --------
    >>> from gpuprop.timescale import instant_ns
    >>> instant_ns("2024-11-01")
    1730419200000000000
    """
    values = to_ns(time, name=name)
    if values.size != 1:
        raise InputError(f"{name} holds {values.size} times; give one instant")
    return int(values[0])


# What a clock of each system shows ahead of TAI, ns
_AHEAD_OF_TAI_NS = {"TAI": 0, "TT": 32_184_000_000, "GPS": -19_000_000_000}


def to_utc_ns(readings_ns: npt.NDArray[np.int64], system: str, *, where: str) -> npt.NDArray[np.int64]:
    """Turn readings of a clock, ns since 1970 as the clock counts them, into ns UTC.

    Parameters
    ----------
    readings_ns : ndarray of int64, (n,)
        What the clock shows.
    system : str
        UTC, TAI, TT or GPS.
    where : str
        What a message begins with.

    Raises
    ------
    InputError
        The system is another one.
    ImportError
        It is not UTC, and pyerfa, which knows the leap seconds, is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from gpuprop.timescale import to_utc_ns
    >>> int(to_utc_ns(np.array([1_730_419_237_000_000_000]), "TAI", where="x")[0])
    1730419200000000000
    """
    if system.upper() == "UTC":
        return readings_ns
    if system.upper() not in _AHEAD_OF_TAI_NS:
        known = ", ".join(("UTC", *_AHEAD_OF_TAI_NS))
        raise InputError(f"{where}: TIME_SYSTEM is {system}; {known} can be used")
    try:
        import erfa
    except ImportError as error:
        raise ImportError(f"times in {system} need pyerfa: pip install 'gpuprop[messages]'") from error
    tai_ns = readings_ns - _AHEAD_OF_TAI_NS[system.upper()]
    utc_ns = tai_ns
    for _ in range(2):  # the number of leap seconds is looked up by UTC
        days = utc_ns.astype("datetime64[ns]").astype("datetime64[D]")
        year, month = days.astype("datetime64[Y]"), days.astype("datetime64[M]")
        leap = erfa.dat(
            year.astype(int) + 1970,
            (month - year).astype(int) + 1,
            (days - month).astype(int) + 1,
            (utc_ns % NS_PER_DAY) / NS_PER_DAY,
        )
        utc_ns = tai_ns - np.rint(leap * 1e9).astype(np.int64)
    return utc_ns
