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


def test_fma_rounds_once() -> None:
    @compiling.kernel
    def fused(a: float, b: float, c: float) -> float:
        return compiling.fma(a, b, c)

    a = 1.0 + 2.0**-30
    # a * a = 1 + 2^-29 + 2^-60; its last term is lost when the product is rounded by itself
    assert fused(a, a, -(1.0 + 2.0**-29)) == 2.0**-60
    assert a * a - (1.0 + 2.0**-29) == 0.0
    assert math.isnan(fused(math.inf, 0.0, 1.0))
