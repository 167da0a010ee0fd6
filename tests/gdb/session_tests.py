"""Connections, and how a session ends."""
import re
import signal
import subprocess

from debugged import SECONDS, Kilburn, Wire, expect, expect_lines, options, storm


def test_gdb_is_told_the_exit_code():
    with Kilburn("fails") as kilburn:
        kilburn.expect_gdb([r"exited with code 052"], "continue")  # 42
        kilburn.expect_end(42, "^fail 42$")


def test_gdb_is_told_of_a_timeout():
    with Kilburn("hello", "--timeout-ms", "1") as kilburn:
        kilburn.expect_gdb([r"exited with code 0174"], "set $pc = park", "continue")  # 124
        kilburn.expect_end(124)


def test_a_hart_that_is_stuck_can_be_looked_at():
    with Kilburn("hello") as kilburn:
        # Neither the program nor its trap handler is there.
        kilburn.expect_gdb([r"^hart 0: the first instruction of the trap handler traps to itself",
                            r"received signal SIGSEGV", r"^\$1 = 0x40$", r"^\$2 = 1$",
                            r"exited with code 01"],
                           "set $mtvec = 0x40", "set $pc = 0x80", "continue", "print/x $pc",
                           "print $mcause", "continue")
        kilburn.expect_end(1, "traps to itself")


def test_a_hart_that_was_stuck_goes_on_where_gdb_sets_it():
    with Kilburn("hello") as kilburn:
        kilburn.expect_gdb([r"traps to itself \(pc 0x40", r"received signal SIGSEGV",
                            r"traps to itself \(pc 0x48", r"received signal SIGSEGV",
                            r"exited normally"],
                           "set $mtvec = 0x40", "set $pc = 0x80", "continue",
                           "set $mtvec = 0x48", "set $pc = 0x80", "continue",
                           "set $pc = 0x1000", "continue")
        kilburn.expect_end(0, "^pass$")


def test_kill_ends_the_run():
    with Kilburn("hello") as kilburn:
        kilburn.expect_gdb([r"killed"], "kill")
        kilburn.expect_end(130)


def test_gdb_detaches_and_connects_again():
    with storm("--set", "clock.quantum_cycles=1000") as kilburn:
        said = kilburn.gdb("break main", "continue", "set *(unsigned short*)$pc = 0xa001",
                           "print/x $pc", "detach")
        expect_lines([r"^Thread 1 hit Breakpoint 1, main", r"detached"], said)
        # It spins there, at full speed.
        here = re.search(r"^\$1 = (0x\w+)$", said, re.MULTILINE)[1]
        kilburn.expect_gdb([rf"^\$1 = {here}$", rf"^\$2 = {here}$", r"Thread 2 \(hart 1\)"],
                           "print/x $pc", "stepi", "print/x $pc", "info threads", "detach")
        kilburn.expect_running()
        kilburn.expect_gdb([r"killed"], "kill")
        kilburn.expect_end(130)


def test_gdb_that_is_gone_lets_the_run_go_on():
    with Kilburn("hello") as kilburn:
        wire = Wire(kilburn.port)
        expect(wire.ask("Z0,80000000,4") == "OK", "Z0")
        expect(wire.ask("vCont;c") == "T05thread:1;", "stop at the program's entry")
        expect(wire.ask("p20") == "0000008000000000", "pc")
        wire.close()
        kilburn.expect_end(0, "^pass$")


def test_damaged_packets_are_sent_again():
    with Kilburn("hello") as kilburn:
        wire = Wire(kilburn.port)
        wire.socket.sendall(b"$g#00")
        expect(wire.socket.recv(1) == b"-", "asked for again")
        expect(wire.ask("qC") == "QC1", "qC")
        wire.socket.sendall(b"-")
        expect(wire.receive() == "QC1", "the reply again")
        wire.send("k")
        kilburn.expect_end(130)


def test_a_signal_ends_a_run_that_waits_for_gdb():
    with Kilburn("hello") as kilburn:
        kilburn.process.send_signal(signal.SIGINT)
        kilburn.expect_end(130)
    with Kilburn("hello") as kilburn:
        wire = Wire(kilburn.port)
        expect(wire.ask("?") == "T05thread:1;", "connected")
        kilburn.process.send_signal(signal.SIGTERM)
        kilburn.expect_end(143)


def test_a_port_in_use_is_told():
    with Kilburn("hello") as kilburn:
        command = [options.kilburn, "run", "--elf", kilburn.elf, "--gdb", str(kilburn.port)]
        second = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=SECONDS, check=False)
        expect(second.returncode == 2, f"exit status {second.returncode}")
        expect(f"--gdb {kilburn.port}: " in second.stderr and "allowed is a free TCP port" in
               second.stderr, second.stderr)
