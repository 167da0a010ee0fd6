// Loads and stores: translation, protection, misalignment, page crossings, devices, and the lookups
// that they make.
#include "riscv/memory/memory_path.h"

#include <gtest/gtest.h>

#include "riscv/assembler.h"
#include "riscv/hart_world.h"

namespace kilburn::riscv {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): the assembler's short names

constexpr Address handler = ram_base + 0x1000;
constexpr Address program = ram_base + 0x2000;
constexpr Address frames = ram_base + 0x10000;
constexpr Address va = 0x40'0000;
constexpr std::uint16_t mstatus = 0x300;
constexpr std::uint16_t mtvec = 0x305;
constexpr std::uint16_t mepc = 0x341;
constexpr std::uint16_t mcause = 0x342;
constexpr std::uint16_t mtval = 0x343;
constexpr std::uint16_t mtinst = 0x34A;
constexpr std::uint16_t satp = 0x180;
constexpr std::uint16_t pmpcfg0 = 0x3A0;
constexpr std::uint16_t pmpaddr0 = 0x3B0;
constexpr std::uint64_t mprv_as_supervisor = 1u << 17 | 1u << 11;
constexpr std::uint64_t open_to_all = 0x1F;  // NAPOT, R W X

/// Code runs in machine mode, untranslated; with MPRV its loads and stores are a supervisor's, so
/// that the data TLB alone is looked at.
class MemoryPathTest : public ::testing::TestWithParam<bool> {
 protected:
  static WorldConfig config() {
    WorldConfig config;
    config.hart.fast_path = GetParam();
    config.hart.transformed_instructions = true;
    return config;
  }
  MemoryPathTest() : world_(config()), hart_(world_.hart()), tables_(world_.memory) {
    world_.load(handler, {plain(Op::wfi), jal(0, -4)});
    hart_.set_csr(mtvec, handler);
    hart_.set_csr(pmpaddr0, ~std::uint64_t{0});
    hart_.set_csr(pmpcfg0, open_to_all);
  }
  void translate() {
    hart_.set_csr(satp, std::uint64_t{8} << 60 | tables_.root());
    translated_ = true;
  }
  RunEnd run(Code code) {
    code.push_back(plain(Op::wfi));
    world_.load(program, code);
    world_.main_memory.written(program, 4 * code.size());
    hart_.set_csr(mcause, 0);
    hart_.set_csr(mstatus, translated_ ? mprv_as_supervisor : 0);  // a trap has changed it
    hart_.set_pc(program);
    return hart_.run(hart_.cycles() + 100000);
  }
  std::uint64_t csr_value(std::uint16_t number) { return hart_.csr(number).value(); }
  burst_tlb::TlbStatistics dtlb() {
    struct Collect final : StatisticVisitor {
      void enter(std::string_view block) override { in = block; }
      void leave() override {}
      void counter(std::string_view name, std::uint64_t value, std::string_view,
                   std::string_view) override {
        if (in != "dtlb") return;
        if (name == "lookups") result.lookups = value;
        if (name == "hits") result.hits = value;
        if (name == "side_hits") result.side_hits = value;
      }
      void formula(std::string_view, double, std::string_view, std::string_view) override {}
      void histogram(std::string_view, const Histogram&, std::string_view,
                     std::string_view) override {}
      std::string in;
      burst_tlb::TlbStatistics result;
    } collect;
    world_.mmus[0]->visit(collect, PagingMode::sv48);
    return collect.result;
  }

  World world_;
  Hart& hart_;
  WorldTables tables_;
  bool translated_ = false;
};

TEST_P(MemoryPathTest, EachTranslatedAccessIsALookup) {
  tables_.map(va, frames, rwx);
  translate();
  hart_.set_x(5, va);
  run({i(Op::lw, 6, 5, 0), i(Op::ld, 6, 5, 8), store(Op::sb, 6, 5, 99), i(Op::lb, 6, 5, 0)});
  EXPECT_EQ(dtlb().lookups, 4u);
  EXPECT_EQ(dtlb().hits, 3u);
}

TEST_P(MemoryPathTest, UntranslatedAccessesMakeNoLookup) {
  hart_.set_x(5, frames);
  run({i(Op::lw, 6, 5, 0), store(Op::sb, 6, 5, 99), i(Op::lb, 6, 5, 0)});
  EXPECT_EQ(dtlb().lookups, 0u);
}

