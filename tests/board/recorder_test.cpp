// What a hart's recorder makes of what it is shown, read back from its file.
#include "platform/board/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <variant>
#include <vector>

#include "common/error.h"
#include "process.h"

namespace kilburn::board::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using trace::ContextSwitch;
using trace::Invalidate;
using trace::Kind;
using trace::Record;
using Operation = Invalidation::Operation;

/// Of two harts: the upper bit of a VMID is the hart's.
constexpr HartContexts hart1{.hart = 1, .bits = 15};

riscv::AddressSpace bare() {
  return {};
}

riscv::AddressSpace space(std::uint16_t asid, PageNumber root, std::uint16_t vmid = hart1.host()) {
  riscv::AddressSpace space;
  space.regime.stage1 = PagingMode::sv39;
  space.regime.root = root;
  space.regime.context = {.asid = asid, .vmid = vmid};
  return space;
}

Invalidation fence(Operation operation, std::uint16_t asid = 0, PageNumber vpn = 0,
                   std::uint16_t vmid = hart1.host()) {
  return {.operation = operation, .vpn = vpn, .context = {.asid = asid, .vmid = vmid}};
}

/// Everything in a trace; events are numbered through.
struct Content {
  std::vector<Record> records;
  std::vector<trace::Event> events;

  /// Letters: fetch F, load L, store S, switch of address space C, invalidation I.
  [[nodiscard]] std::string kinds() const {
    std::string text;
    for (const Record& record : records) {
      if (record.kind != Kind::event) {
        text += "FLS"[static_cast<unsigned>(record.kind)];
      } else {
        text += std::holds_alternative<Invalidate>(events[record.event]) ? 'I' : 'C';
      }
    }
    return text;
  }
  [[nodiscard]] const Invalidation& invalidation(std::size_t record) const {
    return std::get<Invalidate>(events.at(records.at(record).event)).invalidation;
  }
  [[nodiscard]] const Context& entered(std::size_t record) const {
    return std::get<ContextSwitch>(events.at(records.at(record).event)).context;
  }
};

Content content_of(const std::string& file) {
  Content content;
  const auto reader = trace::open_trace(file);
  for (auto batch = reader->next(); !batch.empty(); batch = reader->next()) {
    for (Record record : batch.records) {
      if (record.kind == Kind::event) {
        content.events.push_back(batch.events[record.event]);
        record.event = static_cast<std::uint32_t>(content.events.size() - 1);
      }
      content.records.push_back(record);
    }
  }
  return content;
}

class HartRecorderTest : public ::testing::Test {
 protected:
  HartRecorder& recorder(RecordOptions options = {}) {
    options.file = folder_ / "t.ktrace";
    recorder_.emplace(options, options.file, trace::Metadata{}, hart1, [this] { ++ended_; });
    return *recorder_;
  }
  Content finish() {
    recorder_->finish();
    return content_of(folder_ / "t.ktrace");
  }
  [[nodiscard]] int ended() const { return ended_; }

 private:
  platform::Folder folder_;
  std::optional<HartRecorder> recorder_;
  int ended_ = 0;
};

TEST_F(HartRecorderTest, AnInstructionIsItsFetchAndItsAccesses) {
  HartRecorder& r = recorder();
  r.fetched(space(1, 8), 0x1000, 2);
  r.accessed(space(1, 8), 0x20F8, 8, Access::load);
  r.fetched(space(1, 8), 0x1002, 4);
  r.accessed(space(1, 8), 0x2FFF, 4, Access::store);
  const Content content = finish();
  const auto record = [](Address address, Kind kind, unsigned size) {
    return Record{
        .address = address, .kind = kind, .size = static_cast<std::uint8_t>(size), .requester = 1};
  };
  ASSERT_EQ(content.kinds(), "CFLFS");
  EXPECT_EQ(content.records[1], record(0x1000, Kind::fetch, 2));
  EXPECT_EQ(content.records[2], record(0x20F8, Kind::load, 8));
  EXPECT_EQ(content.records[3], record(0x1002, Kind::fetch, 4));
  EXPECT_EQ(content.records[4], record(0x2FFF, Kind::store, 4));
  EXPECT_EQ(ended(), 0);
}

