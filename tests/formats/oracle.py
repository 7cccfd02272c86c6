"""What a text says, by another way: one record at a time, regular expressions and decimals."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from decimal import Decimal
from typing import Any

Record = dict[str, Any]

_DIGITS = {n: re.compile(rf"(?=.{{{n}}}$) *[0-9]+", re.ASCII) for n in (1, 2, 4, 5, 7)}
_BLANK_OR_DIGITS = {n: re.compile(rf"(?=.{{{n}}}$) *[0-9]*", re.ASCII) for n in (1, 4, 5)}
_ALPHA5 = re.compile(r"[A-HJ-NP-Z][0-9]{4}")
_ANGLE = re.compile(r"(?=.{8}$) *[0-9]*\.[0-9]{4}")
_MOTION = re.compile(r"(?=.{11}$) *[0-9]*\.[0-9]{8}")
_DAY = re.compile(r"(?=.{12}$) *[0-9]*\.[0-9]{8}")
_RATE = re.compile(r"[ +\-0]\.[0-9]{8}")
_POWER = re.compile(r"[ +-][0-9]{5}[+-][0-9]|[ +-]00000[ +-][0-9]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_ISO = re.compile(
    r"([0-9]{4})-(?:([0-9]{2})-([0-9]{2})|([0-9]{3}))[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]*))?(?:Z|\+00:?00)?"
)
# What may be said of the model, and its constant of gravity in WGS72 (km**3/s**2).
_MODEL = {
    "MEAN_ELEMENT_THEORY": {"SGP4", "SGP/SGP4", "SGP4/SDP4", "SDP4"},
    "CENTER_NAME": {"EARTH"},
    "REF_FRAME": {"TEME", "TEMEOFDATE", "TEME OF DATE"},
    "TIME_SYSTEM": {"UTC"},
    "USER_DEFINED_EARTH_MODEL": {"WGS-72", "WGS72"},
    "USER_DEFINED_GRAVITY_MODEL": {"WGS-72", "WGS72"},
    "USER_DEFINED_GRAVITY": {"WGS-72", "WGS72"},
}
_GM = 398600.8
_EPOCH_0 = dt.datetime(1970, 1, 1)
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class No(Exception):
    """The text is not legal."""


def need(condition: object) -> None:
    if not condition:
        raise No


def matched(pattern: re.Pattern[str], text: str) -> str:
    need(pattern.fullmatch(text))
    return text


def ranges(record: Record) -> Record:
    for value in record.values():
        need(not isinstance(value, float) or math.isfinite(value))
    need(0 <= record["norad_id"] <= 999_999_999)
    need(0.0 < record["mean_motion"] <= 20.0)
    need(0.0 <= record["eccentricity"] <= 0.999)
    need(0.0 <= record["inclination"] <= 180.0)
    for name in ("ra_of_asc_node", "arg_of_pericenter", "mean_anomaly"):
        need(abs(record[name]) <= 360.0)
    for name in ("bstar", "mean_motion_dot", "mean_motion_ddot"):
        need(abs(record[name]) <= 100.0)
    need(record["ephemeris_type"] in (0, 2, 3))
    need(record["element_set_no"] >= 0)
    need(record["rev_at_epoch"] >= 0)
    return record


def tle(text: str, *, summed: bool = True) -> Record:
    """Return the one element set of a text of two lines, with right checksums if `summed`, or raise `No`."""
    lines = [line.strip(" \t") for line in re.split("\r\r?\n|\r|\n", text)]
    lines = [line for line in lines if line and not line.startswith(("#", "//"))]
    need(len(lines) == 2)
    for number, line in zip("12", lines, strict=True):
        # Columns are bytes; what stands behind them is not looked at.
        need(line[:69].isascii() and "\0" not in line[:69])
        need(68 <= len(line) <= 160 and (line + " ")[69:70] in (" ", ""))
        need(line[0] == number and line[1] == " ")
        if len(line) >= 69 and line[68] != " ":
            need(line[68] in "0123456789")
            total = sum(int(c) if c in "0123456789" else c == "-" for c in line[:68])
            need(not summed or total % 10 == int(line[68]))
    one, two = lines
    for column in (9, 18, 33, 44, 53, 62, 64):
        need(one[column - 1] == " ")
    for column in (8, 17, 26, 34, 43, 52):
        need(two[column - 1] == " ")
    need(catalog_number(one[2:7]) == catalog_number(two[2:7]))
    need(one[7] in " ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    need(all(32 <= ord(c) < 127 for c in one[9:17]))
    return ranges(
        {
            "norad_id": catalog_number(one[2:7]),
            "object_id": designator(one[9:17]),
            "epoch": tle_epoch(one[18:32]),
            "mean_motion": float(matched(_MOTION, two[52:63])),
            "eccentricity": int(matched(_DIGITS[7], two[26:33])) / 1e7,
            "inclination": float(matched(_ANGLE, two[8:16])),
            "ra_of_asc_node": float(matched(_ANGLE, two[17:25])),
            "arg_of_pericenter": float(matched(_ANGLE, two[34:42])),
            "mean_anomaly": float(matched(_ANGLE, two[43:51])),
            "bstar": power(one[53:61]),
            "mean_motion_dot": float(matched(_RATE, one[33:43]).replace(" ", "")),
            "mean_motion_ddot": power(one[44:52]),
            "element_set_no": int(matched(_BLANK_OR_DIGITS[4], one[64:68]).strip() or 0),
            "rev_at_epoch": int(matched(_BLANK_OR_DIGITS[5], two[63:68]).strip() or 0),
            "ephemeris_type": int(matched(_BLANK_OR_DIGITS[1], one[62]).strip() or 0),
            "classification_type": one[7].strip() or "U",
        }
    )


def catalog_number(text: str) -> int:
    if _ALPHA5.fullmatch(text):
        return (10 + _LETTERS.index(text[0])) * 10_000 + int(text[1:])
    return int(matched(_DIGITS[5], text))


def designator(text: str) -> str:
    if re.fullmatch(r"[0-9]{5}[A-Z]{1,3} *", text):
        century = 2000 if int(text[:2]) < 57 else 1900
        return f"{century + int(text[:2])}-{text[2:].strip()}"
    return text.strip()


def tle_epoch(text: str) -> int:
    year = int(matched(_DIGITS[2], text[:2]))
    year += 2000 if year < 57 else 1900
    day = Decimal("0" + matched(_DAY, text[2:]).strip())
    length = 366 if year % 4 == 0 else 365
    need(1 <= day < length + 1)
    start = (dt.datetime(year, 1, 1) - _EPOCH_0).days
    return int((start + day - 1) * 86_400_000_000_000)


def power(text: str) -> float:
    matched(_POWER, text)
    sign = -1.0 if text[0] == "-" else 1.0
    exponent = int(text[6:].replace(" ", "+"))
    return sign * float(f"0.{text[1:6]}") * math.pow(10.0, exponent)


def number(text: str | None, default: float | None = None) -> float:
    text = (text or "").strip(" \t")
    if not text and default is not None:
        return default
    return float(matched(_NUMBER, text))


def whole(text: str | None, default: int | None, largest: int) -> int:
    value = number(text, default)
    need("e" not in (text or "").lower() and math.isfinite(value))
    need(value == math.floor(value) and -largest - 1 <= value <= largest)
    return int(value)


def iso_epoch(text: str) -> int:
    found = _ISO.fullmatch(text.strip(" \t"))
    need(found)
    assert found
    year, month, day, ordinal, hour, minute, second, fraction = found.groups()
    try:
        if ordinal:
            date = dt.datetime.strptime(f"{year}-{ordinal}", "%Y-%j")
        else:
            date = dt.datetime(int(year), int(month), int(day))
        moment = dt.datetime.combine(date.date(), dt.time(int(hour), int(minute), int(second)))
    except ValueError:
        raise No from None
    need(1957 <= int(year) <= 2261)
    since = moment - _EPOCH_0
    exact = Decimal(f"0.{fraction or 0}") * 10**9
    return (since.days * 86_400 + since.seconds) * 10**9 + int(exact.quantize(Decimal(1), "ROUND_HALF_UP"))


def model(fields: dict[str, str]) -> None:
    for keyword, allowed in _MODEL.items():
        need(fields.get(keyword, "").strip().upper() in {"", *allowed})
    need(not fields.get("BTERM", "").strip() and not fields.get("AGOM", "").strip())
    gravity = fields.get("GM", "").strip()
    need(not gravity or abs(number(gravity) - _GM) < 0.01)


def omm_epoch(fields: dict[str, str]) -> int:
    epoch, apart = iso_epoch(fields["EPOCH"]), fields.get("EPOCH_MICROSECONDS", "")
    if not apart:
        return epoch
    fraction = int(matched(re.compile("[0-9]{1,6}"), apart)) * 1000
    need(epoch % 10**9 in {0, fraction})
    return epoch // 10**9 * 10**9 + fraction


def omm(fields: dict[str, str]) -> Record:
    """Return the element set that keywords and their text stand for, or raise `No`."""
    need(
        {"EPOCH", "MEAN_MOTION", "ECCENTRICITY", "INCLINATION"} <= fields.keys()
        and {"RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "MEAN_ANOMALY", "BSTAR"} <= fields.keys()
    )
    model(fields)
    letter = fields.get("CLASSIFICATION_TYPE", "").strip() or "U"
    need(len(letter) == 1)
    for keyword, limit in (("OBJECT_NAME", 200), ("OBJECT_ID", 40), ("CLASSIFICATION_TYPE", 1)):
        text = fields.get(keyword, "").strip()
        need(len(text) <= limit)
        need(not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text))
    identity = fields.get("NORAD_CAT_ID", "").strip(" \t")
    number_of = catalog_number(identity) if _ALPHA5.fullmatch(identity) else whole(identity, None, 10**15)
    return ranges(
        {
            "norad_id": number_of,
            "epoch": omm_epoch(fields),
            "mean_motion": number(fields["MEAN_MOTION"]),
            "eccentricity": number(fields["ECCENTRICITY"]),
            "inclination": number(fields["INCLINATION"]),
            "ra_of_asc_node": number(fields["RA_OF_ASC_NODE"]),
            "arg_of_pericenter": number(fields["ARG_OF_PERICENTER"]),
            "mean_anomaly": number(fields["MEAN_ANOMALY"]),
            "bstar": number(fields["BSTAR"]),
            "mean_motion_dot": number(fields.get("MEAN_MOTION_DOT"), 0.0),
            "mean_motion_ddot": number(fields.get("MEAN_MOTION_DDOT"), 0.0),
            "element_set_no": whole(fields.get("ELEMENT_SET_NO"), 0, 2**31 - 1),
            "rev_at_epoch": whole(fields.get("REV_AT_EPOCH"), 0, 2**31 - 1),
            "ephemeris_type": whole(fields.get("EPHEMERIS_TYPE"), 0, 127),
            "classification_type": letter,
        }
    )


def csv_fields(text: str) -> dict[str, str]:
    """Return keywords and text of a CSV of one row, or raise `No`."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise No from None
    need(len(rows) == 2 and len(rows[0]) == len(rows[1]))
    return dict(zip(rows[0], rows[1], strict=True))
