// Spec 02 trap 3: a walk in flight while a matching invalidation arrives restarts and installs
// nothing stale. The memory port calls back in mid-walk, once for each possible read.
#include <gtest/gtest.h>

#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "page_table_walker/fixture.h"

namespace kilburn::page_table_walker {
namespace {

using Operation = Invalidation::Operation;
using page_table_cache::CacheConfig;
using page_table_cache::InvalidationPolicy;
using page_table_cache::Organisation;
using test::urwx;

constexpr PageNumber va_page = 0x40201;

const std::vector<CacheConfig>& organisations() {
  static const std::vector<CacheConfig> all{
      {.organisation = Organisation::physical},
      {.organisation = Organisation::physical, .invalidation = InvalidationPolicy::flush_all},
      {.organisation = Organisation::physical,
       .invalidation = InvalidationPolicy::flush_unless_last_level},
      {.organisation = Organisation::translation},
      {.organisation = Organisation::translation_path},
      {.organisation = Organisation::off},
  };
  return all;
}

/// Gives every table below the root a new frame, and makes the old ones lead to frame 0xBAD.
void move_tables(test::TableBuilder& tree, test::FramePool& pool, PageNumber new_frame) {
  std::vector<Address> poisoned;
  for (unsigned level = tree.root_level(); level > 0; --level) {
    const Address slot = tree.slot(va_page, level);
    const PageNumber old = pte::pfn(tree.get(slot));
    const PageNumber fresh = pool.take();
    for (unsigned i = 0; i < 512; ++i) {
      tree.set(fresh * page_bytes + Address{8} * i, tree.get(old * page_bytes + Address{8} * i));
      poisoned.push_back(old * page_bytes + Address{8} * i);
    }
    tree.set(slot, pte::make(fresh, pte::valid));
  }
  for (const Address entry : poisoned) tree.set(entry, pte::make(0xBAD, urwx));
  tree.map(va_page, new_frame, urwx);
  tree.map(va_page + 1, new_frame + 1, urwx);
}

/// Invalidations that reach `va_page` of `context`.
std::vector<Invalidation> matching(Context context) {
  std::vector<Invalidation> all;
  for (const Operation operation :
       {Operation::all, Operation::by_vmid, Operation::by_asid, Operation::by_va_asid,
        Operation::by_va, Operation::by_realm, Operation::by_frame}) {
    Invalidation invalidation{.operation = operation, .vpn = va_page, .context = context};
    if (operation == Operation::by_frame) invalidation.pages = 4096;
    all.push_back(invalidation);
  }
  return all;
}

template <class Space>
void invalidate_at_each_read(
    const std::function<void(Space&)>& change,
    const std::function<std::vector<Invalidation>(Context)>& invalidations) {
  for (const CacheConfig& organisation : organisations()) {
    const std::size_t kinds = invalidations(Space().regime.context).size();
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      bool arrived = true;
      unsigned at = 0;
      for (; arrived; ++at) {
        Space space;
        const Invalidation invalidation = invalidations(space.regime.context)[kind];
        SCOPED_TRACE(testing::Message()
                     << "operation " << static_cast<int>(invalidation.operation) << " at read "
                     << at << ", organisation " << static_cast<int>(organisation.organisation));
        if constexpr (std::is_same_v<Space, Host>) {
          space.tree.map(va_page, 0x99, urwx);
        } else {
          space.inner.map(va_page, 0x20, urwx);
          space.inner.map(va_page + 1, 0x21, urwx);
        }
        PageTableWalker walker({}, organisation);
        arrived = false;
        space.memory.after = [&](unsigned operation) {
          if (operation != at) return;
          arrived = true;
          change(space);
          walker.invalidate(invalidation);
        };
        WalkRequest request = space.load(va_page);
        const WalkResult result = walker.walk(request, space.memory, nullptr, 0);
        if (!arrived) break;  // the whole walk takes fewer reads
        EXPECT_EQ(result.restarts, 1u);
        expect_as_reference(result, request, space.memory);
        for (const PageNumber page : {va_page, va_page + 1}) {
          request = space.load(page);
          const WalkResult again = walker.walk(request, space.memory, nullptr, 0);
          EXPECT_EQ(again.restarts, 0u);
          expect_as_reference(again, request, space.memory);
        }
      }
      EXPECT_GE(at, levels(PagingMode::sv39)) << "each read was tried";
    }
  }
}

TEST(WalkInFlight, Trap3MatchingInvalidationAtEachReadRestartsAndInstallsNothingStale) {
  invalidate_at_each_read<Host>([](Host& host) { move_tables(host.tree, host.frames, 0x123); },
                                matching);
}

TEST(WalkInFlight, Trap3HoldsAtEachReadOfATwoStageWalk) {
  invalidate_at_each_read<Guest>(
      [](Guest& guest) { move_tables(guest.inner, guest.guest_frames, 0x30); }, matching);
}

TEST(WalkInFlight, Trap3HoldsWhereTheGStageMovesEveryGuestPage) {
  invalidate_at_each_read<Guest>(
      [](Guest& guest) {
        // Guest page g goes from frame g + 512 to g + 1024; the old frames turn into nonsense.
        for (PageNumber g = 0; g < 512; ++g) {
          for (unsigned i = 0; i < 512; ++i) {
            const Address old = (g + 512) * page_bytes + Address{8} * i;
            guest.memory.set(old + (512 << page_shift), guest.memory.get(old));
            guest.memory.set(old, pte::make(0xBAD, urwx));
          }
        }
        guest.outer = test::TableBuilder(guest.memory, PagingMode::sv39, guest.outer.root(), true,
                                         Host::taker(guest.frames));
        const PageNumber table = pte::pfn(guest.outer.get(guest.outer.slot(0, 2)));
        guest.outer.set(guest.outer.slot(0, 2), 0);
        guest.memory.set(table * page_bytes, pte::make(0xBAD, pte::valid));
        for (PageNumber g = 0; g < 512; ++g) guest.outer.map(g, g + 1024, urwx);
      },
      [](Context context) {
        return std::vector<Invalidation>{
            {.operation = Operation::by_guest_frame, .vpn = 0, .pages = 512, .context = context},
            {.operation = Operation::by_vmid, .context = context},
        };
      });
}

TEST(WalkInFlight, OtherProcessesGuestsRealmsAndRegionsDoNotRestartIt) {
  Context mine{.asid = 1, .vmid = 2, .realm = 3};
  const auto with = [&](auto field, std::uint16_t value) {
    Context context = mine;
    context.*field = value;
    return context;
  };
  const std::vector<Invalidation> others{
      {.operation = Operation::by_vmid, .context = with(&Context::vmid, 4)},
      {.operation = Operation::by_asid, .context = with(&Context::asid, 4)},
      {.operation = Operation::by_asid, .context = with(&Context::vmid, 4)},
      {.operation = Operation::by_realm, .context = with(&Context::realm, 4)},
      {.operation = Operation::by_guest_frame, .context = with(&Context::vmid, 4)},
      {.operation = Operation::by_va_asid, .vpn = va_page, .context = with(&Context::asid, 4)},
      {.operation = Operation::by_va, .vpn = va_page, .context = with(&Context::vmid, 4)},
      {.operation = Operation::by_va, .vpn = va_page + (1u << 27), .context = mine},
  };
  for (const Invalidation& other : others) {
    Guest guest(PagingMode::sv48);
    guest.inner.map(va_page, 0x20, urwx);
    PageTableWalker walker({}, {});
    guest.memory.after = [&](unsigned operation) {
      if (operation > 3)
        walker.invalidate(other);  // the first four reads are of the root's G-stage
    };
    const WalkResult result = walker.walk(guest.load(va_page), guest.memory, nullptr, 0);
    EXPECT_EQ(result.restarts, 0u) << static_cast<int>(other.operation);
    EXPECT_EQ(result.translation.pfn, 0x20 + Guest::guest_base);
  }
}

TEST(WalkInFlight, SiblingPageMatchesAtTheLevelWhoseDescriptorItShares) {
  // Reads 0, 1, 2 are of levels 2, 1, 0. A page of the same 1 GiB shares the first descriptor, one
  // of the same 2 MiB the second; at the last level the fetched line and 64 KiB leaves count.
  const std::vector<std::pair<PageNumber, unsigned>> siblings{
      {va_page + 0x400, 0}, {va_page + 0x100, 1}, {va_page + 2, 2}};
  for (const auto& [sibling, last_match] : siblings) {
    for (unsigned at = 0; at < 3; ++at) {
      Host host;
      host.tree.map(va_page, 0x99, urwx);
      PageTableWalker walker({}, {});
      host.memory.after = [&, invalidated = sibling](unsigned operation) {
        if (operation != at) return;
        walker.invalidate(
            {.operation = Operation::by_va, .vpn = invalidated, .context = {.asid = 7}});
      };
      const WalkResult result = walker.walk(host.load(va_page), host.memory, nullptr, 0);
      EXPECT_EQ(result.restarts, at <= last_match ? 1u : 0u) << sibling << " at read " << at;
    }
  }
}

TEST(WalkInFlight, LeafInvalidationRestartsTheWalkAndKeepsTheCache) {
  Host host;
  host.tree.map(va_page, 0x99, urwx);
  PageTableWalker walker({}, {});
  host.memory.after = [&](unsigned operation) {
    if (operation != 2) return;
    host.tree.map(va_page, 0x55, urwx);
    walker.invalidate({.operation = Operation::by_va, .vpn = va_page, .last_level = true});
  };
  const WalkResult result = walker.walk(host.load(va_page), host.memory, nullptr, 0);
  EXPECT_EQ(result.translation.pfn, 0x55u);
  EXPECT_EQ(result.restarts, 1u);
  EXPECT_EQ(result.memory_reads, 3u + 1u);
}

TEST(WalkInFlight, InvalidationDuringTheUpdateOfARestartsTheWalk) {
  Host host;
  host.tree.map(va_page, 0x99, fresh_flags);
  PageTableWalker walker({}, {});
  host.memory.after = [&](unsigned operation) {
    if (operation != 3) return;  // the exchange
    host.tree.map(va_page, 0x55, urwx);
    walker.invalidate({.operation = Operation::by_va, .vpn = va_page});
  };
  EXPECT_EQ(walker.walk(host.load(va_page), host.memory, nullptr, 0).translation.pfn, 0x55u);
}

TEST(WalkInFlight, InvalidationDuringAnOwnershipCheckRestartsTheWalk) {
  class Retiring : public OwnershipCheck {
   public:
    std::function<void()> once;
    OwnershipReply check(const OwnershipRequest&, Cycles) override {
      if (once) std::exchange(once, nullptr)();
      return {};
    }
  } check;
  Host host;
  host.tree.map(va_page, 0x99, urwx);
  PageTableWalker walker({}, {});
  check.once = [&] { walker.invalidate({.operation = Operation::all}); };
  EXPECT_EQ(walker.walk(host.load(va_page), host.memory, &check, 0).restarts, 1u);
}

TEST(WalkInFlight, TwoWalksInFlightAreMarkedEachForItself) {
  Host host;
  host.tree.map(va_page, 0x99, urwx);
  PageTableWalker walker({.parallel_walks = 2}, {});
  WalkRequest other = host.load(va_page);
  other.regime.context.asid = 9;
  WalkResult inner;
  host.memory.after = [&](unsigned operation) {
    // In the second read of the outer walk a whole other walk runs, and in its second read the
    // outer walk's process is invalidated.
    if (operation == 1) inner = walker.walk(other, host.memory, nullptr, 0);
    if (operation == 3) {
      walker.invalidate({.operation = Operation::by_asid, .context = host.regime.context});
    }
  };
  const WalkResult outer = walker.walk(host.load(va_page), host.memory, nullptr, 0);
  EXPECT_EQ(outer.restarts, 1u);
  EXPECT_EQ(inner.restarts, 0u);
  EXPECT_EQ(outer.translation.pfn, 0x99u);
  EXPECT_EQ(inner.translation.pfn, 0x99u);
  EXPECT_EQ(inner.memory_reads, 3u) << "it may not use the other process's descriptors";
}

}  // namespace
}  // namespace kilburn::page_table_walker
