"""States that stay on the GPU and go into a kernel of one's own: who is above the horizon of a station.

python examples/own_kernel.py

Needs an NVIDIA GPU and gpuprop[cuda13] or gpuprop[cuda12]; without, it says so and leaves.
"""

from __future__ import annotations

import numpy as np

import gpuprop
from gpuprop.errors import EngineUnavailable
from gpuprop.frames import sidereal_angle
from gpuprop.timescale import to_ns

SOURCE = r"""
// One thread per object and instant; r is (n_sat, n_time, 3), station and zenith (n_time, 3).
extern "C" __global__ void above(const double* r, const double* station, const double* zenith,
                                 long long n, int n_time, unsigned int* count)
{
    const long long k = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (k >= n) return;
    const int t = k % n_time;
    double height = 0.0;
    for (int i = 0; i < 3; i++) height += (r[3 * k + i] - station[3 * t + i]) * zenith[3 * t + i];
    if (height > 0.0) atomicAdd(&count[t], 1u);  // false for a state that is not usable: it is NaN
}
"""
LATITUDE, LONGITUDE, EARTH_RADIUS_KM = np.radians(48.0), np.radians(11.0), 6378.135
TIMES = np.datetime64("2024-11-01T00:00", "ns") + np.arange(6) * np.timedelta64(10, "m")


def zenith() -> np.ndarray:
    """Return the zenith of the station in TEME at each time, on a spherical Earth: (n_time, 3)."""
    angle = sidereal_angle(to_ns(TIMES, name="times")) + LONGITUDE
    x, y = np.cos(LATITUDE) * np.cos(angle), np.cos(LATITUDE) * np.sin(angle)
    return np.stack([x, y, np.full_like(angle, np.sin(LATITUDE))], axis=1)


def main() -> None:
    catalog = gpuprop.Catalog.sample()
    try:
        states = gpuprop.propagate(catalog, TIMES, engine="cuda", velocity=False)
    except EngineUnavailable as error:
        print(f"no GPU to run on: {error}")
        return
    import cupy

    up = cupy.asarray(zenith())
    count = cupy.zeros(len(TIMES), cupy.uint32)
    n = states.status.size
    kernel = cupy.RawKernel(SOURCE, "above")
    arguments = (states.r, up * EARTH_RADIUS_KM, up, np.int64(n), np.int32(len(TIMES)), count)
    kernel(((n + 255) // 256,), (256,), arguments)
    for time, number in zip(TIMES, count.get(), strict=True):
        print(f"{time}Z  {number:,} objects above the horizon")


if __name__ == "__main__":
    main()
