"""OMM cases: values in every notation, and what only one notation can get wrong."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from tests.formats.corpus import FIELDS, LINE_1, LINE_2, Case, Legal, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

Fields = dict[str, str]

_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_METADATA = {"OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "MEAN_ELEMENT_THEORY"}


def as_csv(fields: Fields) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([fields.keys(), fields.values()])
    return out.getvalue()


def as_json_numbers(fields: Fields) -> str:
    parts = [
        f"{json.dumps(keyword)}: {value if _JSON_NUMBER.fullmatch(value) else json.dumps(value)}"
        for keyword, value in fields.items()
    ]
    return "[{" + ", ".join(parts) + "}]"


def as_json_strings(fields: Fields) -> str:
    return json.dumps([fields])


def as_xml(fields: Fields) -> str:
    def element(keyword: str, value: str) -> str:
        if keyword.startswith("USER_DEFINED_"):
            keyword = keyword.removeprefix("USER_DEFINED_")
            return f'<USER_DEFINED parameter="{keyword}">{escape(value)}</USER_DEFINED>'
        return f"<{keyword}>{escape(value)}</{keyword}>"

    metadata = "".join(element(*item) for item in fields.items() if item[0] in _METADATA)
    elements = "".join(element(*item) for item in fields.items() if item[0] not in _METADATA)
    return (
        f"<?xml version='1.0' encoding='UTF-8'?><ndm><omm><body><segment><metadata>{metadata}</metadata>"
        f"<data><meanElements>{elements}</meanElements></data></segment></body></omm></ndm>"
    )


def as_kvn(fields: Fields) -> str:
    return "CCSDS_OMM_VERS = 2.0\n" + "".join(f"{keyword} = {value}\n" for keyword, value in fields.items())


NOTATIONS: dict[str, Callable[[Fields], str]] = {
    "csv": as_csv,
    "json": as_json_numbers,
    "json strings": as_json_strings,
    "xml": as_xml,
    "kvn": as_kvn,
}

# Title, keyword and text put there, and the values that differ from those of the unchanged record.
_LEGAL_VALUES: list[tuple[str, Fields, dict[str, object]]] = [
    ("epoch without fraction", {"EPOCH": "2025-04-15T12:46:36"}, {"epoch": "2025-04-15T12:46:36"}),
    ("epoch with a point and no digits", {"EPOCH": "2025-04-15T12:46:36."}, {"epoch": "2025-04-15T12:46:36"}),
    ("epoch with one decimal", {"EPOCH": "2025-04-15T12:46:36.5"}, {"epoch": "2025-04-15T12:46:36.5"}),
    ("epoch with milliseconds", {"EPOCH": "2025-04-15T12:46:36.123"}, {"epoch": "2025-04-15T12:46:36.123"}),
    (
        "epoch with nanoseconds",
        {"EPOCH": "2025-04-15T12:46:36.897600001"},
        {"epoch": "2025-04-15T12:46:36.897600001"},
    ),
    ("epoch with zeros beyond nanoseconds", {"EPOCH": "2025-04-15T12:46:36.897600000000"}, {}),
    ("epoch with Z", {"EPOCH": "2025-04-15T12:46:36.897600Z"}, {}),
    ("epoch with zero offset", {"EPOCH": "2025-04-15T12:46:36.897600+00:00"}, {}),
    ("epoch with a blank before the time", {"EPOCH": "2025-04-15 12:46:36.897600"}, {}),
    ("epoch with the day of the year", {"EPOCH": "2025-105T12:46:36.8976"}, {}),
    ("epoch with Z and no decimals behind the point", {"EPOCH": "2025-04-15T12:46:36.8976Z"}, {}),
    ("epoch with zero offset and no colon", {"EPOCH": "2025-04-15T12:46:36.8976+0000"}, {}),
    ("epoch with blanks around", {"EPOCH": " 2025-04-15T12:46:36.8976\t"}, {}),
    ("epoch on the last day of a leap year", {"EPOCH": "2024-366T00:00:00"}, {"epoch": "2024-12-31"}),
    ("epoch of the day of Sputnik", {"EPOCH": "1957-10-04T19:28:34"}, {"epoch": "1957-10-04T19:28:34"}),
    ("epoch beyond the years of a TLE", {"EPOCH": "2057-01-01T00:00:00"}, {"epoch": "2057-01-01"}),
    ("epoch on 29 February 2000", {"EPOCH": "2000-02-29T12:00:00"}, {"epoch": "2000-02-29T12:00:00"}),
    ("mean motion with an exponent", {"MEAN_MOTION": "1.549569282E+1"}, {}),
    ("mean motion with a plus", {"MEAN_MOTION": "+15.49569282"}, {}),
    ("eccentricity 0", {"ECCENTRICITY": "0"}, {"eccentricity": 0.0}),
    ("eccentricity at the limit", {"ECCENTRICITY": ".999"}, {"eccentricity": 0.999}),
    ("inclination 180", {"INCLINATION": "1.8e2"}, {"inclination": 180.0}),
    ("number with a plus", {"NORAD_CAT_ID": "+25544"}, {}),
    ("catalog number with a point at its end", {"NORAD_CAT_ID": "25544."}, {}),
    ("theory and frame in lower case", {"MEAN_ELEMENT_THEORY": "sgp4", "REF_FRAME": "teme"}, {}),
    ("frame of date, in words", {"REF_FRAME": "TEME of Date"}, {}),
    ("what the model is, left empty", {"MEAN_ELEMENT_THEORY": "", "GM": "", "BTERM": " "}, {}),
    ("epoch on a leap day", {"EPOCH": "2024-02-29T00:00:00.000000"}, {"epoch": "2024-02-29T00:00:00"}),
    ("epoch before 1970", {"EPOCH": "1965-07-04T23:59:59.999999"}, {"epoch": "1965-07-04T23:59:59.999999"}),
    ("number with plus", {"INCLINATION": "+51.6375"}, {}),
    ("number padded with zeros", {"INCLINATION": "051.637500"}, {}),
    ("number with a small exponent letter", {"BSTAR": "2.7047e-4"}, {}),
    ("number with a capital exponent letter", {"BSTAR": "2.7047E-04"}, {}),
    ("number in full", {"BSTAR": "0.00027047"}, {}),
    ("whole number where a fraction may be", {"INCLINATION": "51"}, {"inclination": 51.0}),
    ("number with a point at its end", {"INCLINATION": "51."}, {"inclination": 51.0}),
    ("seventeen digits", {"INCLINATION": "51.637500000000003"}, {"inclination": 51.637500000000003}),
    ("thirty digits", {"ECCENTRICITY": "0.000527600000000000000000000001"}, {}),
    ("a number too small for a double", {"MEAN_MOTION_DDOT": "1e-400"}, {}),
    ("minus zero", {"BSTAR": "-0.0"}, {"bstar": 0.0}),
    ("drag negative", {"BSTAR": "-.11606E-4"}, {"bstar": -1.1606e-5}),
    ("angle negative", {"RA_OF_ASC_NODE": "-102.644"}, {"ra_of_asc_node": -102.644}),
    ("angle 360", {"MEAN_ANOMALY": "360"}, {"mean_anomaly": 360.0}),
    ("number of nine digits", {"NORAD_CAT_ID": "799501299"}, {"norad_id": 799501299}),
    ("number of six digits", {"NORAD_CAT_ID": "270001"}, {"norad_id": 270001}),
    ("number with leading zeros", {"NORAD_CAT_ID": "00005"}, {"norad_id": 5}),
    ("number as a table program writes it", {"NORAD_CAT_ID": "25544.0"}, {}),
    ("number in Alpha-5", {"NORAD_CAT_ID": "T0001"}, {"norad_id": 270001}),
    ("number in Alpha-5 with the letter E", {"NORAD_CAT_ID": "E5544"}, {"norad_id": 145544}),
    ("ephemeris type 2", {"EPHEMERIS_TYPE": "2"}, {"ephemeris_type": 2}),
    ("ephemeris type empty", {"EPHEMERIS_TYPE": ""}, {}),
    ("classification empty", {"CLASSIFICATION_TYPE": ""}, {}),
    ("classification C", {"CLASSIFICATION_TYPE": "C"}, {"classification_type": "C"}),
    ("second derivative empty", {"MEAN_MOTION_DDOT": ""}, {}),
    ("revolutions above five digits", {"REV_AT_EPOCH": "150544"}, {"rev_at_epoch": 150544}),
    ("no designator", {"OBJECT_ID": ""}, {"object_id": ""}),
    ("designator unknown", {"OBJECT_ID": "UNKNOWN"}, {"object_id": "UNKNOWN"}),
    ("name with comma and quotes", {"OBJECT_NAME": 'A, "B"'}, {"name": 'A, "B"'}),
    ("name with markup", {"OBJECT_NAME": "<i>&lt;"}, {"name": "<i>&lt;"}),
    ("name with a formula", {"OBJECT_NAME": "=SUM(A1)"}, {"name": "=SUM(A1)"}),
    ("name in brackets", {"OBJECT_NAME": "FOO [DEB]"}, {"name": "FOO [DEB]"}),
    ("name with an equals sign", {"OBJECT_NAME": "A = B"}, {"name": "A = B"}),
    ("name in other scripts", {"OBJECT_NAME": "東方紅 🛰"}, {"name": "東方紅 🛰"}),
    ("name that begins with a byte order mark", {"OBJECT_NAME": "\ufeffA"}, {"name": "\ufeffA"}),
    ("name that ends with a byte order mark", {"OBJECT_NAME": "A\ufeff"}, {"name": "A\ufeff"}),
    ("name that is a keyword", {"OBJECT_NAME": "NORAD_CAT_ID"}, {"name": "NORAD_CAT_ID"}),
    ("name of 200 characters", {"OBJECT_NAME": "N" * 200}, {"name": "N" * 200}),
    ("theory SGP/SGP4", {"MEAN_ELEMENT_THEORY": "SGP/SGP4"}, {}),
    ("frame and time written out", {"REF_FRAME": "TEME", "TIME_SYSTEM": "UTC", "CENTER_NAME": "EARTH"}, {}),
    ("gravity WGS-72 named", {"USER_DEFINED_EARTH_MODEL": "WGS-72"}, {}),
    ("gravity WGS-72 by its constant", {"GM": "398600.8"}, {}),
]

_REFUSED_VALUES: list[tuple[str, Fields, str]] = [
    ("epoch empty", {"EPOCH": ""}, "EPOCH (object 25544): there is no value"),
    ("epoch with month 13", {"EPOCH": "2025-13-15T12:46:36"}, "there is no month 13"),
    ("epoch with month 00", {"EPOCH": "2025-00-15T12:46:36"}, "there is no month 00"),
    ("epoch with 30 February", {"EPOCH": "2025-02-30T12:46:36"}, "there is no day 30 in that month"),
    ("epoch with 29 February of no leap year", {"EPOCH": "2025-02-29T12:46:36"}, "there is no day 29"),
    (
        "epoch with day 366 of no leap year",
        {"EPOCH": "2025-366T12:46:36"},
        "there is no day 366 in that year",
    ),
    ("epoch with hour 24", {"EPOCH": "2025-04-15T24:00:00"}, "there is no time 24:00:00"),
    ("epoch with minute 60", {"EPOCH": "2025-04-15T12:60:00"}, "there is no time 12:60:00"),
    ("epoch in a leap second", {"EPOCH": "2016-12-31T23:59:60.5"}, "a leap second"),
    ("epoch without time", {"EPOCH": "2025-04-15"}, "a date like"),
    ("epoch without seconds", {"EPOCH": "2025-04-15T12:46"}, "a date like"),
    ("epoch in another zone", {"EPOCH": "2025-04-15T12:46:36+02:00"}, "a date like"),
    ("epoch with a comma", {"EPOCH": "2025-04-15T12:46:36,8976"}, "a date like"),
    ("epoch with American date", {"EPOCH": "04/15/2025 12:46:36"}, "a date like"),
    ("epoch with the two-digit year of a TLE", {"EPOCH": "25105.53237150"}, "a date like"),
    ("epoch in full-width digits", {"EPOCH": "２０２５-04-15T12:46:36"}, "a date like"),
    ("epoch before Sputnik", {"EPOCH": "1900-01-01T00:00:00"}, "the year 1900 is outside"),
    ("epoch in the year 9999", {"EPOCH": "9999-12-31T23:59:59"}, "the year 9999 is outside"),
    ("mean motion empty", {"MEAN_MOTION": ""}, "MEAN_MOTION (object 25544): there is no value"),
    ("mean motion 0", {"MEAN_MOTION": "0"}, "mean motion 0.0 rev/day"),
    ("mean motion negative", {"MEAN_MOTION": "-15.5"}, "mean motion -15.5 rev/day"),
    ("mean motion in minutes", {"MEAN_MOTION": "92.9"}, "mean motion 92.9 rev/day"),
    ("mean motion NaN", {"MEAN_MOTION": "NaN"}, "MEAN_MOTION"),
    ("mean motion infinite", {"MEAN_MOTION": "Infinity"}, "MEAN_MOTION"),
    ("mean motion with a comma", {"MEAN_MOTION": "15,49"}, "'15,49' is not a number"),
    ("mean motion too large for a double", {"MEAN_MOTION": "1e400"}, "MEAN_MOTION"),
    ("eccentricity 1", {"ECCENTRICITY": "1.0"}, "eccentricity 1.0"),
    ("eccentricity negative", {"ECCENTRICITY": "-0.001"}, "eccentricity -0.001"),
    ("eccentricity without its point", {"ECCENTRICITY": "0005276"}, "eccentricity 5276.0"),
    ("eccentricity null", {"ECCENTRICITY": "null"}, "'null' is not a number"),
    ("inclination 181", {"INCLINATION": "181"}, "inclination 181.0 deg"),
    ("inclination negative", {"INCLINATION": "-51.6"}, "inclination -51.6 deg"),
    ("inclination in words", {"INCLINATION": "polar"}, "'polar' is not a number"),
    ("inclination with its unit", {"INCLINATION": "51.6 deg"}, "'51.6 deg' is not a number"),
    ("inclination with an underscore", {"INCLINATION": "5_1.6"}, "'5_1.6' is not a number"),
    ("inclination in hexadecimal", {"INCLINATION": "0x33"}, "'0x33' is not a number"),
    ("inclination in full-width digits", {"INCLINATION": "５１.６"}, "is not a number"),
    ("node beyond the circle", {"RA_OF_ASC_NODE": "720.5"}, "angle 720.5 deg"),
    ("perigee empty", {"ARG_OF_PERICENTER": ""}, "ARG_OF_PERICENTER (object 25544): there is no value"),
    ("perigee twice in one text", {"ARG_OF_PERICENTER": "47.8 47.8"}, "is not a number"),
    ("anomaly with two points", {"MEAN_ANOMALY": "31.78.20"}, "is not a number"),
    ("bstar empty", {"BSTAR": ""}, "BSTAR (object 25544): there is no value"),
    ("bstar beyond any object", {"BSTAR": "27047"}, "B* 27047.0"),
    ("bstar with a Fortran exponent", {"BSTAR": "2.7047D-4"}, "is not a number"),
    ("bstar in the manner of a TLE", {"BSTAR": "27047-3"}, "'27047-3' is not a number"),
    ("rate beyond sense", {"MEAN_MOTION_DOT": "1e6"}, "mean motion derivative 1000000.0"),
    ("number empty", {"NORAD_CAT_ID": ""}, "NORAD_CAT_ID: there is no value"),
    ("number negative", {"NORAD_CAT_ID": "-5"}, "NORAD_CAT_ID"),
    ("number of ten digits", {"NORAD_CAT_ID": "1000000000"}, "catalog number 1000000000"),
    ("number of thirty digits", {"NORAD_CAT_ID": "9" * 30}, "is not a whole number of that size"),
    ("number with a fraction", {"NORAD_CAT_ID": "25544.5"}, "'25544.5' is not a whole number"),
    ("number with the letter I", {"NORAD_CAT_ID": "I0001"}, "'I0001' is not a number"),
    ("number with an exponent", {"NORAD_CAT_ID": "2554e4"}, "'2554e4' is not a whole number"),
    ("number in hexadecimal", {"NORAD_CAT_ID": "0x10"}, "'0x10' is not a number"),
    ("ephemeris type 4", {"EPHEMERIS_TYPE": "4"}, "ephemeris type 4 (SGP4-XP)"),
    ("ephemeris type 400", {"EPHEMERIS_TYPE": "400"}, "is not a whole number of that size"),
    ("ephemeris type in words", {"EPHEMERIS_TYPE": "SGP4"}, "'SGP4' is not a number"),
    ("classification in words", {"CLASSIFICATION_TYPE": "UNCLASSIFIED"}, "the text has 12 characters"),
    ("element set number negative", {"ELEMENT_SET_NO": "-1"}, "-1 is negative"),
    ("element set number with a fraction", {"ELEMENT_SET_NO": "1.5"}, "is not a whole number"),
    ("revolutions beyond 32 bits", {"REV_AT_EPOCH": "4294967296"}, "is not a whole number"),
    ("name of 201 characters", {"OBJECT_NAME": "N" * 201}, "the name has 201 characters"),
    ("name of a thousand characters", {"OBJECT_NAME": "N" * 1000}, "the text has 1000 characters"),
    ("theory SGP4-XP", {"MEAN_ELEMENT_THEORY": "SGP4-XP"}, "MEAN_ELEMENT_THEORY"),
    ("theory DSST", {"MEAN_ELEMENT_THEORY": "DSST"}, "'DSST' is another model or frame"),
    ("frame of J2000", {"REF_FRAME": "EME2000"}, "REF_FRAME"),
    ("time system TT", {"TIME_SYSTEM": "TT"}, "TIME_SYSTEM"),
    ("center of the Moon", {"CENTER_NAME": "MOON"}, "CENTER_NAME"),
    ("gravity WGS-84 named", {"USER_DEFINED_EARTH_MODEL": "WGS-84"}, "USER_DEFINED_EARTH_MODEL"),
    ("gravity WGS-84 by its constant", {"GM": "398600.4418"}, "SGP4 has 398600.8 km3/s2"),
    ("ballistic term of SGP4-XP", {"BTERM": "0.02"}, "only SGP4-XP has it"),
]


# Text that some way of reading takes for a number, a time or a catalog number, and that is none.
_NO_NUMBERS = (
    *(
        "\u0665\u0661.\u0666",
        "\u096b\u0967.\u096c",
        "51.6375\u200b",
        "51.6375\u00a0",
        "\u221251.6",
        "5\u00b2",
        "\u00bd",
    ),
    *("51.6375f", "51.6375%", "51.6375;", "51.6375d0", "51.6375E", "51.6375E+", "51.6375+2", "51:38:15"),
    *("5.1e1e1", "5e", "e5", ".", "+", "-", "+-5", "--5", "51..6", "5 1.6", "1,000", "1'000", "5e0_1"),
    *("NaN(1)", "-nan", "inf", "+Inf", "-Infinity", "1.#IND", "1.#QNAN", "None", "N/A", "True"),
    *("0x1.8p5", "0b101", "0o17", "1e999", "[51.6]", "{}", "'51.6375'", "=51.6375", '="51.6375"', "$51"),
)
_NO_EPOCHS = (
    *("2025-04-15T12:46:36.8976.0", "2025-04-15T12:46:36.89e1", "2025-04-15T12:46:36.-5"),
    *("2025-04-15T12:46:36.5_5", "2025-04-15T12:46: 6", "2025-04-15T12:-6:36", "2025-04-15T1:46:36"),
    *("2025-4-15T12:46:36", "25-04-15T12:46:36", "20250415T124636", "2025/04/15T12:46:36"),
    *("2025-W16-2T12:46:36", "2025-105", "2025-000T12:00:00", "2025-1051T12:00:00", "2025-04-31T00:00:00"),
    *("2025-04-00T00:00:00", "2025-04-15T25:00:00", "2100-02-29T00:00:00", "0000-00-00T00:00:00"),
    *("2025-04-15T12:46:60", "2016-12-31T23:59:61", "1956-12-31T23:59:59.999999999", "2262-01-01T00:00:00"),
    *("2025-04-15T12:46:36ZZ", "2025-04-15T12:46:36Z+00:00", "2025-04-15t12:46:36", "2025-04-15T12:46:36z"),
    *("2025-04-15T12:46:36-00:00", "2025-04-15T12:46:36+01", "2025-04-15T12:46:36+05:30"),
    *("2025-04-15T12:46:36 PM", "2025-04-15T12:46:36 EST", "2025-04-15_12:46:36", "2025-04-15  12:46:36"),
    *("-2025-04-15T12:46:36", "+2025-04-15T12:46:36", "2460781.03", "1744721196", "45762.53", "now"),
    *("Tue Apr 15 12:46:36 2025", "\u0662\u0660\u0662\u0665-04-15T12:46:36"),
)
_NO_IDS = (
    *("25544U", "#25544", "25 544", "25,544", "25_544", "25544-", "25544.000001", "25544.5.0", "0x63C8"),
    *("1e3", "1E234", "NaN", "inf", "true", "99999999999", "-25544", "9" * 400),
    *("i0001", "O0001", "A00000", "AA001", "A000", "A 001", "+A0001", "e5544", "\uff12\uff15544"),
)
_NO_MODELS = {
    "MEAN_ELEMENT_THEORY": ("SGP", "SGP4XP", "SGP4 XP", "SGP8", "SDP8", "NONE", "0"),
    "REF_FRAME": ("ITRF", "TOD", "GCRF", "J2000"),
    "TIME_SYSTEM": ("GPS", "TAI", "UT1", "TDB"),
    "USER_DEFINED_GRAVITY": ("EGM-96", "WGS84"),
    "USER_DEFINED_GRAVITY_MODEL": ("EGM2008",),
    "GM": ("398600.5", "nan", "0x1", "WGS72"),
    "EPHEMERIS_TYPE": ("4.0", "04", "-1", "1", "5", "6", "127", "128", "1e0", "0x0"),
    "REV_AT_EPOCH": ("1e3", "-1", "NaN"),
    "ELEMENT_SET_NO": ("inf", "1_0"),
    "MEAN_MOTION": ("1e-99999", "-0"),
    "ECCENTRICITY": ("0.9990001", "0.9999999", "-5e-324"),
    "AGOM": ("0.01",),
}
NONSENSE: list[tuple[str, str]] = [
    *(("INCLINATION", text) for text in _NO_NUMBERS),
    *(("EPOCH", text) for text in _NO_EPOCHS),
    *(("NORAD_CAT_ID", text) for text in _NO_IDS),
    *((keyword, text) for keyword, texts in _NO_MODELS.items() for text in texts),
]


def _nonsense() -> list[Case]:
    return [
        Refused(f"{notation}: {keyword} {text[:30]!a}", write({**FIELDS, keyword: text}), keyword)
        for notation, write in NOTATIONS.items()
        for keyword, text in NONSENSE
    ]


def _in_every_notation() -> list[Case]:
    cases: list[Case] = []
    for notation, write in NOTATIONS.items():
        for title, fields, changed in _LEGAL_VALUES:
            cases.append(Legal(f"{notation}: {title}", write({**FIELDS, **fields}), dict(changed)))
        for title, fields, message in _REFUSED_VALUES:
            cases.append(Refused(f"{notation}: {title}", write({**FIELDS, **fields}), message))
        text = write({**FIELDS, "EPOCH": "2025-04-15T12:46:36.8976000004"})
        cases.append(Legal(f"{notation}: epoch beyond the nanosecond", text, {}, "rounded to the nanosecond"))
        text = write({keyword: FIELDS[keyword] for keyword in sorted(FIELDS, reverse=True)})
        cases.append(Legal(f"{notation}: keywords in another order", text))
        text = write({**FIELDS, "COMMENT": "none", "SEMIMAJOR_AXIS": "6796.6", "DECAY_DATE": ""})
        cases.append(Legal(f"{notation}: keywords beyond those needed", text))
        for absent in ("BSTAR", "EPOCH", "NORAD_CAT_ID", "MEAN_ANOMALY"):
            text = write({keyword: value for keyword, value in FIELDS.items() if keyword != absent})
            cases.append(Refused(f"{notation}: without {absent}", text, absent))
        optional = {"MEAN_MOTION_DDOT", "CLASSIFICATION_TYPE", "EPHEMERIS_TYPE"}
        text = write({keyword: value for keyword, value in FIELDS.items() if keyword not in optional})
        cases.append(Legal(f"{notation}: without what has a default", text))
    return cases


_HEAD, _ROW = as_csv(FIELDS).splitlines()


def csv_row(old: str, new: str) -> str:
    """Return the CSV with something else in its row."""
    return f"{_HEAD}\n{_ROW.replace(old, new)}\n"


_TEXTS_CSV: list[Case] = [
    Legal("csv: byte order mark", b"\xef\xbb\xbf" + as_csv(FIELDS).encode()),
    Legal("csv: CRLF", as_csv(FIELDS).replace("\n", "\r\n")),
    Legal("csv: carriage returns alone", as_csv(FIELDS).replace("\n", "\r")),
    Legal("csv: no line end at the end", as_csv(FIELDS).rstrip()),
    Legal("csv: empty lines", f"\n\n{_HEAD}\n\n{_ROW}\n\n\n"),
    Legal("csv: comment before the header", f"# from somewhere\n{_HEAD}\n{_ROW}\n"),
    Legal("csv: header in lower case", f"{_HEAD.lower()}\n{_ROW}\n"),
    Legal("csv: blanks in the header", f"{_HEAD.replace(',', ' , ')}\n{_ROW}\n"),
    Legal(
        "csv: all values in quotes",
        "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in (_HEAD, _ROW)),
    ),
    Legal("csv: blanks around numbers", csv_row(",51.6375,", ", 51.6375 ,")),
    Legal("csv: line break in a quoted comment", f'{_HEAD},COMMENT\n{_ROW},"two\nlines"\n'),
    Legal("csv: one quotation mark inside a name", csv_row("ISS (", 'ISS 5" ('), {"name": 'ISS 5" (ZARYA)'}),
    Legal(
        "csv: one quotation mark inside a name, empty lines",
        "\n" + csv_row("ISS (", 'ISS 5" (').replace("\n", "\n\n"),
        {"name": 'ISS 5" (ZARYA)'},
    ),
    Legal("csv: an unknown column twice", f"{_HEAD},X,X\n{_ROW},1,2\n"),
    Legal(
        "csv: name with a line separator of Unicode",
        csv_row("ISS (", "ISS\u2028("),
        {"name": "ISS\u2028(ZARYA)"},
    ),
    Legal("csv: a number in quotation marks", csv_row(",51.6375,", ',"51.6375",')),
    Legal("csv: tabs around a number", csv_row(",51.6375,", ",\t51.6375\t,")),
    Legal("csv: an empty quoted value where none is needed", csv_row("1998-067A", '""'), {"object_id": ""}),
    Refused("csv: line break inside a number", csv_row("51.6375", '"51.\n6375"'), "INCLINATION"),
    Refused("csv: quotation mark inside a number", csv_row("51.6375", '51."6"375'), "INCLINATION"),
    Refused("csv: a column twice in two spellings", f"{_HEAD},bstar\n{_ROW},0\n", "BSTAR is there twice"),
    Refused(
        "csv: a comma for a semicolon in a row", csv_row(",51.6375", ";51.6375"), "the line has 16 values"
    ),
    Refused("csv: a comment between rows", f"{_HEAD}\n# {_ROW[:20]}\n", "line 2: the line has 2 values"),
    Refused(
        "csv: columns shifted by one",
        csv_row(",51.6375,", ",,51.6375,").replace(",0\n", "\n"),
        "NORAD_CAT_ID",
    ),
    Refused("csv: no header", f"{_ROW}\n", "is neither TLE nor OMM"),
    Refused(
        "csv: a header without the number",
        as_csv({k: v for k, v in FIELDS.items() if k != "NORAD_CAT_ID"}),
        "no column NORAD_CAT_ID",
    ),
    Refused("csv: a column twice", f"{_HEAD},BSTAR\n{_ROW},0\n", "line 1: the column BSTAR is there twice"),
    Refused(
        "csv: carriage return in the header",
        as_csv(FIELDS).replace("EPOCH,", "EPO\rCH,"),
        "is neither TLE nor OMM",
    ),
    Refused("csv: semicolons", as_csv(FIELDS).replace(",", ";"), "separate the values by commas"),
    Refused("csv: tabs", as_csv(FIELDS).replace(",", "\t"), "separate the values by commas"),
    Refused(
        "csv: a row of a hundred kilobytes",
        f"{_HEAD},X\n\n{_ROW},{'x' * 100_000}\n",
        "line 3: the line has",
    ),
    Refused("csv: text behind an empty quoted value", f'{_HEAD}\n""S{_ROW}\n', "the line is no CSV"),
    Refused("csv: text behind a quoted value", f'{_HEAD}\n\n"ISS" 1{_ROW}\n', "the line is no CSV"),
    Refused(
        "csv: a value too few", f"{_HEAD}\n{_ROW.rpartition(',')[0]}\n", "line 2: the line has 16 values"
    ),
    Refused("csv: a value too many", f"{_HEAD}\n{_ROW},0\n", "line 2: the line has 18 values, the header 17"),
    Refused("csv: quotation mark never closed", f'{_HEAD}\n"{_ROW}\n', "line 2: a quotation mark"),
    Refused("csv: row of commas", f"{_HEAD}\n{',' * 16}\n", "there is no value"),
    Refused("csv: row of a megabyte", f"{_HEAD}\n{_ROW}{'0' * 2**20}\n", "line 2"),
    Refused("csv: NUL in a number", csv_row("51.6375", "51.\x006375"), "is not a number"),
    Refused("csv: NUL in a name", csv_row("ISS", "ISS\x00"), "control characters"),
    Refused("csv: NUL at the end of a name", csv_row("(ZARYA)", "\x00"), "control characters"),
    Refused(
        "csv: bytes that are no UTF-8", f"{_HEAD}\n".encode() + _ROW.encode() + b"\xff\n", "is not UTF-8"
    ),
    Refused("csv: escape sequence in a name", csv_row("ISS", "\x1b[2J"), "control characters"),
    Refused("csv: element set lines below a header", f"{_HEAD}\n{LINE_1}\n{LINE_2}\n", "line"),
]

_RECORD = as_json_strings(FIELDS)[1:-1]


def json_record(old: str, new: str) -> str:
    """Return the JSON with something else in its record."""
    return f"[{_RECORD.replace(old, new)}]"


_TEXTS_JSON: list[Case] = [
    Legal("json: one object without a list", _RECORD),
    Legal("json: objects line by line", f"{_RECORD}\n"),
    Legal("json: pretty printed", json.dumps([FIELDS], indent=4)),
    Legal("json: byte order mark", b"\xef\xbb\xbf" + f"[{_RECORD}]".encode()),
    Legal("json: keywords in lower case", json.dumps([{k.lower(): v for k, v in FIELDS.items()}])),
    Legal("json: a keyword twice with one value", f'[{_RECORD[:-1]}, "BSTAR": ".27047E-3"}}]'),
    Legal("json: null for what has a default", f"[{_RECORD.replace(chr(34) + '0' + chr(34), 'null')}]"),
    Legal("json: other keywords with lists", f'[{_RECORD[:-1]}, "X": [1, {{"Y": 2}}]}}]'),
    Legal("json: escapes in a name", json_record("ISS", "\\u0049SS")),
    Legal(
        "json: epoch and microseconds apart",
        as_json_strings({**FIELDS, "EPOCH": "2025-04-15 12:46:36", "EPOCH_MICROSECONDS": "897600"}),
    ),
    Refused(
        "json: microseconds twice", as_json_strings({**FIELDS, "EPOCH_MICROSECONDS": "5"}), "MICROSECONDS"
    ),
    Refused(
        "json: microseconds in words", as_json_strings({**FIELDS, "EPOCH_MICROSECONDS": "x"}), "MICROSECONDS"
    ),
    Refused("json: a keyword twice with two values", f'[{_RECORD[:-1]}, "BSTAR": "0"}}]', "BSTAR"),
    Refused("json: a keyword twice in two spellings", f'[{_RECORD[:-1]}, "bstar": "0"}}]', "BSTAR"),
    Refused(
        "json: null for what is needed", f"[{_RECORD.replace(chr(34) + '51.6375' + chr(34), 'null')}]", "INCL"
    ),
    Refused(
        "json: true for a number",
        f"[{_RECORD.replace(chr(34) + '51.6375' + chr(34), 'true')}]",
        "INCLINATION",
    ),
    Refused(
        "json: list for a number",
        f"[{_RECORD.replace(chr(34) + '51.6375' + chr(34), '[51.6]')}]",
        "INCLINATION",
    ),
    Refused(
        "json: object for a number",
        f"[{_RECORD.replace(chr(34) + '51.6375' + chr(34), '{}')}]",
        "INCLINATION",
    ),
    Refused(
        "json: NaN without quotes",
        f"[{_RECORD.replace(chr(34) + '51.6375' + chr(34), 'NaN')}]",
        "INCLINATION",
    ),
    Refused("json: half a surrogate pair in a name", json_record("ISS", "\\ud83d"), "OBJECT_NAME"),
    Refused("json: NUL in a name", json_record("(ZARYA)", "\\u0000"), "control characters"),
    Refused("json: cut off inside the record", f"[{_RECORD[:-20]}", "this is no JSON"),
    Refused("json: numbers instead of records", "[1, 2, 3]", "is no object with OMM keywords"),
    Refused("json: records in a list in a list", f"[[{_RECORD}]]", "is no object with OMM keywords"),
    Refused("json: other keywords", '[{"tleLine1": "1", "tleLine2": "2"}]', "there is no value"),
    Refused("json: nested a hundred thousand deep", "[" * 100_000, "nested too deeply"),
    Refused("json: a bracket alone", "[", "the text ends inside the list"),
    Refused("json: an empty object", "{}", "there is no value"),
]

_TEXTS_JSON += [
    *(
        Refused(f"json: {text} without quotes", json_record('"51.6375"', text), message)
        for message, texts in (
            ("INCLINATION", ("Infinity", "-Infinity", "1E400")),
            ("this is no JSON", ("051.6", "+51.6", ".5", "0x33", "51_6", "1e", "51.6f")),
        )
        for text in texts
    ),
    Refused("json: apostrophes for quotation marks", f"[{_RECORD}]".replace('"', "'"), "this is no JSON"),
    Refused("json: a comment", json_record(", ", ", /* a */ "), "this is no JSON"),
    Refused("json: a comma after the last value", f"[{_RECORD[:-1]}, }}]", "this is no JSON"),
    Refused("json: records under a keyword", f'{{"data": [{_RECORD}]}}', "there is no value"),
    Refused("json: null for a record", "[null]", "is no object with OMM keywords"),
    Legal("json: a keyword with an escape", json_record("EPOCH", "\\u0045POCH")),
]

_XML = as_xml(FIELDS)
_TEXTS_XML: list[Case] = [
    Legal("xml: one message without ndm", _XML.replace("<ndm>", "").replace("</ndm>", "")),
    Legal("xml: with a namespace prefix", re.sub(r"<(/?)(ndm|omm|body|segment)>", r"<\1n:\2>", _XML)),
    Legal("xml: pretty printed", _XML.replace("><", ">\n    <")),
    Legal("xml: byte order mark", b"\xef\xbb\xbf" + _XML.encode()),
    Legal("xml: no declaration", _XML.partition("?>")[2]),
    Legal("xml: comments inside", _XML.replace("<data>", "<!-- a --><data>")),
    Legal("xml: name in CDATA", _XML.replace("ISS (ZARYA)", "<![CDATA[ISS (ZARYA)]]>")),
    Legal("xml: character references", _XML.replace("ISS", "&#73;S&#x53;")),
    Legal("xml: a comment inside a number", _XML.replace("51.6375", "51.<!-- deg -->6375")),
    Legal("xml: a number in CDATA", _XML.replace("51.6375", "<![CDATA[51.6375]]>")),
    Legal("xml: digits as character references", _XML.replace("51.6375", "&#53;1.63&#x37;5")),
    Legal("xml: line breaks around a number", _XML.replace("51.6375", "\n\t51.6375\n")),
    Legal("xml: a namespace by default", _XML.replace("<ndm>", '<ndm xmlns="urn:ccsds:schema:ndmxml">')),
    Legal("xml: a processing instruction", _XML.replace("<ndm>", '<?xml-stylesheet href="a.xsl"?><ndm>')),
    Legal("xml: units in capitals", _XML.replace("<MEAN_MOTION>", '<MEAN_MOTION units="REV/DAY">')),
    Refused("xml: full-width digits as references", _XML.replace("51.6375", "&#xFF15;1.6"), "INCLINATION"),
    Refused("xml: line break inside a number", _XML.replace("51.6375", "51.\n6375"), "INCLINATION"),
    Refused("xml: elements in lower case", _XML.replace("INCLINATION", "inclination"), "INCLINATION"),
    Refused("xml: an empty element", _XML.replace("<BSTAR>.27047E-3</BSTAR>", "<BSTAR/>"), "BSTAR"),
    Refused(
        "xml: an attribute twice", _XML.replace("<BSTAR>", '<BSTAR a="1" a="2">'), "is no XML from here on"
    ),
    Refused("xml: UTF-7 declared", _XML.replace("UTF-8", "UTF-7"), "is no XML from here on"),
    Refused(
        "xml: an external DTD", _XML.replace("<ndm>", '<!DOCTYPE ndm SYSTEM "http://a/b"><ndm>'), "DOCTYPE"
    ),
    Refused(
        "xml: a billion laughs",
        "<!DOCTYPE ndm ["
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(10))
        + f"]>{_XML.partition('?>')[2].replace('ISS', '&a9;')}",
        "DOCTYPE",
    ),
    Legal("xml: units written", _XML.replace("<INCLINATION>", '<INCLINATION units="deg">')),
    Legal(
        "xml: Latin-1 declared",
        _XML.replace("UTF-8", "ISO-8859-1").replace("ISS", "É").encode("latin-1"),
        {"name": "É (ZARYA)"},
    ),
    Legal("xml: a keyword twice with one value", _XML.replace("<BSTAR>", "<BSTAR>.27047E-3</BSTAR><BSTAR>")),
    Refused(
        "xml: a keyword twice with two values", _XML.replace("<BSTAR>", "<BSTAR>0</BSTAR><BSTAR>"), "BSTAR"
    ),
    Refused(
        "xml: units of another kind", _XML.replace("<INCLINATION>", '<INCLINATION units="rad">'), "'rad'"
    ),
    Refused("xml: element inside a value", _XML.replace("51.6375", "51<b/>.6375"), "INCLINATION"),
    Refused("xml: document type", _XML.replace("<ndm>", "<!DOCTYPE ndm><ndm>"), "DOCTYPE"),
    Refused(
        "xml: entities that multiply",
        _XML.replace("<ndm>", ('<!DOCTYPE ndm [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><ndm>')).replace(
            "ISS", "&b;"
        ),
        "DOCTYPE",
    ),
    Refused(
        "xml: a file fetched as entity",
        _XML.replace("<ndm>", ('<!DOCTYPE ndm [<!ENTITY f SYSTEM "file:///etc/passwd">]><ndm>')).replace(
            "ISS", "&f;"
        ),
        "DOCTYPE",
    ),
    Refused("xml: an entity without declaration", _XML.replace("ISS", "&unknown;"), "is no XML from here on"),
    Refused("xml: cut off", _XML[:-60], "is no XML from here on"),
    Refused("xml: elements crossed", _XML.replace("</metadata>", "</data>", 1), "is no XML from here on"),
    Refused("xml: NUL", _XML.replace("ISS", "\x00"), "is no XML from here on"),
    Refused("xml: reference to a control character", _XML.replace("ISS", "&#27;"), "is no XML from here on"),
    Refused(
        "xml: bytes that are no UTF-8", _XML.encode().replace(b"ISS", b"\xff\xfe"), "is no XML from here on"
    ),
    Refused("xml: encoding unknown", _XML.replace("UTF-8", "KOI-99"), "is no XML from here on"),
    Refused("xml: another root", "<svg><segment/></svg>", "the root element is 'svg'"),
    Refused("xml: nested a thousand deep", "<ndm>" * 1000 + "</ndm>" * 1000, "nested more than 32 deep"),
    Refused(
        "xml: segment in a segment", _XML.replace("<metadata>", "<segment/><metadata>"), "inside a segment"
    ),
    Refused("xml: a value of a megabyte", _XML.replace("51.6375", "5" * 2**20), "characters"),
]

_KVN = as_kvn(FIELDS)
_TEXTS_KVN: list[Case] = [
    Legal("kvn: units written", _KVN.replace("= 51.6375", "= 51.6375 [deg]")),
    Legal("kvn: comments and empty lines", _KVN.replace("\nEPOCH", "\n\nCOMMENT as published = yes\nEPOCH")),
    Legal("kvn: no blanks around the equals sign", _KVN.replace(" = ", "=")),
    Legal("kvn: aligned", re.sub(r"^(\w+) = ", lambda m: f"{m[1]:24} =   ", _KVN, flags=re.MULTILINE)),
    Legal("kvn: CRLF", _KVN.replace("\n", "\r\n")),
    Legal("kvn: no version line", _KVN.partition("\n")[2]),
    Legal("kvn: a keyword twice with one value", f"{_KVN}BSTAR = .27047E-3\n"),
    Legal("kvn: a unit in capitals, blanks inside", _KVN.replace("= 51.6375", "= 51.6375 [ DEG ]")),
    Legal("kvn: tabs around the equals sign", _KVN.replace(" = ", "\t=\t")),
    Legal("kvn: a comment that names a keyword", f"{_KVN}COMMENT INCLINATION = 90\n"),
    Refused("kvn: a unit alone", _KVN.replace("= 51.6375", "= [deg]"), "INCLINATION"),
    Refused("kvn: two units", _KVN.replace("= 51.6375", "= 51.6375 [deg] [deg]"), "INCLINATION"),
    Refused(
        "kvn: the unit of another value", _KVN.replace("= 15.49569282", "= 15.49569282 [deg]"), "MEAN_MOTION"
    ),
    Refused("kvn: two equals signs", _KVN.replace("= 51.6375", "== 51.6375"), "INCLINATION"),
    Refused("kvn: a remark behind a value", _KVN.replace("= 51.6375", "= 51.6375 ! deg"), "INCLINATION"),
    Refused("kvn: a line that begins with its equals sign", f"{_KVN}= 5\n", "is no KEYWORD = value"),
    Refused("kvn: blocks of another message", f"{_KVN}META_STOP\n", "is no KEYWORD = value"),
    Refused("kvn: a keyword twice with two values", f"{_KVN}BSTAR = 0\n", "BSTAR"),
    Refused("kvn: units of another kind", _KVN.replace("= 51.6375", "= 51.6375 [rad]"), "the unit is 'rad'"),
    Refused("kvn: a line without equals sign", f"{_KVN}MEAN_MOTION_DOT 0\n", "is no KEYWORD = value"),
    Refused("kvn: colons", _KVN.replace(" = ", ": ").replace("VERS:", "VERS ="), "is no KEYWORD = value"),
    Refused(
        "kvn: another message", _KVN.replace("CCSDS_OMM_VERS", "CCSDS_CDM_VERS"), "is a CCSDS CDM message"
    ),
    Refused("kvn: cut off", _KVN[: _KVN.index("BSTAR")], "BSTAR"),
    Refused("kvn: NUL in a name", _KVN.replace("ISS", "\x00"), "control characters"),
    Refused("kvn: bytes that are no UTF-8", _KVN.encode().replace(b"ISS", b"\xff"), "OBJECT_NAME"),
    Refused("kvn: line of a megabyte", _KVN.replace("51.6375", "5" * 2**20), "is no KEYWORD = value"),
]

CASES: list[Case] = [*_in_every_notation(), *_nonsense(), *_TEXTS_CSV, *_TEXTS_JSON, *_TEXTS_XML, *_TEXTS_KVN]
