// No stale hit after an invalidation of any kind, and nothing dropped that it does not name.
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <tuple>

#include "geometries.h"
#include "support.h"
#include "world.h"

namespace kilburn::burst_tlb {
namespace {

using Operation = Invalidation::Operation;

/// The pages of each address space that some walk has vouched for: the page asked for, its
/// neighbours, and what one leaf and one ownership verdict cover round them.
class Vouched {
 public:
  void add(const Translation& t, Context c) {
    const PageNumber pages = PageNumber{1} << t.piece_order();
    for (PageNumber vpn = t.vpn / pages * pages; vpn < t.vpn / pages * pages + pages; ++vpn) {
      pages_.insert(key(vpn, c));
    }
  }
  [[nodiscard]] bool contains(PageNumber vpn, Context c) const {
    return pages_.contains(key(vpn, c));
  }

 private:
  using Key = std::tuple<PageNumber, unsigned, std::uint16_t, std::uint16_t>;
  static Key key(PageNumber vpn, Context c) {
    return {vpn, World::global(vpn) ? 0x10000u : c.asid, c.vmid, c.realm};
  }
  std::set<Key> pages_;
};

/// Every hit must be what the page tables say now, on a page that a walk has vouched for.
void expect_no_stale_hit(const TlbConfig& config, std::uint64_t seed, unsigned operations) {
  SCOPED_TRACE(fmt::format("seed {}, {}", seed, text(config)));
  const std::unique_ptr<Tlb> tlb = make_tlb(config);
  World world;
  Stream stream(seed, 20);
  Vouched vouched;
  unsigned hits = 0;
  unsigned cleared = 0;
  for (unsigned i = 0; i < operations; ++i) {
    if (stream.invalidates_next()) {
      cleared += tlb->invalidate(stream.invalidation(world));
      continue;
    }
    const Comparand c = stream.access();
    const Lookup found = tlb->lookup(c);
    if (found.outcome == Outcome::hit) {
      ++hits;
      ASSERT_TRUE(vouched.contains(c.vpn, c.context)) << "operation " << i << ": never checked";
      const auto truth = world.walk(c.vpn, c.context, Access::load);
      ASSERT_TRUE(truth) << "operation " << i << ": a hit on a page that is not there";
      ASSERT_EQ(found.translation.pfn, truth->pfn) << "operation " << i << ": a stale hit";
      ASSERT_EQ(found.translation.permissions | pte::dirty, truth->permissions | pte::dirty);
      ASSERT_LE(found.translation.permissions & pte::dirty, truth->permissions & pte::dirty);
    } else if (const auto walked = world.walk(c.vpn, c.context, c.access)) {
      const auto beside = world.neighbours(c.vpn, c.context);
      vouched.add(*walked, c.context);
      for (const Translation& neighbour : beside) vouched.add(neighbour, c.context);
      tlb->fill(*walked, c.context, beside);
    }
  }
  EXPECT_GT(hits, operations / 20);
  EXPECT_GT(cleared, 20u);
}

TEST(BurstTlb, NoStaleHitAfterAnInvalidationOfAnyKindHasBeenAcknowledged) {
  // Spec 01 behaviour 7. The world holds globals, superpages and Svnapot leaves; the geometries
  // hold both context placements, both large-page policies and both fill policies.
  for (const TlbConfig& config : all_geometries(Organisation::burst)) {
    expect_no_stale_hit(config, 77, 1500);
  }
  for (std::uint64_t seed = 100; seed < 110; ++seed) {
    expect_no_stale_hit(
        {.entries = 64, .context_in = seed % 2 == 0 ? ContextIn::tag : ContextIn::tdu}, seed, 4000);
  }
}

TEST(CoalescedTlb, NoStaleHitAfterAnInvalidationOfAnyKindHasBeenAcknowledged) {
  // Spec 01 behaviour 7.
  for (const Organisation organisation :
       {Organisation::contiguous, Organisation::clustered, Organisation::colt_fa}) {
    for (const TlbConfig& config : all_geometries(organisation)) {
      expect_no_stale_hit(config, 78, 1200);
    }
  }
}

/// Three address spaces of VMID 1 and one of VMID 2, each with pages 8 to 11.
struct FourSpaces {
  explicit FourSpaces(ContextIn context_in)
      : tlb({.entries = 16, .context_in = context_in, .fill = FillPolicy::single}) {
    std::uint64_t frame = 0x100;
    for (std::size_t i = 0; i < 4; ++i) {
      for (PageNumber vpn = first(i); vpn < first(i) + 4; ++vpn) {
        install(tlb, page(vpn, frame++), spaces[i]);
      }
    }
  }
  // With the context in the units one tag cannot hold a page twice: the spaces use other tags.
  static PageNumber first(std::size_t space) { return 8 + 64 * space; }
  /// Pages still there, a digit a space.
  std::string left() {
    std::string digits;
    for (std::size_t i = 0; i < 4; ++i) {
      unsigned hits = 0;
      for (PageNumber vpn = first(i); vpn < first(i) + 4; ++vpn) {
        hits += look(tlb, vpn, spaces[i]) == Outcome::hit ? 1u : 0u;
      }
      digits += std::to_string(hits);
    }
    return digits;
  }
  static constexpr Context spaces[] = {{.asid = 1, .vmid = 1, .realm = 5},
                                       {.asid = 2, .vmid = 1, .realm = 5},
                                       {.asid = 3, .vmid = 1, .realm = 6},
                                       {.asid = 1, .vmid = 2, .realm = 6}};
  BurstTlb tlb;
};

struct Case {
  const char* what;
  Invalidation invalidation;
  unsigned cleared;
  const char* left;
};

TEST(BurstTlb, AnInvalidationDropsExactlyWhatItNames) {
  const Context one{.asid = 1, .vmid = 1};
  const Case cases[] = {
      {"one page of one space", {Operation::by_va_asid, 9, 0, 1, one}, 1, "3444"},
      {"a range of one space", {Operation::by_va_asid, 10, 0, 100, one}, 2, "2444"},
      {"a range from below", {Operation::by_va_asid, 0, 0, 9, one}, 1, "3444"},
      {"a range that ends before", {Operation::by_va_asid, 0, 0, 8, one}, 0, "4444"},
      {"another space's page", {Operation::by_va_asid, 9, 0, 1, {.asid = 2, .vmid = 1}}, 0, "4444"},
      {"one page of a VMID", {Operation::by_va, 72, 0, 1, {.asid = 9, .vmid = 1}}, 1, "4344"},
      {"all pages of a VMID by range", {Operation::by_va, 0, 0, 1000, {.vmid = 1}}, 12, "0004"},
      {"one space", {Operation::by_asid, 0, 0, 1, one}, 4, "0444"},
      {"one VMID", {Operation::by_vmid, 0, 0, 1, {.vmid = 2}}, 4, "4440"},
      {"a guest frame: all of the VMID",
       {Operation::by_guest_frame, 3, 0, 1, {.vmid = 1}},
       12,
       "0004"},
      {"one realm", {Operation::by_realm, 0, 0, 1, {.realm = 6}}, 8, "4400"},
      {"frames across two spaces", {Operation::by_frame, 0, 0x102, 4, {}}, 4, "2244"},
      {"frames that nobody holds", {Operation::by_frame, 0, 0x110, 4, {}}, 0, "4444"},
      {"all", {}, 16, "0000"},
  };
  for (const ContextIn context_in : {ContextIn::tag, ContextIn::tdu}) {
    for (const Case& c : cases) {
      SCOPED_TRACE(c.what);
      FourSpaces four(context_in);
      ASSERT_EQ(four.left(), "4444");
      EXPECT_EQ(four.tlb.invalidate(c.invalidation), c.cleared);
      EXPECT_EQ(four.left(), c.left);
      EXPECT_EQ(four.tlb.statistics().units_invalidated, c.cleared);
    }
  }
}

TEST(BurstTlb, RetiringOnePageOfASuperpageDropsAllItsFragments) {
  // Under `replicate` each 4 KiB touched is a unit; the leaf changed, so all of them must go.
  for (const Organisation organisation : {Organisation::burst, Organisation::contiguous}) {
    const auto tlb = make_tlb(
        {.organisation = organisation, .entries = 16, .large_pages = LargePages::replicate});
    for (const PageNumber vpn : {0x200u, 0x2A5u, 0x3FFu}) {
      install(*tlb, {.vpn = vpn, .pfn = 0x4000 + vpn, .order = 9, .permissions = user_data});
    }
    install(*tlb, page(0x400, 1));
    EXPECT_EQ(tlb->invalidate({.operation = Operation::by_va, .vpn = 0x210}), 3u);
    EXPECT_EQ(look(*tlb, 0x400), Outcome::hit);
    EXPECT_NE(look(*tlb, 0x3FF), Outcome::hit);
  }
}

TEST(BurstTlb, RetiringAnotherPageOfAStage1SuperpageOverSmallGStagePagesDropsAllItsFragments) {
  // HFENCE.VVMA names the leaf of stage 1, whose pages the G-stage has scattered: order 9, of which
  // one piece is a page. Fragments come as the page asked for and as neighbours.
  const auto fragment = [](PageNumber vpn) {
    return Translation{.vpn = vpn,
                       .pfn = 0x9000 - 5 * vpn,
                       .order = 9,
                       .permissions = user_data,
                       .verdict_order = 0};
  };
  const Context guest{.asid = 1, .vmid = 2, .realm = 3};
  for (const Organisation organisation :
       {Organisation::conventional, Organisation::burst, Organisation::contiguous,
        Organisation::clustered, Organisation::colt_fa}) {
    for (const LargePages large_pages : {LargePages::side, LargePages::replicate}) {
      for (const Operation operation : {Operation::by_va, Operation::by_va_asid}) {
        const TlbConfig config{
            .organisation = organisation, .entries = 16, .large_pages = large_pages};
        SCOPED_TRACE(text(config));
        const auto tlb = make_tlb(config);
        const std::array beside{fragment(0x2A4), fragment(0x2A6)};
        tlb->fill(fragment(0x2A5), guest, beside);
        install(*tlb, fragment(0x200), guest);
        install(*tlb, fragment(0x3FF), guest);
        install(*tlb, page(0x1FF, 1), guest);
        install(*tlb, page(0x400, 2), guest);
        for (const PageNumber vpn : {0x200u, 0x2A5u, 0x3FFu}) {
          EXPECT_EQ(frame_of(*tlb, vpn, guest), 0x9000 - 5 * vpn);
        }
        const std::uint64_t held = tlb->reach_bytes() / page_bytes;
        EXPECT_EQ(tlb->invalidate({.operation = operation, .vpn = 0x210, .context = guest}),
                  held - 2);
        for (PageNumber vpn = 0x200; vpn < 0x400; ++vpn) {
          EXPECT_NE(look(*tlb, vpn, guest), Outcome::hit) << "page " << vpn;
        }
        EXPECT_EQ(look(*tlb, 0x1FF, guest), Outcome::hit) << "the page before the leaf";
        EXPECT_EQ(look(*tlb, 0x400, guest), Outcome::hit) << "the page after the leaf";
      }
    }
  }
}

TEST(BurstTlb, RetiringOneFrameOfASuperpageDropsAllItsFragments) {
  BurstTlb tlb({.entries = 16, .large_pages = LargePages::replicate});
  for (const PageNumber vpn : {0x200u, 0x3FFu}) {
    install(tlb, {.vpn = vpn, .pfn = 0x4000 + vpn, .order = 9, .permissions = user_data});
  }
  install(tlb, page(0x7, 0x41FF));
  EXPECT_EQ(tlb.invalidate({.operation = Operation::by_frame, .pfn = 0x4210}), 2u);
  EXPECT_EQ(look(tlb, 0x7), Outcome::hit) << "the frame before the leaf's";
}

TEST(BurstTlb, RetiringOnePageOfASvnapotLeafDropsAllOfIt) {
  BurstTlb tlb({.entries = 16, .units_per_tag = 8});
  for (const PageNumber vpn : {0x20u, 0x28u}) {
    install(tlb, {.vpn = vpn, .pfn = 0x7000 + vpn, .order = 4, .permissions = user_data});
  }
  install(tlb, page(0x30, 1));
  EXPECT_EQ(tlb.invalidate({.operation = Operation::by_va, .vpn = 0x2F}), 16u);
  EXPECT_EQ(look(tlb, 0x30), Outcome::hit);
}

}  // namespace
}  // namespace kilburn::burst_tlb
