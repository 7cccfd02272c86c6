from __future__ import annotations

import tempfile
from pathlib import Path

import gpuprop
from benchmarks import common


class Read:
    """Read the sample catalog, 26,834 objects, from each format."""

    params = ("omm csv", "omm json", "tle")
    param_names = ("format",)

    def setup(self, kind: str) -> None:
        catalog = gpuprop.Catalog.sample()
        if kind == "tle":
            catalog = catalog.select(mask=catalog.norad_id < 100_000)
        self.folder = tempfile.TemporaryDirectory()
        suffix = {"omm csv": "csv", "omm json": "json", "tle": "tle"}[kind]
        self.file = Path(self.folder.name) / f"catalog.{suffix}"
        catalog.write(self.file)
        self.time_read(kind)

    def teardown(self, _: str) -> None:
        self.folder.cleanup()

    def time_read(self, _: str) -> None:
        gpuprop.Catalog.read(self.file)


class Initialize:
    """From elements to the constants of the model, 26,834 objects."""

    def setup(self) -> None:
        self.catalog = gpuprop.Catalog.sample()
        self.time_initialize()

    def time_initialize(self) -> None:
        common.model_of(self.catalog, "cpu")
