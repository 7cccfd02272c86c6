"""`screen_to`: the same result however the run was cut, interrupted, or starved."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pyarrow import dataset

import gpuprop
from gpuprop import atomic_write
from gpuprop.engines.cuda import probe
from gpuprop.errors import GpupropError, InputError, RunError
from gpuprop.screening import run_directory, time_blocks
from gpuprop.screening.job import Job
from tests.cuda.test_memory import scarce_engine

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = "2024-11-01T00:00:00Z", "2024-11-01T01:00:00Z"
OPTIONS: dict[str, Any] = {"threshold_km": 60.0, "step_s": 30.0, "engine": "cpu"}
N_BLOCKS = 6


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut even small screenings into blocks; here of ten minutes."""
    cut(monkeypatch)


def cut(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(time_blocks, "_FEWEST_OBJECT_STEPS", 0)
    patch.setattr(time_blocks, "_FEWEST_BLOCKS", N_BLOCKS)


@pytest.fixture(scope="module")
def catalog() -> gpuprop.Catalog:
    sample = gpuprop.Catalog.sample()
    return gpuprop.Catalog.concatenate(
        [sample[::20], sample.select(ids=[36884, 49044, 25544]), sample[sample.mean_motion < 2][:60]]
    )


@pytest.fixture(scope="module")
def expected(catalog: gpuprop.Catalog) -> gpuprop.Encounters:
    return gpuprop.screen(catalog, *WINDOW, **OPTIONS)


@pytest.fixture(scope="module")
def clean(catalog: gpuprop.Catalog, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        cut(patch)
        folder = tmp_path_factory.mktemp("clean") / "run"
        return gpuprop.screen_to(folder, catalog, *WINDOW, **OPTIONS).read_bytes()


class Interrupted(Exception):
    """Stands for whatever ends a run."""


def after(n: int) -> Any:
    """Return a progress callback that ends the run when it is called for the n-th time."""
    calls = []

    def progress(done: int, total: int) -> None:
        calls.append(done)
        if len(calls) == n:
            raise Interrupted

    return progress


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


def test_the_result_is_that_of_screen(tmp_path: Path, catalog: gpuprop.Catalog, engine: Any) -> None:
    options = OPTIONS | {"engine": engine.name}
    path = gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **options)
    found, whole = gpuprop.Encounters.read(path), gpuprop.screen(catalog, *WINDOW, **options)
    assert len(whole) > 200
    assert whole.report
    assert found == whole
    assert files(tmp_path / "run") == ["encounters.parquet", "manifest.json"]
    assert dataset.dataset(path).count_rows() == len(whole)


def test_encounters_across_blocks_are_one_row(
    expected: gpuprop.Encounters, clean: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "clean.parquet"
    path.write_bytes(clean)
    start = np.datetime64("2024-11-01", "ns")
    border = np.timedelta64(600, "s")
    enter, leave = (np.where(np.isnat(t), start, t) - start for t in (expected.enter, expected.exit))
    across = (enter // border < leave // border).sum() + np.isnat(expected.exit).sum()
    assert across > 10
    assert gpuprop.Encounters.read(path) == expected


@pytest.mark.parametrize("step_s", [10.0, 47.3, 300.0])
def test_steps_and_blocks_change_no_row(
    step_s: float, tmp_path: Path, catalog: gpuprop.Catalog, expected: gpuprop.Encounters
) -> None:
    path = gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS | {"step_s": step_s})
    rows = gpuprop.Encounters.read(path).to_arrow().replace_schema_metadata(None)
    assert rows.equals(expected.to_arrow().replace_schema_metadata(None))


@pytest.mark.parametrize(
    "more", [{"exclude": "docked"}, {"primaries": [49044, 25544]}, {"exclude": "launch"}]
)
def test_selections_hold_in_a_folder_too(more: Any, tmp_path: Path, catalog: gpuprop.Catalog) -> None:
    path = gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS, **more)
    whole = gpuprop.screen(catalog, *WINDOW, **OPTIONS, **more)
    assert gpuprop.Encounters.read(path) == whole


@pytest.mark.parametrize("n", [1, 4, N_BLOCKS])
def test_a_resumed_run_is_the_same(n: int, tmp_path: Path, catalog: gpuprop.Catalog, clean: bytes) -> None:
    with pytest.raises(Interrupted):
        gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS, progress=after(n))
    assert sum(name.endswith(".parquet") for name in files(tmp_path / "run")) == n
    seen: list[int] = []
    path = gpuprop.screen_to(
        tmp_path / "run",
        catalog,
        *WINDOW,
        **OPTIONS,
        resume=True,
        progress=lambda done, total: seen.append(done),
    )
    assert path.read_bytes() == clean
    assert len(seen) == N_BLOCKS - n


