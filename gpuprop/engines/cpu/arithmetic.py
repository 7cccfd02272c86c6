"""Elementary functions in plain arithmetic, without branches or calls.

Loops over lanes that use them turn into vector instructions. All are good to
about one unit in the last place for arguments up to 1e9, which covers any angle
of an orbit; beyond that they return numbers whose squares do not add up to one,
which the kernels look for.
"""

from __future__ import annotations

from gpuprop.engines.cpu.compile import fma, from_bits, inlined, to_bits

# pi/2 and pi as the sum of two doubles
_PIO2_HI = 1.5707963267948966
_PIO2_LO = 6.123233995736766e-17
_PI_HI = 3.141592653589793
_PI_LO = 1.2246467991473532e-16
_TWO_OVER_PI = 0.6366197723675814
_ONE_OVER_PI = 0.3183098861837907
# Adding this rounds to a whole number, whose lowest bits are then those of the sum
_ROUNDER = 1.5 * 2.0**52
_TAN_PIO8 = 0.41421356237309503


@inlined
def round_(x: float) -> float:
    """Nearest whole number, for numbers below 2^51."""
    return (x + _ROUNDER) - _ROUNDER


@inlined
def _sin_polynomial(r: float, z: float) -> float:
    """Sine on [-pi/2, pi/2], z = r^2: Chebyshev fit, error 4e-17."""
    p = fma(z, 2.7314447349149316e-15, -7.643970293830787e-13)
    p = fma(z, p, 1.6058977312354235e-10)
    p = fma(z, p, -2.505210761699411e-08)
    p = fma(z, p, 2.7557319219163213e-06)
    p = fma(z, p, -1.9841269841254974e-04)
    p = fma(z, p, 8.333333333333316e-03)
    p = fma(z, p, -1.6666666666666666e-01)
    return fma(r * z, p, r)


@inlined
def sin(x: float) -> float:
    """Sine alone: half a turn of reduction and one polynomial."""
    shifted = fma(x, _ONE_OVER_PI, _ROUNDER)
    q = shifted - _ROUNDER
    r = fma(-q, _PI_LO, fma(-q, _PI_HI, x))
    return from_bits(to_bits(_sin_polynomial(r, r * r)) ^ (to_bits(shifted) << 63))


@inlined
def cos(x: float) -> float:
    """Cosine alone, as a sine shifted by a quarter turn before the reduction."""
    shifted = fma(x, _ONE_OVER_PI, -0.5) + _ROUNDER
    half = (shifted - _ROUNDER) + 0.5
    r = fma(-half, _PI_LO, fma(-half, _PI_HI, x))
    return from_bits(to_bits(_sin_polynomial(r, r * r)) ^ (~to_bits(shifted) << 63))


@inlined
def sincos(x: float) -> tuple[float, float]:
    """Sine and cosine: quarter-turn reduction, the minimax polynomials of fdlibm."""
    shifted = fma(x, _TWO_OVER_PI, _ROUNDER)
    q = shifted - _ROUNDER
    r = fma(-q, _PIO2_LO, fma(-q, _PIO2_HI, x))
    z = r * r
    s = fma(z, 1.58969099521155010221e-10, -2.50507602534068634195e-08)
    s = fma(z, s, 2.75573137070700676789e-06)
    s = fma(z, s, -1.98412698298579493134e-04)
    s = fma(z, s, 8.33333333332248946124e-03)
    s = fma(z, s, -1.66666666666666324348e-01)
    s = fma(r * z, s, r)
    c = fma(z, -1.13596475577881948265e-11, 2.08757232129817482790e-09)
    c = fma(z, c, -2.75573143513906633035e-07)
    c = fma(z, c, 2.48015872894767294178e-05)
    c = fma(z, c, -1.38888888888741095749e-03)
    c = fma(z, c, 4.16666666666666019037e-02)
    c = fma(z * z, c, fma(z, -0.5, 1.0))
    quadrant = to_bits(shifted)
    odd = (quadrant & 1) != 0
    sine = from_bits(to_bits(c if odd else s) ^ ((quadrant & 2) << 62))
    cosine = from_bits(to_bits(s if odd else c) ^ (((quadrant + 1) & 2) << 62))
    return sine, cosine


@inlined
def small_sincos(x: float) -> tuple[float, float]:
    """Sine and cosine of a small angle: Taylor terms, 2e-16 for angles up to 0.12."""
    z = x * x
    s = fma(z, 1.0 / 362880.0, -1.0 / 5040.0)
    s = fma(z, s, 1.0 / 120.0)
    s = fma(z, s, -1.0 / 6.0)
    c = fma(z, 1.0 / 40320.0, -1.0 / 720.0)
    c = fma(z, c, 1.0 / 24.0)
    c = fma(z, c, -0.5)
    return fma(x * z, s, x), fma(z, c, 1.0)


@inlined
def rotate(s: float, c: float, ds: float, dc: float) -> tuple[float, float]:
    """Sine and cosine of a sum from those of its parts."""
    return fma(s, dc, c * ds), fma(c, dc, -(s * ds))


@inlined
def atan2(y: float, x: float) -> float:
    """Angle of the direction (x, y) in [-pi, pi]; zero for the null vector."""
    ax = abs(x)
    ay = abs(y)
    steep = ay > ax
    mx = ay if steep else ax
    mn = ax if steep else ay
    big = mn > _TAN_PIO8 * mx
    den = mn + mx if big else mx
    r = (mn - mx if big else mn) / (den if den > 0.0 else 1.0)
    z = r * r
    p = fma(z, 0.022750023651788166, -0.04483297754795398)
    p = fma(z, p, 0.057363209433740465)
    p = fma(z, p, -0.06649611858057766)
    p = fma(z, p, 0.07691054983570879)
    p = fma(z, p, -0.09090852547427389)
    p = fma(z, p, 0.11111109636229355)
    p = fma(z, p, -0.14285714266091826)
    p = fma(z, p, 0.1999999999989838)
    p = fma(z, p, -0.3333333333333325)
    a = fma(r * z, p, r)
    a = 0.5 * _PIO2_HI + a if big else a
    a = _PIO2_HI - a if steep else a
    a = _PI_HI - a if x < 0.0 else a
    return -a if y < 0.0 else a


@inlined
def small_atan(t: float) -> float:
    """Arc tangent of up to 0.85: Chebyshev fit, error 1e-7."""
    z = t * t
    p = fma(z, 0.01320540959, -0.0494225012)
    p = fma(z, p, 0.09467939929)
    p = fma(z, p, -0.1392010348)
    p = fma(z, p, 0.19959461)
    p = fma(z, p, -0.3333160427)
    return t * fma(z, p, 0.9999998777)
