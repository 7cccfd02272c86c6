from __future__ import annotations

import re
import runpy
import sys
from typing import TYPE_CHECKING

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def run_example(name: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    runpy.run_path(str(ROOT / "examples" / name), run_name="__main__")


def test_altitudes_counts_every_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_example("altitudes.py", monkeypatch)
    counts = [int(line.split()[-1].replace(",", "")) for line in capsys.readouterr().out.splitlines()]
    assert len(counts) == 11
    assert sum(counts) == 26834


def test_one_against_all_names_the_docked_modules(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_example("one_against_all.py", monkeypatch, "48274", "1")
    out = capsys.readouterr().out
    assert "involve 48274" in out
    assert "CSS (WENTIAN)" in out


def test_plots_makes_a_picture(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run_example("plots.py", monkeypatch, str(tmp_path / "day.png"), "1")
    assert "of them flybys" in capsys.readouterr().out
    assert (tmp_path / "day.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_first_screening_bounds_every_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_example("first_screening.py", monkeypatch)
    out = capsys.readouterr().out
    assert "of 26,834 objects" in out
    distances = [float(text) for text in re.findall(r"([\d.]+) km  at most", out)]
    assert len(distances) == 5
    assert distances == sorted(distances)


def test_geo_watch_names_the_neighbour(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Both are kept at 31.5 degrees east by the same operator.
    run_example("geo_watch.py", monkeypatch, "39617", "2")
    assert "ASTRA 3B" in capsys.readouterr().out


def test_debris_cloud_meets_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_example("debris_cloud.py", monkeypatch, "COSMOS 2251 DEB*", "0.5")
    head, *bands = capsys.readouterr().out.splitlines()
    met = re.search(r"they meet others (\d+) times", head)
    assert met is not None
    assert sum(int(band.split("km")[1].split()[0]) for band in bands) == int(met[1])


def test_published_collision_is_reproduced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_example("published_collision.py", monkeypatch)
    out = capsys.readouterr().out
    late_ms, miss_m = map(float, re.findall(r", ([+-][\d.]+) m", out))
    # Published to 10 ms and 1 cm, by a program that is not known.
    assert abs(late_ms) <= 10
    assert abs(miss_m) < 1


def test_own_kernel_says_where_it_cannot_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_example("own_kernel.py", monkeypatch)
    out = capsys.readouterr().out
    assert out.startswith("no GPU to run on: ") or out.count("objects above the horizon") == 6
