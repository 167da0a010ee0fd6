"""The cases of a program, by groups: what the CSRs hold, the mode, the stream, the registers."""

import struct

import isa
import layout as at
from page_tables import HOLE, PAGE, Space
from streams import ADDRESS, COUNT, FREE, LINK, NEAR_END, POINTER, STRAY, Stream

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

INTEGER = {"alu": 30, "immediate": 22, "count_trailing": 0.5, "compressed": 14, "forward": 8}
MEMORY = {"access": 16, "compressed_access": 6, "atomic": 5}
WEIGHTS = {
    "integer": {**INTEGER, **MEMORY, "loop": 2, "self_modifying": 1, "order": 1,
                "compressed_call": 1, "stray_jump": 0.3, "stray_access": 0.3,
                "environment_call": 1, "reserved": 0.5},
    "float": {"float_operation": 60, "float_operand": 14, "float_access": 6, "float_csr": 5,
              "alu": 4, "environment_call": 1.5, "loop": 1},
    "system": {"csr": 24, "csr_number": 6, "csr_swap": 14, "system": 10, "fence": 6,
               "hypervisor_access": 4, "mode_return": 4, "reserved": 6, "environment_call": 4,
               "alu": 8, "float_operation": 2, "access": 3},
    "translation": {"alu": 14, "compressed": 5, "access": 30, "compressed_access": 8, "atomic": 8,
                    "float_access": 5, "stray_access": 3, "forward": 4, "loop": 1, "fence": 1,
                    "stray_jump": 1, "environment_call": 1, "status": 2},
    "guest": {"alu": 14, "compressed": 5, "access": 28, "compressed_access": 8, "atomic": 8,
              "float_access": 5, "hypervisor_access": 12, "stray_access": 3, "forward": 4,
              "fence": 1, "stray_jump": 1, "environment_call": 1},
    "protection": {"alu": 10, "access": 30, "compressed_access": 8, "atomic": 6, "float_access": 3,
                   "stray_access": 2, "forward": 4, "environment_call": 1, "stray_jump": 1},
}
GROUPS = tuple(WEIGHTS)

#: What every case's set-up writes, in this order; 0 where the case does not say.
WRITTEN = ("mie", "mip", "medeleg", "mideleg", "menvcfg", "mcounteren", "henvcfg", "hcounteren",
           "scounteren", "hideleg", "hedeleg", "hstatus", "vsstatus", "stvec", "vstvec", "sscratch",
           "vsscratch", "sepc", "vsepc", "scause", "stval", "htval", "hvip", "hgatp", "vsatp", "satp")
PROTECTION = ("pmpcfg0", "pmpcfg2", *(f"pmpaddr{i}" for i in range(8)), "pmpcfg0")

FS = at.STATUS_FS
STATUS = {"SIE": 1 << 1, "MIE": 1 << 3, "SPIE": 1 << 5, "MPIE": 1 << 7, "SPP": 1 << 8,
          "MPRV": 1 << 17, "SUM": 1 << 18, "MXR": 1 << 19, "TVM": 1 << 20, "TW": 1 << 21,
          "TSR": 1 << 22}
SD = 1 << 63
HS_SPV, HS_SPVP, HS_HU, HS_GVA = 1 << 7, 1 << 8, 1 << 9, 1 << 6
HS_VTVM, HS_VTW, HS_VTSR = 1 << 20, 1 << 21, 1 << 22
MODES = ("M", "S", "U", "VS", "VU")


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


