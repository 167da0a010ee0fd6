// What an invalidation reaches, by operation: a table of the answers, as RISC-V's fences and spec
// 03 have them.
#include "common/invalidation_reach.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "common/in_flight.h"

namespace kilburn {
namespace {

using Operation = Invalidation::Operation;

struct Row {
  Operation operation;
  // Reached: the named context; the same with another ASID, VMID, realm; a global page of it.
  bool same, other_asid, other_vmid, other_realm, global;
};
constexpr Row rows[] = {
    {Operation::all, true, true, true, true, true},
    {Operation::by_vmid, true, true, false, true, true},
    {Operation::by_asid, true, false, false, true, false},
    {Operation::by_va_asid, true, false, false, true, false},
    {Operation::by_va, true, true, false, true, true},
    {Operation::by_guest_frame, true, true, false, true, true},
    {Operation::by_realm, true, true, true, false, true},
    {Operation::by_frame, true, true, true, true, true},
};

TEST(InvalidationReach, ContextsByOperation) {
  const Context named{.asid = 1, .vmid = 2, .realm = 3};
  for (const Row& row : rows) {
    SCOPED_TRACE(static_cast<int>(row.operation));
    const Invalidation invalidation{.operation = row.operation, .context = named};
    EXPECT_EQ(reaches(invalidation, named), row.same);
    EXPECT_EQ(reaches(invalidation, {.asid = 9, .vmid = 2, .realm = 3}), row.other_asid);
    EXPECT_EQ(reaches(invalidation, {.asid = 1, .vmid = 9, .realm = 3}), row.other_vmid);
    EXPECT_EQ(reaches(invalidation, {.asid = 1, .vmid = 2, .realm = 9}), row.other_realm);
    EXPECT_EQ(reaches(invalidation, named, true), row.global);
  }
}

TEST(InvalidationReach, PagesAndFramesByOverlap) {
  const Invalidation pages{.operation = Operation::by_va, .vpn = 16, .pages = 4};
  EXPECT_FALSE(reaches_pages(pages, {8, 8}));
  EXPECT_TRUE(reaches_pages(pages, {8, 9}));
  EXPECT_TRUE(reaches_pages(pages, {19, 1}));
  EXPECT_FALSE(reaches_pages(pages, {20, 100}));
  EXPECT_TRUE(reaches_frames(pages, {0, 1})) << "it names no frames";
  const Invalidation frames{.operation = Operation::by_frame, .pfn = 16, .pages = 4};
  EXPECT_FALSE(reaches_frames(frames, {20, 1}));
  EXPECT_TRUE(reaches_frames(frames, {0, 512}));
  EXPECT_TRUE(reaches_pages(frames, {0, 1})) << "it names no virtual pages";
}

TEST(InvalidationReach, ARunWidensToWholeLeaves) {
  const PageRun run = PageRun{513, 2}.of_leaves(9);
  EXPECT_EQ(run.first, 512u);
  EXPECT_EQ(run.length, 512u);
  EXPECT_EQ((PageRun{511, 2}.of_leaves(9).length), 1024u);
}

TEST(InFlight, AUseIsMarkedWhileItLivesAndLeavesItsListWhenTheStackUnwinds) {
  UsesInFlight<ContextInFlight> uses;
  const Invalidation of_space{.operation = Operation::by_asid, .context = {.asid = 1}};
  ContextInFlight outer({.asid = 1});
  uses.add(outer);
  try {
    ContextInFlight inner({.asid = 2});
    uses.add(inner);
    uses.invalidate(of_space);
    EXPECT_FALSE(inner.overtaken);
    throw std::runtime_error("the end of the simulation");
  } catch (const std::runtime_error&) {
  }
  EXPECT_TRUE(outer.overtaken);
  outer.overtaken = false;
  uses.invalidate(of_space);  // would write to the stack where the inner one lay
  EXPECT_TRUE(outer.overtaken);
}

}  // namespace
}  // namespace kilburn
