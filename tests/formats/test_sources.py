"""Where text may come from, and how much of it."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gpuprop.catalog import Catalog
from gpuprop.errors import CatalogError
from gpuprop.formats import ndm_kvn, sources
from tests.formats.corpus import FIELDS, PAIR, summed
from tests.formats.corpus_omm import NOTATIONS, as_csv, as_kvn, as_xml

TEXT = as_csv(FIELDS).encode()


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("notation", [*NOTATIONS, "tle"])
@pytest.mark.parametrize(
    "pack",
    [
        lambda text: text,
        gzip.compress,
        lambda text: zipped(a=text),
        lambda text: zipped(a=gzip.compress(text)),
    ],
    ids=["plain", "gzip", "zip", "gzip in zip"],
)
def test_formats_are_told_by_content(tmp_path: Path, notation: str, pack: object) -> None:
    text = PAIR if notation == "tle" else NOTATIONS[notation](FIELDS)
    path = tmp_path / "no-telling-suffix"
    path.write_bytes(pack(text.encode()))  # type: ignore[operator]  # each a function
    catalog = Catalog.read(path)
    assert catalog.norad_id.tolist() == [25544]
    assert catalog.sources[0].startswith(str(path))
    with path.open("rb") as file:
        assert Catalog.read(file) == catalog


def test_a_member_of_a_larger_zip() -> None:
    packed = zipped(a=TEXT, b=PAIR.encode())
    with pytest.raises(CatalogError, match="holds 2 files .'a', 'b'.; one is needed"):
        Catalog.read(packed)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive, archive.open("b") as member:
        catalog = Catalog.read(member)
    assert catalog.sources == ("b",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(TEXT)[:-12], "the gzip data is damaged or cut off"),
        (gzip.compress(TEXT)[:30] + b"\0" * 40, "the gzip data is damaged or cut off"),
        (zipped(a=TEXT)[:-30], "the zip file is damaged"),
        (zipped(), "is neither TLE nor OMM"),
        (zipped(a=TEXT).replace(b"PK\x01\x02", b"PK\x01\x03"), "the zip file is damaged"),
        (b"", "<text>: is empty"),
    ],
)
def test_damaged_files_say_so(content: bytes, message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        Catalog.read(content)


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sources, "LARGEST_SOURCE", 1000)
    monkeypatch.setattr(sources, "_PIECE", 100)
    big = b"0" * 100_000
    (tmp_path / "big").write_bytes(big)
    for source in (io.BytesIO(big), gzip.compress(big), zipped(a=big), tmp_path / "big"):
        with pytest.raises(CatalogError, match="holds more than"):
            Catalog.read(source)


def test_a_path_that_is_none() -> None:
    with pytest.raises(CatalogError, match="there is no such file"):
        Catalog.read("catalog that is not there")
    with pytest.raises(CatalogError, match="cannot be read"):
        Catalog.read("a\0b")
    with pytest.raises(CatalogError, match="cannot be read"):
        Catalog.read("x" * 5000)


@pytest.mark.parametrize("notation", [n for n in NOTATIONS if n != "csv"])
def test_many_records_good_and_bad(notation: str) -> None:
    made = Catalog.synthetic(300, seed=3)
    kind = notation.partition(" ")[0]
    text = made.to_text(format=kind)
    bad = f"{made.mean_motion[100]}"
    assert text.count(bad) == 1
    catalog = Catalog.read(text.replace(bad, "-1.0"))
    assert np.array_equal(catalog.norad_id, np.delete(made.norad_id, 100))
    (entry,) = catalog.report
    assert (entry.norad_id, entry.column, entry.action) == (101, "MEAN_MOTION", "refused")
    line = text.splitlines().index(next(line for line in text.splitlines() if bad in line)) + 1
    assert entry.line <= line < entry.line + (25 if kind == "kvn" else 1)


def test_json_goes_on_behind_a_broken_record() -> None:
    lines = Catalog.synthetic(5).to_text(format="json").splitlines()
    lines[2] = lines[2].replace('"EPOCH":', '"EPOCH"')
    catalog = Catalog.read("\n".join(lines))
    assert catalog.norad_id.tolist() == [1, 3, 4, 5]
    (entry,) = catalog.report
    assert entry.line == 3
    assert "this is no JSON" in entry.reason


def test_json_with_text_after_its_list_or_without_commas() -> None:
    text = Catalog.synthetic(2).to_text(format="json")
    for changed, reason in (
        (f"{text} and more", "there is text after the list: 'and more'"),
        (text.replace("},\n", "}\n"), "a comma or the end of the list is needed between two records"),
    ):
        catalog = Catalog.read(changed)
        assert catalog.norad_id.tolist() == [1, 2]
        assert [entry.reason for entry in catalog.report] == [reason]


def test_json_with_faults_throughout_is_not_read_to_its_end() -> None:
    text = "[" + ",".join(['{"A" 1}'] * 3000) + "," + Catalog.synthetic(1).to_text(format="json")[1:]
    with pytest.raises(CatalogError, match="1001 records are refused in all"):
        Catalog.read(text)


def test_records_with_and_without_a_name() -> None:
    other = "\n".join(summed(line.replace("25544", "25545")) for line in PAIR.splitlines())
    assert Catalog.read(f"{PAIR}OTHER\n{other}\n").name.tolist() == ["", "OTHER"]


def test_json_cut_off_keeps_what_is_whole() -> None:
    text = Catalog.synthetic(5).to_text(format="json")
    catalog = Catalog.read(text[: text.index('"NORAD_CAT_ID": 4')])
    assert catalog.norad_id.tolist() == [1, 2, 3]
    assert [entry.line for entry in catalog.report] == [5]


def test_xml_cut_off_keeps_what_is_whole() -> None:
    text = Catalog.synthetic(5).to_text(format="xml")
    catalog = Catalog.read(text[: text.index("SYNTHETIC 4")])
    assert catalog.norad_id.tolist() == [1, 2, 3]
    (entry,) = catalog.report
    assert "is no XML from here on" in entry.reason


def test_csv_cut_off_keeps_what_is_whole() -> None:
    text = Catalog.synthetic(5).to_text(format="csv")
    catalog = Catalog.read(text[: text.index("SYNTHETIC 4") + 60])
    assert catalog.norad_id.tolist() == [1, 2, 3]
    assert [entry.line for entry in catalog.report] == [5]


def test_csv_line_numbers_hold_with_empty_lines_and_line_breaks() -> None:
    header, row = as_csv(FIELDS).splitlines()
    second = row.replace("25544", "5").replace("ISS (ZARYA)", '"ISS\n(ZARYA)"')
    third = row.replace("25544", "11").replace("51.6375", "951.6375")
    fourth = row.replace("25544", "12")
    catalog = Catalog.read("\n".join([header, "", row, second, "", "", third, fourth]))
    assert dict(zip(catalog.norad_id.tolist(), catalog.line.tolist(), strict=True)) == {25544: 3, 12: 9}
    assert [(entry.line, entry.norad_id) for entry in catalog.report] == [(4, 5), (8, 11)]
    for text in (header + "\n" + third + "\n" + fourth, header + "\n\n" + third + "\n" + fourth):
        assert Catalog.read(text).report[0].norad_id == 11


def test_swapped_lines_of_one_object_are_not_paired_across_epochs() -> None:
    one, two = PAIR.splitlines()
    other = PAIR.replace("25544", "25553")
    catalog = Catalog.read("\n".join([two, one, two, one, other]), checksum="ignore")
    assert catalog.norad_id.tolist() == [25553]
    assert [entry.reason for entry in catalog.report] == [
        "line 2 of an element set is not preceded by its line 1",
        "line 2 stands before line 1",
        "line 2 stands before line 1",
        "line 1 of an element set is not followed by its line 2",
    ]


def test_a_line_2_too_many_costs_only_itself() -> None:
    one, two = PAIR.splitlines()
    catalog = Catalog.read("\n".join([two, one, two, one, two]), duplicates="all")
    assert len(catalog) == 2
    assert [entry.line for entry in catalog.report] == [1]


def test_two_good_and_one_bad_in_three_line_files() -> None:
    text = f"A\n{PAIR}B\n{PAIR.replace('51.6375', '51.6374')}C\n{PAIR}"
    catalog = Catalog.read(text, duplicates="all")
    assert catalog.name.tolist() == ["A", "C"]
    assert [(entry.line, entry.column, entry.norad_id) for entry in catalog.report] == [(6, "69", 25544)]


def test_the_three_published_samples_are_one_object() -> None:
    data = Path(__file__).resolve().parents[1] / "data"
    from_csv, from_xml = (Catalog.read(data / f"sample_omm.{kind}") for kind in ("csv", "xml"))
    assert from_csv == from_xml
    # The JSON sample is a later element set of the same object.
    from_json = Catalog.read(data / "sample_omm.json")
    assert from_json.name.tolist() == from_csv.name.tolist()
    as_json = from_csv.to_text(format="json")
    assert Catalog.read(as_json) == from_csv


@pytest.mark.parametrize("notation", ["json", "xml", "kvn"])
def test_the_line_of_the_value_is_named(notation: str) -> None:
    fields = [{**FIELDS, "NORAD_CAT_ID": str(number)} for number in (5, 11, 12)]
    fields[1]["RA_OF_ASC_NODE"] = "999.5"
    fields[2]["USER_DEFINED_EARTH_MODEL"] = "EGM-96"
    if notation == "json":
        text = json.dumps(fields, indent=1)
    elif notation == "kvn":
        text = "\n\n".join(map(as_kvn, fields))
    else:
        inside = "".join(as_xml(one).split("<ndm>")[1].removesuffix("</ndm>") for one in fields)
        text = f"<ndm>{inside}</ndm>".replace("><", ">\n<")
    catalog = Catalog.read(text)
    assert catalog.norad_id.tolist() == [5]
    lines = text.splitlines()
    assert [(entry.column, entry.norad_id) for entry in catalog.report] == [
        ("RA_OF_ASC_NODE", 11),
        ("USER_DEFINED_EARTH_MODEL", 12),
    ]
    assert "RA_OF_ASC_NODE" in lines[catalog.report[0].line - 1]
    assert "999.5" in lines[catalog.report[0].line - 1]
    assert "EGM-96" in lines[catalog.report[1].line - 1]


def test_streams_that_cannot_be_read_say_so(tmp_path: Path) -> None:
    path = tmp_path / "latin.tle"
    path.write_bytes(b"CAF\xc9\n" + PAIR.encode())
    with path.open(encoding="utf-8") as file, pytest.raises(CatalogError, match="is no text in the encoding"):
        Catalog.read(file)
    with pytest.raises(CatalogError, match=f"{path}: cannot be read: I/O operation on closed file"):
        Catalog.read(file)
    with (tmp_path / "new").open("wb") as file, pytest.raises(CatalogError, match="new: cannot be read"):
        Catalog.read(file)
    with (
        gzip.open(io.BytesIO(gzip.compress(TEXT)[:-12])) as file,
        pytest.raises(CatalogError, match="cannot"),
    ):
        Catalog.read(file)


class OneByteAtATime(io.RawIOBase):
    """What a pipe or socket may do: hand out less than is asked for."""

    def __init__(self, text: bytes) -> None:
        self.text = io.BytesIO(text)

    def read(self, size: int = -1) -> bytes:
        return self.text.read(min(size, 1))


def test_streams_may_hand_out_little_at_a_time() -> None:
    assert Catalog.read(OneByteAtATime(TEXT)).norad_id.tolist() == [25544]


def test_no_gigabytes_are_asked_of_a_stream() -> None:
    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert 0 < size <= 2**25
            return super().read(size)

    assert len(Catalog.read(Watched(TEXT))) == 1


@pytest.mark.parametrize("place", range(0, 200, 3))
def test_a_zip_file_with_a_byte_changed_is_read_or_refused(place: int) -> None:
    packed = bytearray(zipped(a=PAIR.encode()))
    packed[place % len(packed)] ^= 0xFF
    try:
        assert Catalog.read(bytes(packed)).norad_id.tolist() == [25544]
    except CatalogError:
        pass


def test_zip_files_of_a_mac_and_of_other_methods() -> None:
    name = {"elements.csv": TEXT, "__MACOSX/._elements.csv": b"attributes"}
    assert Catalog.read(zipped(**name)).sources == ("<text>/elements.csv",)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", TEXT)
    with pytest.raises(CatalogError, match="another method than deflate"):
        Catalog.read(out.getvalue())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PAIR.encode("utf-32"), "is UTF-32 text; save it as UTF-8"),
        (b"\xff\xfe" + PAIR.encode("utf-16-le")[:-1], "is damaged UTF-16 text"),
        (b"\xff\xfe\x00\xd8A\x00", "is damaged UTF-16 text"),
        (PAIR.encode("utf-16-le"), "is neither TLE nor OMM"),
    ],
)
def test_other_encodings_say_so(content: bytes, message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        Catalog.read(content)


def test_published_broken_files(test_data: Path) -> None:
    # Odd and legal: blanks and signs in every allowed place, large drag terms, a cislunar orbit.
    catalog = Catalog.read(test_data / "BadTLE.txt", strict=True)
    assert catalog.norad_id.tolist() == [33589, 40081, 50643, 43846, 48419, 44850, 89400]
    assert catalog.bstar.tolist() == pytest.approx(
        [0.0039291, 0.0, 0.45096e-2, 0.0, 0.14123e-2, 1.6595, -4.5712]
    )
    assert catalog.mean_motion_ddot[2] == pytest.approx(-1.196e-6, rel=1e-12)
    assert (catalog.eccentricity[3], catalog.mean_motion[3]) == (0.7551453, 0.02456857)
    for case in json.loads((test_data / "rsr3-fail.json").read_text()):
        lines = f"{case['tleLine1']}\n{case['tleLine2']}\n"
        with pytest.raises(CatalogError, match="line 1, column 69 .* the checksum is"):
            Catalog.read(lines)
    for path in (test_data / "cdm").glob("CDM-*"):
        with pytest.raises(CatalogError, match="CDM|cdm"):
            Catalog.read(path)


@pytest.mark.parametrize(
    "text",
    [
        b"," * 2**18,
        b"NORAD_CAT_ID;" * 2**15,
        b"EPOCH," * 2**16 + b"NORAD_CAT_ID\n",
        b'[{"A" 1}' + b" " * 2**18 + b"x",
        b'[{"A" 1}' + b"," * 2**18 + b"{",
        b'[{"GM": "' + b"1" * 2**20 + b'x"}]',
        b'[{"EPOCH": "' + b"2" * 2**20 + b'"}]',
        b"GM = " + b"1" * 4000 + b"x\n",
        (b"EPOCH = x" + b" " * 4000 + b"y\n") * 300,
        (b"BSTAR = " + b"[ " * 2000 + b"\n") * 300,
        PAIR.encode().replace(b"\n", b" " * 2**20 + b"x\n"),
        b"0 NAME\n" + b" " * 2**21 + b"1 x\n2 y\n",
        b"2 1\n" * 2**15,
        b"2 1\n1 1\n" * 2**15,
        b'NORAD_CAT_ID,EPOCH\n"' + b'"\n' * 2**15,
        b"<ndm>" + b"<omm>" * 2**15,
        b"<ndm" + b"".join(b" a%d='1'" % number for number in range(2**15)),
    ],
    ids=lambda text: f"{text[:10]!r} {len(text)}",
)
def test_long_runs_of_one_thing_are_refused_in_time(text: bytes) -> None:
    """Each is gone through once; to search it anew from every place would take minutes to years."""
    with pytest.raises(CatalogError):
        Catalog.read(text)


def test_message_lines_are_taken_apart_in_one_pass() -> None:
    text = (b"A = x" + b" " * 4000 + b"y\n") * 300 + b"B = 1 [km]\nC = [a] b [c]\nD = e]\n"
    found = list(ndm_kvn.lines(text, "text"))
    assert {line.value for line in found[:300]} == {"x" + " " * 4000 + "y"}
    assert [line[1:] for line in found[300:]] == [("B", "1", "km"), ("C", "[a] b", "c"), ("D", "e]", None)]
