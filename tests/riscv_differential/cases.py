"""The cases of a program, by groups."""

import struct

import isa
import layout as at
from aia_stream import AiaStream
from case import FS, HS_HU, HS_VTSR, HS_VTVM, HS_VTW, MODES, SD, STATUS, Case
from operands import chance, float_value, value
from page_tables import PAGE, Space
from streams import NEAR_END, STRAY, Stream
from system_stream import SystemStream

INTEGER = {"alu": 30, "immediate": 22, "count_trailing": 0.5, "compressed": 14, "forward": 8}
MEMORY = {"access": 16, "compressed_access": 6, "atomic": 5}
WEIGHTS = {
    "integer": {**INTEGER, **MEMORY, "loop": 2, "self_modifying": 1, "order": 1,
                "compressed_call": 1, "stray_jump": 0.3, "stray_access": 0.3,
                "environment_call": 1, "reserved": 0.5},
    "float": {"float_operation": 60, "float_operand": 14, "float_access": 6, "float_csr": 5,
              "alu": 4, "environment_call": 1.5, "loop": 1},
    "system": {"csr": 24, "csr_number": 6, "csr_swap": 14, "system": 10, "fence": 6,
               "hypervisor_access": 4, "mode_return": 4, "reserved": 6, "environment_call": 4,
               "alu": 8, "float_operation": 2, "access": 3},
    "translation": {"alu": 14, "compressed": 5, "access": 30, "compressed_access": 8, "atomic": 8,
                    "float_access": 5, "stray_access": 3, "forward": 4, "loop": 1, "fence": 1,
                    "stray_jump": 1, "environment_call": 1, "status": 2},
    "guest": {"alu": 14, "compressed": 5, "access": 28, "compressed_access": 8, "atomic": 8,
              "float_access": 5, "hypervisor_access": 12, "stray_access": 3, "forward": 4,
              "fence": 1, "stray_jump": 1, "environment_call": 1},
    "protection": {"alu": 10, "access": 30, "compressed_access": 8, "atomic": 6, "float_access": 3,
                   "stray_access": 2, "forward": 4, "environment_call": 1, "stray_jump": 1},
    "aia": {"external": 20, "any_select": 6, "priority": 10, "top_external": 8, "top": 12,
            "hypervisor_priority": 4, "control": 5, "guest_file": 6, "pending": 12, "alu": 12,
            "environment_call": 1},
}
GROUPS = tuple(WEIGHTS)


def bare_case(group, rng):
    case = Case(group, rng)
    case.scatter()
    case.delegate()
    case.point_at_memory()
    return case


def integer_case(rng):
    case = bare_case("integer", rng)
    case.choose_mode(MODES, True)
    case.status |= chance(rng, 0.2, STATUS["TVM"] | STATUS["TSR"])
    case.rounds = 6
    stream = Stream(rng, WEIGHTS["integer"])
    stream.stray_atomics = False
    case.words = stream.make(rng.randrange(60, 240))
    return case


def float_case(rng):
    case = bare_case("float", rng)
    case.choose_mode(MODES, True)
    words = []
    if case.mode in ("M", "S", "U") and all(m == at.SAME_MODE for m in case.modes):
        case.status ^= rng.choice((0, 0, 1 << 13, 1 << 14))  # clean or initial
        words = [isa.r_type(0x53, 0, 0x79, 0, 0, 0)]         # fmv.d.x makes it dirty
    if rng.random() < 0.05:
        case.status &= ~FS
    if rng.random() < 0.05:
        case.csrs["vsstatus"] &= ~(FS | SD)
    case.rounds = 6
    case.registers = [value(rng) if rng.random() < 0.5 else float_value(rng) for _ in range(32)]
    case.registers[0] = case.registers[31] = 0
    case.point_at_memory()
    case.words = words + Stream(rng, WEIGHTS["float"]).make(rng.randrange(60, 200))
    return case


