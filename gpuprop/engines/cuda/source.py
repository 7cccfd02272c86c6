"""The CUDA sources that come with the package: where they are, what is in them, what they hash to."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

__all__ = ["digest", "folder", "kernels", "translation_units"]

_ENTRY_POINT = re.compile(r'extern "C" __global__ void (\w+)\(')


@cache
def folder() -> Path:
    """Return the folder of the sources.

    A checkout on a system without symbolic links has a file in its place; the sources then
    lie beside the package.
    """
    packaged = Path(__file__).parents[2] / "kernels"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "kernels"


def translation_units(where: Path | None = None) -> list[Path]:
    """Return the .cu files in the order of their names."""
    return sorted((where or folder()).glob("*.cu"))


def kernels(where: Path | None = None) -> dict[str, Path]:
    """Return every entry point with the .cu file that holds it."""
    return {
        name: unit for unit in translation_units(where) for name in _ENTRY_POINT.findall(unit.read_text())
    }


def digest(where: Path | None = None) -> str:
    """Return the SHA-256 of all sources, headers included.

    It is part of every compiled file's name: what a cache compares otherwise is the .cu
    file alone, and an edited header would go unnoticed.
    """
    sha = hashlib.sha256()
    sources = [path for path in (where or folder()).iterdir() if path.suffix in {".cu", ".cuh"}]
    for path in sorted(sources):
        content = path.read_bytes()
        sha.update(f"{path.name}\0{len(content)}\0".encode())
        sha.update(content)
    return sha.hexdigest()
