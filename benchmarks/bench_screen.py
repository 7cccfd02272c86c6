from __future__ import annotations

import numpy as np

import gpuprop
from benchmarks import common


class Screen:
    """The sample catalog against itself over two hours, within 5 km."""

    timeout = 300

    def setup(self) -> None:
        self.catalog = gpuprop.Catalog.sample()
        gpuprop.screen(self.catalog, common.DAY, common.DAY + np.timedelta64(5, "m"), engine="cpu")

    def time_two_hours(self) -> None:
        gpuprop.screen(self.catalog, common.DAY, common.DAY + np.timedelta64(2, "h"), engine="cpu")

    def peakmem_two_hours(self) -> None:
        self.time_two_hours()
