#include "pcie/host_bridge.h"

#include <gtest/gtest.h>

#include <array>

#include "pcie/fixture.h"

namespace kilburn::pcie {
namespace {

class Lines final : public InterruptSink {
 public:
  std::array<bool, lines> level{};
  void set(unsigned line, bool high) override { level.at(line) = high; }
};

/// Leads a function's pin to its bridge.
class BridgeLink final : public Link {
 public:
  HostBridge* bridge = nullptr;
  RoutingId id{};
  Completion request(const Request&, Cycles) override { return {}; }
  void set_intx(unsigned pin, bool level) override { bridge->set_intx(id, pin, level); }
};

class HostBridgeTest : public testing::Test {
 protected:
  struct Slot {
    Slot(HostBridge& bridge, unsigned device, unsigned number, unsigned pin = 1)
        : function(link, RoutingId::of(device, number), shape(pin)) {
      link.bridge = &bridge;
      link.id = function.id();
      bridge.add(function);
    }
    static FunctionShape shape(unsigned pin) {
      FunctionShape shape = TestFunction::shape();
      shape.pin = pin;
      return shape;
    }
    BridgeLink link;
    TestFunction function;
  };
  static std::uint64_t ecam(unsigned device, unsigned function, unsigned offset = 0) {
    return std::uint64_t{device} << PCIE_ECAM_DEVICE_SHIFT |
           std::uint64_t{function} << PCIE_ECAM_FUNCTION_SHIFT | offset;
  }

  Lines sink_;
  HostBridge bridge_{{{sink_, 0}, {sink_, 1}, {sink_, 2}, {sink_, 3}}};
};

TEST_F(HostBridgeTest, AbsentFunctionsReadAsAllOnes) {
  EXPECT_EQ(bridge_.config_read(ecam(5, 0), 4), 0xffff'ffffu);
  EXPECT_EQ(bridge_.config_read(ecam(5, 0), 2), 0xffffu);
  EXPECT_EQ(bridge_.config_read(ecam(5, 0), 8), UINT64_MAX);
  EXPECT_EQ(bridge_.config_read(std::uint64_t{1} << PCIE_ECAM_BUS_SHIFT, 4), 0xffff'ffffu);
  EXPECT_EQ(bridge_.config_read((std::uint64_t{256} << PCIE_ECAM_BUS_SHIFT) - 4, 4), 0xffff'ffffu);
  bridge_.config_write(ecam(5, 0), 4, 0, 0);
  EXPECT_EQ(bridge_.statistics().absent, 6u);
}

TEST_F(HostBridgeTest, TheBridgeItselfIsAtTheFirstPlace) {
  EXPECT_EQ(bridge_.config_read(0, 4), 0x0008'1b36u);
  EXPECT_EQ(bridge_.config_read(PCIE_REVISION, 4) >> 8, 0x06'00'00u);
  EXPECT_EQ(bridge_.config_read(PCIE_STATUS, 2) & PCIE_STATUS_CAPABILITIES, 0u);
}

TEST_F(HostBridgeTest, FunctionsComeAndGo) {
  auto slot = std::make_unique<Slot>(bridge_, 5, 0);
  EXPECT_EQ(bridge_.config_read(ecam(5, 0), 4), 0x1234'1b36u);
  slot->function.set_pin(true);
  EXPECT_TRUE(sink_.level[1]);
  bridge_.remove(slot->function);
  EXPECT_EQ(bridge_.config_read(ecam(5, 0), 4), 0xffff'ffffu);
  EXPECT_FALSE(sink_.level[1]) << "its pin is released";
}

TEST_F(HostBridgeTest, FunctionZeroSaysWhetherThereAreOthers) {
  const Slot first(bridge_, 4, 0);
  EXPECT_EQ(bridge_.config_read(ecam(4, 0, PCIE_HEADER_TYPE), 1), 0u);
  Slot second(bridge_, 4, 3);
  EXPECT_EQ(bridge_.config_read(ecam(4, 0, PCIE_HEADER_TYPE), 1), 0x80u);
  bridge_.remove(second.function);
  EXPECT_EQ(bridge_.config_read(ecam(4, 0, PCIE_HEADER_TYPE), 1), 0u);
}

TEST_F(HostBridgeTest, PinsAreSwizzledByDeviceNumberAndShared) {
  // INTA of device 2 and INTB of device 1 meet on line C.
  Slot a(bridge_, 2, 0, 1);
  Slot b(bridge_, 1, 0, 2);
  a.function.set_pin(true);
  b.function.set_pin(true);
  EXPECT_EQ(sink_.level, (std::array{false, false, true, false}));
  a.function.set_pin(false);
  EXPECT_TRUE(sink_.level[2]) << "the other holds it up";
  b.function.set_pin(false);
  EXPECT_FALSE(sink_.level[2]);
}

TEST_F(HostBridgeTest, MemorySpaceGoesToTheFunctionWhoseBarIsThere) {
  Slot a(bridge_, 1, 0);
  Slot b(bridge_, 2, 0);
  for (unsigned device : {1u, 2u}) {
    bridge_.config_write(ecam(device, 0, PCIE_BAR0 + 8), 4, 0x4000'0000 + 0x100 * device, 0);
    bridge_.config_write(ecam(device, 0, PCIE_COMMAND), 2, PCIE_COMMAND_MEMORY, 0);
  }
  bridge_.memory_write(0x4000'0208, 8, 0xabc, 0);
  EXPECT_EQ((b.function.registers[{2, 8}]), 0xabcu);
  EXPECT_EQ(bridge_.memory_read(0x4000'0208, 8, 0), 0xabcu);
  EXPECT_EQ(bridge_.memory_read(0x4000'0300, 4, 0), 0xffff'ffffu) << "nobody there";
  EXPECT_EQ(bridge_.statistics().unclaimed, 1u);
}

TEST_F(HostBridgeTest, EightBytesOfConfigurationAreTwoRegisters) {
  const Slot slot(bridge_, 1, 0);
  EXPECT_EQ(bridge_.config_read(ecam(1, 0), 8), 0x0010'0000'1234'1b36u);
  bridge_.config_write(ecam(1, 0, PCIE_BAR0), 8, 0x5'4000'0000, 0);
  EXPECT_EQ(bridge_.config_read(ecam(1, 0, PCIE_BAR0), 8), 0x5'4000'0004u);
}

}  // namespace
}  // namespace kilburn::pcie
