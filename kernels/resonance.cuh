// Resonance of deep-space objects with the Earth's rotation, tabulated. The published integrator (AIAA
// 2006-6753, dspace) walks from the epoch in fixed steps of 720 minutes and finishes with a polynomial. Its
// nodes depend on the object alone, so they are computed once; each state then continues from its node.
#pragma once

#include "arithmetic.cuh"
#include "constants.cuh"
#include "deep_space.cuh"
#include "layout.cuh"

namespace gpuprop {

struct Rates {
    double xldot, xndt, xnddt;
};

// amplitude * (sin, cos) of an angle, added up; cosines come with their own factor
struct Sums {
    double xndt = 0.0, xnddt = 0.0;

    GP_INLINE void add(double amplitude, double angle, double factor) {
        SinCos<double> a = sincos_of(angle);
        xndt += amplitude * a.sin;
        xnddt += factor * amplitude * a.cos;
    }
};

// xldot, xndt and xnddt at a node
GP_INLINE Rates rates(const ResonanceRows &k, double xli, double xni, double atime) {
    Sums sums;
    if (k[IREZ] == 1.0) {
        sums.add(k[DEL1], xli - FASX2, 1.0);
        sums.add(k[DEL2], 2.0 * (xli - FASX4), 2.0);
        sums.add(k[DEL3], 3.0 * (xli - FASX6), 3.0);
    } else {
        double xomi = k[RES_ARGPO] + k[RES_ARGPDOT] * atime;
        double x2omi = xomi + xomi;
        double x2li = xli + xli;
        sums.add(k[D2201], x2omi + xli - G22, 1.0);
        sums.add(k[D2211], xli - G22, 1.0);
        sums.add(k[D3210], xomi + xli - G32, 1.0);
        sums.add(k[D3222], -xomi + xli - G32, 1.0);
        sums.add(k[D4410], x2omi + x2li - G44, 2.0);
        sums.add(k[D4422], x2li - G44, 2.0);
        sums.add(k[D5220], xomi + xli - G52, 1.0);
        sums.add(k[D5232], -xomi + xli - G52, 1.0);
        sums.add(k[D5421], xomi + x2li - G54, 2.0);
        sums.add(k[D5433], -xomi + x2li - G54, 2.0);
    }
    double xldot = xni + k[XFACT];
    return {xldot, sums.xndt, sums.xnddt * xldot};
}

// Write the nodes low to high that lie on one side of the epoch, direction 1 (with node 0) or -1; own is
// node 0's row
GP_INLINE void integrate(const ResonanceRows &k, i64 low, i64 high, i64 direction, double *own) {
    i64 reach = direction > 0 ? high : -low;
    double delt = static_cast<double>(direction) * STEPP;
    double xli = k[XLAMO];
    double xni = k[RES_NO];
    double atime = 0.0;
    for (i64 step = 0; step <= reach; ++step) {
        Rates rate = rates(k, xli, xni, atime);
        i64 node = direction * step;
        bool own_side = direction > 0 || step > 0;
        if (low <= node && node <= high && own_side) {
            double *row = own + node * N_NODE;
            row[NODE_XLI] = xli;
            row[NODE_XNI] = xni;
            row[NODE_XLDOT] = rate.xldot;
            row[NODE_XNDT] = rate.xndt;
            row[NODE_XNDDT] = rate.xnddt;
            row[NODE_SQRT_A] = xni > 0.0 ? cbrt(XKE / xni) : 1.0;
        }
        xli = xli + rate.xldot * delt + rate.xndt * STEP2;
        xni = xni + rate.xndt * delt + rate.xnddt * STEP2;
        atime = atime + delt;
    }
}

// The semi-major axis follows from the mean motion nm = xni (1 + x): a series for (1 + x)^(-1/3), then one
// Newton step. Over half a day x is of the order of 1e-4.
GP_INLINE MeanLongitude resonant_longitude(const DeepRows &k, double t, const double *own) {
    double number = trunc(t / STEPP);
    const double *node = own + static_cast<i64>(number) * N_NODE;
    double ft = t - STEPP * number;
    double xni = node[NODE_XNI];
    double xndt = node[NODE_XNDT];
    double half_ft2 = 0.5 * ft * ft;
    double dn = fma(node[NODE_XNDDT], half_ft2, xndt * ft);
    double xl = fma(xndt, half_ft2, fma(node[NODE_XLDOT], ft, node[NODE_XLI]));
    double theta = fma(RPTIM, t, k[GSTO]);
    theta = fma(-TWOPI, floor(theta * (1.0 / TWOPI)), theta);
    double x = dn / xni;
    double y = fma(x, 35.0 / 243.0, -14.0 / 81.0);
    y = fma(x, y, 2.0 / 9.0);
    y = fma(x, y, -1.0 / 3.0);
    y = fma(x, y, 1.0);
    y = y * fma(-(1.0 + x) * (1.0 / 3.0), y * y * y, 4.0 / 3.0);
    return {fma(-k[NODE_FACTOR], theta, xl), node[NODE_SQRT_A] * y, xni + dn <= 0.0 ? 2 : 0};
}

}  // namespace gpuprop
