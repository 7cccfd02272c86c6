// When a near-Earth object first fails: SGP4 may call it usable again afterwards, so a failure holds from
// then on. "Then" is defined on marks every 2 minutes from the epoch, so that it does not depend on the times
// asked for. Bounds over whole spans show for nearly all objects that no mark fails; only cells of 720
// minutes for which the bounds do not suffice are looked at mark by mark. Deep-space objects may dip below
// the surface and come back.
#pragma once

#include "states.cuh"

namespace gpuprop {

constexpr double MARK_MINUTES = 2.0;
constexpr double CELL_MINUTES = 720.0;
constexpr i64 MARKS_PER_CELL = 360;
// An eccentricity bound from which the other bounds say nothing
constexpr double E_LIMIT = 0.999;

struct Interval {
    double lo, hi;
};

GP_INLINE Interval operator+(Interval a, double b) {
    return {a.lo + b, a.hi + b};
}

GP_INLINE Interval operator*(Interval a, Interval b) {
    double p = a.lo * b.lo, q = a.lo * b.hi, r = a.hi * b.lo, s = a.hi * b.hi;
    return {smaller(smaller(p, q), smaller(r, s)), larger(larger(p, q), larger(r, s))};
}

GP_INLINE Interval operator*(double a, Interval b) {
    return Interval{a, a} * b;
}

// Bounds of tempa, by Horner's scheme on intervals
GP_INLINE Interval drag_factor(const NearRows &k, Interval t) {
    Interval p = k[D4] * t;
    p = (p + k[D3]) * t;
    p = (p + k[D2]) * t;
    p = (p + k[CC1]) * t;
    return {1.0 - p.hi, 1.0 - p.lo};
}

// Bounds of em
GP_INLINE Interval eccentricity(const NearRows &k, Interval t) {
    Interval drag = k[BSTAR_CC4] * t;
    Interval sine = k[BSTAR_CC5] * Interval{-1.0 - k[SINMAO], 1.0 - k[SINMAO]};
    return {k[ECCO] - drag.hi - sine.hi, k[ECCO] - drag.lo - sine.lo};
}

// Whether SGP4 certainly reports no error for any time in t, minutes since epoch. Every quantity that SGP4
// tests is bounded from its formula: the sines and cosines by one, the functions of inclination by their
// extremes, the rest by its monotonic dependence on the semi-major axis and the eccentricity. False only
// means that it may.
GP_INLINE bool cannot_fail(const NearRows &k, Interval t) {
    Interval factor = drag_factor(k, t);
    Interval ecc = eccentricity(k, t);
    bool tame = factor.lo > 0.0 && ecc.lo >= -0.0009 && ecc.hi < E_LIMIT;
    if (!tame) return false;
    double e = larger(ecc.hi, 1.0e-6);
    double sqrt_am = k[SQRT_AO] * factor.lo;
    double am = sqrt_am * sqrt_am;
    // Length of (axnl, aynl): |aycof| is at most half of |j3/j2|
    double el = e + 0.5 * fabs(J3OJ2) / (am * (1.0 - e * e));
    if (!(el < E_LIMIT)) return false;
    double pl = am * (1.0 - el * el);
    double temp1 = 0.5 * J2 / pl;
    double temp2 = temp1 / pl;
    // con41 is at most 2 and x1mth2 at most 1
    double mrt = am * (1.0 - el) * (1.0 - 3.0 * temp2) - 0.5 * temp1;
    return temp2 < 0.1 && mrt > 1.000001;
}

// Go outwards from cell done as far as the bounds carry; note up to n_noted cells for which they do not.
// Returns the cell reached. Each turn of the loop goes on by a cell or halves the step, which is at most
// wanted cells.
GP_INLINE i64 bound_cells(const NearRows &k, i64 done, i64 wanted, double direction, i64 *noted,
                          i64 n_noted) {
    i64 cell = done;
    i64 size = wanted - done;
    i64 count = 0;
    while (cell < wanted && count < n_noted) {
        size = smaller(size, wanted - cell);
        double near_end = direction * CELL_MINUTES * static_cast<double>(cell);
        double far_end = direction * CELL_MINUTES * static_cast<double>(cell + size);
        if (cannot_fail(k, {smaller(near_end, far_end), larger(near_end, far_end)})) {
            cell += size;
            size *= 2;
        } else if (size > 1) {
            size /= 2;
        } else {
            noted[count++] = cell++;
        }
    }
    for (; count < n_noted; ++count) noted[count] = -1;
    return cell;
}

}  // namespace gpuprop