def test_resuming_a_finished_run_does_nothing(tmp_path: Path, catalog: gpuprop.Catalog, clean: bytes) -> None:
    path = gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS)
    before = path.stat().st_mtime_ns
    gpuprop.screen_to(tmp_path / "run", catalog[::-1], *WINDOW, **OPTIONS, resume=True)
    assert path.stat().st_mtime_ns == before
    assert path.read_bytes() == clean


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"threshold_km": 10.0}, "threshold_km 60.0, now 10.0"),
        ({"mode": "improved"}, "mode afspc, now improved"),
        ({"step_s": 60.0}, "step_s 30.0, now 60.0"),
        ({"stop": "2024-11-01T01:00:01Z"}, "stop 2024-11-01T01:00:00.000000000Z, now"),
        ({"exclude": "same-id"}, "selection "),
        ({"catalog": 1}, "objects "),
    ],
)
def test_a_run_with_other_inputs_is_not_resumed(
    change: dict[str, Any], word: str, tmp_path: Path, catalog: gpuprop.Catalog
) -> None:
    with pytest.raises(Interrupted):
        gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS, progress=after(1))
    options = OPTIONS | change
    other = catalog[options.pop("catalog", 0) :]
    stop = options.pop("stop", WINDOW[1])
    with pytest.raises(InputError, match="was begun with other inputs: .*") as refusal:
        gpuprop.screen_to(tmp_path / "run", other, WINDOW[0], stop, **options, resume=True)
    assert word in str(refusal.value)


def test_other_versions_and_names_are_other_inputs(
    tmp_path: Path, catalog: gpuprop.Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Interrupted):
        gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS, progress=after(1))
    monkeypatch.setattr(gpuprop, "__version__", "99")
    with pytest.raises(InputError, match=r"version .*, now 99;"):
        gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS, resume=True)
    monkeypatch.undo()
    cut(monkeypatch)
    columns = {name: getattr(catalog, name) for name in ("norad_id", "epoch", "mean_motion", "eccentricity")}
    angles = ("inclination", "ra_of_asc_node", "arg_of_pericenter", "mean_anomaly", "bstar")
    columns |= {name: getattr(catalog, name) for name in angles}
    nameless = gpuprop.Catalog.from_arrays(**columns)
    with pytest.raises(InputError, match="catalog sha256:"):
        gpuprop.screen_to(tmp_path / "run", nameless, *WINDOW, **OPTIONS, resume=True)


def test_folders_that_are_not_for_a_run(tmp_path: Path, catalog: gpuprop.Catalog) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    gpuprop.screen_to(tmp_path / "run", catalog[:3], *WINDOW)
    for name, reason in [
        ("file", "not a folder"),
        ("other", "holds other files"),
        ("run", "a screening already"),
    ]:
        with pytest.raises(InputError, match=reason):
            gpuprop.screen_to(tmp_path / name, catalog[:3], *WINDOW)
    assert (tmp_path / "other" / "notes.txt").read_text() == "mine"


def test_one_process_at_a_time(tmp_path: Path, catalog: gpuprop.Catalog) -> None:
    fcntl = pytest.importorskip("fcntl")
    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another process"):
            gpuprop.screen_to(tmp_path / "run", catalog[:3], *WINDOW)
    gpuprop.screen_to(tmp_path / "run", catalog[:3], *WINDOW)


def injected(patch: pytest.MonkeyPatch, target: Any, name: str, at: int, error: Exception) -> None:
    """Let the at-th call of a function raise."""
    original, calls = getattr(target, name), []

    def failing(*arguments: Any, **options: Any) -> Any:
        calls.append(name)
        if len(calls) == at:
            raise error
        return original(*arguments, **options)

    patch.setattr(target, name, failing)


def end_well(folder: Path, catalog: gpuprop.Catalog, clean: bytes) -> None:
    """Check that nothing half-written is left, and that the run ends as it should."""
    assert not [name for name in files(folder) if name.endswith(".tmp")]
    (folder / ".manifest.json.0.tmp").write_text("what a kill may leave")
    assert gpuprop.screen_to(folder, catalog, *WINDOW, **OPTIONS, resume=True).read_bytes() == clean
    assert files(folder) == ["encounters.parquet", "manifest.json"]


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6, 13, 26, 27, 28])
def test_a_full_disk_loses_nothing(at: int, tmp_path: Path, catalog: gpuprop.Catalog, clean: bytes) -> None:
    """At the at-th time that something is to reach the disk there is no room: 2 + 6 x 4 + 2 times in all."""
    with pytest.MonkeyPatch.context() as patch:
        injected(patch, atomic_write, "_flush", at, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        with pytest.raises(RunError, match=r"No space left on device.*resume"):
            gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS)
    end_well(tmp_path / "run", catalog, clean)


