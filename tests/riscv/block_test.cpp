// Decoded blocks and the memory that they were decoded from.
#include "riscv/decode/block.h"

#include <gtest/gtest.h>

#include "riscv/assembler.h"
#include "riscv/hart_world.h"

namespace kilburn::riscv {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): the assembler's short names

constexpr std::uint32_t nop = 0x00000013;
constexpr std::uint16_t compressed_nop = 0x0001;

class PageOfCode {
 public:
  template <class T>
  void set(unsigned offset, T value) {
    std::memcpy(&bytes_[offset], &value, sizeof value);
  }
  boost::intrusive_ptr<CodePage> decode() { return new CodePage(bytes_.data()); }

 private:
  std::vector<std::byte> bytes_ = std::vector<std::byte>(page_bytes);
};

TEST(Block, EndsBehindAControlTransfer) {
  PageOfCode page;
  page.set(0, nop);
  page.set(4, compressed_nop);
  page.set(6, jal(1, 16));
  page.set(10, nop);
  const auto code = page.decode();
  const Block* block = code->block(0);
  EXPECT_EQ(block->count, 3u);
  EXPECT_EQ(block->end, 10u);
  EXPECT_EQ(block->code[2].immediate, 6 + 16);  // from the page's start
  EXPECT_EQ(code->block(4)->count, 2u);
  EXPECT_EQ(code->block(0), block);
}

TEST(Block, HasAtMost32InstructionsAndThenItsEnd) {
  PageOfCode page;
  for (unsigned offset = 0; offset < page_bytes; offset += 4) page.set(offset, nop);
  const auto code = page.decode();
  const Block* block = code->block(8);
  EXPECT_EQ(block->count, most_instructions);
  EXPECT_EQ(block->code[most_instructions].operation, Operation::block_end);
}

TEST(Block, EndsAtThePagesEndAndBeforeAnInstructionThatCrossesIt) {
  PageOfCode page;
  page.set(4088, nop);
  page.set(4092, nop);
  EXPECT_EQ(page.decode()->block(4088)->end, page_bytes);
  page.set(4092, compressed_nop);
  page.set(4094, compressed_nop);
  EXPECT_EQ(page.decode()->block(4088)->count, 3u);
  page.set(4094, std::uint16_t{0x0013});  // the first half of a nop
  EXPECT_EQ(page.decode()->block(4088)->count, 2u);
  EXPECT_EQ(page.decode()->block(4094), nullptr);
}

TEST(Block, WritesToX0GoToNoRegister) {
  EXPECT_EQ(for_block({.operation = Operation::addi, .rd = 0}, 0).rd, x_nowhere);
  EXPECT_EQ(for_block({.operation = Operation::fld, .rd = 0}, 0).rd, 0);  // f0 is a register
  EXPECT_EQ(for_block({.operation = Operation::sd, .rd = 0}, 0).rd, 0);
}

TEST(Block, APageIsDroppedByAWriteToALineThatWasDecodedAndByNoOther) {
  std::vector<std::byte> memory(page_bytes);
  std::memcpy(memory.data() + 64, &nop, sizeof nop);
  BlockCache cache;
  const auto code = cache.page(7, memory.data());
  code->block(64);
  constexpr Address page = 7 * page_bytes;
  EXPECT_TRUE(cache.written(page + 1024, 8));
  EXPECT_FALSE(code->dropped());
  EXPECT_TRUE(cache.written(page + 56, 8));
  EXPECT_FALSE(cache.written(page + 57, 8));
  EXPECT_TRUE(code->dropped());
  EXPECT_NE(cache.page(7, memory.data()), code);
}

// --- programs that change themselves ---

class SelfModificationTest : public ::testing::TestWithParam<bool> {
 protected:
  static WorldConfig config() {
    WorldConfig config;
    config.hart.harts = 2;
    config.hart.fast_path = GetParam();
    return config;
  }
  SelfModificationTest() : world_(config()), hart_(world_.hart()) {}
  World world_;
  Hart& hart_;
};

TEST_P(SelfModificationTest, AStoreIntoTheNextInstructionIsExecuted) {
  world_.load(ram_base, {store(Op::sw, 6, 5, 4), i(Op::addi, 7, 0, 1), plain(Op::wfi)});
  hart_.set_x(5, ram_base);
  hart_.set_x(6, i(Op::addi, 7, 0, 2));
  EXPECT_EQ(hart_.run(100), RunEnd::waiting);
  EXPECT_EQ(hart_.x(7), 2u);
}

