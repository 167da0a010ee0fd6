"""Where execution stops: steps, breakpoints, traps, Ctrl-C and WFI."""
from debugged import Kilburn, expect_lines, storm


def test_the_run_begins_at_the_reset_vector():
    with Kilburn("hello") as kilburn:
        # platform/software/reset_vector.cpp: 0x1004 is addi a2, t0, 40; t0 the pc of the auipc before.
        kilburn.expect_gdb([r"pc +0x1000\b", r"=> 0x1000:\s+auipc\s+t0,0x0",
                            r"^Breakpoint 1, 0x0*1004", r"a2 +0x1028\b"],
                           "info registers pc", "x/i $pc", "break *0x1004", "continue", "stepi",
                           "info registers a2", "detach")
        kilburn.expect_end(0, "^pass$")


def test_a_breakpoint_where_the_hart_stands_is_stepped_over():
    with Kilburn("hello") as kilburn:
        kilburn.expect_gdb([r"^Breakpoint 2, .*start\.S", r"^Breakpoint 3, main"],
                           "break *0x1000", "break *_start", "break main", "continue", "continue",
                           "kill")


def test_step_next_until_finish_and_backtrace():
    with Kilburn("hello") as kilburn:
        kilburn.expect_gdb([r"^Breakpoint 1, main", r"^#0 +features_find", r"^#1 .* in main",
                            r"^Run till exit|^0x.* in main", r"Value returned is .*asid_bits = 16",
                            r"features_print", r"return EXIT_PASS"],
                           "break main", "continue", "break features_find", "continue",
                           "backtrace", "finish", "next", "until", "detach")
        kilburn.expect_end(0, "^Hello from hart 0 of 1, with 256 MiB of memory")
    with Kilburn("hello") as kilburn:
        kilburn.expect_gdb([r"^Breakpoint 1, main", r"^features_print|^features_find|^hart_id"],
                           "break main", "continue", "next", "step", "kill")


def test_gdb_may_step_with_breakpoints_of_its_own():
    with Kilburn("hello") as kilburn:
        kilburn.osabi = "GNU/Linux"
        kilburn.expect_gdb([r"^Breakpoint 1, main", r"^\$1 = 1$", r"features_print"],
                           "break main", "continue", "set $before = $instret", "stepi 20",
                           "print $instret - $before == 20", "next 2", "detach")
        kilburn.expect_end(0, "^pass$")


def test_a_conditional_breakpoint_stops_where_its_condition_holds():
    with Kilburn("hello") as kilburn:
        kilburn.expect_gdb([r"^Breakpoint 1, uart_put", r"^\$1 = 101 'e'$"],
                           "break uart_put if $a0 == 101", "continue", "print (char)$a0", "kill")


def test_a_trap_is_stepped_into():
    with Kilburn("unexpected_trap") as kilburn:
        # The guest stores a double-word to 0x8000000, where nothing is: cause 7.
        kilburn.expect_gdb([r"^Breakpoint 1, main", r"=> .*<main\+\d+>:\s+sd", r"=> .*<trap_entry_m>",
                            r"^\$1 = 7$", r"^\$2 = 0x8000000$"],
                           "break main", "continue", "break *$pc if 0", "stepi", "x/i $pc", "stepi",
                           "x/i $pc", "print $mcause", "print/x $mtval", "detach")
        kilburn.expect_end(2, "^fail 2$")


def test_ctrl_c_stops_running_harts():
    with storm() as kilburn:
        # c.j 0: hart 0 spins in main, hart 1 waits for it.
        kilburn.gdb("break main", "continue", "set *(unsigned short*)$pc = 0xa001", "detach")
        said = kilburn.gdb_with_interrupts("continue", "continue", "info threads", "kill")
        expect_lines([r"^Thread 1 received signal SIGINT", r"^Thread 1 received signal SIGINT",
                      r"Thread 2 \(hart 1\)"], said)
        kilburn.expect_end(130, "^interrupted")


def test_ctrl_c_stops_harts_that_wait_for_interrupts():
    with Kilburn("hello") as kilburn:
        said = kilburn.gdb_with_interrupts("set $pc = park", "continue", "x/i $pc", "kill")
        expect_lines([r"received signal SIGINT", r"=> .*<park\+4>"], said)


def test_a_step_over_wfi_ends_behind_it_and_the_next_waits():
    with Kilburn("hello") as kilburn:
        # A software interrupt that is enabled, but masked, ends the WFI.
        kilburn.expect_gdb([r"=> .*<park>:\s+wfi", r"=> .*<park\+4>", r"=> .*<park>:\s+wfi"],
                           "set $pc = park", "x/i $pc", "stepi", "x/i $pc", "set $mie = 2",
                           "set $mip = 2", "stepi", "x/i $pc", "kill")


def test_the_end_of_all_harts_waiting_can_be_looked_at():
    with Kilburn("hello") as kilburn:
        kilburn.process.stdin.close()
        kilburn.process.stdin = None
        kilburn.expect_gdb([r"every hart waits for an interrupt that cannot come",
                            r"received signal SIGINT", r"<park\+4>", r"exited with code 01"],
                           "set $pc = park", "continue", "x/i $pc", "continue")
        kilburn.expect_end(1, "^every hart waits")
