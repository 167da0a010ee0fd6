"""Encodings of RV64GC with Zba, Zbb, Zbs, Zicsr, Zifencei, Svinval and H, written from the manuals
(Unprivileged ISA 20191213, Bit-Manipulation 1.0.0, Privileged Architecture 1.12), and an assembler
with labels for what the test itself executes."""

import struct

MASK64 = (1 << 64) - 1


def _field(value, high, low):
    """Bits high..low of `value`, moved to bit 0."""
    return value >> low & ((1 << (high - low + 1)) - 1)


# --- formats -------------------------------------------------------------------------------------
def r_type(opcode, funct3, funct7, rd, rs1, rs2):
    return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode


def i_type(opcode, funct3, rd, rs1, immediate):
    return (immediate & 0xFFF) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode


def s_type(opcode, funct3, rs1, rs2, immediate):
    return (_field(immediate, 11, 5) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12
            | _field(immediate, 4, 0) << 7 | opcode)


def b_type(funct3, rs1, rs2, offset):
    return (_field(offset, 12, 12) << 31 | _field(offset, 10, 5) << 25 | rs2 << 20 | rs1 << 15
            | funct3 << 12 | _field(offset, 4, 1) << 8 | _field(offset, 11, 11) << 7 | 0x63)


def u_type(opcode, rd, immediate20):
    return (immediate20 & 0xFFFFF) << 12 | rd << 7 | opcode


def jal(rd, offset):
    return (_field(offset, 20, 20) << 31 | _field(offset, 10, 1) << 21
            | _field(offset, 11, 11) << 20 | _field(offset, 19, 12) << 12 | rd << 7 | 0x6F)


def jalr(rd, rs1, immediate):
    return i_type(0x67, 0, rd, rs1, immediate)


def lui(rd, immediate20):
    return u_type(0x37, rd, immediate20)


def auipc(rd, immediate20):
    return u_type(0x17, rd, immediate20)


def addi(rd, rs1, immediate):
    return i_type(0x13, 0, rd, rs1, immediate)


def csr(funct3, rd, number, source):
    return i_type(0x73, funct3, rd, source, number)


def csrrw(rd, number, rs1):
    return csr(1, rd, number, rs1)


def csrrs(rd, number, rs1):
    return csr(2, rd, number, rs1)


def csrrc(rd, number, rs1):
    return csr(3, rd, number, rs1)


def load(funct3, rd, rs1, immediate):
    return i_type(0x03, funct3, rd, rs1, immediate)


def store(funct3, rs2, rs1, immediate):
    return s_type(0x23, funct3, rs1, rs2, immediate)


def amo(funct5, funct3, rd, rs1, rs2, order=0):
    return r_type(0x2F, funct3, funct5 << 2 | order, rd, rs1, rs2)


