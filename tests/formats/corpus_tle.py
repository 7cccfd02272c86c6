"""TLE cases. Those of the first two lists are a published comparison of what readers make of bad input."""

from __future__ import annotations

from tests.formats.corpus import LINE_1, LINE_2, PAIR, Case, Legal, Refused, both, one, put, two

# The mantissa of a TLE is rounded before it is scaled (AIAA 2006-6753).
_TLE = {"name": "", "bstar": 0.27047 * 1e-3}


def legal(
    title: str, text: str | bytes, repaired: str = "", checksum: str = "error", **changed: object
) -> Legal:
    return Legal(title, text, {**_TLE, **changed}, repaired, checksum)


# Nine spellings that are sloppy and clear.
COMPARED_LEGAL: list[Case] = [
    legal("unchanged", PAIR),
    legal("no checksum column", f"{LINE_1[:68]}\n{LINE_2[:68]}\n"),
    legal("trailing blanks and CRLF", f"{LINE_1}   \r\n{LINE_2}  \r\n"),
    legal("byte order mark", b"\xef\xbb\xbf" + PAIR.encode()),
    legal("leading space", f" {LINE_1}\n {LINE_2}\n"),
    legal("alpha-5 T0001", both(3, "T0001"), norad_id=270001),
    legal("bstar 00000+0", one(54, " 00000+0"), bstar=0.0),
    legal("bstar +27047-3", one(54, "+27047-3")),
    legal("day of year with a leading blank", one(21, "  5.53237150"), epoch="2025-01-05T12:46:36.897600"),
]

# Thirty-two that are wrong, and from which no number may come.
COMPARED_REFUSED: list[Case] = [
    Refused("bad checksum of line 1", f"{LINE_1[:68]}5\n{LINE_2}\n", "column 69"),
    Refused("mean motion digit changed, checksum stale", f"{LINE_1}\n{put(LINE_2, 53, '05')}\n", "column 69"),
    Refused("alpha-5 with I", both(3, "I0001"), "columns 3-7"),
    Refused("alpha-5 in lower case", both(3, "t0001"), "columns 3-7"),
    Refused("catalog numbers differ", two(3, "25545"), "line 1 is of object 25544, line 2 of object 25545"),
    Refused("lines swapped", f"{LINE_2}\n{LINE_1}\n", "line 2 of an element set is not preceded"),
    Refused("line 2 cut at column 52", f"{LINE_1}\n{LINE_2[:52]}\n", "the line has 51 characters"),
    Refused("line 1 cut at column 40", f"{LINE_1[:40]}\n{LINE_2}\n", "the line has 40 characters"),
    Refused("empty", b"", "is empty"),
    Refused("bstar blank", one(54, "        "), "columns 54-61"),
    Refused("bstar with exponent 9", one(54, " 27047+9"), "B* 270470000.0"),
    Refused("epoch with inner blank", one(21, "105. 3237150"), "columns 21-32"),
    Refused("epoch day 000", one(21, "000.53237150"), "there is no day 0.53237150 in 2025"),
    Refused("epoch day 400", one(21, "400.53237150"), "there is no day 400.53237150 in 2025"),
    Refused("epoch day 366 of no leap year", one(21, "366.53237150"), "there is no day 366.53237150 in 2025"),
    Refused("epoch day nan", one(21, "nan         "), "columns 21-32"),
    Refused("mean motion 0", two(53, " 0.00000000"), "mean motion 0.0 rev/day"),
    Refused("mean motion negative", two(53, "-5.49385189"), "columns 53-63"),
    Refused("mean motion 99", two(53, "99.49385189"), "mean motion 99.49385189 rev/day"),
    Refused("mean motion blank", two(53, "           "), "columns 53-63"),
    Refused("eccentricity 9999999", two(27, "9999999"), "eccentricity 0.9999999 is outside 0 to 0.999"),
    Refused("eccentricity blank", two(27, "       "), "columns 27-33"),
    Refused("eccentricity with minus", two(27, "-005276"), "columns 27-33"),
    Refused("inclination 200", two(9, "200.6375"), "inclination 200.6375 deg"),
    Refused("inclination nan", two(9, "     nan"), "columns 9-16"),
    Refused("inclination inf", two(9, "     inf"), "columns 9-16"),
    Refused("line 2 shifted right from column 8", f"{LINE_1}\n{LINE_2[:7]} {LINE_2[7:68]}\n", "column 17"),
    Refused("tabs for blanks", PAIR.replace(" ", "\t"), "column 2"),
    Refused("full-width digits", PAIR.replace("51.6375", "５１.６３７５"), "the line runs on past column 69"),
    Refused("NUL byte", one(31, "\x00"), "columns 21-32"),
    Refused("ephemeris type 4", one(63, "4"), "ephemeris type 4 (SGP4-XP) is not SGP4"),
    Refused("line of a megabyte", f"{LINE_1}\n{LINE_2}{'x' * 2**20}\n", "the line runs on past column 69"),
]

