// Initialization: from mean elements to the constants that propagation needs. Follows the order of operations
// of the published code (AIAA 2006-6753, sgp4init and initl).
#pragma once

#include "arithmetic.cuh"
#include "constants.cuh"
#include "initialize_deep.cuh"
#include "layout.cuh"

namespace gpuprop {

// Greenwich sidereal time, rad (Vallado 2004, eq. 3-45)
GP_INLINE double gstime(double jdut1) {
    double tut1 = (jdut1 - 2451545.0) / 36525.0;
    double temp = -6.2e-6 * tut1 * tut1 * tut1 + 0.093104 * tut1 * tut1 +
                  (876600.0 * 3600 + 8640184.812866) * tut1 + 67310.54841;
    temp = remainder_of(temp * DEG2RAD / 240.0, TWOPI);
    return temp < 0.0 ? temp + TWOPI : temp;
}

// Greenwich sidereal time counted from 1970, rad: the older way, which made the elements
GP_INLINE double gst_from_1970(double epoch) {
    double ts70 = epoch - 7305.0;
    double ds70 = floor(ts70 + 1.0e-8);
    double tfrac = ts70 - ds70;
    double c1 = 1.72027916940703639e-2;
    double gsto = remainder_of(
        1.7321343856509374 + c1 * ds70 + (c1 + TWOPI) * tfrac + ts70 * ts70 * 5.07551419432269442e-15, TWOPI);
    return gsto < 0.0 ? gsto + TWOPI : gsto;
}

// Brouwer mean motion from the Kozai one of the element set (Report No. 3, section 6)
GP_INLINE double unkozai(double no_kozai, double eccsq, double cosio2) {
    double omeosq = 1.0 - eccsq;
    double rteosq = sqrt(omeosq);
    double ak = pow(XKE / no_kozai, X2O3);
    double d1 = 0.75 * J2 * (3.0 * cosio2 - 1.0) / (rteosq * omeosq);
    double del = d1 / (ak * ak);
    double adel = ak * (1.0 - del * del - del * (1.0 / 3.0 + 134.0 * del * del / 81.0));
    del = d1 / (adel * adel);
    return no_kozai / (1.0 + del);
}

// s and (q0 - s)^4 of the density function, lowered for perigees below 156 km
GP_INLINE void density_parameters(double rp, double &sfour, double &qzms24) {
    double perige = (rp - 1.0) * RADIUSEARTHKM;
    sfour = SS;
    qzms24 = QZMS2T;
    if (perige < 156.0) {
        double km = perige < 98.0 ? 20.0 : perige - 78.0;
        double q = (120.0 - km) / RADIUSEARTHKM;
        qzms24 = q * q * q * q;
        sfour = km / RADIUSEARTHKM + 1.0;
    }
}

// The columns of one object's elements
struct Elements {
    double value[N_ELEMENTS];

