"""Puts the cases of a group and seed together to a program (ELF)."""

import random
import struct

import cases
import isa
import layout as at
from aia_stream import first_state
from case import PROTECTION, SD, WRITTEN
from isa import Assembler, addi, load
from monitor import handlers, monitor
from monitor_registers import BASE

PAGE = 4096


class Program:
    def __init__(self, group, seed, words, *, napot=True):
        self.group, self.seed = group, seed
        rng = random.Random(f"{group} {seed}")
        self.cases = cases.program_cases(group, rng, words, napot=napot)
        self.data = cases.data(rng)
        self.descriptors, self.lists = bytearray(), bytearray()
        self.where_list = {}
        script = self._script(rng)
        code, self.labels = monitor(at.SCRIPT)
        self.segments = {at.MONITOR: code, at.HANDLERS: self._handlers_page(), at.SCRIPT: script,
                         at.STATE: bytearray(at.STATE_BYTES), at.CASES: bytes(self.descriptors),
                         at.LISTS: bytes(self.lists) or bytes(8), at.CODE: self._code(),
                         at.DATA: self.data}

    @staticmethod
    def _handlers_page():
        page = bytearray(PAGE)
        code = handlers()
        page[:len(code)] = code
        guest = 8 * at.HANDLER_BYTES
        page[guest:guest + len(code)] = code
        return bytes(page)

    def _code(self):
        end = max(case.physical + 4 * len(case.words) for case in self.cases)
        code = bytearray(end - at.CODE)
        for case in self.cases:
            offset = case.physical - at.CODE
            code[offset:offset + 4 * len(case.words)] = struct.pack(f"<{len(case.words)}I",
                                                                    *case.words)
        return bytes(code)

    def _list(self, space):
        if space is None:
            return 0
        if space not in self.where_list:
            self.where_list[space] = at.LISTS + len(self.lists)
            for address, value in space.pool.entries.items():
                self.lists += struct.pack("<QQ", address, value)
            self.lists += bytes(16)
        return self.where_list[space]

    def _descriptor(self, number, case, values):
        words = [0] * (at.VALUES // 8)
        words[at.START_PC // 8] = case.start
        words[at.END_PC // 8] = case.start + 4 * (len(case.words) - 1)
        words[at.TRAP_LIMIT // 8] = case.limit
        words[at.STATUS // 8] = case.status & ~SD
        words[at.HOST_HANDLER // 8] = case.host_handler
        words[at.GUEST_HANDLER // 8] = case.guest_handler
        words[at.ROUNDS // 8] = case.rounds
        words[at.NUMBER // 8] = number
        words[at.HASH_MEMORY // 8] = 1
        words[at.HIDE_VALUE // 8] = int(case.hide_value)
        words[at.MODES // 8:at.MODES // 8 + 8] = case.modes
        words[at.REGISTERS // 8:at.REGISTERS // 8 + 32] = case.registers
        address = at.CASES + len(self.descriptors)
        words += values
        self.descriptors += struct.pack(f"<{len(words)}Q", *(w & isa.MASK64 for w in words))
        return address

    def _script(self, rng):
        a = Assembler(at.SCRIPT)
        labels = monitor(at.SCRIPT)[1]
        a.labels.update({name: labels[name] for name in ("enter", "install", "finish")})
        a.constant(5, (1 << 54) - 1)
        a.write("pmpaddr15", 5)
        a.constant(5, 0x1F << 56)
        a.write("pmpcfg2", 5)
        if self.group == "aia":
            a.emit(*first_state(rng))
        installed = 0
        for number, case in enumerate(self.cases):
            entries = self._list(case.space)
            if entries != installed or number == 0:
                a.constant(10, entries)
                a.jump("install", link=1)
                installed = entries
            names = WRITTEN + (PROTECTION if case.protected else ())
            values = [case.csrs.get(name, 0) for name in names]
            if case.protected:  # off while the addresses change
                values[len(WRITTEN)] = 0
            descriptor = self._descriptor(number, case, values)
            a.constant(9, descriptor)
            a.emit(isa.store(3, 9, BASE, at.CASE))
            a.address(1, f"continue {number}")
            a.emit(isa.store(3, 1, BASE, at.CONTINUE))
            a.label(f"round {number}")
            a.emit(load(3, 9, BASE, at.CASE))
            a.emit(isa.lui(1, at.STATUS_FS >> 12), isa.csrrs(0, isa.CSRS["mstatus"], 1),
                   isa.csrrw(0, isa.CSRS["fcsr"], 0))
            for i, name in enumerate(names):
                a.emit(load(3, 1, 9, at.VALUES + 8 * i), isa.csrrw(0, isa.CSRS[name], 1))
            if rng.random() < 0.7:
                a.emit(*(isa.fence(name) for name in ("sfence.vma", "hfence.vvma", "hfence.gvma")))
            else:
                a.emit(isa.SFENCE_W_INVAL, *(isa.fence(name) for name in
                                             ("sinval.vma", "hinval.vvma", "hinval.gvma")),
                       isa.SFENCE_INVAL_IR)
            a.jump("enter")
            a.label(f"continue {number}")
            a.branch("eq", 10, 0, f"round {number}")
        a.jump("finish")
        code = a.finish()
        assert len(code) <= at.CASES - at.SCRIPT
        return code

    def elf(self, detail=(0, 0)):
        """The file's bytes. `detail`: the first snapshot to show in full, and the one behind the
        last."""
        self.segments[at.STATE][at.DETAIL_FROM:at.DETAIL_TO + 8] = struct.pack("<QQ", *detail)
        header_bytes = 64 + 56 * len(self.segments)
        headers, body = b"", b""
        for address, contents in sorted(self.segments.items()):
            headers += struct.pack("<IIQQQQQQ", 1, 7, header_bytes + len(body), address, address,
                                   len(contents), len(contents), 8)
            body += bytes(contents) + bytes(-len(contents) % 8)
        identification = b"\x7fELF\x02\x01\x01" + bytes(9)
        header = identification + struct.pack("<HHIQQQIHHHHHH", 2, 243, 1, at.MONITOR, 64, 0, 1, 64,
                                              56, len(self.segments), 0, 0, 0)
        return header + headers + body