# --- tables of operations --------------------------------------------------------------------------
# (opcode, funct3, funct7): rd, rs1, rs2.
REGISTER_OPERATIONS = {
    "add": (0x33, 0, 0x00), "sub": (0x33, 0, 0x20), "sll": (0x33, 1, 0x00),
    "slt": (0x33, 2, 0x00), "sltu": (0x33, 3, 0x00), "xor": (0x33, 4, 0x00),
    "srl": (0x33, 5, 0x00), "sra": (0x33, 5, 0x20), "or": (0x33, 6, 0x00),
    "and": (0x33, 7, 0x00), "mul": (0x33, 0, 0x01), "mulh": (0x33, 1, 0x01),
    "mulhsu": (0x33, 2, 0x01), "mulhu": (0x33, 3, 0x01), "div": (0x33, 4, 0x01),
    "divu": (0x33, 5, 0x01), "rem": (0x33, 6, 0x01), "remu": (0x33, 7, 0x01),
    "sh1add": (0x33, 2, 0x10), "sh2add": (0x33, 4, 0x10), "sh3add": (0x33, 6, 0x10),
    "andn": (0x33, 7, 0x20), "orn": (0x33, 6, 0x20), "xnor": (0x33, 4, 0x20),
    "max": (0x33, 6, 0x05), "maxu": (0x33, 7, 0x05), "min": (0x33, 4, 0x05),
    "minu": (0x33, 5, 0x05), "rol": (0x33, 1, 0x30), "ror": (0x33, 5, 0x30),
    "bclr": (0x33, 1, 0x24), "bext": (0x33, 5, 0x24), "binv": (0x33, 1, 0x34),
    "bset": (0x33, 1, 0x14),
    "addw": (0x3B, 0, 0x00), "subw": (0x3B, 0, 0x20), "sllw": (0x3B, 1, 0x00),
    "srlw": (0x3B, 5, 0x00), "sraw": (0x3B, 5, 0x20), "mulw": (0x3B, 0, 0x01),
    "divw": (0x3B, 4, 0x01), "divuw": (0x3B, 5, 0x01), "remw": (0x3B, 6, 0x01),
    "remuw": (0x3B, 7, 0x01), "add.uw": (0x3B, 0, 0x04), "sh1add.uw": (0x3B, 2, 0x10),
    "sh2add.uw": (0x3B, 4, 0x10), "sh3add.uw": (0x3B, 6, 0x10), "rolw": (0x3B, 1, 0x30),
    "rorw": (0x3B, 5, 0x30),
}

# (opcode, funct3): rd, rs1, twelve bits.
IMMEDIATE_OPERATIONS = {
    "addi": (0x13, 0), "slti": (0x13, 2), "sltiu": (0x13, 3), "xori": (0x13, 4), "ori": (0x13, 6),
    "andi": (0x13, 7), "addiw": (0x1B, 0),
}

# (opcode, funct3, upper bits of the immediate, bits of the shift amount).
SHIFT_OPERATIONS = {
    "slli": (0x13, 1, 0x000, 6), "srli": (0x13, 5, 0x000, 6), "srai": (0x13, 5, 0x400, 6),
    "bclri": (0x13, 1, 0x480, 6), "bexti": (0x13, 5, 0x480, 6), "binvi": (0x13, 1, 0x680, 6),
    "bseti": (0x13, 1, 0x280, 6), "rori": (0x13, 5, 0x600, 6),
    "slliw": (0x1B, 1, 0x000, 5), "srliw": (0x1B, 5, 0x000, 5), "sraiw": (0x1B, 5, 0x400, 5),
    "roriw": (0x1B, 5, 0x600, 5), "slli.uw": (0x1B, 1, 0x080, 6),
}

# (opcode, funct3, the whole immediate): rd, rs1.
UNARY_OPERATIONS = {
    "clz": (0x13, 1, 0x600), "ctz": (0x13, 1, 0x601), "cpop": (0x13, 1, 0x602),
    "sext.b": (0x13, 1, 0x604), "sext.h": (0x13, 1, 0x605), "orc.b": (0x13, 5, 0x287),
    "rev8": (0x13, 5, 0x6B8), "clzw": (0x1B, 1, 0x600), "ctzw": (0x1B, 1, 0x601),
    "cpopw": (0x1B, 1, 0x602), "zext.h": (0x3B, 4, 0x080),
}

AMO_SWAP, AMO_LR, AMO_SC = 1, 2, 3
AMO_FUNCTIONS = (0, AMO_SWAP, 4, 8, 12, 16, 20, 24, 28)

# funct7 without the format; True: the rounding mode counts.
FLOAT_ARITHMETIC = {"fadd": (0x00, True), "fsub": (0x04, True), "fmul": (0x08, True),
                    "fdiv": (0x0C, True)}
FLOAT_FUNCTIONS = {  # funct7, number of the function in rm
    "fsgnj": (0x10, 0), "fsgnjn": (0x10, 1), "fsgnjx": (0x10, 2), "fmin": (0x14, 0),
    "fmax": (0x14, 1)}

