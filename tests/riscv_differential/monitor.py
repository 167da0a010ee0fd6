"""The machine-mode program round the random instructions: it takes every trap that reaches machine
mode, keeps a hash of the hart's state, and resumes behind the trap or goes on with the next case.

A hash, and not the state, goes through the UART, since 10^4 states would take minutes. To see one
in full the runner writes its number into DETAIL_FROM and DETAIL_TO and runs the program again.

Resumption needs no decoding: random instructions lie in slots of four bytes, and a trap goes on at
the next slot. A trap outside the case's stream (a jump went astray) goes on at x30, which such jumps
set. Supervisor handlers change no register: they trap again, to machine mode in the end, and the
monitor finds the first trap in sepc or vsepc."""

import isa
import layout as at
from case import HS_GVA
from isa import Assembler, addi, i_type, load, r_type, store
from monitor_log import hash_memory, hash_snapshot, output
from monitor_registers import (
    A0, A1, A2, A3, A4, A5, A6, A7, BASE, RA, S0, S1, S2, S3, S4, S5, S7, S8, T0, T1, T2, X0, ld, sd)

RESTORING = 34  # instructions of `_restore`


def _keep_pseudoinstruction(a):
    """A0 = 0 if it is the transformed instruction: a hart may leave it out, as QEMU 7.2 does."""
    a.constant(A1, 0x3000)
    a.emit(i_type(0x13, 7, A2, A0, -33), r_type(0x33, 4, 0, A2, A2, A1), i_type(0x13, 3, A2, A2, 1),
           r_type(0x33, 0, 0x20, A2, X0, A2), r_type(0x33, 7, 0, A0, A0, A2))


ADDRESS_CAUSES = sum(1 << i for i in (0, 1, 4, 5, 6, 7, 12, 13, 15, 20, 21, 23))
GUEST_PAGE_FAULTS = 1 << 20 | 1 << 21 | 1 << 23
ILLEGAL = 1 << 2 | 1 << 22
BREAKPOINT_CODE = 3
BREAKPOINT = 1 << BREAKPOINT_CODE


def _unless_cause(a, csr, causes, name, mask):
    """Keeps only the bits of `mask` (-2048 to 2047, or a register's contents in A4) of a value in the
    snapshot, if the cause in `csr` is none of `causes`."""
    label = f"keep {name} {causes} {mask}"
    a.read(A0, csr)
    a.constant(A1, causes)
    a.emit(r_type(0x33, 5, 0x24, A1, A1, A0))  # bext
    a.branch("ne", A1, X0, label)
    a.emit(ld(A2, BASE, _snapshot_offset(name)),
           r_type(0x33, 7, 0, A2, A2, A4) if mask is None else i_type(0x13, 7, A2, A2, mask),
           sd(A2, BASE, _snapshot_offset(name)))
    a.label(label)


def _forget_breakpoint(a, cause, value):
    """Clears what a breakpoint has told of its address, since streams overwrite its cause and read on."""
    label = f"no breakpoint in {cause}"
    a.read(A0, cause)
    a.emit(addi(A0, A0, -BREAKPOINT_CODE & 0xFFF))
    a.branch("ne", A0, X0, label)
    a.emit(sd(X0, BASE, _snapshot_offset(value)), isa.csrrw(0, isa.CSRS[value], X0))
    if cause == "scause":
        a.emit(addi(A0, X0, HS_GVA), isa.csr(3, 0, isa.CSRS["hstatus"], A0),
               ld(A0, BASE, _snapshot_offset("hstatus")), i_type(0x13, 7, A0, A0, ~HS_GVA),
               sd(A0, BASE, _snapshot_offset("hstatus")))
    a.label(label)


