"""Why the CUDA engine cannot run, told apart, with stand-ins for CuPy; and how the choice is made."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import gpuprop
from gpuprop.engines import get_engine
from gpuprop.engines.cuda import compiler, probe
from gpuprop.errors import EngineUnavailable, GpupropError

ROOT = Path(__file__).resolve().parents[2]


class CUDARuntimeError(RuntimeError):
    """As CuPy's, with the number of the error."""

    def __init__(self, status: int) -> None:
        super().__init__(f"cudaError {status}")
        self.status = status


def cupy_with(
    *,
    count: int = 1,
    fails: int | None = None,
    driver: int = 13000,
    capability: str = "90",
    nvrtc: Any = None,
) -> SimpleNamespace:
    """A module that answers the questions of the probe."""

    def device_count() -> int:
        if fails is not None:
            raise CUDARuntimeError(fails)
        return count

    runtime = SimpleNamespace(
        CUDARuntimeError=CUDARuntimeError,
        getDeviceCount=device_count,
        driverGetVersion=lambda: driver,
        runtimeGetVersion=lambda: 13020,
    )
    found = nvrtc or SimpleNamespace(
        getVersion=lambda: (13, 0), getSupportedArchs=lambda: (75, 80, 90, 100, 120)
    )
    cuda = SimpleNamespace(
        runtime=runtime, nvrtc=found, Device=lambda: SimpleNamespace(compute_capability=capability)
    )
    return SimpleNamespace(cuda=cuda)


def stand_in(monkeypatch: pytest.MonkeyPatch, cupy: Any) -> None:
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    if cupy is not None:
        monkeypatch.setitem(sys.modules, "cupy.cuda", cupy.cuda)


class NoNvrtc:
    """CuPy without NVRTC: loading fails at the first call."""

    def getVersion(self) -> tuple[int, int]:
        raise RuntimeError(
            "CuPy failed to load libnvrtc.so.13: OSError: cannot open shared object file\nmore"
        )


