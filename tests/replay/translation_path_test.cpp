// The translation path as any TLM-2.0 initiator sees it: real data through real page tables.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <systemc>
#include <tlm>

#include "cache/cache_module.h"
#include "common/invalidation_module.h"
#include "interconnect/interconnect_module.h"
#include "memory/memory_module.h"
#include "mmu/mmu_module.h"
#include "mmu/translation_service_module.h"
#include "rmu/rmu_module.h"
#include "trace_os/address_space.h"

namespace kilburn {
namespace {

constexpr Address dram_base = 0x8000'0000;
constexpr std::uint64_t dram_bytes = std::uint64_t{1} << 30;
constexpr Address va = 0x10'0000'0000;

rmu::RmuConfig rmu_config() {
  rmu::RmuConfig config;
  config.memory_base = dram_base;
  config.memory_bytes = dram_bytes;
  config.table_base = dram_base + dram_bytes;
  config.unowned = rmu::Unowned::deny;
  return config;
}

mmu::ServiceConfig service_config() {
  mmu::ServiceConfig config;
  config.l2tlb = {.entries = 64, .ways = 4, .hit_cycles = 6};
  return config;
}

/// An initiator of the test's own: plain TLM-2.0, nothing of Kilburn's but the extension.
class Initiator final : public sc_core::sc_module, public BackwardInitiator {
 public:
  tlm::tlm_initiator_socket<> socket{"socket"};
  explicit Initiator(const sc_core::sc_module_name& name) : sc_module(name) { socket.bind(*this); }
};

struct Reply {
  tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;
  mmu::TranslationExtension::Reply translation{};
  Cycles cycles = 0;
};

struct System {
  Clock clock{sc_core::sc_time(1, sc_core::SC_NS)};
  InvalidationBus bus;
  WaitingInvalidator invalidator{bus, clock, 1000};
  memory::Storage storage{{.base = dram_base, .bytes = dram_bytes + rmu_config().table_bytes()}};
  memory::MemoryModule memory{"memory", {}, storage, clock};
  interconnect::InterconnectModule interconnect{"interconnect", {}, clock};
  rmu::RmuModule rmu{"rmu", rmu_config(), clock, bus};
  cache::CacheModule l2{"l2", {.bytes = 256 * 1024}, 3, {dram_base, dram_bytes}, clock};
  cache::CacheModule l1i{"l1i", {}, 1, {dram_base, dram_bytes}, clock};
  cache::CacheModule l1d{"l1d", {}, 1, {dram_base, dram_bytes}, clock};
  mmu::TranslationServiceModule service{"service", service_config(), &rmu.rmu(), clock};
  mmu::Mmu tlbs{{}, service.service(), "hart", 4};
  mmu::MmuModule mmu{"mmu", tlbs, clock};
  Initiator initiator{"initiator"};
  std::unique_ptr<trace_os::AddressSpace> space;
  mmu::Regime regime;

