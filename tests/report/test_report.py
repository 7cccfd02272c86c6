from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import zlib
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

import gpuprop
from gpuprop.cli import main
from gpuprop.encounter_schema import SCHEMA
from gpuprop.errors import InputError
from gpuprop.report import read_for_report, render_report, write_report
from gpuprop.report.embed import Payload, column
from tests.browser import HOSTILE

if TYPE_CHECKING:
    from pathlib import Path

    from gpuprop import Catalog, Encounters

pytest.importorskip("matplotlib")


class Page(HTMLParser):
    """Reads a page as a browser does: elements, addresses, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.policy, self._inside, self.text = "", "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.addresses += [given[name] or "" for name in ("src", "href") if name in given]
        assert not any(name.startswith("on") for name in given)
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        self._inside = tag if tag in self.raw else ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.raw[self._inside].append(data)
        else:
            self.text += data
        self._inside = ""


def unpacked(text: str) -> tuple[dict[str, Any], bytes]:
    data = zlib.decompress(base64.b64decode(text))
    length = int.from_bytes(data[:4], "little")
    return json.loads(data[4 : 4 + length]), data[4 + length :]


def array(body: bytes, place: dict[str, Any]) -> np.ndarray[Any, Any]:
    size, n = np.dtype(place["type"]).itemsize, place["length"]
    planes = np.frombuffer(body, np.uint8, size * n, place["at"]).reshape(size, n)
    return np.ascontiguousarray(planes.T).view(place["type"])[:, 0]


@pytest.fixture(scope="module")
def page(encounters: Encounters, catalog: Catalog) -> Page:
    return Page(render_report(encounters, catalog=catalog, covariance="coarse-age", title=HOSTILE[0]))


def test_the_page_has_all_columns(page: Page, encounters: Encounters) -> None:
    head, body = unpacked(page.raw["script"][0])
    assert head["rows"] == len(encounters)
    assert [shape["name"] for shape in head["columns"]] == SCHEMA.names
    for shape in head["columns"]:
        values, expected = array(body, shape["array"]), encounters[shape["name"]]
        if shape["kind"] == "text":
            words = np.array(shape["words"])[values].tolist()
            clean = ["".join(c if c.isprintable() else "\ufffd" for c in word) for word in expected.tolist()]
            assert words == clean
        elif shape["kind"] == "instant":
            start = np.datetime64(head["start_ms"], "ms").astype("datetime64[ns]").astype(np.int64)
            known = ~np.isnat(expected)
            assert (np.isnan(values) == ~known).all()
            np.testing.assert_array_equal(values[known], expected.astype(np.int64)[known] - start)
        else:
            np.testing.assert_allclose(values, expected, rtol=6e-8)


def test_tracks_are_the_orbits_of_the_closest_passes(
    page: Page, encounters: Encounters, catalog: Catalog
) -> None:
    head, body = unpacked(page.raw["script"][0])
    tracks = head["tracks"]
    rows = array(body, tracks["rows"])
    passes = np.flatnonzero(~np.isin(encounters.kind, ["identical", "co-orbital"]))
    closest = passes[np.argsort(encounters.miss_distance_km[passes], kind="stable")][:100]
    np.testing.assert_array_equal(rows[: len(closest)], closest)
    orbits = array(body, tracks["orbits"]).reshape(len(rows), 2, tracks["points"], 3)
    middle = orbits[:, :, tracks["points"] // 2].astype(float)
    apart = np.linalg.norm(middle[:, 1] - middle[:, 0], axis=1)
    # float32 holds a LEO position to half a metre
    np.testing.assert_allclose(apart, encounters.miss_distance_km[rows], atol=0.01)
    one = catalog.select(ids=[int(encounters.norad_id_1[rows[0]])])
    first = encounters.tca[rows[0]] - np.timedelta64(round(43_200e9 / one.mean_motion[0]), "ns")
    np.testing.assert_allclose(orbits[0, 0, 0], gpuprop.propagate(one, first).r[0, 0], atol=0.01)
    paths = array(body, tracks["paths"]).reshape(len(rows), tracks["path_points"], 3)
    at = [encounters[f"{axis}_km"][rows] for axis in ("radial", "in_track", "cross_track")]
    np.testing.assert_allclose(paths[:, tracks["path_points"] // 2], np.transpose(at), atol=1e-5)


def test_nothing_gets_out_and_nothing_comes_in(page: Page) -> None:
    assert page.tags.count("script") == 2
    assert {address[:5] for address in page.addresses} == {"#enco", "data:"}
    for address in page.addresses:
        if address.startswith("data:"):
            picture = base64.b64decode(address.split(",", 1)[1]).decode()
            assert not re.search(r"(?:href|src)=\"(?!#|data:)", picture)
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp|import\(|innerHTML", "".join(page.raw["style"]))
    assert not re.search(r"fetch\(|XMLHttp|import\(|innerHTML|eval\(", page.raw["script"][1])
    assert "\u202e" not in page.text
    assert "\x1b" not in page.text
    assert HOSTILE[0] in page.text


def test_the_policy_allows_our_script_and_style_only(page: Page) -> None:
    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert page.policy.startswith("default-src 'none';")
    assert f"script-src {digest(page.raw['script'][1])}" in page.policy
    assert f"style-src {digest(page.raw['style'][0])};" in page.policy
    assert "unsafe" not in page.policy


def test_equal_arguments_give_equal_pages(encounters: Encounters) -> None:
    pages = [render_report(encounters, creation_date="2024-11-01T12:00:00Z") for _ in range(2)]
    assert pages[0] == pages[1]
    assert "2024-11-01 12:00:00 UTC" in pages[0]


def test_provenance_and_failed_objects_are_there(catalog: Catalog) -> None:
    failing = gpuprop.Catalog.sample().select(ids=[25544, 36884, 49044])
    found = gpuprop.screen(failing, "2024-11-01T00:00Z", "2024-11-01T01:00Z", threshold_km=7.0)
    text = Page(render_report(found, catalog=failing)).text
    for part in (failing.digest, gpuprop.__version__, "7 km", "36884", "SL-12 DEB", "decayed"):
        assert part in text


def test_columns_beside_the_schema_are_shown(
    encounters: Encounters, catalog: Catalog, tmp_path: Path
) -> None:
    assessment = gpuprop.assess(encounters, catalog, covariance="coarse-age")
    assessment.to_parquet(tmp_path / "pc.parquet")
    page = Page(render_report(read_for_report(tmp_path / "pc.parquet")))
    head, body = unpacked(page.raw["script"][0])
    shapes = {shape["name"]: shape for shape in head["columns"]}
    assert {"probability", "diluted", "note"} <= set(shapes)
    values = array(body, shapes["probability"]["array"])
    np.testing.assert_allclose(values, assessment.probabilities.probability, rtol=6e-8)
    assert "probability: method" in page.text


def test_tiny_probabilities_keep_their_size() -> None:
    payload = Payload()
    shape = column("probability", pa.chunked_array([[1e-60, None, 0.5]]), payload, 0)
    head, body = unpacked(payload.text({"shape": shape}))
    np.testing.assert_array_equal(array(body, head["shape"]["array"]), [1e-60, np.nan, 0.5])


def test_a_column_of_any_type_is_taken() -> None:
    payload = Payload()
    instants = pa.chunked_array([pa.array([5_000_000, None], pa.timestamp("ns", tz="UTC"))])
    given = {
        "volume": pa.chunked_array([["inside", None]]),
        "seen": pa.chunked_array([[True, None]]),
        "count": pa.chunked_array([[2**40, 1]]),
        "when": instants,
    }
    shapes = {name: column(name, values, payload, 1_000_000) for name, values in given.items()}
    head, body = unpacked(payload.text(shapes))
    assert {name: shape["kind"] for name, shape in head.items()} == {
        "volume": "text", "seen": "flag", "count": "number", "when": "instant"
    }  # fmt: skip
    assert head["volume"]["words"][array(body, head["volume"]["array"])[1]] == ""
    np.testing.assert_array_equal(array(body, head["count"]["array"]), [2.0**40, 1.0])
    np.testing.assert_array_equal(array(body, head["when"]["array"]), [4e6, np.nan])


def test_no_encounters_are_a_report_too(catalog: Catalog) -> None:
    nothing = gpuprop.Encounters.from_columns({name: [] for name in SCHEMA.names})
    assert unpacked(Page(render_report(nothing, catalog=catalog)).raw["script"][0])[0]["rows"] == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"tracks": -1}, "tracks is -1"),
        ({"covariance": "coarse-age"}, "covariance needs the catalog"),
    ],
)
def test_refusals(encounters: Encounters, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        render_report(encounters, **options)


def test_another_catalog_is_refused(encounters: Encounters, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give the catalog, and the ephemerides, that were screened"):
        write_report(encounters, tmp_path / "r.html", catalog=gpuprop.Catalog.sample()[:5])
    assert list(tmp_path.iterdir()) == []


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as leaving:
        main([str(argument) for argument in arguments])
    return int(leaving.value.code or 0)


def test_the_command(
    encounters: Encounters, catalog: Catalog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encounters.to_parquet(tmp_path / "e.parquet")
    catalog.write(tmp_path / "c.csv")
    output = tmp_path / "r.html"
    code = run("report", tmp_path / "e.parquet", "--catalog", tmp_path / "c.csv", "-o", output, "--tracks", 3)
    assert code == 0
    assert f"{len(encounters):,} encounters" in capsys.readouterr().out
    head, _ = unpacked(Page(output.read_text(encoding="utf-8")).raw["script"][0])
    assert head["tracks"]["rows"]["length"] == 3


def test_the_command_lists_refused_records_and_is_strict(
    encounters: Encounters, catalog: Catalog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encounters.to_parquet(tmp_path / "e.parquet")
    damaged, listed, output = tmp_path / "c.csv", tmp_path / "listed.csv", tmp_path / "r.html"
    catalog.write(damaged)
    damaged.write_text(damaged.read_text(encoding="utf-8") + "not,an,element set\n", encoding="utf-8")
    words = ("report", tmp_path / "e.parquet", "--catalog", damaged, "-o", output, "--report", listed)
    assert run(*words) == 0
    assert output.exists()
    assert listed.read_text().splitlines()[1].startswith(f"{damaged},{len(catalog) + 2},")
    output.unlink()
    assert run(*words, "--strict") == 2
    assert f"--report {listed} lists 1" in capsys.readouterr().err
    assert not output.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["absent.parquet", "-o", "r.html"], "absent.parquet: no such file"),
        (["e.parquet", "-o", "r.txt"], "--output r.txt: end the name in .html"),
        (["e.parquet", "-o", "r.html", "--covariance", "coarse-age"], "--covariance needs --catalog"),
        (["e.parquet", "-o", "r.html", "--strict"], "--strict needs --catalog"),
        (["e.parquet", "-o", "r.html", "--report", "r.csv"], "--report needs --catalog"),
        (["other.parquet", "-o", "r.html"], "not a table of encounters: columns missing: age_1_days"),
    ],
)
def test_the_command_refuses_in_one_sentence(
    arguments: list[str],
    sentence: str,
    encounters: Encounters,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from pyarrow import parquet

    monkeypatch.chdir(tmp_path)
    encounters.to_parquet("e.parquet")
    parquet.write_table(pa.table({"x": [1]}), "other.parquet")
    assert run("report", *arguments) == 2
    assert sentence in capsys.readouterr().err


def test_a_missing_matplotlib_is_one_sentence(
    encounters: Encounters,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    encounters.to_parquet(tmp_path / "e.parquet")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run("report", tmp_path / "e.parquet", "-o", tmp_path / "r.html") == 2
    assert capsys.readouterr().err == "gpuprop: a report needs matplotlib: pip install 'gpuprop[plot]'\n"
