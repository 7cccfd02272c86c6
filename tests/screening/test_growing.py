"""Rows that grow hold what was added, in its order, whatever the pieces."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpuprop.screening.growing import GrowingRows


@given(st.lists(st.lists(st.integers(0, 20), max_size=5), min_size=1, max_size=8))
def test_pieces_of_any_size_are_stacked(sizes: list[list[int]]) -> None:
    total = sum(map(sum, sizes))
    whole = {"tca": np.arange(total), "kind": np.arange(total).astype(np.int8)}
    rows, at = GrowingRows(), 0
    for group in sizes:
        tables = []
        for n in group:
            tables.append({name: values[at : at + n] for name, values in whole.items()})
            at += n
        rows.add(tables)
    found = rows.columns()
    for name in found:
        np.testing.assert_array_equal(found[name], whole[name])
        assert found[name].dtype == whole[name].dtype
    assert set(found) == (set(whole) if any(sizes) else set())


def test_the_pieces_may_be_reused() -> None:
    rows, piece = GrowingRows(), np.array([1, 2])
    rows.add([{"tca": piece}])
    piece[:] = 9
    rows.add([{"tca": np.array([3])}])
    assert rows.columns()["tca"].tolist() == [1, 2, 3]
