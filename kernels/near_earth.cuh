// Near-Earth objects: secular gravity and drag, then the long-period terms: SGP4 for periods below 225
// minutes (Report No. 3, section 6; AIAA 2006-6753, sgp4). Kepler's equation follows in kepler.cuh, the rest
// in orientation.cuh.
#pragma once

#include "arithmetic.cuh"
#include "constants.cuh"
#include "layout.cuh"

namespace gpuprop {

// What Kepler's equation and the last stages need of an object at an instant
struct Orbit {
    double u, axnl, aynl;  // mean argument of latitude, (ex, ey) with long-period terms
    double am, inv_sqrt_am;
    double snod, cnod;
    double sinip, cosip, con41, x1mth2, x7thm1;
    double r_limit;
    int code;
};

// Real is what drag's periodic terms are computed in: they move an object by metres at most where the drag
// factor stays within 2 % of one, and float32 then keeps micrometres.
template <class Real>
GP_INLINE Orbit near_earth(const NearRows &k, double t) {
    double xmdf = fma(k[MDOT], t, k[MO]);
    double argpdf = fma(k[ARGPDOT], t, k[ARGPO]);
    double nodedf = fma(k[NODEDOT], t, k[NODEO]);
    double nodem = fma(k[NODECF], t * t, nodedf);
    // In the simplified model xmcof and omgcof are zero
    double delmtemp = fma(k[ETA], static_cast<double>(sincos_as<Real>(xmdf).cos), 1.0);
    double delm = fma(delmtemp * delmtemp, delmtemp, -k[DELMO]);
    double drift = fma(k[XMCOF], delm, k[OMGCOF] * t);
    double mm = xmdf + drift;
    double argpm = argpdf - drift;

    // In the simplified model the higher coefficients are zero
    double p = fma(t, k[D4], k[D3]);
    p = fma(t, p, k[D2]);
    p = fma(t, p, k[CC1]);
    double tempa = fma(-t, p, 1.0);
    double cc5_term = k[BSTAR_CC5] * (static_cast<double>(sincos_as<Real>(mm).sin) - k[SINMAO]);
    double tempe = fma(k[BSTAR_CC4], t, cc5_term);
    p = fma(t, k[T5COF], k[T4COF]);
    p = fma(t, p, k[T3COF]);
    p = fma(t, p, k[T2COF]);
    double templ = t * t * p;

    Orbit o;
    double sqrt_am = k[SQRT_AO] * fabs(tempa);
    o.am = sqrt_am * sqrt_am;
    double em = k[ECCO] - tempe;
    // An orbit that shrinks through zero comes out on the other side as if nothing had been
    o.code = tempa > 0.0 ? 0 : NON_PHYSICAL_STATUS;
    o.code = em >= 1.0 || em < -0.001 ? 1 : o.code;
    em = em < 1.0e-6 ? 1.0e-6 : em;

    SinCos<double> argp = sincos_of(argpm);
    double omesq = fma(-em, em, 1.0);
    double temp = 1.0 / (o.am * omesq);
    o.axnl = em * argp.cos;
    double u = fma(k[NO], templ, mm) + argpm;
    o.u = fma(temp * k[XLCOF], o.axnl, u);
    o.aynl = fma(em, argp.sin, temp * k[AYCOF]);
    o.inv_sqrt_am = temp * omesq * sqrt_am;
    SinCos<double> node = sincos_of(nodem);
    o.snod = node.sin;
    o.cnod = node.cos;
    o.sinip = k[SINIP];
    o.cosip = k[COSIP];
    o.con41 = k[CON41];
    o.x1mth2 = k[X1MTH2];
    o.x7thm1 = k[X7THM1];
    o.r_limit = k[R_LIMIT];
    return o;
}

}  // namespace gpuprop
