from __future__ import annotations

import numpy as np

import gpuprop
from benchmarks import common
from gpuprop.propagation import prepare


class Propagate:
    """A few thousand objects over one day, elements initialized and output allocated beforehand."""

    params = ("near", "deep")
    param_names = ("regime",)

    def setup(self, regime: str) -> None:
        self.catalog = common.sample(regime, 2_000)
        self.times_ns = common.times(1_000).view(np.int64)
        self.engine, self.model = prepare(self.catalog, "cpu", "afspc", "float64")
        shape = (len(self.catalog), len(self.times_ns))
        self.states = np.empty((*shape, 3)), np.empty((*shape, 3)), np.empty(shape, np.uint8)
        self.time_propagate(regime)

    def time_initialize(self, regime: str) -> None:
        prepare(self.catalog, "cpu", "afspc", "float64")

    def time_propagate(self, regime: str) -> None:
        self.engine.propagate(self.model, self.times_ns, *self.states)


class OneObject:
    """One object at many times, by the public function."""

    def setup(self) -> None:
        self.catalog = common.sample("near", 1)
        self.times = common.times(86_000)
        self.time_one_object()

    def time_one_object(self) -> None:
        gpuprop.propagate(self.catalog, self.times, engine="cpu")