def system_case(rng):
    case = bare_case("system", rng)
    weights = dict(WEIGHTS["system"])
    # What changes the mode stands alone: instructions that belong together stay in one mode, and
    # QEMU 7.2 takes some virtual-instruction traps of VU-mode for illegal instructions.
    changing = rng.random() < 0.3
    returning = changing and rng.random() < 0.5
    case.choose_mode(MODES[:-1] if returning else MODES, changing and not returning)
    if changing:
        if not returning:
            del weights["mode_return"]
        for kind in ("csr", "csr_number", "csr_swap", "fence", "hypervisor_access"):
            del weights[kind]
        weights["float_csr"] = 10
    else:
        del weights["mode_return"]
        if case.mode == "VU":
            for kind in ("csr", "csr_swap", "fence", "hypervisor_access"):
                del weights[kind]
    virtual = case.mode in ("VS", "VU")
    for name in ("TVM", "TSR", "TW"):
        # They are for HS-mode; QEMU 7.2 looks at TVM and TSR in VS-mode, and not at TW in VU-mode.
        if not (changing or virtual) or name == "TW" and case.mode == "VS":
            case.status |= chance(rng, 0.3, STATUS[name])
    for bit in (HS_VTVM, HS_VTW, HS_VTSR):
        case.csrs["hstatus"] |= chance(rng, 0.3, bit)
    case.csrs["menvcfg"] = chance(rng, 0.5, 1 << 63) | rng.getrandbits(1)
    # QEMU 7.2 shows henvcfg.STCE where menvcfg.STCE is 0.
    case.csrs["henvcfg"] = chance(rng, 0.5, case.csrs["menvcfg"] & 1 << 63) | rng.getrandbits(1)
    # VS-mode's sie is the guest's, but QEMU 7.2 asks mideleg for the host's bits.
    case.csrs["mideleg"] = rng.getrandbits(13) | (0x222 if case.mode == "VS" else 0)
    case.csrs["hideleg"] = rng.getrandbits(13)
    waits = not changing and {
        "M": False, "U": True, "S": case.status & STATUS["TW"],
        "VS": (case.status & STATUS["TW"]) or (case.csrs["hstatus"] & HS_VTW),
        "VU": True}[case.mode]
    stream = SystemStream(
        rng, weights, waits=bool(waits), satp=case.mode == "M", virtual_user=case.mode == "VU",
        # QEMU 7.2 lets sfence.w.inval and sfence.inval.ir through in user mode.
        order_fences=not changing and case.mode in ("M", "S", "VS"))
    # QEMU 7.2 does not look at TVM and VTVM there.
    if case.mode == "S" and case.status & STATUS["TVM"]:
        stream.unused = ("hgatp",)
    if case.mode == "VS" and case.csrs["hstatus"] & HS_VTVM:
        stream.unused = ("satp",)
    # Hypervisor instructions and fences that are illegal: QEMU 7.2 does not always know which one.
    case.hide_value = "fence" in weights
    case.words = stream.make(rng.randrange(40, 120))
    return case


def paged_case(group, rng, space, physical):
    case = Case(group, rng)
    case.space, case.physical = space, physical
    case.csrs.update(space.csrs)
    case.host_handler, case.guest_handler = space.host_handler, space.guest_handler
    case.scatter()
    pages = space.pointers
    # On what is no memory QEMU 7.2 carries out atomic operations as loads and stores.
    # And of a misaligned access to it, it tells the aligned address.
    memory = [page for page in pages if page not in space.holes and page not in space.indirect]
    stray = rng.choice(pages) if rng.random() < 0.4 else rng.getrandbits(64) & -8
    case.point(memory, memory, stray)
    case.rounds = 2
    return case


def aia_case(rng):
    case = bare_case("aia", rng)
    mode = case.choose_mode(("M", "M", "M", "S", "VS"), False)
    case.status &= ~(STATUS["MIE"] | STATUS["SIE"] | STATUS["MPIE"])
    case.csrs["vsstatus"] &= ~STATUS["SIE"]
    case.csrs["mideleg"] = rng.choice((0x222, rng.getrandbits(13)))
    case.csrs["hideleg"] = 0x444  # stopi and vstopi of QEMU 7.2 do not ask it
    case.words = AiaStream(rng, WEIGHTS["aia"], mode).make(rng.randrange(60, 200))
    return case


