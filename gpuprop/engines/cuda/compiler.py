"""Compiling the kernels with NVRTC, and keeping what comes out.

A compiled file is named by everything it depends on: all sources, architecture, options and
the version of NVRTC. It appears in the cache folder whole or not at all, so any number of
processes may start at once. Where the folder cannot be used, files live as long as the process.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from gpuprop.atomic_write import atomic_path
from gpuprop.engines.cuda import source
from gpuprop.errors import GpupropError

__all__ = [
    "Resources", "architecture", "at_once", "cache_folder", "compile_unit", "cubin", "resources", "version",
]  # fmt: skip

_log = logging.getLogger("gpuprop")

# -fmad=false: the kernels write `fma` where they mean it, so that every compiler rounds alike
_OPTIONS = ("-std=c++17", "-fmad=false")
_ELF = b"\x7fELF"
_VARIABLE = "GPUPROP_CACHE_DIR"


def version() -> tuple[int, int]:
    """Return the version of NVRTC.

    Raises
    ------
    Exception
        Whatever CuPy raises where the library cannot be loaded.
    """
    from cupy.cuda import nvrtc

    major, minor = nvrtc.getVersion()
    return major, minor


def architecture(capability: str, supported: list[int] | None = None) -> str | None:
    """Return the architecture to compile for: the device's, or the closest below it that its binaries run on.

    Parameters
    ----------
    capability : str
        Compute capability without the dot, like "90".
    supported : list of int, optional
        What NVRTC can compile for; asked for if left out.

    Returns
    -------
    str or None
        Like "90"; None if NVRTC knows none of the device's generation.

    Examples
    --------
    >>> architecture("89", [75, 80, 86]), architecture("90", [75, 80, 86])
    ('86', None)
    """
    if supported is None:
        from cupy.cuda import nvrtc

        supported = list(nvrtc.getSupportedArchs())
    wanted = int(capability)
    usable = [known for known in supported if known // 10 == wanted // 10 and known <= wanted]
    return str(max(usable)) if usable else None


def compile_unit(unit: Path, arch: str, *extra: str) -> tuple[bytes, str]:
    """Compile one .cu file; return the cubin and what the compiler printed.

    Raises
    ------
    GpupropError
        With the compiler's words.
    """
    from cupy.cuda import nvrtc

    program = nvrtc.createProgram(unit.read_text(), unit.name, (), ())
    try:
        nvrtc.compileProgram(program, (*_options(unit.parent, arch), f"-I{unit.parent}", *extra))
        return nvrtc.getCUBIN(program), nvrtc.getProgramLog(program)
    except nvrtc.NVRTCError as error:
        log = nvrtc.getProgramLog(program)
        raise GpupropError(f"NVRTC cannot compile {unit.name} for sm_{arch}: {error}\n{log}") from error
    finally:
        nvrtc.destroyProgram(program)


def _options(folder: Path, arch: str) -> tuple[str, ...]:
    return (*_OPTIONS, f"-arch=sm_{arch}", f"-DGPUPROP_SOURCE={source.digest(folder)}")


class Resources(NamedTuple):
    """What one kernel and the functions it calls take of a multiprocessor, by the assembler's account."""

    registers: int
    stack_bytes: int
    spill_bytes: int


_FRAME = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")


def resources(log: str) -> dict[str, Resources]:
    """Return what each kernel takes, from what the compiler prints with ``--ptxas-options=-v``."""
    found = {}
    for part in log.split("Compiling entry function '")[1:]:
        frames = [[int(number) for number in frame] for frame in _FRAME.findall(part)]
        registers = re.search(r"Used (\d+) registers", part)
        assert registers is not None
        assert frames
        stack, stores, loads = (sum(column) for column in zip(*frames, strict=True))
        found[part.split("'", 1)[0]] = Resources(int(registers[1]), stack, stores + loads)
    return found


def at_once(units: list[Path], arch: str) -> list[Path]:
    """Return `cubin` of several .cu files; what the cache does not have is compiled on all cores."""
    with ThreadPoolExecutor(min(len(units), os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda unit: cubin(unit, arch), units))


def cubin(unit: Path, arch: str) -> Path:
    """Return a file with the compiled kernels of a .cu file, compiled unless the cache has it."""
    key = hashlib.sha256(repr((unit.name, _options(unit.parent, arch), version())).encode()).hexdigest()
    name = f"{unit.stem}-sm_{arch}-{key[:32]}.cubin"
    kept = cache_folder() / name
    if _is_cubin(kept):
        return kept
    binary, _ = compile_unit(unit, arch)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        return _written(kept, binary)
    except OSError as error:
        _log.info("compiled kernels are not kept between runs: %s", error)
    try:
        return _written(_folder_of_this_process() / name, binary)
    except OSError as error:
        raise GpupropError(
            f"compiled kernels cannot be written anywhere ({error}); "
            f"set {_VARIABLE} to a folder that can be written to"
        ) from error


def _is_cubin(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_ELF)) == _ELF
    except OSError:
        return False


def _written(path: Path, binary: bytes) -> Path:
    with atomic_path(path) as temporary:
        temporary.write_bytes(binary)
    return path


def cache_folder() -> Path:
    """Return where compiled kernels are kept.

    The environment variable ``GPUPROP_CACHE_DIR``, or ``gpuprop`` in the user's cache folder.
    """
    chosen = os.environ.get(_VARIABLE)
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "gpuprop"
    except RuntimeError:  # a user without a home
        return _folder_of_this_process()


@cache
def _folder_of_this_process() -> Path:
    """Make a folder that goes when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="gpuprop-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def loaded(unit: Path, arch: str) -> Any:
    """Return the compiled .cu file as a module of CuPy."""
    import cupy

    return cupy.RawModule(path=str(cubin(unit, arch)))
