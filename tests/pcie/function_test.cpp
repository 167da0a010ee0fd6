#include "pcie/function.h"

#include <gtest/gtest.h>

#include "common/random.h"
#include "pcie/fixture.h"

namespace kilburn::pcie {
namespace {

class FunctionTest : public testing::Test {
 protected:
  void command(std::uint32_t value) { function_.config_write(PCIE_COMMAND, 2, value, 0); }
  void enable() { command(PCIE_COMMAND_MEMORY | PCIE_COMMAND_MASTER); }
  void place_bars() {
    function_.config_write(PCIE_BAR0, 4, 0x4000'0000, 0);
    function_.config_write(PCIE_BAR0 + 4, 4, 0x5, 0);
    function_.config_write(PCIE_BAR0 + 8, 4, 0x4100'0000, 0);
    function_.config_write(PCIE_BAR0 + 12, 4, 0x4200'0000, 0);
  }
  void msix(std::uint32_t control) {
    function_.config_write(capability(function_, PCIE_CAPABILITY_MSIX) + PCIE_MSIX_CONTROL, 2,
                           control, 0);
  }
  /// Entry `vector` sends `data` to `address`.
  void set_entry(unsigned vector, std::uint64_t address, std::uint32_t data, bool masked) {
    const BarPlace entry{3, std::uint64_t{PCIE_MSIX_ENTRY_BYTES} * vector};
    function_.write(entry, 8, address, 0);
    function_.write({3, entry.offset + 8}, 4, data, 0);
    function_.write({3, entry.offset + 12}, 4, masked ? 1 : 0, 0);
  }
  [[nodiscard]] std::uint64_t pending() { return function_.read({3, 0x800}, 8, 0); }

  RecordingLink link_;
  TestFunction function_{link_};
};

TEST_F(FunctionTest, TheHeaderSaysWhatItIs) {
  EXPECT_EQ(function_.config_read(PCIE_VENDOR, 4), 0x1234'1b36u);
  EXPECT_EQ(function_.config_read(PCIE_REVISION, 4), 0x01'08'02'00u);
  EXPECT_EQ(function_.config_read(PCIE_HEADER_TYPE, 1), 0u);
  EXPECT_EQ(function_.config_read(PCIE_INTERRUPT_PIN, 1), 2u);
  EXPECT_NE(function_.config_read(PCIE_STATUS, 2) & PCIE_STATUS_CAPABILITIES, 0u);
  function_.config_write(PCIE_VENDOR, 4, 0, 0);
  EXPECT_EQ(function_.config_read(PCIE_VENDOR, 4), 0x1234'1b36u) << "read-only";
}

TEST_F(FunctionTest, ABarIsSizedByWritingOnes) {
  for (unsigned i = 0; i < PCIE_BARS; ++i) {
    function_.config_write(PCIE_BAR0 + 4 * i, 4, 0xffff'ffff, 0);
  }
  EXPECT_EQ(function_.config_read(PCIE_BAR0, 4), 0xffff'f000u | PCIE_BAR_64);
  EXPECT_EQ(function_.config_read(PCIE_BAR0 + 4, 4), 0xffff'ffffu);
  EXPECT_EQ(function_.config_read(PCIE_BAR0 + 8, 4), 0xffff'fff0u);
  EXPECT_EQ(function_.config_read(PCIE_BAR0 + 12, 4), 0xffff'f000u);
  EXPECT_EQ(function_.config_read(PCIE_BAR0 + 16, 4), 0u) << "not there";
}

TEST_F(FunctionTest, ABarAnswersWhereItWasPutAndOnlyWhenMemoryIsEnabled) {
  place_bars();
  const Address bar0 = 0x5'4000'0000;
  EXPECT_FALSE(function_.decode(bar0, 4)) << "memory space is off";
  command(PCIE_COMMAND_MEMORY);
  ASSERT_TRUE(function_.decode(bar0 + 0xffc, 4));
  EXPECT_EQ(function_.decode(bar0 + 0xffc, 4)->bar, 0u);
  EXPECT_EQ(function_.decode(bar0 + 0xffc, 4)->offset, 0xffcu);
  EXPECT_FALSE(function_.decode(bar0 + 0xffc, 8)) << "it would reach beyond";
  EXPECT_FALSE(function_.decode(bar0 + 0x1000, 4));
  EXPECT_EQ(function_.decode(0x4100'0008, 8)->bar, 2u);
}

TEST_F(FunctionTest, InD3ItAnswersAtNoBarAndReachesNoMemory) {
  place_bars();
  enable();
  const unsigned power = capability(function_, PCIE_CAPABILITY_POWER);
  function_.config_write(power + PCIE_POWER_CONTROL, 2, 3, 0);
  EXPECT_FALSE(function_.decode(0x4100'0000, 4));
  EXPECT_EQ(function_.dma({}, 0).status, Status::unsupported);
  EXPECT_EQ(function_.config_read(PCIE_VENDOR, 2), 0x1b36u) << "configuration space stays";
  function_.config_write(power + PCIE_POWER_CONTROL, 2, 1, 0);
  EXPECT_EQ(function_.config_read(power + PCIE_POWER_CONTROL, 2) & PCIE_POWER_STATE_MASK, 3u)
      << "D1 there is not";
  function_.config_write(power + PCIE_POWER_CONTROL, 2, 0, 0);
  EXPECT_TRUE(function_.decode(0x4100'0000, 4));
}

TEST_F(FunctionTest, WithoutBusMasterNothingLeavesIt) {
  EXPECT_EQ(function_.dma({.address = IoVirtualAddress(0x1000)}, 0).status, Status::unsupported);
  EXPECT_TRUE(link_.asked.empty());
  EXPECT_NE(function_.config_read(PCIE_STATUS, 2) & PCIE_STATUS_RECEIVED_MASTER_ABORT, 0u);
  enable();
  EXPECT_TRUE(function_.dma({.address = IoVirtualAddress(0x1000)}, 7).ok());
  ASSERT_EQ(link_.asked.size(), 1u);
  EXPECT_EQ(link_.asked[0].request.requester, RoutingId::of(3, 0));
  EXPECT_EQ(link_.asked[0].now, 7u);
  function_.config_write(PCIE_STATUS, 2, PCIE_STATUS_RECEIVED_MASTER_ABORT, 0);
  EXPECT_EQ(function_.config_read(PCIE_STATUS, 2) & PCIE_STATUS_RECEIVED_MASTER_ABORT, 0u);
}

TEST_F(FunctionTest, AtsAndPasidMustBeEnabledBeforeTheyAreUsed) {
  enable();
  const Request translation{.type = AddressType::translation_request};
  const Request process{.pasid = Pasid{.number = 5}};
  EXPECT_FALSE(function_.dma(translation, 0).ok());
  EXPECT_FALSE(function_.dma(process, 0).ok());
  function_.config_write(extended_capability(function_, PCIE_EXTENDED_ATS) + PCIE_ATS_CONTROL, 2,
                         PCIE_ATS_ENABLE, 0);
  function_.config_write(extended_capability(function_, PCIE_EXTENDED_PASID) + PCIE_PASID_CONTROL,
                         2, PCIE_PASID_ENABLE, 0);
  EXPECT_TRUE(function_.dma(translation, 0).ok());
  EXPECT_TRUE(function_.dma(process, 0).ok());
  EXPECT_FALSE(function_.dma({.pasid = Pasid{.number = 256}}, 0).ok()) << "8 bits";
}

TEST_F(FunctionTest, AMessageIsAWriteOfItsDataToItsAddress) {
  enable();
  msix(PCIE_MSIX_ENABLE);
  set_entry(1, 0x2800'0000, 77, false);
  function_.raise(1, 123);
  ASSERT_EQ(link_.asked.size(), 1u);
  EXPECT_TRUE(link_.asked[0].request.write);
  EXPECT_EQ(link_.asked[0].request.address, IoVirtualAddress(0x2800'0000));
  EXPECT_EQ(link_.word(0), 77u);
  EXPECT_EQ(link_.asked[0].now, 123u);
  EXPECT_EQ(function_.statistics().messages, 1u);
}

TEST_F(FunctionTest, AMaskedVectorPendsAndIsSentOnceWhenItIsUnmasked) {
  enable();
  msix(PCIE_MSIX_ENABLE);
  set_entry(2, 0x2800'0000, 5, true);
  function_.raise(2, 0);
  function_.raise(2, 0);
  EXPECT_TRUE(link_.asked.empty());
  EXPECT_EQ(pending(), 4u);
  set_entry(2, 0x2800'0000, 5, false);
  EXPECT_EQ(link_.asked.size(), 1u);
  EXPECT_EQ(pending(), 0u);
}

TEST_F(FunctionTest, TheFunctionsMaskHoldsAllVectorsBack) {
  enable();
  msix(PCIE_MSIX_ENABLE | PCIE_MSIX_MASK_ALL);
  set_entry(0, 0x2800'0000, 1, false);
  set_entry(3, 0x2800'0000, 2, false);
  function_.raise(0, 0);
  function_.raise(3, 0);
  EXPECT_EQ(pending(), 9u);
  EXPECT_TRUE(link_.asked.empty());
  msix(PCIE_MSIX_ENABLE);
  EXPECT_EQ(link_.asked.size(), 2u);
}

TEST_F(FunctionTest, TheTableIsReadAndWrittenByFourAndEightBytes) {
  function_.write({3, 16}, 4, 0x1111'1113, 0);
  function_.write({3, 20}, 4, 0x2222'2222, 0);
  function_.write({3, 24}, 8, 0x1'3333'3333, 0);
  EXPECT_EQ(function_.read({3, 16}, 8, 0), 0x2222'2222'1111'1110u) << "addresses are aligned";
  EXPECT_EQ(function_.read({3, 24}, 4, 0), 0x3333'3333u);
  EXPECT_EQ(function_.read({3, 28}, 4, 0), 1u);
  function_.write({3, 16}, 1, 0xff, 0);
  EXPECT_EQ(function_.read({3, 16}, 4, 0), 0x1111'1110u) << "no bytes";
}

TEST_F(FunctionTest, ThePinFollowsItsLevelUnlessSoftwareOrMsixForbidsIt) {
  function_.set_pin(true);
  EXPECT_TRUE(link_.pins[2]);
  EXPECT_NE(function_.config_read(PCIE_STATUS, 2) & PCIE_STATUS_INTERRUPT, 0u);
  command(PCIE_COMMAND_INTX_OFF);
  EXPECT_FALSE(link_.pins[2]);
  EXPECT_NE(function_.config_read(PCIE_STATUS, 2) & PCIE_STATUS_INTERRUPT, 0u)
      << "it still wants to";
  command(0);
  EXPECT_TRUE(link_.pins[2]);
  msix(PCIE_MSIX_ENABLE);
  EXPECT_FALSE(link_.pins[2]);
}

TEST_F(FunctionTest, ThePinIsDownWhileItSleeps) {
  const unsigned power = capability(function_, PCIE_CAPABILITY_POWER);
  function_.set_pin(true);
  EXPECT_TRUE(link_.pins[2]);
  function_.config_write(power + PCIE_POWER_CONTROL, 2, 3, 0);
  EXPECT_FALSE(link_.pins[2]) << "D3hot";
  function_.config_write(power + PCIE_POWER_CONTROL, 2, 0, 0);
  EXPECT_TRUE(link_.pins[2]);
}

TEST_F(FunctionTest, AFunctionLevelResetUndoesWhatSoftwareDid) {
  place_bars();
  enable();
  msix(PCIE_MSIX_ENABLE);
  set_entry(0, 0x2800'0000, 9, false);
  function_.set_pin(true);
  const unsigned control =
      capability(function_, PCIE_CAPABILITY_EXPRESS) + PCIE_EXPRESS_DEVICE_CONTROL;
  function_.config_write(control, 2, 0x2810 | PCIE_EXPRESS_START_FLR, 0);
  EXPECT_EQ(function_.resets, 1u);
  EXPECT_EQ(function_.config_read(PCIE_COMMAND, 2), 0u);
  EXPECT_EQ(function_.config_read(PCIE_BAR0, 4), PCIE_BAR_64);
  EXPECT_EQ(function_.config_read(control, 2), 0x2810u) << "as the specification has it";
  EXPECT_EQ(function_.read({3, 12}, 4, 0), 1u) << "entries are masked";
  EXPECT_FALSE(link_.pins[2]);
  // By a byte as well.
  function_.config_write(control + 1, 1, PCIE_EXPRESS_START_FLR >> 8, 0);
  EXPECT_EQ(function_.resets, 2u);
}

/// Any writes: it stays a function that can be found, and reads stay within what they may say.
TEST_F(FunctionTest, RandomConfigurationWritesLeaveTheReadOnlyBits) {
  const TestFunction fresh(link_);
  constexpr std::uint64_t seed = 5;
  SCOPED_TRACE(seed);
  std::uint64_t state = seed;
  for (int i = 0; i < 100'000; ++i) {
    const unsigned length = 1u << next_random(state) % 3;
    const auto offset =
        static_cast<unsigned>(next_random(state) % (PCIE_CONFIG_BYTES / length) * length);
    function_.config_write(offset, length, static_cast<std::uint32_t>(next_random(state)), 0);
    ASSERT_EQ(function_.config_read(PCIE_VENDOR, 4), fresh.config_read(PCIE_VENDOR, 4));
    ASSERT_EQ(function_.config_read(PCIE_CAPABILITIES, 1), fresh.config_read(PCIE_CAPABILITIES, 1));
    ASSERT_EQ(function_.config_read(PCIE_BAR0 + 16, 4), 0u);
    ASSERT_EQ(function_.config_read(0x800, 4), 0u) << "behind the last capability";
  }
}

}  // namespace
}  // namespace kilburn::pcie
