// Kepler's equation in SGP4's form: eo1 - axnl sin(eo1) + aynl cos(eo1) = u (Report No. 3, section 6). Works
// with eo1 - u, so that nothing cancels: with esine = axnl sin(eo1) - aynl cos(eo1) it reads eo1 - u = esine.
#pragma once

#include "arithmetic.cuh"

namespace gpuprop {

// A first step below this leaves an error below 1e-16 at the eccentricities that get there
constexpr double FIRST_TOLERANCE = 5.0e-6;
// Largest angle that small_sincos is good for
constexpr double SMALL_ANGLE = 0.12;
constexpr double TOLERANCE = 1.0e-6;
constexpr int MAX_PASSES = 30;

// Third order in eccentricity, then one Halley step; where that is not enough, Laguerre's method (Conway
// 1986, n = 5), which converges from any start for every eccentricity below one.
GP_INLINE SinCos<double> kepler(double u, double axnl, double aynl) {
    SinCos<double> at_u = sincos_of(u);
    double esine = fma(axnl, at_u.sin, -(aynl * at_u.cos));
    double ecose = fma(axnl, at_u.cos, aynl * at_u.sin);
    double guess = esine * fma(ecose, 1.0 + ecose, fma(-0.5 * esine, esine, 1.0));
    guess = smaller(larger(guess, -1.0), 1.0);
    SinCos<double> eo1 = rotate(at_u, small_sincos(guess));
    esine = fma(axnl, eo1.sin, -(aynl * eo1.cos));
    double slope = 1.0 - fma(axnl, eo1.cos, aynl * eo1.sin);
    double f = guess - esine;
    double step = -(f * slope) / fma(slope, slope, -0.5 * f * esine);
    // The step is so small that these are its sine and cosine
    eo1 = rotate(eo1, SinCos<double>{step, fma(-0.5 * step, step, 1.0)});
    bool active =
        (fabs(step) >= FIRST_TOLERANCE || fabs(guess) >= SMALL_ANGLE) && fma(axnl, axnl, aynl * aynl) < 1.0;
    double delta = guess + step;
    for (int pass = 0; active && pass < MAX_PASSES; ++pass) {
        eo1 = sincos_of(u + delta);
        esine = fma(axnl, eo1.sin, -(aynl * eo1.cos));
        slope = 1.0 - fma(axnl, eo1.cos, aynl * eo1.sin);
        f = delta - esine;
        double root = sqrt(fabs(fma(16.0 * slope, slope, -20.0 * f * esine)));
        step = -5.0 * f / (slope + root);
        eo1 = rotate(eo1, small_sincos(step));
        delta += step;
        active = fabs(step) >= TOLERANCE;
    }
    return eo1;
}

}  // namespace gpuprop
