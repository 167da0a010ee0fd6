"""Streams with CSRs, system instructions, fences and accesses to a guest's memory."""

import isa
from case import HS_GVA, HS_HU, HS_SPV, HS_SPVP, HS_VTSR, HS_VTVM, HS_VTW, STATUS
from operands import value
from streams import ADDRESS, COUNT, FREE, NEAR_END, POINTER, Stream

MASK64 = isa.MASK64


class SystemStream(Stream):
    """The same with CSRs, system instructions, fences and accesses to a guest's memory. `waits`: may wfi stand
    there, because it traps."""

    #: Bits that are tried: no reserved one that QEMU 7.2 lets through, and no value that leaves the
    #: choice of another one to the implementation.
    TRIED = {"mstatus": sum(STATUS.values()) | 1 << 11 | 3 << 38,
             "sstatus": STATUS["SIE"] | STATUS["SPIE"] | STATUS["SPP"] | STATUS["SUM"] | STATUS["MXR"],
             "hstatus": HS_SPV | HS_SPVP | HS_HU | HS_GVA | HS_VTVM | HS_VTW | HS_VTSR,
             "menvcfg": 1 | 1 << 63, "henvcfg": 1, "senvcfg": 1, "medeleg": 0xFFF7FF,
             "mip": 1 << 1 | 1 << 2 | 1 << 5 | 1 << 9, "pmpaddr3": (1 << 54) - 1,
             "pmpaddr7": (1 << 54) - 1, "stvec": MASK64 & ~3 | 1, "vstvec": MASK64 & ~3 | 1,
             "mtvec": MASK64 & ~3 | 1, "hvip": 1 << 2 | 1 << 10, "mcounteren": 0xFFFFFFFF, "hcounteren": 0xFFFFFFFF,
             "scounteren": 0xFFFFFFFF, "mie": 0xFFF, "hie": 0xFFF,
             "hideleg": 0x1FFF, "mepc": MASK64 & ~1, "sepc": MASK64 & ~1,
             "vsepc": MASK64 & ~1}
    #: Read as what time makes of them.
    COUNTERS = (0xC00, 0xC01, 0xC02, 0xB00, 0xB02)
    #: Written and put back at once: the test lives by them.
    VITAL = ("mstatus", "mtvec", "mscratch", "medeleg", "mie", "satp", "vsatp", "hgatp",
             "stvec", "vstvec", "hedeleg", "hideleg", "hstatus", "menvcfg", "henvcfg", "mip", "hvip",
             "pmpaddr3", "pmpaddr7", "hie", "sie", "vsie", "hip", "sip", "vsip")
    PLAIN = ("fflags", "frm", "fcsr", "sstatus", "scounteren", "senvcfg", "sscratch", "sepc",
             "scause", "hcounteren", "htimedelta", "htval", "vsscratch", "vsepc",
             "vscause", "vstval", "mcounteren", "mepc", "mcause", "mtinst", "mtval2",
             "hgeie", "misa", "mhartid")

    def __init__(self, rng, weights, *, waits=False, satp=False, order_fences=False, hlvx=False,
                 virtual_user=False, guest=False):
        super().__init__(rng, weights)
        self.orders = (isa.SFENCE_W_INVAL, isa.SFENCE_INVAL_IR) if order_fences else ()
        self.hypervisor_loads = [name for name in isa.HYPERVISOR_LOADS
                                 if hlvx or not name.startswith("hlvx")]
        self.waits = (isa.WFI,) if waits else ()
        self.virtual_user, self.guest = virtual_user, guest
        self.satp = satp  # may satp be changed: the stream stays in machine mode

    unused = ()  # names of registers

    def csr_read(self, number):
        """Counters are read for whether it is legal only."""
        rd = 0 if number in self.COUNTERS else self.free()
        return isa.csr(self.rng.choice((2, 3, 6, 7)), rd, number, 0)

    def operand(self, name):
        """(what makes it, its register)"""
        r = self.rng
        rd = r.choice((5, 6, 7, 10, 11, 12))
        words = [isa.addi(rd, 0, 0)]
        if name in ("vsatp", "hgatp") or (name == "satp" and self.satp):
            bits = [*r.choices(range(2, 58), k=3), 63, *r.choice(((), (60,), (61,)))]
        elif name == "satp":
            bits = []
        elif name in ("sie", "sip", "vsie", "vsip"):
            # QEMU 7.2 does not shift what is written to vsie and vsip: each bit has its neighbour.
            bits = [bit + i for bit in r.sample((1, 5, 9), 2) for i in (0, 1)]
        elif name in self.TRIED:
            bits = [i for i in range(64) if self.TRIED[name] >> i & 1]
            bits = r.sample(bits, min(len(bits), r.randrange(1, 5)))
            bits += (13, 14) if name == "mstatus" else ()  # FS stays, and with it SD
        else:
            return [], r.choice((1, 3, 4, *range(13, 26)))
        return words + [isa.i_type(0x13, 1, rd, rd, 0x280 | bit) for bit in bits], rd  # bseti

    def csr(self):
        r = self.rng
        name = r.choice(self.PLAIN)
        number = isa.CSRS[name]
        if r.random() < 0.4:
            return [self.csr_read(number)]
        if isa.CSRS[name] >> 10 == 3 or name == "misa":
            # QEMU 7.2 traps csrrs of a read-only register only if the operand is not 0.
            return [isa.csr(1, self.free(), number, r.choice(FREE)), self.csr_read(number)]
        words, rs1 = self.operand(name)
        if name == "sstatus":
            # FS stays as it is, and so does SD, which QEMU 7.2 does not derive for a guest.
            return words + [isa.csr(r.choice((2, 2, 3)), self.free(), number, rs1),
                            self.csr_read(number)]
        if r.random() < 0.2 and name not in self.TRIED:
            return [isa.csr(r.choice((5, 6, 7)), self.free(), number, r.randrange(32)),
                    self.csr_read(number)]
        return words + [isa.csr(r.choice((1, 2, 3)), self.free(), number, rs1),
                        self.csr_read(number)]

    def csr_swap(self):
        r = self.rng
        name = r.choice(self.VITAL)
        number = isa.CSRS[name]
        if name in self.unused:
            return [isa.NOP]
        words, rs1 = self.operand(name)
        return words + [isa.csr(1, ADDRESS, number, rs1), self.csr_read(number),
                        isa.csr(1, 0, number, ADDRESS)]

    def csr_number(self):
        """Any number, to see whether it is there and who may use it."""
        r = self.rng
        if r.random() < 0.4:
            number = r.choice(tuple(isa.CSRS.values()))
        else:
            number = r.getrandbits(12)
        unused = number in [isa.CSRS[name] for name in self.unused]
        if excluded_csr(number) or unused or self.virtual_user and level(number) == 1:
            return [isa.NOP]
        if r.random() < 0.7:
            return [isa.csr(r.choice((2, 3, 6, 7)), 0, number, 0)]
        funct3 = (1, 5) if number >> 10 == 3 else (6, 7)  # a write, where it cannot change anything
        return [isa.csr(r.choice(funct3), 0, number, 0)]

    def status(self):
        """SUM and MXR, as a supervisor sets them."""
        r = self.rng
        return [isa.lui(5, r.choice((0x40, 0x80, 0xC0))),
                isa.csr(r.choice((2, 3)), self.free(), isa.CSRS["sstatus"], 5)]

    def system(self):
        r = self.rng
        return [r.choice((isa.FENCE_I, isa.ECALL, isa.EBREAK, *self.orders, *self.waits))]

    def machine_access(self):
        """An access of machine mode with another mode's eyes. MPRV is set for it alone: QEMU 7.2 keeps
        what it has translated when a trap or a return changes MPP."""
        r = self.rng
        bits = [17] + r.choice(([], [11])) + ([39] if self.guest else [])
        access = r.choice((self.access, self.compressed_access, self.float_access))()
        return [isa.addi(COUNT, 0, 0),
                *(isa.i_type(0x13, 1, COUNT, COUNT, 0x280 | bit) for bit in bits),
                isa.csr(2, 0, isa.CSRS["mstatus"], COUNT), *access,
                isa.csr(3, 0, isa.CSRS["mstatus"], COUNT), isa.addi(COUNT, 0, 0)]

    def fence(self):
        r = self.rng
        rs1, rs2 = r.choice((0, POINTER, r.randrange(32))), r.choice((0, r.randrange(32)))
        return [isa.fence(r.choice(tuple(isa.FENCES)), rs1, rs2)]

    def hypervisor_access(self):
        r = self.rng
        result = []
        base = self.base()
        if base != NEAR_END:
            result = [isa.addi(ADDRESS, base, r.randrange(-2048, 2047))]
            base = ADDRESS
        if r.random() < 0.6:
            return result + [isa.hypervisor_load(r.choice(self.hypervisor_loads), self.free(),
                                                 base)]
        return result + [isa.hypervisor_store(r.choice(tuple(isa.HYPERVISOR_STORES)),
                                              r.randrange(32), base)]

    def mode_return(self):
        """mret or sret to the instruction behind, in whatever mode the status registers name."""
        r = self.rng
        name, instruction = r.choice((("mepc", isa.MRET), ("sepc", isa.SRET)))
        words = [isa.auipc(ADDRESS, 0), isa.addi(ADDRESS, ADDRESS, 0),
                 isa.csrrw(0, isa.CSRS[name], ADDRESS)]
        if name == "mepc":  # MPP is 0 before: since the last return
            mpp = r.choice((0, 1, 3))
            words += [isa.lui(5, mpp), isa.i_type(0x13, 5, 5, 5, 1)]
            if mpp == 1 and r.random() < 0.4:
                words.append(isa.i_type(0x13, 1, 5, 5, 0x280 | 39))
            words.append(isa.csr(2, 0, isa.CSRS["mstatus"], 5))
        else:  # never to VU-mode, in which QEMU 7.2 takes this for illegal instructions
            words += [isa.addi(5, 0, 0x100), isa.csr(2, 0, isa.CSRS["sstatus"], 5),
                      isa.addi(5, 0, HS_SPV),
                      isa.csr(r.choice((2, 3)), 0, isa.CSRS["hstatus"], 5)]
        words.append(instruction)
        words[1] = isa.addi(ADDRESS, ADDRESS, 4 * len(words))
        return words


def level(number):
    """The privilege that a CSR's number names."""
    return number >> 8 & 3


def excluded_csr(number):
    """Numbers about which the two may differ: docs/riscv_differential.md says why."""
    return (0xC03 <= number <= 0xC1F or 0xB03 <= number <= 0xB1F or 0x323 <= number <= 0x33F
            or 0x7A0 <= number <= 0x7AF)
