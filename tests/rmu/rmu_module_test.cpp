// The RMU on the bus: command registers, table memory over TLM, waiting for acknowledgements.
#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <systemc>

#include "common/forward_target.h"
#include "common/random.h"
#include "rmu/fixture.h"
#include "rmu/rmu_module.h"

namespace kilburn::rmu::testing {
namespace {

const sc_core::sc_time period{2, sc_core::SC_NS};
constexpr Address covered = 0x8000'0000;
constexpr Address table_base = 0x8030'0000;  // in the same memory

/// Four mebibytes that answer after ten cycles.
class Memory final : public sc_core::sc_module, public ForwardTarget {
 public:
  explicit Memory(const sc_core::sc_module_name& name) : sc_module(name), bytes(4u << 20) {
    bus.bind(*this);
  }
  tlm::tlm_target_socket<> bus{"bus"};
  std::vector<std::byte> bytes;

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
    const Address offset = payload.get_address() - covered;
    if (offset + payload.get_data_length() > bytes.size()) {
      payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    delay += 10 * period;
    perform(payload, &bytes[offset]);
  }
};

/// Software, as far as the registers can tell.
class Software final : public sc_core::sc_module {
 public:
  explicit Software(const sc_core::sc_module_name& name) : sc_module(name) {}
  tlm_utils::simple_initiator_socket<Software> socket{"socket"};
  Context context{};
  Privilege privilege = Privilege::supervisor;
  bool says_who = true;  ///< false: payloads without a RequesterExtension

  tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t offset, void* data,
                                  unsigned length) {
    tlm::tlm_generic_payload payload;
    RequesterExtension requester;
    requester.context = context;
    requester.privilege = privilege;
    if (says_who) payload.set_extension(&requester);
    payload.set_command(command);
    payload.set_address(offset);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(length);
    payload.set_streaming_width(length);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    taken = sc_core::SC_ZERO_TIME;
    socket->b_transport(payload, taken);
    if (says_who) payload.clear_extension(&requester);
    return payload.get_response_status();
  }
  void write(std::uint64_t offset, std::uint64_t value) {
    ASSERT_EQ(access(tlm::TLM_WRITE_COMMAND, offset, &value, 8), tlm::TLM_OK_RESPONSE);
  }
  std::uint64_t read(std::uint64_t offset) {
    std::uint64_t value = 0;
    EXPECT_EQ(access(tlm::TLM_READ_COMMAND, offset, &value, 8), tlm::TLM_OK_RESPONSE);
    return value;
  }
  sc_core::sc_time taken;
};

/// Acknowledges `delay` cycles after it was asked; never, for a delay of 0.
class SlowHolder final : public sc_core::sc_module, public InvalidationHolder {
 public:
  SC_HAS_PROCESS(SlowHolder);
  explicit SlowHolder(const sc_core::sc_module_name& name) : sc_module(name) { SC_THREAD(answer); }
  Cycles delay = 1;
  Invalidation last{};

  [[nodiscard]] std::string holder_name() const override { return name(); }
  void invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                  InvalidationBus& bus) override {
    last = invalidation;
    ticket_ = ticket;
    bus_ = &bus;
    if (delay != 0) asked_.notify(static_cast<double>(delay) * period);
  }

 private:
  void answer() {
    while (true) {
      sc_core::wait(asked_);
      bus_->acknowledge(ticket_);
    }
  }
  sc_core::sc_event asked_;
  InvalidationTicket ticket_{};
  InvalidationBus* bus_ = nullptr;
};

RmuConfig module_config() {
  RmuConfig config;
  config.memory_base = covered;
  config.memory_bytes = 4u << 20;
  config.table_base = table_base;
  config.realms = 8;
  config.ack_timeout = 1000;
  return config;
}

struct Platform {
  InvalidationBus bus;
  Memory memory{"memory"};
  RmuModule rmu{"rmu", module_config(), Clock(period), bus};
  Software software{"software"};
  SlowHolder holder{"nic"};
  Platform() {
    rmu.table.socket.bind(memory.bus);
    software.socket.bind(rmu.registers);
    bus.add(holder);
  }
};