# funct7, rs2: rd, rs1.
HYPERVISOR_LOADS = {"hlv.b": (0x30, 0), "hlv.bu": (0x30, 1), "hlv.h": (0x32, 0), "hlv.hu": (0x32, 1),
                    "hlvx.hu": (0x32, 3), "hlv.w": (0x34, 0), "hlv.wu": (0x34, 1),
                    "hlvx.wu": (0x34, 3), "hlv.d": (0x36, 0)}
HYPERVISOR_STORES = {"hsv.b": 0x31, "hsv.h": 0x33, "hsv.w": 0x35, "hsv.d": 0x37}

# funct7 of the fences that take an address in rs1 and an identifier in rs2.
FENCES = {"sfence.vma": 0x09, "sinval.vma": 0x0B, "hfence.vvma": 0x11, "hinval.vvma": 0x13,
          "hfence.gvma": 0x31, "hinval.gvma": 0x33}
SFENCE_W_INVAL = 0x18000073
SFENCE_INVAL_IR = 0x18100073

ECALL, EBREAK, MRET, SRET, WFI = 0x73, 0x00100073, 0x30200073, 0x10200073, 0x10500073
FENCE, FENCE_I = 0x0FF0000F, 0x0000100F
#: csrrw x0, cycle, x0: illegal in every mode.
UNIMPLEMENTED = 0xC0001073
NOP = 0x00000013
C_NOP = 0x0001


def fence(name, rs1=0, rs2=0):
    return r_type(0x73, 0, FENCES[name], 0, rs1, rs2)


def hypervisor_load(name, rd, rs1):
    funct7, rs2 = HYPERVISOR_LOADS[name]
    return r_type(0x73, 4, funct7, rd, rs1, rs2)


def hypervisor_store(name, rs2, rs1):
    return r_type(0x73, 4, HYPERVISOR_STORES[name], 0, rs1, rs2)


# --- compressed instructions ------------------------------------------------------------------------
def c_addi4spn(rd_, immediate):  # multiple of 4, not 0
    return (_field(immediate, 5, 4) << 11 | _field(immediate, 9, 6) << 7
            | _field(immediate, 2, 2) << 6 | _field(immediate, 3, 3) << 5 | (rd_ - 8) << 2)


def c_load_word(funct3, rd_, rs1_, immediate):
    """c.lw (2), c.sw (6): a multiple of 4 below 128."""
    return (funct3 << 13 | _field(immediate, 5, 3) << 10 | (rs1_ - 8) << 7
            | _field(immediate, 2, 2) << 6 | _field(immediate, 6, 6) << 5 | (rd_ - 8) << 2)


def c_load_double(funct3, rd_, rs1_, immediate):
    """c.fld (1), c.ld (3), c.fsd (5), c.sd (7): a multiple of 8 below 256."""
    return (funct3 << 13 | _field(immediate, 5, 3) << 10 | (rs1_ - 8) << 7
            | _field(immediate, 7, 6) << 5 | (rd_ - 8) << 2)


def c_immediate(funct3, rd, immediate):
    """c.addi (0), c.addiw (1), c.li (2), c.lui (3): six bits."""
    return (funct3 << 13 | _field(immediate, 5, 5) << 12 | rd << 7
            | _field(immediate, 4, 0) << 2 | 1)


def c_addi16sp(immediate):  # multiple of 16
    return (3 << 13 | _field(immediate, 9, 9) << 12 | 2 << 7 | _field(immediate, 4, 4) << 6
            | _field(immediate, 6, 6) << 5 | _field(immediate, 8, 7) << 3
            | _field(immediate, 5, 5) << 2 | 1)


def c_shift_or_mask(function, rd_, immediate):
    """c.srli (0), c.srai (1), c.andi (2): six bits."""
    return (4 << 13 | _field(immediate, 5, 5) << 12 | function << 10 | (rd_ - 8) << 7
            | _field(immediate, 4, 0) << 2 | 1)


