// Initialization of deep-space objects: sun, moon and resonances. dscom and dsinit of the published code
// (AIAA 2006-6753; Report No. 3, sections 10 and 11), called once per object, at its epoch.
#pragma once

#include "arithmetic.cuh"
#include "constants.cuh"
#include "layout.cuh"

namespace gpuprop {

// Below this inclination, and as near to 180 degrees, the node's lunisolar rate is left out
constexpr double INCLINATION_LIMIT = 5.2359877e-2;

// Direction of a perturbing body's orbit relative to the object's node
struct Body {
    double zcosg, zsing, zcosi, zsini, zcosh, zsinh;
};

// The object's orbit at epoch
struct Epoch {
    double em, nm, sinim, cosim, sinomm, cosomm;
};

// Coefficients of one perturbing body, the same for sun and moon (dscom)
struct BodyTerms {
    double s1, s2, s3, s4, s5, s6, s7;
    double z1, z2, z3, z11, z12, z13, z21, z22, z23, z31, z32, z33;

    GP_INLINE BodyTerms(const Body &b, const Epoch &o, double cc) {
        double emsq = o.em * o.em;
        double betasq = 1.0 - emsq;
        double rtemsq = sqrt(betasq);
        double xnoi = 1.0 / o.nm;

        double a1 = b.zcosg * b.zcosh + b.zsing * b.zcosi * b.zsinh;
        double a3 = -b.zsing * b.zcosh + b.zcosg * b.zcosi * b.zsinh;
        double a7 = -b.zcosg * b.zsinh + b.zsing * b.zcosi * b.zcosh;
        double a8 = b.zsing * b.zsini;
        double a9 = b.zsing * b.zsinh + b.zcosg * b.zcosi * b.zcosh;
        double a10 = b.zcosg * b.zsini;
        double a2 = o.cosim * a7 + o.sinim * a8;
        double a4 = o.cosim * a9 + o.sinim * a10;
        double a5 = -o.sinim * a7 + o.cosim * a8;
        double a6 = -o.sinim * a9 + o.cosim * a10;

        double x1 = a1 * o.cosomm + a2 * o.sinomm;
        double x2 = a3 * o.cosomm + a4 * o.sinomm;
        double x3 = -a1 * o.sinomm + a2 * o.cosomm;
        double x4 = -a3 * o.sinomm + a4 * o.cosomm;
        double x5 = a5 * o.sinomm;
        double x6 = a6 * o.sinomm;
        double x7 = a5 * o.cosomm;
        double x8 = a6 * o.cosomm;

        z31 = 12.0 * x1 * x1 - 3.0 * x3 * x3;
        z32 = 24.0 * x1 * x2 - 6.0 * x3 * x4;
        z33 = 12.0 * x2 * x2 - 3.0 * x4 * x4;
        z1 = 3.0 * (a1 * a1 + a2 * a2) + z31 * emsq;
        z2 = 6.0 * (a1 * a3 + a2 * a4) + z32 * emsq;
        z3 = 3.0 * (a3 * a3 + a4 * a4) + z33 * emsq;
        z11 = -6.0 * a1 * a5 + emsq * (-24.0 * x1 * x7 - 6.0 * x3 * x5);
        z12 = -6.0 * (a1 * a6 + a3 * a5) + emsq * (-24.0 * (x2 * x7 + x1 * x8) - 6.0 * (x3 * x6 + x4 * x5));
        z13 = -6.0 * a3 * a6 + emsq * (-24.0 * x2 * x8 - 6.0 * x4 * x6);
        z21 = 6.0 * a2 * a5 + emsq * (24.0 * x1 * x5 - 6.0 * x3 * x7);
        z22 = 6.0 * (a4 * a5 + a2 * a6) + emsq * (24.0 * (x2 * x5 + x1 * x6) - 6.0 * (x4 * x7 + x3 * x8));
        z23 = 6.0 * a4 * a6 + emsq * (24.0 * x2 * x6 - 6.0 * x4 * x8);
        z1 = z1 + z1 + betasq * z31;
        z2 = z2 + z2 + betasq * z32;
        z3 = z3 + z3 + betasq * z33;
        s3 = cc * xnoi;
        s2 = -0.5 * s3 / rtemsq;
        s4 = s3 * rtemsq;
        s1 = -15.0 * o.em * s4;
        s5 = x1 * x3 + x2 * x4;
        s6 = x2 * x3 + x1 * x4;
        s7 = x2 * x4 - x1 * x3;
    }
};

// The moon's orbit on a day since 1900; gam is its argument of perigee (dscom)
GP_INLINE Body moon(double day, double cnodm, double snodm, double &gam) {
    double xnodce = remainder_of(4.5236020 - 9.2422029e-4 * day, TWOPI);
    SinCos<double> tem = sincos_of(xnodce);
    double zcosil = 0.91375164 - 0.03568096 * tem.cos;
    double zsinil = sqrt(1.0 - zcosil * zcosil);
    double zsinhl = 0.089683511 * tem.sin / zsinil;
    double zcoshl = sqrt(1.0 - zsinhl * zsinhl);
    gam = 5.8351514 + 0.0019443680 * day;
    double zx = 0.39785416 * tem.sin / zsinil;
    double zy = zcoshl * tem.cos + 0.91744867 * zsinhl * tem.sin;
    SinCos<double> g = sincos_of(gam + atan2_of(zx, zy) - xnodce);
    return {g.cos, g.sin, zcosil, zsinil, zcoshl * cnodm + zsinhl * snodm, snodm * zcoshl - cnodm * zsinhl};
}

GP_INLINE void integrator_constants(const DeepRows &row, ResonanceRows &res, double no, double irez) {
    res[RES_NO] = no;
    res[RES_ARGPO] = row[ARGPO];
    res[RES_ARGPDOT] = row[ARGPDOT];
    res[IREZ] = irez;
}

// One-day resonance (dsinit, irez = 1)
GP_INLINE void synchronous(DeepRows &row, ResonanceRows &res, double no, double gsto, double cosim,
                           double sinim) {
    double emsq = row[ECCO] * row[ECCO];
    double aonv = pow(no / XKE, X2O3);
    double g200 = 1.0 + emsq * (-2.5 + 0.8125 * emsq);
    double g310 = 1.0 + 2.0 * emsq;
    double g300 = 1.0 + emsq * (-6.0 + 6.60937 * emsq);
    double f220 = 0.75 * (1.0 + cosim) * (1.0 + cosim);
    double f311 = 0.9375 * sinim * sinim * (1.0 + 3.0 * cosim) - 0.75 * (1.0 + cosim);
    double f330 = 1.0 + cosim;
    f330 = 1.875 * f330 * f330 * f330;
    double del1 = 3.0 * no * no * aonv * aonv;
    res[DEL2] = 2.0 * del1 * f220 * g200 * Q22;
    res[DEL3] = 3.0 * del1 * f330 * g300 * Q33 * aonv;
    res[DEL1] = del1 * f311 * g310 * Q31 * aonv;
    res[XLAMO] = remainder_of(row[MO] + row[NODEO] + row[ARGPO] - gsto, TWOPI);
    double xpidot = row[ARGPDOT] + row[NODEDOT];
    res[XFACT] = row[MDOT] + xpidot - RPTIM + row[DMDT] + row[DOMDT] + row[DNODT] - no;
    row[NODE_FACTOR] = -1.0;
    row[ARGP_FACTOR] = -1.0;
    integrator_constants(row, res, no, 1.0);
}

// Functions of eccentricity of the half-day resonance (dsinit)
struct HalfDayTerms {
    double g211, g310, g322, g410, g422, g520, g521, g532, g533;

