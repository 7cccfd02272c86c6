from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pyarrow import parquet
from rich.console import Console

import gpuprop
from gpuprop.cli import common
from gpuprop.cli.propagate import grid
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from tests.conftest import Run

# Iridium 33 and Cosmos 2251 before their collision of 2009-02-10, and a low object that has
# decayed by the time asked for; tests/data/README.md names the sources of the elements.
COLLISION = "2009-02-10T16:00:00Z"


@pytest.fixture
def pair_file(test_data: Path) -> Path:
    return test_data / "iridium33_cosmos2251_20090210.tle"


def assert_one_sentence(error: str, *words: str) -> None:
    assert error.startswith("gpuprop: ")
    assert error.count("\n") == 1
    assert all(word in error for word in words), error


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"gpuprop {gpuprop.__version__}\n", "")


def test_module_runs_as_the_command_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gpuprop", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"gpuprop {gpuprop.__version__}\n"


def test_no_command_shows_help(run: Run) -> None:
    code, out, _ = run()
    assert code in (0, 2)
    assert all(name in out for name in ("info", "propagate", "screen"))


@pytest.mark.parametrize("command", ["info", "propagate", "screen", "watch"])
def test_help_of_every_command(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert "Usage: gpuprop " + command in out


def test_info_names_engine_reason_and_versions(run: Run) -> None:
    code, out, _ = run("info")
    lines = dict(line.split(maxsplit=1) for line in out.splitlines() if len(line.split()) > 1)
    assert code == 0
    assert lines["gpuprop"] == gpuprop.__version__
    assert lines["engine"] == "cpu"
    assert "cpu" in lines["reason"]
    assert lines["threads"] == str(gpuprop.get_num_threads())
    assert lines["numpy"] == np.__version__
    folder = re.search(r"compile cache +(.*)", out)
    assert folder is not None
    assert Path(folder[1]).is_dir()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["screen", "absent.tle", "--start", COLLISION, "--hours", "1"], ["absent.tle"]),
        (["screen", "sample", "--start", COLLISION], ["--stop", "--hours"]),
        (
            ["screen", "sample", "--start", COLLISION, "--stop", COLLISION, "--hours", "1"],
            ["--stop", "--hours"],
        ),
        (["screen", "sample", "--start", COLLISION, "--hours", "-1"], ["--hours is -1"]),
        (["screen", "sample", "--start", COLLISION, "--hours", "nan"], ["--hours is nan"]),
        (["screen", "sample", "--start", "yesterday", "--hours", "1"], ["yesterday"]),
        (
            ["screen", "sample", "--start", COLLISION, "--hours", "1", "--output", "x.txt"],
            ["x.txt", ".parquet"],
        ),
        (
            ["screen", "sample", "--start", COLLISION, "--hours", "1", "--output", "no/x.csv"],
            ["no/x.csv", "folder"],
        ),
        (["propagate", "sample"], ["--start", "--times"]),
        (["propagate", "sample", "--start", COLLISION], ["--stop", "--hours"]),
        (["propagate", "sample", "--times", "absent.txt"], ["absent.txt"]),
        (["propagate", "sample", "--times", "t", "--start", COLLISION], ["--times", "one or the other"]),
        (["propagate", "sample", "--start", COLLISION, "--stop", "2009-02-09"], ["--stop is earlier"]),
        (
            ["propagate", "sample", "--start", COLLISION, "--stop", COLLISION, "--step-s", "0"],
            ["--step-s is 0"],
        ),
        (
            ["propagate", "sample", "--start", COLLISION, "--stop", COLLISION, "--step-s", "nan"],
            ["--step-s is nan"],
        ),
        (
            ["propagate", "sample", "--start", "1960-01-01", "--stop", "2060-01-01", "--step-s", "1"],
            ["longer step"],
        ),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(run: Run, arguments: list[str], words: list[str]) -> None:
    code, _, error = run(*arguments)
    assert code == 2
    assert_one_sentence(error, *words)


@pytest.mark.parametrize(
    "arguments",
    [
        ["screen"],
        ["screen", "sample"],
        ["nonsense"],
        ["propagate", "sample", "--mode", "exact"],
        ["screen", "--top", "x"],
    ],
)
def test_bad_usage_is_exit_code_2(run: Run, arguments: list[str]) -> None:
    code, _, error = run(*arguments)
    assert code == 2
    assert_one_sentence(error, "see 'gpuprop", "--help'")


