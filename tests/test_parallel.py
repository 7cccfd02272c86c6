"""Many workers: real clusters on this machine, whose workers are killed or stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import gpuprop
from gpuprop import parallel
from gpuprop.errors import InputError, RunError
from gpuprop.screening import time_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")

WINDOW = "2024-11-01T00:00:00Z", "2024-11-01T01:00:00Z"
OPTIONS: dict[str, Any] = {"threshold_km": 60.0, "step_s": 30.0, "engine": "cpu"}
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds workers by /proc")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_blocks, "_FEWEST_OBJECT_STEPS", 0)


@pytest.fixture(scope="module")
def catalog() -> gpuprop.Catalog:
    return gpuprop.Catalog.sample()[::20]


@pytest.fixture(scope="module")
def clean(catalog: gpuprop.Catalog, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time_blocks, "_FEWEST_OBJECT_STEPS", 0)
        return gpuprop.screen_to(tmp_path_factory.mktemp("clean"), catalog, *WINDOW, **OPTIONS).read_bytes()


def workers() -> list[int]:
    """Return the worker processes of this one."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
            command = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"spawn_main" in command:
            found.append(int(path.parent.name))
    return found


def hit_at(block: int, action: Callable[[], None]) -> Callable[[int, int], None]:
    calls: list[int] = []

    def progress(done: int, total: int) -> None:
        calls.append(done)
        if len(calls) == block:
            action()

    return progress


@linux
def test_killed_workers_change_nothing(tmp_path: Path, catalog: gpuprop.Catalog, clean: bytes) -> None:
    """One worker dies at the third block, and both of those that are there then at the tenth."""
    killed: list[int] = []

    def kill(n: int) -> None:
        for pid in workers()[:n]:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    first, second = hit_at(3, lambda: kill(1)), hit_at(10, lambda: kill(2))

    def progress(done: int, total: int) -> None:
        first(done, total)
        second(done, total)

    path = gpuprop.screen_to(tmp_path, catalog, *WINDOW, **OPTIONS, workers=2, progress=progress)
    assert len(killed) >= 2
    assert path.read_bytes() == clean


@pytest.mark.slow
@linux
def test_a_worker_that_hangs_does_not_hold_up_the_run(
    tmp_path: Path, catalog: gpuprop.Catalog, clean: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "_SLOW_S", 0.5)
    stopped: list[int] = []

    def stop() -> None:
        stopped.append(workers()[0])
        os.kill(stopped[0], signal.SIGSTOP)

    def wake(done: int, total: int) -> None:
        if done == total:
            os.kill(stopped[0], signal.SIGCONT)

    hang = hit_at(2, stop)

    def progress(done: int, total: int) -> None:
        hang(done, total)
        wake(done, total)

    path = gpuprop.screen_to(tmp_path, catalog, *WINDOW, **OPTIONS, workers=2, progress=progress)
    assert stopped
    assert path.read_bytes() == clean


@pytest.fixture
def scheduler() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp"
    ) as cluster:
        yield cluster.scheduler_address


def test_the_workers_of_a_scheduler(
    scheduler: str, tmp_path: Path, catalog: gpuprop.Catalog, clean: bytes
) -> None:
    assert gpuprop.screen_to(tmp_path, catalog, *WINDOW, **OPTIONS, scheduler=scheduler).read_bytes() == clean


def test_errors_of_workers_are_raised_here(
    scheduler: str, tmp_path: Path, catalog: gpuprop.Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cluster runs in this process, so its workers see the patch."""
    from gpuprop.screening.job import Job

    def fails(*arguments: Any, **options: Any) -> Any:
        raise MemoryError("on a worker")

    with monkeypatch.context() as patch:
        patch.setattr(Job, "search", fails)
        with pytest.raises(RunError, match="out of memory .on a worker."):
            gpuprop.screen_to(tmp_path, catalog, *WINDOW, **OPTIONS, scheduler=scheduler)


def test_a_scheduler_that_is_not_there(
    tmp_path: Path, catalog: gpuprop.Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "_CONNECT_S", 0.5)
    with pytest.raises(RunError, match=r"no workers at tcp://127.0.0.1:9 .*resume"):
        gpuprop.screen_to(tmp_path, catalog, *WINDOW, **OPTIONS, scheduler="tcp://127.0.0.1:9")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"workers": 0}, "workers is 0"),
        ({"workers": True}, "workers is True"),
        ({"workers": 2, "scheduler": "tcp://h:1"}, "both given"),
    ],
)
def test_arguments_that_make_no_sense(
    arguments: dict[str, Any], word: str, tmp_path: Path, catalog: gpuprop.Catalog
) -> None:
    with pytest.raises(InputError, match=word):
        gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, **arguments)
    assert not (tmp_path / "run").exists()


def test_without_dask_the_sentence_says_what_to_install(
    tmp_path: Path, catalog: gpuprop.Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'gpuprop\[distributed\]'"):
        gpuprop.screen_to(tmp_path / "run", catalog, *WINDOW, workers=2)


def test_each_worker_has_its_threads_and_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUPROP_NUM_THREADS", "9")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a, 3,7")
    assert parallel.worker_environments(2, gpus=False) == [{"GPUPROP_NUM_THREADS": "4"}] * 2
    devices = [found["CUDA_VISIBLE_DEVICES"] for found in parallel.worker_environments(3, gpus=True)]
    assert devices == ["GPU-a", "3", "7"]
    with pytest.raises(InputError, match="workers is 4, but GPUs are 3"):
        parallel.worker_environments(4, gpus=True)


def test_the_default_path_leaves_dask_alone(tmp_path: Path) -> None:
    code = (
        "import sys, gpuprop\n"
        "few = gpuprop.Catalog.sample()[:5]\n"
        f"gpuprop.screen_to({str(tmp_path / 'run')!r}, few, '2024-11-01', '2024-11-01T00:10')\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"dask", "distributed"} & set(done.stdout.split())
