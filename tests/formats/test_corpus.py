"""Every case of the corpus comes out as written beside it."""

from __future__ import annotations

import numpy as np
import pytest

from gpuprop.catalog import Catalog
from gpuprop.errors import CatalogError
from tests.formats import corpus_omm, corpus_tle
from tests.formats.corpus import VALUES, Case, Legal
from tests.formats.corpus_files import FILES, File

CASES = [*corpus_tle.CASES, *corpus_omm.CASES]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.title) for case in CASES])
def test_case(case: Case) -> None:
    text = case.text if isinstance(case.text, bytes) else case.text.encode()
    if not isinstance(case, Legal):
        with pytest.raises(CatalogError) as error:
            Catalog.read(text, checksum=case.checksum)
        assert case.message in str(error.value)
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 400
        return
    catalog = Catalog.read(text, checksum=case.checksum)
    assert len(catalog) == 1
    for name, expected in {**VALUES, **case.changed}.items():
        value = getattr(catalog, name)[0]
        if name == "epoch":
            assert value.view("datetime64[ns]") == np.datetime64(expected, "ns")
        else:
            assert value == expected, name
    repaired = [entry.reason for entry in catalog.report]
    assert len(repaired) == bool(case.repaired)
    assert not case.repaired or case.repaired in repaired[0]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.title) for case in FILES])
def test_file(case: File) -> None:
    text = case.text if isinstance(case.text, bytes) else case.text.encode()
    if not case.ids:
        with pytest.raises(CatalogError):
            Catalog.read(text)
        return
    catalog = Catalog.read(text, duplicates="all")
    assert catalog.norad_id.tolist() == case.ids
    assert set(catalog.inclination.tolist()) == {VALUES["inclination"]}
    found = [(entry.line, entry.reason) for entry in catalog.report]
    assert [line for line, _ in found] == [line for line, _ in case.entries]
    for (_, reason), (_, expected) in zip(found, case.entries, strict=True):
        assert expected in reason


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(CASES) == len({case.title for case in CASES}) >= 300
    assert len(corpus_tle.COMPARED_LEGAL) == 9
    assert len(corpus_tle.COMPARED_REFUSED) == 32
