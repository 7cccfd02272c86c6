"""Compiling without a device: what kernels take, and the cache of what was compiled."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gpuprop.engines.cuda import compiler, source
from gpuprop.errors import GpupropError
from validation.kernels import ARCHITECTURES, budget, compiled, excesses, measured

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def nvrtc() -> None:
    try:
        compiler.version()
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"no NVRTC: {str(error).splitlines()[0]}; pip install 'gpuprop[cuda13]'")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the sources that may be edited."""
    return Path(shutil.copytree(source.folder(), tmp_path / "kernels"))


@pytest.mark.parametrize(
    "architecture",
    [pytest.param(name, marks=() if name == "90" else pytest.mark.slow) for name in ARCHITECTURES],
)
def test_every_kernel_keeps_its_budget(architecture: str) -> None:
    found = measured(architecture)
    assert found.keys() == source.kernels().keys()
    assert excesses(found) == []
    for name, taken in found.items():
        if name.startswith("near_earth"):
            assert taken.spill_bytes == taken.stack_bytes == 0


def test_an_excess_is_noticed() -> None:
    allowed = budget()
    name = "near_earth_states"
    over = {**allowed, name: allowed[name]._replace(registers=allowed[name].registers + 1, spill_bytes=8)}
    assert excesses(allowed) == []
    assert excesses(over) == [f"{name}: 129 registers, budget 128", f"{name}: 8 spill_bytes, budget 0"]
    del over[name]
    assert excesses({**over, "new": allowed[name]}) == [
        f"{name}: in the budget, but there is no such kernel",
        "new: not in the budget",
    ]


def test_an_edited_header_is_compiled_anew(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPUPROP_CACHE_DIR", str(tmp_path / "cache"))
    calls = []
    compile_unit = compiler.compile_unit
    monkeypatch.setattr(compiler, "compile_unit", lambda *a: calls.append(a) or compile_unit(*a))
    unit = sources / "latch.cu"
    first = compiler.cubin(unit, "90")
    assert compiler.cubin(unit, "90") == first
    assert len(calls) == 1
    header = sources / "latch.cuh"
    header.write_text(header.read_text().replace("MARK_MINUTES = 2.0", "MARK_MINUTES = 3.0"))
    second = compiler.cubin(unit, "90")
    assert second != first
    assert second.read_bytes() != first.read_bytes()
    assert compiler.cubin(unit, "80") not in {first, second}


def test_a_damaged_file_in_the_cache_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUPROP_CACHE_DIR", str(tmp_path))
    unit = source.folder() / "latch.cu"
    kept = compiler.cubin(unit, "90")
    whole = kept.read_bytes()
    kept.write_bytes(b"")
    assert compiler.cubin(unit, "90").read_bytes() == whole


@pytest.mark.parametrize("error", [PermissionError(13, "read-only"), OSError(28, "No space left on device")])
def test_a_cache_that_cannot_be_written_is_done_without(
    error: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GPUPROP_CACHE_DIR", str(tmp_path / "cache"))
    written = compiler._written

    def refused(path: Path, binary: bytes) -> Path:
        if path.parent == tmp_path / "cache":
            raise error
        return written(path, binary)

    monkeypatch.setattr(compiler, "_written", refused)
    with caplog.at_level("INFO", logger="gpuprop"):
        found = compiler.cubin(source.folder() / "latch.cu", "90")
    assert found.read_bytes().startswith(b"\x7fELF")
    assert "not kept between runs" in caplog.text
    monkeypatch.setattr(compiler, "_folder_of_this_process", lambda: tmp_path / "missing")
    monkeypatch.setattr(compiler, "_written", lambda *_: (_ for _ in ()).throw(error))
    with pytest.raises(GpupropError, match="set GPUPROP_CACHE_DIR to a folder"):
        compiler.cubin(source.folder() / "latch.cu", "90")


def test_a_home_that_cannot_be_used_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "home"
    blocked.write_text("a file where the home should be")
    monkeypatch.delenv("GPUPROP_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(blocked))
    assert compiler.cubin(source.folder() / "latch.cu", "90").exists()


def test_many_processes_may_start_at_once(tmp_path: Path) -> None:
    script = (
        "import sys; from gpuprop.engines.cuda import compiler, source;"
        "print(compiler.cubin(source.folder() / 'latch.cu', '90').read_bytes()[:4] == b'\\x7fELF')"
    )
    environment = {
        "GPUPROP_CACHE_DIR": str(tmp_path / "cache"),
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(16)
    ]
    assert [process.communicate(timeout=120)[0].strip() for process in started] == ["True"] * 16
    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.suffix == ".cubin"


def test_an_error_in_a_kernel_is_told_in_the_compilers_words(sources: Path) -> None:
    unit = sources / "latch.cu"
    unit.write_text(unit.read_text().replace("bound_cells(", "bound_sells("))
    with pytest.raises(
        GpupropError, match='cannot compile latch.cu for sm_90(.|\n)*"bound_sells" is undefined'
    ):
        compiler.compile_unit(unit, "90")


def test_no_kernel_calls_the_slow_reductions_of_cuda() -> None:
    """Sines and cosines of CUDA's own would bring Payne and Hanek's table into the binary."""
    for binary, _ in compiled("90"):
        assert binary.startswith(b"\x7fELF")
        assert b"trig_reduction_slowpath" not in binary


def test_binaries_are_not_portable_code(tmp_path: Path) -> None:
    binary: Any = compiler.compile_unit(source.folder() / "latch.cu", "75")[0]
    assert binary.startswith(b"\x7fELF")
