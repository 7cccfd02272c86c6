"""Little memory on the device: smaller blocks, the same results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gpuprop
from gpuprop import Catalog
from gpuprop.engines.cuda import probe
from gpuprop.engines.cuda.blocks import in_halves, slices
from gpuprop.engines.cuda.engine import CudaEngine
from gpuprop.errors import GpupropError
from gpuprop.propagation import _arrays
from tests.emulation.device import EmulatedDevice

START, STOP = "2024-11-01T00:00:00Z", "2024-11-01T00:30:00Z"


class Scarce:
    """The arrays of a device of which large ones do not fit."""

    def __init__(self, xp: Any, most_bytes: int) -> None:
        self.xp = xp
        self.most_bytes = most_bytes
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.xp, name)
        return self._limited(found) if name in {"empty", "zeros", "full"} else found

    def _limited(self, make: Any) -> Any:
        def limited(shape: Any, *arguments: Any, **options: Any) -> Any:
            array = make(shape, *arguments, **options)
            if array.nbytes > self.most_bytes:
                self.refused += 1
                raise MemoryError
            return array

        return limited


def scarce_engine(most_bytes: int, library: Any = None) -> tuple[CudaEngine, Scarce]:
    device = EmulatedDevice(library)
    xp = Scarce(device.xp, most_bytes)
    device.xp = xp
    return CudaEngine(device), xp


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    sample = Catalog.sample()
    return sample[np.arange(0, len(sample), 9)]


def table(encounters: gpuprop.Encounters) -> Any:
    return encounters.to_arrow().replace_schema_metadata(None)


@pytest.mark.parametrize("most_bytes", [1_000_000, 400_000])
def test_screening_in_halved_blocks_is_the_same(
    most_bytes: int, catalog: Catalog, emulated_engine: CudaEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def screened(engine: CudaEngine) -> Any:
        monkeypatch.setattr(probe, "find", lambda: probe.Finding(engine, ""))
        return table(gpuprop.screen(catalog, START, STOP, threshold_km=20, step_s=60, engine="cuda"))

    expected = screened(emulated_engine)
    assert len(expected) > 50
    engine, xp = scarce_engine(most_bytes)
    # The constants of a catalog have to fit; what works on them need not
    xp.most_bytes = 1 << 30
    model_of = engine.initialize

    def initialize(**arguments: Any) -> Any:
        model = model_of(**arguments)
        xp.most_bytes = most_bytes
        return model

    monkeypatch.setattr(engine, "initialize", initialize)
    assert screened(engine).equals(expected)
    assert xp.refused > 0


def test_free_memory_decides_on_the_blocks(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    launches = []
    for memory in (4 << 30, 3 << 20):
        device = EmulatedDevice(memory=memory)
        engine = CudaEngine(device)
        monkeypatch.setattr(probe, "find", lambda engine=engine: probe.Finding(engine, ""))
        results.append(table(gpuprop.screen(catalog, START, STOP, step_s=60, engine="cuda")))
        launches.append(device.launches.count("arc_keys"))
    assert results[0].equals(results[1])
    assert launches[0] == 1
    assert launches[1] > 4


def test_a_limit_of_the_caller_decides_too(emulated_engine: CudaEngine) -> None:
    from gpuprop.engines.geometry import SieveGeometry

    geometry = SieveGeometry.of(5.0, 60.0)
    without = emulated_engine.steps_per_block(geometry, 30_000, None)
    assert emulated_engine.steps_per_block(geometry, 30_000, 100_000_000) < without
    assert emulated_engine.steps_per_block(geometry, 30_000, 1) == 1


def test_resonance_nodes_that_do_not_fit_are_made_in_parts(
    catalog: Catalog, emulated_engine: CudaEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = ["2024-11-01", "2044-11-01"]
    results = []
    for engine in (emulated_engine, CudaEngine(EmulatedDevice(memory=20_000_000))):
        monkeypatch.setattr(probe, "find", lambda engine=engine: probe.Finding(engine, ""))
        deep = catalog[catalog.mean_motion < 6.4]  # a catalog of its own: models are kept
        results.append(gpuprop.propagate(deep, times, engine="cuda").to_numpy())
        gpuprop.propagate(catalog[:1], times, engine="cuda")
        device = engine.device
    assert device.launches.count("tabulate_nodes") > 3
    np.testing.assert_array_equal(results[0].r, results[1].r)


def test_what_does_not_fit_one_by_one_is_an_error(emulated_engine: CudaEngine) -> None:
    def run(piece: slice) -> int:
        raise MemoryError

    with pytest.raises(GpupropError, match="too little memory .* engine='cpu'"):
        in_halves(emulated_engine.device, run, slice(0, 5))


@pytest.mark.parametrize(("start", "stop", "fits"), [(0, 17, 3), (4, 5, 1), (0, 64, 64)])
def test_halves_cover_everything_in_order(
    start: int, stop: int, fits: int, emulated_engine: CudaEngine
) -> None:
    def run(piece: slice) -> list[int]:
        if piece.stop - piece.start > fits:
            raise MemoryError
        return list(range(piece.start, piece.stop))

    done = in_halves(emulated_engine.device, run, slice(start, stop))
    assert sum(done, []) == list(range(start, stop))
    assert max(map(len, done)) <= fits


def test_states_that_do_not_fit_are_refused_with_their_size() -> None:
    with pytest.raises(GpupropError, match=r"1,000 objects at 2,000 times take 0.1 GB.* fewer times"):
        _arrays(Scarce(np, 10_000_000), (1000, 2000), None, velocity=True)


def test_slices_cover_everything_in_order() -> None:
    device = EmulatedDevice(memory=1000)
    for bytes_each in (1, 7, 100, 5000):
        pieces = list(slices(device, 23, bytes_each))
        assert [i for piece in pieces for i in range(23)[piece]] == list(range(23))
        assert all((piece.stop - piece.start) * bytes_each <= 1000 for piece in pieces) or bytes_each > 1000