@pytest.mark.parametrize(
    ("method", "at"), [("refine", 1), ("refine", 4), ("refine", 9), ("sieve", 1), ("sieve", 5)]
)
def test_running_out_of_memory_loses_nothing(
    method: str, at: int, tmp_path: Path, catalog: gpuprop.Catalog, clean: bytes
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        injected(patch, Job, method, at, MemoryError("Unable to allocate 8 GiB"))
        with pytest.raises(RunError, match="out of memory .*8 GiB.*max_memory.*resume"):
            gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS)
    end_well(tmp_path / "run", catalog, clean)


def test_work_begins_only_with_memory_to_spare(
    tmp_path: Path, catalog: gpuprop.Catalog, clean: bytes
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_directory, "_SPARE_BYTES", 1 << 62)
        with pytest.raises(RunError, match="out of memory .less than .* MiB are left.*max_memory.*resume"):
            gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS)
        injected(patch, Job, "refine", 1, SystemError("error return without exception set"))
        with pytest.raises(RunError, match="out of memory .an allocation failed.*max_memory.*resume"):
            gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS, resume=True)
    with pytest.MonkeyPatch.context() as patch:
        injected(patch, Job, "refine", 1, SystemError("another"))
        with pytest.raises(SystemError, match="another"):
            gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS, resume=True)
    end_well(tmp_path / "run", catalog, clean)


def test_a_device_without_memory_is_refused_and_the_run_resumed(
    tmp_path: Path, catalog: gpuprop.Catalog, emulated_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "find", lambda: probe.Finding(emulated_engine, ""))
    options = OPTIONS | {"engine": "cuda"}
    whole = gpuprop.screen_to(tmp_path / "whole", catalog, *WINDOW, **options).read_bytes()
    with pytest.raises(Interrupted):
        gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **options, progress=after(3))
    starved, arrays = scarce_engine(1 << 30)
    monkeypatch.setattr(probe, "find", lambda: probe.Finding(starved, ""))

    def starve(done: int, total: int) -> None:
        arrays.most_bytes = 1000

    with pytest.raises(GpupropError, match="too little memory"):
        gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **options, resume=True, progress=starve)
    arrays.most_bytes = 1 << 30
    path = gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **options, resume=True)
    assert path.read_bytes() == whole


def test_a_clock_that_jumps_changes_nothing(
    tmp_path: Path, catalog: gpuprop.Catalog, clean: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    jumps = []

    def jumping() -> float:
        jumps.append(random.uniform(-1e9, 1e9))
        return 1.7e9 + jumps[-1]

    monkeypatch.setattr(time, "time", jumping)
    monkeypatch.setattr(time, "time_ns", lambda: int(jumping() * 1e9))

    def progress(done: int, total: int) -> None:
        """Somebody sets the clock back by a year or ahead, at each block."""
        for path in (tmp_path / "run").rglob("*.*"):
            os.utime(path, (jumping(), jumping()))

    path = gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS, progress=progress)
    assert len(jumps) >= 20
    assert path.read_bytes() == clean


@pytest.mark.parametrize("suffix", ["npz", "parquet"])
def test_a_damaged_block_is_named(
    suffix: str, tmp_path: Path, catalog: gpuprop.Catalog, clean: bytes
) -> None:
    with pytest.raises(Interrupted):
        gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS, progress=after(4))
    (tmp_path / "run" / "blocks" / f"block-000002.{suffix}").write_bytes(b"PK")
    with pytest.raises(RunError, match=r"block 2 cannot be read .*remove .*block-000002.parquet"):
        gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **OPTIONS, resume=True)
    (tmp_path / "run" / "blocks" / "block-000002.parquet").unlink()
    end_well(tmp_path / "run", catalog, clean)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, catalog: gpuprop.Catalog, clean: bytes) -> None:
    """A file system that is read-only from the third block on; root may write to any other folder."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a file system to be made read-only")
    blocks: list[int] = []

    def lock_up(done: int, total: int) -> None:
        blocks.append(done)
        if len(blocks) == 3:
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)

    try:
        with pytest.raises(RunError, match="Read-only file system"):
            gpuprop.screen_to(folder / "run", catalog, *WINDOW, **OPTIONS, progress=lock_up)
        with pytest.raises(RunError, match="Read-only file system"):
            gpuprop.screen_to(folder / "run", catalog, *WINDOW, **OPTIONS, resume=True)
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
        end_well(folder / "run", catalog, clean)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