TEST_F(HartRecorderTest, BeforeItsWindowItIsToldCountsAndShownNothing) {
  HartRecorder& r = recorder({.from = 1000});
  EXPECT_TRUE(r.passes(999));
  EXPECT_FALSE(r.passes(1000)) << "the window could begin with the access after these";
  r.passed(990);
  EXPECT_TRUE(r.passes(9));
  EXPECT_FALSE(r.passes(10));
  for (Address pc = 0x1000; pc < 0x1000 + 4 * 12; pc += 4) r.fetched(space(1, 8), pc, 4);
  EXPECT_FALSE(r.passes(1)) << "within the window";
  const Content content = finish();
  ASSERT_EQ(content.kinds(), "CFF");
  EXPECT_EQ(content.records[1].address, 0x1000U + 4 * 10);
}

TEST_F(HartRecorderTest, AddressSpacesAreNumberedInTheOrderOfTheirFirstAccesses) {
  HartRecorder& r = recorder();
  const auto guest = space(7, 8, hart1.guest(3));
  for (const auto& where : {space(7, 8), space(5, 8), space(7, 9), guest, space(7, 8)}) {
    r.fetched(where, 0x1000, 4);
  }
  const Content content = finish();
  ASSERT_EQ(content.kinds(), "CFCFCFCFCF");
  EXPECT_EQ(content.entered(0), (Context{.asid = 0, .vmid = 0}));
  EXPECT_EQ(content.entered(2), (Context{.asid = 1, .vmid = 0})) << "another ASID";
  EXPECT_EQ(content.entered(4), (Context{.asid = 2, .vmid = 0})) << "one ASID, another root table";
  EXPECT_EQ(content.entered(6), (Context{.asid = 3, .vmid = 4})) << "guest 3 is held as VMID 4";
  EXPECT_EQ(content.entered(8), (Context{.asid = 0, .vmid = 0}));
}

TEST_F(HartRecorderTest, WhatIsNotTranslatedOrAKernelsIsLeftOutAndCounted) {
  HartRecorder& r = recorder();
  r.fetched(bare(), 0x80000000, 4);
  r.accessed(bare(), 0x80000100, 8, Access::load);
  r.accessed(space(1, 8), 0xFFFFFFC000000000, 8, Access::store);
  r.fetched(space(1, 8), 0x3FFFFFFFFE, 2);
  EXPECT_EQ(finish().kinds(), "CF");
  EXPECT_EQ(r.left_out().untranslated, 2U);
  EXPECT_EQ(r.left_out().upper_half, 1U);
}

TEST_F(HartRecorderTest, AFenceOfAllInvalidatesEachSpaceThatWasAccessedSinceTheLast) {
  HartRecorder& r = recorder();
  r.fenced(fence(Operation::by_vmid));  // nothing was accessed yet
  r.fetched(space(1, 8), 0x1000, 4);
  r.fetched(space(2, 9), 0x1000, 4);
  r.fenced(fence(Operation::by_vmid));
  r.fenced(fence(Operation::by_vmid));
  r.fetched(space(2, 9), 0x1004, 4);
  r.fenced(fence(Operation::by_vmid));
  const Content content = finish();
  ASSERT_EQ(content.kinds(), "CFCFCICIFI");
  EXPECT_EQ(content.entered(4).asid, 0);
  EXPECT_EQ(content.entered(6).asid, 1);
  for (const std::size_t at : {5U, 7U, 9U}) {
    EXPECT_EQ(content.invalidation(at).operation, Operation::by_asid);
  }
}

