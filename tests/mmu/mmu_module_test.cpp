// The MMU on the bus: what goes out to the caches, what comes back in the extension, and when.
#include "mmu/mmu_module.h"

#include <memory>
#include <string>
#include <vector>

#include "mmu/service_fixture.h"

namespace kilburn::mmu {
namespace {

using test::urwx;

constexpr PageNumber page = 0x40203;
constexpr Cycles cache_cycles = 3;

/// In the place of a cache: remembers what arrives.
class Cache final : public sc_core::sc_module, public ForwardTarget {
 public:
  struct Arrived {
    Address address;
    const unsigned char* data;
    unsigned length;
    unsigned streaming_width;
    tlm::tlm_response_status response;
  };
  tlm::tlm_target_socket<> socket{"socket"};
  std::vector<Arrived> arrived;
  tlm::tlm_response_status answer = tlm::TLM_OK_RESPONSE;

  Cache(const sc_core::sc_module_name& name, Clock clock) : sc_module(name), clock_(clock) {
    socket.bind(*this);
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
    arrived.push_back({payload.get_address(), payload.get_data_ptr(), payload.get_data_length(),
                       payload.get_streaming_width(), payload.get_response_status()});
    payload.set_response_status(answer);
    delay += clock_.cycles(cache_cycles);
  }

 private:
  Clock clock_;
};

class Initiator final : public sc_core::sc_module, public BackwardInitiator {
 public:
  tlm::tlm_initiator_socket<> socket{"socket"};
  explicit Initiator(const sc_core::sc_module_name& name) : sc_module(name) { socket.bind(*this); }
};

/// SystemC elaborates once in a process: all tests share the modules, each in pages of its own.
struct System {
  Clock clock{sc_core::sc_time(1, sc_core::SC_NS)};
  page_table_walker::Host host;
  TranslationService service{{}, host.memory, nullptr};
  Mmu tlbs{{}, service, "hart", 1};
  MmuModule mmu{"mmu", tlbs, clock};
  Cache fetch{"fetch", clock};
  Cache data{"data", clock};
  Initiator initiator{"initiator"};

  System() {
    initiator.socket.bind(mmu.client);
    mmu.fetch.bind(fetch.socket);
    mmu.data.bind(data.socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
};

class MmuModuleTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!system_) system_ = std::make_unique<System>();  // lives until the process ends
  }
  MmuModuleTest() {
    InvalidationBus bus;
    bus.add(system().service);
    bus.add(system().tlbs);
    bus.end(bus.begin({}));
    for (PageNumber i = 0; i < 8; ++i) system().host.tree.map(0x40200 + i, frame_of(i), urwx);
    for (Cache* cache : {&system().fetch, &system().data}) {
      cache->arrived.clear();
      cache->answer = tlm::TLM_OK_RESPONSE;
    }
    extension_.regime = &system().host.regime;
    system().mmu.observe(nullptr);
  }
  static System& system() { return *system_; }
  static PageNumber frame_of(PageNumber index) { return 0x3000 + 0x10 * index; }
  static PageNumber frame() { return frame_of(3); }

  struct Result {
    tlm::tlm_response_status status;
    Cycles cycles;
  };
  Result transport(Address address, unsigned length = 8) {
    payload_.set_command(tlm::TLM_READ_COMMAND);
    payload_.set_address(address);
    payload_.set_data_ptr(bytes_);
    payload_.set_data_length(length);
    payload_.set_streaming_width(length);
    payload_.set_dmi_allowed(false);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    payload_.set_extension(&extension_);
    sc_core::sc_time delay = system().clock.cycles(1000);
    system().initiator.socket->b_transport(payload_, delay);
    payload_.clear_extension(&extension_);
    EXPECT_EQ(payload_.get_address(), address) << "the payload comes back as it was";
    EXPECT_EQ(payload_.get_data_ptr(), bytes_);
    EXPECT_EQ(payload_.get_data_length(), length);
    EXPECT_EQ(payload_.get_streaming_width(), length);
    return {payload_.get_response_status(), system().clock.count(delay) - 1000};
  }
  [[nodiscard]] const TranslationExtension::Reply& reply() const { return extension_.reply; }

