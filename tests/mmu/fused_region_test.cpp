// Burst fills and fused regions together: what one verdict covers, and what is left of it after the
// region is shattered.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "mmu/mmu.h"
#include "page_table_walker/table_builder.h"
#include "page_table_walker/test_memory.h"
#include "rmu/rmu.h"

namespace kilburn::mmu {
namespace {

using burst_tlb::Organisation;
using rmu::CommandCode;
using rmu::Status;

constexpr PageNumber frames = 4096;  // 2048 covered, then the table
constexpr PageNumber first_page = 0x40200;
constexpr PageNumber first_frame = 512;

rmu::RmuConfig rmu_config() {
  rmu::RmuConfig config;
  config.memory_base = 0;
  config.memory_bytes = frames / 2 * page_bytes;
  config.table_base = frames / 2 * page_bytes;
  config.realms = 4;
  config.unowned = rmu::Unowned::deny;
  return config;
}

/// Sixty-four pages of realm 1 in a row, mapped to as many frames in a row.
class FusedRegion : public testing::TestWithParam<burst_tlb::Organisation> {
 protected:
  FusedRegion() {
    bus_.add(*service_);
    bus_.add(*mmu_);
    for (const std::uint32_t realm : {1U, 2U}) {
      command({.code = CommandCode::create_realm, .realm = realm});
    }
    give(tables_.root(), 1, 0, true);
    for (PageNumber i = 0; i < 64; ++i) map(first_page + i, first_frame + i);
  }

  void map(PageNumber page, PageNumber frame) {
    tables_.map(page, frame, test::urwx);
    give(frame, 1, page);
  }
  void give(PageNumber frame, std::uint32_t realm, PageNumber page, bool any = false) {
    command({.code = CommandCode::set_owner,
             .target = frame << page_shift,
             .realm = realm,
             .mapped = page,
             .mapped_any = any,
             .issuer = {.realm = owner_.count(frame) != 0 ? owner_[frame] : std::uint16_t{0},
                        .machine = true}});
    owner_[frame] = static_cast<std::uint16_t>(realm);
  }
  void command(rmu::Command command) {
    if (command.issuer.realm == 0) command.issuer.machine = true;
    ASSERT_EQ(rmu_.execute(command, 0, invalidator_).status, Status::ok);
  }
  void fuse(unsigned order) {
    command({.code = CommandCode::fuse, .target = first_frame << page_shift, .order = order});
  }
  void shatter() { command({.code = CommandCode::shatter, .target = first_frame << page_shift}); }

  struct Result {
    Fault fault;
    bool first_level;
    PageNumber pfn;
  };
  Result access(PageNumber page, Access access = Access::load) {
    const Request request{page << page_shift, access, {}, regime_};
    const Translated found = mmu_->translate(request, [this] { return now_ += 1000; });
    return {found.fault, found.hit, found.translation.pfn};
  }
  /// A counter of the service's own.
  [[nodiscard]] std::uint64_t counted(std::string_view name) const {
    struct Find final : StatisticVisitor {
      std::string_view name;
      std::uint64_t value = 0;
      void enter(std::string_view) override {}
      void leave() override {}
      void counter(std::string_view label, std::uint64_t count, std::string_view,
                   std::string_view) override {
        if (label == name) value = count;
      }
      void formula(std::string_view, double, std::string_view, std::string_view) override {}
      void histogram(std::string_view, const Histogram&, std::string_view,
                     std::string_view) override {}
    } find;
    find.name = name;
    service_->visit(find, PagingMode::sv48);
    return find.value;
  }
  [[nodiscard]] std::uint64_t checks() const { return rmu_.statistics().checks; }

