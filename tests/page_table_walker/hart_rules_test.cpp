// What only a hart's walks need: PMP, the hypervisor's own MXR, HLVX.
#include <gtest/gtest.h>

#include <set>

#include "page_table_walker/fixture.h"

namespace kilburn::page_table_walker {
namespace {

using test::rwx;
using test::urwx;

constexpr PageNumber va_page = 0x40201;

/// Denies one kind of access to the frames given, and remembers what was asked.
class Denied final : public TableProtection {
 public:
  Denied(Access access, std::set<PageNumber> frames)
      : access_(access), frames_(std::move(frames)) {}
  [[nodiscard]] bool allows_table(Address address, Access access) const override {
    asked.insert({address, access});
    return access != access_ || !frames_.contains(address >> page_shift);
  }
  mutable std::set<std::pair<Address, Access>> asked;

 private:
  Access access_;
  std::set<PageNumber> frames_;
};

TEST(HartRules, ADescriptorThatPmpHidesIsAnAccessFault) {
  Host host;
  host.tree.map(va_page, 0x99, urwx);
  const PageNumber last_table = host.tree.slot(va_page, 0) >> page_shift;
  for (const PageNumber hidden : {host.tree.root(), last_table}) {
    PageTableWalker walker({}, {});
    const Denied denied(Access::load, {hidden});
    WalkRequest request = host.load(va_page);
    request.protection = &denied;
    const WalkResult result = walker.walk(request, host.memory, nullptr, 0);
    EXPECT_EQ(result.fault, Fault::access_fault);
    EXPECT_EQ(result.fault_address, va_page << page_shift);
    EXPECT_EQ(walker.walk(host.load(va_page), host.memory, nullptr, 0).fault, Fault::none);
  }
}

TEST(HartRules, PmpIsAskedForEachDescriptorThatIsReadAndForTheUpdateOfAAndD) {
  Host host;
  host.tree.map(va_page, 0x99, fresh_flags);
  PageTableWalker walker({}, {.organisation = page_table_cache::Organisation::off});
  const Denied nothing(Access::load, {});
  WalkRequest request = host.load(va_page);
  request.protection = &nothing;
  ASSERT_EQ(walker.walk(request, host.memory, nullptr, 0).fault, Fault::none);
  std::set<std::pair<Address, Access>> expected{{host.tree.slot(va_page, 0), Access::store}};
  for (unsigned level = 0; level < 3; ++level) {
    expected.insert({host.tree.slot(va_page, level), Access::load});
  }
  EXPECT_EQ(nothing.asked, expected);
}

TEST(HartRules, ATableThatPmpMakesReadOnlyFaultsWhereAWouldBeSet) {
  Host host;
  host.tree.map(va_page, 0x99, fresh_flags);
  const Address slot = host.tree.slot(va_page, 0);
  PageTableWalker walker({}, {});
  const Denied denied(Access::store, {slot >> page_shift});
  WalkRequest request = host.load(va_page);
  request.protection = &denied;
  EXPECT_EQ(walker.walk(request, host.memory, nullptr, 0).fault, Fault::access_fault);
  EXPECT_EQ(host.memory.get(slot) & pte::accessed, 0u);
}

TEST(HartRules, TheGuestsMxrDoesNotReachTheGStageAndTheHypervisorsDoes) {
  constexpr std::uint64_t execute_only = urwx & ~(pte::read | pte::write);
  Guest guest;
  guest.inner.map(va_page, 0x20, urwx);
  guest.outer.map(0x20, 0x99, execute_only);
  PageTableWalker walker({}, {});
  WalkRequest request = guest.load(va_page);
  request.privilege.mxr = true;
  EXPECT_EQ(walker.walk(request, guest.memory, nullptr, 0).fault, Fault::guest_page_fault);
  request.privilege.guest_mxr = true;
  EXPECT_EQ(walker.walk(request, guest.memory, nullptr, 0).fault, Fault::none);
}

TEST(HartRules, HlvxNeedsTheRightToExecuteInBothStagesAndReadsTheTablesAsAlways) {
  constexpr std::uint64_t readable = urwx & ~pte::execute;
  constexpr std::uint64_t executable = urwx & ~(pte::read | pte::write);
  for (const bool inner : {false, true}) {
    for (const bool outer : {false, true}) {
      SCOPED_TRACE(testing::Message() << inner << outer);
      Guest guest;
      guest.inner.map(va_page, 0x20, inner ? executable : readable);
      // The tables themselves lie in pages that may be read and not executed.
      for (PageNumber g = 256; g < 512; ++g) guest.outer.map(g, g + Guest::guest_base, readable);
      guest.outer.map(0x20, 0x99, outer ? executable : readable);
      PageTableWalker walker({}, {});
      WalkRequest request = guest.load(va_page);
      request.privilege.hlvx = true;
      const Fault expected =
          inner ? (outer ? Fault::none : Fault::guest_page_fault) : Fault::page_fault;
      EXPECT_EQ(walker.walk(request, guest.memory, nullptr, 0).fault, expected);
    }
  }
}

}  // namespace
}  // namespace kilburn::page_table_walker
