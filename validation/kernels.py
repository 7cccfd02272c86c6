"""What every kernel takes on every supported architecture, against kernels/budget.csv. Needs NVRTC, no GPU.

Usage: python validation/kernels.py [ARCHITECTURE ...]
"""

from __future__ import annotations

import csv
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from gpuprop.engines.cuda import compiler, source
from gpuprop.engines.cuda.compiler import Resources

if TYPE_CHECKING:
    from collections.abc import Iterable

ARCHITECTURES = ("75", "80", "90", "100", "120")


def budget() -> dict[str, Resources]:
    """Read the most that each kernel may take."""
    with (source.folder() / "budget.csv").open() as file:
        rows = csv.reader(file)
        next(rows)
        return {name: Resources(*map(int, numbers)) for name, *numbers in rows}


@cache
def compiled(architecture: str) -> list[tuple[bytes, str]]:
    """Compile everything for one architecture: a binary and the compiler's log for each file."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(
            pool.map(
                lambda unit: compiler.compile_unit(unit, architecture, "--ptxas-options=-v"),
                source.translation_units(),
            )
        )


def measured(architecture: str) -> dict[str, Resources]:
    """Return what every kernel takes on one architecture."""
    found: dict[str, Resources] = {}
    for _, log in compiled(architecture):
        found |= compiler.resources(log)
    return found


def excesses(found: dict[str, Resources]) -> list[str]:
    """Say which kernels take more than their budget, or have none."""
    allowed = budget()
    lines = [f"{name}: not in the budget" for name in found.keys() - allowed.keys()]
    lines += [f"{name}: in the budget, but there is no such kernel" for name in allowed.keys() - found.keys()]
    for name in found.keys() & allowed.keys():
        for what, taken, most in zip(Resources._fields, found[name], allowed[name], strict=True):
            if taken > most:
                lines.append(f"{name}: {taken} {what}, budget {most}")
    return sorted(lines)


def main(architectures: Iterable[str]) -> int:
    tables = {architecture: measured(architecture) for architecture in architectures}
    allowed = budget()
    print(f"registers / stack / spilled bytes; NVRTC {'.'.join(map(str, compiler.version()))}")
    print(f"{'kernel':<28}{'budget':>10}" + "".join(f"{'sm_' + name:>12}" for name in tables))
    for kernel in source.kernels():
        most = str(allowed[kernel].registers) if kernel in allowed else "none"
        cells = ["/".join(map(str, table[kernel])) for table in tables.values()]
        print(f"{kernel:<28}{most:>10}" + "".join(f"{cell:>12}" for cell in cells))
    over = [f"sm_{name} {line}" for name, table in tables.items() for line in excesses(table)]
    print("\n".join(over) if over else "all within budget")
    return 1 if over else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:] or ARCHITECTURES))