TEST_F(HartRecorderTest, AFenceOfAPageInvalidatesThatPageEachTime) {
  HartRecorder& r = recorder();
  r.fetched(space(1, 8), 0x1000, 4);
  r.fenced(fence(Operation::by_va, 0, 0x77));
  r.fenced(fence(Operation::by_va_asid, 1, 0x78));
  r.fenced(fence(Operation::by_va_asid, 1, 0xFFFFFFC000000));  // of a kernel
  Invalidation leaf = fence(Operation::by_va, 0, 0x79);
  leaf.last_level = true;
  r.fenced(leaf);
  const Content content = finish();
  ASSERT_EQ(content.kinds(), "CFIII");
  EXPECT_FALSE(content.invalidation(2).last_level);
  EXPECT_TRUE(content.invalidation(4).last_level)
      << "a replay's walk cache keeps what the hart's did";
  EXPECT_EQ(content.invalidation(2).operation, Operation::by_va_asid);
  EXPECT_EQ(content.invalidation(2).vpn, 0x77U);
  EXPECT_EQ(content.invalidation(3).vpn, 0x78U);
}

TEST_F(HartRecorderTest, AFenceConcernsTheSpacesThatItNames) {
  HartRecorder& r = recorder();
  const auto guest = space(1, 8, hart1.guest(3));
  r.fetched(space(1, 8), 0x1000, 4);
  r.fetched(guest, 0x1000, 4);
  r.fenced(fence(Operation::by_asid, 2));                                // nobody's
  r.fenced(fence(Operation::by_asid, 1));                                // space 0
  r.fenced(fence(Operation::by_vmid, 0, 0, hart1.guest(4)));             // nobody's
  r.fenced(fence(Operation::by_guest_frame, 0, 0x123, hart1.guest(3)));  // space 1
  const Content content = finish();
  ASSERT_EQ(content.kinds(), "CFCFCICI");
  EXPECT_EQ(content.entered(4).asid, 0);
  EXPECT_EQ(content.entered(6).asid, 1);
  // Which virtual pages a guest's frame is at is not known: all of the guest's.
  EXPECT_EQ(content.invalidation(7).operation, Operation::by_asid);
}

TEST_F(HartRecorderTest, RecordsTheAccessesBetweenFromAndLimit) {
  HartRecorder& r = recorder({.file = {}, .from = 3, .limit = 4});
  for (unsigned i = 0; i < 10; ++i) {
    r.accessed(bare(), 0x1000, 8, Access::load);
    r.accessed(space(1, 8), 0x1000 + 8 * i, 8, Access::load);
    r.fenced(fence(Operation::by_vmid));
  }
  EXPECT_TRUE(r.reached_limit());
  EXPECT_EQ(ended(), 1);
  const Content content = finish();
  ASSERT_EQ(content.kinds(), "CLILILIL");
  EXPECT_EQ(content.records[1].address, 0x1018U);
  EXPECT_EQ(content.records[7].address, 0x1030U);
  EXPECT_EQ(r.left_out().untranslated, 4U) << "of accesses 3 to 6, and the one before each";
}

TEST_F(HartRecorderTest, WritesMoreThanABatchInOrder) {
  HartRecorder& r = recorder();
  constexpr unsigned accesses = 20'000;
  for (unsigned i = 0; i < accesses; ++i) {
    const auto asid = static_cast<std::uint16_t>(1 + i / 5000);
    r.accessed(space(asid, 8), 0x1000 + 8 * i, 8, Access::store);
  }
  const Content content = finish();
  ASSERT_EQ(content.records.size(), accesses + 4);
  unsigned i = 0;
  for (const Record& record : content.records) {
    if (record.kind == Kind::event) continue;
    ASSERT_EQ(record.address, 0x1000 + 8 * i++);
  }
  EXPECT_EQ(r.spaces(), 4U);
  EXPECT_EQ(r.counts().stores, accesses);
}

TEST(RecordFile, SeveralHartsHaveOneEach) {
  EXPECT_EQ(record_file("a/b.ktrace", 0, 1), "a/b.ktrace");
  EXPECT_EQ(record_file("a/b.ktrace", 0, 2), "a/b.hart0.ktrace");
  EXPECT_EQ(record_file("b.x.ktrace", 7, 8), "b.x.hart7.ktrace");
  EXPECT_EQ(record_file("b", 1, 2), "b.hart1");
}

}  // namespace
}  // namespace kilburn::board::testing
