#!/bin/sh
# Records every trace of this folder again, or only what happened before their first records.
#
#   traces/make_traces.sh [--touch-orders] KILBURN [WORK] [NAME...]
#
# With --touch-orders the records of the traces stay as they are: the programs run again, up to where
# the recordings began, and the order in which they touch their pages is put into the traces.
# KILBURN is the built program, WORK a folder for some 2 GB of inputs (default: one in /dev/shm, which
# is removed at the end), NAME the traces wanted (default: all). Needs qemu-user and, of the same
# distribution, sqlite3, zstd, gcc, g++, python3 (/usr/bin/python3), coreutils and redis-server.
# At the end it prints the rows of README.md's table.
#
# Inputs come from fixed seeds; what differs from one machine to another are the versions of the
# programs, and addresses where the system randomises them.
set -eu
export LC_ALL=C

touch_orders=
if [ "$1" = --touch-orders ]; then
  touch_orders=yes
  shift
fi
kilburn=$(realpath "$1")
shift
traces=$(dirname "$(realpath "$0")")
if [ $# -gt 0 ] && [ -n "$1" ]; then
  work=$(realpath -m "$1")
  mkdir -p "$work"
  shift
else
  [ $# -eq 0 ] || shift
  work=$(mktemp -d /dev/shm/kilburn-traces.XXXXXX)
  trap 'rm -rf "$work"' EXIT
fi
wanted=${*:-database compressor compiler script sort graph updates key_value}
cd "$work"

# row NAME: its line of the table.
row() {
  file=$traces/$1.ktrace
  set -- "$1" $("$kilburn" trace info "$file" | sed -n 's/^\(records\|pages\|bytes\) *\([0-9]*\).*/\2/p')
  echo "| \`$1\` | $2 | $3 | $4 | \`$(sha256sum <"$file" | cut -d' ' -f1)\` |"
}

version() { dpkg-query -W -f '${Package} ${Version}' "$1"; }

# record NAME ORIGIN SEED SKIP LIMIT PROGRAM ARGS...: the program's output is not the trace's business.
record() {
  name=$1 origin=$2 seed=$3 skip=$4 limit=$5
  shift 5
  echo "$name: $*"
  if [ -z "$touch_orders" ]; then
    "$kilburn" trace record -o "$traces/$name.ktrace" --level 19 --skip "$skip" --limit "$limit" \
      --meta "origin=$origin" --meta "seed=$seed" -- "$@" >output.txt </dev/null
    return
  fi
  "$kilburn" trace record -o "$name.order.ktrace" --skip "$skip" --limit 1000 -- "$@" \
    >output.txt </dev/null
  "$kilburn" trace convert "$traces/$name.ktrace" "$name.ktrace" --touch-order-from "$name.order.ktrace"
  mv "$name.ktrace" "$traces/$name.ktrace"
  "$kilburn" trace info "$traces/$name.ktrace" | sed -n '/^before/,/of these/p'
}

# Pseudo-random lines for sort and for the key-value store: COUNT SEED FORMAT.
random_lines() {
  /usr/bin/python3 - "$@" <<'PYTHON'
import random, sys
count, seed, kind = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
r = random.Random(seed)
if kind == "lines":
    for _ in range(count):
        print("%016x %d" % (r.getrandbits(64), r.randrange(10**9)))
else:
    def command(*words):
        sys.stdout.write("*%d\r\n" % len(words))
        for word in words:
            sys.stdout.write("$%d\r\n%s\r\n" % (len(word), word))
    command("SELECT", "0")
    for i in range(count):
        command("SET", "key:%08d" % i, "%032x" % r.getrandbits(128))
    for _ in range(count // 4):
        command("GET", "key:%08d" % r.randrange(count))
        command("INCR", "counter:%06d" % r.randrange(200000))
        command("GETRANGE", "key:%08d" % r.randrange(count), "0", "15")
PYTHON
}

database() {
  # 1 M accounts and 2 M transfers, indexed: 150 MB, mapped into memory.
  [ -f database.db ] || sqlite3 database.db >output.txt <<'SQL'
pragma journal_mode = off;
pragma synchronous = off;
create table account(id integer primary key, owner text, city integer, balance integer);
create table transfer(id integer primary key, source integer, target integer, amount integer);
with recursive n(i) as (select 0 union all select i + 1 from n where i < 999999)
  insert into account select i, printf('owner %d', i * 2654435761 % 4294967296),
                             i * 40503 % 1000, i * 69069 % 100000 from n;
with recursive n(i) as (select 0 union all select i + 1 from n where i < 1999999)
  insert into transfer select i, i * 2654435761 % 1000000, i * 40503 % 999983, i * 69069 % 5000 from n;
create index account_city on account(city);
create index transfer_source on transfer(source);
SQL
  record database "SQLite shell, $(version sqlite3)" "none: multiplicative hashes" 50000000 20000000 \
    /usr/bin/sqlite3 -readonly -cmd "pragma mmap_size = 1000000000" database.db \
    "select a.city, count(*), sum(t.amount), max(b.balance)
       from account a join transfer t on t.source = a.id join account b on b.id = t.target
      where a.city between 100 and 400 group by a.city order by 3 desc"
}

compressor() {
  cc1=$(gcc -print-prog-name=cc1)
  record compressor "Zstandard, $(version zstd); input: cc1 of $(version gcc-12)" none 100000000 13000000 \
    /usr/bin/zstd -9 --single-thread -q -c "$cc1"
}

compiler() {
  printf '#include <map>\n#include <regex>\n#include <string>\nint main(int c, char **v) {\n%s\n%s\n}\n' \
    'std::map<std::string, int> m; std::regex r(v[1]);' \
    'for (int i = 2; i < c; ++i) m[v[i]] += std::regex_match(v[i], r); return (int)m.size();' >input.cpp
  g++ -E input.cpp -o input.ii
  record compiler "C++ compiler, $(version g++-12)" none 1500000000 5500000 \
    "$(g++ -print-prog-name=cc1plus)" -fpreprocessed -quiet -O2 input.ii -o input.s
}

script() {
  cat >words.py <<'PYTHON'
import random
r = random.Random(7)
words = ["%x" % r.getrandbits(32) for _ in range(400000)]
index = {}
for position, word in enumerate(words):
    index.setdefault(word[:5], []).append((position, word))
found = 0
for _ in range(1000000):
    for position, word in index.get("%05x" % r.getrandbits(20), ()):
        found += words[position] == word
print(len(index), found)
PYTHON
  record script "Python, $(version python3-minimal)" 7 3000000000 20000000 \
    /usr/bin/python3 -I -S words.py
}

sort() {
  [ -f lines.txt ] || random_lines 1000000 11 lines >lines.txt
  record sort "GNU sort, $(version coreutils)" 11 2300000000 16000000 \
    /usr/bin/sort --parallel=1 -S 1G lines.txt -o sorted.txt
}

graph() {
  gcc -O2 "$traces/src/graph.c" -o graph
  [ -f graph.bin ] || ./graph make graph.bin 23 1
  record graph "traces/src/graph.c, $(version gcc-12)" "1 (graph), 1 (roots)" 200000000 3000000 \
    ./graph search graph.bin 1
}

updates() {
  gcc -O2 "$traces/src/updates.c" -o updates
  record updates "traces/src/updates.c, $(version gcc-12)" 1 400000000 4500000 \
    ./updates 26 10000000 1
}

key_value() {
  mkdir -p redis
  [ -f redis/commands.aof ] || random_lines 500000 13 commands >redis/commands.aof
  cp redis/commands.aof redis/appendonly.aof
  rm -rf redis/appendonlydir
  record key_value "Redis, $(version redis-server)" 13 2000000000 20000000 \
    redis-server --port 0 --unixsocket kv.sock --save '' --appendonly yes --dir redis
}

for name in $wanted; do
  "$name"
done
for name in $wanted; do
  row "$name"
done
