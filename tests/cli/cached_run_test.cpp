// What first-level caches of harts count, against a replay of the same accesses by the trace
// player.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/page_table.h"
#include "kilburn/board.h"
#include "process.h"
#include "riscv/assembler.h"
#include "software/elf_builder.h"

namespace kilburn::platform {
namespace {

using namespace riscv::test;  // NOLINT(google-build-using-namespace): the assembler's short names
using Json = nlohmann::json;
using software::testing::ElfBuilder;

/// Physical, in pages of memory: the machine mode's way in, the program, its tables, its data.
constexpr Address way_in = BOARD_DRAM;
constexpr Address program = BOARD_DRAM + 1 * page_bytes;
constexpr unsigned program_pages = 3;
constexpr Address tables = BOARD_DRAM + 4 * page_bytes;
constexpr Address to_host = BOARD_DRAM + 7 * page_bytes;
constexpr Address data = BOARD_DRAM + 8 * page_bytes;
constexpr unsigned data_pages = 24;  ///< one line of each: three times what a set of the L1D holds
/// Virtual, all in one table of the last level.
constexpr Address virtual_program = 0x40'0000;
constexpr Address virtual_data = virtual_program + program_pages * page_bytes;
constexpr Address virtual_to_host = virtual_data + data_pages * page_bytes;

constexpr unsigned pages_base = 8;
constexpr unsigned page = 9;
constexpr unsigned left = 10;
constexpr unsigned rounds = 11;
constexpr unsigned there = 12;
constexpr unsigned stride = 13;
constexpr unsigned even = 14;
constexpr unsigned twelve = 15;
constexpr unsigned back = 1;

template <class T>
void put(std::string& memory, Address at, const T& value) {
  memory.replace(at - BOARD_DRAM, sizeof value, reinterpret_cast<const char*>(&value),
                 sizeof value);
}

void put_code(std::string& memory, Address at, const Code& code) {
  for (const std::uint32_t word : code) {
    put(memory, at, word);
    at += 4;
  }
}

/// From the boot ROM to the program, in supervisor mode under Sv39: none of it is translated.
Code code_of_the_way_in() {
  Code code;
  const auto set = [&](unsigned number, std::uint64_t value) {
    load_constant(code, 5, value);
    code.push_back(csr(Op::csrrw, 0, number, 5));
  };
  set(0x3B0, ~std::uint64_t{0});                              // pmpaddr0
  set(0x3A0, 0x1F);                                           // pmpcfg0: all of memory
  set(0x180, std::uint64_t{8} << 60 | tables >> page_shift);  // satp
  set(0x341, virtual_program);                                // mepc
  set(0x300, 1u << 11);                                       // mstatus.MPP: supervisor
  code.push_back(plain(Op::mret));
  return code;
}

/// Lines that miss in every level, lines that miss in the first, lines that are written back,
/// accesses and instructions in two lines, a call into another page and back; atomic operations.
void put_program(std::string& memory, bool atomics) {
  // Instructions of four bytes from an odd half-word on: each line's last lies in the next, too.
  constexpr std::uint16_t compressed_nop = 0x0001;
  put(memory, program, compressed_nop);
  Code code;
  load_constant(code, pages_base, virtual_data);
  load_constant(code, there, virtual_program + 2 * page_bytes - 6);
  load_constant(code, stride, page_bytes);
  code.push_back(i(Op::addi, twelve, 0, page_shift));
  code.push_back(i(Op::addi, rounds, 0, 40));
  const std::size_t round = code.size();
  code.push_back(i(Op::addi, page, pages_base, 0));
  code.push_back(i(Op::addi, left, 0, data_pages));
  const std::size_t next_page = code.size();
  code.push_back(i(Op::ld, 5, page, 0x100));
  code.push_back(store(Op::sd, left, page, 0x108));
  code.push_back(i(Op::ld, 5, page, 0x13C));  // in two lines
  code.push_back(store(Op::sw, 5, page, 0x17E));
  code.push_back(r(Op::bclr, even, page, twelve));  // of half the pages
  code.push_back(i(Op::ld, 5, even, 0x240));
  if (atomics) {
    code.push_back(i(Op::addi, 6, page, 0x200));
    code.push_back(r(Op::amoadd_d, 5, 6, left));
    code.push_back(r(Op::lr_d, 5, 6, 0));
    code.push_back(r(Op::sc_d, 7, 6, left));
    code.push_back(r(Op::sc_d, 7, 6, left));  // fails
  }
  code.push_back(i(Op::jalr, back, there, 0));
  code.push_back(r(Op::add, page, page, stride));
  code.push_back(i(Op::addi, left, left, -1));
  const auto distance = [&](std::size_t to) {
    return 4 * (static_cast<int>(to) - static_cast<int>(code.size()));
  };
  code.push_back(branch(Op::bne, left, 0, distance(next_page)));
  code.push_back(i(Op::addi, rounds, rounds, -1));
  code.push_back(branch(Op::bne, rounds, 0, distance(round)));
  load_constant(code, 5, virtual_to_host);
  code.push_back(i(Op::addi, 6, 0, 1));
  code.push_back(store(Op::sd, 6, 5, 0));
  code.push_back(jal(0, 0));
  put_code(memory, program + 2, code);
  // The way back lies in two pages.
  put_code(memory, program + 2 * page_bytes - 6,
           {i(Op::ld, 5, page, 0x7FC), i(Op::jalr, 0, back, 0)});
}

void put_tables(std::string& memory) {
  constexpr std::uint64_t leaf =
      pte::valid | pte::read | pte::write | pte::execute | pte::accessed | pte::dirty;
  const auto slot = [](unsigned level, Address va) {
    return tables + (2 - level) * page_bytes + 8 * (va >> (page_shift + 9 * level) & 511);
  };
  for (const unsigned level : {2u, 1u}) {
    put(memory, slot(level, virtual_program),
        pte::make((tables + (3 - level) * page_bytes) >> page_shift, pte::valid));
  }
  const auto map = [&](Address va, Address pa) {
    put(memory, slot(0, va), pte::make(pa >> page_shift, leaf));
  };
  for (unsigned n = 0; n < program_pages; ++n) {
    map(virtual_program + n * page_bytes, program + n * page_bytes);
  }
  for (unsigned n = 0; n < data_pages; ++n) {
    map(virtual_data + n * page_bytes, data + n * page_bytes);
  }
  map(virtual_to_host, to_host);
}

std::vector<std::byte> guest_file(bool atomics) {
  std::string memory(data + data_pages * page_bytes - BOARD_DRAM, '\0');
  put_code(memory, way_in, code_of_the_way_in());
  put_program(memory, atomics);
  put_tables(memory);
  ElfBuilder elf;
  elf.segments = {{BOARD_DRAM, memory, memory.size()}};
  elf.symbols = {{"tohost", to_host, 8, STT_OBJECT}};
  return elf.build();
}

/// A run and a replay of what it recorded.
struct RunAndReplay {
  Json run;
  Json replay;
};

RunAndReplay run_and_replay(const std::vector<std::string>& settings, bool atomics) {
  const Folder folder;
  const auto elf = guest_file(atomics);
  const std::string file =
      folder.write("guest.elf", {reinterpret_cast<const char*>(elf.data()), elf.size()});
  const std::string trace = folder / "t.ktrace";
  const Outcome run =
      kilburn(Arguments{"run", "--elf", file, "--record", trace, "--stats", folder / "run.json"} +
              set(settings));
  EXPECT_EQ(run.status, 0) << run.err;
  return {.run = Json::parse(contents(folder / "run.json")),
          .replay = Json::parse(statistics_of(Arguments{"--trace", trace} + set(settings) +
                                              set({"os.mode=sv39", "os.pages=small"})))};
}

std::uint64_t at(const Json& statistics, const std::string& path) {
  return statistics.at(Json::json_pointer(path)).get<std::uint64_t>();
}

/// Small enough that every level misses, and with sets of lines within the offset in a page, so
/// that which frames an operating system chooses makes no difference.
const std::vector<std::string> comparable = {"rmu.enabled=false",
                                             "mmu.itlb.organisation=conventional",
                                             "mmu.dtlb.organisation=conventional",
                                             "mmu.l2tlb.organisation=conventional",
                                             "mmu.dtlb.entries=8",
                                             "mmu.l2tlb.entries=16",
                                             "mmu.l2tlb.ways=16",
                                             "cache.l1i.bytes=128",
                                             "cache.l1i.ways=1",
                                             "cache.l1d.bytes=8192",
                                             "cache.l1d.ways=8",
                                             "cache.l2.bytes=16384",
                                             "cache.l2.ways=16"};
/// Nor with these for DRAM's time: one bank, in which every access takes as long.
const std::vector<std::string> plain_dram = {"memory.banks=1", "memory.row_hit_cycles=50",
                                             "memory.row_miss_cycles=50",
                                             "memory.row_conflict_cycles=50"};

std::vector<std::string> both(std::vector<std::string> settings,
                              const std::vector<std::string>& more) {
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

/// What machine mode did before, which no trace has: its lines were fetched once, each from DRAM,
/// and not again.
struct WayIn {
  std::uint64_t instructions = code_of_the_way_in().size();
  std::uint64_t lines = (4 * instructions + line_bytes - 1) / line_bytes;
};

TEST(CachedRun, CountsInEveryLevelWhatAReplayOfItsAccessesCounts) {
  const auto [run, replay] = run_and_replay(comparable, true);
  const WayIn before;
  for (const std::string kind : {"load", "store"}) {
    for (const std::string result : {"_hits", "_misses"}) {
      EXPECT_EQ(at(run, "/hart0/cache/l1d/" + kind + result),
                at(replay, "/cache/l1d/" + kind + result));
    }
  }
  EXPECT_EQ(at(run, "/hart0/cache/l1d/writebacks"), at(replay, "/cache/l1d/writebacks"));
  EXPECT_EQ(at(run, "/hart0/cache/l1i/fetch_hits"),
            at(replay, "/cache/l1i/fetch_hits") + before.instructions - before.lines);
  EXPECT_EQ(at(run, "/hart0/cache/l1i/fetch_misses"),
            at(replay, "/cache/l1i/fetch_misses") + before.lines);
  for (const std::string kind : {"load", "store", "table_read", "fetch"}) {
    const std::uint64_t more = kind == "fetch" ? before.lines : 0;
    EXPECT_EQ(at(run, "/cache/l2/" + kind + "_hits"), at(replay, "/cache/l2/" + kind + "_hits"));
    EXPECT_EQ(at(run, "/cache/l2/" + kind + "_misses"),
              at(replay, "/cache/l2/" + kind + "_misses") + more);
  }
  EXPECT_EQ(at(run, "/cache/l2/writebacks"), at(replay, "/cache/l2/writebacks"));
  EXPECT_EQ(at(run, "/memory/reads"), at(replay, "/memory/reads") + before.lines);
  EXPECT_EQ(at(run, "/memory/writes"), at(replay, "/memory/writes"));
  // None of it was equal because nothing happened.
  for (const std::string path :
       {"/cache/l1i/fetch_misses", "/cache/l1d/load_misses", "/cache/l1d/store_misses",
        "/cache/l1d/writebacks", "/cache/l2/load_hits", "/cache/l2/load_misses",
        "/cache/l2/store_hits", "/cache/l2/table_read_hits", "/cache/l2/writebacks"}) {
    EXPECT_GT(at(replay, path), 10u) << path;
  }
}

// Interrupts, fences, several harts; DRAM's banks and buses remember when they were used.
TEST(CachedRun, HasTheSameStatisticsWithTheFastPathOff) {
  const std::vector<std::pair<std::string, std::string>> runs = {{"mix_sv39_short", "1"},
                                                                 {"timer_test", "1"},
                                                                 {"hypervisor_test", "1"},
                                                                 {"processes", "1"},
                                                                 {"two_hart_storm_short", "2"}};
  for (const auto& [name, harts] : runs) {
    SCOPED_TRACE(name);
    const Arguments run = Arguments{"--elf", guest(name)} + set({"riscv.harts=" + harts});
    const std::string fast = statistics_of(run);
    EXPECT_EQ(fast, statistics_of(run + set({"riscv.fast_path=false"})));
    EXPECT_GT(at(Json::parse(fast), "/hart0/cache/l1d/hits"), 100u);
  }
}

TEST(CachedRun, WithIdealTimingNoHartAsksTheL2) {
  const Json run = Json::parse(
      statistics_of(Arguments{"--elf", guest("mix_sv39_short")} + set({"riscv.timing=ideal"})));
  EXPECT_FALSE(run["hart0"].contains("cache"));
  EXPECT_FALSE(run["hart0"].contains("stall_cycles"));
  for (const std::string kind : {"fetch", "load", "store"}) {
    EXPECT_EQ(at(run, "/cache/l2/" + kind + "_hits"), 0u);
    EXPECT_EQ(at(run, "/cache/l2/" + kind + "_misses"), 0u);
  }
  EXPECT_GT(at(run, "/cache/l2/table_read_misses"), 0u);
}

// Without atomic operations: a trace cannot say that the hart waits for those.
TEST(CachedRun, WaitsAsLongAsItsReplayWhereDramTakesAsLongForEveryLine) {
  const auto [run, replay] = run_and_replay(both(comparable, plain_dram), false);
  const WayIn before;
  for (const std::string cause : {"l2_tlb", "walk", "load", "store"}) {
    EXPECT_EQ(at(run, "/hart0/stall_cycles/" + cause),
              at(replay, "/platform/stall_cycles/" + cause))
        << cause;
  }
  EXPECT_GT(at(replay, "/platform/stall_cycles/load"), 100'000u);
  // L2, interconnect, a line's beats there, DRAM, a line's burst: the defaults, and plain_dram.
  constexpr std::uint64_t from_dram = 14 + 4 + line_bytes / 32 + 50 + 5;
  EXPECT_EQ(at(run, "/hart0/stall_cycles/fetch"),
            at(replay, "/platform/stall_cycles/fetch") + before.lines * from_dram);
  const std::uint64_t untranslated =
      at(run, "/hart0/instructions") - at(replay, "/platform/instructions");
  EXPECT_EQ(at(run, "/hart0/cycles"), at(replay, "/platform/cycles") + untranslated +
                                          before.lines * from_dram +
                                          at(run, "/hart0/stall_cycles/device"));
}

}  // namespace
}  // namespace kilburn::platform
