#include "common/typed_address.h"

#include <gtest/gtest.h>

#include <concepts>

namespace kilburn {
namespace {

template <class A, class B>
concept Subtractable = requires(A a, B b) {
  a - b;
};

// Mixing two kinds does not compile.
static_assert(!std::convertible_to<VirtualAddress, PhysicalAddress>);
static_assert(!std::constructible_from<PhysicalAddress, VirtualAddress>);
static_assert(!std::constructible_from<GuestPhysicalAddress, PhysicalAddress>);
static_assert(!std::constructible_from<PhysicalAddress, IoVirtualAddress>);
static_assert(!std::equality_comparable_with<VirtualAddress, PhysicalAddress>);
static_assert(!Subtractable<VirtualAddress, PhysicalAddress>);
static_assert(!Subtractable<LogicalBlock, IoVirtualAddress>);
// A plain number becomes an address only where the code says so.
static_assert(!std::convertible_to<std::uint64_t, PhysicalAddress>);
static_assert(!std::convertible_to<PhysicalAddress, std::uint64_t>);

TEST(TypedAddress, OffsetsAreAddedAndDifferencesArePlainNumbers) {
  constexpr IoVirtualAddress base(0x1ff0);
  constexpr IoVirtualAddress end = base + 0x20;
  static_assert(end - base == 0x20);
  EXPECT_EQ(end.value(), 0x2010u);
  EXPECT_LT(base, end);
  EXPECT_EQ(page_of(base), 1u);
  EXPECT_EQ(page_of(end), 2u);
  EXPECT_EQ(offset_in_page(end), 0x10u);
}

}  // namespace
}  // namespace kilburn