_SEPARATORS: list[Case] = [
    *(
        Refused(f"line 1 without blank in {c}", one(c, "7"), f"column {c}")
        for c in (9, 18, 33, 44, 53, 62, 64)
    ),
    *(Refused(f"line 2 without blank in {c}", two(c, "7"), f"column {c}") for c in (8, 17, 26, 34, 43, 52)),
]

_EPOCHS: list[Case] = [
    legal("first day of the year", one(19, "25001.00000000"), epoch="2025-01-01T00:00:00"),
    legal("last instant of the year", one(19, "25365.99999999"), epoch="2025-12-31T23:59:59.999136"),
    legal("day 366 of a leap year", one(19, "24366.00000000"), epoch="2024-12-31T00:00:00"),
    legal("day 366 of 2000, a leap year", one(19, "00366.50000000"), epoch="2000-12-31T12:00:00"),
    legal("year 57 is 1957", one(19, "57300.00000000"), epoch="1957-10-27T00:00:00"),
    legal("year 99 is 1999", one(19, "99001.00000000"), epoch="1999-01-01T00:00:00"),
    legal("year 56 is 2056", one(19, "56001.00000000"), epoch="2056-01-01T00:00:00"),
    legal("year with a leading blank", one(19, " 5105.53237150"), epoch="2005-04-15T12:46:36.897600"),
    Refused("year blank", one(19, "  "), "columns 19-20"),
    Refused("year of letters", one(19, "AB"), "columns 19-20"),
    Refused("epoch with comma", one(24, ","), "columns 21-32"),
    Refused("epoch with point one column early", one(21, "05.532371500"), "columns 21-32"),
    Refused("epoch with trailing blank", one(32, " "), "columns 21-32"),
    Refused("epoch day blank", one(21, "   .53237150"), "there is no day 0.53237150"),
    Refused("epoch day with minus", one(21, "-05.53237150"), "columns 21-32"),
    Refused("epoch blank", one(19, " " * 14), "columns 19-20"),
]

_NUMBERS: list[Case] = [
    legal("alpha-5 A0000", both(3, "A0000"), norad_id=100000),
    legal("alpha-5 H9999", both(3, "H9999"), norad_id=179999),
    legal("alpha-5 J0000", both(3, "J0000"), norad_id=180000),
    legal("alpha-5 N0000", both(3, "N0000"), norad_id=220000),
    legal("alpha-5 P0000", both(3, "P0000"), norad_id=230000),
    legal("alpha-5 Z9999", both(3, "Z9999"), norad_id=339999),
    legal("number with leading blanks", both(3, "    5"), norad_id=5),
    legal("number with leading zeros", both(3, "00005"), norad_id=5),
    legal("analyst number 99999", both(3, "99999"), norad_id=99999),
    legal("leading zeros in one line, blanks in the other", two(3, "25544")),
    Refused("alpha-5 with O", both(3, "O0001"), "columns 3-7"),
    Refused("alpha-5 with the letter last", both(3, "0001T"), "columns 3-7"),
    Refused("alpha-5 with two letters", both(3, "TA001"), "columns 3-7"),
    Refused("alpha-5 with blanks inside", both(3, "T   1"), "columns 3-7"),
    Refused("number with a blank inside", both(3, "25 44"), "columns 3-7"),
    Refused("number with a blank at its end", both(3, "2554 "), "columns 3-7"),
    Refused("number blank", both(3, "     "), "columns 3-7"),
    Refused("number negative", both(3, "-2554"), "columns 3-7"),
    Refused("number with plus", both(3, "+2554"), "columns 3-7"),
    Refused("number with point", both(3, "2554."), "columns 3-7"),
    Refused("number in hexadecimal", both(3, "0x5AF"), "columns 3-7"),
    Refused(
        "numbers differ by Alpha-5", two(3, "T0001"), "line 1 is of object 25544, line 2 of object 270001"
    ),
]