TEST_P(SelfModificationTest, ALoopThatPatchesItsOwnBodySeesEveryPatch) {
  // x7 += immediate, which each round replaces by the next: 1 + 2 + ... + 10.
  world_.load(ram_base, {
                            i(Op::addi, 7, 7, 0),  // patched
                            r(Op::add, 6, 6, 8),   // immediate + 1
                            store(Op::sw, 6, 5, 0),
                            i(Op::addi, 9, 9, -1),
                            branch(Op::bne, 9, 0, -16),
                            plain(Op::wfi),
                        });
  hart_.set_x(5, ram_base);
  hart_.set_x(6, i(Op::addi, 7, 7, 0));
  hart_.set_x(8, 1u << 20);
  hart_.set_x(9, 11);
  EXPECT_EQ(hart_.run(1000), RunEnd::waiting);
  EXPECT_EQ(hart_.x(7), 55u);
}

TEST_P(SelfModificationTest, AnotherHartsStoreIsExecutedFromTheNextSliceOn) {
  world_.load(ram_base, {i(Op::addi, 7, 0, 1), jal(0, -4)});
  world_.load(ram_base + 0x2000, {store(Op::sw, 6, 5, 0), plain(Op::wfi)});
  EXPECT_EQ(hart_.run(100), RunEnd::time);
  EXPECT_EQ(hart_.x(7), 1u);
  Hart& other = world_.hart(1);
  other.set_pc(ram_base + 0x2000);
  other.set_x(5, ram_base);
  other.set_x(6, i(Op::addi, 7, 0, 9));
  EXPECT_EQ(other.run(100), RunEnd::waiting);
  EXPECT_EQ(hart_.run(200), RunEnd::time);
  EXPECT_EQ(hart_.x(7), 9u);
}

TEST_P(SelfModificationTest, ADevicesWriteIsExecuted) {
  world_.load(ram_base, {i(Op::addi, 7, 0, 1), jal(0, -4)});
  EXPECT_EQ(hart_.run(100), RunEnd::time);
  world_.memory.set(ram_base, i(Op::addi, 7, 0, 9));
  world_.main_memory.written(ram_base, 4);
  EXPECT_EQ(hart_.run(200), RunEnd::time);
  EXPECT_EQ(hart_.x(7), 9u);
}

TEST_P(SelfModificationTest, AnInstructionAcrossPagesIsFetchedAnewEachTime) {
  const Address last = ram_base + page_bytes - 2;
  const auto put = [&](int immediate) {
    const std::uint32_t word = i(Op::addi, 7, 7, immediate);
    std::memcpy(&world_.memory.ram()[last - ram_base], &word, sizeof word);
  };
  put(1);
  const std::uint32_t back = branch(Op::bne, 9, 0, -12);
  const std::uint32_t stop = plain(Op::wfi);
  const std::uint32_t count = i(Op::addi, 9, 9, -1);
  std::memcpy(&world_.memory.ram()[last + 4 - ram_base], &back, sizeof back);
  std::memcpy(&world_.memory.ram()[last + 8 - ram_base], &stop, sizeof stop);
  // The branch leads to here: count, and on to the crossing instruction.
  std::memcpy(&world_.memory.ram()[last - 8 - ram_base], &count, sizeof count);
  std::memcpy(&world_.memory.ram()[last - 4 - ram_base], &nop, sizeof nop);
  hart_.set_pc(last - 8);
  hart_.set_x(9, 3);
  EXPECT_EQ(hart_.run(1000), RunEnd::waiting);
  EXPECT_EQ(hart_.x(7), 3u);
  put(5);  // nobody has to be told: it is in no block
  hart_.set_pc(last - 8);
  hart_.set_x(9, 3);
  EXPECT_EQ(hart_.run(2000), RunEnd::waiting);
  EXPECT_EQ(hart_.x(7), 18u);
}

INSTANTIATE_TEST_SUITE_P(Paths, SelfModificationTest, ::testing::Values(true, false),
                         [](const auto& path) { return path.param ? "Fast" : "OneByOne"; });

}  // namespace
}  // namespace kilburn::riscv
