#!/usr/bin/env python3
"""How a sweep scales: --jobs 1, 2, then 1, 2, 4 Slurm tasks on a cluster of this machine.

    tests/slurm/scaling.py KILBURN TRACES [ACCESSES]

Prints wall time and efficiency: the time with one, over N times the time with N. More than there are
processors cannot run at once.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

from cluster import Cluster, missing_packages

SPACE = """\
[sweep]
name = "scaling"
traces = ["{traces}/graph.ktrace", "{traces}/sort.ktrace"]
limit = {accesses}
engine = "platform"
[mmu.dtlb]
entries = [16, 32, 64, 128]
units_per_tag = [1, 2, 4, 8]
"""


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    if missing := missing_packages():
        sys.exit(f"scaling.py: to be installed: {' '.join(missing)}")
    kilburn, traces = (os.path.abspath(path) for path in sys.argv[1:3])
    accesses = int(sys.argv[3]) if len(sys.argv) == 4 else 1_000_000
    print(f"32 points of {accesses} accesses, {len(os.sched_getaffinity(0))} processors\n\n"
          "| Engine | Wall time, s | Efficiency, % |\n|---|---:|---:|")
    with Cluster(cpus=4) as cluster, tempfile.TemporaryDirectory() as folder:
        space = pathlib.Path(folder) / "space.toml"
        space.write_text(SPACE.format(traces=traces, accesses=accesses))
        for engine, counts in (("--jobs", (1, 2)), ("--engine slurm --tasks", (1, 2, 4))):
            alone = None
            for count in counts:
                begin = time.monotonic()
                subprocess.run([kilburn, "sweep", space, "-o", f"{folder}/{engine[2:5]}{count}.db",
                                *engine.split(), str(count)], env=cluster.environment, check=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                seconds = time.monotonic() - begin
                alone = alone or seconds
                print(f"| `{engine} {count}` | {seconds:.1f} | {100 * alone / count / seconds:.0f} |",
                      flush=True)


if __name__ == "__main__":
    sys.exit(main())
