"""Polynomials of the amplitudes K -> pi a at leading order of chiral perturbation theory.

An amplitude is a sum over couplings of n0/(D (P - a)) + (eps/sqrt 3) n1/(D^2 (P - a)) with D = 4K - P - 3a and the
squared masses K of the kaon, P of the neutral pion and a of the axion-like particle: n0 in the limit of isospin, n1
to first order in the mixing angle eps of pi0 and eta. Both are homogeneous, of degree 3 and 4.

Operators: the octet (8) and the parts of isospin 1/2 and 3/2 of the 27-plet (12 and 32); channels: K+ -> pi+ a
(charged) and K0 -> pi0 a (neutral). The octet without eps is the amplitude of arXiv:2102.13112. The others were
derived for this project and agree with two independent tree calculations from the chiral Lagrangian, to 3e-8.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from darkaon.typing import Array

COUPLINGS = ("c_GG", "c_uu", "c_dd", "c_ss", "dV")
OPERATORS = (8, 12, 32)


@cache
def coefficients() -> dict[tuple[str, int, int], Array]:
    """The coefficients of K^i P^j a^(3 + order - i - j) by (channel, operator, order in eps).

    Each is an array (coupling, i, j), couplings as in `COUPLINGS`.
    """
    tables: dict[tuple[str, int, int], Array] = {}
    for entry in POLYNOMIALS.split(";")[:-1]:
        name, terms = entry.split(": ")
        channel, operator, order, coupling = name.split()
        table = tables.setdefault((channel, int(operator), int(order)), np.zeros((len(COUPLINGS), 5, 5)))
        for term in terms.split():
            coefficient, powers = term.split(":")
            table[COUPLINGS.index(coupling), int(powers[0]), int(powers[1])] = int(coefficient)
    return tables


# channel operator order coupling: coefficient:ij for each term
POLYNOMIALS = """
charged 8 0 c_GG: -16:01 16:02 16:10 -16:12 -16:20 16:21;
charged 8 1 c_GG: -128:02 128:03 256:11 -128:12 -128:13 -128:20 -128:21 256:22 128:30 -128:31;
charged 12 0 c_GG: -8:01 -16:02 24:03 8:10 48:11 -56:12 -32:20 32:21;
charged 12 1 c_GG: 32:02 -192:03 160:04 -64:11 512:12 -448:13 32:20 -448:21 416:22 128:30 -128:31;
charged 32 0 c_GG: -8:01 8:02 8:10 -8:12 -8:20 8:21;
charged 32 1 c_GG: 32:02 288:03 64:04 -64:11 -928:12 -544:13 32:20 992:21 1280:22 -352:30 -1184:31 384:40;
charged 8 0 c_uu: -8:01 6:02 2:03 8:10 2:11 -10:12 -8:20 8:21;
charged 8 1 c_uu: -40:02 8:03 80:11 16:12 -40:20 -56:21 32:30;
charged 12 0 c_uu: -4:01 4:03 4:10 16:11 -20:12 -16:20 16:21;
charged 12 1 c_uu: -80:02 -112:03 160:11 416:12 -80:20 -496:21 192:30;
charged 32 0 c_uu: -4:01 12:02 4:03 4:10 -8:11 -20:12 -4:20 16:21;
charged 32 1 c_uu: -80:02 -16:03 160:11 128:12 -80:20 -208:21 96:30;
charged 8 0 c_dd: 3:00 -7:01 3:02 1:03 1:10 4:11 -5:12 -4:20 4:21;
charged 8 1 c_dd: 72:01 -40:02 -72:10 -64:11 40:12 104:20 -8:21 -32:30;
charged 12 0 c_dd: 3:00 -3:01 -3:02 3:03 -3:10 18:11 -15:12 -12:20 12:21;
charged 12 1 c_dd: 72:01 160:02 -40:03 -72:10 -464:11 -40:12 304:20 272:21 -192:30;
charged 32 0 c_dd: 3:00 -3:01 -9:02 -3:03 -3:10 12:11 15:12 -12:21;
charged 32 1 c_dd: 72:01 -56:02 -16:03 -72:10 -32:11 104:12 88:20 -88:21;
charged 8 0 c_ss: -3:00 3:01 -1:02 1:03 3:10 2:11 -5:12 -4:20 4:21;
charged 8 1 c_ss: -72:01 80:02 -8:03 72:10 -16:11 -56:12 -64:20 64:21;
charged 12 0 c_ss: -3:00 7:01 3:02 -7:03 -1:10 -34:11 35:12 28:20 -28:21;
charged 12 1 c_ss: -72:01 -80:02 152:03 72:10 304:11 -376:12 -224:20 224:21;
charged 32 0 c_ss: -3:00 7:01 -3:02 -1:03 -1:10 -4:11 5:12 4:20 -4:21;
charged 32 1 c_ss: -72:01 136:02 32:03 72:10 -128:11 -232:12 -8:20 296:21 -96:30;
charged 8 0 dV: -3:00 5:01 -1:02 -1:03 7:10 -10:11 3:12 -4:20 4:21;
charged 12 0 dV: -3:00 5:01 -1:02 -1:03 7:10 -10:11 3:12 -4:20 4:21;
charged 32 0 dV: -3:00 5:01 -1:02 -1:03 7:10 -10:11 3:12 -4:20 4:21;
neutral 8 0 c_GG: -16:01 16:02 16:10 -16:12 -16:20 16:21;
neutral 8 1 c_GG: -144:01 32:02 -144:03 144:10 368:11 368:12 144:13 -400:20 -736:21 -400:22 512:30 512:31 -256:40;
neutral 12 0 c_GG: -8:01 -16:02 24:03 8:10 48:11 -56:12 -32:20 32:21;
neutral 12 1 c_GG: -312:01 -232:02 376:03 -88:04 312:10 1400:11 -664:12 -24:13 -1168:20 -736:21 368:22 1024:30
  -256:40;