/// One elaboration for all tests: SystemC has no second. Tests use realms and granules of their
/// own.
class RmuModuleTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    sc_core::sc_report_handler::set_actions("kilburn/invalidation", sc_core::SC_DO_NOTHING);
    platform_ = std::make_unique<Platform>();
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  static void TearDownTestSuite() { platform_.reset(); }
  void SetUp() override {
    software().context = {};
    software().privilege = Privilege::supervisor;
    platform_->holder.delay = 1;
  }
  static Software& software() { return platform_->software; }
  static Rmu& rmu() { return platform_->rmu.rmu(); }

  /// Starts a command and lets time pass until it has ended.
  static std::uint64_t issue(std::uint64_t command) {
    software().write(RMU_COMMAND, command);
    EXPECT_EQ(software().read(RMU_STATUS), std::uint64_t{RMU_RUNNING});
    for (unsigned tries = 0; tries < 100'000; ++tries) {
      if ((software().read(RMU_STATUS) & RMU_RUNNING) == 0) return software().read(RMU_STATUS);
      sc_core::sc_start(period);
    }
    ADD_FAILURE() << "command " << command << " does not end";
    return RMU_STATUS_COUNT;
  }
  static void create(std::uint64_t realm) {
    software().write(RMU_OWNER, realm);
    const std::uint64_t status = issue(RMU_CMD_CREATE_REALM);
    ASSERT_TRUE(status == RMU_STATUS_OK || status == RMU_STATUS_STATE_MISMATCH);
  }
  static std::uint64_t give(Granule granule, std::uint64_t realm) {
    software().write(RMU_TARGET, covered + granule * page_bytes);
    software().write(RMU_ORDER, 0);
    software().write(RMU_OWNER, realm);
    software().write(RMU_MAPPED, 0x100 + granule);
    software().write(RMU_ATTRIBUTES, RMU_STATE_VALID);
    return issue(RMU_CMD_SET_OWNER);
  }
  static std::uint64_t order_command(std::uint64_t code, Granule granule, std::uint64_t order) {
    software().write(RMU_TARGET, covered + granule * page_bytes);
    software().write(RMU_ORDER, order);
    return issue(code);
  }
  static std::uint64_t memory_word(Address address) {
    std::uint64_t word = 0;
    std::memcpy(&word, &platform_->memory.bytes[address - covered], sizeof word);
    return word;
  }

  static std::unique_ptr<Platform> platform_;
};
std::unique_ptr<Platform> RmuModuleTest::platform_;

TEST_F(RmuModuleTest, CommandsWorkThroughRegisters) {
  create(1);
  for (Granule granule = 0; granule < 4; ++granule) {
    ASSERT_EQ(give(granule, 1), std::uint64_t{RMU_STATUS_OK});
  }
  software().context.realm = 1;
  ASSERT_EQ(order_command(RMU_CMD_FUSE, 0, 2), std::uint64_t{RMU_STATUS_OK});
  ASSERT_EQ(order_command(RMU_CMD_QUERY, 3, 0), std::uint64_t{RMU_STATUS_OK});
  const std::uint64_t result = software().read(RMU_RESULT);
  EXPECT_EQ(result, RMU_STATE_VALID | 1u << RMU_ENTRY_MEMBER_SHIFT | 2u << RMU_ENTRY_ORDER_SHIFT |
                        1u << RMU_ENTRY_OWNER_SHIFT);
  EXPECT_EQ(software().read(RMU_RESULT_MAPPED), 0x103u);
  EXPECT_EQ(software().read(RMU_RESULT_HEAD), covered);
  EXPECT_EQ(memory_word(table_base),
            RMU_STATE_VALID | 2u << RMU_ENTRY_ORDER_SHIFT | 1u << RMU_ENTRY_OWNER_SHIFT)
      << "the head's entry, in simulated memory";
  EXPECT_EQ(memory_word(table_base + 8), 0x100u);
  const OwnershipReply reply =
      rmu().check({(covered >> page_shift) + 1, 0x101, Access::load, 1, false}, 0);
  EXPECT_TRUE(reply.allowed);
  EXPECT_EQ(reply.order, 2);
}

