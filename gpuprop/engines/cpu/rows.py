"""Layout of the work buffer: which quantity stands in which row.

A kernel works on `LANES` states at once, held in ONE flat array: quantity `Q` of
lane `j` is ``buf[Q * LANES + j]``. One array with constant row numbers is what
lets the compiler see that rows do not overlap, and so vectorise the whole body.

Rows 0 to `N_CONSTANTS` hold what belongs to the object (a row of the model's
table of constants, one column per row of the buffer), the others what belongs to
the state. Near-Earth and deep-space objects use the constant rows differently.
"""

from __future__ import annotations

LANES = 64

# Constants that both models have
(MO, MDOT, ARGPO, ARGPDOT, NODEO, NODEDOT, NODECF) = range(7)
(NO, ECCO, CC1, BSTAR_CC4, T2COF, SQRT_AO, R_LIMIT) = range(7, 14)

# Near-Earth alone
(D2, D3, D4, ETA, XMCOF, DELMO, OMGCOF, BSTAR_CC5, SINMAO) = range(14, 23)
(T3COF, T4COF, T5COF, AYCOF, XLCOF, SINIO, COSIO) = range(23, 30)
(CON41_O, X1MTH2_O, X7THM1_O) = range(30, 33)

# Deep space alone: secular rates, lunisolar amplitudes and phases
(INCLO, DEDT, DIDT, DMDT, DOMDT, DNODT) = range(14, 20)
(SE2, SE3, SI2, SI3, SL2, SL3, SL4, SGH2, SGH3, SGH4, SH2, SH3) = range(20, 32)
(EE2, E3, XI2, XI3, XL2, XL3, XL4, XGH2, XGH3, XGH4, XH2, XH3) = range(32, 44)
(ZMOS, ZMOL, IMPROVED) = range(44, 47)
# How the node and perigee enter the mean anomaly of a resonant object: 0, -1 or -2
(NODE_FACTOR, ARGP_FACTOR, GSTO_O) = range(47, 50)
N_CONSTANTS = 50

# What the resonance integrator needs; not part of the buffer
(D2201, D2211, D3210, D3222, D4410, D4422, D5220, D5232, D5421, D5433) = range(10)
(DEL1, DEL2, DEL3, XLAMO, XFACT, RES_NO, RES_ARGPO, RES_ARGPDOT, IREZ) = range(10, 19)
N_RESONANCE = 19

# Per state: minutes since epoch, then what the stages hand to each other
T = N_CONSTANTS
(MM_BASE, SQRT_A_BASE, AM, SQRT_AM, INV_SQRT_AM) = range(T + 1, T + 6)
(SNOD, CNOD, SINIP, COSIP, CON41, X1MTH2, X7THM1) = range(T + 6, T + 13)
(AXNL, AYNL, U, EO1_U, SINEO1, COSEO1, ACTIVE, CODE) = range(T + 13, T + 21)

# The node of the resonance integrator that a state continues from
(FT, XLI, XNI, XLDOT, XNDT, XNDDT, SQRT_A_NODE) = range(T + 21, T + 28)

# The result: TEME km, km/s; CODE above is its status
(RX, RY, RZ, VX, VY, VZ) = range(T + 28, T + 34)
N_ROWS = T + 34