  std::map<PageNumber, std::uint16_t> owner_;
  test::TestMemory memory_{frames};
  test::FramePool pool_{64, 512};
  rmu::Rmu rmu_{rmu_config(), memory_};
  InvalidationBus bus_;
  ImmediateInvalidator invalidator_{bus_};
  std::unique_ptr<TranslationService> service_ = std::make_unique<TranslationService>(
      ServiceConfig{.l2tlb = {.organisation = GetParam(), .entries = 64, .ways = 4}}, memory_,
      &rmu_);
  std::unique_ptr<Mmu> mmu_ =
      std::make_unique<Mmu>(MmuConfig{.itlb = {{.organisation = GetParam(), .entries = 16}},
                                      .dtlb = {{.organisation = GetParam(), .entries = 16}}},
                            *service_, "hart", 1);
  test::TableBuilder tables_{memory_, PagingMode::sv39, pool_.take(), false, [this] {
                               const PageNumber frame = pool_.take();
                               give(frame, 1, 0, true);
                               return frame;
                             }};
  Regime regime_{
      .stage1 = PagingMode::sv39, .root = tables_.root(), .context = {.asid = 1, .realm = 1}};
  Cycles now_ = 0;
};

TEST_P(FusedRegion, NeighboursShareOneVerdict) {
  const std::uint64_t before = checks();
  access(first_page + 3);
  // Three tables, the frame, and the seven frames of the other PTEs in the line.
  EXPECT_EQ(checks() - before, 3u + 1 + 7);
  EXPECT_EQ(counted("verdicts_shared"), 0u);
  fuse(6);
  const std::uint64_t fused = checks();
  access(first_page + 11);
  EXPECT_EQ(checks() - fused, 1u + 1) << "the last level's table, and one verdict for eight frames";
  EXPECT_EQ(counted("verdicts_shared"), 7u);
  EXPECT_EQ(counted("neighbour_checks"), 7u) << "of the walk before";
}

TEST_P(FusedRegion, ACleanPageLeavesItsNeighboursDirtyBits) {
  tables_.map(first_page + 3, first_frame + 3, test::urwx & ~pte::dirty);
  fuse(6);
  access(first_page + 3);
  const std::uint64_t walks = counted("walks");
  EXPECT_EQ(access(first_page + 4, Access::store).fault, Fault::none);
  EXPECT_EQ(counted("walks") - walks, GetParam() == Organisation::burst ? 0u : 1u)
      << "units of a burst TLB alone have permissions of their own";
}

TEST_P(FusedRegion, AGroupSmallerThanTheLineSharesWithItsMembersOnly) {
  fuse(1);
  access(first_page);
  EXPECT_EQ(counted("verdicts_shared"), 1u);
  EXPECT_EQ(counted("neighbour_checks"), 6u);
}

TEST_P(FusedRegion, TheVerdictDoesNotSpeakForANeighbourOutOfItsPlace) {
  // Two pages exchange their frames, of which the table says otherwise: each is denied.
  tables_.map(first_page + 1, first_frame + 5, test::urwx);
  tables_.map(first_page + 5, first_frame + 1, test::urwx);
  fuse(6);
  EXPECT_EQ(access(first_page).fault, Fault::none);
  EXPECT_EQ(counted("verdicts_shared"), 5u);
  EXPECT_EQ(counted("neighbours_denied"), 2u);
  EXPECT_EQ(access(first_page + 1).fault, Fault::access_fault);
  EXPECT_EQ(access(first_page + 5).fault, Fault::access_fault);
  EXPECT_EQ(access(first_page + 2).fault, Fault::none);
}

TEST_P(FusedRegion, InARegionMappedFromAnywherePlacesDoNotMatter) {
  for (PageNumber i = 0; i < 64; ++i) give(first_frame + i, 1, 0, true);
  tables_.map(first_page + 1, first_frame + 5, test::urwx);
  fuse(6);
  EXPECT_EQ(access(first_page).fault, Fault::none);
  EXPECT_EQ(counted("verdicts_shared"), 7u);
}

TEST_P(FusedRegion, AfterShatterAndOwnerChangeNothingStaleIsLeft) {
  fuse(6);
  for (PageNumber i = 0; i < 64; ++i) ASSERT_EQ(access(first_page + i).fault, Fault::none);
  shatter();
  give(first_frame + 9, 2, first_page + 9);
  for (PageNumber i = 0; i < 64; ++i) {
    const Result result = access(first_page + i);
    EXPECT_EQ(result.fault, i == 9 ? Fault::access_fault : Fault::none) << i;
    if (i != 9) {
      EXPECT_EQ(result.pfn, first_frame + i);
    }
  }
}

TEST_P(FusedRegion, ALargeLeafIsHeldAsLargeAsItsRegionAndNotLongerThanIt) {
  tables_.map_napot(first_page, first_frame, test::urwx);
  fuse(4);
  ASSERT_EQ(access(first_page).fault, Fault::none);
  EXPECT_EQ(access(first_page + 1).pfn, first_frame + 1);
  shatter();
  EXPECT_FALSE(access(first_page).first_level);
  give(first_frame + 1, 2, first_page + 1);
  EXPECT_EQ(access(first_page + 1).fault, Fault::access_fault);
  EXPECT_EQ(access(first_page + 2).pfn, first_frame + 2);
}

std::string name_of(const testing::TestParamInfo<Organisation>& test) {
  switch (test.param) {
    case Organisation::burst:
      return "burst";
    case Organisation::conventional:
      return "conventional";
    case Organisation::contiguous:
      return "contiguous";
    default:
      return "clustered";
  }
}

INSTANTIATE_TEST_SUITE_P(Organisations, FusedRegion,
                         testing::Values(Organisation::burst, Organisation::conventional,
                                         Organisation::contiguous, Organisation::clustered),
                         name_of);

}  // namespace
}  // namespace kilburn::mmu
