// A machine for walker tests: memory, one process on the host, one in a guest.
#pragma once

#include <gtest/gtest.h>

#include "page_table_walker/page_table_walker.h"
#include "page_table_walker/reference_walk.h"
#include "page_table_walker/table_builder.h"

namespace kilburn::page_table_walker {

inline constexpr std::uint64_t fresh_flags =
    pte::valid | pte::read | pte::write | pte::execute | pte::user;  // A and D clear

inline reference::Tables tables_of(const Regime& regime) {
  return {regime.stage1, regime.root, regime.guest_stage, regime.guest_root};
}

/// One stage: `mode` tables from frame 16 on.
class Host {
 public:
  explicit Host(PagingMode mode = PagingMode::sv39, std::uint16_t asid = 1)
      : memory(4096), frames(16, 2048), tree(memory, mode, frames.take(), false, taker(frames)) {
    regime.stage1 = mode;
    regime.root = tree.root();
    regime.context.asid = asid;
  }
  static std::function<PageNumber()> taker(test::FramePool& pool) {
    return [&pool] { return pool.take(); };
  }
  [[nodiscard]] WalkRequest load(PageNumber page) const {
    return {.va = page << page_shift, .access = Access::load, .regime = regime};
  }

  test::TestMemory memory;
  test::FramePool frames;
  test::TableBuilder tree;
  Regime regime;
};

/// Two stages. Guest-physical page g lies at frame g + 512, mapped in 4 KiB leaves; guest tables
/// lie in guest-physical pages 256 on, the data of the tests where they map it.
class Guest {
 public:
  static constexpr PageNumber guest_base = 512;
  explicit Guest(PagingMode mode = PagingMode::sv39, PagingMode g_mode = PagingMode::sv39)
      : memory(4096),
        frames(16, 512),
        guest_frames(256, 512),
        outer(memory, g_mode, frames.take_aligned(4), true, Host::taker(frames)),
        inner(memory, mode, guest_frames.take(), false, Host::taker(guest_frames),
              [](Address a) { return a + (guest_base << page_shift); }) {
    for (PageNumber g = 0; g < 512; ++g) outer.map(g, g + guest_base, test::urwx);
    regime.stage1 = mode;
    regime.root = inner.root();
    regime.guest_stage = g_mode;
    regime.guest_root = outer.root();
    regime.context = {.asid = 1, .vmid = 2, .realm = 3};
  }
  [[nodiscard]] WalkRequest load(PageNumber page) const {
    return {.va = page << page_shift, .access = Access::load, .regime = regime};
  }

  test::TestMemory memory;
  test::FramePool frames;
  test::FramePool guest_frames;
  test::TableBuilder outer;
  test::TableBuilder inner;
  Regime regime;
};

/// The walk's result equals the reference's on the memory as it is now.
inline void expect_as_reference(const WalkResult& result, const WalkRequest& request,
                                const test::TestMemory& memory,
                                const reference::Options& options = {}) {
  const auto expected =
      reference::walk([&](Address a) { return memory.get(a); }, tables_of(request.regime),
                      request.va, request.access, request.privilege, options);
  ASSERT_EQ(result.fault, expected.fault) << std::hex << "va " << request.va;
  if (result.fault == Fault::none) {
    ASSERT_EQ(result.translation, expected.translation)
        << std::hex << "va " << request.va << ": frame " << result.translation.pfn << ", expected "
        << expected.translation.pfn << "; order " << +result.translation.order << ", "
        << +expected.translation.order << "; permissions " << +result.translation.permissions
        << ", " << +expected.translation.permissions;
  } else {
    ASSERT_EQ(result.fault_address, expected.fault_address);
  }
}

}  // namespace kilburn::page_table_walker
