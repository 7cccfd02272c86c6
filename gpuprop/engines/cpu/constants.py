"""Constants of SGP4 and SDP4, under the names they are published with.

Sources: Spacetrack Report No. 3 (Hoots and Roehrich, 1980) and AIAA 2006-6753
(Vallado, Crawford, Hujsak and Kelso). The gravity model is WGS-72, the one that
published element sets are fitted with; another one moves objects by metres.
"""

from __future__ import annotations

from math import pi, sqrt

TWOPI = 2.0 * pi
DEG2RAD = pi / 180.0
X2O3 = 2.0 / 3.0
MINUTES_PER_DAY = 1440.0
NS_PER_MINUTE = 60_000_000_000
NS_PER_DAY = 86_400_000_000_000

# WGS-72 (AIAA 2006-6753, table 1): km, km^3/s^2, (earth radii)^1.5 per minute
MU = 398600.8
RADIUSEARTHKM = 6378.135
XKE = 60.0 / sqrt(RADIUSEARTHKM * RADIUSEARTHKM * RADIUSEARTHKM / MU)
J2 = 0.001082616
J3 = -0.00000253881
J4 = -0.00000165597
J3OJ2 = J3 / J2
VKMPERSEC = RADIUSEARTHKM * XKE / 60.0

# Atmospheric density function: s and (q0 - s)^4 in earth radii (Report No. 3, section 5)
SS = 78.0 / RADIUSEARTHKM + 1.0
_QZMS2TTEMP = (120.0 - 78.0) / RADIUSEARTHKM
QZMS2T = _QZMS2TTEMP * _QZMS2TTEMP * _QZMS2TTEMP * _QZMS2TTEMP

# Sun and moon: mean motion rad/min, eccentricity, perturbation coefficient (Report No. 3, section 10)
ZNS = 1.19459e-5
ZES = 0.01675
C1SS = 2.9864797e-6
ZNL = 1.5835218e-4
ZEL = 0.05490
C1L = 4.7968065e-7
ZSINIS = 0.39785416
ZCOSIS = 0.91744867
ZCOSGS = 0.1945905
ZSINGS = -0.98088458

# Earth's rotation, rad/min
RPTIM = 4.37526908801129966e-3

# Resonance phases (Report No. 3, section 11)
FASX2 = 0.13130908
FASX4 = 2.8843198
FASX6 = 0.37448087
G22 = 5.7686396
G32 = 0.95240898
G44 = 1.8014998
G52 = 1.0508330
G54 = 4.4108898
Q22 = 1.7891679e-6
Q31 = 2.1460748e-6
Q33 = 2.2123015e-7
ROOT22 = 1.7891679e-6
ROOT32 = 3.7393792e-7
ROOT44 = 7.3636953e-9
ROOT52 = 1.1428639e-7
ROOT54 = 2.1765803e-9

# Step of the resonance integrator, minutes
STEPP = 720.0
STEP2 = 259200.0
