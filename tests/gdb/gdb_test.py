#!/usr/bin/env python3
"""Debugs guests of sw/ on Kilburn with the real gdb-multiarch.

Each function named test_* is a test. Its expectations come from the guests' sources and from
arithmetic, not from what Kilburn said before.
"""
import argparse
import contextlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

GDB = "gdb-multiarch"
SECONDS = 30  # a test that takes longer has failed


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


class Kilburn:
    """A run that waits for GDB. Its console's input stays open, so that it may sleep for ever."""

    def __init__(self, guest, *options):
        self.elf = f"{arguments.guests}/{guest}.elf"
        # GDB may take bare programs for Linux's, and step with breakpoints of its own.
        self.osabi = "none"
        command = [arguments.kilburn, "run", "--elf", self.elf, "--gdb", "0",
                   "--set", "memory.bytes=256MiB"]
        self.process = subprocess.Popen(command + list(options), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        port = re.search(r"target remote :(\d+)", line)
        expect(port, f"no port in: {line}")
        self.port = int(port[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def expect_end(self, status, text=""):
        out, err = self.process.communicate(timeout=SECONDS)
        expect(self.process.returncode == status,
               f"exit status {self.process.returncode}, not {status}:\n{out}\n{err}")
        expect(re.search(text, out, re.MULTILINE), f"{text} is not in:\n{out}")

    def expect_running(self):
        expect(self.process.poll() is None, "the run has ended")

    def start_gdb(self, *commands):
        settings = ["set pagination off", "set confirm off", "set width 0",
                    f"target remote :{self.port}"]
        words = [word for command in settings + list(commands) for word in ("-ex", command)]
        return subprocess.Popen([GDB, "-nx", "-q", "-batch", "-iex", f"set osabi {self.osabi}", *words,
                                 self.elf],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, bufsize=1)

    def gdb(self, *commands):
        """What GDB says."""
        process = self.start_gdb(*commands)
        try:
            return process.communicate(timeout=SECONDS)[0]
        except subprocess.TimeoutExpired as late:
            process.kill()
            said = process.communicate()[0]
            raise AssertionError(f"GDB does not end; it said:\n{said}") from late

    def expect_gdb(self, patterns, *commands):
        expect_lines(patterns, self.gdb(*commands))

    def gdb_with_interrupts(self, *commands):
        """The same, with Ctrl-C a while after each time that it goes on. GDB keeps what it says for
        later: a shell tells that it is there."""
        shown = [word for command in commands
                 for word in (["shell echo going on"] if command == "continue" else []) + [command]]
        process = self.start_gdb(*shown)
        watchdog = threading.Timer(SECONDS, process.kill)
        watchdog.start()
        said = ""
        with contextlib.closing(process.stdout):
            for line in process.stdout:
                said += line
                if "going on" in line:
                    time.sleep(0.3)
                    process.send_signal(signal.SIGINT)
        process.wait()
        watchdog.cancel()
        return said


def expect_lines(patterns, said):
    """One after the other."""
    at = 0
    for pattern in patterns:
        found = re.compile(pattern, re.MULTILINE).search(said, at)
        expect(found, f"{pattern}\nis not here, or not in this order:\n{said}")
        at = found.end()


class Wire:
    """The protocol without GDB."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self.pending = b""

    def send(self, data):
        text = data.encode()
        self.socket.sendall(b"$" + text + b"#%02x" % (sum(text) & 0xFF))

    def receive(self):
        while not (packet := re.match(rb"[+]*\$([^#]*)#[0-9a-f]{2}", self.pending)):
            more = self.socket.recv(4096)
            expect(more, "connection closed")
            self.pending += more
        self.pending = self.pending[packet.end():]
        self.socket.sendall(b"+")
        return packet[1].decode()

    def ask(self, data):
        self.send(data)
        return self.receive()

    def close(self):
        self.socket.close()


def storm(*options, harts=2):
    """Hart 0 changes a page table, the others check it."""
    return Kilburn("two_hart_storm_short", "--set", f"riscv.harts={harts}", *options)


# --- Where execution stops ---


def test_the_run_begins_at_the_reset_vector():
    with Kilburn("hello") as kilburn:
        # platform/board/reset_vector.cpp: 0x1004 is addi a2, t0, 40; t0 the pc of the auipc before.
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


# --- Watchpoints ---


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


# --- Harts ---


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


# --- Ctrl-C, WFI ---


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


# --- Registers and memory ---


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
        hello = f"{arguments.guests}/hello.elf"
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


# --- How a session ends ---


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
        kilburn.expect_end(130)


def test_a_port_in_use_is_told():
    with Kilburn("hello") as kilburn:
        command = [arguments.kilburn, "run", "--elf", kilburn.elf, "--gdb", str(kilburn.port)]
        second = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=SECONDS, check=False)
        expect(second.returncode == 2, f"exit status {second.returncode}")
        expect(f"--gdb {kilburn.port}: " in second.stderr and "allowed is a free TCP port" in
               second.stderr, second.stderr)


def main():
    global arguments
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kilburn")
    parser.add_argument("guests", help="folder of their ELF files")
    parser.add_argument("tests", nargs="*", help="names of tests; none: all")
    arguments = parser.parse_args()
    if not shutil.which(GDB):
        sys.exit(f"{GDB} is missing: install the package gdb-multiarch")
    tests = {name: function for name, function in globals().items() if name.startswith("test_")}
    failed = 0
    for name in arguments.tests or tests:
        start = time.monotonic()
        try:
            tests[name]()
        except AssertionError as failure:
            print(f"{name}: {failure}", file=sys.stderr)
            failed += 1
        print(f"{name}: {time.monotonic() - start:.2f} s", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
