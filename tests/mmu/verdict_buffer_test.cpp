// The verdicts that a client keeps on frames that it reaches without translation.
#include "mmu/verdict_buffer.h"

#include <gtest/gtest.h>

namespace kilburn::mmu {
namespace {

using Operation = Invalidation::Operation;

constexpr PageNumber first = 0x1008;  // of a block of eight

UntranslatedAccess access(PageNumber frame, Access kind = Access::load, std::uint16_t realm = 1) {
  return {.frame = frame, .access = kind, .realm = realm};
}

/// Holds one verdict, on eight frames.
VerdictBuffer one(bool writable = true) {
  VerdictBuffer buffer;
  buffer.keep(access(first + 5), {.writable = writable, .order = 3});
  return buffer;
}

TEST(VerdictBuffer, AVerdictAnswersForItsWholeBlockAndNoFurther) {
  const VerdictBuffer buffer = one();
  EXPECT_EQ(buffer.find(access(first - 1)), nullptr);
  ASSERT_NE(buffer.find(access(first)), nullptr);
  ASSERT_NE(buffer.find(access(first + 7)), nullptr);
  EXPECT_EQ(buffer.find(access(first + 8)), nullptr);
  EXPECT_EQ(buffer.find(access(first))->first, first);
  EXPECT_EQ(buffer.find(access(first))->last(), first + 7);
}

TEST(VerdictBuffer, AnotherRealmIsNotAnsweredByIt) {
  EXPECT_EQ(one().find(access(first, Access::load, 2)), nullptr);
}

TEST(VerdictBuffer, AStoreNeedsAVerdictThatAllowsStores) {
  EXPECT_NE(one(true).find(access(first, Access::store)), nullptr);
  EXPECT_EQ(one(false).find(access(first, Access::store)), nullptr);
  EXPECT_NE(one(false).find(access(first, Access::load)), nullptr);
  EXPECT_NE(one(false).find(access(first, Access::fetch)), nullptr);
}

TEST(VerdictBuffer, EmptyItAnswersNobody) {
  EXPECT_EQ(VerdictBuffer().find({.frame = 0, .realm = 0}), nullptr);
}

TEST(VerdictBuffer, TheOldestOfEightMakesRoom) {
  VerdictBuffer buffer;
  for (PageNumber frame = 0; frame < 8; ++frame) buffer.keep(access(frame), {});
  for (PageNumber frame = 0; frame < 8; ++frame) {
    EXPECT_NE(buffer.find(access(frame)), nullptr) << frame;
  }
  for (PageNumber frame = 8; frame < 24; ++frame) {
    buffer.keep(access(frame), {});
    EXPECT_EQ(buffer.find(access(frame - 8)), nullptr) << frame;
    EXPECT_NE(buffer.find(access(frame - 7)), nullptr) << frame;
    EXPECT_NE(buffer.find(access(frame)), nullptr) << frame;
  }
}

TEST(VerdictBuffer, AnInvalidationOfFramesDropsTheVerdictsThatCoverOneOfThem) {
  struct Case {
    PageNumber pfn;
    PageNumber pages;
    bool dropped;
  };
  for (const Case& c : {Case{first - 8, 8, false}, Case{first - 8, 9, true}, Case{first, 1, true},
                        Case{first + 7, 1, true}, Case{first + 8, 1, false},
                        Case{first - 8, 64, true}, Case{first + 3, 2, true}}) {
    VerdictBuffer buffer = one();
    buffer.invalidate({.operation = Operation::by_frame, .pfn = c.pfn, .pages = c.pages});
    EXPECT_EQ(buffer.find(access(first)) == nullptr, c.dropped)
        << c.pages << " frames from " << std::hex << c.pfn;
  }
}

TEST(VerdictBuffer, AnInvalidationOfARealmDropsItsVerdicts) {
  VerdictBuffer buffer = one();
  buffer.invalidate({.operation = Operation::by_realm, .context = {.realm = 2}});
  EXPECT_NE(buffer.find(access(first)), nullptr);
  buffer.invalidate({.operation = Operation::by_realm, .context = {.realm = 1}});
  EXPECT_EQ(buffer.find(access(first)), nullptr);
}

TEST(VerdictBuffer, AnInvalidationOfAllDropsAllAndThoseOfPagesNone) {
  VerdictBuffer buffer = one();
  for (const Operation operation : {Operation::by_vmid, Operation::by_asid, Operation::by_va_asid,
                                    Operation::by_va, Operation::by_guest_frame}) {
    buffer.invalidate({.operation = operation, .vpn = first, .pfn = first, .pages = 8});
    EXPECT_NE(buffer.find(access(first)), nullptr) << static_cast<int>(operation);
  }
  buffer.invalidate({.operation = Operation::all});
  EXPECT_EQ(buffer.find(access(first)), nullptr);
}

}  // namespace
}  // namespace kilburn::mmu
