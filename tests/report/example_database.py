"""Results databases as kilburn sweep writes them (docs/sweep.md), made without running anything.

The numbers follow simple laws, so that a front, a mean or a filter's answer can be computed from the
database alone; a test computes them from there, by SQL, never from these laws.
"""
import random
import sqlite3

SCHEMA = """
PRAGMA application_id = 1263288910;  -- KLBN
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE axes (number INTEGER PRIMARY KEY, path TEXT NOT NULL, kind TEXT NOT NULL, unit TEXT NOT NULL);
CREATE TABLE points (number INTEGER PRIMARY KEY, key TEXT NOT NULL, workload TEXT NOT NULL, seed INTEGER,
  engine TEXT NOT NULL, state TEXT NOT NULL, message TEXT, command TEXT NOT NULL);
CREATE TABLE point_values (point INTEGER NOT NULL, axis INTEGER NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (point, axis)) WITHOUT ROWID;
CREATE TABLE statistic_names (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, unit TEXT NOT NULL);
CREATE TABLE statistics (point INTEGER NOT NULL, statistic INTEGER NOT NULL, value,
  PRIMARY KEY (point, statistic)) WITHOUT ROWID;
CREATE TABLE areas (geometry TEXT PRIMARY KEY, bits INTEGER, flip_flops INTEGER, gates REAL, path TEXT,
  source TEXT) WITHOUT ROWID;
"""

UNITS = {
    "platform.accesses": "accesses", "platform.instructions": "instructions", "platform.cycles": "cycles",
    "platform.cycles_per_instruction": "cycles/instruction", "lookups": "lookups", "hits": "lookups",
    "miss_tag": "lookups", "miss_unit": "lookups", "miss_content": "lookups", "fills": "fills",
    "hit_rate": "hits/lookup", "density.mean": "units", "storage_bits": "bits", "cam_bits": "bits",
}


class Database:
    """Adds points one by one; leaving the `with` commits."""

    def __init__(self, path, name, axes, configuration="", schema=1):
        self.connection = sqlite3.connect(path)
        self.connection.executescript(SCHEMA)
        self.axes = axes
        self.ids = {}
        meta = {"schema": str(schema), "program": "0.1.0", "name": name, "space": "", "space_hash": "0",
                "configuration": configuration}
        self.connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        self.connection.executemany(
            "INSERT INTO axes VALUES (?, ?, ?, ?)", [(i, *axis) for i, axis in enumerate(axes)])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.commit()
        self.connection.close()

    def add(self, number, workload, seed, values, statistics, message=None):
        settings = "".join(f" --set {path}={value}" for (path, kind, _), value in zip(self.axes, values)
                           if kind in ("parameter", "dependent"))
        quoted = "'" + workload.replace("'", "'\\''") + "'" if not workload.isascii() or any(
            c in workload for c in " <>()'\"&") else workload
        command = f"kilburn run --trace {quoted}{settings}"
        self.connection.execute(
            "INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (number, f"{number:016x}", workload, seed, "translation", "failed" if message else "done",
             message, command))
        self.connection.executemany(
            "INSERT INTO point_values VALUES (?, ?, ?)", [(number, i, str(v)) for i, v in enumerate(values)])
        self.connection.executemany(
            "INSERT INTO statistics VALUES (?, ?, ?)",
            [(number, self.statistic(path), value) for path, value in statistics.items()])

    def statistic(self, path):
        if path not in self.ids:
            self.ids[path] = len(self.ids) + 1
            unit = UNITS.get(path) or UNITS.get(path.split(".", 2)[-1], "")
            self.connection.execute("INSERT INTO statistic_names VALUES (?, ?, ?)", (self.ids[path], path, unit))
        return self.ids[path]


def tlb_statistics(entries, units, fill, working_set, seed, accesses=2_000_000):
    """A TLB of `entries` x `units` under a stream whose pages come in runs: more reach, fewer misses."""
    noise = random.Random(f"{entries} {units} {fill} {working_set} {seed}")
    density = min(units, 1 + (units - 1) * (0.35 if fill == "single" else 0.6) * working_set["runs"])
    reach = entries * density
    lookups = accesses // 3
    rate = 0.05 * working_set["pages"] / (working_set["pages"] + 6 * reach) * (1 + 0.06 * noise.random())
    misses = int(lookups * rate)
    unit = 0 if units == 1 else int(misses * (0.45 if fill == "single" else 0.15) * (1 - 1 / units))
    content = int(misses * 0.02)
    # Of docs/burst_tlb.md: tags with context, units with valid, PFN, permissions, order.
    tag = 36 - units.bit_length() + 1 + 40
    return {
        "lookups": lookups, "hits": lookups - misses, "miss_tag": misses - unit - content, "miss_unit": unit,
        "miss_content": content, "fills": misses, "hit_rate": 1 - misses / lookups, "density.mean": density,
        "reach_bytes": int(reach * 4096),
        "storage_bits": entries * (tag + units * 57), "cam_bits": entries * tag,
    }, misses


WORKLOADS = {
    "../traces/graph.ktrace": {"pages": 9000, "runs": 0.35}, "../traces/sort.ktrace": {"pages": 2500, "runs": 0.9},
    "../traces/database.ktrace": {"pages": 6000, "runs": 0.5}, "../traces/key_value.ktrace": {"pages": 12000, "runs": 0.15},
}

CONFIGURATION = """[clock]
frequency_mhz = 2000

[mmu.dtlb]
organisation = "burst"
ways = 0
context_in = "tag"
replacement = "tree_plru"

[os]
mode = "sv48"
"""