_TEXTS: list[Case] = [
    legal("no designator", one(10, "        "), object_id=""),
    legal("designator of 1957", one(10, "57001B  "), object_id="1957-001B"),
    legal("designator of 2056", one(10, "56001B  "), object_id="2056-001B"),
    legal("designator with three letters", one(10, "98067XYZ"), object_id="1998-067XYZ"),
    legal("designator without letters", one(10, "98067   "), object_id="98067"),
    legal("designator of another kind", one(10, "ANALYST "), object_id="ANALYST"),
    legal("classification C", one(8, "C"), classification_type="C"),
    legal("classification S", one(8, "S"), classification_type="S"),
    legal("classification blank", one(8, " ")),
    Refused("classification in lower case", one(8, "u"), "column 8"),
    Refused("classification a byte of Latin-1", one(8, "?").encode().replace(b"?", b"\xe9"), "column 8"),
    Refused("classification a digit", one(8, "1"), "column 8"),
    Refused("designator with a tab", one(12, "\t"), "columns 10-17"),
    Refused("designator with an escape character", one(12, "\x1b"), "columns 10-17"),
    Refused("designator with a Latin-1 byte", one(12, "?").encode().replace(b"?", b"\xe9"), "columns 10-17"),
]

_DRAG: list[Case] = [
    legal("bstar negative", one(54, "-11606-4"), bstar=-0.11606 * 1e-4),
    legal("bstar zero with minus", one(54, " 00000-0"), bstar=0.0),
    legal("bstar zero with blank exponent sign", one(54, " 00000 0"), bstar=0.0),
    legal("bstar large", one(54, " 16595+1"), bstar=0.16595 * 10),
    legal("bstar with exponent 0", one(54, " 13519-0"), bstar=0.13519),
    legal("bstar with smallest exponent", one(54, " 12345-9"), bstar=0.12345 * 1e-9),
    legal("second derivative", one(45, " 81888-5"), mean_motion_ddot=0.81888 * 1e-5),
    legal("second derivative negative", one(45, "-30915-6"), mean_motion_ddot=-0.30915 * 1e-6),
    legal("second derivative with plus", one(45, "+00000-0")),
    legal("rate negative", one(34, "-.00000012"), mean_motion_dot=-1.2e-7),
    legal("rate with plus", one(34, "+.00014782")),
    legal("rate with a zero before the point", one(34, "0.00014782")),
    legal("rate near one", one(34, " .99999999"), mean_motion_dot=0.99999999),
    Refused("bstar without exponent", one(54, " 27047  "), "columns 54-61"),
    Refused("bstar with blank exponent sign", one(54, " 27047 3"), "columns 54-61"),
    Refused("bstar with a point", one(54, " .3027-3"), "columns 54-61"),
    Refused("bstar with E", one(54, " 3027E-3"), "columns 54-61"),
    Refused("bstar with a letter", one(54, " 3O270-3"), "columns 54-61"),
    Refused("bstar with blank inside", one(54, " 30 70-3"), "columns 54-61"),
    Refused("bstar with two signs", one(54, "-3027--3"), "columns 54-61"),
    Refused("bstar with four digits", one(54, "  3027-3"), "columns 54-61"),
    Refused("bstar beyond any object", one(54, " 99999+4"), "B* 9999.9"),
    Refused("bstar beyond any object, negative", one(54, "-99999+4"), "B* -9999.9"),
    Refused("second derivative blank", one(45, "        "), "columns 45-52"),
    Refused("second derivative beyond sense", one(45, " 99999+9"), "columns 45-52"),
    Refused("rate blank", one(34, "          "), "columns 34-43"),
    Refused("rate without point", one(34, " 000014782"), "columns 34-43"),
    Refused("rate with exponent", one(34, " .1646E-03"), "columns 34-43"),
    Refused("rate above one", one(34, "1.00014782"), "columns 34-43"),
    Refused("rate with comma", one(35, ","), "columns 34-43"),
]