@pytest.mark.parametrize(
    ("cupy", "reason", "remedy"),
    [
        (None, "CuPy is not installed", r"pip install 'gpuprop\[cuda13\]'"),
        (cupy_with(fails=35, driver=0), "there is no NVIDIA driver", "install one"),
        (cupy_with(fails=35, driver=12040), "it knows CUDA 12.4, CuPy needs 13.2", r"gpuprop\[cuda12\]"),
        (cupy_with(fails=100), "no NVIDIA GPU is visible", "CUDA_VISIBLE_DEVICES"),
        (cupy_with(count=0), "no NVIDIA GPU is visible", "nvidia-smi"),
        (cupy_with(fails=999), "CUDA does not start .cudaError 999", "nvidia-smi"),
        (cupy_with(capability="70"), "compute capability 7.0, which is too old", r"7.5 \(Turing\) or newer"),
        (
            cupy_with(nvrtc=NoNvrtc()),
            "NVRTC cannot be loaded .CuPy failed to load",
            r"pip install 'gpuprop\[cuda13\]'",
        ),
        (cupy_with(capability="130"), "NVRTC 13.0 does not know .* sm_130", "upgrade nvidia-cuda-nvrtc"),
    ],
)
def test_every_reason_has_its_sentence(
    cupy: Any, reason: str, remedy: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in(monkeypatch, cupy)
    monkeypatch.setattr(probe, "find", probe.look)
    with pytest.raises(EngineUnavailable, match=f"{reason}.*{remedy}.*engine='cpu'") as caught:
        get_engine("cuda")
    assert "\n" not in str(caught.value)
    with caplog.at_level("INFO", logger="gpuprop"):
        assert get_engine("auto").name == "cpu"
    (record,) = caplog.records
    assert record.getMessage().startswith("engine 'auto' takes 'cpu': ")
    assert "\n" not in record.getMessage()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            ModuleNotFoundError("No module named 'fastrlock'", name="fastrlock"),
            "cannot be imported .No module",
        ),
        (
            ImportError("numpy is too old\nlong advice"),
            "cannot be imported .numpy is too old.; install it anew",
        ),
    ],
)
def test_a_broken_cupy_is_not_a_missing_one(
    error: ImportError, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def find_spec(self, name: str, *_: Any) -> None:
            if name == "cupy":
                raise error

    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    assert probe.look().engine is None

    assert re.search(says, probe.look().text)


class Trial:
    """A device on which the trial ends as told."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome
        self.xp = np

    def description(self) -> dict[str, str]:
        return {"device": "NVIDIA H100", "driver": "CUDA 13.0", "NVRTC": "13.0"}


def test_a_trial_that_succeeds_gives_the_engine(
    emulated_engine: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in(monkeypatch, cupy_with())
    monkeypatch.setattr(emulated_engine.device, "description", Trial(None).description)
    monkeypatch.setattr("gpuprop.engines.cuda.device.CupyDevice", lambda: emulated_engine.device)
    monkeypatch.setattr(probe, "find", probe.look)
    with caplog.at_level("INFO", logger="gpuprop"):
        assert get_engine("auto").name == "cuda"
    assert caplog.messages == ["engine 'auto' takes 'cuda': NVIDIA H100, driver CUDA 13.0, NVRTC 13.0"]


@pytest.mark.parametrize(
    "error", [GpupropError("NVRTC cannot compile"), RuntimeError("launch failed"), MemoryError()]
)
def test_a_trial_that_fails_gives_the_reason(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Trial):
        def free_bytes(self) -> int:
            raise error

    stand_in(monkeypatch, cupy_with())
    monkeypatch.setattr("gpuprop.engines.cuda.device.CupyDevice", lambda: Failing(None))
    found = probe.look()
    assert found.engine is None
    assert "a trial on the GPU failed" in found.text


def test_a_trial_with_a_wrong_result_gives_no_engine(
    emulated_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, cupy_with())
    monkeypatch.setattr("gpuprop.engines.cuda.device.CupyDevice", lambda: emulated_engine.device)
    launch = emulated_engine.device.launch

    def idle(kernel: str, threads: int, *arguments: Any) -> None:
        launch(kernel, threads, *arguments)
        if kernel.endswith("requests"):
            arguments[-1][:] = 6

    monkeypatch.setattr(emulated_engine.device, "launch", idle)
    found = probe.look()
    assert found.engine is None
    assert "wrong result" in found.text


def test_it_is_looked_into_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(probe, "look", lambda: calls.append(1) or probe.Finding(None, "no"))
    probe.find.cache_clear()
    try:
        for _ in range(3):
            get_engine("auto")
    finally:
        probe.find.cache_clear()
    assert len(calls) == 1


def test_the_cpu_engine_by_name_asks_no_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "find", lambda: pytest.fail("asked"))
    assert gpuprop.propagate(gpuprop.Catalog.sample()[:1], "2024-11-01", engine="cpu").shape == (1, 1)


@pytest.mark.parametrize(
    ("capability", "expected"),
    [("75", "75"), ("86", "80"), ("89", "80"), ("90", "90"), ("103", "100"), ("121", "120"), ("130", None)],
)
def test_binaries_run_on_their_generation(capability: str, expected: str | None) -> None:
    assert compiler.architecture(capability, [75, 80, 90, 100, 120]) == expected


@pytest.mark.parametrize(("required", "outcome"), [("1", "1 error"), ("0", "1 skipped")])
def test_a_gpu_that_is_required_is_not_skipped(required: str, outcome: str) -> None:
    if probe.find().engine is not None:
        pytest.skip("there is a GPU")
    environment = {**os.environ, "GPUPROP_REQUIRE_GPU": required}
    test = "tests/cuda/test_on_gpu.py::test_states_are_shared_with_other_libraries_without_a_copy"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert outcome in done.stdout
    assert (done.returncode != 0) == (required == "1")
