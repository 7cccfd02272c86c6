// Short-period terms, then position and velocity: the last stages of both models (Report No. 3, section 6,
// from "short period preliminary quantities" on). The corrections of the angles are small, so known sines and
// cosines are rotated instead of angles being formed and resolved again.
#pragma once

#include "kepler.cuh"
#include "near_earth.cuh"

namespace gpuprop {

struct State {
    double r[3], v[3];  // TEME, km and km/s; NaN where the code is not 0
    int code;
};

// Below this semilatus rectum (earth radii, perigee within 640 km of the Earth's centre) the short-period
// angles are no longer small
constexpr double PL_LIMIT = 0.1;

// Not inlined: next to nothing needs it, and it would cost all others registers
GP_CALL SinCos<double> widely_rotated(SinCos<double> known, double angle) {
    return rotate(known, sincos_of(angle));
}

template <class Real>
GP_INLINE SinCos<double> corrected(SinCos<double> known, double angle, bool wide) {
    return wide ? widely_rotated(known, angle) : rotate(known, small_sincos(static_cast<Real>(angle)));
}

// Real is what the short-period rotations are computed in
template <class Real, bool velocity>
GP_INLINE State orientation(const Orbit &o) {
    SinCos<double> eo1 = kepler(o.u, o.axnl, o.aynl);

    // Preliminary quantities; one division serves all reciprocals
    double ecose = fma(o.axnl, eo1.cos, o.aynl * eo1.sin);
    double esine = fma(o.axnl, eo1.sin, -(o.aynl * eo1.cos));
    double omel2 = 1.0 - fma(o.axnl, o.axnl, o.aynl * o.aynl);
    double pl = o.am * omel2;
    double betal = sqrt(larger(omel2, 0.0));
    double w = 1.0 - ecose;
    double b = 1.0 + betal;
    double wb = w * b;
    double inverse = 1.0 / (wb * pl);
    double inv_wb = inverse * pl;
    double inv_pl = inverse * wb;
    double a_over_r = inv_wb * b;
    double temp = esine * (inv_wb * w);
    SinCos<double> u = {a_over_r * fma(-o.axnl, temp, eo1.sin - o.aynl),
                        a_over_r * fma(o.aynl, temp, eo1.cos - o.axnl)};
    double sin2u = (u.cos + u.cos) * u.sin;
    double cos2u = fma(-2.0 * u.sin, u.sin, 1.0);
    double temp1 = 0.5 * J2 * inv_pl;
    double temp2 = temp1 * inv_pl;
    double mrt = o.am * w * fma(-1.5 * temp2 * betal, o.con41, 1.0);
    mrt = fma(0.5 * temp1 * o.x1mth2, cos2u, mrt);

    // SGP4's own codes first, in the order in which it tests for them
    int own = pl < 0.0 ? 4 : (mrt < 1.0 ? 6 : 0);
    bool earlier = o.code != 0 && (o.code != NON_PHYSICAL_STATUS || own == 0);
    int code = earlier ? o.code : own;
    code = code == 0 && !(mrt <= o.r_limit) ? NON_PHYSICAL_STATUS : code;
    bool wide = code == 0 && pl < PL_LIMIT;

    double node_factor = 1.5 * temp2 * o.cosip;
    SinCos<double> su = corrected<Real>(u, -0.25 * temp2 * o.x7thm1 * sin2u, wide);
    SinCos<double> node = corrected<Real>({o.snod, o.cnod}, node_factor * sin2u, wide);
    SinCos<double> inc = corrected<Real>({o.sinip, o.cosip}, node_factor * o.sinip * cos2u, wide);

    // Orientation vectors; they are unit vectors unless an angle was too large to be one
    double xmx = -node.sin * inc.cos;
    double xmy = node.cos * inc.cos;
    double ux = fma(xmx, su.sin, node.cos * su.cos);
    double uy = fma(xmy, su.sin, node.sin * su.cos);
    double uz = inc.sin * su.sin;
    double norm = fma(ux, ux, fma(uy, uy, uz * uz));
    code = code == 0 && !(fabs(norm - 1.0) < 1.0e-6) ? NON_PHYSICAL_STATUS : code;

    State state;
    state.code = code;
    double mr = code == 0 ? mrt * RADIUSEARTHKM : not_a_number();
    state.r[0] = mr * ux;
    state.r[1] = mr * uy;
    state.r[2] = mr * uz;
    if (velocity) {
        double vx = fma(xmx, su.cos, -(node.cos * su.sin));
        double vy = fma(xmy, su.cos, -(node.sin * su.sin));
        double vz = inc.sin * su.cos;
        double scale = code == 0 ? VKMPERSEC * o.inv_sqrt_am : not_a_number();
        // nm / xke = am^-1.5, so all terms share the factor am^-0.5
        double brief = (o.inv_sqrt_am * o.inv_sqrt_am) * temp1;
        double mvt = scale * fma(esine, a_over_r, -(brief * o.x1mth2 * sin2u));
        double rvdot = scale * fma(betal, a_over_r, brief * fma(o.x1mth2, cos2u, 1.5 * o.con41));
        state.v[0] = fma(mvt, ux, rvdot * vx);
        state.v[1] = fma(mvt, uy, rvdot * vy);
        state.v[2] = fma(mvt, uz, rvdot * vz);
    }
    return state;
}

}  // namespace gpuprop
