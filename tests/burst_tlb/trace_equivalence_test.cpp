// One unit a tag, over the recorded traces of real programs: a conventional TLB access for access.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "plain_conventional_tlb.h"
#include "shipped_traces.h"
#include "support.h"
#include "trace/trace.h"

namespace kilburn::burst_tlb {
namespace {

constexpr std::uint64_t records_a_trace = 60000;

/// Both TLBs side by side; every operation goes to both.
class SideBySide {
 public:
  explicit SideBySide(const TlbConfig& config)
      : tlb_(make_tlb(config)),
        plain_(config.sets(), config.associativity(), config.replacement, config.seed) {}

  void access(Comparand c) {
    const Lookup got = tlb_->lookup(c);
    const PlainConventionalTlb::Answer wanted = plain_.lookup(c);
    ASSERT_EQ(got.outcome == Outcome::hit, wanted.hit);
    if (wanted.hit) {
      ASSERT_EQ(got.translation.pfn, wanted.pfn);
      ASSERT_EQ(got.entry, wanted.entry);
      ++hits_;
      return;
    }
    const auto frame = [&](PageNumber vpn) { return mix64(vpn + (mappings_ << 52)) >> 24; };
    std::vector<Translation> beside;
    for (PageNumber vpn = c.vpn / 8 * 8; vpn < c.vpn / 8 * 8 + 8; ++vpn) {
      if (vpn != c.vpn) beside.push_back(page(vpn, frame(vpn)));
    }
    // A page is clean until its first store, which then misses once more.
    const std::uint64_t permissions =
        c.access == Access::store ? user_data : user_data & ~pte::dirty;
    const Translation walked = page(c.vpn, frame(c.vpn), permissions);
    ASSERT_EQ(tlb_->fill(walked, c.context, beside).entry, plain_.fill(walked, c.context));
    ++misses_;
  }
  void invalidate(const Invalidation& invalidation) {
    ++mappings_;
    ASSERT_EQ(tlb_->invalidate(invalidation), plain_.invalidate(invalidation));
  }
  [[nodiscard]] std::uint64_t hits() const { return hits_; }
  [[nodiscard]] std::uint64_t misses() const { return misses_; }

 private:
  std::unique_ptr<Tlb> tlb_;
  PlainConventionalTlb plain_;
  std::uint64_t mappings_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

void play(const trace::Batch& batch, Context& context, SideBySide& both) {
  for (const trace::Record& record : batch.records) {
    if (testing::Test::HasFatalFailure()) return;
    if (record.kind != trace::Kind::event) {
      constexpr Access kinds[] = {Access::fetch, Access::load, Access::store};
      both.access({.vpn = record.address >> page_shift,
                   .context = context,
                   .access = kinds[static_cast<unsigned>(record.kind)]});
      continue;
    }
    const trace::Event& event = batch.events[record.event];
    if (const auto* entered = std::get_if<trace::ContextSwitch>(&event)) {
      context = entered->context;
    } else if (const auto* unmapped = std::get_if<trace::Unmap>(&event)) {
      both.invalidate({.operation = Invalidation::Operation::by_va_asid,
                       .vpn = unmapped->va >> page_shift,
                       .pages = unmapped->pages,
                       .context = context});
    } else if (const auto* invalidated = std::get_if<trace::Invalidate>(&event)) {
      both.invalidate(invalidated->invalidation);
    }
  }
}

TEST(BurstTlb, WithOneUnitPerTagIsAConventionalTlbOverRecordedTraces) {
  // Spec 01 behaviour 6.
  const TlbConfig geometries[] = {
      {.entries = 64, .units_per_tag = 1},
      {.entries = 64, .ways = 4, .units_per_tag = 1, .replacement = Replacement::tree_plru},
      {.organisation = Organisation::conventional, .entries = 32, .ways = 2},
      {.organisation = Organisation::contiguous, .entries = 32, .units_per_tag = 1},
      {.organisation = Organisation::clustered, .entries = 64, .ways = 8, .units_per_tag = 1}};
  const auto traces = shipped_traces();
  ASSERT_FALSE(traces.empty());
  for (const std::string& path : traces) {
    for (const TlbConfig& config : geometries) {
      SCOPED_TRACE(fmt::format("{}, {}", path, text(config)));
      SideBySide both(config);
      Context context;
      const auto reader = trace::open_trace(path);
      std::uint64_t records = 0;
      for (trace::Batch batch = reader->next(); !batch.empty() && records < records_a_trace;
           batch = reader->next()) {
        records += batch.records.size();
        play(batch, context, both);
        if (HasFatalFailure()) return;
      }
      EXPECT_GT(both.hits(), 0u);
      EXPECT_GT(both.misses(), 0u);
    }
  }
}

}  // namespace
}  // namespace kilburn::burst_tlb
