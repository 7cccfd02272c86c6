"""The command for long runs, from outside: signals, kills, folders, workers."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import gpuprop
from gpuprop.cli import main, runs

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ["screen", "sample", "--start", "2024-11-01", "--engine", "cpu", "--top", "2"]


def started(folder: Path, hours: float, *more: str) -> subprocess.Popen[str]:
    words = [*WORDS, "--hours", str(hours), "--output", str(folder), *more]
    return subprocess.Popen(
        [sys.executable, "-m", "gpuprop", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_block(process: subprocess.Popen[str], folder: Path) -> None:
    """Wait until the first block is there."""
    deadline = time.monotonic() + 600
    while not any((folder / "blocks").glob("*.parquet")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_a_run_cleanly(number: int, code: int, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = started(folder, 24 * 7)
    wait_for_block(process, folder)
    process.send_signal(number)
    _, said = process.communicate(timeout=300)
    assert process.returncode == code
    assert said.strip() == (
        f"gpuprop: stopped; finished time blocks are in {folder}; "
        "the same command with --resume goes on from there"
    )
    assert not list(folder.rglob("*.tmp"))


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_runs_are_resumed_to_the_same_bytes(kills: int, tmp_path: Path) -> None:
    """Killed within a second of its first block, again and again; validation/faults.py does so 200 times."""
    clean = gpuprop.screen_to(
        tmp_path / "clean", gpuprop.Catalog.sample(), "2024-11-01", "2024-11-01T06:00", engine="cpu"
    ).read_bytes()
    folder, done = tmp_path / "run", 0
    while done < kills:
        process = started(folder, 6.0, "--resume")
        wait_for_block(process, folder)
        time.sleep(random.uniform(0.0, 0.5))
        process.kill()
        process.communicate()
        done += process.returncode == -signal.SIGKILL
        if (folder / "encounters.parquet").exists():
            assert (folder / "encounters.parquet").read_bytes() == clean
            folder = tmp_path / f"run-{done}"
    said, _ = (process := started(folder, 6.0, "--resume")).communicate()
    assert process.returncode == 0
    assert (folder / "encounters.parquet").read_bytes() == clean
    assert f"written            {folder / 'encounters.parquet'}" in said
    assert f"encounters         {len(gpuprop.Encounters.read(folder / 'encounters.parquet')):,} in" in said


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as leaving:
        main(words)
    return int(leaving.value.code or 0)


def test_a_folder_and_a_file_tell_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_BATCH_ROWS", 100)
    texts = []
    for output in ("run", "file.parquet"):
        assert run(*WORDS, "--hours", "0.5", "--output", str(tmp_path / output)) == 0
        lines = capsys.readouterr().out.splitlines()
        texts.append([line for line in lines if not line.startswith(("written", "encounters"))])
    assert texts[0] == texts[1]
    assert len(texts[0]) > 10
    found, whole = (
        gpuprop.Encounters.read(tmp_path / name) for name in ("run/encounters.parquet", "file.parquet")
    )
    assert found == whole


def test_refusals_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes").touch()
    for words, reason in [
        (("--output", str(tmp_path / "other")), "holds other files"),
        (("--output", str(tmp_path / "a.csv"), "--resume"), "--resume goes with a folder"),
        (("--resume",), "--resume goes with a folder"),
        (("--workers", "2", "--scheduler", "tcp://127.0.0.1:1"), "both given"),
    ]:
        assert run(*WORDS, "--hours", "0.5", *words) == 2
        said = capsys.readouterr().err
        assert reason in said
        assert said.count("\n") == 1


def test_the_plan_is_what_a_run_then_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Encounters as the truth has them, 24,608 minima within 5 km a day, within a half."""
    words = ["sample", "--start", "2024-11-01", "--engine", "cpu", "--hours", "24"]
    assert run("plan", *words) == 0
    told = dict(
        line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if "time b" not in line
    )
    n_encounters = int(told["encounters"].removeprefix("about ").replace(",", ""))
    assert 12_000 < n_encounters < 37_000
    assert told["steps"] == "540 of 160 s, 16 at once"
    assert told["objects"] == "26,834"
    assert told["time"].startswith("about ")
    assert 0.3 < float(told["memory"].split()[0]) < 1.0


def test_a_plan_refuses_what_a_run_would(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sample", "--start", "2024-11-01", "--hours", "24"]
    for more, reason in [
        (["--max-memory", "1MB"], "max_memory is too small"),
        (["--step-s", "0"], "step_s is 0"),
    ]:
        assert run("plan", *words, *more) == 2
        assert reason in capsys.readouterr().err