TEST_F(RmuModuleTest, SoftwareSaysThatAGranuleHoldsDataOnly) {
  create(1);
  software().write(RMU_TARGET, covered + 40 * page_bytes);
  software().write(RMU_ORDER, 0);
  software().write(RMU_OWNER, 1);
  software().write(RMU_MAPPED, 0x140);
  software().write(RMU_ATTRIBUTES, RMU_STATE_VALID | 1u << RMU_ENTRY_DATA_SHIFT);
  ASSERT_EQ(issue(RMU_CMD_SET_OWNER), std::uint64_t{RMU_STATUS_OK});
  const PageNumber frame = (covered >> page_shift) + 40;
  EXPECT_TRUE(rmu().check({frame, 0x140, Access::load, 1, false}, 0).allowed);
  EXPECT_FALSE(rmu().check({frame, 0x140, Access::load, 1, true}, 0).allowed);
  ASSERT_EQ(order_command(RMU_CMD_QUERY, 40, 0), std::uint64_t{RMU_STATUS_OK});
  EXPECT_EQ(software().read(RMU_RESULT) >> RMU_ENTRY_DATA_SHIFT & 1, 1u);
}

TEST_F(RmuModuleTest, TheIssuerIsTheRequesterNotTheRegisters) {
  create(2);
  ASSERT_EQ(give(16, 2), std::uint64_t{RMU_STATUS_OK});
  EXPECT_EQ(give(16, 1), std::uint64_t{RMU_STATUS_DENIED}) << "realm 0 is not the owner";
  software().context.realm = 2;
  EXPECT_EQ(order_command(RMU_CMD_SCRUB, 16, 0), std::uint64_t{RMU_STATUS_OK});
  software().write(RMU_OWNER, 6);
  EXPECT_EQ(issue(RMU_CMD_CREATE_REALM), std::uint64_t{RMU_STATUS_DENIED});
  software().privilege = Privilege::machine;
  EXPECT_EQ(issue(RMU_CMD_CREATE_REALM), std::uint64_t{RMU_STATUS_OK});
}

TEST_F(RmuModuleTest, ACommandOfNobodyIsRefusedAndItsInitiatorNamed) {
  software().write(RMU_OWNER, 5);
  software().says_who = false;
  std::uint64_t command = RMU_CMD_CREATE_REALM;
  EXPECT_EQ(software().access(tlm::TLM_WRITE_COMMAND, RMU_COMMAND, &command, 8),
            tlm::TLM_GENERIC_ERROR_RESPONSE);
  std::uint64_t status = 0;
  EXPECT_EQ(software().access(tlm::TLM_READ_COMMAND, RMU_STATUS, &status, 8), tlm::TLM_OK_RESPONSE)
      << "who reads does not matter";
  EXPECT_EQ(status & RMU_RUNNING, 0u) << "it would have passed for one by realm 0";
  EXPECT_NE(platform_->rmu.last_error().find("RequesterExtension"), std::string::npos);
  EXPECT_NE(platform_->rmu.last_error().find("software"), std::string::npos)
      << platform_->rmu.last_error();
  software().says_who = true;
  EXPECT_EQ(give(60, 5), std::uint64_t{RMU_STATUS_STATE_MISMATCH}) << "no such realm was made";
}

TEST_F(RmuModuleTest, ACommandWaitsForTheLateAcknowledgement) {
  create(1);
  ASSERT_EQ(give(32, 1), std::uint64_t{RMU_STATUS_OK});
  software().context.realm = 1;
  platform_->holder.delay = 500;
  const sc_core::sc_time before = sc_core::sc_time_stamp();
  ASSERT_EQ(order_command(RMU_CMD_SCRUB, 32, 0), std::uint64_t{RMU_STATUS_OK});
  const Invalidation expected{.operation = Invalidation::Operation::by_frame,
                              .pfn = (covered >> page_shift) + 32};
  EXPECT_EQ(platform_->holder.last, expected);
  // Busy, invalidation, state scrub, 512 words zeroed, state clean: 515 accesses of 10 cycles, and
  // the look-up of the target, which may have been in the cache.
  const std::uint64_t cycles = software().read(RMU_CYCLES);
  EXPECT_GE(cycles, 500u + 515 * 10);
  EXPECT_LE(cycles, 500u + 517 * 10);
  const auto passed = (sc_core::sc_time_stamp() - before).value() / period.value();
  EXPECT_GE(passed, cycles);
  EXPECT_LE(passed, cycles + 10) << "software polls every cycle";
}

