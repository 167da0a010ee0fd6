"""Random page tables: Sv39, Sv48, Sv57 and their x4 forms, with leaves of every level, Svnapot, and
what makes a walk fail."""

import layout as at

V, R, W, X, U, G, A, D = (1 << i for i in range(8))
PBMT = 1 << 61
N = 1 << 63
PAGE = 4096
MODES = {39: (8, 3), 48: (9, 4), 57: (10, 5)}  # bits of a virtual address: satp.MODE, levels
HOLE = 0x18000000                             # no memory and no device
ROOT_OF_GUEST = 4 * PAGE


class Collision(Exception):
    """The place is taken by another mapping."""


def span(level):
    """Bytes that a leaf of `level` maps."""
    return PAGE << 9 * level


def entry(physical, flags):
    return physical >> 12 << 10 | flags


class Pool:
    """Physical pages for tables, and the entries in them."""

    def __init__(self):
        self.next = at.TABLES
        self.entries = {}

    def pages(self, count=1):
        bytes_ = count * PAGE
        first = (self.next + bytes_ - 1) & -bytes_
        self.next = first + bytes_
        assert self.next <= at.TABLES + at.TABLES_BYTES
        return first


class Stage:
    """One stage of translation. `guest_stage`: of the stage below, through which this one's tables
    are reached; None: they are at physical addresses."""

    def __init__(self, pool, rng, bits, *, widened=False, guest_stage=None):
        self.pool, self.rng, self.bits, self.widened = pool, rng, bits, widened
        self.mode, self.levels = MODES[bits]
        self.guest_stage = guest_stage
        self.regions = []
        root = pool.pages(4 if widened else 1)
        # What the tables' own addresses are, and where they lie.
        self.physical = {}
        self.root = self._place(root)

    def _place(self, physical):
        address = physical
        if self.guest_stage is not None:
            # Writable and dirty: QEMU 7.2 updates a guest's tables without asking the guest stage.
            flags = V | R | W | U | D | self.rng.choice((0, A))
            address = self.guest_stage.place(physical, flags)
        self.physical[address] = physical
        return address

    def _index(self, address, level):
        bits = 11 if self.widened and level == self.levels - 1 else 9
        return address >> (12 + 9 * level) & ((1 << bits) - 1)

    def path(self, address, level):
        """Physical addresses of the entries of `address` from the root to `level`, made if they are
        not there."""
        table, result = self.root, []
        for i in range(self.levels - 1, -1, -1):
            where = self.physical[table] + 8 * self._index(address, i)
            result.append(where)
            if i == level:
                return result
            pointer = self.pool.entries.get(where)
            if pointer is None:
                table = self._place(self.pool.pages())
                self.pool.entries[where] = entry(table, V)
            else:
                table = pointer >> 10 << 12
                if pointer & (R | W | X) or table not in self.physical:
                    raise Collision
        raise AssertionError

    def set(self, address, level, value):
        path = self.path(address, level)
        if path[-1] in self.pool.entries:
            raise Collision
        self.pool.entries[path[-1]] = value
        return path

    def random_address(self, offset, level):
        """One whose bits below a leaf of `level` are those of `offset`. Most share their upper bits with
        others, and so their tables."""
        r = self.rng
        low = span(level) - 1
        if level < 2 and r.random() < 0.9:
            while len(self.regions) < 4:
                self.regions.append(self.random_address(0, 2))
            return r.choice(self.regions) | r.getrandbits(30) & ~low | offset & low
        if self.widened:
            # The upper half of the guest's addresses is legal, but QEMU 7.2 refuses it.
            address = r.getrandbits(min(self.bits + 1, 56))
            return address & ~low | offset & low
        address = r.getrandbits(self.bits) & ~low | offset & low
        sign = address >> (self.bits - 1) & 1
        return address | (0xFFFFFFFFFFFFFFFF << self.bits & 0xFFFFFFFFFFFFFFFF) * sign

    def place(self, physical, flags, level=0):
        """Maps the page of `physical` somewhere; returns its address there."""
        while True:
            address = self.random_address(physical & -PAGE, level)
            try:
                self.set(address, level, entry(physical & -span(level), flags))
            except Collision:
                continue
            return address

    def place_run(self, pages, flags):
        """Pages that shall follow each other. `flags`: makes those of each."""
        while True:
            address = self.random_address(0, 0)
            if (address + len(pages) * PAGE) & ((1 << (self.bits - 1)) - 1) < len(pages) * PAGE:
                continue
            try:
                for i, page in enumerate(pages):
                    if self.path(address + i * PAGE, 0)[-1] in self.pool.entries:
                        raise Collision
            except Collision:
                continue
            for i, page in enumerate(pages):
                self.set(address + i * PAGE, 0, entry(page, flags()))
            return address

    def place_napot(self, physical, flags):
        """64 KiB round `physical`, which sixteen equal entries map. Their A and D are set: an access
        may update any of the sixteen."""
        first = physical & -16 * PAGE
        while True:
            address = self.random_address(first, 0) & -16 * PAGE
            try:
                path = self.path(address, 0)
            except Collision:
                continue
            if any(path[-1] + 8 * i in self.pool.entries for i in range(16)):
                continue
            for i in range(16):
                self.pool.entries[path[-1] + 8 * i] = (
                    entry(first | 8 * PAGE, flags | A | D | N))
            return address + (physical & 15 * PAGE)

    def is_private(self, path):
        """Does only one mapping go through the entries of `path`, the last but the root's?"""
        return all(sum(e & -PAGE == where & -PAGE for e in self.pool.entries) == 1
                   for where in path[1:])