neutral 32 0 c_GG: 16:01 -16:02 -16:10 16:12 16:20 -16:21;
neutral 32 1 c_GG: 192:01 32:02 256:03 32:04 -192:10 -640:11 -832:12 -384:13 608:20 1472:21 992:22 -896:30 -1152:31
  512:40;
neutral 8 0 c_uu: -8:01 8:10 8:11 -8:20;
neutral 8 1 c_uu: -72:01 40:02 72:10 64:11 -40:12 -104:20 8:21 32:30;
neutral 12 0 c_uu: -4:01 -6:02 2:03 4:10 22:11 -10:12 -16:20 8:21;
neutral 12 1 c_uu: -156:01 -242:02 40:03 6:04 156:10 850:11 104:12 -54:13 -608:20 -592:21 144:22 448:30 -96:31;
neutral 32 0 c_uu: 8:01 6:02 2:03 -8:10 -14:11 -10:12 8:20 8:21;
neutral 32 1 c_uu: 96:01 -2:02 28:03 6:04 -96:10 -134:11 -100:12 -54:13 136:20 104:21 144:22 -32:30 -96:31;
neutral 8 0 c_dd: 3:00 -7:01 9:02 3:03 1:10 -2:11 -15:12 -4:20 12:21;
neutral 8 1 c_dd: -9:00 -6:01 84:02 22:03 5:04 33:10 -111:11 -165:12 -45:13 168:21 120:22 -16:30 -80:31;
neutral 12 0 c_dd: 3:00 -3:01 3:02 5:03 -3:10 12:11 -25:12 -12:20 20:21;
neutral 12 1 c_dd: 81:00 -30:01 142:02 202:03 21:04 -213:10 -35:11 -811:12 -189:13 136:20 608:21 504:22 -80:30
  -336:31;
neutral 32 0 c_dd: -6:00 6:01 -12:02 -4:03 6:10 6:11 20:12 -16:21;
neutral 32 1 c_dd: -48:01 -158:02 -44:03 -6:04 48:10 358:11 308:12 54:13 -200:20 -424:21 -144:22 160:30 96:31;
neutral 8 0 c_ss: -3:00 3:01 -1:02 1:03 3:10 2:11 -5:12 -4:20 4:21;
neutral 8 1 c_ss: 9:00 -30:01 -88:02 38:03 7:04 3:10 299:11 -47:12 -63:13 -184:20 -176:21 168:22 176:30 -112:31;
neutral 12 0 c_ss: -3:00 7:01 3:02 -7:03 -1:10 -34:11 35:12 28:20 -28:21;
neutral 12 1 c_ss: -81:00 186:01 100:02 -242:03 -27:04 57:10 -815:11 707:12 243:13 472:20 -16:21 -648:22 -368:30
  432:31;
neutral 32 0 c_ss: 6:00 -14:01 6:02 2:03 2:10 8:11 -10:12 -8:20 8:21;
neutral 32 1 c_ss: -48:01 160:02 16:03 48:10 -224:11 -208:12 64:20 320:21 -128:30;
neutral 8 0 dV: -3:00 5:01 -1:02 -1:03 7:10 -10:11 3:12 -4:20 4:21;
neutral 8 1 dV: 9:00 -12:01 -2:02 4:03 1:04 -33:10 43:11 -3:12 -7:13 40:20 -48:21 8:22 -16:30 16:31;
neutral 12 0 dV: -3:00 5:01 -1:02 -1:03 7:10 -10:11 3:12 -4:20 4:21;
neutral 12 1 dV: -81:00 108:01 18:02 -36:03 -9:04 297:10 -387:11 27:12 63:13 -360:20 432:21 -72:22 144:30 -144:31;
neutral 32 0 dV: 6:00 -10:01 2:02 2:03 -14:10 20:11 -6:12 8:20 -8:21;
"""