TEST_F(RmuModuleTest, ChecksGoOnWhileACommandWaits) {
  create(1);
  create(3);
  ASSERT_EQ(give(48, 1), std::uint64_t{RMU_STATUS_OK});
  software().context.realm = 1;
  platform_->holder.delay = 500;
  software().write(RMU_OWNER, 3);
  software().write(RMU_COMMAND, RMU_CMD_SET_OWNER);
  sc_core::sc_start(200 * period);
  ASSERT_EQ(software().read(RMU_STATUS), std::uint64_t{RMU_RUNNING});
  const auto check = [&](std::uint16_t realm) {
    return rmu().check({(covered >> page_shift) + 48, 0x130, Access::load, realm, false}, 0);
  };
  EXPECT_TRUE(check(1).allowed);
  EXPECT_TRUE(check(1).transient);
  EXPECT_FALSE(check(3).allowed);
  std::uint64_t again = RMU_CMD_QUERY;
  EXPECT_EQ(software().access(tlm::TLM_WRITE_COMMAND, RMU_COMMAND, &again, 8),
            tlm::TLM_COMMAND_ERROR_RESPONSE);
  sc_core::sc_start(1000 * period);
  EXPECT_EQ(software().read(RMU_STATUS), std::uint64_t{RMU_STATUS_OK});
  EXPECT_FALSE(check(1).allowed);
  EXPECT_TRUE(check(3).allowed);
}

TEST_F(RmuModuleTest, AHolderThatNeverAnswersIsNamedAndTheCommandNotCarriedOut) {
  create(1);
  ASSERT_EQ(give(64, 1), std::uint64_t{RMU_STATUS_OK});
  const std::uint64_t entry = memory_word(table_base + 64 * RMU_ENTRY_BYTES);
  software().context.realm = 1;
  platform_->holder.delay = 0;
  EXPECT_EQ(order_command(RMU_CMD_SCRUB, 64, 0), std::uint64_t{RMU_STATUS_TIMEOUT});
  EXPECT_EQ(platform_->rmu.last_error(),
            "rmu: scrub: not carried out, no acknowledgement from nic");
  EXPECT_EQ(memory_word(table_base + 64 * RMU_ENTRY_BYTES), entry);
  const std::uint64_t cycles = software().read(RMU_CYCLES);
  EXPECT_GE(cycles, 1000u);
  EXPECT_LE(cycles, 1000u + 60) << "the time-out, and a few accesses";
  platform_->holder.delay = 999;
  EXPECT_EQ(order_command(RMU_CMD_SCRUB, 64, 0), std::uint64_t{RMU_STATUS_OK}) << "just in time";
}

TEST_F(RmuModuleTest, AnAcknowledgementJustAfterTheTimeOutComesTooLate) {
  create(1);
  ASSERT_EQ(give(72, 1), std::uint64_t{RMU_STATUS_OK});
  software().context.realm = 1;
  platform_->holder.delay = 1001;
  EXPECT_EQ(order_command(RMU_CMD_SCRUB, 72, 0), std::uint64_t{RMU_STATUS_TIMEOUT});
  sc_core::sc_start(10 * period);  // it arrives, for an invalidation that nobody waits for
  platform_->holder.delay = 1;
  EXPECT_EQ(order_command(RMU_CMD_SCRUB, 72, 0), std::uint64_t{RMU_STATUS_OK});
}

