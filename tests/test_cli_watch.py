"""The command ``watch``, and ``screen --ephemeris``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gpuprop import Catalog, Encounters, ProximityEpisodes
from gpuprop.cli import main
from gpuprop.cli.quantities import catalog_numbers, length_km, speed_km_s, time_s
from gpuprop.errors import InputError
from gpuprop.messages import catalog_oem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

STATIONS = (25544, 48274, 49044, 53239)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as leaving:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return int(leaving.value.code or 0), printed.out, printed.err

    return call


@pytest.fixture(scope="module")
def stations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("watch") / "stations.csv"
    Catalog.sample().select(ids=STATIONS).write(path)
    return path


def test_watch_prints_and_writes(run: Run, stations: Path, tmp_path: Path) -> None:
    (tmp_path / "assets.txt").write_text("# ours\n25544  # the station\n\n")
    options = ("--start", "2024-11-01", "--hours", 6, "--range", "10km", "--dwell", "2h")
    code, out, err = run(
        "watch", stations, *options, "--assets", tmp_path / "assets.txt", "-o", tmp_path / "found.parquet"
    )
    assert (code, err) == (0, "")
    found = ProximityEpisodes.read(tmp_path / "found.parquet")
    assert found.norad_id_1.tolist() == [25544]
    assert found.norad_id_2.tolist() == [49044]
    assert f"{found.range_mean_km[0]:.3f}" in out
    assert "episodes           1 in" in out
    assert found.parameters["range_km"] == 10.0
    assert found.parameters["dwell_s"] == 7200.0
    code, out, _ = run("watch", stations, *options, "--assets", "all", "--json")
    document = json.loads(out)
    assert (code, document["episodes"]) == (0, 2)
    assert {row["norad_id_1"] for row in document["shown"]} == {25544, 48274}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--assets", "25544", "--range", "200"), "--range '200': give a length as a number with its unit"),
        (("--assets", "25544", "--speed", "10km"), "--speed '10km': give a speed"),
        (("--assets", "25544", "--dwell", "1 day"), "--dwell '1 day': give a time"),
        (("--assets", "25544", "--dwell", "2d"), "dwell_s is 172800, longer than the window"),
        (("--assets", "absent.txt"), "--assets absent.txt: neither a file nor catalog numbers"),
        (("--assets", "7", "--dwell", "1h"), "assets: not in the catalog: 7"),
    ],
)
def test_bad_options_are_one_sentence(run: Run, stations: Path, options: tuple[str, ...], words: str) -> None:
    code, _, err = run("watch", stations, "--start", "2024-11-01", "--hours", 6, *options)
    assert code == 2
    assert words in err
    assert err.count("\n") == 1


def test_screen_takes_ephemerides(run: Run, stations: Path, tmp_path: Path) -> None:
    start = np.datetime64("2024-11-01T00:00", "ns")
    station = Catalog.sample().select(ids=[49044])
    catalog_oem(station, start + np.arange(0, 7201, 60) * np.timedelta64(1, "s")).write(tmp_path / "own.oem")
    Catalog.sample().select(ids=[25544, 48274]).write(tmp_path / "others.csv")
    text = (tmp_path / "own.oem").read_text().replace("OBJECT_ID = 2021-066A", "OBJECT_ID = 49044")
    assert "OBJECT_ID = 49044" in text
    (tmp_path / "own.oem").write_text(text)
    code, _, err = run(
        "screen", tmp_path / "others.csv", "--start", "2024-11-01", "--hours", 2,
        "--ephemeris", tmp_path / "own.oem", "-o", tmp_path / "found.csv",
    )  # fmt: skip
    assert (code, err) == (0, "")
    found = Encounters.read(tmp_path / "found.csv")
    assert found.norad_id_1.tolist() == [25544]
    assert found.norad_id_2.tolist() == [49044]
    code, _, err = run(
        "screen", tmp_path / "others.csv", "--start", "2024-11-01", "--hours", 2, "--ephemeris", stations
    )
    assert code == 2
    assert "stations.csv" in err


@pytest.mark.parametrize(
    ("text", "value"), [("200km", 200.0), (" 5 m ", 0.005), ("1e3m", 1.0), (".5km", 0.5), ("0km", 0.0)]
)
def test_lengths(text: str, value: float) -> None:
    assert length_km(text, "--range") == value


def test_speeds_and_times() -> None:
    assert speed_km_s("0.01km/s", "--speed") == speed_km_s("10 m/s", "--speed") == 0.01
    assert [time_s(text, "--dwell") for text in ("90s", "1.5min", "2h", "3d")] == [90, 90, 7200, 259200]


@pytest.mark.parametrize(
    "text", ["", "km", "5", "5 mi", "5KM", "-5km", "nan km", "1,5km", "5 km 2", "1e999km"]
)
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--range"):
        length_km(text, "--range")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5\n7 # comment\n\n", [5, 7]),
        ("name,norad_id\nA,5\nB,7\n", [5, 7]),
        ("\ufeffNORAD_ID\n123456789\n", [123456789]),
    ],
)
def test_files_of_numbers(tmp_path: Path, text: str, expected: list[int]) -> None:
    (tmp_path / "ids").write_text(text, encoding="utf-8")
    assert catalog_numbers(str(tmp_path / "ids"), "--assets") == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no catalog number"),
        ("5\nx\n", "line 2"),
        ("5,7\n", "line 1"),
        ("norad_id,a\n", "holds no"),
    ],
)
def test_files_without_numbers(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "ids").write_text(text)
    with pytest.raises(InputError, match=words):
        catalog_numbers(str(tmp_path / "ids"), "--assets")


def test_numbers_as_typed() -> None:
    assert catalog_numbers("25544, 48274,", "--assets") == [25544, 48274]
    with pytest.raises(InputError, match="nine digits"):
        catalog_numbers("1234567890", "--assets")
