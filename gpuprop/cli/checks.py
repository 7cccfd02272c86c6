"""What ``gpuprop doctor`` looks at; every check stands alone and may find its subject broken."""

from __future__ import annotations

import platform
import re
import sys
import tempfile
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CHECKS", "Finding", "Verdict", "fault", "noted", "ok", "run"]

OLDEST_PYTHON = (3, 11)
_TOOLS = ("browser", "dev", "docs", "peers", "test")  # extras for those who work on gpuprop itself
_FAULTY_CUDA = ("CuPy cannot be imported", "NVRTC", "a trial on the GPU")


class Finding(NamedTuple):
    """What a check found: state "ok", "noted" or "fault", and for the last two what to do."""

    subject: str
    state: str
    text: str
    remedy: str


Verdict: TypeAlias = tuple[str, str, str]
"""State, text and remedy."""


def ok(text: str) -> Verdict:
    """Return that there is nothing to do."""
    return "ok", text, ""


def noted(text: str, remedy: str = "") -> Verdict:
    """Return what is worth knowing and no fault."""
    return "noted", text, remedy


def fault(text: str, remedy: str) -> Verdict:
    """Return a fault and its remedy."""
    return "fault", text, remedy


def run(checks: Mapping[str, Callable[[], Verdict]]) -> list[Finding]:
    """Run every check; one that breaks is itself a finding."""
    found = []
    for subject, check in checks.items():
        try:
            verdict = check()
        except Exception as error:  # noqa: BLE001 - a broken package may raise anything
            what = " ".join(f"{type(error).__name__}: {error}".split())
            verdict = fault(
                what, "install anew in a fresh environment: pip install --force-reinstall gpuprop"
            )
        found.append(Finding(subject, *verdict))
    return found


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])


def _python() -> Verdict:
    shown = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info[:2] < OLDEST_PYTHON:
        return fault(
            f"{shown} is too old", "make an environment with Python {}.{} or newer".format(*OLDEST_PYTHON)
        )
    return ok(shown)


def _requirements(*, extra: str | None) -> list[tuple[str, str]]:
    """Return names and least versions of what gpuprop, or one of its extras, needs."""
    found = []
    for line in metadata.requires("gpuprop") or []:
        needed, _, condition = line.partition(";")
        wanted = re.search(r"extra == ['\"]([^'\"]+)", condition)
        if (wanted[1] if wanted else None) == extra and (name := re.match(r"[\w.-]+", needed)):
            least = re.search(r">=\s*([\d.]+)", needed)
            found.append((name[0], least[1] if least else "0"))
    return found


def _missing(requirements: list[tuple[str, str]]) -> list[str]:
    """Return which requirements are absent or too old, in words."""
    wrong = []
    for name, least in requirements:
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        if _numbers(version) < _numbers(least):
            wrong.append(f"{name} {version} is older than {least}")
    return wrong


def _packages() -> Verdict:
    try:
        needed = _requirements(extra=None)
    except metadata.PackageNotFoundError:
        return noted("gpuprop runs from its sources and is not installed", "pip install --editable .")
    if wrong := _missing(needed):
        names = " ".join(f"'{name}>={least}'" for name, least in needed)
        return fault("; ".join(wrong), f"pip install --upgrade {names}")
    for name in ("numpy", "numba", "pyarrow"):
        try:
            import_module(name)
        except Exception as error:  # noqa: BLE001 - a broken package may raise anything
            first = str(error).strip().splitlines() or [type(error).__name__]
            return fault(f"{name} cannot be imported: {first[0]}", f"pip install --force-reinstall {name}")
    return ok(", ".join(f"{name} {metadata.version(name)}" for name, _ in needed))


def _extras() -> Verdict:
    declared = metadata.metadata("gpuprop").get_all("Provides-Extra") or []
    extras = [name for name in declared if name not in _TOOLS and not name.startswith("cuda")]
    absent = [name for name in extras if _missing(_requirements(extra=name))]
    if absent:
        return noted(
            f"without {', '.join(absent)}", f"if you need them: pip install 'gpuprop[{','.join(absent)}]'"
        )
    return ok(f"all there: {', '.join(extras)}")