class Space:
    """What a case runs in: code for user and supervisor, handlers, data pages in all variants."""

    def __init__(self, rng, code_pages, *, napot, reserved_bits, guest, preset=False):
        self.rng, self.napot, self.reserved_bits = rng, napot, reserved_bits
        # A and D are set: QEMU 7.2 writes them without asking PMP.
        self.preset = A | D if preset else 0
        self.pool = Pool()
        self.pointers = []
        # Those whose table the guest stage refuses: for loads, since QEMU 7.2 takes all faults there
        # for faults of loads.
        self.indirect = {}
        self.whole = []           # those in which the guest stage refuses nothing
        self.holes = set()         # those that lead to no memory
        # Can what is readable be executed, and the other way round: QEMU 7.2 lets hlvx read what can
        # be read.
        self.same_rights = rng.random() < 0.4
        self.csrs = {"satp": 0, "vsatp": 0, "hgatp": 0}
        self.guest = None
        handlers = at.HANDLERS
        if guest:
            self._make_guest(code_pages)
            if rng.random() < 0.3:
                self.host_handler = handlers
                return
            host = Stage(self.pool, rng, rng.choice((39, 48, 57)))
            self.host_handler = host.place(handlers, V | R | X | A | D)
            self.host_code = host.place_run(code_pages, lambda: V | R | X | A)
            self.host_user_code = host.place_run(code_pages, lambda: V | R | X | U)
            self.csrs["satp"] = self._atp(host, 16)
            return
        host = Stage(self.pool, rng, rng.choice((39, 39, 48, 57)))
        self.host_handler = host.place(handlers, V | R | X | A | D)
        self.guest_handler = handlers + at.HANDLER_BYTES * 8
        self.user_code, self.supervisor_code = self._code(host, code_pages)
        self.csrs["satp"] = self._atp(host, 16)
        self._data(host, None)

    def _atp(self, stage, bits):
        return stage.mode << 60 | self.rng.getrandbits(bits) << 44 | stage.root >> 12

    def _code(self, stage, pages):
        r = self.rng

        def flags(user):
            return lambda: V | X | user | self.preset | r.choice((0, R)) | r.choice((0, A)) | r.choice((0, D))

        return stage.place_run(pages, flags(U)), stage.place_run(pages, flags(0))

    def _make_guest(self, code_pages):
        r = self.rng
        kind = r.random()
        guest_stage = None
        if kind < 0.85:
            guest_stage = Stage(self.pool, r, r.choice((39, 39, 48, 57)), widened=True)
            self.csrs["hgatp"] = self._atp(guest_stage, 14)
        self.guest = guest_stage

        def below(physical, flags=V | R | W | X | U | A | D):
            """A guest-physical address of a page."""
            return physical if guest_stage is None else guest_stage.place(physical, flags)

        if kind > 0.15:
            stage = Stage(self.pool, r, r.choice((39, 39, 48, 57)), guest_stage=guest_stage)
            self.csrs["vsatp"] = self._atp(stage, 16)
            self.guest_handler = stage.place(below(at.HANDLERS), V | R | X | A | D
                                             ) + at.HANDLER_BYTES * 8
            pages = [below(page, V | X | U | R | r.choice((0, A)) | r.choice((0, W)) | D)
                     for page in code_pages]
            self.user_code, self.supervisor_code = self._code(stage, pages)
            self._data(stage, guest_stage)
            return
        # The guest does not translate: its virtual addresses are guest-physical ones.
        self.guest_handler = guest_stage.place(at.HANDLERS, V | R | X | U | A | D
                                               ) + at.HANDLER_BYTES * 8
        self.user_code = self.supervisor_code = guest_stage.place_run(
            code_pages, lambda: V | R | X | U | r.choice((0, A)))
        self._data(guest_stage, None)

    def _flags(self, stage):
        """Of a data page, mostly such that something can be done with it."""
        r = self.rng
        flags = V | r.choice((R, R, R | W, R | W, R | W, R | W | X, X, R | X))
        if stage.widened:
            # MXR: QEMU 7.2 takes the guest's for the host's here, so what can be executed is readable.
            flags |= R if flags & X else 0
            flags |= U if r.random() < 0.95 else 0
        else:
            flags |= r.choice((0, U))
        if self.same_rights:
            flags |= R | X
        flags |= r.choice((0, A, A)) | r.choice((0, D, D))
        flags |= self.preset
        if r.random() < 0.1:
            flags |= G
        return flags | r.getrandbits(2) << 8

    def _data(self, stage, guest_stage):
        r = self.rng
        for _ in range(14):
            page = at.DATA + PAGE * r.randrange(at.DATA_PAGES)
            target, flags = page, self._flags(stage)
            if guest_stage is not None:
                level = r.choice((0, 0, 0, 1, 2))
                below = self._flags(guest_stage)
                if self.napot and r.random() < 0.15:
                    target = guest_stage.place_napot(page, below | V)
                else:
                    target = guest_stage.place(page, below, level)
            if self.napot and guest_stage is None and r.random() < 0.2:
                self.pointers.append(stage.place_napot(target, flags | V))
                continue
            level = r.choice((0, 0, 0, 0, 1, 1, 2, 2, 3, 4))
            if level >= stage.levels:
                level = 0
            self.pointers.append(stage.place(target, flags, level))
            if not stage.widened and (guest_stage is None or below & (R | W | U) == R | W | U):
                self.whole.append(self.pointers[-1])
        # Neighbours, so that accesses cross from one page into another.
        pages = [at.DATA + PAGE * r.randrange(at.DATA_PAGES) for _ in range(4)]
        if guest_stage is not None:
            pages = [guest_stage.place(page, self._flags(guest_stage)) for page in pages]
        first = stage.place_run(pages, lambda: self._flags(stage))
        self.pointers += [first + PAGE * i for i in range(3)]
        for _ in range(6):
            self.pointers.append(self._failing(stage, guest_stage))
        # At the end, since nobody else may have come to use these tables.
        self.indirect = {address: path for address, path in self.indirect.items()
                         if stage.is_private(path)}
        for path in self.indirect.values():
            table = self.pool.entries[path[-2]] >> 10 << 12
            where = guest_stage.path(table, 0)[-1]
            self.pool.entries[where] ^= r.choice((V, R | W, U))

    def _failing(self, stage, guest_stage):
        """A mapping that something is wrong with; returns its address."""
        r = self.rng
        page = at.DATA + PAGE * r.randrange(at.DATA_PAGES)
        good = V | R | W | X | U | A | D
        target = page if guest_stage is None else guest_stage.place(page, good)
        kind = r.randrange(8)
        if kind == 0:                                      # a leaf that is not valid
            return stage.place(target, r.getrandbits(8) & ~V)
        if kind == 1:                                      # writable, but not readable
            return stage.place(target, V | W | r.choice((0, X)) | r.choice((0, U)) | A | D)
        if kind == 2 and guest_stage is None:              # no memory there
            self.holes.add(address := stage.place(HOLE, good))
            return address
        if kind == 3:                                      # a superpage that is not aligned
            level = r.randrange(1, stage.levels)
            address = stage.place(target, good, level)
            where = stage.path(address, level)[-1]
            self.pool.entries[where] |= 1 << 10 + r.randrange(9 * level)
            return address
        if kind == 4:                                      # memory types are not there
            bits = r.choice((PBMT, PBMT << 1))
            return stage.place(target, good | bits)
        if kind == 5:
            # Reserved bits. With Svnapot QEMU 7.2 does not look at them.
            if self.reserved_bits:
                return stage.place(target, good | 1 << r.randrange(54, 61))
            # Svnapot's reserved shapes. A and D are set: QEMU 7.2 sets them before it refuses.
            if self.napot and guest_stage is None:
                address = stage.place(target, good)
                where = stage.path(address, 0)[-1]
                shape = r.choice((1, 2, 4))
                ppn = self.pool.entries[where] >> 10 & ~15 | shape
                self.pool.entries[where] = self.pool.entries[where] & 0x3FF | ppn << 10 | N
                return address
        # An entry above the leaf, or what the guest stage says of the table that holds the leaf.
        address = stage.place(target, good)
        path = stage.path(address, 0)
        if stage.is_private(path):
            if guest_stage is not None and kind == 6:
                self.indirect[address] = path
            else:
                where = r.choice(path[:-1])
                self.pool.entries[where] ^= r.choice((V, A, D, U, W, PBMT, N))
        return address
