// Deep-space objects: secular and periodic lunisolar terms, the first stages of SDP4 (Report No. 3, sections
// 7 to 10; AIAA 2006-6753, dspace and dpper). Resonance comes in through the mean longitude, from
// resonance.cuh.
#pragma once

#include "arithmetic.cuh"
#include "constants.cuh"
#include "layout.cuh"
#include "near_earth.cuh"

namespace gpuprop {

// Perturbed inclination below which periodics are applied with Lyddane's modification, rad
constexpr double LYDDANE = 0.2;

// What differs between objects with and without resonance
struct MeanLongitude {
    double mm, sqrt_am;
    int code;
};

GP_INLINE MeanLongitude mean_longitude(const DeepRows &k, double t) {
    return {fma(k[DMDT], t, fma(k[MDOT], t, k[MO])), k[SQRT_AO], 0};
}

// sin(zf), f2 and f3 of one perturbing body (dpper)
struct Phase {
    double sinzf, f2, f3;

    GP_INLINE Phase(double zmo, double zn, double ze, double t) {
        double zm = fma(zn, t, zmo);
        SinCos<double> zf = sincos_of(fma(2.0 * ze, sincos_of(zm).sin, zm));
        sinzf = zf.sin;
        f2 = fma(0.5 * zf.sin, zf.sin, -0.25);
        f3 = -0.5 * zf.sin * zf.cos;
    }
};

struct Periodics {
    double pe, pinc, pl, pgh, ph;
};

GP_INLINE Periodics periodics(const DeepRows &k, double t) {
    Phase s(k[ZMOS], ZNS, ZES, t);
    Phase l(k[ZMOL], ZNL, ZEL, t);
    Periodics p;
    p.pe = fma(k[SE2], s.f2, k[SE3] * s.f3);
    p.pe = fma(k[EE2], l.f2, fma(k[E3], l.f3, p.pe));
    p.pinc = fma(k[SI2], s.f2, k[SI3] * s.f3);
    p.pinc = fma(k[XI2], l.f2, fma(k[XI3], l.f3, p.pinc));
    p.pl = fma(k[SL3], s.f3, k[SL4] * s.sinzf);
    p.pl = fma(k[SL2], s.f2, p.pl);
    p.pl = fma(k[XL4], l.sinzf, p.pl);
    p.pl = fma(k[XL2], l.f2, fma(k[XL3], l.f3, p.pl));
    p.pgh = fma(k[SGH3], s.f3, k[SGH4] * s.sinzf);
    p.pgh = fma(k[SGH2], s.f2, p.pgh);
    p.pgh = fma(k[XGH4], l.sinzf, p.pgh);
    p.pgh = fma(k[XGH2], l.f2, fma(k[XGH3], l.f3, p.pgh));
    p.ph = fma(k[SH2], s.f2, k[SH3] * s.f3);
    p.ph = fma(k[XH2], l.f2, fma(k[XH3], l.f3, p.ph));
    return p;
}

// Node as the Lyddane branch uses it: in [0, 2 pi), or with the sign kept in the improved mode
GP_INLINE double wrapped(double nodem, bool improved) {
    double turns = floor(nodem * (1.0 / TWOPI));
    turns = nodem < 0.0 && improved ? turns + 1.0 : turns;
    return fma(-turns, TWOPI, nodem);
}

// Under Lyddane's modification the new node is a direction; its angle from the old one is
// atan2(ph, sin i + pinc cos i), which is what the published code arrives at by way of two vectors, an arc
// tangent and the choice of the nearest turn.
GP_INLINE Orbit deep_space(const DeepRows &k, double t, MeanLongitude longitude) {
    double t2 = t * t;
    double argpm = fma(k[DOMDT], t, fma(k[ARGPDOT], t, k[ARGPO]));
    double nodedf = fma(k[NODEDOT], t, k[NODEO]);
    double nodem = fma(k[DNODT], t, fma(k[NODECF], t2, nodedf));
    double inclm = fma(k[DIDT], t, k[INCLO]);
    double mm = fma(k[NODE_FACTOR], nodem, longitude.mm);
    mm = fma(k[ARGP_FACTOR], argpm, mm);
    mm = fma(k[NO], k[T2COF] * t2, mm);

    Periodics p = periodics(k, t);
    double xincp = inclm + p.pinc;
    SinCos<double> ip = sincos_of(xincp);
    bool lyddane = xincp < LYDDANE;
    double dnode = lyddane ? atan2_of(p.ph, fma(p.pinc, ip.cos, ip.sin)) : p.ph / ip.sin;
    double node_term = lyddane ? p.pinc * ip.sin * wrapped(nodem, k[IMPROVED] != 0.0) : 0.0;
    double argpp = fma(-ip.cos, dnode, argpm + p.pgh) - node_term;
    double nodep = nodem + dnode;
    mm = mm + p.pl;

    // A negative inclination is the same orbit with its node and perigee turned by half a turn
    bool negative = xincp < 0.0;
    nodep = negative ? nodep + PI : nodep;
    argpp = negative ? argpp - PI : argpp;
    SinCos<double> node = sincos_of(nodep);
    double cosisq = ip.cos * ip.cos;
    Orbit o;
    o.snod = node.sin;
    o.cnod = node.cos;
    o.sinip = negative ? -ip.sin : ip.sin;
    o.cosip = ip.cos;
    o.con41 = fma(3.0, cosisq, -1.0);
    o.x1mth2 = 1.0 - cosisq;
    o.x7thm1 = fma(7.0, cosisq, -1.0);
    o.r_limit = k[R_LIMIT];

    // Long-period terms
    double tempa = fma(-k[CC1], t, 1.0);
    double em = fma(k[DEDT], t, k[ECCO]);
    em = fma(-k[BSTAR_CC4], t, em);
    double sqrt_am = longitude.sqrt_am * fabs(tempa);
    o.am = sqrt_am * sqrt_am;
    o.code = longitude.code;
    o.code = o.code == 0 && (em >= 1.0 || em < -0.001) ? 1 : o.code;
    double ep = (em < 1.0e-6 ? 1.0e-6 : em) + p.pe;
    o.code = o.code == 0 && (ep < 0.0 || ep > 1.0) ? 3 : o.code;
    // An orbit that shrinks through zero comes out on the other side as if nothing had been
    o.code = o.code == 0 && !(tempa > 0.0) ? NON_PHYSICAL_STATUS : o.code;
    double aycof = -0.5 * J3OJ2 * o.sinip;
    double divisor = 1.0 + o.cosip;
    divisor = fabs(divisor) > 1.5e-12 ? divisor : 1.5e-12;
    double omesq = fma(-ep, ep, 1.0);
    // One division serves both reciprocals
    double a_omesq = o.am * omesq;
    double inverse = 1.0 / (a_omesq * divisor);
    double temp = inverse * divisor;
    double xlcof = 0.5 * aycof * fma(5.0, o.cosip, 3.0) * (inverse * a_omesq);
    SinCos<double> argp = sincos_of(argpp);
    o.axnl = ep * argp.cos;
    o.u = fma(temp * xlcof, o.axnl, mm + argpp);
    o.aynl = fma(ep, argp.sin, temp * aycof);
    o.inv_sqrt_am = temp * omesq * sqrt_am;
    return o;
}

}  // namespace gpuprop
