"""How kernels are launched through CuPy, as far as that can be seen without a GPU."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gpuprop.engines.cuda import compiler, source
from gpuprop.engines.cuda.device import NULL, CupyDevice
from gpuprop.errors import EngineUnavailable

cupy = pytest.importorskip("cupy", reason="CuPy is not installed; pip install 'gpuprop[cuda13]'")


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is loaded and launched on a stand-in for a device of compute capability 9.0."""
    seen: list[Any] = []

    def function(name: str) -> Any:
        return lambda grid, block, arguments: seen.append((name, grid, block, arguments))

    def loaded(unit: Any, arch: str) -> Any:
        seen.append((unit.name, arch))
        return SimpleNamespace(get_function=function)

    monkeypatch.setattr(compiler, "loaded", loaded)
    monkeypatch.setattr(compiler, "at_once", lambda units, arch: seen.append((len(units), arch)))
    monkeypatch.setattr(compiler, "architecture", lambda capability: {"90": "90"}.get(capability))
    monkeypatch.setattr(cupy.cuda, "Device", lambda: SimpleNamespace(id=0, compute_capability="90"))
    return seen


def test_arguments_have_the_types_that_kernels_declare(launched: list[Any]) -> None:
    device = CupyDevice()
    array = object()
    device.launch("near_earth_states", 1000, array, 7, 1.5, NULL, np.int32(1))
    assert launched[:2] == [(len(source.translation_units()), "90"), ("near_earth.cu", "90")]
    name, grid, block, arguments = launched[2]
    assert (name, grid, block) == ("near_earth_states", (8,), (128,))
    assert arguments[0] is array
    assert [type(argument) for argument in arguments[1:]] == [np.int64, np.float64, np.uint64, np.int32]


def test_a_kernel_is_loaded_once(launched: list[Any]) -> None:
    device = CupyDevice()
    for _ in range(3):
        device.launch("arc_keys", 1)
    device.launch("sort_arcs", 1)
    expected = [len(source.translation_units()), "sieve.cu", *["arc_keys"] * 3, "sieve.cu", "sort_arcs"]
    assert [entry[0] for entry in launched] == expected


def test_nothing_to_do_launches_nothing(launched: list[Any]) -> None:
    CupyDevice().launch("arc_keys", 0)
    assert launched == []


def test_more_threads_than_a_launch_holds_are_refused(launched: list[Any]) -> None:
    with pytest.raises(OverflowError, match="arc_keys"):
        CupyDevice().launch("arc_keys", 2**31 * 128)


def test_a_second_device_that_cannot_be_compiled_for_is_named(
    launched: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cupy.cuda, "Device", lambda: SimpleNamespace(id=1, compute_capability="70"))
    with pytest.raises(EngineUnavailable, match="sm_70 of device 1"):
        CupyDevice().launch("arc_keys", 1)
