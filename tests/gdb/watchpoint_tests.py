"""Watchpoints."""
from debugged import Kilburn, storm


def test_watchpoints_of_all_kinds():
    with Kilburn("hello", "--set", "riscv.harts=3") as kilburn:
        kilburn.expect_gdb([r"^Old value = 0\nNew value = 3", r"^Value = 3"],
                           "watch facts.harts", "continue", "delete", "rwatch facts.harts",
                           "continue", "kill")
    with Kilburn("hello", "--set", "riscv.harts=3") as kilburn:
        kilburn.expect_gdb([r"hit Breakpoint 1, ", r"^Old value = 0\nNew value = 3", r"^Value = 3"],
                           "break uart_init", "continue", "awatch facts.harts", "continue",
                           "continue", "kill")


def test_a_watchpoint_in_the_middle_of_an_access():
    with Kilburn("hello") as kilburn:
        # The third byte of 256 MiB = 0x10000000 is not changed, the fourth is 0x10.
        kilburn.expect_gdb([r"^Old value = 0 .*\nNew value = 16 "],
                           "watch ((unsigned char*)&facts.memory_bytes)[3]", "continue", "kill")


def test_a_watchpoint_on_an_atomic_of_another_hart():
    with storm() as kilburn:
        kilburn.expect_gdb([r"^Thread 2 hit Hardware watchpoint 1", r"^Old value = 0\nNew value = 1$"],
                           "watch loads_checked", "continue", "kill")


def test_a_read_watchpoint_on_an_atomic():
    with storm() as kilburn:
        kilburn.expect_gdb([r"^Thread 2 hit Hardware read watchpoint 1: loads_checked", r"^Value = 1$",
                            r"^Thread 2 hit Hardware read watchpoint 1: loads_checked",
                            r"^Value = 2$"],
                           "rwatch loads_checked", "continue", "continue", "kill")


def atomic_word(function, source):
    """Of a word at a2, with rd = a0."""
    return function << 27 | source << 20 | 12 << 15 | 2 << 12 | 10 << 7 | 0x2F


def test_a_store_conditional_that_fails_is_no_access():
    load_reserved = atomic_word(2, 0)
    store_conditional = atomic_word(3, 11)  # of a1
    nop = 0x13  # GDB goes one instruction further than the hart
    loop = 0xa001  # c.j 0
    code = [store_conditional, nop, load_reserved, nop, store_conditional, nop, loop]
    with Kilburn("hello") as kilburn:
        kilburn.expect_gdb([r"^Breakpoint 1, main",
                            r"access.* watchpoint", r"^Value = 5$", r"^\$1 = 5$",
                            r"access.* watchpoint", r"^Old value = 5\nNew value = 7$", r"^\$2 = 0$"],
                           "break main", "continue", "delete",
                           *[f"set *(unsigned*)($pc + {4 * i}) = {word}"
                             for i, word in enumerate(code)],
                           "set $a1 = 7", "set $a2 = 0x8000a000", "set *(int*)$a2 = 5",
                           "awatch *(int*)0x8000a000", "continue", "print $a0", "continue",
                           "print $a0", "kill")
