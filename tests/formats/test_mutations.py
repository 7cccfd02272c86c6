"""A record with a few characters changed says what an independent reading of it says, or is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpuprop.catalog import Catalog
from gpuprop.errors import CatalogError
from tests.formats import oracle
from tests.formats.corpus import FIELDS, PAIR, summed
from tests.formats.corpus_omm import NOTATIONS, as_csv

# Characters that mean something somewhere, those that look like them, and some that mean nothing.
ALPHABET = "0123456789 .+-eEUAIOTZnaif,;:\"'\t\0/#\\x_é１\u00a0{}[]<>&=\r"
ELEMENTS = sorted(set(FIELDS) - {"OBJECT_NAME", "OBJECT_ID"})


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(len(text) - 1, 0)))
        what = draw(st.sampled_from(["put", "put", "put", "insert", "delete", "swap", "cut", "double"]))
        character = draw(st.sampled_from(ALPHABET))
        if what == "put":
            text = text[:place] + character + text[place + 1 :]
        elif what == "insert":
            text = text[:place] + character + text[place:]
        elif what == "delete":
            text = text[:place] + text[place + 1 :]
        elif what == "swap" and "\n" not in text[place : place + 2]:
            text = text[:place] + text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :]
        elif what == "cut":
            text = text[: place + 1]
        elif what == "double":
            text = text[:place] + text[place : place + 3].replace("\n", "") + text[place:]
    return text


@st.composite
def mutated_tle(draw: st.DrawFn) -> str:
    text = draw(mutated(PAIR))
    if draw(st.booleans()):
        # With the checksums put right, nothing but the columns can tell.
        text = "\n".join(summed(line) if len(line) >= 69 else line for line in text.split("\n"))
    return text


def check(text: str | bytes, expected: oracle.Record | None, *, n_left_over: int = 0) -> None:
    try:
        catalog = Catalog.read(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    except CatalogError:
        assert expected is None, text
        return
    if expected is None:
        assert not len(catalog), text
        return
    assert len(catalog) == 1
    assert len(catalog.report.only("refused")) >= n_left_over
    for name, value in expected.items():
        read = getattr(catalog, name)[0]
        assert read == value or (np.isnan(read) and value != value), (name, read, value, text)


def tle_case(text: str) -> None:
    lines = [line for line in re.split("\r\r?\n|\r|\n", text) if line.strip(" \t")]
    # A line end put into a line may leave the element set whole, and a piece of its checksum behind it.
    for stop in (len(lines), 2):
        try:
            expected = oracle.tle("\n".join(lines[:stop]))
        except oracle.No:
            continue
        return check(text, expected, n_left_over=len(lines) - stop)
    check(text, None)


def test_a_checksum_in_a_line_of_its_own_is_left_over() -> None:
    tle_case(f"{PAIR.rstrip()[:-1]}\r1\n")


def csv_case(text: str) -> None:
    try:
        fields = oracle.csv_fields(text)
        expected = oracle.omm(fields)
    except oracle.No:
        expected = None
    check(text, expected)


@given(mutated_tle())
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
def test_mutated_tle(text: str) -> None:
    tle_case(text)


@pytest.mark.slow
@given(mutated_tle())
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_mutated_tle_at_length(text: str) -> None:
    tle_case(text)


@st.composite
def mutated_fields(draw: st.DrawFn) -> dict[str, str]:
    fields = dict(FIELDS)
    for keyword in draw(st.lists(st.sampled_from(ELEMENTS), min_size=1, max_size=2, unique=True)):
        fields[keyword] = draw(mutated(fields[keyword]))
    return fields


def fields_case(notation: str, fields: dict[str, str]) -> None:
    # What the notation itself is made of is for the cases of the corpus.
    forbidden = {"xml": "\0\r", "kvn": "\0\r[]", "csv": "\r\0", "json": "", "json strings": ""}[notation]
    fields = {k: "".join(c for c in v if c not in forbidden) for k, v in fields.items()}
    try:
        expected = oracle.omm({k: v.strip(" \t") for k, v in fields.items()})
    except oracle.No:
        expected = None
    check(NOTATIONS[notation](fields), expected)


@pytest.mark.parametrize("notation", NOTATIONS)
@given(fields=mutated_fields())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_mutated_values(notation: str, fields: dict[str, str]) -> None:
    fields_case(notation, fields)


@pytest.mark.slow
@pytest.mark.parametrize("notation", NOTATIONS)
@given(fields=mutated_fields())
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
def test_mutated_values_at_length(notation: str, fields: dict[str, str]) -> None:
    fields_case(notation, fields)


HEADER, ROW = as_csv(FIELDS).splitlines()


@st.composite
def mutated_row(draw: st.DrawFn) -> str:
    return f"{HEADER}\n{draw(mutated(ROW))}\n"


@given(mutated_row())
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
def test_mutated_csv_row(text: str) -> None:
    if "\r" not in text:
        csv_case(text)


@pytest.mark.slow
@given(mutated_row())
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_mutated_csv_row_at_length(text: str) -> None:
    if "\r" not in text:
        csv_case(text)