class Case:
    def __init__(self, group, rng):
        self.group, self.rng = group, rng
        self.csrs = {}
        self.status = FS | SD
        self.modes = [at.SAME_MODE] * 8
        self.registers = [value(rng) for _ in range(32)]
        self.rounds, self.limit = 1, 200
        self.words = []
        self.space = None
        self.physical = 0          # of the stream
        self.start = 0             # its address for who executes it
        self.host_handler = at.HANDLERS
        self.guest_handler = at.HANDLERS + 8 * at.HANDLER_BYTES
        self.protected = False
        self.hide_value = False    # of illegal instructions
        self.registers[0] = self.registers[31] = 0

    def delegate(self, access_faults=True):
        """Random, but the handlers' own traps end in machine mode."""
        r = self.rng
        medeleg = r.getrandbits(24) & ~(1 << 11)
        # QEMU 7.2 counts causes 2 and 6 down when VS-mode takes them, as if they were interrupts.
        hedeleg = r.getrandbits(24) & ~(1 << 2 | 1 << 6)
        host, guest = r.randrange(2), r.randrange(2)
        medeleg &= ~(1 << (2 if host else 9))
        if not access_faults:
            medeleg &= ~(1 << 1 | 1 << 5 | 1 << 7)
        self.csrs["medeleg"], self.csrs["hedeleg"] = medeleg, hedeleg
        self.csrs["stvec"] = self.host_handler + at.HANDLER_BYTES * host + r.randrange(2)
        self.csrs["vstvec"] = self.guest_handler + at.HANDLER_BYTES * guest + r.randrange(2)

    def scatter(self):
        """Registers of which most values are legal and harmless."""
        r = self.rng
        for name in ("mcounteren", "hcounteren", "scounteren"):
            self.csrs[name] = r.choice((7, r.getrandbits(32), 0))
        for name in ("sscratch", "vsscratch", "sepc", "vsepc"):
            # QEMU 7.2 keeps the lowest bit of a pc.
            self.csrs[name] = value(r) & (~1 if name.endswith("epc") else MASK64)
        self.status |= sum(chance(r, 0.5, STATUS[name]) for name in ("SIE", "SPIE", "MPIE", "SPP"))
        self.csrs["hstatus"] = r.getrandbits(64) & (HS_SPV | HS_SPVP | HS_HU | HS_GVA)
        self.csrs["vsstatus"] = SD | FS | r.getrandbits(9) & 0x122

    def point(self, good, near_end, stray):
        """Pointers into the pages at `good`, which are addresses of pages."""
        r = self.rng
        for register in (2, 8, 9):
            self.registers[register] = r.choice(good) + PAGE // 2
        self.registers[POINTER] = r.choice(good) + PAGE // 2
        self.registers[NEAR_END] = r.choice(near_end) + PAGE
        self.registers[STRAY] = stray
        self.registers[LINK] = 0

    def point_at_memory(self):
        pages = [at.DATA + PAGE * i for i in range(at.DATA_PAGES)]
        # Beyond 2^56 no PMP entry matches, which QEMU 7.2 takes for a guest page fault under V = 1.
        r = self.rng
        self.point(pages, pages[:-1], r.choice((HOLE + 8 * r.getrandbits(9), HOLE + PAGE - 128,
                                                0x200000, 1 << 55)))

    def choose_mode(self, modes, everywhere):
        """`everywhere`: the stream can go on in any of them after a trap."""
        r = self.rng
        self.mode = r.choice(modes)
        self.status |= at.MODE_BITS[self.mode]
        if everywhere and r.random() < 0.6:
            self.modes = [at.MODE_BITS[r.choice(modes)] if r.random() < 0.6 else at.SAME_MODE
                          for _ in range(8)]
        return self.mode


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
             "scounteren": 0xFFFFFFFF, "mie": 0xFFF, "hie": 0xFFF, "mideleg": 0x1FFF,
             "hideleg": 0x1FFF, "mepc": MASK64 & ~1, "sepc": MASK64 & ~1,
             "vsepc": MASK64 & ~1}
    #: Read as what time makes of them.
    COUNTERS = (0xC00, 0xC01, 0xC02, 0xB00, 0xB02)
    #: Written and put back at once: the test lives by them.
    VITAL = ("mstatus", "mtvec", "mscratch", "medeleg", "mideleg", "mie", "satp", "vsatp", "hgatp",
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


# --- groups -----------------------------------------------------------------------------------------
def bare_case(group, rng):
    case = Case(group, rng)
    case.scatter()
    case.delegate()
    case.point_at_memory()
    return case


def integer_case(rng):
    case = bare_case("integer", rng)
    case.choose_mode(MODES, True)
    case.status |= chance(rng, 0.2, STATUS["TVM"] | STATUS["TSR"])
    case.rounds = 6
    stream = Stream(rng, WEIGHTS["integer"])
    stream.stray_atomics = False
    case.words = stream.make(rng.randrange(60, 240))
    return case


def float_case(rng):
    case = bare_case("float", rng)
    case.choose_mode(MODES, True)
    words = []
    if case.mode in ("M", "S", "U") and all(m == at.SAME_MODE for m in case.modes):
        case.status ^= rng.choice((0, 0, 1 << 13, 1 << 14))  # clean or initial
        words = [isa.r_type(0x53, 0, 0x79, 0, 0, 0)]         # fmv.d.x makes it dirty
    if rng.random() < 0.05:
        case.status &= ~FS
    if rng.random() < 0.05:
        case.csrs["vsstatus"] &= ~(FS | SD)
    case.rounds = 6
    case.registers = [value(rng) if rng.random() < 0.5 else float_value(rng) for _ in range(32)]
    case.registers[0] = case.registers[31] = 0
    case.point_at_memory()
    case.words = words + Stream(rng, WEIGHTS["float"]).make(rng.randrange(60, 200))
    return case


def system_case(rng):
    case = bare_case("system", rng)
    weights = dict(WEIGHTS["system"])
    # What changes the mode stands alone: instructions that belong together stay in one mode, and
    # QEMU 7.2 takes some virtual-instruction traps of VU-mode for illegal instructions.
    changing = rng.random() < 0.3
    returning = changing and rng.random() < 0.5
    case.choose_mode(MODES[:-1] if returning else MODES, changing and not returning)
    if changing:
        if not returning:
            del weights["mode_return"]
        for kind in ("csr", "csr_number", "csr_swap", "fence", "hypervisor_access"):
            del weights[kind]
        weights["float_csr"] = 10
    else:
        del weights["mode_return"]
        if case.mode == "VU":
            for kind in ("csr", "csr_swap", "fence", "hypervisor_access"):
                del weights[kind]
    virtual = case.mode in ("VS", "VU")
    for name in ("TVM", "TSR", "TW"):
        # They are for HS-mode; QEMU 7.2 looks at TVM and TSR in VS-mode, and not at TW in VU-mode.
        if not (changing or virtual) or name == "TW" and case.mode == "VS":
            case.status |= chance(rng, 0.3, STATUS[name])
    for bit in (HS_VTVM, HS_VTW, HS_VTSR):
        case.csrs["hstatus"] |= chance(rng, 0.3, bit)
    case.csrs["menvcfg"] = chance(rng, 0.5, 1 << 63) | rng.getrandbits(1)
    # QEMU 7.2 shows henvcfg.STCE where menvcfg.STCE is 0.
    case.csrs["henvcfg"] = chance(rng, 0.5, case.csrs["menvcfg"] & 1 << 63) | rng.getrandbits(1)
    # VS-mode's sie is the guest's, but QEMU 7.2 asks mideleg for the host's bits.
    case.csrs["mideleg"] = rng.getrandbits(13) | (0x222 if case.mode == "VS" else 0)
    case.csrs["hideleg"] = rng.getrandbits(13)
    waits = not changing and {
        "M": False, "U": True, "S": case.status & STATUS["TW"],
        "VS": (case.status & STATUS["TW"]) or (case.csrs["hstatus"] & HS_VTW),
        "VU": True}[case.mode]
    stream = SystemStream(
        rng, weights, waits=bool(waits), satp=case.mode == "M", virtual_user=case.mode == "VU",
        # QEMU 7.2 lets sfence.w.inval and sfence.inval.ir through in user mode.
        order_fences=not changing and case.mode in ("M", "S", "VS"))
    # QEMU 7.2 does not look at TVM and VTVM there.
    if case.mode == "S" and case.status & STATUS["TVM"]:
        stream.unused = ("hgatp",)
    if case.mode == "VS" and case.csrs["hstatus"] & HS_VTVM:
        stream.unused = ("satp",)
    # Hypervisor instructions and fences that are illegal: QEMU 7.2 does not always know which one.
    case.hide_value = "fence" in weights
    case.words = stream.make(rng.randrange(40, 120))
    return case


def paged_case(group, rng, space, physical):
    case = Case(group, rng)
    case.space, case.physical = space, physical
    case.csrs.update(space.csrs)
    case.host_handler, case.guest_handler = space.host_handler, space.guest_handler
    case.scatter()
    pages = space.pointers
    # On what is no memory QEMU 7.2 carries out atomic operations as loads and stores.
    # And of a misaligned access to it, it tells the aligned address.
    memory = [page for page in pages if page not in space.holes and page not in space.indirect]
    stray = rng.choice(pages) if rng.random() < 0.4 else rng.getrandbits(64) & -8
    case.point(memory, memory, stray)
    case.rounds = 2
    return case


def translation_case(rng, space, physical, offset):
    case = paged_case("translation", rng, space, physical)
    mode = case.choose_mode(("S", "S", "U", "U", "M"), False)
    case.status |= chance(rng, 0.6, STATUS["SUM"]) | chance(rng, 0.4, STATUS["MXR"])
    case.status |= chance(rng, 0.1, STATUS["TVM"])
    case.start = {"S": space.supervisor_code + offset, "U": space.user_code + offset,
                  "M": physical}[mode]
    case.delegate()
    case.words = paged_stream(case).make(rng.randrange(40, 100))
    return case


ACCESSES = ("access", "compressed_access", "float_access", "atomic", "stray_access")


def paged_stream(case):
    weights = dict(WEIGHTS[case.group])
    guest = case.group == "guest"
    if case.mode == "M" or guest and case.mode in ("S", "U"):
        # What are virtual addresses for others would be physical ones here.
        for kind in (*ACCESSES, "loop", "stray_jump"):
            weights.pop(kind, None)
    if case.mode == "M":
        weights.pop("status", None)
        if not guest or case.space.whole:
            weights["machine_access"] = 20
    if case.mode in ("VS", "VU") or case.mode == "U" and not case.csrs["hstatus"] & HS_HU:
        weights.pop("hypervisor_access", None)
    if case.mode == "VU":
        weights.pop("fence", None)
        weights.pop("status", None)
    if case.registers[STRAY] in case.space.pointers:
        # Data are not executed. (QEMU 7.2 lets a supervisor execute a user page that it has read.)
        weights.pop("stray_jump", None)
    case.hide_value = "fence" in weights
    stream = SystemStream(case.rng, weights, hlvx=case.space.same_rights, guest=guest)
    stray = case.registers[STRAY]
    stream.stray_atomics = stray not in case.space.holes and stray not in case.space.indirect
    stream.stray_stores = stray not in case.space.indirect
    if case.mode == "M" and guest and case.space.whole:
        # QEMU 7.2 takes guest page faults of accesses with MPRV for page faults.
        case.point(case.space.whole, case.space.whole, 0)
        case.registers[NEAR_END] -= 64
        stream.aligned = True
    return stream


def guest_case(rng, space, physical, offset):
    case = paged_case("guest", rng, space, physical)
    # Without a table of the host's, QEMU 7.2 takes page faults of HLV, HSV and MPRV for access faults.
    host = ("S", "S", "U", "M") if space.csrs["satp"] else ()
    mode = case.choose_mode(("VS", "VS", "VS", "VU", "VU", *host), False)
    # MXR and SUM: QEMU 7.2 takes the wrong register's in places.
    mxr = chance(rng, 0.4, STATUS["MXR"])
    case.status |= mxr | STATUS["SUM"]
    case.csrs["vsstatus"] |= mxr | STATUS["SUM"]
    if mode in ("VS", "VU") and rng.random() < 0.4:
        case.csrs["vsstatus"] &= ~STATUS["SUM"]
    case.csrs["hstatus"] |= chance(rng, 0.1, HS_VTVM)
    if mode == "VS":
        case.start = space.supervisor_code + offset
    elif mode == "VU":
        case.start = space.user_code + offset
    elif mode == "M":
        case.start = physical
    else:
        case.start = (space.host_code if mode == "S" else space.host_user_code) + offset
    case.delegate()
    case.words = paged_stream(case).make(rng.randrange(40, 100))
    return case


def protection_case(rng, space, physical, offset):
    case = (bare_case("protection", rng) if space is None else
            paged_case("protection", rng, space, physical))
    mode = case.choose_mode(("S", "S", "U", "U", "M"), space is None)
    case.protected = True
    case.physical = case.start = physical
    if space is not None:
        if mode != "M":
            case.start = (space.supervisor_code if mode == "S" else space.user_code) + offset
        case.status |= STATUS["SUM"]
        stream = paged_stream(case)
    else:
        stream = Stream(rng, WEIGHTS["protection"])
    # Which part of a misaligned access fails is not always told alike.
    stream.aligned, stream.stray_atomics = True, False
    # A fault of a fetch may resume between lr and sc.
    stream.reservations = False
    case.words = stream.make(rng.randrange(40, 100))
    case.delegate(access_faults=False)
    protect(case)
    return case


def protect(case):
    """Entry 0 is for the handlers, the last for everything; those between lie in the data, and some
    in the code and the tables."""
    r = case.rng
    configuration = [R_X_NAPOT]
    case.csrs["pmpaddr0"] = at.HANDLERS >> 2 | PAGE // 8 - 1
    for i in range(1, 8):
        address_mode = r.choice((0, 1, 1, 3, 3, 3))  # off, TOR, NAPOT
        rights = r.choice((0, 1, 3, 4, 5, 7))
        base = r.choice((at.DATA,) * 8 + (case.physical & -PAGE, at.TABLES))
        address = base + r.randrange(at.DATA_PAGES * PAGE)
        if base != at.DATA:
            rights |= 5 if r.random() < 0.8 else 0
        # Whole pages: QEMU 7.2 keeps verdicts by pages.
        address &= -PAGE
        if address_mode == 3:
            size = PAGE << r.choice((0, 0, 1, 2))
            case.csrs[f"pmpaddr{i}"] = (address & -size) >> 2 | size // 8 - 1
        else:
            case.csrs[f"pmpaddr{i}"] = address >> 2
        configuration.append(address_mode << 3 | rights)
    case.csrs["pmpcfg0"] = int.from_bytes(bytes(configuration), "little")
    case.csrs["pmpcfg2"] = (0x18 | r.choice((7,) * 10 + (5, 1, 0))) << 56


R_X_NAPOT = 0x1D


def program_cases(group, rng, words, *, napot):
    """Cases with together about `words` words of stream, each with its place in CODE."""
    cases, place, total = [], at.CODE, 0
    bare = {"integer": integer_case, "float": float_case, "system": system_case}
    while total < words:
        if group in bare:
            case = bare[group](rng)
            case.physical = case.start = place
            cases.append(finish(case))
            place += 4 * len(case.words) + 8 & ~7
            total += len(case.words) * case.rounds
            continue
        maker = {"translation": translation_case, "guest": guest_case,
                 "protection": protection_case}[group]
        # A space has pages of code of its own; its cases lie in them one behind the other, and some
        # across their boundaries.
        place = place + PAGE - 1 & -PAGE
        count = 3
        pages = [place + PAGE * i for i in range(count)]
        space = None
        if group != "protection" or rng.random() < 0.5:
            space = Space(rng, pages, napot=napot, reserved_bits=not napot,
                          guest=group == "guest", preset=group == "protection")
        offset = rng.randrange(0, PAGE, 4)
        while offset < count * PAGE - 1024:
            case = maker(rng, space, place + offset, offset)
            case.physical = place + offset
            finish(case)
            if offset + 4 * len(case.words) > count * PAGE:
                break
            cases.append(case)
            offset += 4 * len(case.words) + 4 * rng.randrange(32)
            total += len(case.words) * case.rounds
        place += count * PAGE
    assert place < at.DATA - at.GUARD_PAGES * PAGE
    return cases


def finish(case):
    case.words = [*case.words, isa.ECALL]
    return case


def data(rng):
    """Contents of the data pages."""
    values = [float_value(rng) if rng.random() < 0.6 else value(rng)
              for _ in range(at.DATA_PAGES * PAGE // 8)]
    return struct.pack(f"<{len(values)}Q", *values)
