"""Compiled code is kept on disk, and not used once the engine's source has changed."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpuprop.engines.cpu import compile as compiling
from gpuprop.engines.cpu.near_earth import secular

ROOT = Path(__file__).resolve().parents[2]


def test_the_cache_is_stamped_with_all_of_the_engine_s_source() -> None:
    stamp = secular._cache._cache_file._source_stamp
    assert stamp[1] == compiling._source_digest()


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_costs_the_cache_and_nothing_else(tmp_path: Path) -> None:
    code = (
        "import numpy as np; from gpuprop.engines.cpu import rows;"
        "from gpuprop.engines.cpu.latch import cannot_fail;"
        "row = np.zeros(rows.N_NEAR); row[rows.SQRT_AO] = 1.1; print(cannot_fail(row, 0.0, 1.0))"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    (tmp_path / "cache").write_text("a file where the folder should be")
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "True", result.stderr


LOAD = """
import sys
import numpy as np
from gpuprop.engines.cpu import ahead, compile, rows
from gpuprop.engines.cpu.latch import cannot_fail
from gpuprop.engines.cpu.model import sorted_by_bucket
cannot_fail.compile((ahead.F1, ahead.types.float64, ahead.types.float64))
sorted_by_bucket.compile((ahead.I1, ahead.types.int64, ahead.types.int64))
print(sum(f.stats.cache_hits.total() for f in (cannot_fail, sorted_by_bucket)))
print("numba.typed.typedlist" in sys.modules and "numba.cpython.randomimpl" in sys.modules)
row = np.zeros(rows.N_NEAR); row[rows.SQRT_AO] = 1.1
print(cannot_fail(row, 0.0, 1.0), sorted_by_bucket(np.array([5, 0, 3, 1]), 0, 6)[1].tolist())

@compile.kernel
def doubled(x):
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = 2.0 * x[i]
    return out

print(doubled(np.array([1.0, 2.0])).tolist())
"""


@pytest.mark.slow
def test_code_from_disk_needs_no_compiler_and_compiling_goes_on_after_it(
    tmp_path: Path,
) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    outputs = [
        subprocess.run(
            [sys.executable, "-c", LOAD], env=environment, capture_output=True, text=True, check=True
        ).stdout.splitlines()
        for _ in range(2)
    ]
    computed = ["True [1, 3, 2, 0]", "[2.0, 4.0]"]
    assert outputs == [["0", "True", *computed], ["2", "False", *computed]]


def test_fma_rounds_once() -> None:
    @compiling.kernel
    def fused(a: float, b: float, c: float) -> float:
        return compiling.fma(a, b, c)

    a = 1.0 + 2.0**-30
    # a * a = 1 + 2^-29 + 2^-60; its last term is lost when the product is rounded by itself
    assert fused(a, a, -(1.0 + 2.0**-29)) == 2.0**-60
    assert a * a - (1.0 + 2.0**-29) == 0.0
    assert math.isnan(fused(math.inf, 0.0, 1.0))