  System() {
    initiator.socket.bind(mmu.client);
    mmu.fetch.bind(l1i.above[0]);
    mmu.data.bind(l1d.above[0]);
    l1i.below.bind(l2.above[0]);
    l1d.below.bind(l2.above[1]);
    service.tables.socket.bind(l2.above[2]);
    l2.below.bind(interconnect.add_initiator());
    rmu.table.socket.bind(interconnect.add_initiator());
    interconnect
        .add_target({{.base = dram_base,
                      .bytes = dram_bytes + rmu_config().table_bytes(),
                      .name = "memory"}})
        .bind(memory.bus);
    interconnect.add_target({{.base = 0x1000'0000, .bytes = page_bytes, .name = "rmu registers"}})
        .bind(rmu.registers);
    bus.add(tlbs);
    bus.add(service.service());
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    execute({.code = rmu::CommandCode::create_realm, .realm = 1});
    execute({.code = rmu::CommandCode::create_realm, .realm = 2});
    space = std::make_unique<trace_os::AddressSpace>(
        trace_os::OsConfig{.arena_bytes = std::uint64_t{256} << 20}, PagingMode::sv48,
        Context{.asid = 1, .realm = 1}, storage, dram_base >> page_shift,
        [this](const trace_os::FrameEvent& event) {
          if (event.use != trace_os::FrameEvent::Use::released) own(event.pfn, event.frames);
        });
    regime = {.stage1 = PagingMode::sv48, .root = space->root(), .context = space->context()};
  }

  void execute(const rmu::Command& command) {
    rmu::Command from_system = command;
    from_system.issuer.machine = true;
    ImmediateInvalidator immediate(bus);
    const auto result = rmu.rmu().execute(from_system, 0, immediate);
    ASSERT_EQ(result.status, rmu::Status::ok) << to_string(result.status);
  }
  void own(PageNumber frame, PageNumber frames) {
    for (PageNumber i = 0; i < frames; ++i) {
      execute(
          {.code = rmu::CommandCode::set_owner, .target = (frame + i) << page_shift, .realm = 1});
    }
  }

  Reply transport(tlm::tlm_command command, Address address, void* data, unsigned length,
                  bool translate_only = false) {
    mmu::TranslationExtension extension;
    extension.access = command == tlm::TLM_WRITE_COMMAND ? Access::store : Access::load;
    extension.regime = &regime;
    extension.translate_only = translate_only;
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(length);
    payload.set_streaming_width(length);
    payload.set_byte_enable_ptr(nullptr);
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    payload.set_extension(&extension);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    initiator.socket->b_transport(payload, delay);
    payload.clear_extension(&extension);
    EXPECT_EQ(payload.get_address(), address) << "the initiator's payload comes back as it was";
    EXPECT_EQ(payload.get_data_length(), length);
    return {payload.get_response_status(), extension.reply, clock.count(delay)};
  }
};

class TranslationPath : public testing::Test {
 protected:
  static void SetUpTestSuite() { system_ = std::make_unique<System>(); }
  // The kernel's objects live until the process ends: SystemC has no second elaboration.
  static System& system() { return *system_; }
  void SetUp() override {
    // Each test in pages of its own.
    first_ = va + (next_page_ += 16) * page_bytes;
    for (unsigned i = 0; i < 8; ++i) {
      system().space->touch(first_ + i * page_bytes, Access::store);
    }
  }
  Address first_ = 0;

 private:
  static std::unique_ptr<System> system_;
  static Address next_page_;
};
std::unique_ptr<System> TranslationPath::system_;
Address TranslationPath::next_page_ = 0;

TEST_F(TranslationPath, WhatAnyInitiatorWritesIsWhereThePageTablesSay) {
  const std::uint64_t written = 0x0123'4567'89AB'CDEF;
  std::uint64_t value = written;
  ASSERT_EQ(system().transport(tlm::TLM_WRITE_COMMAND, first_ + 0x128, &value, 8).status,
            tlm::TLM_OK_RESPONSE);
  const PageNumber frame = system().space->translate(first_)->pfn;
  EXPECT_EQ(system().storage.read64(frame * page_bytes + 0x128), written);
  value = 0;
  ASSERT_EQ(system().transport(tlm::TLM_READ_COMMAND, first_ + 0x128, &value, 8).status,
            tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(value, written);
}

TEST_F(TranslationPath, AnAccessAcrossPagesReachesBothFrames) {
  std::array<unsigned char, 16> data{};
  for (unsigned i = 0; i < data.size(); ++i) data[i] = static_cast<unsigned char>(i + 1);
  const Address address = first_ + page_bytes - 5;
  ASSERT_EQ(system().transport(tlm::TLM_WRITE_COMMAND, address, data.data(), 16).status,
            tlm::TLM_OK_RESPONSE);
  const PageNumber low = system().space->translate(first_)->pfn;
  const PageNumber high = system().space->translate(first_ + page_bytes)->pfn;
  EXPECT_EQ(*system().storage.host(low * page_bytes + 4095, 1), std::byte{5});
  EXPECT_EQ(*system().storage.host(high * page_bytes, 1), std::byte{6});
}

TEST_F(TranslationPath, AFirstLevelHitCostsNoMoreThanTheCache) {
  std::uint64_t value = 0;
  const Reply cold = system().transport(tlm::TLM_READ_COMMAND, first_, &value, 8);
  const Reply warm = system().transport(tlm::TLM_READ_COMMAND, first_, &value, 8);
  EXPECT_FALSE(cold.translation.first_level_hit);
  EXPECT_GT(cold.translation.cost.walk, 0U);
  EXPECT_TRUE(warm.translation.first_level_hit);
  EXPECT_EQ(warm.cycles, cache::CacheConfig{}.hit_cycles);
}

TEST_F(TranslationPath, ATlbHitNeedsNoOwnershipCheck) {
  std::uint64_t value = 0;
  system().transport(tlm::TLM_READ_COMMAND, first_, &value, 8);
  const auto checks = system().rmu.rmu().statistics().checks;
  for (int i = 0; i < 100; ++i) system().transport(tlm::TLM_READ_COMMAND, first_, &value, 8);
  EXPECT_EQ(system().rmu.rmu().statistics().checks, checks);
}

TEST_F(TranslationPath, ATranslationAloneMovesNothing) {
  std::uint64_t value = 77;
  const Reply reply = system().transport(tlm::TLM_READ_COMMAND, first_, &value, 8, true);
  EXPECT_EQ(reply.status, tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(reply.translation.translation.pfn, system().space->translate(first_)->pfn);
  EXPECT_EQ(value, 77U);
}

TEST_F(TranslationPath, AnUnmappedPageIsAPageFaultThatNamesTheAddress) {
  std::uint64_t value = 0;
  const Address unmapped = first_ + 12 * page_bytes;
  const Reply reply = system().transport(tlm::TLM_READ_COMMAND, unmapped + 8, &value, 8);
  EXPECT_EQ(reply.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(reply.translation.fault, Fault::page_fault);
  EXPECT_EQ(reply.translation.fault_address, unmapped + 8);
}

TEST_F(TranslationPath, AFaultInTheSecondPageOfAnAccessPerformsNothingInTheFirst) {
  std::uint64_t value = UINT64_MAX;
  const Address last = first_ + 7 * page_bytes;  // the page after it is not mapped
  const Reply reply = system().transport(tlm::TLM_WRITE_COMMAND, last + page_bytes - 4, &value, 8);
  EXPECT_EQ(reply.translation.fault, Fault::page_fault);
  const PageNumber frame = system().space->translate(last)->pfn;
  EXPECT_EQ(*system().storage.host(frame * page_bytes + 4095, 1), std::byte{0});
}

// Spec 03 behaviour 8.
TEST_F(TranslationPath, ADeniedAccessInstallsNothingFaultsAndLeavesMemoryUntouched) {
  const PageNumber frame = system().space->translate(first_)->pfn;
  system().execute({.code = rmu::CommandCode::set_owner,
                    .target = frame * page_bytes,
                    .realm = 2,
                    .issuer = {.realm = 1}});
  const auto fills = system().tlbs.dtlb().statistics().fills;
  const auto l2_fills = system().service.service().l2_tlb().statistics().fills;
  std::uint64_t value = UINT64_MAX;
  for (int i = 0; i < 2; ++i) {
    const Reply reply = system().transport(tlm::TLM_WRITE_COMMAND, first_, &value, 8);
    EXPECT_EQ(reply.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(reply.translation.fault, Fault::access_fault);
  }
  EXPECT_EQ(system().tlbs.dtlb().statistics().fills, fills);
  EXPECT_EQ(system().service.service().l2_tlb().statistics().fills, l2_fills);
  EXPECT_EQ(system().storage.read64(frame * page_bytes), 0U);
}

// Spec 03 behaviour 7, for the TLBs of a hart.
TEST_F(TranslationPath, AfterAChangeOfOwnerNoTlbHitsTheOldTranslation) {
  std::uint64_t value = 5;
  ASSERT_EQ(system().transport(tlm::TLM_WRITE_COMMAND, first_, &value, 8).status,
            tlm::TLM_OK_RESPONSE);
  const PageNumber frame = system().space->translate(first_)->pfn;
  system().execute({.code = rmu::CommandCode::set_owner,
                    .target = frame * page_bytes,
                    .realm = 2,
                    .issuer = {.realm = 1}});
  EXPECT_EQ(system().transport(tlm::TLM_READ_COMMAND, first_, &value, 8).translation.fault,
            Fault::access_fault);
}

TEST_F(TranslationPath, TheOwnershipTableIsOutOfEveryonesReach) {
  // A leaf that points into the table: the RMU must stop what the page tables allow.
  const PageNumber table = (dram_base + dram_bytes) >> page_shift;
  const Address slot_page = first_ + 2 * page_bytes;
  const auto before = system().space->translate(slot_page);
  ASSERT_TRUE(before);
  // Find the PTE by its value, in the storage, and turn it.
  Address node = system().space->root() * page_bytes;
  for (unsigned level = 3; level > 0; --level) {
    node = pte::pfn(*system().storage.read64(node + 8 * (slot_page >> (12 + 9 * level) & 511))) *
           page_bytes;
  }
  const Address slot = node + 8 * (slot_page >> 12 & 511);
  const std::uint64_t leaf = *system().storage.read64(slot);
  ASSERT_TRUE(system().storage.write64(slot, pte::make(table, leaf & 0x3FF)));
  std::uint64_t value = 0;
  const Reply reply = system().transport(tlm::TLM_READ_COMMAND, slot_page, &value, 8);
  EXPECT_EQ(reply.translation.fault, Fault::access_fault);
}

TEST_F(TranslationPath, APayloadWithoutTheExtensionIsRefusedAndItsInitiatorNamed) {
  static std::string warning;
  sc_core::sc_report_handler::set_handler(
      [](const sc_core::sc_report& report, const sc_core::sc_actions&) {
        warning = report.get_msg();
      });
  tlm::tlm_generic_payload payload;
  std::uint64_t value = 0;
  payload.set_command(tlm::TLM_READ_COMMAND);
  payload.set_address(first_);
  payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
  payload.set_data_length(8);
  payload.set_streaming_width(8);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  system().initiator.socket->b_transport(payload, delay);
  sc_core::sc_report_handler::set_handler(nullptr);
  EXPECT_EQ(payload.get_response_status(), tlm::TLM_GENERIC_ERROR_RESPONSE);
  EXPECT_EQ(warning,
            "mmu: access refused: its payload, from initiator.socket, has no TranslationExtension");
}

}  // namespace
}  // namespace kilburn
