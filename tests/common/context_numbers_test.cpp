#include "common/context_numbers.h"

#include <gtest/gtest.h>

#include <set>

#include "common/invalidation_reach.h"

namespace kilburn {
namespace {

TEST(ContextNumbers, NoTwoOfHartsGuestsAndDevicesAreTheSame) {
  for (unsigned harts = 1; harts <= 8; ++harts) {
    SCOPED_TRACE(harts);
    std::set<std::uint16_t> numbers;
    std::size_t given = 0;
    for (unsigned hart = 0; hart < harts; ++hart) {
      const HartContexts contexts = HartContexts::of(hart, harts);
      numbers.insert(contexts.host());
      ++given;
      for (unsigned vmid = 0; vmid < 1U << contexts.vmid_bits(); ++vmid) {
        numbers.insert(contexts.guest(vmid));
        numbers.insert(contexts.bare_guest(vmid));
        given += 2;
      }
    }
    const DeviceContexts devices(harts);
    for (unsigned number = 0; number < devices.count(); ++number) {
      numbers.insert(devices.vmid(number));
    }
    EXPECT_EQ(numbers.size(), given + devices.count());
    EXPECT_GE(devices.count(), 4095u) << "a context for each of many functions and processes";
  }
}

TEST(ContextNumbers, NoFenceOfAHartReachesADevicesContext) {
  using Operation = Invalidation::Operation;
  const HartContexts hart = HartContexts::of(0, 4);
  const Context device{.asid = 1, .vmid = DeviceContexts(4).vmid(0), .realm = 7};
  for (const Operation operation : {Operation::by_vmid, Operation::by_asid, Operation::by_va_asid,
                                    Operation::by_va, Operation::by_guest_frame}) {
    for (const unsigned vmid : {0u, 1u, (1u << hart.vmid_bits()) - 1}) {
      for (const std::uint16_t number : {hart.host(), hart.guest(vmid), hart.bare_guest(vmid)}) {
        EXPECT_FALSE(
            reaches({.operation = operation, .context = {.asid = 1, .vmid = number}}, device));
      }
    }
  }
  // What the RMU narrows reaches whoever holds it.
  EXPECT_TRUE(reaches({.operation = Operation::by_frame}, device));
  EXPECT_TRUE(reaches({.operation = Operation::by_realm, .context = {.realm = 7}}, device));
}

}  // namespace
}  // namespace kilburn
