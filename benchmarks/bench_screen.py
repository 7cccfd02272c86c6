from __future__ import annotations

import numpy as np

import gpuprop
from benchmarks import common
from gpuprop.screening.plan import make_plan
from gpuprop.screening.refine import Pairs
from gpuprop.screening.stretches import batches, join

HOUR = np.timedelta64(1, "h")


class Stages:
    """The stages of screening one hour of the sample catalog, one thread, at two thresholds."""

    params = (5.0, 50.0)
    param_names = ("threshold_km",)

    def setup(self, threshold_km: float) -> None:
        from gpuprop.screening.sieving import Sieve

        gpuprop.set_num_threads(1)
        catalog = gpuprop.Catalog.sample()
        self.engine, self.model = common.model_of(catalog, "cpu")
        start, stop = common.DAY.astype(np.int64), (common.DAY + HOUR).astype(np.int64)
        self.plan = make_plan(
            int(start), int(stop), len(catalog), threshold_km=threshold_km, step_s=None, max_memory=None
        )
        self.sieve = Sieve(self.engine, self.model, catalog, self.plan)
        stretches = join([block.stretches for block in self.sieve.run(self.plan.blocks())])
        self.batches = batches(stretches, 100_000)
        self.time_refine(threshold_km)

    def teardown(self, _: float) -> None:
        gpuprop.set_num_threads(None)

    def time_sieve(self, _: float) -> None:
        for block in self.sieve.run(self.plan.blocks()):
            del block

    def time_refine(self, _: float) -> None:
        from gpuprop.screening.encounters import find_intervals

        for batch in self.batches:
            find_intervals(Pairs(self.engine, self.model, batch.row_1, batch.row_2), batch, self.plan)


class Screen:
    """Whole screenings of the sample catalog."""

    timeout = 600
    params = (common.ENGINES, (2, 24), (5.0, 50.0))
    param_names = ("engine", "hours", "threshold_km")

    def setup(self, engine: str, hours: int, threshold_km: float) -> None:
        common.require(engine)
        if (hours, threshold_km) == (24, 50.0):
            raise NotImplementedError("two hours tell as much")
        self.catalog = gpuprop.Catalog.sample()
        self._screen(engine, np.timedelta64(5, "m"), threshold_km)

    def time_screen(self, engine: str, hours: int, threshold_km: float) -> None:
        self._screen(engine, hours * HOUR, threshold_km)

    def peakmem_screen(self, engine: str, hours: int, threshold_km: float) -> None:
        self._screen(engine, hours * HOUR, threshold_km)

    def _screen(self, engine: str, window: np.timedelta64, threshold_km: float) -> None:
        gpuprop.screen(
            self.catalog, common.DAY, common.DAY + window, threshold_km=threshold_km, engine=engine
        )