def translation_case(rng, space, physical, offset):
    case = paged_case("translation", rng, space, physical)
    mode = case.choose_mode(("S", "S", "U", "U", "M"), False)
    case.status |= chance(rng, 0.6, STATUS["SUM"]) | chance(rng, 0.4, STATUS["MXR"])
    case.status |= chance(rng, 0.1, STATUS["TVM"])
    case.start = {"S": space.supervisor_code + offset, "U": space.user_code + offset,
                  "M": physical}[mode]
    case.delegate()
    case.words = paged_stream(case).make(rng.randrange(40, 100))
    return case


ACCESSES = ("access", "compressed_access", "float_access", "atomic", "stray_access")


def paged_stream(case):
    weights = dict(WEIGHTS[case.group])
    guest = case.group == "guest"
    if case.mode == "M" or guest and case.mode in ("S", "U"):
        # What are virtual addresses for others would be physical ones here.
        for kind in (*ACCESSES, "loop", "stray_jump"):
            weights.pop(kind, None)
    if case.mode == "M":
        weights.pop("status", None)
        if not guest or case.space.whole:
            weights["machine_access"] = 20
    if case.mode in ("VS", "VU") or case.mode == "U" and not case.csrs["hstatus"] & HS_HU:
        weights.pop("hypervisor_access", None)
    if case.mode == "VU":
        weights.pop("fence", None)
        weights.pop("status", None)
    if case.registers[STRAY] in case.space.pointers:
        # Data are not executed. (QEMU 7.2 lets a supervisor execute a user page that it has read.)
        weights.pop("stray_jump", None)
    case.hide_value = "fence" in weights
    stream = SystemStream(case.rng, weights, hlvx=case.space.same_rights, guest=guest)
    stray = case.registers[STRAY]
    stream.stray_atomics = stray not in case.space.holes and stray not in case.space.indirect
    stream.stray_stores = stray not in case.space.indirect
    if case.mode == "M" and guest and case.space.whole:
        # QEMU 7.2 takes guest page faults of accesses with MPRV for page faults.
        case.point(case.space.whole, case.space.whole, 0)
        case.registers[NEAR_END] -= 64
        stream.aligned = True
    return stream


def guest_case(rng, space, physical, offset):
    case = paged_case("guest", rng, space, physical)
    # Without a table of the host's, QEMU 7.2 takes page faults of HLV, HSV and MPRV for access faults.
    host = ("S", "S", "U", "M") if space.csrs["satp"] else ()
    mode = case.choose_mode(("VS", "VS", "VS", "VU", "VU", *host), False)
    # MXR and SUM: QEMU 7.2 takes the wrong register's in places.
    mxr = chance(rng, 0.4, STATUS["MXR"])
    case.status |= mxr | STATUS["SUM"]
    case.csrs["vsstatus"] |= mxr | STATUS["SUM"]
    if mode in ("VS", "VU") and rng.random() < 0.4:
        case.csrs["vsstatus"] &= ~STATUS["SUM"]
    case.csrs["hstatus"] |= chance(rng, 0.1, HS_VTVM)
    if mode == "VS":
        case.start = space.supervisor_code + offset
    elif mode == "VU":
        case.start = space.user_code + offset
    elif mode == "M":
        case.start = physical
    else:
        case.start = (space.host_code if mode == "S" else space.host_user_code) + offset
    case.delegate()
    case.words = paged_stream(case).make(rng.randrange(40, 100))
    return case


