"""Fixtures that all tests share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuprop.engines import Engine
    from gpuprop.engines.cuda.engine import CudaEngine

    Run = Callable[..., tuple[int, str, str]]

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of large reference data that is not part of the repository."""
    folder = Path(os.environ.get("GPUPROP_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "catalogs").is_dir():
        pytest.skip(f"no reference data in {folder}; set GPUPROP_SHARED_DATA to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Return the folder of small published data that comes with the tests."""
    return ROOT / "tests" / "data"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a callable that runs the command and gives exit code, standard output and standard error."""
    from gpuprop.cli import main

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as leaving:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return int(leaving.value.code or 0), printed.out, printed.err

    return call


def gpu_engine() -> CudaEngine:
    """Return the engine on a real GPU; skip without one, or fail where one is required."""
    from gpuprop.engines.cuda import probe

    found = probe.find()
    if found.engine is None:
        if os.environ.get("GPUPROP_REQUIRE_GPU") == "1":
            pytest.fail(f"GPUPROP_REQUIRE_GPU is 1, but {found.text}")
        pytest.skip(found.text)
    return found.engine


@pytest.fixture(scope="session")
def emulated_engine() -> CudaEngine:
    """Return the CUDA engine with NumPy in CuPy's place and its kernels built by g++."""
    from gpuprop.engines.cuda.engine import CudaEngine
    from tests.emulation.device import EmulatedDevice

    if shutil.which("g++") is None:
        pytest.skip("the emulated engine is built by g++; install it")
    return CudaEngine(EmulatedDevice())


_ON_DEVICE = [pytest.param("emulated"), pytest.param("cuda", marks=pytest.mark.gpu)]


def _chosen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    from gpuprop.engines import get_engine
    from gpuprop.engines.cuda import probe

    if request.param == "cpu":
        return get_engine("cpu")
    if request.param == "cuda":
        return gpu_engine()
    emulated = request.getfixturevalue("emulated_engine")
    monkeypatch.setattr(probe, "find", lambda: probe.Finding(emulated, "emulated on the host"))
    return emulated


@pytest.fixture(params=["cpu", *_ON_DEVICE])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Return each engine that can run here, in turn; asked for by its name it is the one that answers."""
    return _chosen(request, monkeypatch)


@pytest.fixture(params=_ON_DEVICE)
def device_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Return the CUDA engine, emulated and on a GPU."""
    return _chosen(request, monkeypatch)
