"""A run of Kilburn, and gdb-multiarch at it: what the tests of this folder share."""
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
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
        """The same, with Ctrl-C each time that the harts go on: GDB logs the packet that says so."""
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder, "log")
            process = self.start_gdb(f"set logging file {log}", "set logging debugredirect on",
                                     "set logging enabled on", "set debug remote 1", *commands)
            try:
                for times in range(1, 1 + commands.count("continue")):
                    self.wait_until_it_goes_on(process, log, times)
                    process.send_signal(signal.SIGINT)
                return process.communicate(timeout=SECONDS)[0]
            finally:
                process.kill()
                process.communicate()

    @staticmethod
    def wait_until_it_goes_on(gdb, log, times):
        end = time.monotonic() + SECONDS
        while not log.exists() or log.read_text().count("Sending packet: $vCont;c") < times:
            expect(time.monotonic() < end, f"waited in vain for GDB to go on, time {times}")
            expect(gdb.poll() is None, f"GDB has ended before it went on, time {times}")
            time.sleep(0.01)


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
