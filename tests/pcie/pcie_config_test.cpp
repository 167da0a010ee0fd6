// Places of functions in a configuration.
#include "pcie/pcie_device.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <utility>

namespace kilburn::pcie {
namespace {

std::string wrong(std::initializer_list<std::pair<unsigned, unsigned>> places) {
  std::vector<FunctionConfig> functions;
  for (const auto& [device, function] : places) {
    FunctionConfig& config = functions.emplace_back();
    config.device = device;
    config.function = function;
  }
  return wrong_place(functions);
}

TEST(PcieConfigTest, FunctionsMayStandInAnyOrderAndLeaveGaps) {
  EXPECT_EQ(wrong({}), "");
  EXPECT_EQ(wrong({{31, 7}, {2, 0}, {31, 0}, {2, 3}}), "");
}

TEST(PcieConfigTest, TwoFunctionsAtOnePlaceAreBothNamed) {
  EXPECT_EQ(wrong({{1, 0}, {2, 0}, {1, 0}}),
            "function.0 and function.2 are both at device 1, function 0: allowed is one at a "
            "place");
}

TEST(PcieConfigTest, AFunctionThatSoftwareWouldNotFindIsRefused) {
  EXPECT_EQ(wrong({{1, 0}, {2, 1}}),
            "function.1 is at device 2, function 1: allowed where the device has a function 0, "
            "which software asks for first");
}

}  // namespace
}  // namespace kilburn::pcie