TEST_P(MemoryPathTest, HitsOfALargePageCountAsItsOwn) {
  tables_.map(va, ram_base + 0x20'0000, rwx, 1);
  translate();
  hart_.set_x(5, va);
  run({i(Op::lw, 6, 5, 0), i(Op::lw, 6, 5, 0), i(Op::lw, 6, 5, 0), i(Op::lw, 6, 5, 0)});
  EXPECT_EQ(dtlb().lookups, 4u);
  EXPECT_EQ(dtlb().side_hits, 3u);
}

TEST_P(MemoryPathTest, AStoreToAPageWhoseDirtyBitIsClearGoesToTheWalker) {
  tables_.map(va, frames, rwx & ~pte::dirty);
  const Address leaf = tables_.leaf();
  translate();
  hart_.set_x(5, va);
  run({i(Op::lw, 6, 5, 0), i(Op::lw, 6, 5, 0)});
  EXPECT_EQ(world_.memory.get<std::uint64_t>(leaf) & pte::dirty, 0u);
  run({store(Op::sw, 6, 5, 0)});
  EXPECT_NE(world_.memory.get<std::uint64_t>(leaf) & pte::dirty, 0u);
  EXPECT_EQ(dtlb().lookups, 3u);
  EXPECT_EQ(dtlb().hits, 1u);
}

TEST_P(MemoryPathTest, MisalignedAccessesAreCarriedOut) {
  world_.memory.set<std::uint64_t>(frames, 0x8877'6655'4433'2211);
  hart_.set_x(5, frames);
  run({i(Op::lw, 6, 5, 3), i(Op::lhu, 7, 5, 1), store(Op::sw, 6, 5, 13)});
  EXPECT_EQ(hart_.x(6), 0x7766'5544u);
  EXPECT_EQ(hart_.x(7), 0x3322u);
  EXPECT_EQ(world_.memory.get<std::uint32_t>(frames + 13), 0x7766'5544u);
}

TEST_P(MemoryPathTest, AnAccessAcrossPagesIsTwoLookupsAndReachesBothFrames) {
  tables_.map(va, frames, rwx);
  tables_.map(va + page_bytes, frames + 4 * page_bytes, rwx);  // elsewhere
  translate();
  world_.memory.set<std::uint32_t>(frames + page_bytes - 4, 0x4433'2211);
  world_.memory.set<std::uint32_t>(frames + 4 * page_bytes, 0x8877'6655);
  hart_.set_x(5, va + page_bytes);
  run({i(Op::ld, 6, 5, -4), store(Op::sd, 5, 5, -3)});
  EXPECT_EQ(hart_.x(6), 0x8877'6655'4433'2211);
  EXPECT_EQ(dtlb().lookups, 4u);
  const std::uint64_t stored = va + page_bytes;
  EXPECT_EQ(world_.memory.get<std::uint32_t>(frames + page_bytes - 4) >> 8, stored & 0xFF'FFFF);
  EXPECT_EQ(world_.memory.get<std::uint32_t>(frames + 4 * page_bytes), stored >> 24);
}

TEST_P(MemoryPathTest, AStoreAcrossPagesWritesNothingWhereTheSecondFaults) {
  tables_.map(va, frames, rwx);
  translate();
  hart_.set_x(5, va + page_bytes);
  hart_.set_x(6, ~std::uint64_t{0});
  run({store(Op::sd, 6, 5, -4)});
  EXPECT_EQ(csr_value(mcause), 15u);
  EXPECT_EQ(csr_value(mtval), va + page_bytes);  // the part that faulted
  EXPECT_EQ(csr_value(mepc), program);
  EXPECT_EQ(world_.memory.get<std::uint32_t>(frames + page_bytes - 4), 0u);
  // The faulting byte is the fourth from the access's first.
  EXPECT_EQ(csr_value(mtinst), store(Op::sd, 6, 4, 0));
}

TEST_P(MemoryPathTest, FaultsHaveTheCauseOfTheirAccess) {
  tables_.map(va, frames, pte::valid | pte::read | pte::accessed);
  tables_.map(va + page_bytes, 0x4000'0000, rwx);  // no memory there
  translate();
  hart_.set_x(5, va);
  hart_.set_x(7, va + page_bytes);
  run({store(Op::sb, 6, 5, 1)});
  EXPECT_EQ(csr_value(mcause), 15u);
  EXPECT_EQ(csr_value(mtval), va + 1);
  run({i(Op::lb, 6, 5, -1)});
  EXPECT_EQ(csr_value(mcause), 13u);
  run({i(Op::lb, 6, 7, 0)});
  EXPECT_EQ(csr_value(mcause), 5u);
  EXPECT_EQ(csr_value(mtval), va + page_bytes);
  run({store(Op::sb, 6, 7, 0)});
  EXPECT_EQ(csr_value(mcause), 7u);
  run({r(Op::amoadd_d, 6, 5, 6)});  // an AMO is a store
  EXPECT_EQ(csr_value(mcause), 15u);
}

TEST_P(MemoryPathTest, MisalignedAtomicsAreMisaligned) {
  hart_.set_x(5, frames + 4);
  run({r(Op::amoadd_d, 6, 5, 6)});
  EXPECT_EQ(csr_value(mcause), 6u);
  EXPECT_EQ(csr_value(mtval), frames + 4);
  run({r(Op::lr_d, 6, 5)});
  EXPECT_EQ(csr_value(mcause), 4u);
  run({r(Op::sc_d, 6, 5, 6)});
  EXPECT_EQ(csr_value(mcause), 6u);
}

TEST_P(MemoryPathTest, DevicesTakeTheirTimeAndNoMisalignedOrAtomicAccess) {
  hart_.set_x(5, device_base);
  hart_.set_x(6, 0x1234);
  const Cycles before = hart_.cycles();
  run({store(Op::sw, 6, 5, 0), i(Op::lw, 7, 5, 0)});
  EXPECT_EQ(hart_.x(7), 0x1234u);
  EXPECT_EQ(hart_.cycles() - before, 3 + 2 * device_latency);
  run({i(Op::lw, 7, 5, 1)});
  EXPECT_EQ(csr_value(mcause), 5u);
  run({r(Op::amoadd_w, 7, 5, 6)});
  EXPECT_EQ(csr_value(mcause), 7u);
  run({r(Op::lr_w, 7, 5)});
  EXPECT_EQ(csr_value(mcause), 5u);
}

TEST_P(MemoryPathTest, ProtectionIsExactToFourBytes) {
  // Entry 0: four bytes without rights, locked, so that machine mode heeds it.
  hart_.set_csr(pmpaddr0 + 1, ~std::uint64_t{0});
  hart_.set_csr(pmpaddr0, (frames + 0x104) >> 2);
  hart_.set_csr(pmpcfg0, open_to_all << 8 | 0x90);
  hart_.set_x(5, frames);
  run({i(Op::lw, 6, 5, 0x100), i(Op::lw, 6, 5, 0x108), store(Op::sw, 6, 5, 0x108)});
  EXPECT_EQ(csr_value(mcause), 0u);
  run({i(Op::lb, 6, 5, 0x107)});
  EXPECT_EQ(csr_value(mcause), 5u);
  run({i(Op::ld, 6, 5, 0x100)});  // the upper half is denied
  EXPECT_EQ(csr_value(mcause), 5u);
  run({store(Op::sb, 6, 5, 0x104)});
  EXPECT_EQ(csr_value(mcause), 7u);
}

TEST_P(MemoryPathTest, ProtectionInThePageOfAProgramIsCheckedByInstruction) {
  hart_.set_csr(pmpaddr0 + 1, ~std::uint64_t{0});
  hart_.set_csr(pmpaddr0, (program + 8) >> 2);
  hart_.set_csr(pmpcfg0, open_to_all << 8 | 0x93);  // R and W, not X, locked
  run({i(Op::addi, 6, 0, 1), i(Op::addi, 6, 0, 2), i(Op::addi, 6, 0, 3)});
  EXPECT_EQ(csr_value(mcause), 1u);
  EXPECT_EQ(csr_value(mepc), program + 8);
  EXPECT_EQ(hart_.x(6), 2u);
}

TEST_P(MemoryPathTest, AMissTakesWhatTheServiceSays) {
  tables_.map(va, frames, rwx);
  translate();
  hart_.set_x(5, va);
  const Cycles before = hart_.cycles();
  run({i(Op::lw, 6, 5, 0), i(Op::lw, 6, 5, 0)});
  EXPECT_GT(hart_.cycles() - before, 3 + 3 * table_latency);  // a walk of three levels
  const Cycles between = hart_.cycles();
  run({i(Op::lw, 6, 5, 0), i(Op::lw, 6, 5, 0)});
  EXPECT_EQ(hart_.cycles() - between, 3u);
}

INSTANTIATE_TEST_SUITE_P(Paths, MemoryPathTest, ::testing::Values(true, false),
                         [](const auto& path) { return path.param ? "Fast" : "OneByOne"; });

}  // namespace
}  // namespace kilburn::riscv
