"""Times in, nanoseconds out: every accepted form, and a clear sentence for the others."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd
import pytest
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from gpuprop.errors import InputError
from gpuprop.timescale import instant_ns, to_ns

# 2024-11-01T00:00:00 UTC: 20,028 days after 1970-01-01
NOVEMBER = 20_028 * 86_400 * 10**9
ZONE = dt.timezone(dt.timedelta(hours=9))


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ("2024-11-01", [NOVEMBER]),
        ("2024-11-01T00:00:00Z", [NOVEMBER]),
        ("2024-11-01T00:00:00.000z", [NOVEMBER]),
        ("2024-11-01 00:00:00", [NOVEMBER]),
        ("2024-11-01T09:00+09:00", [NOVEMBER]),
        ("2024-10-31T19:00:00-0500", [NOVEMBER]),
        (" 2024-11-01T00:00:01.5 ", [NOVEMBER + 1_500_000_000]),
        ("2024-11-01T00:00:00.123456789Z", [NOVEMBER + 123_456_789]),
        ("2024-11-01T00:00:00.1234567899", [NOVEMBER + 123_456_789]),
        ("1969-12-31T23:59:59.75", [-250_000_000]),
        (np.datetime64("2024-11-01"), [NOVEMBER]),
        (np.datetime64("2024-11-01T00:00:00.000000001"), [NOVEMBER + 1]),
        (np.array(["2024-11-01", "2024-11-02"], "M8[D]"), [NOVEMBER, NOVEMBER + 86_400 * 10**9]),
        (dt.datetime(2024, 11, 1), [NOVEMBER]),
        (dt.datetime(2024, 11, 1, 9, tzinfo=ZONE), [NOVEMBER]),
        (dt.date(2024, 11, 1), [NOVEMBER]),
        (pd.Timestamp("2024-11-01T00:00:00.000000007Z"), [NOVEMBER + 7]),
        (pd.DatetimeIndex(["2024-11-01"]), [NOVEMBER]),
        (pd.Series(pd.to_datetime(["2024-11-01T00:00:01"])), [NOVEMBER + 10**9]),
        (["2024-11-01", dt.datetime(2024, 11, 1), np.datetime64("2024-11-01")], [NOVEMBER] * 3),
        (("2024-11-01", "2024-11-01"), [NOVEMBER] * 2),
        (np.array(["2024-11-01T00:00", "1970-01-01"]), [NOVEMBER, 0]),
        ((2440587.5, 0.0), [0]),
        ((2460616, -0.5), [NOVEMBER]),
        (([2460615.5, 2460615.5], [0.25, 0.5]), [NOVEMBER + 21_600 * 10**9, NOVEMBER + 43_200 * 10**9]),
        ((2460615.5, [0.0, 0.5]), [NOVEMBER, NOVEMBER + 43_200 * 10**9]),
        ([], []),
        (np.array([], "M8[ns]"), []),
    ],
)
def test_every_form_of_a_time(times: object, expected: list[int]) -> None:
    result = to_ns(times)
    assert result.dtype == np.int64
    assert result.tolist() == expected


def test_astropy_times_come_as_utc() -> None:
    assert to_ns(Time("2024-11-01T00:00:00", scale="utc")).tolist() == [NOVEMBER]
    # TAI is 37 s ahead of UTC in 2024
    assert to_ns(Time("2024-11-01T00:00:37", scale="tai")).tolist() == [NOVEMBER]
    assert to_ns(Time(["2024-11-01", "2024-11-02"])).tolist() == [NOVEMBER, NOVEMBER + 86_400 * 10**9]
    assert to_ns([Time("2024-11-01")]).tolist() == [NOVEMBER]


@given(st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2250, 1, 1)))
def test_text_and_datetime_say_the_same(moment: dt.datetime) -> None:
    exact = (moment - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1) * 1000
    assert instant_ns(moment) == exact
    assert instant_ns(moment.isoformat()) == exact
    assert instant_ns(moment.isoformat() + "Z") == exact
    assert instant_ns(np.datetime64(moment)) == exact


@given(st.integers(-60_000, 80_000), st.integers(0, 86_400 * 10**9 - 1))
def test_a_split_julian_date_is_good_to_a_nanosecond(day: int, ns_of_day: int) -> None:
    fraction = ns_of_day / (86_400 * 10**9)
    assert abs(instant_ns((2440587.5 + day, fraction)) - (day * 86_400 * 10**9 + ns_of_day)) <= 1


@pytest.mark.parametrize(
    ("times", "says"),
    [
        ("yesterday", "times: 'yesterday' is not an ISO 8601 time"),
        ("2024-13-01", "'2024-13-01' is not an ISO 8601 time"),
        ("2024-11-01T25:00", "is not an ISO 8601 time"),
        ("2024-11-01T00:00:00.", "is not an ISO 8601 time"),
        ("2024-11-01T00:00:00.12x", "is not an ISO 8601 time"),
        ("2024-11-01T12:30.5", "is not an ISO 8601 time"),
        (dt.datetime(1, 1, 1, tzinfo=ZONE), "outside the years 1678 to 2261"),
        ("２024-11-01", "is not an ISO 8601 time"),
        ("", "is not an ISO 8601 time"),
        (["2024-11-01", "no"], "times[1]: 'no'"),
        (["2024-11-01", None], "times[1]: cannot read None"),
        (np.datetime64("NaT"), "entry 0 is not a time (NaT)"),
        (np.array(["2024-11-01", "NaT"], "M8[s]"), "entry 1 is not a time (NaT)"),
        (["2024-11-01", pd.NaT], "times[1]"),
        (np.zeros((2, 2), "M8[s]"), "times has 2 dimensions"),
        ("2300-01-01", "outside the years 1678 to 2261"),
        ("0001-01-01", "outside the years 1678 to 2261"),
        (np.datetime64("9999-01-01"), "outside the years 1678 to 2261"),
        (np.datetime64("1500-01-01", "s"), "outside the years 1678 to 2261"),
        ((np.nan, 0.0), "entry 0 of the (jd, fr) pair is not finite"),
        (([2460615.5] * 2, [0.0, np.inf]), "entry 1 of the (jd, fr) pair is not finite"),
        ((0.0, 0.0), "outside the years 1678 to 2261"),
        (([1.0, 2.0], [1.0, 2.0, 3.0]), "differ in length"),
        ((2460615.5, "noon"), "differ in length or are no numbers"),
        (2460615.5, "cannot read 2460615.5"),
        (None, "cannot read None"),
        ([1.0, 2.0], "times[0]: cannot read 1.0"),
    ],
)
def test_what_is_no_time_is_named(times: object, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        to_ns(times)


def test_the_argument_is_called_by_its_name() -> None:
    with pytest.raises(InputError, match=r"^start: 'soon'"):
        instant_ns("soon", name="start")
    with pytest.raises(InputError, match="stop holds 2 times; give one instant"):
        instant_ns(["2024-11-01", "2024-11-02"], name="stop")