def c_arithmetic(function, rd_, rs2_):
    """c.sub, c.xor, c.or, c.and (0 to 3), c.subw, c.addw (4, 5)."""
    return (4 << 13 | (function >> 2) << 12 | 3 << 10 | (rd_ - 8) << 7 | (function & 3) << 5
            | (rs2_ - 8) << 2 | 1)


def c_jump(offset):
    return (5 << 13 | _field(offset, 11, 11) << 12 | _field(offset, 4, 4) << 11
            | _field(offset, 9, 8) << 9 | _field(offset, 10, 10) << 8 | _field(offset, 6, 6) << 7
            | _field(offset, 7, 7) << 6 | _field(offset, 3, 1) << 3 | _field(offset, 5, 5) << 2 | 1)


def c_branch(funct3, rs1_, offset):
    """c.beqz (6), c.bnez (7)."""
    return (funct3 << 13 | _field(offset, 8, 8) << 12 | _field(offset, 4, 3) << 10
            | (rs1_ - 8) << 7 | _field(offset, 7, 6) << 5 | _field(offset, 2, 1) << 3
            | _field(offset, 5, 5) << 2 | 1)


def c_slli(rd, shift):
    return _field(shift, 5, 5) << 12 | rd << 7 | _field(shift, 4, 0) << 2 | 2


def c_load_stack(funct3, rd, immediate):
    """c.fldsp (1), c.lwsp (2), c.ldsp (3)."""
    low = (_field(immediate, 4, 2) << 4 | _field(immediate, 7, 6) << 2 if funct3 == 2 else
           _field(immediate, 4, 3) << 5 | _field(immediate, 8, 6) << 2)
    return funct3 << 13 | _field(immediate, 5, 5) << 12 | rd << 7 | low | 2


def c_store_stack(funct3, rs2, immediate):
    """c.fsdsp (5), c.swsp (6), c.sdsp (7)."""
    high = (_field(immediate, 5, 2) << 9 | _field(immediate, 7, 6) << 7 if funct3 == 6 else
            _field(immediate, 5, 3) << 10 | _field(immediate, 8, 6) << 7)
    return funct3 << 13 | high | rs2 << 2 | 2


def c_register(link_or_add, rd, rs2):
    """c.jr, c.mv (0), c.ebreak, c.jalr, c.add (1)."""
    return 4 << 13 | link_or_add << 12 | rd << 7 | rs2 << 2 | 2


C_EBREAK = c_register(1, 0, 0)


def transfers_control(word):
    """Would the random `word` jump, branch, wait or return, as far as its major opcode tells?"""
    quadrant, c_funct3 = word & 3, word >> 13 & 7
    if quadrant == 3:
        opcode = word & 0x7F
        if opcode == 0x73 and word >> 12 & 7 == 0:
            return True
        return opcode in (0x63, 0x67, 0x6F)
    if quadrant == 1:
        return c_funct3 >= 5
    return quadrant == 2 and c_funct3 == 4