    GP_INLINE Elements(const double *table, i64 n, i64 i) {
        GP_UNROLL
        for (int row = 0; row < N_ELEMENTS; ++row) value[row] = table[row * n + i];
    }
};

// Fill one object's rows of constants, zero on entry; return what it is to be propagated with
GP_INLINE Regime initialize(const Elements &element, bool improved, DeepRows &row, ResonanceRows &res) {
    double no_kozai = element.value[MEAN_MOTION] / (MINUTES_PER_DAY / TWOPI);
    double ecco = element.value[ECCENTRICITY];
    double inclo = element.value[INCLINATION] * DEG2RAD;
    double nodeo = element.value[RAAN] * DEG2RAD;
    double argpo = element.value[ARG_OF_PERICENTER] * DEG2RAD;
    double mo = element.value[MEAN_ANOMALY] * DEG2RAD;
    double bstar = element.value[BSTAR];
    double epoch = (element.value[EPOCH_JD] + element.value[EPOCH_FR]) - 2433281.5;
    bool sane = no_kozai > 0.0 && 0.0 <= ecco && ecco < 1.0 && is_finite(inclo + nodeo + argpo + mo + bstar);
    if (!sane) return UNUSABLE;

    double eccsq = ecco * ecco;
    double omeosq = 1.0 - eccsq;
    double rteosq = sqrt(omeosq);
    SinCos<double> incl = sincos_of(inclo);
    double cosio = incl.cos;
    double sinio = incl.sin;
    double cosio2 = cosio * cosio;
    double no = unkozai(no_kozai, eccsq, cosio2);
    if (!(no > 0.0)) return UNUSABLE;
    double ao = pow(XKE / no, X2O3);
    double po = ao * omeosq;
    double con42 = 1.0 - 5.0 * cosio2;
    double con41 = -con42 - cosio2 - cosio2;
    double posq = po * po;
    double rp = ao * (1.0 - ecco);
    double gsto = improved ? gstime(epoch + 2433281.5) : gst_from_1970(epoch);

    bool deep = TWOPI / no >= 225.0;
    bool isimp = deep || rp < 220.0 / RADIUSEARTHKM + 1.0;
    double sfour, qzms24;
    density_parameters(rp, sfour, qzms24);

    // Drag and secular rates (Report No. 3, section 6)
    double pinvsq = 1.0 / posq;
    double tsi = 1.0 / (ao - sfour);
    double eta = ao * ecco * tsi;
    double etasq = eta * eta;
    double eeta = ecco * eta;
    double psisq = fabs(1.0 - etasq);
    double coef = qzms24 * ((tsi * tsi) * (tsi * tsi));
    double coef1 = coef / pow(psisq, 3.5);
    double cc2 = coef1 * no *
                 (ao * (1.0 + 1.5 * etasq + eeta * (4.0 + etasq)) +
                  0.375 * J2 * tsi / psisq * con41 * (8.0 + 3.0 * etasq * (8.0 + etasq)));
    double cc1 = bstar * cc2;
    double cc3 = ecco > 1.0e-4 ? -2.0 * coef * tsi * J3OJ2 * no * sinio / ecco : 0.0;
    double x1mth2 = 1.0 - cosio2;
    double cc4 = 2.0 * no * coef1 * ao * omeosq *
                 (eta * (2.0 + 0.5 * etasq) + ecco * (0.5 + 2.0 * etasq) -
                  J2 * tsi / (ao * psisq) *
                      (-3.0 * con41 * (1.0 - 2.0 * eeta + etasq * (1.5 - 0.5 * eeta)) +
                       0.75 * x1mth2 * (2.0 * etasq - eeta * (1.0 + etasq)) * sincos_of(2.0 * argpo).cos));
    double cc5 = 2.0 * coef1 * ao * omeosq * (1.0 + 2.75 * (etasq + eeta) + eeta * etasq);
    double cosio4 = cosio2 * cosio2;
    double temp1 = 1.5 * J2 * pinvsq * no;
    double temp2 = 0.5 * temp1 * J2 * pinvsq;
    double temp3 = -0.46875 * J4 * pinvsq * pinvsq * no;
    double mdot =
        no + 0.5 * temp1 * rteosq * con41 + 0.0625 * temp2 * rteosq * (13.0 - 78.0 * cosio2 + 137.0 * cosio4);
    double argpdot = -0.5 * temp1 * con42 + 0.0625 * temp2 * (7.0 - 114.0 * cosio2 + 395.0 * cosio4) +
                     temp3 * (3.0 - 36.0 * cosio2 + 49.0 * cosio4);
    double xhdot1 = -temp1 * cosio;
    double nodedot =
        xhdot1 + (0.5 * temp2 * (4.0 - 19.0 * cosio2) + 2.0 * temp3 * (3.0 - 7.0 * cosio2)) * cosio;

    row[MO] = mo;
    row[MDOT] = mdot;
    row[ARGPO] = argpo;
    row[ARGPDOT] = argpdot;
    row[NODEO] = nodeo;
    row[NODEDOT] = nodedot;
    row[NODECF] = 3.5 * omeosq * xhdot1 * cc1;
    row[NO] = no;
    row[ECCO] = ecco;
    row[CC1] = cc1;
    row[BSTAR_CC4] = bstar * cc4;
    row[T2COF] = 1.5 * cc1;
    row[SQRT_AO] = sqrt(ao);
    row[R_LIMIT] = 50.0 * ao;

    if (deep) {
        initialize_deep(row, res, epoch, inclo, no, gsto, cosio, sinio, improved);
        if (!row.finite()) return UNUSABLE;
        return res[IREZ] != 0.0 ? RESONANT : DEEP;
    }

    // The published guard against a division by zero at an inclination of 180 degrees
    double xlcof_divisor = fabs(cosio + 1.0) > 1.5e-12 ? 1.0 + cosio : 1.5e-12;
    SinCos<double> anomaly = sincos_of(mo);
    double delmotemp = 1.0 + eta * anomaly.cos;
    row[ETA] = eta;
    row[DELMO] = delmotemp * delmotemp * delmotemp;
    row[SINMAO] = anomaly.sin;
    row[AYCOF] = -0.5 * J3OJ2 * sinio;
    row[XLCOF] = -0.25 * J3OJ2 * sinio * (3.0 + 5.0 * cosio) / xlcof_divisor;
    row[SINIP] = sinio;
    row[COSIP] = cosio;
    row[CON41] = con41;
    row[X1MTH2] = x1mth2;
    row[X7THM1] = 7.0 * cosio2 - 1.0;
    if (!isimp) {
        double cc1sq = cc1 * cc1;
        double d2 = 4.0 * ao * tsi * cc1sq;
        double temp = d2 * tsi * cc1 / 3.0;
        double d3 = (17.0 * ao + sfour) * temp;
        double d4 = 0.5 * temp * ao * tsi * (221.0 * ao + 31.0 * sfour) * cc1;
        row[D2] = d2;
        row[D3] = d3;
        row[D4] = d4;
        row[XMCOF] = ecco > 1.0e-4 ? -X2O3 * coef * bstar / eeta : 0.0;
        row[OMGCOF] = bstar * cc3 * sincos_of(argpo).cos;
        row[BSTAR_CC5] = bstar * cc5;
        row[T3COF] = d2 + 2.0 * cc1sq;
        row[T4COF] = 0.25 * (3.0 * d3 + cc1 * (12.0 * d2 + 10.0 * cc1sq));
        row[T5COF] = 0.2 * (3.0 * d4 + 12.0 * cc1 * d3 + 6.0 * d2 * d2 + 15.0 * cc1sq * (2.0 * d2 + cc1sq));
    }
    return row.finite() ? NEAR : UNUSABLE;
}

}  // namespace gpuprop
