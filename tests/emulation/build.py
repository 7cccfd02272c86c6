"""Builds the unchanged .cu files with g++ behind `shim.hpp`."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gpuprop.engines.cuda import source

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# No contraction: the kernels say where they fuse, and NVRTC is told the same
FLAGS = (
    "-std=c++17",
    "-fPIC",
    "-ffp-contract=off",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Werror",
    "-pthread",
)
FAST = ("-O2", "-march=native")
SANITIZED = ("-O1", "-g", "-march=native", "-fno-sanitize-recover=all")


def build() -> Path:
    """Return the shared library of all kernels, built if the sources have changed since.

    With GPUPROP_SANITIZE in the environment it is built with those sanitizers, "address,undefined" or
    "thread"; the first of them has to be preloaded into Python.
    """
    sanitizers = os.environ.get("GPUPROP_SANITIZE")
    flags = (*FLAGS, *((*SANITIZED, f"-fsanitize={sanitizers}") if sanitizers else FAST))
    shim = HERE / "shim.hpp"
    key = hashlib.sha256(f"{source.digest()}{shim.read_text()}{flags}{_processor()}".encode()).hexdigest()
    library = ROOT / "build" / "emulation" / f"{key[:32]}.so"
    if library.exists():
        return library
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=library.parent) as temporary:
        work = Path(temporary)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            objects = list(pool.map(lambda unit: _compiled(unit, work, flags), source.translation_units()))
        _run(["g++", *flags, "-shared", "-o", str(work / "all.so"), *map(str, objects)])
        (work / "all.so").replace(library)
    return library


def _compiled(unit: Path, work: Path, flags: tuple[str, ...]) -> Path:
    """Compile one .cu file with a launcher for each of its kernels."""
    names = [name for name, holder in source.kernels().items() if holder == unit]
    text = f'#include "{HERE / "shim.hpp"}"\n#include "{unit}"\n' + "".join(
        f"EMULATE({name})\n" for name in names
    )
    wrapper = work / f"{unit.stem}.cpp"
    wrapper.write_text(text)
    output = wrapper.with_suffix(".o")
    _run(["g++", *flags, f"-I{unit.parent}", "-c", "-o", str(output), str(wrapper)])
    return output


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")


def _processor() -> str:
    """Return what -march=native depends on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line for line in lines if line.startswith("flags")), "")
