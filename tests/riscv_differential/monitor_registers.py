"""The registers that the monitor uses, and its loads and stores."""

from isa import load, store

X0, RA, SP, GP, TP, T0, T1, T2, S0, S1 = range(10)
A0, A1, A2, A3, A4, A5, A6, A7, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11 = range(10, 28)
BASE = 31  # of the monitor's variables, between a trap and the return


def ld(rd, rs1, offset):
    return load(3, rd, rs1, offset)


def sd(rs2, rs1, offset):
    return store(3, rs2, rs1, offset)
