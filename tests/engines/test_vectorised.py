"""The hot loops are compiled to vector instructions, of the widest kind the processor has."""

from __future__ import annotations

import platform
import re

import numba
import pytest
from llvmlite import binding

from gpuprop.engines.cpu import deep_space, kepler, near_earth, orientation, resonance

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
]
SCALAR_X86 = re.compile(r"\bv(?:mul|add|sub|div|sqrt|fn?m(?:add|sub)\d+)sd\b")


def _assembly(stage: object) -> str:
    # Compiled anew, since numba keeps no assembly with what it reads from its cache
    fresh = numba.njit(nogil=True, error_model="numpy")(stage.py_func)  # type: ignore[attr-defined]
    signature = (numba.float64[::1],)
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
