"""Joining of candidates, by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpuprop.screening.plan import make_plan
from gpuprop.screening.stretches import Stretches, batches, closed_before, from_candidates, join


def stretches(*rows: tuple[int, int, int, int]) -> Stretches:
    return Stretches(*np.array(rows, np.int64).reshape(-1, 4).T)


def rows(found: Stretches) -> list[tuple[int, ...]]:
    return [tuple(int(x) for x in row) for row in zip(*found, strict=True)]


def test_touching_and_overlapping_stretches_of_a_pair_are_one() -> None:
    parts = [
        stretches((1, 2, 10, 15), (1, 2, 16, 18), (1, 2, 17, 17), (1, 2, 20, 21)),
        stretches((0, 9, 3, 3), (1, 3, 10, 12), (1, 2, 0, 9)),
    ]
    assert rows(join(parts)) == [(0, 9, 3, 3), (1, 2, 0, 18), (1, 2, 20, 21), (1, 3, 10, 12)]


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(2, 3), st.integers(0, 40), st.integers(0, 9)), max_size=30
    ),
    st.integers(0, 30),
)
def test_joined_stretches_hold_the_same_cells(given_rows: list[tuple[int, ...]], cut: int) -> None:
    def cells(found: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
        return [(a, b, cell) for a, b, first, last in found for cell in range(first, last + 1)]

    parts = [(a, b, first, first + length) for a, b, first, length in given_rows]
    joined = rows(join([stretches(*parts[:cut]), stretches(*parts[cut:])]))
    assert joined == sorted(joined)
    # Each cell once, and neighbouring cells in the same stretch
    assert cells(joined) == sorted(set(cells(parts)))
    assert all(a[:2] != b[:2] or b[2] > a[3] + 1 for a, b in zip(joined, joined[1:], strict=False))


def test_joining_nothing() -> None:
    assert rows(join([stretches()])) == []
    assert [rows(batch) for batch in batches(stretches(), 10)] == [[]]


def test_candidates_become_cells_of_ten_seconds() -> None:
    plan = make_plan(0, 3600 * 10**9, 5, threshold_km=5.0, step_s=60.0, max_memory=None)
    pair = np.array([[2, 0, 3], [0, 1, 0]], np.int32)
    span = np.array([[0.25, 0.40], [-3.0, 7.0]], np.float32)
    found = from_candidates(pair, span, np.array([7, 5, 6]), plan)
    # 180 s + 15 s to 180 s + 24 s; the whole of the first step and its end
    assert rows(found) == [(6, 7, 19, 20), (5, 7, 0, 6)]


def test_only_what_nothing_can_touch_any_more_is_closed() -> None:
    closed, still_open = closed_before(stretches((0, 1, 0, 4), (0, 2, 0, 8), (0, 3, 0, 9)), 10)
    assert rows(closed) == [(0, 1, 0, 4), (0, 2, 0, 8)]
    assert rows(still_open) == [(0, 3, 0, 9)]


def test_batches_hold_everything_in_order() -> None:
    whole = stretches(*((0, k, k, k + k % 5) for k in range(100)))
    parts = batches(whole, 30)
    assert len(parts) > 10
    assert [row for part in parts for row in rows(part)] == rows(whole)
