"""Layout of the work buffer: which quantity stands in which row.

A kernel works on `LANES` states at once, held in ONE flat array: quantity `Q` of
lane `j` is ``buf[Q * LANES + j]``. One array with constant row numbers is what
lets the compiler see that rows do not overlap, and so vectorise a whole body.

The first rows hold what belongs to the object (a row of its group's table of
constants, one column per row of the buffer), the others what belongs to the state.
Near-Earth and deep-space objects use the constant rows differently.
"""

from __future__ import annotations

LANES = 64

# Constants of both models
(MO, MDOT, ARGPO, ARGPDOT, NODEO, NODEDOT, NODECF) = range(7)
(NO, ECCO, CC1, BSTAR_CC4, T2COF, SQRT_AO, R_LIMIT) = range(7, 14)
# Functions of inclination: constants near the Earth, set for each state in deep space
(SINIP, COSIP, CON41, X1MTH2, X7THM1) = range(14, 19)

# Near-Earth alone
(D2, D3, D4, ETA, XMCOF, DELMO, OMGCOF, BSTAR_CC5, SINMAO) = range(19, 28)
(T3COF, T4COF, T5COF, AYCOF, XLCOF) = range(28, 33)
N_NEAR = 33

# Deep space alone: secular rates, lunisolar amplitudes and phases
(INCLO, DEDT, DIDT, DMDT, DOMDT, DNODT) = range(19, 25)
(SE2, SE3, SI2, SI3, SL2, SL3, SL4, SGH2, SGH3, SGH4, SH2, SH3) = range(25, 37)
(EE2, E3, XI2, XI3, XL2, XL3, XL4, XGH2, XGH3, XGH4, XH2, XH3) = range(37, 49)
(ZMOS, ZMOL, IMPROVED, GSTO) = range(49, 53)
# How the node and perigee enter the mean anomaly of a resonant object: 0, -1 or -2
(NODE_FACTOR, ARGP_FACTOR) = range(53, 55)
N_CONSTANTS = 55

# A table of constants has whole groups of eight columns, which is how it is read
NEAR_WIDTH, DEEP_WIDTH = 40, 56

# What the resonance integrator needs; not part of the buffer
(D2201, D2211, D3210, D3222, D4410, D4422, D5220, D5232, D5421, D5433) = range(10)
(DEL1, DEL2, DEL3, XLAMO, XFACT, RES_NO, RES_ARGPO, RES_ARGPDOT, IREZ) = range(10, 19)
N_RESONANCE = 19

# Minutes since epoch, then what the stages hand to each other
T = DEEP_WIDTH
(MM, ARGPM, SNOD, CNOD, AM, SQRT_AM, INV_SQRT_AM, CODE) = range(T + 1, T + 9)
(AXNL, AYNL, U, EO1_U, SINEO1, COSEO1, ACTIVE) = range(T + 9, T + 16)
(SINU, COSU, TEMP1, TEMP2, MRT, A_OVER_R, ESINE, BETAL, ECCENTRIC) = range(T + 16, T + 25)

# In deep space: lunisolar periodics, and the node of the resonance integrator
(PE, PINC, PL, PGH, PH) = range(T + 25, T + 30)
(FT, XLI, XNI, XLDOT, XNDT, XNDDT, SQRT_A_NODE) = range(T + 30, T + 37)

# The result: TEME km, km/s, and its status
(RX, RY, RZ, VX, VY, VZ, STATUS) = range(T + 37, T + 44)
N_ROWS = T + 44
