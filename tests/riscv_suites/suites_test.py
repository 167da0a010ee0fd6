#!/usr/bin/env python3
"""HTIF, signatures, semihosting and the suites' runner, with guests of our own.

  suites_test.py KILBURN GUESTS [TEST]
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

KILBURN, GUESTS = sys.argv[1], pathlib.Path(sys.argv[2])
RUNNER = pathlib.Path(__file__).with_name("run")
# What sw/guests/htif.c leaves behind: four words that it writes, four that it does not.
SIGNATURE = ["11111111", "22222222", "33333333", "44444444",
             "00000000", "01020304", "ffffffff", "80000000"]


def execute(command, given=b""):
    result = subprocess.run(command, input=given, capture_output=True, timeout=120, check=False)
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def kilburn(guest, *options, given=b""):
    command = [KILBURN, "run", "--elf", str(GUESTS / f"{guest}.elf"), "--host-timeout", "60"]
    return execute([*command, *options], given)


def qemu(guest, given):
    """Its semihosting console is a pair of pipes."""
    return execute(["qemu-system-riscv64", "-machine", "virt", "-bios", "none", "-m", "128M",
                    "-display", "none", "-monitor", "none", "-serial", "none",
                    "-chardev", "stdio,id=console",
                    "-semihosting-config", "enable=on,target=native,chardev=console",
                    "-kernel", str(GUESTS / f"{guest}.elf")], given)


def instructions(guest, *options):
    """Of the run; it must pass."""
    status, out, err = kilburn(guest, "--stats-list", *options)
    assert status == 0, err
    return re.findall(r'\["hart0\..*', out)


class Suites(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def signature(self, guest, *options):
        file = self.folder / "signature"
        status, _, err = kilburn(guest, "--signature", str(file), *options)
        return status, file.read_text() if file.exists() else None, err

    # HTIF

    def test_htif_prints_and_passes(self):
        for guest in ("htif", "htif_narrow"):
            status, out, _ = kilburn(guest)
            self.assertEqual(status, 0, guest)
            self.assertTrue(out.startswith("characters\nsystem call\n"), out)

    def test_htif_failure_names_the_test(self):
        status, out, _ = kilburn("htif_fails")
        self.assertEqual(status, 5)
        self.assertIn("failed with code 5 (tohost 0xb: test 5", out)

    def test_htif_is_noticed_at_the_same_instruction_without_the_fast_path(self):
        for guest in ("htif", "htif_narrow"):
            self.assertEqual(instructions(guest),
                             instructions(guest, "--set", "riscv.fast_path=false"))

    def test_htif_needs_an_aligned_word(self):
        elf = bytearray((GUESTS / "htif.elf").read_bytes())
        offset, entry, count = (int.from_bytes(elf[a:a + n], "little")
                                for a, n in ((40, 8), (58, 2), (60, 2)))
        headers = [offset + i * entry for i in range(count)]
        word = lambda at, n=8: int.from_bytes(elf[at:at + n], "little")
        symbols = next(h for h in headers if word(h + 4, 4) == 2)  # SHT_SYMTAB
        names = word(headers[word(symbols + 40, 4)] + 24)
        for at in range(word(symbols + 24), word(symbols + 24) + word(symbols + 32), 24):
            name = names + word(at, 4)
            if elf[name:name + 7] == b"tohost\0":
                elf[at + 8] |= 4
        (self.folder / "odd.elf").write_bytes(elf)
        status, _, err = execute([KILBURN, "run", "--elf", str(self.folder / "odd.elf")])
        self.assertEqual(status, 2)
        self.assertRegex(err, r"odd\.elf: tohost at 0x[0-9a-f]+: allowed is a multiple of 8")

    # Signatures

    def test_signature_is_four_bytes_a_line(self):
        status, text, _ = self.signature("htif")
        self.assertEqual(status, 0)
        self.assertEqual(text, "\n".join(SIGNATURE) + "\n")

    def test_signature_by_other_granularities(self):
        _, text, _ = self.signature("htif", "--signature-granularity", "8")
        self.assertEqual(text.split()[2:], ["01020304" + "00000000", "80000000" + "ffffffff"])
        _, text, _ = self.signature("htif", "--signature-granularity", "1")
        self.assertEqual(text.split()[20:24], ["04", "03", "02", "01"])

    def test_signature_is_written_where_the_guest_fails(self):
        status, text, _ = self.signature("htif_fails")
        self.assertEqual(status, 5)
        self.assertEqual(text.split(), SIGNATURE)

    def test_signature_needs_its_symbols(self):
        status, text, err = self.signature("hello")
        self.assertEqual((status, text), (2, None))
        self.assertIn("no symbol begin_signature", err)

    def test_signature_needs_a_place_before_the_run(self):
        status, out, err = kilburn("htif", "--signature", str(self.folder / "none" / "file"))
        self.assertEqual((status, out), (2, ""))
        self.assertIn("--signature", err)
        self.assertIn("cannot be written", err)

    def test_signature_options_are_checked(self):
        for options in (("--signature-granularity", "4"),
                        ("--signature", str(self.folder / "file"), "--signature-granularity", "3")):
            self.assertEqual(kilburn("htif", *options)[0], 2, options)
        for option in (("--signature", "file"), ("--semihosting",)):
            status, _, err = execute([KILBURN, "run", "--trace", "none", *option])
            self.assertEqual(status, 2)
            self.assertIn(f"{option[0]}: only with --elf", err)

    # Semihosting

    def test_semihosting_as_on_qemu(self):
        self.assertTrue(shutil.which("qemu-system-riscv64"), "the launcher installs it")
        said = "by a string\nc\nby a handle\nfrom supervisor mode\nread: "
        expected = said + "k\n"
        status, out, _ = qemu("semihosting", b"k")
        # QEMU 7.2 answers a SYS_READC that has had to wait with 0.
        self.assertIn((status, out.replace("\r", "")), [(0, expected), (0, said + "\0\n")])
        for fast in ("true", "false"):
            status, out, _ = kilburn("semihosting", "--semihosting",
                                     "--set", f"riscv.fast_path={fast}", given=b"k")
            self.assertEqual(status, 0, out)
            self.assertTrue(out.startswith(expected), out)

    def test_semihosting_exit_code_as_on_qemu(self):
        self.assertEqual(qemu("semihosting_fails", b"k")[0], 7)
        self.assertEqual(kilburn("semihosting_fails", "--semihosting", given=b"k")[0], 7)

    def test_an_ebreak_is_an_ebreak_without_the_option(self):
        status, out, _ = kilburn("semihosting", given=b"k")
        self.assertEqual(status, 2)
        self.assertIn("mcause 0x3 (breakpoint)", out)

    # The runner

    def run_suite(self, *guests, options=(), reference=None):
        for guest in guests:
            shutil.copy(GUESTS / f"{guest}.elf", self.folder)
            if reference is not None:
                (self.folder / f"{guest}.reference_output").write_text("\n".join(reference) + "\n")
        return execute([str(RUNNER), "--kilburn", KILBURN, str(self.folder), *options])

    def test_runner_passes(self):
        (self.folder / "no_program").write_text("text")
        status, out, err = self.run_suite("htif", "htif_narrow")
        self.assertEqual(status, 0, out + err)
        self.assertIn("2 passed, 0 failed", out)

    def test_runner_tells_a_failure(self):
        status, out, _ = self.run_suite("htif", "htif_fails")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"htif_fails\.elf +FAILED +the guest .*test 5")
        self.assertIn("1 passed, 1 failed", out)

    def test_runner_compares_signatures(self):
        status, out, _ = self.run_suite("htif", reference=[word.upper() for word in SIGNATURE])
        self.assertEqual(status, 0, out)
        wrong = [*SIGNATURE[:6], "fffffffe", SIGNATURE[7]]
        status, out, _ = self.run_suite("htif", reference=wrong)
        self.assertEqual(status, 1)
        self.assertIn("signature, line 7: ffffffff, not fffffffe", out)
        status, out, _ = self.run_suite("htif", reference=SIGNATURE[:-1])
        self.assertEqual(status, 1)
        self.assertIn("signature: 8 lines, not 7", out)

    def test_runner_skips_and_sets(self):
        status, out, _ = self.run_suite("htif", "htif_fails", options=("--skip", "*_fails*"))
        self.assertEqual(status, 0, out)
        status, out, _ = self.run_suite("htif", options=("--set", "riscv.pmp_entries=3"))
        self.assertEqual(status, 1)
        self.assertIn("pmp_entries", out)

    def test_runner_wants_programs(self):
        self.assertEqual(self.run_suite()[0], 1)
        self.assertEqual(execute([str(RUNNER), "--kilburn", KILBURN, str(self.folder / "x")])[0], 1)


if __name__ == "__main__":
    os.environ["LC_ALL"] = "C"
    unittest.main(argv=[sys.argv[0], *(f"Suites.{name}" for name in sys.argv[3:])])