TEST_F(RmuModuleTest, HalvesOfRegistersAreAccessible) {
  std::uint32_t half = 0x1234'5678;
  software().write(RMU_TARGET, 0);
  ASSERT_EQ(software().access(tlm::TLM_WRITE_COMMAND, RMU_TARGET + 4, &half, 4),
            tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(software().read(RMU_TARGET), 0x1234'5678'0000'0000u);
  EXPECT_EQ(software().taken, 4 * period) << "register_cycles";
  half = 0x9ABC'DEF0;
  ASSERT_EQ(software().access(tlm::TLM_WRITE_COMMAND, RMU_TARGET, &half, 4), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(software().read(RMU_TARGET), 0x1234'5678'9ABC'DEF0u);
  ASSERT_EQ(software().access(tlm::TLM_READ_COMMAND, RMU_TARGET + 4, &half, 4),
            tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(half, 0x1234'5678u);
}

/// Random accesses: the responses and the operand registers are what a model of the rules says, and
/// every command ends with a status that exists.
TEST_F(RmuModuleTest, RandomRegisterAccessesAreAnsweredByTheRules) {
  constexpr std::uint64_t seed = 7;
  SCOPED_TRACE("seed 7");
  std::uint64_t random = mix64(seed) | 1;
  std::array<std::uint64_t, RMU_REGISTER_BYTES / 8> operands{};
  for (unsigned offset = 0; offset < RMU_STATUS; offset += 8) {
    if (offset != RMU_COMMAND) software().write(offset, 0);
  }
  operands[RMU_COMMAND / 8] = software().read(RMU_COMMAND);
  std::array<unsigned, RMU_STATUS_COUNT> statuses{};
  for (unsigned step = 0; step < 200'000; ++step) {
    const std::uint64_t dice = next_random(random);
    std::array<std::uint64_t, 3> data{};
    const unsigned lengths[] = {8, 8, 8, 4, 4, 1, 2, 16};
    const unsigned length = lengths[dice >> 60 & 7];
    const std::uint64_t offset = (dice >> 56 & 7) == 0
                                     ? dice >> 40 & 0xFF
                                     : (dice >> 40 & 0xF) * 8 + (length == 4 ? dice >> 37 & 4 : 0);
    const bool write = (dice >> 39 & 1) != 0;
    std::uint64_t value = dice >> 32 & 7;
    if ((dice >> 31 & 7) == 0) value = next_random(random);
    if (offset == RMU_TARGET && (dice >> 28 & 3) != 0) value = covered + value * page_bytes;
    // Biased so that every field often holds something sensible.
    if (offset == RMU_COMMAND && (dice >> 28 & 1) != 0) value = 1 + value % 9;
    if (offset == RMU_ATTRIBUTES && (dice >> 28 & 3) != 0) value = RMU_STATE_VALID;
    if (offset == RMU_ORDER && (dice >> 28 & 3) != 0) value = value / 4;
    if (offset % 8 == 4 && (dice >> 28 & 3) != 0) value = 0;
    data[0] = value;

    tlm::tlm_response_status expected = tlm::TLM_OK_RESPONSE;
    if (!std::has_single_bit(length) || length > 8) {
      expected = tlm::TLM_BURST_ERROR_RESPONSE;
    } else if (offset >= RMU_REGISTER_BYTES || offset % length != 0) {
      expected = tlm::TLM_ADDRESS_ERROR_RESPONSE;
    } else if (length < 4) {
      expected = tlm::TLM_BURST_ERROR_RESPONSE;
    }
    software().context.realm = static_cast<std::uint16_t>(dice >> 16 & 1);
    ASSERT_EQ(software().access(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, offset,
                                data.data(), length),
              expected)
        << "step " << step;
    if (expected != tlm::TLM_OK_RESPONSE) continue;
    if (offset < RMU_STATUS) {
      std::uint64_t& whole = operands[offset / 8];
      if (write) {
        std::array<unsigned char, 8> bytes{};
        std::memcpy(bytes.data(), &whole, 8);
        std::memcpy(&bytes[offset % 8], data.data(), length);
        std::memcpy(&whole, bytes.data(), 8);
      }
      ASSERT_EQ(software().read(offset / 8 * 8), whole) << "step " << step;
    }
    if (write && offset == RMU_COMMAND) {
      sc_core::sc_start(10'000 * period);
      const std::uint64_t status = software().read(RMU_STATUS);
      ASSERT_LT(status, std::uint64_t{RMU_STATUS_COUNT}) << "ended, with a status that exists";
      ++statuses[status];
    }
  }
  EXPECT_GT(statuses[RMU_STATUS_OK], 20u);
  EXPECT_GT(statuses[RMU_STATUS_BAD_COMMAND], 20u);
  EXPECT_GT(statuses[RMU_STATUS_DENIED], 20u);
}

}  // namespace
}  // namespace kilburn::rmu::testing