_ANGLES: list[Case] = [
    legal("inclination 0", two(9, "  0.0000"), inclination=0.0),
    legal("inclination 180", two(9, "180.0000"), inclination=180.0),
    legal("inclination without digits before the point", two(9, "   .0544"), inclination=0.0544),
    legal("angles padded with zeros", two(9, "051.6375")),
    legal("node 360", two(18, "360.0000"), ra_of_asc_node=360.0),
    legal("perigee 0", two(35, "  0.0000"), arg_of_pericenter=0.0),
    legal("anomaly 359.9999", two(44, "359.9999"), mean_anomaly=359.9999),
    legal("eccentricity 0", two(27, "0000000"), eccentricity=0.0),
    legal("eccentricity with leading blanks", two(27, "   5276")),
    legal("eccentricity 0.9990000", two(27, "9990000"), eccentricity=0.999),
    Refused("eccentricity 0.9990001", two(27, "9990001"), "eccentricity 0.9990001 is outside"),
    Refused("eccentricity with a hyphen inside", two(27, "99-9999"), "columns 27-33"),
    legal("eccentricity 0.9728298", two(27, "9728298"), eccentricity=0.9728298),
    legal("mean motion of a high orbit", two(53, " 0.07309491"), mean_motion=0.07309491),
    legal("mean motion padded with a zero", two(53, "05.49385189"), mean_motion=5.49385189),
    legal("mean motion of a decaying object", two(53, "16.57231891"), mean_motion=16.57231891),
    Refused("inclination 180.0001", two(9, "180.0001"), "inclination 180.0001 deg"),
    Refused("inclination negative", two(9, " -1.6375"), "columns 9-16"),
    Refused("inclination with comma", two(9, " 51,6375"), "columns 9-16"),
    Refused("inclination with three decimals", two(9, "  51.637"), "columns 9-16"),
    Refused("inclination with trailing blank", two(16, " "), "columns 9-16"),
    Refused("inclination blank", two(9, " " * 8), "columns 9-16"),
    Refused("inclination with two points", two(9, "5..6375 "), "columns 9-16"),
    Refused("node 361", two(18, "361.0000"), "angle 361.0 deg"),
    Refused("node blank", two(18, " " * 8), "columns 18-25"),
    Refused("perigee 400", two(35, "400.0000"), "angle 400.0 deg"),
    Refused("perigee with letter O", two(35, "  O.0000"), "columns 35-42"),
    Refused("anomaly 999", two(44, "999.0000"), "angle 999.0 deg"),
    Refused("anomaly with blank inside", two(44, " 7 .6549"), "columns 44-51"),
    Refused("eccentricity with point", two(27, ".005276"), "columns 27-33"),
    Refused("eccentricity with blank at its end", two(27, "000527 "), "columns 27-33"),
    Refused("eccentricity with a letter", two(27, "00O5276"), "columns 27-33"),
    Refused("mean motion with a blank inside", two(53, "15.4938 189"), "columns 53-63"),
    Refused("mean motion with point one column late", two(53, "154.9385189"), "columns 53-63"),
    Refused("mean motion with letters", two(53, "1S.49385189"), "columns 53-63"),
    Refused("mean motion 20.1", two(53, "20.10000000"), "mean motion 20.1 rev/day"),
]

_COUNTS: list[Case] = [
    legal("revolution number 0", two(64, "    0"), rev_at_epoch=0),
    legal("revolution number blank", two(64, "     "), rev_at_epoch=0),
    legal("element set number blank", one(65, "    "), element_set_no=0),
    legal("element set number 0", one(65, "   0"), element_set_no=0),
    legal("element set number 9999", one(65, "9999"), element_set_no=9999),
    legal("ephemeris type blank", one(63, " ")),
    legal("ephemeris type 2, SGP4", one(63, "2"), ephemeris_type=2),
    legal("ephemeris type 3, SDP4", one(63, "3"), ephemeris_type=3),
    Refused("ephemeris type 1, SGP", one(63, "1"), "ephemeris type 1 (SGP)"),
    Refused("ephemeris type 5, SDP8", one(63, "5"), "ephemeris type 5 (SDP8)"),
    Refused("ephemeris type 9", one(63, "9"), "ephemeris type 9 (no known kind)"),
    Refused("ephemeris type a letter", one(63, "A"), "column 63"),
    Refused("revolution number with a letter", two(64, "5O531"), "columns 64-68"),
    Refused("revolution number with blank inside", two(64, "50 31"), "columns 64-68"),
    Refused("element set number negative", one(65, " -99"), "columns 65-68"),
]

_SUMS: list[Case] = [
    legal("checksum wrong, ignored", f"{LINE_1[:68]}5\n{LINE_2}\n", checksum="ignore"),
    legal("checksum wrong, warned", f"{LINE_1[:68]}5\n{LINE_2}\n", "the checksum is 5", checksum="warn"),
    legal(
        "checksum of line 2 wrong, warned",
        f"{LINE_1}\n{LINE_2[:68]}7\n",
        "the checksum is 7",
        checksum="warn",
    ),
    legal("checksum blank in line 1 only", f"{LINE_1[:68]} \n{LINE_2}\n"),
    Refused("checksum of line 2 wrong", f"{LINE_1}\n{LINE_2[:68]}7\n", "column 69"),
    Refused("checksum a letter", f"{LINE_1[:68]}X\n{LINE_2}\n", "column 69"),
    Refused("checksum a letter, ignored", f"{LINE_1[:68]}X\n{LINE_2}\n", "column 69", checksum="ignore"),
    Refused("one digit changed", PAIR.replace("257.3560", "257.3561"), "column 69"),
    Refused("minus lost", PAIR.replace("27047-3", "27047+3"), "column 69"),
]

