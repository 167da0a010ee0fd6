// What an IOMMU answers is compared with its tables: legal staleness passes, a broken IOMMU does
// not.
#include "iommu_check/translation_check.h"

#include <gmock/gmock.h>

#include <cstring>

#include "iommu/world.h"

namespace kilburn::iommu::test {
namespace {

using testing::HasSubstr;

class TranslationCheckTest : public IommuTest {
 protected:
  TranslationCheck::Memory plain() {
    return [this](Address at, std::span<std::byte> bytes) {
      for (std::size_t i = 0; i < bytes.size(); i += 8) {
        if ((at + i) / 8 >= w.memory.words().size()) return false;
        const std::uint64_t word = at + i == lie_at ? lie : w.memory.get(at + i);
        std::memcpy(bytes.data() + i, &word, 8);
      }
      return true;
    };
  }
  void iotinval_vma() {
    w.command(
        IOMMU_OPCODE_IOTINVAL | IOMMU_IOTINVAL_VMA << IOMMU_FUNCTION_SHIFT | IOMMU_IOTINVAL_AV,
        page << IOMMU_IOTINVAL_PAGE_SHIFT);
  }
  void expect_right(std::uint64_t checked, std::uint64_t stale) {
    EXPECT_EQ(check.failure().value_or(""), "");
    EXPECT_EQ(check.checked(), checked);
    EXPECT_EQ(check.stale(), stale);
  }
  /// Nobody hears of invalidations any more, and all seems to be acknowledged.
  void lose_invalidations() {
    w.bus.remove(*w.service);
    w.bus.remove(*w.iommu);
  }

  Address lie_at = 1;  ///< what the plain memory has there the IOMMU does not see
  std::uint64_t lie = 0;
  unsigned failed = 0;
  TranslationCheck check{*w.iommu, plain(), true, [this] { ++failed; }};
};

TEST_F(TranslationCheckTest, WhatTheTablesSayIsRight) {
  EXPECT_EQ(w.access(device, address).fault, Fault::none);
  EXPECT_EQ(w.access(device, address).fault, Fault::none);
  EXPECT_NE(w.access(device, address + 512 * page_bytes).fault, Fault::none);
  EXPECT_NE(w.access(device + 1, address).fault, Fault::none);
  expect_right(4, 0);
}

TEST_F(TranslationCheckTest, AChangedPageMayBeUsedUntilItIsInvalidated) {
  (void)w.access(device, address);
  tree.map(page, frame + 1, urwx);
  EXPECT_EQ(w.access(device, address).translation.pfn, frame);
  expect_right(2, 1);
  iotinval_vma();
  EXPECT_EQ(w.access(device, address).translation.pfn, frame + 1);
  expect_right(3, 1);
}

TEST_F(TranslationCheckTest, ANeighbourThatCameWithTheLineMayBeUsedToo) {
  tree.map(page + 1, frame + 1, urwx);
  (void)w.access(device, address);
  tree.map(page + 1, frame + 9, urwx);
  const auto found = w.access(device, address + page_bytes);
  expect_right(2, found.translation.pfn == frame + 1 ? 1 : 0);
}

TEST_F(TranslationCheckTest, AnInvalidationThatIsNotPassedOnIsCaught) {
  (void)w.access(device, address);
  lose_invalidations();
  tree.map(page, frame + 1, urwx);
  iotinval_vma();
  EXPECT_EQ(w.access(device, address).translation.pfn, frame);  // broken as it is
  ASSERT_TRUE(check.failure());
  EXPECT_THAT(*check.failure(), HasSubstr("device 0x3"));
  EXPECT_THAT(*check.failure(), HasSubstr("load of 0x40200128"));
  EXPECT_THAT(*check.failure(), HasSubstr("(from its IOTLB) is frame 0x805, but the tables say "
                                          "frame 0x806"));
  EXPECT_EQ(failed, 1u);
}

TEST_F(TranslationCheckTest, AnUnmappedPageThatIsStillUsedIsCaught) {
  (void)w.access(device, address);
  lose_invalidations();
  tree.map(page, frame, 0);
  iotinval_vma();
  (void)w.access(device, address);
  ASSERT_TRUE(check.failure());
  EXPECT_THAT(*check.failure(), HasSubstr("is frame 0x805, but the tables say cause 13"));
}

TEST_F(TranslationCheckTest, AFrameThatTheRmuTookAwayIsNotUsedByOldEntries) {
  (void)w.access(device, address);
  tree.map(page, frame + 1, urwx);
  const Invalidation taken{
      .operation = Invalidation::Operation::by_frame, .pfn = frame, .last_level = true};
  // The IOMMU is told, but its IOTLB is behind a service that is not, and answers from there.
  w.bus.remove(*w.service);
  (void)w.invalidator.invalidate(taken, 0);
  EXPECT_EQ(w.access(device, address).translation.pfn, frame);
  ASSERT_TRUE(check.failure());
}

TEST_F(TranslationCheckTest, AWrongFrameIsCaught) {
  lie_at = tree.slot(page, 0);
  lie = w.memory.get(lie_at) ^ std::uint64_t{1} << pte::pfn_shift;
  (void)w.access(device, address, Access::store);
  ASSERT_TRUE(check.failure());
  EXPECT_THAT(*check.failure(),
              HasSubstr("store of 0x40200128: the IOMMU's answer is frame 0x805, but the tables "
                        "say frame 0x804"));
}

TEST_F(TranslationCheckTest, ARefusalThatTheTablesDoNotMakeIsCaught) {
  lie_at = tree.slot(page, 0);
  lie = w.memory.get(lie_at);
  w.memory.set(lie_at, lie & ~pte::valid);
  (void)w.access(device, address);
  ASSERT_TRUE(check.failure());
  EXPECT_THAT(*check.failure(), HasSubstr("is cause 13, but the tables say frame 0x805"));
}

TEST_F(TranslationCheckTest, AContextMayBeUsedUntilItIsInvalidated) {
  (void)w.access(device, address);
  TableBuilder other = w.tree(PagingMode::sv48);
  other.map(page, frame + 3, urwx);
  words.fsc = fsc_of(PagingMode::sv48, other.root());
  w.set_device(device, words);
  EXPECT_EQ(w.access(device, address).translation.pfn, frame);
  expect_right(2, 1);
  w.invalidate_directories();
  EXPECT_EQ(w.access(device, address).translation.pfn, frame + 3);
  expect_right(3, 1);
}

TEST_F(TranslationCheckTest, AnswersToTranslationRequestsAreCheckedForEachRight) {
  words.tc |= IOMMU_TC_EN_ATS;
  configure(words);
  (void)w.iommu->translation_request({.device = device}, IoVirtualAddress(address), false, w.now);
  expect_right(2, 0);
  lose_invalidations();
  tree.map(page, frame + 1, urwx);
  iotinval_vma();
  (void)w.iommu->translation_request({.device = device}, IoVirtualAddress(address), false, w.now);
  EXPECT_TRUE(check.failure());
}

}  // namespace
}  // namespace kilburn::iommu::test
