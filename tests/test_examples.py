from __future__ import annotations

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
