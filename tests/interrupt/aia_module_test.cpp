// APLIC and IMSIC on the bus: lengths, pages, messages from one to the other, time.
#include <gtest/gtest.h>

#include <systemc>

#include "interrupt_platform.h"
#include "kilburn/board.h"

namespace kilburn::interrupt::testing {
namespace {

class AiaModule : public ::testing::Test {
 protected:
  void SetUp() override {
    platform_->aplic.aplic().reset();
    for (unsigned hart = 0; hart < 2; ++hart) platform_->imsic.imsic(hart).reset();
    platform_->messages.clear();
    for (BusMaster* const bus : {&machine, &supervisor, &root}) bus->delay = sc_core::SC_ZERO_TIME;
  }
  std::uint64_t eip(unsigned hart, unsigned file) {
    return platform_->imsic.imsic(hart).read(file, IMSIC_EIP);
  }

  AiaPlatform* const platform_ = &platform().aia;
  BusMaster& machine = platform_->to_machine;
  BusMaster& supervisor = platform_->to_supervisor;
  BusMaster& root = platform_->to_root;
};

TEST_F(AiaModule, EveryFileHasAPageOfItsOwn) {
  // Three files at supervisor level take four pages.
  supervisor.write(0x0000, 3, 4);
  supervisor.write(0x2000, 4, 4);
  supervisor.write(0x4000, 5, 4);
  supervisor.write(0x5000, 6, 4);
  machine.write(0x1000, 7, 4);
  EXPECT_EQ(eip(0, interrupt_file::supervisor), 1u << 3);
  EXPECT_EQ(eip(0, interrupt_file::guest(2)), 1u << 4);
  EXPECT_EQ(eip(1, interrupt_file::supervisor), 1u << 5);
  EXPECT_EQ(eip(1, interrupt_file::guest(1)), 1u << 6);
  EXPECT_EQ(eip(1, interrupt_file::machine), 1u << 7);
  EXPECT_EQ(eip(0, interrupt_file::machine), 0u);
}

TEST_F(AiaModule, APageWithoutAFileAndReservedBytesReadZeroAndIgnoreWrites) {
  supervisor.write(0x3000, 3, 4);
  supervisor.write(0x0008, 3, 4);
  supervisor.write(0x0FFC, 3, 4);
  for (unsigned file = 0; file <= interrupt_file::guest(guest_files); ++file) {
    EXPECT_EQ(eip(0, file), 0u);
  }
  supervisor.write(0x0000, 3, 4);
  for (const std::uint64_t offset : {0x0000u, 0x0004u, 0x0008u, 0x3000u}) {
    EXPECT_EQ(supervisor.read(offset, 4), 0u) << offset;
  }
}

TEST_F(AiaModule, TheBigEndianRegisterTakesTheOtherByteOrder) {
  machine.write(IMSIC_SETEIPNUM_BE, 9u << 24, 4);
  machine.write(IMSIC_SETEIPNUM_BE, 9, 4);
  EXPECT_EQ(eip(0, interrupt_file::machine), 1u << 9);
}

TEST_F(AiaModule, BothAcceptWordsOnly) {
  for (BusMaster* const bus : {&machine, &supervisor, &root}) {
    for (const unsigned length : {1u, 2u, 8u}) {
      EXPECT_EQ(bus->response(tlm::TLM_WRITE_COMMAND, 0, length), tlm::TLM_BURST_ERROR_RESPONSE);
    }
    EXPECT_EQ(bus->response(tlm::TLM_WRITE_COMMAND, 2, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
  EXPECT_EQ(machine.response(tlm::TLM_READ_COMMAND, 2 * 0x1000, 4),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(supervisor.response(tlm::TLM_READ_COMMAND, 2 * 4 * 0x1000, 4),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(root.response(tlm::TLM_READ_COMMAND, BOARD_APLIC_BYTES, 4),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_F(AiaModule, MessagesGoOutOneAfterTheOther) {
  root.write(APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE, 4);
  for (const unsigned source : {5u, 6u, 7u}) {
    root.write(APLIC_SOURCECFG + 4 * source, APLIC_EDGE_RISING, 4);
    root.write(APLIC_TARGET + 4 * source, source, 4);
    root.write(APLIC_SETIENUM, source, 4);
    platform_->aplic.inputs()->set(source, true);
    platform_->aplic.inputs()->set(source, false);
  }
  EXPECT_EQ(platform_->aplic.next_event(), 0u) << "the run goes on";
  simulate(100.0 * period);
  ASSERT_EQ(platform_->messages.size(), 3u);
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_EQ(platform_->messages[i].write, (Aplic::Write{0, 5 + i}));
    EXPECT_EQ(platform_->messages[i].when - platform_->messages[0].when, i * message_cycles);
  }
  EXPECT_EQ(platform_->aplic.next_event(), Timebase::never);
}

TEST_F(AiaModule, AMessageThatMeetsNothingIsCounted) {
  const auto before = platform_->aplic.aplic().statistics();
  root.write(APLIC_MMSIADDRCFG, 0x4'0000, 4);
  root.write(APLIC_GENMSI, 1, 4);
  simulate(100.0 * period);
  const auto after = platform_->aplic.aplic().statistics();
  EXPECT_EQ(after.messages - before.messages, 1u);
  EXPECT_EQ(after.lost_messages - before.lost_messages, 1u);
}

}  // namespace
}  // namespace kilburn::interrupt::testing
