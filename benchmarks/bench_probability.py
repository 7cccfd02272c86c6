from __future__ import annotations

import numpy as np

import gpuprop


class CollisionProbability:
    """Ten thousand encounters at once, covariances of some hundred metres."""

    def setup(self) -> None:
        rng = np.random.default_rng(0)
        n = 10_000
        r = np.array([7000.0, 0.0, 0.0]) + rng.normal(0.0, 1.0, (n, 3))
        v = np.array([0.0, 7.5, 0.0]) + rng.normal(0.0, 0.1, (n, 3))
        spread = rng.normal(0.0, 200.0, (n, 3, 3))
        covariance = spread @ spread.transpose(0, 2, 1) + 100.0 * np.eye(3)
        self.encounters = {
            "r1_km": r,
            "v1_km_s": v,
            "covariance_1_m2": covariance,
            "r2_km": r + rng.normal(0.0, 0.3, (n, 3)),
            "v2_km_s": v[:, [1, 0, 2]],
            "covariance_2_m2": covariance,
        }
        self.time_probability()

    def time_probability(self) -> None:
        gpuprop.collision_probability(**self.encounters, hard_body_radius_m=10.0)