def _settle(a):
    """What QEMU 7.2 leaves behind where it should not. mtval2 and htval of other traps than guest page
    faults; mstatus.GVA of those that write no address, and of HLV, HSV and MPRV; hstatus.GVA, htval and
    htinst, which it writes when a trap goes to VS-mode, too; on demand mtval and stval of illegal instructions.
    And what the architecture leaves open: mtval, stval, vstval of a breakpoint are its pc or 0."""
    _unless_cause(a, "mcause", GUEST_PAGE_FAULTS, "mtval2", 0)
    a.constant(A4, ~(1 << 38))
    _unless_cause(a, "mcause", ADDRESS_CAUSES, "mstatus", None)
    a.emit(i_type(0x13, 5, A0, S4, 0x480 | 39))  # bexti: MPV
    a.branch("ne", A0, X0, "from_a_guest")
    a.emit(ld(A2, BASE, _snapshot_offset("mstatus")), r_type(0x33, 7, 0, A2, A2, A4),
           sd(A2, BASE, _snapshot_offset("mstatus")))
    a.label("from_a_guest")
    a.emit(ld(A1, S0, at.HOST_HANDLER), r_type(0x33, 0, 0x20, A1, T0, A1))
    a.constant(A5, at.HANDLER_BYTES * at.HANDLER_KINDS)
    a.branch("ltu", A1, A5, "host_has_trapped")
    a.emit(ld(A0, BASE, _snapshot_offset("hstatus")), i_type(0x13, 7, A0, A0, -65),
           sd(A0, BASE, _snapshot_offset("hstatus")), sd(X0, BASE, _snapshot_offset("htval")),
           sd(X0, BASE, _snapshot_offset("htinst")))
    a.label("host_has_trapped")
    _unless_cause(a, "scause", GUEST_PAGE_FAULTS, "htval", 0)
    _unless_cause(a, "mcause", ~BREAKPOINT & isa.MASK64, "mtval", 0)
    _forget_breakpoint(a, "scause", "stval")
    _forget_breakpoint(a, "vscause", "vstval")
    a.emit(ld(A0, S0, at.HIDE_VALUE))
    a.branch("eq", A0, X0, "values_shown")
    _unless_cause(a, "mcause", ~ILLEGAL & isa.MASK64, "mtval", 0)
    _unless_cause(a, "scause", ~ILLEGAL & isa.MASK64, "stval", 0)
    a.label("values_shown")


def _restore(a):
    """The registers of the snapshot, and into the stream. Returns how many instructions the monitor
    adds to minstret from here to the stream."""
    a.read(A0, "minstret")
    begin = a.here() - 4
    a.emit(sd(A0, BASE, at.RETIRED_BEFORE))
    for i in range(1, 32):
        a.emit(ld(i, BASE, at.SNAPSHOT + 8 * (i - 1)))
    a.emit(isa.MRET)
    return (a.here() - begin) // 4


def _count(a, own):
    """Adds what has retired since `_restore`, but for `own` instructions of the monitor's. A stream
    may write or stop minstret: what cannot be is left out."""
    a.read(A0, "minstret")
    a.emit(ld(A1, BASE, at.RETIRED_BEFORE), r_type(0x33, 0, 0x20, A0, A0, A1), addi(A0, A0, -own & 0xFFF),
           i_type(0x13, 5, A1, A0, 20))
    a.branch("ne", A1, X0, "not_counted")
    a.emit(ld(A1, BASE, at.RETIRED), r_type(0x33, 0, 0, A1, A1, A0), sd(A1, BASE, at.RETIRED))
    a.label("not_counted")


