"""The monitor's log: hashes of snapshots and of memory, shown in full on demand, and the UART."""

import isa
import layout as at
from isa import addi, i_type, load, r_type, store
from monitor_registers import (
    A0, A1, A2, A3, A6, A7, BASE, RA, S2, S3, S6, S7, S8, S9, S10, S11, X0, ld, sd)


def _hash_step(a, value, temporary):
    """S2 = hash of S2 and `value`; S3 holds an odd multiplier."""
    a.emit(isa.r_type(0x33, 4, 0, S2, S2, value), r_type(0x33, 0, 1, S2, S2, S3),
           i_type(0x13, 5, temporary, S2, 29), r_type(0x33, 4, 0, S2, S2, temporary))


def hash_snapshot(a):
    """Appends the hash of the buffer to the log, and shows the buffer if it is asked for."""
    a.label("hash_snapshot")
    a.emit(addi(A0, BASE, at.SNAPSHOT), addi(A1, X0, len(at.SNAPSHOT_NAMES)),
           addi(S2, X0, 0))
    a.label("hash_loop")
    a.emit(ld(A2, A0, 0))
    _hash_step(a, A2, A3)
    a.emit(addi(A0, A0, 8), addi(A1, A1, -1 & 0xFFF))
    a.branch("ne", A1, X0, "hash_loop")
    a.label("log_hash")  # S2
    a.emit(ld(A0, BASE, at.HASH_COUNT), i_type(0x13, 1, A1, A0, 2))
    a.constant(A2, at.HASHES)
    a.emit(r_type(0x33, 0, 0, A1, A1, A2), store(2, S2, A1, 0), addi(A1, A0, 1),
           sd(A1, BASE, at.HASH_COUNT), ld(A1, BASE, at.DETAIL_FROM), ld(A2, BASE, at.DETAIL_TO),
           r_type(0x33, 0, 0x20, A0, A0, A1), r_type(0x33, 0, 0x20, A2, A2, A1))
    a.emit(addi(S6, RA, 0))
    a.branch("geu", A0, A2, "not_shown")
    a.branch("ne", A6, X0, "show_memory")
    a.emit(addi(A0, X0, ord("S")), addi(S7, BASE, at.SNAPSHOT),
           addi(S8, X0, len(at.SNAPSHOT_NAMES)))
    a.jump("show")
    a.label("show_memory")
    a.emit(addi(A0, X0, ord("D")))
    a.constant(S7, at.DATA)
    a.constant(S8, at.DATA_PAGES * 512)
    a.jump("show_block", link=RA)
    a.emit(ld(S9, BASE, at.LAST_LIST))
    a.emit(addi(A0, X0, ord("P")))
    a.jump("put_byte", link=RA)
    a.branch("eq", S9, X0, "no_entries_to_show")
    a.label("show_entries")
    a.emit(ld(A0, S9, 0))
    a.branch("eq", A0, X0, "no_entries_to_show")
    a.emit(addi(S7, A0, 0))
    a.jump("put_dword", link=RA)
    a.emit(ld(A0, S7, 0))
    a.jump("put_dword", link=RA)
    a.emit(addi(S9, S9, 16))
    a.jump("show_entries")
    a.label("no_entries_to_show")
    a.emit(addi(A0, X0, ord("\n")))
    a.jump("put_byte", link=RA)
    a.label("not_shown")
    a.emit(isa.jalr(0, S6, 0))
    a.label("show")
    a.jump("show_block", link=RA)
    a.emit(isa.jalr(0, S6, 0))
    # A0: a letter, then S8 double words from S7, then a new line.
    a.label("show_block")
    a.emit(addi(S10, RA, 0))
    a.jump("put_byte", link=RA)
    a.label("show_loop")
    a.emit(ld(A0, S7, 0))
    a.jump("put_dword", link=RA)
    a.emit(addi(S7, S7, 8), addi(S8, S8, -1 & 0xFFF))
    a.branch("ne", S8, X0, "show_loop")
    a.emit(addi(A0, X0, ord("\n")))
    a.jump("put_byte", link=RA)
    a.emit(isa.jalr(0, S10, 0))


def hash_memory(a):
    """The data pages and the entries of the page tables that are installed."""
    a.label("hash_memory")
    a.emit(addi(S2, X0, 1))
    a.constant(A0, at.DATA)
    a.constant(A1, at.DATA_PAGES * 512)
    a.label("hash_data")
    a.emit(ld(A2, A0, 0))
    _hash_step(a, A2, A3)
    a.emit(addi(A0, A0, 8), addi(A1, A1, -1 & 0xFFF))
    a.branch("ne", A1, X0, "hash_data")
    a.emit(ld(A0, BASE, at.LAST_LIST))
    a.branch("eq", A0, X0, "hash_memory_done")
    a.label("hash_entries")
    a.emit(ld(A1, A0, 0))
    a.branch("eq", A1, X0, "hash_memory_done")
    a.emit(ld(A2, A1, 0))
    _hash_step(a, A2, A3)
    a.emit(addi(A0, A0, 16))
    a.jump("hash_entries")
    a.label("hash_memory_done")
    a.emit(addi(A6, X0, 1))
    a.jump("log_hash")


def output(a):
    # A0: a byte. A7: how many more the FIFO takes. Uses T5, T6.
    t5, t6 = 29, 30
    a.label("put_byte")
    a.constant(t6, at.UART)
    a.branch("ne", A7, X0, "put_now")
    a.label("put_wait")
    a.emit(load(4, t5, t6, 5), i_type(0x13, 7, t5, t5, 0x20))
    a.branch("eq", t5, X0, "put_wait")
    a.emit(addi(A7, X0, 16))
    a.label("put_now")
    a.emit(store(0, A0, t6, 0), addi(A7, A7, -1 & 0xFFF), isa.jalr(0, RA, 0))
    # A0: eight bytes; put_word four, as hexadecimal digits. Uses T3 and T4, A1 and S11.
    t3, t4 = 28, 7
    a.label("put_dword")
    a.emit(addi(A1, X0, 60))
    a.jump("put_digits")
    a.label("put_word")
    a.emit(addi(A1, X0, 28))
    a.label("put_digits")
    a.emit(addi(t3, RA, 0), addi(S11, A0, 0))
    a.label("put_loop")
    a.emit(r_type(0x33, 5, 0, A0, S11, A1), i_type(0x13, 7, A0, A0, 15), addi(t4, X0, 10))
    a.branch("ltu", A0, t4, "put_decimal")
    a.emit(addi(A0, A0, ord("a") - 10 - ord("0")))
    a.label("put_decimal")
    a.emit(addi(A0, A0, ord("0")))
    a.jump("put_byte", link=RA)
    a.emit(addi(A1, A1, -4 & 0xFFF))
    a.branch("ge", A1, X0, "put_loop")
    a.emit(isa.jalr(0, t3, 0))