    GP_INLINE HalfDayTerms(double em, double emsq, double eoc) {
        if (em <= 0.65) {
            g211 = 3.616 - 13.2470 * em + 16.2900 * emsq;
            g310 = -19.302 + 117.3900 * em - 228.4190 * emsq + 156.5910 * eoc;
            g322 = -18.9068 + 109.7927 * em - 214.6334 * emsq + 146.5816 * eoc;
            g410 = -41.122 + 242.6940 * em - 471.0940 * emsq + 313.9530 * eoc;
            g422 = -146.407 + 841.8800 * em - 1629.014 * emsq + 1083.4350 * eoc;
            g520 = -532.114 + 3017.977 * em - 5740.032 * emsq + 3708.2760 * eoc;
        } else {
            g211 = -72.099 + 331.819 * em - 508.738 * emsq + 266.724 * eoc;
            g310 = -346.844 + 1582.851 * em - 2415.925 * emsq + 1246.113 * eoc;
            g322 = -342.585 + 1554.908 * em - 2366.899 * emsq + 1215.972 * eoc;
            g410 = -1052.797 + 4758.686 * em - 7193.992 * emsq + 3651.957 * eoc;
            g422 = -3581.690 + 16178.110 * em - 24462.770 * emsq + 12422.520 * eoc;
            g520 = em > 0.715 ? -5149.66 + 29936.92 * em - 54087.36 * emsq + 31324.56 * eoc
                              : 1464.74 - 4664.75 * em + 3763.64 * emsq;
        }
        if (em < 0.7) {
            g533 = -919.22770 + 4988.6100 * em - 9064.7700 * emsq + 5542.21 * eoc;
            g521 = -822.71072 + 4568.6173 * em - 8491.4146 * emsq + 5337.524 * eoc;
            g532 = -853.66600 + 4690.2500 * em - 8624.7700 * emsq + 5341.4 * eoc;
        } else {
            g533 = -37995.780 + 161616.52 * em - 229838.20 * emsq + 109377.94 * eoc;
            g521 = -51752.104 + 218913.95 * em - 309468.16 * emsq + 146349.42 * eoc;
            g532 = -40023.880 + 170470.89 * em - 242699.48 * emsq + 115605.82 * eoc;
        }
    }
};

// Half-day resonance of eccentric orbits (dsinit, irez = 2)
GP_INLINE void half_day(DeepRows &row, ResonanceRows &res, double no, double gsto, double cosim,
                        double sinim) {
    double em = row[ECCO];
    double emsq = em * em;
    double eoc = em * emsq;
    double aonv = pow(no / XKE, X2O3);
    double cosisq = cosim * cosim;
    double g201 = -0.306 - (em - 0.64) * 0.440;
    HalfDayTerms g(em, emsq, eoc);
    double sini2 = sinim * sinim;
    double f220 = 0.75 * (1.0 + 2.0 * cosim + cosisq);
    double f221 = 1.5 * sini2;
    double f321 = 1.875 * sinim * (1.0 - 2.0 * cosim - 3.0 * cosisq);
    double f322 = -1.875 * sinim * (1.0 + 2.0 * cosim - 3.0 * cosisq);
    double f441 = 35.0 * sini2 * f220;
    double f442 = 39.3750 * sini2 * sini2;
    double f522 =
        9.84375 * sinim *
        (sini2 * (1.0 - 2.0 * cosim - 5.0 * cosisq) + 0.33333333 * (-2.0 + 4.0 * cosim + 6.0 * cosisq));
    double f523 = sinim * (4.92187512 * sini2 * (-2.0 - 4.0 * cosim + 10.0 * cosisq) +
                           6.56250012 * (1.0 + 2.0 * cosim - 3.0 * cosisq));
    double f542 = 29.53125 * sinim * (2.0 - 8.0 * cosim + cosisq * (-12.0 + 8.0 * cosim + 10.0 * cosisq));
    double f543 = 29.53125 * sinim * (-2.0 - 8.0 * cosim + cosisq * (12.0 + 8.0 * cosim - 10.0 * cosisq));
    double temp1 = 3.0 * (no * no) * (aonv * aonv);
    double temp = temp1 * ROOT22;
    res[D2201] = temp * f220 * g201;
    res[D2211] = temp * f221 * g.g211;
    temp1 = temp1 * aonv;
    temp = temp1 * ROOT32;
    res[D3210] = temp * f321 * g.g310;
    res[D3222] = temp * f322 * g.g322;
    temp1 = temp1 * aonv;
    temp = 2.0 * temp1 * ROOT44;
    res[D4410] = temp * f441 * g.g410;
    res[D4422] = temp * f442 * g.g422;
    temp1 = temp1 * aonv;
    temp = temp1 * ROOT52;
    res[D5220] = temp * f522 * g.g520;
    res[D5232] = temp * f523 * g.g532;
    temp = 2.0 * temp1 * ROOT54;
    res[D5421] = temp * f542 * g.g521;
    res[D5433] = temp * f543 * g.g533;
    double theta = remainder_of(gsto, TWOPI);
    res[XLAMO] = remainder_of(row[MO] + row[NODEO] + row[NODEO] - theta - theta, TWOPI);
    res[XFACT] = row[MDOT] + row[DMDT] + 2.0 * (row[NODEDOT] + row[DNODT] - RPTIM) - no;
    row[NODE_FACTOR] = -2.0;
    row[ARGP_FACTOR] = 0.0;
    integrator_constants(row, res, no, 2.0);
}

// Add the lunisolar and resonance constants to an object's rows
GP_INLINE void initialize_deep(DeepRows &row, ResonanceRows &res, double epoch, double inclo, double no,
                               double gsto, double cosim, double sinim, bool improved) {
    double em = row[ECCO];
    double emsq = em * em;
    SinCos<double> node = sincos_of(row[NODEO]);
    SinCos<double> argp = sincos_of(row[ARGPO]);
    Epoch orbit = {em, no, sinim, cosim, argp.sin, argp.cos};
    double day = epoch + 18261.5;
    double gam;
    BodyTerms l(moon(day, node.cos, node.sin, gam), orbit, C1L);
    BodyTerms s(Body{ZCOSGS, ZSINGS, ZCOSIS, ZSINIS, node.cos, node.sin}, orbit, C1SS);

    row[INCLO] = inclo;
    row[GSTO] = gsto;
    row[IMPROVED] = improved ? 1.0 : 0.0;
    row[ZMOL] = remainder_of(4.7199672 + 0.22997150 * day - gam, TWOPI);
    row[ZMOS] = remainder_of(6.2565837 + 0.017201977 * day, TWOPI);
    row[SE2] = 2.0 * s.s1 * s.s6;
    row[SE3] = 2.0 * s.s1 * s.s7;
    row[SI2] = 2.0 * s.s2 * s.z12;
    row[SI3] = 2.0 * s.s2 * (s.z13 - s.z11);
    row[SL2] = -2.0 * s.s3 * s.z2;
    row[SL3] = -2.0 * s.s3 * (s.z3 - s.z1);
    row[SL4] = -2.0 * s.s3 * (-21.0 - 9.0 * emsq) * ZES;
    row[SGH2] = 2.0 * s.s4 * s.z32;
    row[SGH3] = 2.0 * s.s4 * (s.z33 - s.z31);
    row[SGH4] = -18.0 * s.s4 * ZES;
    row[SH2] = -2.0 * s.s2 * s.z22;
    row[SH3] = -2.0 * s.s2 * (s.z23 - s.z21);
    row[EE2] = 2.0 * l.s1 * l.s6;
    row[E3] = 2.0 * l.s1 * l.s7;
    row[XI2] = 2.0 * l.s2 * l.z12;
    row[XI3] = 2.0 * l.s2 * (l.z13 - l.z11);
    row[XL2] = -2.0 * l.s3 * l.z2;
    row[XL3] = -2.0 * l.s3 * (l.z3 - l.z1);
    row[XL4] = -2.0 * l.s3 * (-21.0 - 9.0 * emsq) * ZEL;
    row[XGH2] = 2.0 * l.s4 * l.z32;
    row[XGH3] = 2.0 * l.s4 * (l.z33 - l.z31);
    row[XGH4] = -18.0 * l.s4 * ZEL;
    row[XH2] = -2.0 * l.s2 * l.z22;
    row[XH3] = -2.0 * l.s2 * (l.z23 - l.z21);

    // Secular rates (dsinit)
    double sghs = s.s4 * ZNS * (s.z31 + s.z33 - 6.0);
    double shs = -ZNS * s.s2 * (s.z21 + s.z23);
    double shll = -ZNL * l.s2 * (l.z21 + l.z23);
    if (inclo < INCLINATION_LIMIT || inclo > PI - INCLINATION_LIMIT) {
        shs = 0.0;
        shll = 0.0;
    }
    if (sinim != 0.0) shs = shs / sinim;
    double sgs = sghs - cosim * shs;
    double sghl = l.s4 * ZNL * (l.z31 + l.z33 - 6.0);
    double domdt = sgs + sghl;
    double dnodt = shs;
    if (sinim != 0.0) {
        domdt = domdt - cosim / sinim * shll;
        dnodt = dnodt + shll / sinim;
    }
    row[DEDT] = s.s1 * ZNS * s.s5 + l.s1 * ZNL * l.s5;
    row[DIDT] = s.s2 * ZNS * (s.z11 + s.z13) + l.s2 * ZNL * (l.z11 + l.z13);
    row[DMDT] =
        -ZNS * s.s3 * (s.z1 + s.z3 - 14.0 - 6.0 * emsq) - ZNL * l.s3 * (l.z1 + l.z3 - 14.0 - 6.0 * emsq);
    row[DOMDT] = domdt;
    row[DNODT] = dnodt;

    if (0.0034906585 < no && no < 0.0052359877) synchronous(row, res, no, gsto, cosim, sinim);
    if (8.26e-3 <= no && no <= 9.24e-3 && em >= 0.5) half_day(row, res, no, gsto, cosim, sinim);
}

}  // namespace gpuprop