def point_statistics(entries, units, fill, working_set, seed, accesses=2_000_000, instructions=1_400_000):
    dtlb, misses = tlb_statistics(entries, units, fill, working_set, seed, accesses)
    cycles = instructions * 1.6 + misses * 41
    statistics = {"platform.accesses": accesses, "platform.instructions": instructions, "platform.cycles": int(cycles),
                  "platform.cycles_per_instruction": cycles / instructions}
    statistics |= {f"mmu.dtlb.{name}": value for name, value in dtlb.items()}
    return statistics


def example(path, name="units per tag", workloads=WORKLOADS, entries=(16, 32, 64, 128, 256), units=(1, 2, 4, 8, 16),
            fills=("single", "line"), seeds=(1, 2), failing=(7, 100), areas=True):
    """A full space of the data TLB; numbers in `failing` failed. Returns the number of points."""
    axes = [("trace", "trace", ""), ("seed", "seed", ""), ("mmu.dtlb.entries", "parameter", "entries"),
            ("mmu.dtlb.units_per_tag", "parameter", "units"), ("mmu.dtlb.fill", "parameter", "")]
    number = 0
    with Database(path, name, axes, CONFIGURATION) as database:
        for workload, working_set in workloads.items():
            for seed in seeds:
                for e in entries:
                    for u in units:
                        for fill in fills:
                            message = ("translated 0x7f001000 to frame 0x80213, the walk says 0x80214"
                                       if number in failing else None)
                            statistics = {} if message else point_statistics(e, u, fill, working_set, seed)
                            database.add(number, workload, seed, [workload, seed, e, u, fill], statistics, message)
                            number += 1
        database.connection.execute("INSERT INTO meta VALUES ('points', ?)", (str(number),))
        if areas:
            for e, u in [(16, 1), (16, 8), (64, 1), (64, 4), (64, 8), (256, 2), (256, 16), (32, 16)]:
                tag = 36 - u.bit_length() + 1 + 49
                noise = random.Random(f"{e} {u}").uniform(0.96, 1.04)
                database.connection.execute(
                    "INSERT INTO areas VALUES (?, ?, ?, ?, ?, 'yosys')",
                    (f"ENTRIES={e} WAYS={e} BURST={u} CONTEXT_IN_TAG=1 LINE_FILL=1 TREE_PLRU=1 LATENCY=1 VPN_WIDTH=36",
                     None, int(e * (tag + u) + 400), int((4.1 * e * tag + 9 * e * u + 2500) * noise), "31"))
    return number


def large(path, points=10_000):
    """As many points over many statistics as a big sweep has."""
    axes = [("trace", "trace", ""), ("mmu.dtlb.entries", "parameter", "entries"),
            ("mmu.dtlb.units_per_tag", "parameter", "units"), ("mmu.dtlb.fill", "parameter", ""),
            ("mmu.dtlb.hit_cycles", "parameter", "cycles")]
    noise = random.Random(1)
    workloads = list(WORKLOADS.items())
    with Database(path, "ten thousand points", axes, CONFIGURATION) as database:
        for number in range(points):
            workload, working_set = workloads[number % 4]
            rest = number // 4
            e, u = 16 + 8 * (rest % 25), 1 << (rest // 25) % 5
            fill, cycles = ("single", "line")[(rest // 125) % 2], 1 + rest // 250
            statistics = point_statistics(e, u, fill, working_set, cycles)
            statistics |= {f"mmu.other.counter_{i}": noise.getrandbits(20) for i in range(60)}
            statistics |= {f"mmu.other.zero_{i}": 0 for i in range(200)}
            database.add(number, workload, None, [workload, e, u, fill, cycles], statistics)
    return points


def hostile(path):
    """Names that would break a page that believed them."""
    workloads = {"traces/</script><b>.ktrace": WORKLOADS["../traces/sort.ktrace"],
                 "traces/<img src=x onerror=\"window.hacked=1\">.ktrace": WORKLOADS["../traces/graph.ktrace"],
                 "traces/<!--<script>&amp;'\"${x}.ktrace": WORKLOADS["../traces/database.ktrace"]}
    example(path, name="</title><script>window.hacked=1</script>", workloads=workloads, entries=(16, 32), units=(1, 8),
            seeds=(1,), failing=())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE points SET state = 'failed', message = '</pre><script>window.hacked=1</script>' WHERE number = 3")
        connection.execute("DELETE FROM statistics WHERE point = 3")
    connection.close()


def single(path):
    """One point, nothing varies, hardly any statistics."""
    with Database(path, "one point", [("trace", "trace", "")]) as database:
        database.add(0, "sort.ktrace", None, ["sort.ktrace"], {"platform.cycles": 1000, "mmu.dtlb.lookups": 5})


def sparse(path):
    """Some points lack some statistics, and the numbers have gaps."""
    axes = [("trace", "trace", ""), ("mmu.dtlb.entries", "parameter", "entries"), ("mmu.dtlb.fill", "parameter", "")]
    with Database(path, "sparse", axes, CONFIGURATION) as database:
        for number, e in [(3, 16), (9, 32), (20, 64)]:
            statistics = point_statistics(e, 4, "line", WORKLOADS["../traces/sort.ktrace"], 1)
            if e == 32:
                del statistics["mmu.dtlb.miss_tag"]
            database.add(number, "sort.ktrace", None, ["sort.ktrace", e, "line"], statistics)


def failed(path):
    """No point finished."""
    axes = [("trace", "trace", ""), ("mmu.dtlb.entries", "parameter", "entries")]
    with Database(path, "all failed", axes) as database:
        for number in range(4):
            database.add(number, "sort.ktrace", None, ["sort.ktrace", 16 << number], {}, f"failure {number}")
