"""Settings that hold for the tests and for the examples in the docstrings alike."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def _engine_fingerprint() -> str:
    digest = hashlib.sha256()
    for source in sorted((ROOT / "gpuprop" / "engines").rglob("*.py")):
        digest.update(source.relative_to(ROOT).as_posix().encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


# numba's disk cache notices an edit in the file that holds a function, and none in the
# files whose functions it calls. A folder per version of the engines leaves nothing stale.
# numba reads the variable once, when it is first imported.
os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".cache" / "numba" / _engine_fingerprint()))

if __name__ == "__main__":
    print(os.environ["NUMBA_CACHE_DIR"])  # the Makefile asks, so that the rule stands once
