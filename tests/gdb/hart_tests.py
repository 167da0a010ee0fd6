"""Harts are threads."""
import re

from debugged import expect, expect_lines, storm


def test_harts_are_threads():
    with storm() as kilburn:
        kilburn.expect_gdb([r"\* 1 +Thread 1 \(hart 0\)", r"^  2 +Thread 2 \(hart 1\)",
                            r"^Thread 1 .*\n\$1 = 0$", r"^Thread 2 .*\n\$2 = 1$"],
                           "info threads", "thread apply 1 2 print $mhartid", "kill")


def test_a_breakpoint_stops_each_hart_once():
    with storm(harts=3) as kilburn:
        said = kilburn.gdb("break start_hammer", "continue", "continue", "break machine_exit",
                           "continue", "kill")
        hit = sorted(re.findall(r"^Thread (\d) hit Breakpoint 1, start_hammer", said, re.MULTILINE))
        expect(hit == ["2", "3"], f"start_hammer is entered by {hit}:\n{said}")
        expect_lines([r"^Thread 1 hit Breakpoint 2"], said)


def test_a_step_lets_the_other_harts_run():
    with storm() as kilburn:
        # Hart 0 spins until hart 1 has come.
        kilburn.expect_gdb([r"^Thread 1 hit Breakpoint 1", r"^main \(\)"],
                           "break barrier_wait if $_thread == 1", "continue", "delete", "finish",
                           "kill")


def test_a_locked_scheduler_holds_the_other_harts():
    with storm() as kilburn:
        kilburn.expect_gdb([r"^Thread 2 hit Breakpoint 1", r"^\$1 = 1$", r"^\$2 = 0$"],
                           "break start_hammer", "continue", "delete", "thread 1", "set $other = $pc",
                           "set $others = $instret", "thread 2", "set scheduler-locking on",
                           "set $before = $instret", "stepi 10", "print $instret - $before == 10",
                           "thread 1", "print $instret - $others", "kill")
