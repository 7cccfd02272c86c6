"""What only a GPU can show: streams, memory shared with other libraries, results that stay there."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gpuprop

if TYPE_CHECKING:
    from gpuprop import Catalog

pytestmark = pytest.mark.gpu
TIMES = np.datetime64("2024-11-01", "ns") + np.arange(50).astype("timedelta64[m]")


@pytest.fixture
def cupy(request: pytest.FixtureRequest) -> Any:
    from tests.conftest import gpu_engine

    return gpu_engine().xp


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return gpuprop.Catalog.sample()[::10]


def propagated(catalog: Catalog) -> Any:
    return gpuprop.propagate(catalog, TIMES, engine="cuda")


def test_work_goes_into_the_current_stream(cupy: Any, catalog: Catalog) -> None:
    expected = propagated(catalog).to_numpy().r
    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        states = propagated(catalog)
        doubled = states.r * 2.0
    stream.synchronize()
    np.testing.assert_array_equal(doubled.get(), 2.0 * expected)


def test_threads_with_streams_of_their_own_get_their_own_results(cupy: Any, catalog: Catalog) -> None:
    """They share a catalog of which nothing is on the device yet."""
    expected = propagated(catalog).to_numpy().r
    fresh = catalog[np.arange(len(catalog))]

    def work(_: int) -> Any:
        with cupy.cuda.Stream(non_blocking=True):
            return propagated(fresh).to_numpy().r

    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(work, range(8)):
            np.testing.assert_array_equal(found, expected)


def test_states_are_shared_with_other_libraries_without_a_copy(cupy: Any, catalog: Catalog) -> None:
    states = propagated(catalog)
    for array in (states.r, states.v, states.status):
        interface = array.__cuda_array_interface__
        assert interface["data"][0] == array.data.ptr
        assert interface["shape"] == array.shape
        taken = cupy.from_dlpack(array)
        assert taken.data.ptr == array.data.ptr
        np.testing.assert_array_equal(taken.get(), array.get())


def test_arrays_of_another_library_can_be_written_into(cupy: Any, catalog: Catalog) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    if not torch.cuda.is_available():
        pytest.skip("PyTorch sees no GPU")
    shape = len(catalog), len(TIMES)
    r, status = (torch.zeros(size, dtype=kind, device="cuda") for size, kind in
                 (((*shape, 3), torch.float64), (shape, torch.uint8)))  # fmt: skip
    out = cupy.from_dlpack(r), None, cupy.from_dlpack(status)
    gpuprop.propagate(catalog, TIMES, engine="cuda", velocity=False, out=out)
    cupy.cuda.get_current_stream().synchronize()
    np.testing.assert_array_equal(r.cpu().numpy(), propagated(catalog).to_numpy().r)


def test_memory_comes_from_the_pool_and_goes_back(cupy: Any, catalog: Catalog) -> None:
    pool = cupy.get_default_memory_pool()
    propagated(catalog)
    before = pool.used_bytes()
    states = propagated(catalog)
    assert pool.used_bytes() - before >= states.r.nbytes + states.v.nbytes
    del states
    assert pool.used_bytes() == before


def test_a_screening_leaves_nothing_but_its_table(cupy: Any, catalog: Catalog) -> None:
    pool = cupy.get_default_memory_pool()
    gpuprop.screen(catalog, TIMES[0], TIMES[-1], engine="cuda")
    gc.collect()
    before = pool.used_bytes()
    gpuprop.screen(catalog, TIMES[0], TIMES[-1], engine="cuda")
    gc.collect()
    assert pool.used_bytes() <= before