def _threads() -> Verdict:
    from gpuprop import get_num_threads
    from gpuprop.errors import InputError

    try:
        count = get_num_threads()
    except InputError as error:
        return fault(str(error), "unset it, or set it to the number of processors to use")
    allowed = _quota()
    if allowed is not None and count > allowed + 0.5:
        return fault(
            f"{count} threads, but this container may use {allowed:g} processors",
            f"export GPUPROP_NUM_THREADS={max(1, round(allowed))}",
        )
    return ok(f"{count}")


def _quota() -> float | None:
    """Return how many processors the control group of a container grants, if it says."""
    try:
        limit, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return None if limit == "max" else int(limit) / int(period)
    except (OSError, ValueError):
        return None


def _writable(folder: Path) -> bool:
    """Try it: permission bits tell nothing of a read-only mount, or to root."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _compile_cache() -> Verdict:
    import numba

    from gpuprop.engines.cpu import drivers

    if numba.config.DISABLE_JIT:
        return fault("compiling is switched off: a thousand times slower", "unset NUMBA_DISABLE_JIT")
    compiled: Any = drivers.over_times
    folder = compiled.stats.cache_path
    remedy = "set NUMBA_CACHE_DIR to a folder that you may write to"
    if not folder:
        return fault("no folder for compiled code: every run compiles anew", remedy)
    cache = compiled._cache._cache_file
    kept = bool(cache._load_index())
    if not _writable(Path(folder)):
        if kept:
            return ok(f"{folder}, not writable, holds code of this version")
        return fault(f"{folder} is not writable: every run compiles anew", remedy)
    if kept:
        return ok(folder)
    stale = Path(cache._index_path).exists()
    why = "what is kept is of another version" if stale else "nothing is kept yet"
    return noted(f"{folder}: {why}", "none needed: the next run compiles for some seconds")


def _folder() -> Verdict:
    here = Path.cwd()
    if _writable(here):
        return ok(str(here))
    return fault(f"{here} is not writable", "work in another folder, or give --output a path elsewhere")


def _cards() -> list[Path]:
    """Return the NVIDIA devices that the system shows, driver libraries or not."""
    return sorted(Path("/dev").glob("nvidia[0-9]*"))


def _gpu() -> Verdict:
    from gpuprop.engines.cuda import probe

    found = probe.find()
    if found.engine is not None:
        return ok(found.text)
    text, _, remedy = found.text.partition("; ")
    if _cards() or text.startswith(_FAULTY_CUDA):
        return fault(f"the CUDA engine cannot run: {text}", remedy)
    return noted(f"the CPU engine runs: {text}", f"only to use a GPU: {remedy}")


def _cupy() -> Verdict:
    found = sorted(
        {str(one.name) for one in metadata.distributions() if re.match(r"cupy(-|$)", str(one.name or ""))}
    )
    if len(found) > 1:
        return fault(
            f"{' and '.join(found)} are installed and break each other",
            f"pip uninstall {' '.join(found)}, then pip install 'gpuprop[cuda13]' (or cuda12)",
        )
    return ok(found[0] if found else "not installed")


def _kernels() -> Verdict:
    from gpuprop.engines.cuda import compiler, source

    if not source.folder().is_dir() or not source.translation_units():
        return fault(
            "the CUDA sources are missing", "clone with git config core.symlinks true, or pip install"
        )
    folder = Path(compiler.cache_folder())
    if not _writable(folder):
        return noted(
            f"{folder} is not writable: kernels are compiled at every start",
            "set GPUPROP_CACHE_DIR to a folder that you may write to",
        )
    return ok(str(folder))


def _trial() -> Verdict:
    """Compute the first state of the published verification of SGP4 at 360 minutes."""
    import numpy as np

    from gpuprop import Catalog, propagate_since_epoch

    lines = (
        "1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753\n"
        "2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667\n"
    )
    states = propagate_since_epoch(Catalog.read(lines.encode()), 360.0, engine="cpu")
    published = [-7154.03120202, -3783.17682504, -3536.19412294]
    error_mm = 1e6 * float(np.abs(states.r[0, 0] - published).max())
    if not error_mm < 0.1:
        return fault(f"a computed state is {error_mm:g} mm off", "do not use this installation; report it")
    return ok(f"a computed state is within {error_mm:.4f} mm of the published one")


CHECKS: dict[str, Callable[[], Verdict]] = {
    "python": _python,
    "packages": _packages,
    "extras": _extras,
    "threads": _threads,
    "folder": _folder,
    "compile cache": _compile_cache,
    "trial": _trial,
    "cupy": _cupy,
    "gpu": _gpu,
    "kernel cache": _kernels,
}
