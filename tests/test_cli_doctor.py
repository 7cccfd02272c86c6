"""``doctor`` and ``info`` where something is wrong with the installation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from gpuprop.cli import checks
from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.conftest import Run


class Done(NamedTuple):
    code: int
    out: str
    error: str

    def findings(self) -> dict[str, dict[str, str]]:
        return {one["subject"]: one for one in json.loads(self.out)}


def alone(*arguments: str, at: Path, first: Path | None = None, **environment: str) -> Done:
    """Run the command in a process of its own; `first` is searched for packages before all others."""
    paths = [str(path) for path in (first, ROOT) if path is not None]
    done = subprocess.run(
        [sys.executable, "-m", "gpuprop", *arguments],
        cwd=at,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def without_cache_folder(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which numba finds no folder: not even root can write below a file."""
    (tmp_path / "file").touch()
    return {
        "NUMBA_CACHE_DIR": str(tmp_path / "file" / "cache"),
        "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator",
    }


def package(folder: Path, name: str, text: str) -> Path:
    """Make a package that takes the place of an installed one."""
    (folder / "packages" / name).mkdir(parents=True)
    (folder / "packages" / name / "__init__.py").write_text(text)
    return folder / "packages"


def test_a_healthy_installation_has_no_fault(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    # What the machine of the tests has or lacks is not what is tested.
    monkeypatch.setitem(checks.CHECKS, "gpu", lambda: checks.noted("no GPU"))
    monkeypatch.setattr(checks, "_quota", lambda: None)
    code, out, _ = run("doctor")
    assert code == 0, out
    assert "no fault found" in out
    assert "within 0.0" in out


def test_no_folder_for_compiled_code(tmp_path: Path) -> None:
    environment = without_cache_folder(tmp_path)
    done = alone("doctor", "--no-trial", "--json", at=tmp_path, **environment)
    found = done.findings()["compile cache"]
    assert done.code == 1
    assert found["state"] == "fault"
    assert "NUMBA_CACHE_DIR" in found["remedy"]
    done = alone("info", at=tmp_path, **environment)
    assert done.code == 0
    assert "none: nothing is kept between runs" in done.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "raise ImportError('libcuda.so.1: cannot open shared object file')",
            "CuPy cannot be imported (libcuda",
        ),
        ("raise AttributeError('_ARRAY_API not found')", "_ARRAY_API"),
        ("", "CuPy"),
    ],
)
def test_broken_cupy(tmp_path: Path, text: str, words: str) -> None:
    first = package(tmp_path, "cupy", text)
    done = alone("doctor", "--no-trial", "--json", at=tmp_path, first=first)
    found = done.findings()["gpu"]
    assert done.code == 1
    assert found["state"] == "fault"
    assert words in found["text"]
    assert found["remedy"]
    done = alone("info", at=tmp_path, first=first)
    assert done.code == 0
    assert "CuPy" in done.out
    assert "engine         cpu" in done.out


def test_no_gpu_is_no_fault(tmp_path: Path) -> None:
    first = package(tmp_path, "cupy", "raise ModuleNotFoundError(\"No module named 'cupy'\", name='cupy')")
    found = alone("doctor", "--no-trial", "--json", at=tmp_path, first=first).findings()["gpu"]
    if not any(Path("/dev").glob("nvidia[0-9]*")):
        assert found["state"] == "noted"
    assert "CuPy is not installed" in found["text"]
    assert "pip install 'gpuprop[cuda13]'" in found["remedy"]


def test_a_visible_card_that_cannot_be_used_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    from gpuprop.engines.cuda import probe

    monkeypatch.setattr(probe, "find", lambda: probe.Finding(None, "no driver; install one"))
    monkeypatch.setattr(checks, "_cards", lambda: ["/dev/nvidia0"])
    assert checks.CHECKS["gpu"]() == ("fault", "the CUDA engine cannot run: no driver", "install one")


def test_missing_compiler_of_kernels_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    from gpuprop.engines.cuda import probe

    text = "NVRTC cannot be loaded (libnvrtc.so.13); pip install 'gpuprop[cuda13]' (or cuda12)"
    monkeypatch.setattr(probe, "find", lambda: probe.Finding(None, text))
    state, _, remedy = checks.CHECKS["gpu"]()
    assert (state, remedy) == ("fault", "pip install 'gpuprop[cuda13]' (or cuda12)")


def test_no_write_permission(tmp_path: Path) -> None:
    # Nothing can be created in /proc, whoever one is.
    if sys.platform != "linux":
        pytest.skip("needs a folder that nobody can write to")
    done = alone("doctor", "--no-trial", "--json", at=Path("/proc"))
    found = done.findings()["folder"]
    assert done.code == 1
    assert found["state"] == "fault"
    assert "--output" in found["remedy"]
    assert alone("info", at=Path("/proc")).code == 0


