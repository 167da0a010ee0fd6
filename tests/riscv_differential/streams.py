"""Random streams of instructions. Every trap is resumed at the next multiple of four, so that what
may trap begins there; loops are counted down in x31, and nothing jumps into one."""

import isa

#: Written by random instructions.
FREE = (1, 3, 4, 5, 6, 7) + tuple(range(10, 26))
#: Among them those that compressed instructions reach.
FREE_PRIME = tuple(range(10, 16))
ADDRESS = 26        # temporary of address calculations
STRAY = 27          # an address that is not right
NEAR_END = 28       # a pointer near the end of a page
POINTER = 29        # a pointer to the middle of a page, multiple of eight
LINK = 30           # where to go on if a jump goes astray
COUNT = 31
POINTERS = (2, 8, 9, POINTER)

ALU = tuple(isa.REGISTER_OPERATIONS.values())
IMMEDIATE = tuple(isa.IMMEDIATE_OPERATIONS.values())
SHIFT = tuple(isa.SHIFT_OPERATIONS.values())
UNARY = tuple(v for name, v in isa.UNARY_OPERATIONS.items() if name != "ctzw")
IMMEDIATES = (0, 1, -1, 2, 7, 8, 31, 63, 2047, -2048, -2047, 255, 256)


def pair(first, second):
    return [first | second << 16]


