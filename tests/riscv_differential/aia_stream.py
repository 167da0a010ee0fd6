"""Streams with the registers of the Advanced Interrupt Architecture. No interrupt is taken: enables of
pending ones are written in machine mode only, whose own enable is off."""

import isa
from streams import ADDRESS
from system_stream import SystemStream

GUEST_FILES = 3

#: By level: select register, window, top external interrupt, top interrupt.
LEVELS = {"M": ("miselect", "mireg", "mtopei", "mtopi"),
          "S": ("siselect", "sireg", "stopei", "stopi"),
          "VS": ("vsiselect", "vsireg", "vstopei", "vstopi")}
#: Interrupts whose priority numbers both machines hold. QEMU 7.2 has them for all but the external ones.
PRIORITISED = {"M": (1, 3, 5, 7, 9), "S": (1, 2, 5, 6, 10, 12, *range(13, 64)), "VS": ()}
#: External ones are not: QEMU 7.2 does not ask the file for the priority of its interrupt, and leaves VSEI of
#: hvip out of vstopi.
ENABLED = (1, 2, 3, 5, 6, 7, 12)
EIDELIVERY, EITHRESHOLD, EIP, EIE = 0x70, 0x72, 0x80, 0xC0
WORDS = 8  # of 32 identities; QEMU 7.2 has no registers for those beyond 255, which read zero


def set_priorities(rng, level, select):
    """A register of the iprio array. No two interrupts get the same number, and none 0: among equals
    QEMU 7.2 prefers the higher interrupt to the default order."""
    value = 0
    for interrupt in PRIORITISED[level]:
        if (select - 0x30) * 4 <= interrupt < (select - 0x30) * 4 + 8:
            value |= (rng.randrange(4) << 6 | interrupt) << interrupt % 8 * 8
    a = isa.Assembler(0)
    a.constant(ADDRESS, select)
    a.write(LEVELS[level][0], ADDRESS)
    a.constant(ADDRESS, value)
    a.write(LEVELS[level][1], ADDRESS)
    return a.words


def first_state(rng):
    """In machine mode: what reset leaves open."""
    words = []
    for level in ("M", "S"):
        for select in range(0x30, 0x40, 2):
            words += set_priorities(rng, level, select)
    return words + [isa.csrrw(0, isa.CSRS[name], 0) for name in ("hviprio1", "hviprio2")]