def test_kernel_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "kernels")
    done = alone("doctor", "--no-trial", "--json", at=tmp_path, GPUPROP_CACHE_DIR=folder)
    found = done.findings()["kernel cache"]
    assert "GPUPROP_CACHE_DIR" in found["remedy"]


def test_compiled_code_of_another_version_is_seen(tmp_path: Path) -> None:
    cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    found = alone("doctor", "--no-trial", "--json", at=tmp_path, **cache).findings()["compile cache"]
    assert (found["state"], "nothing is kept yet" in found["text"]) == ("noted", True)
    old_index = (
        "import pickle; from pathlib import Path; from gpuprop.engines.cpu.drivers import over_times\n"
        "Path(over_times._cache._cache_file._index_path).write_bytes(pickle.dumps('0.1'))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **cache}
    subprocess.run([sys.executable, "-c", old_index], env=environment, check=True)
    found = alone("doctor", "--no-trial", "--json", at=tmp_path, **cache).findings()["compile cache"]
    assert (found["state"], "of another version" in found["text"]) == ("noted", True)


def test_switched_off_compiler(tmp_path: Path) -> None:
    done = alone("doctor", "--no-trial", "--json", at=tmp_path, NUMBA_DISABLE_JIT="1")
    found = done.findings()["compile cache"]
    assert (found["state"], found["remedy"]) == ("fault", "unset NUMBA_DISABLE_JIT")
    assert alone("info", at=tmp_path, NUMBA_DISABLE_JIT="1").code == 0


def test_numba_that_cannot_be_imported(tmp_path: Path) -> None:
    first = package(tmp_path, "numba", "raise ImportError('Numba needs NumPy 2.4 or less. Got NumPy 2.5.')")
    done = alone("doctor", "--json", at=tmp_path, first=first)
    found = done.findings()
    assert done.code == 1
    assert found["packages"]["state"] == "fault"
    assert "Numba needs NumPy 2.4 or less" in found["packages"]["text"]
    done = alone("info", at=tmp_path, first=first)
    assert done.code == 1
    assert "'gpuprop doctor' says what to do" in done.error


def test_old_packages_and_python(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "pyarrow":
            raise metadata.PackageNotFoundError(name)
        return "1.26.4" if name == "numpy" else "999.0"

    monkeypatch.setattr(metadata, "version", version)
    state, text, remedy = checks.CHECKS["packages"]()
    assert state == "fault"
    assert "numpy 1.26.4 is older than 2.0" in text
    assert "pyarrow is missing" in text
    assert "'numpy>=2.0'" in remedy
    monkeypatch.setattr(sys, "version_info", (3, 10, 1, "final", 0))
    assert checks.CHECKS["python"]()[0] == "fault"


def test_missing_extras_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "polars":
            raise metadata.PackageNotFoundError(name)
        return "9999.0"

    monkeypatch.setattr(metadata, "version", version)
    assert checks.CHECKS["extras"]() == (
        "noted",
        "without polars",
        "if you need them: pip install 'gpuprop[polars]'",
    )


@pytest.mark.parametrize(
    ("threads", "quota", "state", "remedy"),
    [
        ("8", None, "ok", ""),
        ("8", 2.0, "fault", "export GPUPROP_NUM_THREADS=2"),
        ("2", 2.0, "ok", ""),
        ("many", None, "fault", "unset it"),
    ],
)
def test_threads(
    monkeypatch: pytest.MonkeyPatch, threads: str, quota: float | None, state: str, remedy: str
) -> None:
    monkeypatch.setenv("GPUPROP_NUM_THREADS", threads)
    monkeypatch.setattr(checks, "_quota", lambda: quota)
    found = checks.CHECKS["threads"]()
    assert found[0] == state
    assert remedy in found[2]


def test_two_cupys_break_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    class Installed:
        def __init__(self, name: str) -> None:
            self.name = name

    both: list[Any] = [Installed("cupy-cuda12x"), Installed("cupy-cuda13x"), Installed("numpy")]
    monkeypatch.setattr(metadata, "distributions", lambda: both)
    state, text, remedy = checks.CHECKS["cupy"]()
    assert state == "fault"
    assert "cupy-cuda12x and cupy-cuda13x" in text
    assert "pip uninstall cupy-cuda12x cupy-cuda13x" in remedy


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "gpuprop.toml").write_text("[screen]\nthreshold-kn = 5\n")
    done = alone("doctor", "--no-trial", "--json", at=tmp_path)
    found = done.findings()["settings"]
    assert done.code == 1
    assert "line 2" in found["text"]


def test_a_check_that_breaks_is_a_finding() -> None:
    def broken() -> checks.Verdict:
        raise RuntimeError("no\nluck")

    found = checks.run({"thing": broken})
    assert found[0][:3] == ("thing", "fault", "RuntimeError: no luck")
    assert found[0].remedy
