"""One case: what the CSRs hold, the mode, the registers; its stream comes from its group (cases.py)."""

import isa
import layout as at
from operands import chance, value
from page_tables import HOLE, PAGE
from streams import LINK, NEAR_END, POINTER, STRAY

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
            self.csrs[name] = value(r) & (~1 if name.endswith("epc") else isa.MASK64)
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