# --- names ----------------------------------------------------------------------------------------
CSRS = {
    "fflags": 0x001, "frm": 0x002, "fcsr": 0x003, "cycle": 0xC00, "time": 0xC01, "instret": 0xC02,
    "sstatus": 0x100, "sie": 0x104, "stvec": 0x105, "scounteren": 0x106, "senvcfg": 0x10A,
    "sscratch": 0x140, "sepc": 0x141, "scause": 0x142, "stval": 0x143, "sip": 0x144,
    "stimecmp": 0x14D, "satp": 0x180, "hstatus": 0x600, "hedeleg": 0x602, "hideleg": 0x603,
    "hie": 0x604, "htimedelta": 0x605, "hcounteren": 0x606, "hgeie": 0x607, "henvcfg": 0x60A,
    "htval": 0x643, "hip": 0x644, "hvip": 0x645, "htinst": 0x64A, "hgatp": 0x680, "hgeip": 0xE12,
    "vsstatus": 0x200, "vsie": 0x204, "vstvec": 0x205, "vsscratch": 0x240, "vsepc": 0x241,
    "vscause": 0x242, "vstval": 0x243, "vsip": 0x244, "vstimecmp": 0x24D, "vsatp": 0x280,
    "mstatus": 0x300, "misa": 0x301, "medeleg": 0x302, "mideleg": 0x303, "mie": 0x304,
    "mtvec": 0x305, "mcounteren": 0x306, "menvcfg": 0x30A, "mcountinhibit": 0x320,
    "mscratch": 0x340, "mepc": 0x341, "mcause": 0x342, "mtval": 0x343, "mip": 0x344,
    "mtinst": 0x34A, "mtval2": 0x34B, "mcycle": 0xB00, "minstret": 0xB02, "mvendorid": 0xF11,
    "marchid": 0xF12, "mimpid": 0xF13, "mhartid": 0xF14, "mconfigptr": 0xF15,
    "pmpcfg0": 0x3A0, "pmpcfg2": 0x3A2,
    "miselect": 0x350, "mireg": 0x351, "mtopei": 0x35C, "mtopi": 0xFB0,
    "siselect": 0x150, "sireg": 0x151, "stopei": 0x15C, "stopi": 0xDB0,
    "vsiselect": 0x250, "vsireg": 0x251, "vstopei": 0x25C, "vstopi": 0xEB0,
    "hvictl": 0x609, "hviprio1": 0x646, "hviprio2": 0x647,
    **{f"pmpaddr{i}": 0x3B0 + i for i in range(16)},
}


class Assembler:
    """Instructions one behind the other from `base`, with labels that may come later."""

    def __init__(self, base):
        self.base = base
        self.words = []
        self.labels = {}
        self.fixes = []

    def here(self):
        return self.base + 4 * len(self.words)

    def label(self, name):
        assert name not in self.labels, name
        self.labels[name] = self.here()

    def emit(self, *words):
        self.words.extend(words)

    def _fix(self, target, encode):
        self.fixes.append((len(self.words), target, encode))
        self.words.append(0)

    def jump(self, target, link=0):
        self._fix(target, lambda offset: jal(link, offset))

    def branch(self, kind, rs1, rs2, target):
        funct3 = {"eq": 0, "ne": 1, "lt": 4, "ge": 5, "ltu": 6, "geu": 7}[kind]
        self._fix(target, lambda offset: b_type(funct3, rs1, rs2, offset))

    def address(self, rd, target):
        """rd = target, a label or a number within 2 GiB."""
        def upper(offset):
            return auipc(rd, (offset + 0x800) >> 12)

        self._fix(target, upper)
        self._fix(target, lambda offset: addi(rd, rd, (offset + 4) & 0xFFF))

    def constant(self, rd, value):
        """rd = any 64-bit value."""
        value &= MASK64
        signed = value - (1 << 64) if value >> 63 else value
        if -2048 <= signed < 2048:
            self.emit(addi(rd, 0, signed))
        elif -(1 << 31) <= signed < (1 << 31):
            low = (signed & 0xFFF) - (signed << 1 & 0x1000)
            self.emit(lui(rd, (signed - low) >> 12))
            if low:
                self.emit(i_type(0x1B, 0, rd, rd, low))
        else:
            low = (signed & 0xFFF) - (signed << 1 & 0x1000)
            rest, shift = (signed - low) >> 12, 12
            while rest & 1 == 0:
                rest, shift = rest >> 1, shift + 1
            self.constant(rd, rest)
            self.emit(i_type(0x13, 1, rd, rd, shift))
            if low:
                self.emit(addi(rd, rd, low))

    def read(self, rd, name):
        self.emit(csrrs(rd, CSRS[name], 0))

    def write(self, name, rs1):
        self.emit(csrrw(0, CSRS[name], rs1))

    def finish(self):
        for index, target, encode in self.fixes:
            address = self.labels[target] if isinstance(target, str) else target
            self.words[index] = encode(address - (self.base + 4 * index))
        self.fixes = []
        return struct.pack(f"<{len(self.words)}I", *self.words)