  TranslationExtension extension_;
  tlm::tlm_generic_payload payload_;
  unsigned char bytes_[2 * page_bytes + 16] = {};

 private:
  static std::unique_ptr<System> system_;
};
std::unique_ptr<System> MmuModuleTest::system_;

TEST_F(MmuModuleTest, AMissAddsTheServicesCyclesToThoseOfTheCacheAndAHitNothing) {
  const Result miss = transport(page << page_shift | 0x128);
  EXPECT_EQ(miss.status, tlm::TLM_OK_RESPONSE);
  EXPECT_FALSE(reply().first_level_hit);
  EXPECT_GT(reply().cost.walk, 0u);
  EXPECT_EQ(miss.cycles, reply().cost.total() + cache_cycles);
  const Result hit = transport(page << page_shift | 0x128);
  EXPECT_TRUE(reply().first_level_hit);
  EXPECT_EQ(hit.cycles, cache_cycles);
  ASSERT_EQ(system().data.arrived.size(), 2u);
  for (const auto& arrived : system().data.arrived) {
    EXPECT_EQ(arrived.address, frame() << page_shift | 0x128);
    EXPECT_EQ(arrived.length, 8u);
  }
}

TEST_F(MmuModuleTest, AHitSaysTheWholeTranslation) {
  transport(page << page_shift);
  extension_.reply = {};
  transport(page << page_shift);
  EXPECT_EQ(reply().fault, Fault::none);
  EXPECT_EQ(reply().translation.vpn, page);
  EXPECT_EQ(reply().translation.pfn, frame());
  EXPECT_EQ(reply().translation.order, 0);
  EXPECT_EQ(reply().translation.permissions, urwx & ~pte::valid);
  EXPECT_EQ(reply().translation.attributes, 0);
  EXPECT_EQ(reply().translation.verdict_order, 0);
}

TEST_F(MmuModuleTest, AHitAfterAFaultLeavesNothingOfIt) {
  transport(page << page_shift);
  extension_.reply = {.fault = Fault::page_fault,
                      .translation = {.order = 9, .attributes = 2, .verdict_order = 7}};
  transport(page << page_shift);
  EXPECT_EQ(reply().fault, Fault::none);
  EXPECT_EQ(reply().translation.order, 0);
  EXPECT_EQ(reply().translation.attributes, 0);
  EXPECT_EQ(reply().translation.verdict_order, 0);
}

TEST_F(MmuModuleTest, FetchesGoToTheInstructionCacheAndDataToTheOther) {
  extension_.access = Access::fetch;
  transport(page << page_shift);
  EXPECT_EQ(system().fetch.arrived.size(), 1u);
  EXPECT_TRUE(system().data.arrived.empty());
  extension_.access = Access::store;
  transport(page << page_shift);
  EXPECT_EQ(system().fetch.arrived.size(), 1u);
  EXPECT_EQ(system().data.arrived.size(), 1u);
}

TEST_F(MmuModuleTest, APageFaultNamesTheAddressAndNothingIsForwarded) {
  system().host.tree.map(page, 0, 0);
  EXPECT_EQ(transport(page << page_shift | 8).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(reply().fault, Fault::page_fault);
  EXPECT_EQ(reply().fault_address, page << page_shift | 8);
  EXPECT_FALSE(reply().first_level_hit);
  EXPECT_GT(reply().cost.walk, 0u);
  EXPECT_TRUE(system().data.arrived.empty());
}

TEST_F(MmuModuleTest, AHitWithoutTheRightIsAFaultOfTheFirstLevel) {
  system().host.tree.map(page, frame(), urwx & ~pte::write);
  transport(page << page_shift);
  system().data.arrived.clear();
  extension_.access = Access::store;
  const Result result = transport(page << page_shift | 8);
  // D is set in the page-table entry, so the unit is found and its rights decide.
  EXPECT_EQ(result.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(result.cycles, 0u);
  EXPECT_EQ(reply().fault, Fault::page_fault);
  EXPECT_EQ(reply().fault_address, page << page_shift | 8);
  EXPECT_TRUE(reply().first_level_hit);
  EXPECT_TRUE(system().data.arrived.empty());
}

TEST_F(MmuModuleTest, OfALargePageTheSideTlbsHitsAndFaultsAreTheFirstLevels) {
  system().host.tree.map(0x40400, 0x400, urwx & ~pte::write, 1);
  transport(PageNumber{0x40405} << page_shift);
  EXPECT_EQ(transport(PageNumber{0x40406} << page_shift | 16).cycles, cache_cycles);
  EXPECT_TRUE(reply().first_level_hit);
  EXPECT_EQ(reply().fault, Fault::none);
  EXPECT_EQ(reply().translation.pfn, 0x406u);
  EXPECT_EQ(system().data.arrived.back().address, PageNumber{0x406} << page_shift | 16);
  extension_.access = Access::store;
  EXPECT_EQ(transport(PageNumber{0x40406} << page_shift | 16).status,
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(reply().fault, Fault::page_fault);
  EXPECT_EQ(reply().fault_address, PageNumber{0x40406} << page_shift | 16);
  EXPECT_TRUE(reply().first_level_hit);
}

TEST_F(MmuModuleTest, ATranslationAloneForwardsNothing) {
  extension_.translate_only = true;
  EXPECT_EQ(transport(page << page_shift).status, tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(reply().translation.pfn, frame());
  EXPECT_TRUE(system().data.arrived.empty());
}

TEST_F(MmuModuleTest, AnAccessAcrossPagesIsTwoAccesses) {
  const Address va = (page << page_shift) + page_bytes - 3;
  const Result miss = transport(va, 8);
  EXPECT_EQ(miss.status, tlm::TLM_OK_RESPONSE);
  EXPECT_FALSE(reply().first_level_hit) << "the first half missed";
  EXPECT_EQ(miss.cycles, reply().cost.total() + 2 * cache_cycles);
  ASSERT_EQ(system().data.arrived.size(), 2u);
  const auto& first = system().data.arrived[0];
  EXPECT_EQ(first.address, (frame() << page_shift) + page_bytes - 3);
  EXPECT_EQ(first.data, bytes_);
  EXPECT_EQ(first.length, 3u);
  EXPECT_EQ(first.streaming_width, 3u);
  const auto& second = system().data.arrived[1];
  EXPECT_EQ(second.address, frame_of(4) << page_shift);
  EXPECT_EQ(second.data, bytes_ + 3);
  EXPECT_EQ(second.length, 5u);
  EXPECT_EQ(second.streaming_width, 5u);
  EXPECT_EQ(second.response, tlm::TLM_INCOMPLETE_RESPONSE);
  const Result hit = transport(va, 8);
  EXPECT_TRUE(reply().first_level_hit);
  EXPECT_EQ(reply().cost.total(), 0u);
  EXPECT_EQ(hit.cycles, 2 * cache_cycles);
}

TEST_F(MmuModuleTest, TwoMissesOfOneAccessCostWhatBothCost) {
  system().host.tree.map(0x40207, frame_of(7), urwx);
  system().host.tree.map(0x40208, frame_of(8), urwx);  // another line of PTEs
  const Address va = (PageNumber{0x40208} << page_shift) - 4;
  const Result both = transport(va, 8);
  EXPECT_FALSE(reply().first_level_hit);
  EXPECT_EQ(both.cycles, reply().cost.total() + 2 * cache_cycles);
  EXPECT_GT(reply().cost.l2_tlb, 6u) << "two look-ups of six cycles";
  const Cost cost = reply().cost;
  EXPECT_EQ(cost.total(), cost.l2_tlb + cost.walk + cost.ownership);
}

TEST_F(MmuModuleTest, AnAccessUpToTheEndOfAPageIsOne) {
  transport((page << page_shift) + page_bytes - 8, 8);
  EXPECT_EQ(system().data.arrived.size(), 1u);
  transport((page << page_shift) + page_bytes - 7, 8);
  EXPECT_EQ(system().data.arrived.size(), 3u);
}

TEST_F(MmuModuleTest, AFaultInEitherHalfPerformsNothing) {
  const Address va = (page << page_shift) + page_bytes - 4;
  system().host.tree.map(page + 1, 0, 0);
  EXPECT_EQ(transport(va, 8).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(reply().fault_address, (page + 1) << page_shift);
  system().host.tree.map(page, 0, 0);
  system().host.tree.map(page + 1, frame_of(4), urwx);
  InvalidationBus bus;
  bus.add(system().service);
  bus.add(system().tlbs);
  bus.end(bus.begin({}));
  EXPECT_EQ(transport(va, 8).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(reply().fault_address, va);
  EXPECT_TRUE(system().data.arrived.empty());
}

TEST_F(MmuModuleTest, WhereTheFirstHalfFailsOnTheBusTheSecondIsNotMade) {
  system().data.answer = tlm::TLM_GENERIC_ERROR_RESPONSE;
  EXPECT_EQ(transport((page << page_shift) + page_bytes - 4, 8).status,
            tlm::TLM_GENERIC_ERROR_RESPONSE);
  EXPECT_EQ(system().data.arrived.size(), 1u);
}

TEST_F(MmuModuleTest, MoreThanTwoPagesOrByteEnablesAcrossPagesAreRefused) {
  const Address va = (page << page_shift) + page_bytes - 4;
  EXPECT_EQ(transport(va, 4 + page_bytes).status, tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(transport(va, 4 + page_bytes + 1).status, tlm::TLM_BURST_ERROR_RESPONSE);
  extension_.translate_only = true;
  EXPECT_EQ(transport(va, 8).status, tlm::TLM_BURST_ERROR_RESPONSE);
  extension_.translate_only = false;
  unsigned char enables[8] = {0xFF};
  payload_.set_byte_enable_ptr(enables);
  payload_.set_byte_enable_length(8);
  EXPECT_EQ(transport(va, 8).status, tlm::TLM_BURST_ERROR_RESPONSE);
  payload_.set_byte_enable_ptr(nullptr);
}

TEST_F(MmuModuleTest, TheObserverSeesEveryTranslationThatIsUsedHitsIncluded) {
  std::vector<PageNumber> seen;
  system().mmu.observe([&](const Request& request, const Translation& used) {
    EXPECT_EQ(request.va >> page_shift, used.vpn);
    seen.push_back(used.pfn);
  });
  system().host.tree.map(0x40400, 0x400, urwx, 1);
  transport(page << page_shift);
  transport(page << page_shift);
  transport(PageNumber{0x40405} << page_shift);
  transport(PageNumber{0x40405} << page_shift);
  EXPECT_EQ(seen, (std::vector<PageNumber>{frame(), frame(), 0x405, 0x405}));
  system().host.tree.map(0x50000, 0, 0);
  transport(Address{0x50000} << page_shift);
  EXPECT_EQ(seen.size(), 4u) << "a fault uses none";
}

TEST_F(MmuModuleTest, APayloadWithoutExtensionOrRegimeIsRefusedAndItsInitiatorNamed) {
  static std::string warning;
  sc_core::sc_report_handler::set_handler(
      [](const sc_core::sc_report& report, const sc_core::sc_actions&) {
        warning = report.get_msg();
      });
  extension_.regime = nullptr;
  EXPECT_EQ(transport(page << page_shift).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
  EXPECT_EQ(warning,
            "mmu: access refused: its payload, from initiator.socket, has no TranslationExtension "
            "with a regime");
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  system().initiator.socket->b_transport(payload_, delay);
  sc_core::sc_report_handler::set_handler(nullptr);
  EXPECT_EQ(payload_.get_response_status(), tlm::TLM_GENERIC_ERROR_RESPONSE);
  EXPECT_EQ(warning,
            "mmu: access refused: its payload, from initiator.socket, has no TranslationExtension");
  EXPECT_TRUE(system().data.arrived.empty());
}

TEST(TranslationExtensionTest, ACopyIsTheSame) {
  TranslationExtension extension;
  extension.access = Access::store;
  extension.translate_only = true;
  extension.reply.fault = Fault::page_fault;
  tlm::tlm_extension_base* const clone = extension.clone();
  auto* const copy = dynamic_cast<TranslationExtension*>(clone);
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(copy->access, Access::store);
  EXPECT_TRUE(copy->translate_only);
  copy->reply.fault = Fault::access_fault;
  extension.copy_from(*copy);
  EXPECT_EQ(extension.reply.fault, Fault::access_fault);
  copy->free();
}

}  // namespace
}  // namespace kilburn::mmu