def protection_case(rng, space, physical, offset):
    case = (bare_case("protection", rng) if space is None else
            paged_case("protection", rng, space, physical))
    mode = case.choose_mode(("S", "S", "U", "U", "M"), space is None)
    case.protected = True
    case.physical = case.start = physical
    if space is not None:
        if mode != "M":
            case.start = (space.supervisor_code if mode == "S" else space.user_code) + offset
        case.status |= STATUS["SUM"]
        stream = paged_stream(case)
    else:
        stream = Stream(rng, WEIGHTS["protection"])
    # Which part of a misaligned access fails is not always told alike.
    stream.aligned, stream.stray_atomics = True, False
    # A fault of a fetch may resume between lr and sc.
    stream.reservations = False
    case.words = stream.make(rng.randrange(40, 100))
    case.delegate(access_faults=False)
    protect(case)
    return case


def protect(case):
    """Entry 0 is for the handlers, the last for everything; those between lie in the data, and some
    in the code and the tables."""
    r = case.rng
    configuration = [R_X_NAPOT]
    case.csrs["pmpaddr0"] = at.HANDLERS >> 2 | PAGE // 8 - 1
    for i in range(1, 8):
        address_mode = r.choice((0, 1, 1, 3, 3, 3))  # off, TOR, NAPOT
        rights = r.choice((0, 1, 3, 4, 5, 7))
        base = r.choice((at.DATA,) * 8 + (case.physical & -PAGE, at.TABLES))
        address = base + r.randrange(at.DATA_PAGES * PAGE)
        if base != at.DATA:
            rights |= 5 if r.random() < 0.8 else 0
        # Whole pages: QEMU 7.2 keeps verdicts by pages.
        address &= -PAGE
        if address_mode == 3:
            size = PAGE << r.choice((0, 0, 1, 2))
            case.csrs[f"pmpaddr{i}"] = (address & -size) >> 2 | size // 8 - 1
        else:
            case.csrs[f"pmpaddr{i}"] = address >> 2
        configuration.append(address_mode << 3 | rights)
    case.csrs["pmpcfg0"] = int.from_bytes(bytes(configuration), "little")
    case.csrs["pmpcfg2"] = (0x18 | r.choice((7,) * 10 + (5, 1, 0))) << 56


R_X_NAPOT = 0x1D


def program_cases(group, rng, words, *, napot):
    """Cases with together about `words` words of stream, each with its place in CODE."""
    cases, place, total = [], at.CODE, 0
    bare = {"integer": integer_case, "float": float_case, "system": system_case, "aia": aia_case}
    while total < words:
        if group in bare:
            case = bare[group](rng)
            case.physical = case.start = place
            cases.append(finish(case))
            place += 4 * len(case.words) + 8 & ~7
            total += len(case.words) * case.rounds
            continue
        maker = {"translation": translation_case, "guest": guest_case,
                 "protection": protection_case}[group]
        # A space has pages of code of its own; its cases lie in them one behind the other, and some
        # across their boundaries.
        place = place + PAGE - 1 & -PAGE
        count = 3
        pages = [place + PAGE * i for i in range(count)]
        space = None
        if group != "protection" or rng.random() < 0.5:
            space = Space(rng, pages, napot=napot, reserved_bits=not napot,
                          guest=group == "guest", preset=group == "protection")
        offset = rng.randrange(0, PAGE, 4)
        while offset < count * PAGE - 1024:
            case = maker(rng, space, place + offset, offset)
            case.physical = place + offset
            finish(case)
            if offset + 4 * len(case.words) > count * PAGE:
                break
            cases.append(case)
            offset += 4 * len(case.words) + 4 * rng.randrange(32)
            total += len(case.words) * case.rounds
        place += count * PAGE
    assert place < at.DATA - at.GUARD_PAGES * PAGE
    return cases


def finish(case):
    case.words = [*case.words, isa.ECALL]
    return case


def data(rng):
    """Contents of the data pages."""
    values = [float_value(rng) if rng.random() < 0.6 else value(rng)
              for _ in range(at.DATA_PAGES * PAGE // 8)]
    return struct.pack(f"<{len(values)}Q", *values)