def _save(a):
    a.label("trap")
    begin = a.here()
    a.emit(isa.csrrw(BASE, isa.CSRS["mscratch"], BASE))
    for i in range(1, 31):
        a.emit(sd(i, BASE, at.SNAPSHOT + 8 * (i - 1)))
    a.emit(isa.csrrw(A0, isa.CSRS["mscratch"], BASE), sd(A0, BASE, at.SNAPSHOT + 8 * 30))
    _count(a, RESTORING + (a.here() - begin) // 4)
    a.read(S4, "mstatus")
    a.constant(A0, at.STATUS_FS)
    a.emit(isa.csrrs(0, isa.CSRS["mstatus"], A0))
    offset = at.SNAPSHOT + 8 * 31
    for i in range(32):
        a.emit(isa.s_type(0x27, 3, BASE, i, offset + 8 * i))
    offset += 8 * 32
    for i, name in enumerate(at.SNAPSHOT_CSRS):
        if name == "mstatus":
            # SD says FS again. QEMU 7.2 does not take it back when FS is cleared.
            a.emit(i_type(0x13, 1, A0, S4, 1), i_type(0x13, 5, A0, A0, 1), sd(A0, BASE, offset + 8 * i))
            continue
        a.read(A0, name)
        if name == "mideleg":
            # QEMU 7.2 delegates guest external interrupts, though GEILEN is 0.
            a.emit(i_type(0x13, 1, A0, A0, 52), i_type(0x13, 5, A0, A0, 52))
        if name in ("mtinst", "htinst"):
            _keep_pseudoinstruction(a)
        if name == "vsstatus":
            # SD follows from FS, but QEMU 7.2 derives it for who reads sstatus in VS-mode only.
            a.emit(i_type(0x13, 1, A0, A0, 1), i_type(0x13, 5, A0, A0, 1))
        a.emit(sd(A0, BASE, offset + 8 * i))
    a.emit(isa.csrrw(0, isa.CSRS["mstatus"], S4))
    assert offset + 8 * (len(at.SNAPSHOT_CSRS) + 4) <= at.CASE


def _snapshot_offset(name):
    return at.SNAPSHOT + 8 * at.SNAPSHOT_NAMES.index(name)


def _find_origin(a):
    """T0: pc of the trap's instruction; T1: its mode as bits of mstatus; S0: the descriptor; S1: was
    any of the traps an interrupt."""
    a.emit(ld(S0, BASE, at.CASE))
    a.read(T0, "mepc")
    a.constant(A0, at.STATUS_MPP | at.STATUS_MPV)
    a.emit(r_type(0x33, 7, 0, T1, S4, A0))
    _settle(a)
    a.read(S1, "mcause")
    a.constant(A5, at.HANDLER_BYTES * at.HANDLER_KINDS)
    a.emit(ld(A1, S0, at.HOST_HANDLER), r_type(0x33, 0, 0x20, A1, T0, A1))
    a.branch("geu", A1, A5, "not_from_host_handler")
    a.read(T0, "sepc")
    a.read(A2, "scause")
    a.emit(r_type(0x33, 6, 0, S1, S1, A2))
    a.read(A2, "sstatus")
    a.emit(i_type(0x13, 7, A2, A2, 0x100), i_type(0x13, 1, T1, A2, 3))      # SPP to MPP
    a.read(A2, "hstatus")
    a.emit(i_type(0x13, 7, A2, A2, 0x80), i_type(0x13, 1, A2, A2, 32))      # SPV to MPV
    a.emit(r_type(0x33, 6, 0, T1, T1, A2))
    a.label("not_from_host_handler")
    a.emit(ld(A1, S0, at.GUEST_HANDLER), r_type(0x33, 0, 0x20, A1, T0, A1))
    a.branch("geu", A1, A5, "not_from_guest_handler")
    a.read(T0, "vsepc")
    a.read(A2, "vscause")
    a.emit(r_type(0x33, 6, 0, S1, S1, A2))
    a.read(A2, "vsstatus")
    a.emit(i_type(0x13, 7, A2, A2, 0x100), i_type(0x13, 1, T1, A2, 3))
    a.constant(A2, at.STATUS_MPV)
    a.emit(r_type(0x33, 6, 0, T1, T1, A2))
    a.label("not_from_guest_handler")
    a.emit(sd(T0, BASE, _snapshot_offset("pc")), ld(A0, S0, at.NUMBER),
           sd(A0, BASE, _snapshot_offset("case")), ld(A0, BASE, at.ROUND),
           sd(A0, BASE, _snapshot_offset("round")), ld(S5, BASE, at.TRAPS), addi(S5, S5, 1),
           sd(S5, BASE, at.TRAPS), sd(S5, BASE, _snapshot_offset("trap")))


def _resume(a):
    """Ends the case, or goes on behind the trap in the next of the case's modes."""
    a.emit(ld(A0, S0, at.END_PC))
    a.branch("eq", T0, A0, "end_case")
    a.emit(ld(A1, S0, at.TRAP_LIMIT))
    a.branch("geu", S5, A1, "end_case")
    a.branch("lt", S1, X0, "after_interrupt")
    a.emit(ld(A2, S0, at.START_PC))
    a.emit(i_type(0x13, 7, T2, T0, -4 & 0xFFF), addi(T2, T2, 4))
    a.emit(r_type(0x33, 0, 0x20, A3, T2, A2), r_type(0x33, 0, 0x20, A4, A0, A2))
    a.branch("geu", A4, A3, "resume")
    a.emit(ld(T2, BASE, _snapshot_offset("x30")), i_type(0x13, 7, T2, T2, -4 & 0xFFF))
    a.emit(r_type(0x33, 0, 0x20, A3, T2, A2))
    a.branch("geu", A4, A3, "resume")
    a.jump("end_case")
    # What was pending has been shown; it is taken back, and the interrupted instruction comes.
    a.label("after_interrupt")
    a.write("mip", X0)
    a.write("hvip", X0)
    a.emit(addi(T2, T0, 0))
    a.label("resume")
    a.emit(i_type(0x13, 7, A0, S5, 7), i_type(0x13, 1, A0, A0, 3), r_type(0x33, 0, 0, A0, A0, S0),
           ld(A0, A0, at.MODES), addi(A1, X0, -1))
    a.branch("eq", A0, A1, "same_mode")
    a.emit(addi(T1, A0, 0))
    a.label("same_mode")
    a.constant(A1, at.STATUS_MPP | at.STATUS_MPV)
    a.emit(r_type(0x33, 7, 0x20, S4, S4, A1), r_type(0x33, 6, 0, S4, S4, T1))
    a.write("mstatus", S4)
    a.write("mepc", T2)
    own = _restore(a)
    assert own == RESTORING


def _tables(a):
    """A0: a list of (address, entry) to install instead of the last one; 0: none."""
    a.label("install")
    a.emit(ld(A1, BASE, at.LAST_LIST), sd(A0, BASE, at.LAST_LIST))
    a.branch("eq", A1, X0, "nothing_to_clear")
    a.label("clear")
    a.emit(ld(A2, A1, 0))
    a.branch("eq", A2, X0, "nothing_to_clear")
    a.emit(sd(X0, A2, 0), addi(A1, A1, 16))
    a.jump("clear")
    a.label("nothing_to_clear")
    a.branch("eq", A0, X0, "installed")
    a.label("fill")
    a.emit(ld(A2, A0, 0))
    a.branch("eq", A2, X0, "installed")
    a.emit(ld(A3, A0, 8), sd(A3, A2, 0), addi(A0, A0, 16))
    a.jump("fill")
    a.label("installed")
    a.emit(isa.jalr(0, RA, 0))


def _enter(a):
    """From a script, its CSRs written: the registers of the descriptor, turned by seven places a
    round where they are nobody's pointers; then the case's first mode."""
    a.label("enter")
    a.emit(ld(S0, BASE, at.CASE), sd(X0, BASE, at.TRAPS), ld(A0, S0, at.STATUS))
    a.write("mstatus", A0)
    a.emit(ld(A0, S0, at.START_PC))
    a.write("mepc", A0)
    a.emit(ld(A0, BASE, at.ROUND))
    a.emit(addi(A1, X0, 7), r_type(0x33, 0, 1, A0, A0, A1), addi(A1, X0, 1), addi(A3, X0, 32))
    a.constant(A4, POINTERS)
    a.label("enter_loop")
    a.emit(r_type(0x33, 5, 0, A2, A4, A1), i_type(0x13, 7, A2, A2, 1), addi(T0, A1, 0))
    a.branch("ne", A2, X0, "enter_pointer")
    a.emit(r_type(0x33, 0, 0, T0, A0, A1), i_type(0x13, 7, T0, T0, 31))
    a.label("enter_pointer")
    a.emit(i_type(0x13, 1, T0, T0, 3), r_type(0x33, 0, 0, T0, T0, S0), ld(T0, T0, at.REGISTERS),
           i_type(0x13, 1, T1, A1, 3), r_type(0x33, 0, 0, T1, T1, BASE),
           sd(T0, T1, at.SNAPSHOT - 8), addi(A1, A1, 1))
    a.branch("ne", A1, A3, "enter_loop")
    own = _restore(a)
    assert own == RESTORING


def _end_case(a):
    a.label("end_case")
    a.write("pmpcfg0", X0)  # an access that an entry matches in part fails in machine mode, too
    a.emit(ld(S0, BASE, at.CASE), ld(A0, BASE, at.ROUND), addi(A0, A0, 1),
           sd(A0, BASE, at.ROUND), ld(A1, S0, at.ROUNDS))
    a.branch("ltu", A0, A1, "again")
    a.emit(sd(X0, BASE, at.ROUND), ld(A0, S0, at.HASH_MEMORY))
    a.branch("eq", A0, X0, "next_case")
    a.jump("hash_memory", link=RA)
    a.label("next_case")
    a.emit(addi(A0, X0, 1))
    a.jump("to_script")
    a.label("again")
    a.emit(addi(A0, X0, 0))
    a.label("to_script")  # A0: is the case at its end
    a.emit(ld(A1, BASE, at.CONTINUE), isa.jalr(0, A1, 0))


def _start_and_finish(a, first):
    a.label("reset")
    a.constant(BASE, at.STATE)
    a.write("mscratch", BASE)
    a.address(A0, "trap")
    a.write("mtvec", A0)
    a.write("mie", X0)
    a.constant(A0, at.ACLINT_MTIMECMP)
    a.emit(addi(A1, X0, -1 & 0xFFF), sd(A1, A0, 0))
    a.constant(A0, 1 << 63)                       # menvcfg.STCE, while the comparators are set
    a.write("menvcfg", A0)
    a.write("henvcfg", A0)
    a.write("stimecmp", A1)
    a.write("vstimecmp", A1)
    a.write("henvcfg", X0)
    a.write("menvcfg", X0)
    a.constant(A0, at.UART)
    a.emit(addi(A1, X0, 1), store(0, A1, A0, 2),  # FIFO on
           addi(A1, X0, 3), store(0, A1, A0, 3))         # eight bits
    a.constant(A0, at.STATUS_FS)
    a.write("mstatus", A0)
    for i in range(32):
        a.emit(r_type(0x53, 0, 0x79, i, 0, 0))    # fmv.d.x
    a.write("fcsr", X0)
    a.constant(A0, first)
    a.emit(isa.jalr(0, A0, 0))

    a.label("finish")  # prints the log
    a.emit(addi(A7, X0, 0), addi(A0, X0, ord("H")))
    a.jump("put_byte", link=RA)
    a.constant(S7, at.HASHES)
    a.emit(ld(S8, BASE, at.HASH_COUNT))
    a.label("finish_loop")
    a.emit(load(6, A0, S7, 0))
    a.jump("put_word", link=RA)
    a.emit(addi(S7, S7, 4), addi(S8, S8, -1 & 0xFFF))
    a.branch("ne", S8, X0, "finish_loop")
    a.emit(addi(A0, X0, ord("\n")))
    a.jump("put_byte", link=RA)
    a.emit(addi(A0, X0, ord("N")))
    a.jump("put_byte", link=RA)
    a.emit(ld(A0, BASE, at.RETIRED))
    a.jump("put_dword", link=RA)
    a.emit(addi(A0, X0, ord("\n")))
    a.jump("put_byte", link=RA)
    a.emit(addi(A0, X0, ord("E")))
    a.jump("put_byte", link=RA)
    a.emit(addi(A0, X0, ord("\n")))
    a.jump("put_byte", link=RA)
    a.constant(A1, at.UART)
    a.label("drain")
    a.emit(load(4, A0, A1, 5), i_type(0x13, 7, A0, A0, 0x40))
    a.branch("eq", A0, X0, "drain")
    a.constant(A0, at.FINISHER)
    a.constant(A1, at.FINISHER_PASS)
    a.emit(store(2, A1, A0, 0))
    a.label("stop")
    a.jump("stop")


#: Registers that hold pointers or zero at entry, and that no random instruction writes.
POINTERS = 1 << 0 | 1 << 2 | 1 << 8 | 1 << 9 | 0x1F << 27
HASH_MULTIPLIER = 0x9E3779B97F4A7C15


def monitor(first_script):
    """(bytes at MONITOR, addresses of its labels)"""
    a = Assembler(at.MONITOR)
    _start_and_finish(a, first_script)
    while a.here() % 4:
        a.emit(isa.NOP)
    _save(a)
    _find_origin(a)
    a.constant(S3, HASH_MULTIPLIER)
    a.emit(addi(A7, X0, 0), addi(A6, X0, 0), sd(T0, BASE, at.RESUME), sd(T1, BASE, at.RESUME + 8))
    a.jump("hash_snapshot", link=RA)
    a.emit(ld(T0, BASE, at.RESUME), ld(T1, BASE, at.RESUME + 8))
    _resume(a)
    hash_snapshot(a)
    hash_memory(a)
    output(a)
    _tables(a)
    _enter(a)
    _end_case(a)
    code = a.finish()
    assert len(code) < at.HANDLERS - at.MONITOR
    return code, a.labels


def handlers():
    """What lies in the handlers' page."""
    a = Assembler(at.HANDLERS)
    for word in (isa.ECALL, isa.UNIMPLEMENTED):
        a.emit(*[word] * (at.HANDLER_BYTES // 4))
    return a.finish()
