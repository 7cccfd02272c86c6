"""Whole files as they come: line ends, encodings, several records, and what other programs write.

Every case says which objects are read, which lines are in the report and why.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from tests.formats.corpus import FIELDS, LINE_1, LINE_2, PAIR, summed
from tests.formats.corpus_omm import as_csv, as_json_numbers, as_json_strings, as_kvn, as_xml

ISS = 25544


@dataclass(frozen=True)
class File:
    """A text, the objects in it, and line and reason of every entry of its report."""

    title: str
    text: str | bytes
    ids: list[int]
    entries: list[tuple[int, str]] = field(default_factory=list)


def pair_of(number: int) -> str:
    """Return the element set under another catalog number."""
    return "".join(f"{summed(f'{line[:2]}{number:05d}{line[7:]}')}\n" for line in (LINE_1, LINE_2))


def fields_of(number: int, **changed: str) -> dict[str, str]:
    """Return the OMM fields under another catalog number."""
    return {**FIELDS, "NORAD_CAT_ID": str(number), **changed}


BOM = b"\xef\xbb\xbf"
HEAD, ROW = as_csv(FIELDS).splitlines()
ROW_5 = as_csv(fields_of(5)).splitlines()[1]
SWAPPED_HEAD = HEAD.replace("INCLINATION,RA_OF_ASC_NODE", "RA_OF_ASC_NODE,INCLINATION")
TWO_JSON = [as_json_strings(fields_of(number))[1:-1] for number in (5, 11)]
SPACE_TRACK = {
    "CCSDS_OMM_VERS": "3.0",
    "COMMENT": "GENERATED VIA SPACE-TRACK.ORG API",
    "CREATION_DATE": "2025-04-15T14:26:12",
    "ORIGINATOR": "18 SPCS",
    "CENTER_NAME": "EARTH",
    "REF_FRAME": "TEME",
    "TIME_SYSTEM": "UTC",
    "MEAN_ELEMENT_THEORY": "SGP4",
    **FIELDS,
    "SEMIMAJOR_AXIS": "6796.512",
    "PERIOD": "92.929",
    "APOAPSIS": "421.963",
    "PERIAPSIS": "414.791",
    "OBJECT_TYPE": "PAYLOAD",
    "RCS_SIZE": "LARGE",
    "COUNTRY_CODE": "ISS",
    "LAUNCH_DATE": "1998-11-20",
    "SITE": "TTMTR",
    "DECAY_DATE": "",
    "FILE": "4747829",
    "GP_ID": "286712345",
    "TLE_LINE0": "0 ISS (ZARYA)",
    "TLE_LINE1": LINE_1,
    "TLE_LINE2": LINE_2,
}


def space_track_xml(kind: str) -> str:
    """Return XML as Space-Track writes it, TLE lines and all, indented."""
    lines = "".join(
        f'<USER_DEFINED parameter="{keyword}">{value}</USER_DEFINED>'
        for keyword, value in SPACE_TRACK.items()
        if keyword.startswith("TLE_LINE")
    )
    text = as_xml({k: v for k, v in SPACE_TRACK.items() if not k.startswith(("TLE", "CCSDS", "COMM"))})
    text = text.replace("</data>", f"<userDefinedParameters>{lines}</userDefinedParameters></data>")
    return text.replace("><", ">\n  <") if kind == "indented" else text


def quoted_header(mark: str) -> str:
    """Return the CSV header with something around every name."""
    return ",".join(f"{mark}{name}{mark}" for name in HEAD.split(","))


def with_units() -> str:
    """Return KVN with the units of the standard behind its numbers."""
    units = {"MEAN_MOTION": "rev/day", "INCLINATION": "deg", "BSTAR": "1/ER", "MEAN_MOTION_DOT": "REV/DAY**2"}
    lines = [line.split(" = ") for line in as_kvn(FIELDS).splitlines()]
    return "".join(
        f"{keyword:<20}= {value}{f' [{units[keyword]}]' if keyword in units else ''}\n"
        for keyword, value in lines
    )


_LINE_ENDS = [
    File("tle: three kinds of line ends", f"{LINE_1}\r\n{LINE_2}\r{pair_of(5)}", [ISS, 5]),
    File("tle: line ends doubled on the way", PAIR.replace("\n", "\r\r\n") + pair_of(5), [ISS, 5]),
    File(
        "tle: a carriage return inside a line",
        f"{LINE_1[:30]}\r{LINE_1[30:]}\n{LINE_2}\n{pair_of(5)}",
        [5],
        [(1, "not followed by its line 2"), (2, "neither"), (3, "not preceded by its line 1")],
    ),
    File("csv: three kinds of line ends", f"{HEAD}\r\n{ROW}\r{ROW_5}\n", [ISS, 5]),
    File("csv: line ends doubled on the way", f"{HEAD}\r\r\n{ROW}\r\r\n{ROW_5}\r\r\n", [ISS, 5]),
    File("json: carriage returns alone", json.dumps([FIELDS], indent=1).replace("\n", "\r"), [ISS]),
    File(
        "kvn: three kinds of line ends",
        as_kvn(FIELDS).replace("\n", "\r\n", 3).replace("\nBSTAR", "\rBSTAR"),
        [ISS],
    ),
    File(
        "tle: a vertical tab is no line end",
        f"{LINE_1}\v{LINE_2}\n{pair_of(5)}",
        [5],
        [(1, "not followed by its line 2")],
    ),
]

_ENCODINGS = [
    *(
        File(f"{kind}: {encoding}", b"".join((mark, text.encode(encoding))), [ISS])
        for kind, text in (
            ("tle", PAIR),
            ("csv", as_csv(FIELDS)),
            ("json", as_json_numbers(FIELDS)),
            ("xml", as_xml(FIELDS)),
            ("kvn", as_kvn(FIELDS)),
        )
        for encoding, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"))
    ),
    File("xml: UTF-16 and declared so", as_xml(FIELDS).replace("UTF-8", "UTF-16").encode("utf-16"), [ISS]),
    File(
        "xml: windows-1252 declared",
        as_xml(fields_of(5, OBJECT_NAME="É\u2019")).replace("UTF-8", "windows-1252").encode("windows-1252"),
        [5],
    ),
    File("tle: two byte order marks", BOM + BOM + PAIR.encode(), [ISS]),
    File(
        "tle: byte order marks where files were joined",
        BOM + PAIR.encode() + BOM + pair_of(5).encode(),
        [ISS, 5],
    ),
    *(
        File(
            f"csv: byte order marks where files were joined, header{' in quotes' * bool(mark)}",
            BOM + f"{HEAD}\n{ROW}\n".encode() + BOM + f"{quoted_header(mark)}\n{ROW_5}\n".encode(),
            [ISS, 5],
        )
        for mark in ("", '"')
    ),
    File(
        "kvn: byte order marks where files were joined",
        BOM + as_kvn(FIELDS).encode() + BOM + as_kvn(fields_of(5)).encode(),
        [ISS, 5],
    ),
    File(
        "json: byte order marks where lines were joined",
        BOM + f"{TWO_JSON[0]}\n".encode() + BOM + TWO_JSON[1].encode(),
        [5, 11],
    ),
    File(
        "csv: byte order mark before a header in quotes",
        BOM + ",".join(f'"{name}"' for name in HEAD.split(",")).encode() + f"\n{ROW}\n".encode(),
        [ISS],
    ),
    File("kvn: byte order mark", BOM + as_kvn(FIELDS).encode(), [ISS]),
    File(
        "tle: a Latin-1 byte in one name of two",
        b"CAF\xc9\n" + PAIR.encode() + b"CAFE\n" + pair_of(5).encode(),
        [ISS, 5],
        [(1, "read as Latin-1")],
    ),
    File(
        "csv: a Latin-1 byte in one row of two",
        f"{HEAD}\n{ROW_5}\n{ROW}\n".encode().replace(b"ZARYA", b"\xc9", 1),
        [ISS],
        [(2, "is not UTF-8")],
    ),
    File(
        "json: a Latin-1 byte in one name of two",
        f"[{TWO_JSON[0]},\n{TWO_JSON[1]}]".encode().replace(b"ZARYA", b"\xc9", 1),
        [11],
        [(1, "not UTF-8")],
    ),
]

_JOINED = [
    File("csv: a file with its header twice", f"{HEAD}\n{ROW}\n{HEAD}\n{ROW_5}\n", [ISS, 5]),
    File(
        "csv: the same header in quotes and lower case",
        f"{HEAD}\n{ROW}\n" + ",".join(f'"{name.lower()}"' for name in HEAD.split(",")) + f"\n{ROW_5}\n",
        [ISS, 5],
    ),
    File(
        "csv: a second header with columns changed round",
        f"{HEAD}\n{ROW}\n{SWAPPED_HEAD}\n{ROW_5}\n",
        [ISS],
        [(3, "another header with other columns")],
    ),
    File(
        "csv: a second header with another column in place of one that is needed",
        f"{HEAD}\n{ROW}\n{HEAD.replace('INCLINATION', 'PERIAPSIS')}\n{ROW_5}\n",
        [ISS],
        [(3, "another header with other columns")],
    ),
    File(
        "csv: a second header with a column more",
        f"{HEAD}\n{ROW}\n{HEAD},X\n{ROW_5},1\n",
        [ISS],
        [(3, "another header with other columns")],
    ),
    File(
        "json: lists one after the other",
        f"[{TWO_JSON[0]}]\n[{TWO_JSON[1]}]\n",
        [5],
        [(2, "text after the list")],
    ),
    File("json: one object per line", "\n".join(TWO_JSON), [5, 11]),
    File(
        "json: one object per line, one broken",
        f'{TWO_JSON[0]}\n{{"A" 1}}\n{TWO_JSON[1]}\n',
        [5, 11],
        [(2, "this is no JSON")],
    ),
    File(
        "json: a comma after the last record",
        f"[{TWO_JSON[0]},\n{TWO_JSON[1]},\n]",
        [5, 11],
        [(3, "no JSON")],
    ),
    File(
        "xml: documents one after the other",
        as_xml(FIELDS) + "\n" + as_xml(fields_of(5)),
        [ISS],
        [(2, "is no XML from here on")],
    ),
    File("kvn: messages one after the other", as_kvn(FIELDS) + as_kvn(fields_of(5)), [ISS, 5]),
    File(
        "kvn: messages with blank lines and comments between",
        as_kvn(FIELDS) + "\n\nCOMMENT the next\n\n" + as_kvn(fields_of(5)),
        [ISS, 5],
    ),
    File(
        "kvn: one message broken",
        as_kvn(fields_of(5, EPOCH="soon")) + as_kvn(FIELDS),
        [ISS],
        [(4, "a date like")],
    ),
    File(
        "kvn: two version lines in a row",
        "CCSDS_OMM_VERS = 2.0\n" + as_kvn(FIELDS),
        [ISS],
        [(1, "there is no value")],
    ),
    File(
        "kvn: two messages without version lines",
        (as_kvn(FIELDS) + as_kvn(fields_of(5))).replace("CCSDS_OMM_VERS = 2.0\n", "") + as_kvn(fields_of(11)),
        [11],
        [(12, "the keyword is there twice, with different values")],
    ),
    File("tle: CSV behind element sets", f"{PAIR}{HEAD}\n{ROW_5}\n", [ISS], [(3, "neither"), (4, "neither")]),
    File("tle: element sets and names mixed", f"A\n{PAIR}{pair_of(5)}0 C\n{pair_of(11)}", [ISS, 5, 11]),
    File("tle: two names before one element set", f"A\nB\n{PAIR}", [ISS], [(1, "'A' is neither")]),
    File(
        "tle: line 1 three times",
        f"{LINE_1}\n{LINE_1}\n{PAIR}",
        [ISS],
        [(1, "not followed"), (2, "not followed")],
    ),
    File(
        "tle: all line 1 before all line 2",
        f"{LINE_1}\n{summed(LINE_1.replace('25544', '25545'))}\n{LINE_2}\n",
        [],
        [(1, "not followed by its line 2"), (3, "line 1 is of object 25545, line 2 of object 25544")],
    ),
    File("tle: a control character at the end of the file", f"{PAIR}\x1a", [ISS], [(3, "neither")]),
    File("tle: rows of signs between", f"{'-' * 69}\n{PAIR}{'=' * 69}\n{pair_of(5)}", [ISS, 5]),
]

_OTHER_PROGRAMS = [
    File("space-track: JSON", json.dumps([SPACE_TRACK]), [ISS]),
    File("space-track: JSON, indented", json.dumps([SPACE_TRACK], indent=4), [ISS]),
    File(
        "space-track: CSV, all in quotes",
        "\n".join(
            ",".join(f'"{cell}"' for cell in line) for line in (SPACE_TRACK.keys(), SPACE_TRACK.values())
        ),
        [ISS],
    ),
    File("space-track: XML", space_track_xml("plain"), [ISS]),
    File("space-track: XML, indented", space_track_xml("indented"), [ISS]),
    File(
        "space-track: KVN with TLE lines",
        as_kvn(FIELDS) + f"USER_DEFINED_TLE_LINE1 = {LINE_1}\nUSER_DEFINED_TLE_LINE2 = {LINE_2}\n",
        [ISS],
    ),
    File(
        "space-track: the old class, EPOCH and microseconds apart",
        json.dumps(
            [
                {
                    **FIELDS,
                    "EPOCH": "2025-04-15 12:46:36",
                    "EPOCH_MICROSECONDS": "897600",
                    "INTLDES": "98067A",
                    "FILE": "1",
                    "TLE_LINE0": "0 ISS (ZARYA)",
                }
            ]
        ),
        [ISS],
    ),
    File(
        "a table program's numbers: floats for whole numbers",
        as_csv({**FIELDS, "NORAD_CAT_ID": "25544.0", "REV_AT_EPOCH": "50544.0", "EPHEMERIS_TYPE": "0.0"}),
        [ISS],
    ),
    File("a table program's index column", f",{HEAD}\n0,{ROW}\n1,{ROW_5}\n", [ISS, 5]),
    File("a table program's empty columns", f"{HEAD},,\n{ROW},,\n", [ISS]),
    File(
        "a table program's row of nothing", f"{HEAD}\n{ROW}\n{',' * 16}\n", [ISS], [(3, "there is no value")]
    ),
    File(
        "a spreadsheet's rounding of the number",
        as_csv(fields_of(5, NORAD_CAT_ID="7.99501E+08")) + ROW + "\n",
        [ISS],
        [(2, "is not a whole number")],
    ),
    File(
        "a spreadsheet's rounding of the epoch",
        as_csv(fields_of(5, EPOCH="46:36.9")) + ROW + "\n",
        [ISS],
        [(2, "a date like")],
    ),
    File(
        "a spreadsheet's decimal comma in quotes",
        as_csv(fields_of(5, INCLINATION="51,6375")) + ROW + "\n",
        [ISS],
        [(2, "is not a number")],
    ),
    File(
        "a spreadsheet's #N/A",
        as_csv(fields_of(5, BSTAR="#N/A")) + ROW + "\n",
        [ISS],
        [(2, "is not a number")],
    ),
    File("a spreadsheet's separator line", f"sep=,\n{HEAD}\n{ROW}\n", []),
    File("a name with quotation marks doubled", as_csv(fields_of(5, OBJECT_NAME='"A" AND B')), [5]),
    File(
        "line breaks in the names of two rows",
        as_csv(fields_of(5, OBJECT_NAME="A\nB"))
        + as_csv(fields_of(11, OBJECT_NAME="A\r\nB")).split("\n", 1)[1]
        + ROW,
        [ISS],
        [(2, "control characters"), (4, "control characters")],
    ),
    File("messages with their units, as the standard writes them", with_units(), [ISS]),
]

FILES = [*_LINE_ENDS, *_ENCODINGS, *_JOINED, *_OTHER_PROGRAMS]