class AiaStream(SystemStream):
    """`mode`: of all the stream."""

    def __init__(self, rng, weights, mode):
        super().__init__(rng, weights)
        self.mode = mode
        self.levels = {"M": ("M", "S", "VS"), "S": ("S", "VS"), "VS": ("S",)}[mode]

    def level(self):
        return self.rng.choice(self.levels)

    def operation(self, number, rs1):
        return isa.csr(self.rng.choice((1, 2, 3)), self.free(), number, rs1)

    def select(self, level, value):
        return [isa.addi(ADDRESS, 0, value), isa.csrrw(0, isa.CSRS[LEVELS[level][0]], ADDRESS)]

    # --- units ---
    def external(self):
        """Registers of an interrupt file."""
        r, level = self.rng, self.level()
        window = isa.CSRS[LEVELS[level][1]]
        kind = r.randrange(8)
        if kind == 0:
            return self.select(level, EIDELIVERY) + [self.operation(window, r.randrange(32)),
                                                     self.csr_read(window)]
        if kind == 1:
            return self.select(level, EITHRESHOLD) + [
                isa.addi(ADDRESS, 0, r.choice((0, 0, r.randrange(256)))),
                isa.csrrw(self.free(), window, ADDRESS), self.csr_read(window)]
        word = r.choice((0, 0, 2, 4, 6, r.randrange(WORDS)))
        return self.select(level, r.choice((EIP, EIE)) + word) + [
            self.operation(window, r.randrange(32)), self.csr_read(window)]

    def any_select(self):
        """Which numbers are there, and what they read."""
        level = self.level()
        value = self.rng.choice((self.rng.randrange(512), self.rng.randrange(0x30, 0x100)))
        if EIDELIVERY <= value < EIP:  # QEMU 7.2 has no registers at the reserved numbers, which read zero
            value = self.rng.choice((EIDELIVERY, EITHRESHOLD))
        if EIP <= value < 0x100:
            value = value & ~0x3F | value % WORDS
        return self.select(level, value) + [self.csr_read(isa.CSRS[LEVELS[level][0]]),
                                            self.csr_read(isa.CSRS[LEVELS[level][1]])]

    def priority(self):
        r, level = self.rng, self.level()
        window = isa.CSRS[LEVELS[level][1]]
        if self.mode == "VS" or level == "VS":
            return self.select(level, r.randrange(0x30, 0x40)) + [self.csr_read(window)]
        return set_priorities(r, level, r.randrange(0x30, 0x40, 2)) + [self.csr_read(window)]

    def top_external(self):
        level = self.level()
        number = isa.CSRS[LEVELS[level][2]]
        return [self.csr_read(number) if self.rng.random() < 0.5 else
                isa.csr(self.rng.choice((1, 5)), self.free(), number, self.rng.randrange(32))]

    def top(self):
        """Identities alone: QEMU 7.2 does not show an external interrupt's priority number."""
        level = self.level()
        rd = self.rng.choice((5, 6, 7, 10, 11, 12))
        return [isa.addi(rd, 0, 0), isa.csrrs(rd, isa.CSRS[LEVELS[level][3]], 0),
                isa.i_type(0x13, 5, rd, rd, 16)]

    def hypervisor_priority(self):
        if self.mode == "VS":
            return [isa.NOP]
        number = isa.CSRS[self.rng.choice(("hviprio1", "hviprio2"))]
        return [self.operation(number, self.rng.randrange(32)), self.csr_read(number)]

    def control(self):
        """hvictl: random bits, but VTI seldom, which hides the others. IID is not 9: QEMU 7.2 does not ask vsip and
        vsie then."""
        r = self.rng
        if self.mode == "VS":
            return [isa.NOP]
        bits = r.sample((*range(8), 8, 16, 17, 18, *range(20, 28)), 4) + ([30] if r.random() < 0.3 else [])
        return [isa.addi(ADDRESS, 0, 0),
                *(isa.i_type(0x13, 1, ADDRESS, ADDRESS, 0x280 | bit) for bit in bits),  # bseti
                isa.csrrw(self.free(), isa.CSRS["hvictl"], ADDRESS),
                self.csr_read(isa.CSRS["hvictl"])]

    def guest_file(self):
        """hstatus.VGEIN, hgeie."""
        r = self.rng
        if self.mode == "VS":
            return [isa.NOP]
        if r.random() < 0.3:
            return [self.operation(isa.CSRS["hgeie"], r.randrange(32)),
                    self.csr_read(isa.CSRS["hgeie"]), self.csr_read(isa.CSRS["hgeip"])]
        return [isa.lui(ADDRESS, 0x3F), isa.csrrc(0, isa.CSRS["hstatus"], ADDRESS),
                isa.lui(ADDRESS, r.randrange(GUEST_FILES + 1)),
                isa.csrrs(0, isa.CSRS["hstatus"], ADDRESS), self.csr_read(isa.CSRS["hip"])]

    def pending(self):
        """In machine mode: what pends, is enabled and is delegated."""
        r = self.rng
        if self.mode != "M":
            return [isa.NOP]
        name, bits = r.choice((("mip", (1, 5, 9)), ("mie", ENABLED),
                               ("mideleg", (1, 5, 9)), ("hvip", (2, 10))))
        chosen = r.sample(bits, r.randrange(1, len(bits) + 1))
        # QEMU 7.2 takes VSEIP of a written mip for hvip's.
        functions = (2, 3) if name == "mip" else (1, 2, 3)
        return [isa.addi(ADDRESS, 0, 0),
                *(isa.i_type(0x13, 1, ADDRESS, ADDRESS, 0x280 | bit) for bit in chosen),
                isa.csr(r.choice(functions), 0, isa.CSRS[name], ADDRESS)]
