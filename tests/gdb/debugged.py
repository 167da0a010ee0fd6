"""A run of Kilburn, and gdb-multiarch at it: what the tests of this folder share."""
import contextlib
import re
import signal
import socket
import subprocess
import threading
import time

GDB = "gdb-multiarch"
SECONDS = 30  # a test that takes longer has failed


class options:
    """As the command line said."""

    kilburn = ""  # the program
    guests = ""  # folder of their ELF files


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


class Kilburn:
    """A run that waits for GDB. Its console's input stays open, so that it may sleep for ever."""

    def __init__(self, guest, *settings):
        self.elf = f"{options.guests}/{guest}.elf"
        # GDB may take bare programs for Linux's, and step with breakpoints of its own.
        self.osabi = "none"
        command = [options.kilburn, "run", "--elf", self.elf, "--gdb", "0",
                   "--set", "memory.bytes=256MiB"]
        self.process = subprocess.Popen(command + list(settings), stdin=subprocess.PIPE,
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


def storm(*settings, harts=2):
    """Hart 0 changes a page table, the others check it."""
    return Kilburn("two_hart_storm_short", "--set", f"riscv.harts={harts}", *settings)
