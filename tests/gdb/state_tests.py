"""Registers and memory."""
from debugged import Kilburn, options


def test_registers_are_read_and_written():
    with Kilburn("hello") as kilburn:
        kilburn.expect_gdb([r"^\$1 = 0x1234$", r"^\$2 = 1\.5$", r"^\$3 = 0x0$",
                            r"^\$4 = 0x7$", r"^\$5 = 0x8000000000080000$", r"prv:3 \[Machine\]",
                            r"[Cc]ould not write register \"mhartid\"", r"^\$6 = 0$",
                            r"^\$7 = -1$"],
                           "set $mscratch = 0x1234", "print/x $mscratch", "set $fa0.double = 1.5",
                           "print $fa0.double", "print/x $fa0.float", "set $fcsr = 0xe1",
                           "print/x $frm", "set $satp = 0x8000000000080000", "print/x $satp",
                           "info registers priv", "set $mhartid = 1", "print $mhartid",
                           "set $a0 = -1", "print $a0", "kill")


def test_memory_is_written_and_what_is_not_there_is_an_error():
    with Kilburn("hello") as kilburn:
        kilburn.expect_gdb([r"0x8000a000:\s+0x12345678", r"Cannot access memory at address 0x10000000",
                            r"Cannot access memory at address 0x0\b",
                            r"0x1000:\s+0x00000297", r"Cannot access memory at address 0x1000\b"],
                           "set *(int*)0x8000a000 = 0x12345678", "x/wx 0x8000a000", "x/wx 0x10000000",
                           "x/wx 0", "x/wx 0x1000", "set *(int*)0x1000 = 0", "kill")


def test_a_program_is_loaded():
    with Kilburn("fails") as kilburn:
        hello = f"{options.guests}/hello.elf"
        kilburn.expect_gdb([r"^Transfer rate", r"exited normally"],
                           f"load {hello}", "set $pc = 0x1000", "continue")
        kilburn.expect_end(0, "^Hello from hart 0 of 1")


def test_code_that_is_written_is_executed_also_where_it_was_executed_before():
    with Kilburn("mix_short") as kilburn:
        # c.j 0: the hart comes no further, after uart_put has been executed many times.
        kilburn.expect_gdb([r"^Breakpoint 1, uart_put", r"^\$1 = 1$"],
                           "break uart_put", "ignore 1 50", "continue", "delete",
                           "set $here = $pc", "set *(unsigned short*)$pc = 0xa001", "stepi 7",
                           "print $pc == $here", "kill")


def test_memory_is_that_of_the_process():
    with Kilburn("processes") as kilburn:
        # PRIVATE_PAGE is mapped in processes alone: to machine mode it is the UART.
        kilburn.expect_gdb([r"^Breakpoint 1, main", r"Cannot access memory at address 0x10000000",
                            r"^Breakpoint 2, count", r"^0x10000000:\s+0\b", r"prv:0 \[User",
                            r"^Old value = 7\nNew value = 8$", r"^0x10000000:\s+1\b",
                            r"Cannot access memory at address 0x20000000"],
                           "break main", "continue", "x/gd 0x10000000", "break count", "continue",
                           "x/gd 0x10000000", "info registers priv", "watch in_data", "continue",
                           "x/gd 0x10000000", "x/gd 0x20000000", "kill")


def test_memory_is_that_of_the_guest_in_two_stages():
    with Kilburn("hypervisor_test") as kilburn:
        # guest_loads() is one load: what GDB reads there is what the guest reads.
        kilburn.expect_gdb([r"^Breakpoint 1, guest_loads", r"^\$1 = 1$", r"^\$2 = 1$"],
                           "break guest_loads if $vsatp != 0", "continue",
                           "set $word = *(unsigned long*)$a0", "stepi", "print $a0 == $word",
                           "print $word != 0", "kill")


def test_monitor_shows_the_statistics():
    with Kilburn("hello") as kilburn:
        kilburn.expect_gdb([r"hart0\.instructions +1\b|instructions +1\b", r"allowed is statistics"],
                           "stepi", "monitor statistics", "monitor nothing", "kill")
