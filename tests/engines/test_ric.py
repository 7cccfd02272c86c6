"""Relative motion in the RIC frame."""

from __future__ import annotations

import numpy as np
import pytest

import gpuprop
from gpuprop.engines.cpu.ric import RANGE, SPEED, motion_of_states
from gpuprop.propagation import prepare
from gpuprop.screening.refine import Pairs

START_NS = int(np.datetime64("2024-11-01T00:00:00", "ns").astype(np.int64))


def test_motion_computed_by_hand() -> None:
    # Over the equator radial is x, in-track y, cross-track z; over the pole, northward, z, -x and -y.
    first = np.array([[7000.0, 0.0, 0.0], [0.0, 0.0, 7000.0]]), np.array([[0.0, 7.5, 0.0], [-7.5, 0.0, 0.0]])
    apart, moving = (
        np.array([[1.0, 2.0, 2.0], [-2.0, -2.0, 1.0]]),
        np.array([[0.3, 0.4, 1.2], [-0.4, -1.2, 0.3]]),
    )
    motion = motion_of_states(*first, first[0] + apart, first[1] + moving)
    assert motion.shape == (8, 2)
    for column in motion.T:
        assert column[:3] == pytest.approx([1.0, 2.0, 2.0], abs=1e-12)
        assert column[3:6] == pytest.approx([0.3, 0.4, 1.2], abs=1e-14)
        assert (column[RANGE], column[SPEED]) == pytest.approx((3.0, 1.3), abs=1e-12)


def test_pairs_in_lanes_move_as_their_states_say() -> None:
    catalog = gpuprop.Catalog.sample()
    engine, model = prepare(catalog, "cpu", "afspc", "float64")
    rng = np.random.default_rng(5)
    rows = np.concatenate([rng.choice(np.flatnonzero(model.regime == regime), 200) for regime in (1, 2, 3)])
    pairs = Pairs(engine, model, rng.permutation(rows), rng.permutation(rows))
    pairs = pairs.take(pairs.row_1 != pairs.row_2)
    times_ns = START_NS + rng.integers(0, 86_400 * 10**9, len(pairs.row_1))
    expected = motion_of_states(*pairs.states(times_ns))
    usable = np.isfinite(expected[RANGE])
    assert usable.sum() > 500
    np.testing.assert_array_equal(pairs.motion(times_ns)[:, usable], expected[:, usable])
