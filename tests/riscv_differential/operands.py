"""Values that registers and memory start with: hard ones more often than not."""

import isa

MASK64 = isa.MASK64
HARD = (0, 1, MASK64, 1 << 63, (1 << 63) - 1, 1 << 31, (1 << 31) - 1, 0xFFFFFFFF80000000,
        0xFFFFFFFF, 2, 0x5555555555555555, 0x8000000080000000, 0x7FFFFFFF7FFFFFFF, 63, 64, 0xFF)
HARD_SINGLE = (0, 0x80000000, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000, 0x7FC00000,
               0x7F800001, 0xFFC00001, 1, 0x80000001, 0x007FFFFF, 0x00800000, 0x7F7FFFFF,
               0xFF7FFFFF, 0x4F000000, 0x5F000000, 0xCF000000, 0x4EFFFFFF, 0x5EFFFFFF, 0x33800000,
               0x34000000, 0x3FFFFFFF, 0x4F800000, 0x5F800000, 0x00800001)
HARD_DOUBLE = (0, 1 << 63, 0x3FF << 52, 0xBFF << 52, 0x7FF << 52, 0xFFF << 52, 0x7FF8 << 48,
               (0x7FF << 52) + 1, (0xFFF8 << 48) + 1, 1, (1 << 63) + 1, (1 << 52) - 1, 1 << 52,
               (0x7FF << 52) - 1, 0x41E0000000000000, 0x43E0000000000000, 0xC1E0000000000000,
               0xC3E0000000000000, 0x41DFFFFFFFC00000, 0x41F0000000000000, 0x43F0000000000000,
               0x380FFFFFFFFFFFFF, 0x36A0000000000000, 0x47EFFFFFF0000000, 0x3CA0000000000000,
               0x3CB0000000000000, 0x381FFFFFF0000000, 0x3690000000000000)


def value(rng):
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(HARD)
    if kind < 0.6:
        return rng.getrandbits(rng.randrange(1, 65))
    if kind < 0.7:
        return 1 << rng.randrange(64)
    return rng.getrandbits(64)


def float_value(rng):
    kind = rng.randrange(5)
    if kind == 0:
        return rng.choice(HARD_DOUBLE)
    if kind == 1:
        return 0xFFFFFFFF00000000 | rng.choice(HARD_SINGLE)
    if kind == 2:  # near one another
        return (rng.getrandbits(1) << 63 | 0x3F0 + rng.randrange(32) << 52 |
                rng.getrandbits(52) & -1 << rng.randrange(52))
    if kind == 3:
        return (0xFFFFFFFF00000000 | rng.getrandbits(1) << 31 | 0x70 + rng.randrange(32) << 23 |
                rng.getrandbits(23) & -1 << rng.randrange(23)) | 0xFFFFFFFF00000000
    return rng.getrandbits(64)


def chance(rng, probability, result):
    return result if rng.random() < probability else 0
