"""Where a test program keeps what, and what its snapshots hold."""

MONITOR = 0x80000000
HANDLERS = 0x80010000    # a page: what stvec and vstvec point to, wherever it is mapped
STATE = 0x80020000       # the monitor's variables
SCRIPT = 0x80040000      # machine-mode code of the cases' set-ups
CASES = 0x80400000       # descriptors
LISTS = 0x80800000       # entries of page tables
TABLES = 0x81000000      # the page tables themselves
TABLES_BYTES = 0x200000
CODE = 0x81200000        # instruction streams
DATA = 0x81800000        # what loads and stores touch; a superpage may map all of it
DATA_PAGES = 8
GUARD_PAGES = 2          # in front and behind, since pointers have offsets
HASHES = 0x82000000

UART = 0x10000000
FINISHER = 0x00100000
FINISHER_PASS = 0x5555
ACLINT_MTIMECMP = 0x02004000

# The monitor's variables, in bytes from STATE.
SNAPSHOT = 0x100         # buffer of SNAPSHOT_NAMES
CASE = 0x600             # address of the descriptor
TRAPS = 0x608            # of this run of the case
CONTINUE = 0x610         # where the script goes on
HASH_COUNT = 0x618
DETAIL_FROM = 0x620      # snapshots to show in full; written into the file by the runner
DETAIL_TO = 0x628
LAST_LIST = 0x630        # list of the tables that are installed; 0: none
ROUND = 0x638            # of the case
RESUME = 0x640
RETIRED_BEFORE = 0x650   # minstret when the stream was entered
RETIRED = 0x658          # instructions of streams
STATE_BYTES = 0x660

# A case's descriptor, in bytes.
START_PC = 0
END_PC = 8               # a trap there ends the case
TRAP_LIMIT = 16
STATUS = 24              # mstatus at entry
HOST_HANDLER = 32        # virtual addresses of the handlers' page
GUEST_HANDLER = 40
ROUNDS = 48
NUMBER = 56
HASH_MEMORY = 64         # 0: not at the end of this case
HIDE_VALUE = 72          # 1: mtval and stval of illegal instructions are not compared
MODES = 128              # 8 of them: bits MPP and MPV to resume in, or SAME_MODE
REGISTERS = 192          # x0 to x31 at entry
VALUES = 448             # of the CSRs that the script writes
SAME_MODE = (1 << 64) - 1

HANDLER_BYTES = 256      # one slot for each interrupt of a vectored table
HANDLER_KINDS = 2        # ecall, illegal instruction

STATUS_MPP = 3 << 11
STATUS_MPV = 1 << 39
STATUS_FS = 3 << 13

#: What a trap leaves behind, in this order after x1 to x31, f0 to f31.
SNAPSHOT_CSRS = (
    "fcsr", "mstatus", "mepc", "mcause", "mtval", "mtval2", "mtinst", "medeleg", "mideleg", "mie",
    "mip", "satp", "sie", "sepc", "scause", "stval", "stvec", "sscratch", "hstatus", "hedeleg",
    "hideleg", "htval", "htinst", "hgatp", "hvip", "vsstatus", "vsie", "vsepc", "vscause", "vstval",
    "vstvec", "vsscratch", "vsatp")
SNAPSHOT_NAMES = (
    tuple(f"x{i}" for i in range(1, 32)) + tuple(f"f{i}" for i in range(32)) + SNAPSHOT_CSRS
    + ("case", "round", "trap", "pc"))
MODE_BITS = {"M": 3 << 11, "S": 1 << 11, "U": 0, "VS": 1 << 11 | STATUS_MPV, "VU": STATUS_MPV}
