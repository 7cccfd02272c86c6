"""The hot loops are compiled to vector instructions, of the widest kind the processor has."""

from __future__ import annotations

import platform
import re

import numba
import numpy as np
import pytest
from llvmlite import binding

from gpuprop.engines.cpu import deep_space, gate, kepler, near_earth, orientation, resonance
from gpuprop.engines.cpu.compile import prefer_wide_vectors
from gpuprop.engines.cpu.lanes import HALF, LOWER, MID_X, MID_Y, UPPER, WIDTH, append_marked, append_near

STAGES = [
    near_earth.secular,
    near_earth.drag,
    deep_space.periodics,
    deep_space.perturbed_angles,
    deep_space.long_period,
    resonance.resonant_longitude,
    kepler.kepler_first,
    orientation.short_period,
    orientation.position,
    orientation.position_and_velocity,
    gate.pass_gates,
]
SCALAR_X86 = re.compile(r"\bv(?:mul|add|sub|div|sqrt|fn?m(?:add|sub)\d+)sd\b")


def _assembly(stage: object) -> str:
    # Compiled anew, since numba keeps no assembly with what it reads from its cache
    fresh = numba.njit(nogil=True, error_model="numpy")(stage.py_func)  # type: ignore[attr-defined]  # compiled
    buffer = numba.float64[::1]
    signature = (numba.float64, buffer) if stage is gate.pass_gates else (buffer,)
    fresh.compile(signature)
    return str(fresh.inspect_asm(signature))


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.py_func.__name__)
def test_a_stage_is_one_vector_loop(stage: object) -> None:
    assembly = _assembly(stage)
    features = binding.get_host_cpu_features()
    if platform.machine() in {"x86_64", "AMD64"}:
        if not features.get("fma"):
            pytest.skip("this processor has no fused multiply-add, without which nothing is vectorised")
        register = "zmm" if features.get("avx512f") else "ymm"
        packed = re.findall(rf"\bv(?:mul|add|sub|fn?m(?:add|sub)\d+)pd\b.*%{register}", assembly)
        assert len(packed) >= 10
        assert not SCALAR_X86.findall(assembly)
    elif platform.machine() in {"aarch64", "arm64"}:
        assert len(re.findall(r"\bfml[as]\b.*\.2d", assembly)) >= 10
    else:
        pytest.skip(f"not known what vector instructions look like on {platform.machine()}")


def test_sixteen_arcs_are_compared_at_once() -> None:
    @numba.njit
    def compare(rows, own, hit_own, hit_other):  # type: ignore[no-untyped-def]  # for numba
        prefer_wide_vectors()
        spread = np.float32(1e-3)
        return append_near(rows, LOWER, 0, WIDTH, own, 0, own.size, spread, hit_own, hit_other, 0)

    slots = numba.int32[::1]
    signature = (numba.float32[:, ::1], slots, slots, slots)
    compare.compile(signature)
    assembly = str(compare.inspect_asm(signature))
    features = binding.get_host_cpu_features()
    if platform.machine() in {"x86_64", "AMD64"}:
        register = "zmm" if features.get("avx512f") else "ymm" if features.get("avx") else "xmm"
        assert len(re.findall(rf"\bv?cmp\w*ps\b.*%{register}", assembly)) >= 3
        assert not re.findall(r"\bv?u?comiss\b", assembly)
    elif platform.machine() in {"aarch64", "arm64"}:
        assert len(re.findall(r"\bfcm\w+\b.*\.4s", assembly)) >= 3
    else:
        pytest.skip(f"not known what vector instructions look like on {platform.machine()}")


def test_pairs_near_each_other_are_appended() -> None:
    @numba.njit
    def compare(rows, edge, end, own, hit_own, hit_other, n):  # type: ignore[no-untyped-def]  # for numba
        return append_near(rows, edge, 2, end, own, 1, 2, np.float32(0.01), hit_own, hit_other, n)

    rows = np.zeros((6, 40), np.float32)
    rows[LOWER], rows[UPPER], rows[MID_X], rows[HALF] = 7000.0, 7010.0, 1.0, 0.1
    rows[LOWER, 3], rows[UPPER, 3] = 7010.5, 7020.0  # above
    rows[LOWER, 4] = 6999.0  # overlaps from below
    rows[LOWER, 5], rows[UPPER, 5] = 6980.0, 6999.5  # below
    rows[MID_Y, 6] = 0.20  # 0.20 <= 0.1 + 0.1 + 0.01
    rows[MID_Y, 7] = 0.22
    rows[LOWER, 8] = np.nan
    own = np.array([0, 9, 30, 0], np.int32)
    hits = np.full((2, 64), -1, np.int32)
    n = compare(rows, LOWER, 11, own, hits[0], hits[1], 1)
    pairs = list(zip(hits[0, 1:n].tolist(), hits[1, 1:n].tolist(), strict=True))
    assert pairs == [(9, 2), (9, 6), (9, 10), (30, 2), (30, 6), (30, 9), (30, 10)]
    n = compare(rows, UPPER, 11, own, hits[0], hits[1], 0)
    assert hits[1, :n].tolist() == [2, 4, 6, 10, 2, 4, 6, 9, 10]


@pytest.mark.parametrize("kind", [np.uint8, np.bool_])
def test_places_of_marks_are_appended_in_their_order(kind: type) -> None:
    @numba.njit
    def run(marks, first, places, n):  # type: ignore[no-untyped-def]  # for numba
        for k in range(0, marks.size, WIDTH):
            n = append_marked(marks, k, first + k, places, n)
        return n

    rng = np.random.default_rng(8)
    for share in (0.0, 0.1, 1.0):
        marks = (rng.random(10 * WIDTH) < share).astype(kind) * kind(3)
        places = np.full(12 * WIDTH, -1, np.int32)
        n = run(marks.astype(kind), 1000, places, 5)
        assert places[:5].tolist() == [-1] * 5
        assert places[5:n].tolist() == (1000 + np.flatnonzero(marks)).tolist()
