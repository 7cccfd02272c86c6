from __future__ import annotations

from typing import Any

import numpy as np

import gpuprop
from benchmarks import common


class Propagate:
    """A million states, elements initialized and output allocated beforehand."""

    params = (common.ENGINES, ("near", "deep", "resonant", "mixed"), ("float64", "mixed"), ("r", "r and v"))
    param_names = ("engine", "regime", "precision", "output")

    def setup(self, engine: str, regime: str, precision: str, output: str) -> None:
        common.require(engine)
        self.engine, self.model = common.model_of(common.sample(regime, 1_000), engine)
        if precision not in self.engine.precisions:
            raise NotImplementedError(f"the {engine} engine has no {precision} precision")
        self.options = {} if precision == "float64" else {"precision": precision}
        self.times_ns = common.times(1_000).view(np.int64)
        shape = (len(self.model), 1_000)
        xp = self.engine.xp
        velocity = xp.empty((*shape, 3)) if output == "r and v" else None
        self.states = xp.empty((*shape, 3)), velocity, xp.empty(shape, np.uint8)
        self._run()

    def track_ns_per_state(self, *_: str) -> float:
        return 1e9 * common.seconds_of(self._run, self.engine) / self.states[2].size

    def _run(self) -> None:
        self.engine.propagate(self.model, self.times_ns, *self.states, **self.options)


class Layout:
    """What the order of the output costs: a million states by object, by time, or one by one."""

    params = ("objects x times", "one time", "times x objects", "single requests")
    param_names = ("layout",)

    def setup(self, layout: str) -> None:
        self.engine, self.model = common.model_of(gpuprop.Catalog.sample(), "cpu")
        n = len(self.model)
        self.calls: dict[str, Any] = {
            "objects x times": self._grid(common.times(40)),
            "one time": self._grid(common.times(1)),
            "times x objects": self._columns(common.times(40)),
            "single requests": self._requests(40 * n),
        }
        self.time_layout(layout)

    def time_layout(self, layout: str) -> None:
        self.calls[layout]()

    def _grid(self, times: Any) -> Any:
        shape = (len(self.model), len(times))
        r, status = np.empty((*shape, 3)), np.empty(shape, np.uint8)
        return lambda: self.engine.propagate(self.model, times.view(np.int64), r, None, status)

    def _columns(self, times: Any) -> Any:
        n = len(self.model)
        out, status = np.empty((len(times), 3, n)), np.empty((len(times), n), np.uint8)
        return lambda: self.engine.positions(self.model, self.model.order, times.view(np.int64), out, status)

    def _requests(self, m: int) -> Any:
        rng = np.random.default_rng(0)
        rows = rng.integers(0, len(self.model), m)
        times_ns = common.DAY.astype(np.int64) + rng.integers(0, 86_400 * 10**9, m)
        return lambda: self.engine.states_at(self.model, rows, times_ns, velocity=False)


class OneObject:
    """One object at many times, by the public function."""

    def setup(self) -> None:
        self.catalog = common.sample("near", 1)
        self.times = common.times(86_000)
        self.time_one_object()

    def time_one_object(self) -> None:
        gpuprop.propagate(self.catalog, self.times, engine="cpu")