class Stream:
    """Makes units: lists of 32-bit words. `weights`: kind of unit to its share."""

    aligned = False        # are all accesses
    stray_atomics = True
    stray_stores = True
    reservations = True    # may there be LR and SC, and atomic operations of two instructions

    def __init__(self, rng, weights):
        self.rng = rng
        self.kinds = [getattr(self, kind) for kind in weights]
        self.shares = list(weights.values())

    def make(self, words):
        """At least `words` words."""
        result = []
        while len(result) < words:
            for unit in self.rng.choices(self.kinds, self.shares, k=32):
                result += unit()
        return result

    def free(self):
        # Now and then x0, as a destination.
        return self.rng.choice(FREE) if self.rng.random() < 0.97 else 0

    # --- integer ---
    def alu(self):
        r = self.rng
        opcode, funct3, funct7 = r.choice(ALU)
        return [isa.r_type(opcode, funct3, funct7, self.free(), r.randrange(32), r.randrange(32))]

    def immediate(self):
        r = self.rng
        kind = r.randrange(10)
        rd, rs1 = self.free(), r.randrange(32)
        if kind < 4:
            opcode, funct3 = r.choice(IMMEDIATE)
            value = r.choice(IMMEDIATES) if r.random() < 0.5 else r.getrandbits(12)
            return [isa.i_type(opcode, funct3, rd, rs1, value)]
        if kind < 7:
            opcode, funct3, upper, bits = r.choice(SHIFT)
            return [isa.i_type(opcode, funct3, rd, rs1, upper | r.getrandbits(bits))]
        if kind < 9:
            opcode, funct3, whole = r.choice(UNARY)
            return [isa.i_type(opcode, funct3, rd, rs1, whole)]
        return [isa.u_type(r.choice((0x37, 0x17)), rd, r.getrandbits(20))]

    def count_trailing(self):
        """ctzw, of a word that is not 0: QEMU 7.2 counts on into the upper half otherwise."""
        opcode, funct3, whole = isa.UNARY_OPERATIONS["ctzw"]
        return [isa.i_type(0x13, 1, ADDRESS, self.rng.randrange(32), 0x280 | 31),  # bseti
                isa.i_type(opcode, funct3, self.free(), ADDRESS, whole)]

    def plain_word(self):
        return (self.alu if self.rng.random() < 0.6 else self.immediate)()[0]

    def compressed_half(self):
        """Neither a jump nor an access to memory."""
        r = self.rng
        kind = r.randrange(9)
        rd, rd_, six = r.choice(FREE), r.choice(FREE_PRIME), r.getrandbits(6)
        if kind == 0:
            return isa.c_addi4spn(rd_, r.randrange(1, 256) << 2)
        if kind == 1:
            return isa.c_immediate(r.choice((0, 1, 2)), rd, six)
        if kind == 2:
            return isa.c_immediate(3, rd, six or 1)  # c.lui
        if kind == 3:
            return isa.c_shift_or_mask(r.randrange(3), rd_, six)
        if kind == 4:
            return isa.c_arithmetic(r.randrange(6), rd_, r.randrange(8, 16))
        if kind == 5:
            return isa.c_slli(rd, six)
        if kind == 6:
            return isa.c_register(0, rd, r.randrange(1, 32))  # c.mv
        if kind == 7:
            return isa.c_register(1, rd, r.randrange(1, 32))  # c.add
        return isa.c_immediate(0, 0, six)  # c.nop and its hints

    def compressed(self):
        r = self.rng
        kind = r.randrange(16)
        if kind == 0:
            step = r.randrange(1, 32) << 4
            return pair(isa.c_addi16sp(step), isa.c_addi16sp(-step))
        if kind == 1:  # a 32-bit instruction across two slots, or in a fetch across two pages
            words = isa.C_NOP, self.plain_word(), self.compressed_half()
            return [words[0] | (words[1] & 0xFFFF) << 16, words[1] >> 16 | words[2] << 16]
        return pair(self.compressed_half(), self.compressed_half())

    def compressed_access(self):
        r = self.rng
        base, rd, rd_ = r.choice((8, 9)), r.choice(FREE), r.choice(FREE_PRIME)
        kind = r.randrange(8)
        if kind == 0:
            half = isa.c_load_word(2, rd_, base, r.randrange(32) << 2)
        elif kind == 1:
            half = isa.c_load_double(3, rd_, base, r.randrange(32) << 3)
        elif kind == 2:
            half = isa.c_load_word(6, r.randrange(8, 16), base, r.randrange(32) << 2)
        elif kind == 3:
            half = isa.c_load_double(7, r.randrange(8, 16), base, r.randrange(32) << 3)
        elif kind == 4:
            half = isa.c_load_stack(2, rd, r.randrange(64) << 2)
        elif kind == 5:
            half = isa.c_load_stack(3, rd, r.randrange(64) << 3)
        elif kind == 6:
            half = isa.c_store_stack(6, r.randrange(32), r.randrange(64) << 2)
        else:
            half = isa.c_store_stack(7, r.randrange(32), r.randrange(64) << 3)
        return pair(half, self.compressed_half())

    # --- memory ---
    def base(self):
        r = self.rng.random()
        if r < 0.10:
            return NEAR_END
        return self.rng.choice(POINTERS)

    def offset(self, base, alignment):
        r = self.rng
        if base == NEAR_END:
            value = r.randrange(-16, 16)
            return value & -alignment if self.aligned else value
        value = r.randrange(-2048, 2048)
        return value & -alignment if self.aligned or r.random() < 0.7 else value

    def access(self):
        r = self.rng
        base = self.base()
        if r.random() < 0.5:
            funct3 = r.randrange(7)
            return [isa.load(funct3, self.free(), base, self.offset(base, 1 << (funct3 & 3)))]
        funct3 = r.randrange(4)
        return [isa.store(funct3, r.randrange(32), base, self.offset(base, 1 << funct3))]

    def stray_access(self):
        """At an address that is not right, of whatever kind."""
        r = self.rng
        kind = r.randrange(6 if self.stray_atomics else 4) if self.stray_stores else 0
        near = r.randrange(-64, 64) & -8
        if kind < 2:
            return [isa.load(r.randrange(7), self.free(), STRAY, near)]
        if kind < 4:
            return [isa.store(r.randrange(4), r.randrange(32), STRAY, near)]
        return [isa.amo(r.choice(isa.AMO_FUNCTIONS + (isa.AMO_LR,)), r.choice((2, 3)), self.free(),
                        STRAY, 0)]

    def atomic(self):
        r = self.rng
        funct3 = r.choice((2, 3))
        bytes_ = 1 << funct3
        if not self.reservations:
            return [isa.amo(r.choice(isa.AMO_FUNCTIONS), funct3, self.free(), POINTER,
                            r.randrange(32), r.getrandbits(2))]
        result = [isa.addi(ADDRESS, POINTER, r.randrange(-2048, 2048) & -bytes_)]
        order = r.getrandbits(2)
        if r.random() < 0.7:
            return result + [isa.amo(r.choice(isa.AMO_FUNCTIONS), funct3, self.free(), ADDRESS,
                                     r.randrange(32), order)]
        # A reservation that holds: a few instructions, none of them an access. If lr did not load
        # (its destination still holds what was put there), sc is left out: whether one without a
        # reservation faults is the implementation's choice.
        rd = r.choice(FREE)
        result += [isa.lui(rd, 0x5A5A5), isa.amo(isa.AMO_LR, funct3, rd, ADDRESS, 0, order),
                   isa.lui(COUNT, 0x5A5A5), isa.b_type(0, rd, COUNT, 8),
                   isa.amo(isa.AMO_SC, funct3, self.free(), ADDRESS, r.randrange(32), order),
                   isa.addi(COUNT, 0, 0)]
        return result

    # --- control flow ---
    def forward(self):
        """A branch or jump over a few units."""
        r = self.rng
        body = []
        for _ in range(r.randrange(4)):
            body += r.choice((self.alu, self.immediate, self.compressed))()
        offset = 4 + 4 * len(body)
        kind = r.randrange(6)
        if kind < 3:
            return [isa.b_type(r.choice((0, 1, 4, 5, 6, 7)), r.randrange(32), r.randrange(32),
                               offset)] + body
        if kind == 3:
            return [isa.jal(self.free(), offset)] + body
        if kind == 4:
            half = (isa.c_branch(r.choice((6, 7)), r.randrange(8, 16), offset)
                    if r.random() < 0.7 else isa.c_jump(offset))
            return pair(half, self.compressed_half()) + body
        # Through a register; jalr ignores the lowest bit.
        shift = r.randrange(-2000, 1900)
        return [isa.auipc(ADDRESS, 0), isa.addi(ADDRESS, ADDRESS, shift),
                isa.jalr(self.free(), ADDRESS, 12 + 4 * len(body) - shift + r.randrange(2) * (1 - (shift & 1)))] + body

    def compressed_call(self):
        """c.jalr or c.jr to the next slot but one."""
        r = self.rng
        target = ADDRESS
        half = isa.c_register(r.randrange(2), target, 0)
        return [isa.auipc(target, 0), isa.addi(target, target, 16), half | isa.C_NOP << 16,
                self.plain_word()]

    def loop(self):
        r = self.rng
        body = []
        for _ in range(r.randrange(1, 7)):
            kinds = (self.alu, self.immediate, self.compressed, self.access, self.forward)
            body += r.choices(kinds, (4, 3, 2, 2, 1))[0]()
        return ([isa.addi(COUNT, 0, r.randrange(1, 9))] + body
                + [isa.addi(COUNT, COUNT, -1),
                   isa.b_type(4, 0, COUNT, -4 * (len(body) + 1))])  # blt x0, x31

    def stray_jump(self):
        """To an address that is not right: a fault there, and on at x30."""
        return [isa.auipc(LINK, 0), isa.addi(LINK, LINK, 12),
                isa.jalr(self.rng.choice((0, 1, 5)), STRAY, self.rng.randrange(-64, 64) & -2)]

    def self_modifying(self):
        """Turns an instruction into another one and, in the next round, back."""
        r = self.rng
        a, b = self.plain_word(), self.plain_word()
        difference = a ^ b
        low = (difference & 0xFFF) - (difference << 1 & 0x1000)
        temporary = r.choice(FREE)
        other = r.choice([x for x in FREE if x != temporary])
        return [isa.auipc(ADDRESS, 0),
                isa.load(2, temporary, ADDRESS, 7 * 4),
                isa.lui(other, difference - low >> 12), isa.addi(other, other, low),
                isa.r_type(0x33, 4, 0, temporary, temporary, other),
                isa.store(2, temporary, ADDRESS, 7 * 4), isa.FENCE_I, a]

    def order(self):
        return [self.rng.choice((isa.FENCE, isa.FENCE_I, 0x0FF0000F & ~0xF000000, 0x8330000F,
                                 0x0100000F))]

    # --- traps ---
    def environment_call(self):
        r = self.rng.random()
        if r < 0.6:
            return [isa.ECALL]
        if r < 0.8:
            return [isa.EBREAK]
        return pair(isa.C_EBREAK, isa.C_NOP)

    def reserved(self):
        """Encodings that are reserved or of extensions that are not there, or any word at all."""
        r = self.rng
        kind = r.randrange(6)
        if kind == 0:
            return pair(0, isa.C_NOP)
        if kind == 1:  # compressed: reserved points
            half = r.choice((
                r.randrange(8) << 2,                             # c.addi4spn with 0
                isa.c_immediate(1, 0, r.getrandbits(6)),         # c.addiw to x0
                isa.c_immediate(3, 2, 0), isa.c_immediate(3, 5, 0),
                isa.c_load_stack(2, 0, r.getrandbits(5) << 2),   # c.lwsp to x0
                isa.c_load_stack(3, 0, r.getrandbits(5) << 3),
                isa.c_register(0, 0, 0),                         # c.jr x0
                0x8000 | r.getrandbits(11) << 2,                 # quadrant 0, funct3 4
                0x9C41 | r.getrandbits(3) << 7 | r.getrandbits(3) << 2,
                0x9C61 | r.getrandbits(3) << 7 | r.getrandbits(3) << 2))
            return pair(half, isa.C_NOP)
        if kind == 2:  # a known major opcode with any functions
            opcode = r.choice((0x33, 0x3B, 0x13, 0x1B))
            return self.without_destination(r.getrandbits(25) << 7 | opcode)
        if kind == 3:  # longer than 32 bits, custom, or without a meaning
            opcode = r.choice((0x0B, 0x1F, 0x2B, 0x3F, 0x5B, 0x5F, 0x6B, 0x77, 0x7B, 0x7F, 0x57))
            return [r.getrandbits(25) << 7 | opcode]
        if kind == 4:  # loads, stores, atomics, floating point: reserved widths and functions
            return [r.choice((
                isa.load(7, self.free(), POINTER, 0),
                isa.store(r.randrange(4, 8), 1, POINTER, 0),
                isa.r_type(0x2F, r.choice((0, 1, 4, 5, 6, 7)), r.getrandbits(7), 1, POINTER, 0),
                isa.r_type(0x2F, 3, r.choice((5, 6, 7, 9, 11, 13, 17, 19, 23, 29, 31)) << 2, 1,
                           POINTER, 0),
                isa.r_type(0x2F, 3, isa.AMO_LR << 2, 1, POINTER, r.randrange(1, 32)),
                isa.i_type(0x07, r.choice((0, 5, 6, 7)), 1, POINTER, 0),
                isa.i_type(0x67, r.randrange(1, 8), 1, POINTER, 0),
                isa.b_type(r.choice((2, 3)), 1, 2, 8)))]
        return [isa.r_type(0x73, r.choice((0, 4)), r.choice(range(0x38, 0x80)), 0, 0,
                           r.randrange(32))]

    def without_destination(self, word):
        """Keeps what might be legal from the registers that are in use."""
        rd = word >> 7 & 31
        return [word if rd in FREE else word & ~(31 << 7)]

    # --- floating point ---
    def rounding(self):
        r = self.rng
        if r.random() < 0.4:
            return 7
        return r.randrange(5) if r.random() < 0.97 else r.choice((5, 6))

    def float_operation(self):
        r = self.rng
        kind, double = r.randrange(16), r.randrange(2)
        f = r.randrange
        if kind < 5:
            funct7, _ = r.choice(tuple(isa.FLOAT_ARITHMETIC.values()))
            return [isa.r_type(0x53, self.rounding(), funct7 | double, f(32), f(32), f(32))]
        if kind < 7:
            return [f(32) << 27 | double << 25 | f(32) << 20 | f(32) << 15 | self.rounding() << 12
                    | f(32) << 7 | r.choice((0x43, 0x47, 0x4B, 0x4F))]
        if kind == 7:
            return [isa.r_type(0x53, self.rounding(), 0x2C | double, f(32), f(32), 0)]
        if kind == 8:
            funct7, rm = r.choice(tuple(isa.FLOAT_FUNCTIONS.values()))
            return [isa.r_type(0x53, rm, funct7 | double, f(32), f(32), f(32))]
        if kind == 9:
            return [isa.r_type(0x53, f(3), 0x50 | double, self.free(), f(32), f(32))]
        if kind == 10:
            return [isa.r_type(0x53, self.rounding(), 0x20 | double, f(32), f(32), 1 - double)]
        if kind == 11:
            return [isa.r_type(0x53, self.rounding(), 0x60 | double, self.free(), f(32), f(4))]
        if kind == 12:
            return [isa.r_type(0x53, self.rounding(), 0x68 | double, f(32), f(32), f(4))]
        if kind == 13:
            return [isa.r_type(0x53, f(2), 0x70 | double, self.free(), f(32), 0)]
        if kind == 14:
            return [isa.r_type(0x53, 0, 0x78 | double, f(32), f(32), 0)]
        return self.float_access()

    def float_access(self):
        r = self.rng
        base = self.base()
        width = r.choice((2, 3))
        kind = r.randrange(4)
        if kind == 0:
            return [isa.s_type(0x27, width, base, r.randrange(32), self.offset(base, 1 << width))]
        if kind < 3:
            return [isa.i_type(0x07, width, r.randrange(32), base, self.offset(base, 1 << width))]
        half = r.choice((
            isa.c_load_double(1, r.randrange(8, 16), r.choice((8, 9)), r.randrange(32) << 3),
            isa.c_load_double(5, r.randrange(8, 16), r.choice((8, 9)), r.randrange(32) << 3),
            isa.c_load_stack(1, r.randrange(32), r.randrange(64) << 3),
            isa.c_store_stack(5, r.randrange(32), r.randrange(64) << 3)))
        return pair(half, isa.C_NOP)

    def float_csr(self):
        r = self.rng
        number = r.choice((1, 2, 3))
        funct3 = r.choice((1, 2, 3, 5, 6, 7))
        if r.random() < 0.3:
            return [isa.csr(2, self.free(), 3, 0)]
        if number == 2 and r.random() < 0.8:
            return [isa.csr(5, self.free(), 2, r.randrange(5))]
        return [isa.csr(funct3, self.free(), number, r.randrange(32))]

    def float_operand(self):
        """A register is loaded with a hard case from the data."""
        r = self.rng
        return [isa.i_type(0x07, r.choice((2, 3)), r.randrange(32), POINTER,
                           r.randrange(-2048, 2048) & -8)]