@pytest.mark.parametrize("command", ["screen", "propagate"])
def test_missing_engine_is_exit_code_3(run: Run, pair_file: Path, command: str) -> None:
    code, _, error = run(
        command, pair_file, "--start", COLLISION, "--stop", "2009-02-10T17:00Z", "--engine", "cuda"
    )
    assert code == 3
    assert_one_sentence(error, "CUDA", "cpu")


def test_interrupt_is_exit_code_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(file: str, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(common, "read_catalog", interrupted)
    code, _, error = run("screen", "sample", "--start", COLLISION, "--hours", "1")
    assert (code, error) == (130, "")


def test_grid_includes_a_stop_that_it_meets() -> None:
    assert grid(10, 10 + 3 * 10**9, 1.0).tolist() == [10, 10 + 10**9, 10 + 2 * 10**9, 10 + 3 * 10**9]
    assert grid(0, 3 * 10**9 - 1, 1.5).tolist() == [0, 1_500_000_000]
    assert grid(7, 7, 60.0).tolist() == [7]
    with pytest.raises(InputError, match="earlier"):
        grid(8, 7, 60.0)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_propagate_writes_what_the_library_computes(
    run: Run, pair_file: Path, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"states.{suffix}"
    window = ["--start", COLLISION, "--stop", "2009-02-10T17:00:00Z", "--step-s", "600.5"]
    code, out, _ = run("propagate", pair_file, *window, "--output", path)
    assert code == 0
    assert "written" in out
    assert "states             12 in" in out
    rows = read_rows(path)
    catalog = gpuprop.Catalog.read(pair_file)
    times = np.datetime64(COLLISION[:-1], "ns") + np.arange(6) * np.timedelta64(600_500, "ms")
    states = gpuprop.propagate(catalog, times)
    assert [int(row["norad_id"]) for row in rows] == np.repeat(catalog.norad_id, len(times)).tolist()
    found = np.array(
        [
            [float(row[axis]) for axis in ("x_km", "y_km", "z_km", "vx_km_s", "vy_km_s", "vz_km_s")]
            for row in rows
        ]
    )
    np.testing.assert_array_equal(found[:, :3], states.r.reshape(-1, 3))
    np.testing.assert_array_equal(found[:, 3:], states.v.reshape(-1, 3))
    assert rows[1]["time"] == "2009-02-10T16:10:00.500000000Z"


def read_rows(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return list(csv.DictReader(file))
    rows = parquet.read_table(path)
    texts = {name: rows[name].to_pylist() for name in rows.column_names}
    texts["time"] = [
        f"{str(time)[:10]}T{time.strftime('%H:%M:%S.%f')}000Z" for time in rows["time"].to_pandas()
    ]
    return [dict(zip(texts, map(str, row), strict=True)) for row in zip(*texts.values(), strict=True)]


def test_states_that_are_not_usable_are_empty_fields(run: Run, test_data: Path, tmp_path: Path) -> None:
    # Object 28872 of the published verification set decays within its first hour.
    elements = [
        line[:69] for line in (test_data / "SGP4-VER.TLE").read_text().splitlines() if line[2:7] == "28872"
    ]
    (tmp_path / "decaying.tle").write_text("\n".join(elements))
    (tmp_path / "times.txt").write_text("2005-11-29T00:30:00Z\n\n2005-11-29T01:30:00Z\n")
    path = tmp_path / "states.csv"
    code, out, _ = run(
        "propagate", tmp_path / "decaying.tle", "--times", tmp_path / "times.txt", "--output", path
    )
    usable, decayed = read_rows(path)
    assert code == 0
    assert usable["status"] == "0"
    assert float(usable["x_km"]) != 0.0
    assert decayed["status"] == "6"
    assert all(decayed[axis] == "" for axis in decayed if axis not in ("norad_id", "time", "status"))
    assert "status 6         1  decayed" in out


def test_blocks_do_not_change_the_states(
    run: Run, pair_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = ["--start", COLLISION, "--stop", "2009-02-10T17:00:00Z", "--step-s", "100"]
    run("propagate", pair_file, *window, "--output", tmp_path / "whole.parquet")
    monkeypatch.setattr("gpuprop.cli.propagate.STATES_PER_BLOCK", 10)
    run("propagate", pair_file, *window, "--output", tmp_path / "blocks.parquet")
    whole, blocks = (parquet.read_table(tmp_path / f"{name}.parquet") for name in ("whole", "blocks"))
    assert len(whole) == 2 * 37
    assert blocks.equals(whole)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_screen_finds_the_collision_of_2009(run: Run, pair_file: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"encounters.{suffix}"
    code, out, error = run("screen", pair_file, "--start", COLLISION, "--hours", "2", "--output", path)
    assert (code, error) == (0, "")
    found = gpuprop.Encounters.read(path)
    assert len(found) == 1
    # Published for these elements: TCA 16:55:59.796, miss distance 0.698 km, 11.647 km/s.
    assert abs(found.tca[0] - np.datetime64("2009-02-10T16:55:59.796")) < np.timedelta64(2, "ms")
    assert found.miss_distance_km[0] == pytest.approx(0.698, abs=5e-4)
    assert found.relative_speed_km_s[0] == pytest.approx(11.647, abs=5e-4)
    assert "2009-02-10T16:55:59.79" in out
    assert "0.698" in out
    assert "encounters         1 in" in out
    assert f"written            {path}" in out


def test_refused_records_are_counted(run: Run, pair_file: Path, tmp_path: Path) -> None:
    lines = [line for line in pair_file.read_text().splitlines() if line[:2] in ("1 ", "2 ")]
    wrong_digit = str((int(lines[3][68]) + 1) % 10)
    (tmp_path / "damaged.tle").write_text("\n".join([*lines[:3], lines[3][:68] + wrong_digit]))
    code, out, _ = run("propagate", tmp_path / "damaged.tle", "--start", COLLISION, "--stop", COLLISION)
    assert code == 0
    assert re.search(r"^objects +1$", out, re.MULTILINE)
    assert re.search(r"^records refused +1$", out, re.MULTILINE)


def test_strict_and_report(run: Run, pair_file: Path, tmp_path: Path) -> None:
    lines = [line for line in pair_file.read_text().splitlines() if line[:2] in ("1 ", "2 ")]
    damaged, listed = tmp_path / "damaged.tle", tmp_path / "report.csv"
    damaged.write_text("\n".join(["no element set", *lines[:3], lines[3].replace(".", ",")]))
    when = ("--start", COLLISION, "--stop", COLLISION)
    code, _, error = run("propagate", damaged, *when, "--strict")
    assert code == 2
    assert_one_sentence(error, f"{damaged}, line 5", "is needed")
    assert run("propagate", damaged, *when, "--report", listed)[0] == 0
    header, row = listed.read_text().splitlines()
    assert header == "source,line,column,reason,action,norad_id"
    assert row.startswith(f"{damaged},5,9-16,")
    listed.unlink()
    code, _, error = run("propagate", damaged, *when, "--strict", "--report", listed)
    assert code == 2
    assert_one_sentence(error, f"--report {listed} lists 1")
    assert len(listed.read_text().splitlines()) == 2
    assert run("propagate", pair_file, *when, "--strict")[0] == 0


def test_screen_without_encounters_says_so(run: Run, pair_file: Path) -> None:
    code, out, _ = run("screen", pair_file, "--start", COLLISION, "--stop", "2009-02-10T16:10:00Z")
    assert code == 0
    assert "encounters         0 in" in out


def test_numbers_are_whole_on_a_narrow_terminal(
    run: Run, pair_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "console", lambda: Console(width=70, soft_wrap=True))
    _, out, _ = run("screen", pair_file, "--start", COLLISION, "--hours", "2")
    assert re.search(r"2009-02-10T16:55:59\.79\d +22675 +24946 +0\.698 +11\.647 +flyby", out)


def test_names_are_shown_as_data() -> None:
    stream = io.StringIO()
    Console(file=stream, width=80).print(common.printable("[bold]A\x1b[31m\tB"))
    assert stream.getvalue() == "[bold]A\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}B\n"


def test_progress_is_drawn_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with common.progress_bar("screen") as progress:
        assert progress is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with common.progress_bar("screen") as progress:
        assert progress is not None
        progress(1, 4)
        progress(4, 4)
    printed = capsys.readouterr()
    assert "screen" in printed.err
    assert printed.out == ""