_LINES: list[Case] = [
    legal("name line", f"ISS (ZARYA)\n{PAIR}", name="ISS (ZARYA)"),
    legal("name line with 0", f"0 ISS (ZARYA)\n{PAIR}", name="ISS (ZARYA)"),
    legal("name line of the number alone", f"0\n{PAIR}"),
    legal("name line with blanks around", f"   ISS (ZARYA)   \n{PAIR}", name="ISS (ZARYA)"),
    legal("name of 24 characters", f"{'N' * 24}\n{PAIR}", name="N" * 24),
    legal("name that begins with a digit", f"0 1998-067A\n{PAIR}", name="1998-067A"),
    legal("name in UTF-8", f"ИСЗ №1\n{PAIR}", name="ИСЗ №1"),
    legal("name in Latin-1", "Cubesat é\n".encode("latin-1") + PAIR.encode(), "not UTF-8", name="Cubesat é"),
    legal("name that looks like markup", f"<b>&amp;\n{PAIR}", name="<b>&amp;"),
    legal("name that looks like a formula", f"0 =1+1\n{PAIR}", name="=1+1"),
    legal("no line end at the end", PAIR.rstrip("\n")),
    legal("carriage returns alone", PAIR.replace("\n", "\r")),
    legal("empty lines between", f"\n\n{LINE_1}\n\n\n{LINE_2}\n\n"),
    legal("lines of blanks between", f"   \n{LINE_1}\n \t \n{LINE_2}\n"),
    legal("comment lines", f"# a comment\n{LINE_1}\n// another\n{LINE_2}\n"),
    legal("leading tab", f"\t{LINE_1}\n\t{LINE_2}\n"),
    legal("times behind column 69", f"{LINE_1}\n{LINE_2}     0.00      4320.0        360.00\n", "column 69"),
    Refused("text glued to column 69", f"{LINE_1}\n{LINE_2}0\n", "runs on past column 69"),
    Refused("line of 200 characters", f"{LINE_1}\n{LINE_2}{' x' * 66}\n", "runs on past column 69"),
    Refused("line 1 alone", f"{LINE_1}\n", "line 1 of an element set is not followed by its line 2"),
    Refused("line 2 alone", f"{LINE_2}\n", "line 2 of an element set is not preceded by its line 1"),
    Refused("line 1 twice", f"{LINE_1}\n{LINE_1}\n", "not followed by its line 2"),
    Refused("line 2 twice", f"{LINE_2}\n{LINE_2}\n", "not preceded by its line 1"),
    Refused("a name between the lines", f"{LINE_1}\nISS\n{LINE_2}\n", "not followed by its line 2"),
    Refused("both on one line", f"{LINE_1} {LINE_2}\n", "not followed by its line 2"),
    Refused("line 1 of 67 characters", f"{LINE_1[:67]}\n{LINE_2}\n", "the line has 67 characters"),
    Refused("line 2 of 67 characters", f"{LINE_1}\n{LINE_2[:67]}\n", "the line has 67 characters"),
    Refused("line 1 shifted left by one", f"1{LINE_1[2:]}\n{LINE_2}\n", "neither an element set line nor"),
    Refused("line 1 shifted right by one", f"1 {LINE_1[1:68]}\n{LINE_2}\n", "column 9: 'U' stands"),
    Refused("line 2 shifted left from column 27", f"{LINE_1}\n{LINE_2[:26]}{LINE_2[27:]}\n", "column 52"),
    Refused("name with an escape sequence", f"\x1b[31mISS\n{PAIR}", "control characters"),
    Refused("name with a NUL", f"ISS\x00\n{PAIR}", "control characters"),
    Refused("HTML", "<!DOCTYPE html>\n<html><body>No GP data found</body></html>\n", "is a web page"),
    Refused("a sentence", "No GP data found\n", "is neither TLE nor OMM"),
    Refused("blanks only", "  \n \n", "is empty"),
    Refused("noise", bytes(range(128, 256)) * 4, "is neither TLE nor OMM"),
]

CASES: list[Case] = [
    *COMPARED_LEGAL,
    *COMPARED_REFUSED,
    *_SEPARATORS,
    *_EPOCHS,
    *_NUMBERS,
    *_TEXTS,
    *_DRAG,
    *_ANGLES,
    *_COUNTS,
    *_SUMS,
    *_LINES,
]
