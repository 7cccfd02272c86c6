// Constants of SGP4 and SDP4, under the names they are published with: Spacetrack Report No. 3 (Hoots and
// Roehrich, 1980) and AIAA 2006-6753 (Vallado, Crawford, Hujsak and Kelso). Gravity: WGS-72.
#pragma once

namespace gpuprop {

constexpr double PI = 3.141592653589793;
constexpr double TWOPI = 2.0 * PI;
constexpr double DEG2RAD = PI / 180.0;
constexpr double X2O3 = 2.0 / 3.0;
constexpr double MINUTES_PER_DAY = 1440.0;
constexpr double NS_PER_MINUTE = 6.0e10;

// WGS-72 (AIAA 2006-6753, table 1): km, km^3/s^2; XKE = 60 / sqrt(RADIUSEARTHKM^3 / MU), rounded
constexpr double MU = 398600.8;
constexpr double RADIUSEARTHKM = 6378.135;
constexpr double XKE = 0.07436691613317342;
constexpr double J2 = 0.001082616;
constexpr double J3 = -0.00000253881;
constexpr double J4 = -0.00000165597;
constexpr double J3OJ2 = J3 / J2;
constexpr double VKMPERSEC = RADIUSEARTHKM * XKE / 60.0;

// Atmospheric density function: s and (q0 - s)^4 in earth radii (Report No. 3, section 5)
constexpr double SS = 78.0 / RADIUSEARTHKM + 1.0;
constexpr double QZMS2TTEMP = (120.0 - 78.0) / RADIUSEARTHKM;
constexpr double QZMS2T = QZMS2TTEMP * QZMS2TTEMP * QZMS2TTEMP * QZMS2TTEMP;

// Sun and moon: mean motion rad/min, eccentricity, perturbation coefficient (Report No. 3, section 10)
constexpr double ZNS = 1.19459e-5;
constexpr double ZES = 0.01675;
constexpr double C1SS = 2.9864797e-6;
constexpr double ZNL = 1.5835218e-4;
constexpr double ZEL = 0.05490;
constexpr double C1L = 4.7968065e-7;
constexpr double ZSINIS = 0.39785416;
constexpr double ZCOSIS = 0.91744867;
constexpr double ZCOSGS = 0.1945905;
constexpr double ZSINGS = -0.98088458;

// Earth's rotation, rad/min
constexpr double RPTIM = 4.37526908801129966e-3;

// Resonance phases and coefficients (Report No. 3, section 11)
constexpr double FASX2 = 0.13130908;
constexpr double FASX4 = 2.8843198;
constexpr double FASX6 = 0.37448087;
constexpr double G22 = 5.7686396;
constexpr double G32 = 0.95240898;
constexpr double G44 = 1.8014998;
constexpr double G52 = 1.0508330;
constexpr double G54 = 4.4108898;
constexpr double Q22 = 1.7891679e-6;
constexpr double Q31 = 2.1460748e-6;
constexpr double Q33 = 2.2123015e-7;
constexpr double ROOT22 = 1.7891679e-6;
constexpr double ROOT32 = 3.7393792e-7;
constexpr double ROOT44 = 7.3636953e-9;
constexpr double ROOT52 = 1.1428639e-7;
constexpr double ROOT54 = 2.1765803e-9;

// Step of the resonance integrator, minutes
constexpr double STEPP = 720.0;
constexpr double STEP2 = 259200.0;

// What an object is propagated with
enum Regime { UNUSABLE, NEAR, DEEP, RESONANT };

// Status codes beyond SGP4's own 1, 2, 3, 4, 6
constexpr int NON_PHYSICAL_STATUS = 7;
constexpr int LATCHED_STATUS = 8;
constexpr int UNUSABLE_STATUS = 9;

}  // namespace gpuprop
