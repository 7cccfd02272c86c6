"""Coverage-guided fuzzing of one reader: no text may crash it or slip an impossible value through.

Usage: python validation/fuzz/fuzz_reader.py tle|csv|json|xml|kvn FOLDER [libFuzzer options], for
example -runs=50000. Legal records are put into the folder first, and inputs that reach new code are
added to it. Needs atheris (pip install atheris). `run.py` runs all readers and prints the tally.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import pyarrow.csv  # noqa: E402, F401

with atheris.instrument_imports(include=["gpuprop.formats"]):
    from gpuprop import formats
    from gpuprop.errors import CatalogError
    from gpuprop.formats import detect, omm_csv, omm_json, omm_kvn, omm_xml, tle, validation  # noqa: F401
    from gpuprop.formats.columns import DTYPE, FIELDS
    from gpuprop.formats.report import Report

from tests.formats.corpus import FIELDS as SEED_FIELDS  # noqa: E402
from tests.formats.corpus import PAIR, Legal  # noqa: E402
from tests.formats.corpus_omm import NOTATIONS  # noqa: E402

MODULES = {"tle": "tle", "csv": "omm_csv", "json": "omm_json", "xml": "omm_xml", "kvn": "omm_kvn"}
NUMBERS = [name for name in FIELDS if DTYPE[name].kind == "f"]


def read(kind: str, data: bytes) -> None:
    """Read a text and look at everything that comes of it."""
    reader = importlib.import_module(f"gpuprop.formats.{MODULES[kind]}")
    try:
        reading = reader.read(data, "fuzz")
        columns, entries = formats._validated(reading, "fuzz")
    except CatalogError as error:
        message = str(error)
        if not message.isprintable():
            raise ValueError(message) from None
        return
    count = len(columns["norad_id"])
    for name in FIELDS:
        assert len(columns[name]) == count, name
        assert columns[name].dtype.kind == DTYPE[name].kind, name
    for name in NUMBERS:
        assert np.isfinite(columns[name]).all(), name
    assert ((columns["mean_motion"] > 0) & (columns["mean_motion"] <= 20)).all()
    assert ((columns["eccentricity"] >= 0) & (columns["eccentricity"] < 1)).all()
    assert ((columns["inclination"] >= 0) & (columns["inclination"] <= 180)).all()
    assert ((columns["norad_id"] >= 0) & (columns["norad_id"] <= 999_999_999)).all()
    assert np.isin(columns["ephemeris_type"], (0, 2, 3)).all()
    assert all(text.isprintable() or not text.isascii() for text in columns["name"].tolist())
    for entry in entries:
        assert entry.line >= 0, entry
        assert str(entry).isascii() or kind == "tle", entry
    str(Report(entries))


def seeds(kind: str, folder: Path) -> None:
    """Put legal records and the legal cases of the corpus into a folder."""
    from tests.formats import corpus_omm, corpus_tle

    texts = [PAIR.encode()] if kind == "tle" else []
    texts += [write(SEED_FIELDS).encode() for name, write in NOTATIONS.items() if name.startswith(kind)]
    cases = corpus_tle.CASES if kind == "tle" else corpus_omm.CASES
    for case in cases:
        if isinstance(case, Legal) and (kind == "tle" or case.title.startswith(f"{kind}:")):
            texts.append(case.text if isinstance(case.text, bytes) else case.text.encode())
    for number, text in enumerate(texts):
        (folder / f"{number:04d}").write_bytes(text)


def main() -> None:
    """Fuzz the reader that the command line names."""
    kind, folder = sys.argv[1:3]
    seeds(kind, Path(folder))
    atheris.Setup([sys.argv[0], *sys.argv[3:], folder], lambda data: read(kind, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
