// The test finisher: what each written value does, and its accesses on the bus.
#include "finisher/finisher.h"

#include <gtest/gtest.h>

#include <memory>
#include <systemc>
#include <vector>

#include "common/bus_master.h"
#include "finisher/finisher_module.h"
#include "kilburn/board.h"

namespace kilburn::finisher::testing {
namespace {

using Kind = End::Kind;

std::vector<End> outcomes_of(std::uint32_t value) {
  std::vector<End> seen;
  Finisher finisher([&](const End& outcome) { seen.push_back(outcome); });
  finisher.write(value, 77);
  return seen;
}

TEST(Finisher, PassEndsWithCode0WhateverTheUpperHalf) {
  EXPECT_EQ(outcomes_of(0x0000'5555), (std::vector<End>{{Kind::pass, 0, 77}}));
  EXPECT_EQ(outcomes_of(0x0007'5555), (std::vector<End>{{Kind::pass, 0, 77}}));
}

TEST(Finisher, FailEndsWithTheCodeOfTheUpperHalf) {
  EXPECT_EQ(outcomes_of(0x0000'3333), (std::vector<End>{{Kind::fail, 0, 77}}));
  EXPECT_EQ(outcomes_of(0xFFFE'3333), (std::vector<End>{{Kind::fail, 0xFFFE, 77}}));
}

TEST(Finisher, ResetRestarts) {
  EXPECT_EQ(outcomes_of(0x0000'7777), (std::vector<End>{{Kind::reset, 0, 77}}));
}

TEST(Finisher, OtherValuesDoNothing) {
  for (const std::uint32_t value :
       {0u, 1u, 0x5554u, 0x5555'0000u, 0x3332u, 0x7776u, 0xFFFF'FFFFu}) {
    EXPECT_TRUE(outcomes_of(value).empty()) << value;
  }
}

struct Platform {
  std::vector<End> outcomes;
  FinisherModule finisher{"finisher", Clock(sc_core::sc_time(1, sc_core::SC_NS)), 5,
                          [this](const End& outcome) { outcomes.push_back(outcome); }};
  kilburn::testing::BusMaster bus{"bus"};
  Platform() { bus.socket.bind(finisher.registers); }
};

TEST(FinisherModule, OnTheBusItIsWrittenByTwoOrFourBytesAtOffset0) {
  Platform platform;
  platform.bus.delay = sc_core::sc_time(100, sc_core::SC_NS);
  platform.bus.write(FINISHER_COMMAND, 0x0003'3333, 4);
  platform.bus.write(FINISHER_COMMAND, 0x5555, 2);
  platform.bus.write(4, 0x5555, 4);
  EXPECT_EQ(platform.outcomes, (std::vector<End>{{Kind::fail, 3, 105}, {Kind::pass, 0, 110}}));
  EXPECT_EQ(platform.bus.read(FINISHER_COMMAND, 4), 0u);
  const auto response = [&](std::uint64_t offset, unsigned length) {
    return platform.bus.response(tlm::TLM_WRITE_COMMAND, offset, length);
  };
  EXPECT_EQ(response(0, 1), tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_EQ(response(0, 8), tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_EQ(response(2, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(response(BOARD_FINISHER_BYTES, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(platform.outcomes.size(), 2u);
}

}  // namespace
}  // namespace kilburn::finisher::testing
