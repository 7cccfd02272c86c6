// Layout of the tables of constants: quantity Q of the object in slot i of a group of n is table[Q * n + i].
#pragma once

#include "platform.cuh"

namespace gpuprop {

// clang-format off
enum Row {
    // Both models
    MO, MDOT, ARGPO, ARGPDOT, NODEO, NODEDOT, NODECF,
    NO, ECCO, CC1, BSTAR_CC4, T2COF, SQRT_AO, R_LIMIT,
    // Functions of inclination: constants near the Earth, set for each state in deep space
    SINIP, COSIP, CON41, X1MTH2, X7THM1,
    // Near-Earth alone
    D2, D3, D4, ETA, XMCOF, DELMO, OMGCOF, BSTAR_CC5, SINMAO,
    T3COF, T4COF, T5COF, AYCOF, XLCOF,
    N_NEAR,
    // Deep space alone, in the place of the above: secular rates, lunisolar amplitudes and phases
    INCLO = D2, DEDT, DIDT, DMDT, DOMDT, DNODT,
    SE2, SE3, SI2, SI3, SL2, SL3, SL4, SGH2, SGH3, SGH4, SH2, SH3,
    EE2, E3, XI2, XI3, XL2, XL3, XL4, XGH2, XGH3, XGH4, XH2, XH3,
    ZMOS, ZMOL, IMPROVED, GSTO,
    // How the node and perigee enter the mean anomaly of a resonant object: 0, -1 or -2
    NODE_FACTOR, ARGP_FACTOR,
    N_CONSTANTS,
};

enum ResonanceRow {
    D2201, D2211, D3210, D3222, D4410, D4422, D5220, D5232, D5421, D5433,
    DEL1, DEL2, DEL3, XLAMO, XFACT, RES_NO, RES_ARGPO, RES_ARGPDOT, IREZ,
    N_RESONANCE,
};

// The elements in the units of the standard, then the epoch as a split Julian date
enum ElementRow {
    MEAN_MOTION, ECCENTRICITY, INCLINATION, RAAN, ARG_OF_PERICENTER, MEAN_ANOMALY, BSTAR,
    EPOCH_JD, EPOCH_FR,
    N_ELEMENTS,
};

// Node k of the resonance integrator of slot i is nodes[(origin[i] + k) * N_NODE + column]
enum NodeColumn { NODE_XLI, NODE_XNI, NODE_XLDOT, NODE_XNDT, NODE_XNDDT, NODE_SQRT_A, N_NODE };
// clang-format on

// The rows of one object, held by a thread
template <int N>
struct Rows {
    double value[N];

    GP_INLINE Rows() {
        GP_UNROLL
        for (int row = 0; row < N; ++row) value[row] = 0.0;
    }

    GP_INLINE Rows(const double *table, i64 n, i64 slot) {
        GP_UNROLL
        for (int row = 0; row < N; ++row) value[row] = table[row * n + slot];
    }

    GP_INLINE void store(double *table, i64 n, i64 slot) const {
        GP_UNROLL
        for (int row = 0; row < N; ++row) table[row * n + slot] = value[row];
    }

    GP_INLINE bool finite() const {
        bool all = true;
        GP_UNROLL
        for (int row = 0; row < N; ++row) all &= is_finite(value[row]);
        return all;
    }

    GP_INLINE double operator[](int row) const {
        return value[row];
    }
    GP_INLINE double &operator[](int row) {
        return value[row];
    }
};

using NearRows = Rows<N_NEAR>;
using DeepRows = Rows<N_CONSTANTS>;
using ResonanceRows = Rows<N_RESONANCE>;

}  // namespace gpuprop
