"""Texts of OMM columns, plain ones by a way of their own, against Python's strings."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from gpuprop.formats.omm_values import Faults, epochs, strings

blanks = st.sampled_from(["", "", "", " ", "  "])
plain = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)
others = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@given(st.lists(st.tuples(blanks, plain | others, blanks).map("".join), min_size=1, max_size=8))
def test_texts_are_those_of_python_without_what_is_around_them(texts: list[str]) -> None:
    whole = pa.array(["left out", *texts], pa.string())[1:]
    found = strings("name", whole, Faults(len(texts)))
    expected = np.array([text.strip() for text in texts], "U")
    if all(text.isascii() and text.isprintable() for text in texts):
        assert found.dtype == expected.dtype
        assert found.tolist() == expected.tolist()
    else:  # what counts as a blank beyond ASCII is Arrow's to say
        assert [text.strip() for text in found.tolist()] == expected.tolist()


def test_epochs_are_read_with_blanks_and_z_around_them() -> None:
    texts = ["2024-10-29T12:18:43.492896", " 2024-10-29T12:18:43.492896Z", "2024-10-29T12:18:43.492896Z"]
    for some in (texts, texts[:1], texts[::2]):
        faults = Faults(len(some))
        found = epochs(pa.array(some, pa.string()), faults)
        # date -u -d 2024-10-29T12:18:43 +%s
        assert found.tolist() == [1_730_204_323_492_896_000] * len(some)
        assert not faults.found
