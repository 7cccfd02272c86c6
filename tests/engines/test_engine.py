"""The verbs of the engine: one state has the same bits however it is asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuprop import Catalog, set_num_threads
from gpuprop.engines import get_engine
from gpuprop.errors import EngineUnavailable, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuprop.engines.cpu.model import Model

ELEMENTS = ["mean_motion", "eccentricity", "inclination", "ra_of_asc_node"]
ELEMENTS += ["arg_of_pericenter", "mean_anomaly", "bstar"]
START = 1_730_419_200_000_000_000
HOUR = 3_600_000_000_000


def _columns(catalog: Catalog, rows: object = slice(None)) -> dict[str, np.ndarray]:
    """The elements as the engine takes them; a catalog itself would refuse unusable ones."""
    columns = {name: getattr(catalog, name)[rows].copy() for name in ELEMENTS}
    return {"epoch_ns": catalog.epoch[rows].copy(), **columns}


def _initialize(columns: dict[str, np.ndarray], rows: object = slice(None)) -> Model:
    return get_engine("cpu").initialize(**{name: values[rows] for name, values in columns.items()})


def _propagate(model: Model, times: np.ndarray, *, velocity: bool = True) -> tuple:
    shape = (len(model), len(times))
    r, v = np.zeros((*shape, 3)), np.zeros((*shape, 3)) if velocity else None
    status = np.full(shape, 99, np.uint8)
    get_engine("cpu").propagate(model, times, r, v, status)
    return r, v, status


@pytest.fixture(scope="module")
def columns() -> dict[str, np.ndarray]:
    """All regimes, among them objects that fail, and one whose elements are unusable."""
    sample = Catalog.sample()
    lowest = np.argsort(sample.mean_motion)[-12:]
    rows = np.concatenate([np.arange(0, len(sample), 131), lowest, np.argsort(-sample.bstar)[:12]])
    columns = _columns(sample, np.unique(rows))
    columns["eccentricity"][17] = 1.5
    return columns


@pytest.fixture(scope="module")
def model(columns: dict[str, np.ndarray]) -> Model:
    return _initialize(columns)


@pytest.fixture
def threads() -> Iterator[None]:
    yield
    set_num_threads(None)


def test_the_catalog_holds_every_kind_of_status(model: Model) -> None:
    assert set(np.unique(model.regime)) == {0, 1, 2, 3}
    _, _, status = _propagate(model, START + np.arange(0, 30 * 24, 6) * HOUR)
    assert {0, 1, 6, 8, 9} <= set(np.unique(status))


@pytest.mark.parametrize("n_time", [1, 2, 7, 21, 63, 64, 65, 130])
def test_all_verbs_give_the_same_bits(model: Model, n_time: int) -> None:
    engine = get_engine("cpu")
    times = START + np.linspace(-2, 25 * 24, n_time).astype(np.int64) * HOUR + 12_345
    r, v, status = _propagate(model, times)
    r_alone, _, status_alone = _propagate(model, times, velocity=False)
    np.testing.assert_array_equal(r_alone, r)
    np.testing.assert_array_equal(status_alone, status)

    rows = np.random.default_rng(n_time).permutation(len(model))
    out = np.zeros((n_time, 3, len(model)))
    out_status = np.full((n_time, len(model)), 99, np.uint8)
    engine.positions(model, rows, times, out, out_status)
    np.testing.assert_array_equal(out.transpose(2, 0, 1), r[rows])
    np.testing.assert_array_equal(out_status.T, status[rows])

    some = np.random.default_rng(1).integers(0, len(model), 500)
    when = np.random.default_rng(2).integers(0, n_time, 500)
    for velocity in (True, False):
        r_at, v_at, status_at = engine.states_at(model, some, times[when], velocity=velocity)
        np.testing.assert_array_equal(r_at, r[some, when])
        np.testing.assert_array_equal(status_at, status[some, when])
        if velocity:
            np.testing.assert_array_equal(v_at, v[some, when])
        else:
            assert v_at is None


def test_order_in_the_model_makes_no_difference(model: Model) -> None:
    times = START + np.arange(5) * HOUR
    out = np.zeros((5, 3, len(model)))
    status = np.zeros((5, len(model)), np.uint8)
    get_engine("cpu").positions(model, model.order, times, out, status)
    r, _, expected = _propagate(model, times)
    np.testing.assert_array_equal(out.transpose(2, 0, 1), r[model.order])
    np.testing.assert_array_equal(status.T, expected[model.order])


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_state_depends_on_its_neighbours(
    columns: dict[str, np.ndarray], model: Model, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.integers(0, len(model) - 1), min_size=1, max_size=70, unique=True))
    hours = data.draw(st.lists(st.integers(-200, 800), min_size=1, max_size=70))
    times = START + np.array(hours) * HOUR
    r, v, status = _propagate(_initialize(columns, np.array(rows)), times)
    where = np.repeat(rows, len(times))
    r_at, v_at, status_at = get_engine("cpu").states_at(model, where, np.tile(times, len(rows)))
    np.testing.assert_array_equal(r.reshape(-1, 3), r_at)
    np.testing.assert_array_equal(v.reshape(-1, 3), v_at)
    np.testing.assert_array_equal(status.reshape(-1), status_at)


def test_unusable_elements_are_nan_with_status_9(model: Model) -> None:
    engine = get_engine("cpu")
    bad = np.flatnonzero(model.regime == 0)
    assert len(bad) == 1
    assert np.isnan(model.a_km[bad]).all()
    r, v, status = _propagate(model, np.array([START]))
    assert status[bad].tolist() == [[9]]
    assert np.isnan(r[bad]).all()
    assert np.isnan(v[bad]).all()
    r_at, v_at, status_at = engine.states_at(model, bad, np.array([START]))
    assert status_at.tolist() == [9]
    assert np.isnan(r_at).all()
    assert np.isnan(v_at).all()


def test_repeated_rows_are_answered_each_time(model: Model) -> None:
    engine = get_engine("cpu")
    rows = np.array([5, 5, 2, 5, 2])
    out, status = np.zeros((1, 3, 5)), np.zeros((1, 5), np.uint8)
    engine.positions(model, rows, np.array([START]), out, status)
    np.testing.assert_array_equal(out[:, :, 0], out[:, :, 3])
    np.testing.assert_array_equal(out[:, :, 2], out[:, :, 4])
    assert not np.array_equal(out[:, :, 0], out[:, :, 2])


def test_nothing_asked_for_is_nothing_done(model: Model) -> None:
    engine = get_engine("cpu")
    none = np.zeros(0, np.int64)
    r, v, status = engine.states_at(model, none, none)
    assert (r.shape, v.shape, status.shape) == ((0, 3), (0, 3), (0,))
    engine.positions(model, none, np.array([START]), np.zeros((1, 3, 0)), np.zeros((1, 0), np.uint8))
    engine.positions(model, np.arange(3), none, np.zeros((0, 3, 3)), np.zeros((0, 3), np.uint8))
    empty = _initialize(_columns(Catalog.sample(), slice(0)))
    r, _, status = _propagate(empty, np.array([START]))
    assert r.shape == (0, 1, 3)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_number_of_threads_gives_the_same_bits(
    columns: dict[str, np.ndarray], count: int, threads: None
) -> None:
    times = START + np.arange(1500) * (HOUR // 4)
    set_num_threads(1)
    expected = _propagate(_initialize(columns, slice(70)), times)
    set_num_threads(count)
    for one, other in zip(_propagate(_initialize(columns, slice(70)), times), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_one_model_serves_many_threads_at_once(columns: dict[str, np.ndarray], model: Model) -> None:
    shared = _initialize(columns)
    windows = [START + (np.arange(20) + 100 * k) * HOUR for k in (0, 5, 1, 7, -3, 2, 6, -1)]

    def ask(times: np.ndarray) -> np.ndarray:
        out = np.zeros((len(times), 3, len(shared)))
        status = np.zeros((len(times), len(shared)), np.uint8)
        get_engine("cpu").positions(shared, np.arange(len(shared)), times, out, status)
        return out

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, windows))
    for times, answer in zip(windows, answers, strict=True):
        np.testing.assert_array_equal(answer.transpose(2, 0, 1), _propagate(model, times, velocity=False)[0])


def test_drag_factor_is_the_one_of_the_model(model: Model) -> None:
    engine = get_engine("cpu")
    times = np.array([START, START + 20 * 24 * HOUR])
    factor = engine.drag_factor(model, times)
    assert factor.shape == (len(model), 2)
    assert np.isnan(factor[model.regime == 0]).all()
    usable = factor[model.regime > 0]
    # Most objects hardly decay in three weeks, those chosen for their drag do
    assert (np.abs(usable - 1.0) < 0.02).mean() > 0.8
    assert (np.abs(usable - 1.0) > 0.02).any()
    relative = engine.drag_factor_minutes(model, np.array([0.0]))
    np.testing.assert_array_equal(relative[model.regime > 0], 1.0)


def test_positions_far_beyond_the_orbit_are_not_given_as_usable(model: Model) -> None:
    times = START + np.arange(0, 400 * 24, 24) * HOUR
    r, _, status = _propagate(model, times)
    radius = np.linalg.norm(r, axis=2)
    assert np.isnan(radius[status != 0]).all()
    assert (
        radius[status == 0] < 50.1 * np.broadcast_to(model.a_km[:, None], radius.shape)[status == 0]
    ).all()


def test_arrays_that_are_not_contiguous_are_refused(model: Model) -> None:
    out = np.zeros((3, 3, 2 * len(model)))[:, :, ::2]
    status = np.zeros((3, len(model)), np.uint8)
    with pytest.raises(InputError, match="contiguous"):
        get_engine("cpu").positions(model, np.arange(len(model)), START + np.arange(3), out, status)


def test_engines_by_name(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="gpuprop"):
        assert get_engine("auto").name == "cpu"
    assert ["cpu" in record.message for record in caplog.records] == [True]
    with pytest.raises(EngineUnavailable, match="use engine='cpu'"):
        get_engine("cuda")
    with pytest.raises(InputError, match="'tpu'"):
        get_engine("tpu")
