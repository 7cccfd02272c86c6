// Elementary functions in plain arithmetic. CUDA's own sine and cosine keep a table and a stack for arguments
// beyond 1e5 (Payne and Hanek's reduction); the angles of an orbit need neither. Good to about one unit in
// the last place up to 1e9; beyond that, what comes out is no longer a unit vector, which orientation.cuh
// looks for.
#pragma once

#include "platform.cuh"

namespace gpuprop {

template <class Real>
struct SinCos {
    Real sin, cos;
};

constexpr double PIO2_HI = 1.5707963267948966;
constexpr double PIO2_LO = 6.123233995736766e-17;
constexpr double TWO_OVER_PI = 0.6366197723675814;
// Adding this rounds to a whole number, whose lowest bits are then those of the sum
constexpr double ROUNDER = 1.5 * 4503599627370496.0;

// Minimax polynomials of fdlibm on [-pi/4, pi/4]
GP_INLINE SinCos<double> polynomials(double r) {
    double z = r * r;
    double s = fma(z, 1.58969099521155010221e-10, -2.50507602534068634195e-08);
    s = fma(z, s, 2.75573137070700676789e-06);
    s = fma(z, s, -1.98412698298579493134e-04);
    s = fma(z, s, 8.33333333332248946124e-03);
    s = fma(z, s, -1.66666666666666324348e-01);
    double c = fma(z, -1.13596475577881948265e-11, 2.08757232129817482790e-09);
    c = fma(z, c, -2.75573143513906633035e-07);
    c = fma(z, c, 2.48015872894767294178e-05);
    c = fma(z, c, -1.38888888888741095749e-03);
    c = fma(z, c, 4.16666666666666019037e-02);
    return {fma(r * z, s, r), fma(z * z, c, fma(z, -0.5, 1.0))};
}

// The same of Cephes, for float32
GP_INLINE SinCos<float> polynomials(float r) {
    float z = r * r;
    float s = fmaf(z, -1.9515295891e-4f, 8.3321608736e-3f);
    s = fmaf(z, s, -1.6666654611e-1f);
    float c = fmaf(z, 2.443315711809948e-5f, -1.388731625493765e-3f);
    c = fmaf(z, c, 4.166664568298827e-2f);
    return {fmaf(r * z, s, r), fmaf(z * z, c, fmaf(z, -0.5f, 1.0f))};
}

// The angle is reduced in float64 whatever the result is wanted in
template <class Real>
GP_INLINE SinCos<Real> sincos_as(double x) {
    double shifted = fma(x, TWO_OVER_PI, ROUNDER);
    double q = shifted - ROUNDER;
    double r = fma(-q, PIO2_LO, fma(-q, PIO2_HI, x));
    SinCos<Real> p = polynomials(static_cast<Real>(r));
    i64 quadrant = to_bits(shifted);
    bool odd = (quadrant & 1) != 0;
    Real s = odd ? p.cos : p.sin;
    Real c = odd ? p.sin : p.cos;
    return {(quadrant & 2) != 0 ? -s : s, ((quadrant + 1) & 2) != 0 ? -c : c};
}

GP_INLINE SinCos<double> sincos_of(double x) {
    return sincos_as<double>(x);
}

// Taylor terms, 2e-16 for angles up to 0.12
GP_INLINE SinCos<double> small_sincos(double x) {
    double z = x * x;
    double s = fma(z, 1.0 / 362880.0, -1.0 / 5040.0);
    s = fma(z, s, 1.0 / 120.0);
    s = fma(z, s, -1.0 / 6.0);
    double c = fma(z, 1.0 / 40320.0, -1.0 / 720.0);
    c = fma(z, c, 1.0 / 24.0);
    c = fma(z, c, -0.5);
    return {fma(x * z, s, x), fma(z, c, 1.0)};
}

// Sine, and cosine less one, of an angle of some 1e-3: float32 keeps 1e-10 of a turn of such a rotation
GP_INLINE SinCos<float> small_sincos(float x) {
    float z = x * x;
    return {fmaf(x * z, fmaf(z, 1.0f / 120.0f, -1.0f / 6.0f), x), z * fmaf(z, 1.0f / 24.0f, -0.5f)};
}

// Sine and cosine of a sum from those of its parts
GP_INLINE SinCos<double> rotate(SinCos<double> a, SinCos<double> d) {
    return {fma(a.sin, d.cos, a.cos * d.sin), fma(a.cos, d.cos, -(a.sin * d.sin))};
}

// Here d.cos is the cosine less one
GP_INLINE SinCos<double> rotate(SinCos<double> a, SinCos<float> d) {
    double ds = static_cast<double>(d.sin);
    double dc = static_cast<double>(d.cos);
    return {a.sin + fma(a.sin, dc, a.cos * ds), a.cos + fma(a.cos, dc, -(a.sin * ds))};
}

// Angle of the direction (x, y) in [-pi, pi]; zero for the null vector
GP_INLINE double atan2_of(double y, double x) {
    double ax = fabs(x);
    double ay = fabs(y);
    bool steep = ay > ax;
    double mx = steep ? ay : ax;
    double mn = steep ? ax : ay;
    bool big = mn > 0.41421356237309503 * mx;  // tan(pi/8)
    double den = big ? mn + mx : mx;
    double r = (big ? mn - mx : mn) / (den > 0.0 ? den : 1.0);
    double z = r * r;
    double p = fma(z, 0.022750023651788166, -0.04483297754795398);
    p = fma(z, p, 0.057363209433740465);
    p = fma(z, p, -0.06649611858057766);
    p = fma(z, p, 0.07691054983570879);
    p = fma(z, p, -0.09090852547427389);
    p = fma(z, p, 0.11111109636229355);
    p = fma(z, p, -0.14285714266091826);
    p = fma(z, p, 0.1999999999989838);
    p = fma(z, p, -0.3333333333333325);
    double a = fma(r * z, p, r);
    a = big ? 0.5 * PIO2_HI + a : a;
    a = steep ? PIO2_HI - a : a;
    a = x < 0.0 ? 2.0 * PIO2_HI - a : a;
    return y < 0.0 ? -a : a;
}

// Remainder of a division by a positive number, with the sign of x, exact as C's fmod
GP_INLINE double remainder_of(double x, double divisor) {
    double q = trunc(x / divisor);
    double r = fma(-q, divisor, x);
    // The quotient may have been rounded up to the next whole number
    r = (x > 0.0 && r < 0.0) ? r + divisor : r;
    r = (x < 0.0 && r > 0.0) ? r - divisor : r;
    return r;
}

}  // namespace gpuprop
