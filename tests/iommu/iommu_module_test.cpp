// The IOMMU on the bus: registers, a doorbell whose commands its process works off in simulated
// time, wires, and a DMA port whose transfers go through it.
#include "iommu/iommu_module.h"

#include <gtest/gtest.h>

#include <memory>
#include <systemc>
#include <vector>

#include "common/bus_master.h"
#include "iommu/node.h"
#include "kilburn/iommu.h"

namespace kilburn::iommu {
namespace {

using kilburn::testing::simulate;

constexpr Address memory_base = test::Node::memory_base;
constexpr PageNumber first_frame = test::Node::first_frame;
constexpr std::uint32_t device_number = 5;
const sc_core::sc_time period = test::Node::period;

struct System final : test::Node {
  dma::DmaPort& port = device.port;
  kilburn::testing::BusMaster bus{"bus"};

  System() {
    bus.socket.bind(interconnect.add_initiator());
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void write(unsigned offset, std::uint64_t value, unsigned length = 8) {
    bus.delay = sc_core::SC_ZERO_TIME;
    bus.write(BOARD_IOMMU + offset, value, length);
  }
  std::uint64_t read(unsigned offset, unsigned length = 8) {
    bus.delay = sc_core::SC_ZERO_TIME;
    return bus.read(BOARD_IOMMU + offset, length);
  }
};

class IommuModuleTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!system_) system_ = std::make_unique<System>();  // lives until the process ends
  }
  static System& s() { return *system_; }
  static constexpr Address ddt = memory_base;
  static constexpr Address queue = memory_base + page_bytes;
  static constexpr Address faults = memory_base + 2 * page_bytes;
  static constexpr Address tables = memory_base + 16 * page_bytes;
  static constexpr PageNumber frame = first_frame + 64;
  static constexpr PageNumber page = 0x40200;

  IommuModuleTest() {
    // One page by Sv39: root, middle, last.
    const PageNumber root = tables >> page_shift;
    s().set(tables + 8 * (page >> 18), pte::make(root + 1, pte::valid));
    s().set(tables + page_bytes + 8 * (page >> 9 & 511), pte::make(root + 2, pte::valid));
    constexpr std::uint64_t all =
        pte::valid | pte::read | pte::write | pte::user | pte::accessed | pte::dirty;
    s().set(tables + 2 * page_bytes + 8 * (page & 511), pte::make(frame, all));
    const Address context = ddt + Address{IOMMU_DC_EXTENDED_BYTES} * device_number;
    s().set(context, IOMMU_ENTRY_VALID);
    s().set(context + IOMMU_DC_FSC, std::uint64_t{IOMMU_ATP_SV39} << IOMMU_ATP_MODE_SHIFT | root);
    s().write(IOMMU_DDTP, IOMMU_DDTP_OFF);
    s().write(IOMMU_FCTL, IOMMU_FCTL_WSI, 4);
    for (const unsigned control : {unsigned{IOMMU_CQCSR}, unsigned{IOMMU_FQCSR}})
      s().write(control, 0, 4);
    s().write(IOMMU_IPSR, 0xF, 4);
    s().write(IOMMU_CQB, queue >> page_shift << IOMMU_PPN_SHIFT | 3);
    s().write(IOMMU_FQB, faults >> page_shift << IOMMU_PPN_SHIFT | 3);
    for (const unsigned control : {unsigned{IOMMU_CQCSR}, unsigned{IOMMU_FQCSR}})
      s().write(control, 3, 4);
    s().write(IOMMU_DDTP, ddt >> page_shift << IOMMU_PPN_SHIFT | IOMMU_DDTP_1LVL);
  }
  static void command(unsigned index, std::uint64_t low, std::uint64_t high = 0) {
    s().set(queue + Address{16} * index, low);
    s().set(queue + Address{16} * index + 8, high);
  }
  inline static std::unique_ptr<System> system_;
};

TEST_F(IommuModuleTest, RegistersAreAccessedByFourAndEightBytes) {
  EXPECT_EQ(s().read(IOMMU_CAPABILITIES) & IOMMU_CAP_VERSION_MASK, IOMMU_CAP_VERSION_1_0);
  EXPECT_EQ(s().read(IOMMU_CAPABILITIES) & (IOMMU_CAP_SV48 | IOMMU_CAP_SV57), IOMMU_CAP_SV48)
      << "no more than the walker is built for";
  EXPECT_EQ(s().read(IOMMU_CAPABILITIES + 4, 4), s().read(IOMMU_CAPABILITIES) >> 32);
  for (const unsigned length : {1u, 2u}) {
    EXPECT_EQ(s().bus.response(tlm::TLM_READ_COMMAND, BOARD_IOMMU, length),
              tlm::TLM_BURST_ERROR_RESPONSE);
  }
}

TEST_F(IommuModuleTest, ADoorbellHasItsCommandsCarriedOutInSimulatedTime) {
  const Address done = memory_base + 8 * page_bytes;
  command(0, IOMMU_OPCODE_IOTINVAL);
  command(1,
          IOMMU_OPCODE_IOFENCE | IOMMU_IOFENCE_AV | IOMMU_IOFENCE_WSI |
              std::uint64_t{0x600D} << IOMMU_IOFENCE_DATA_SHIFT,
          done >> 2);
  EXPECT_EQ(s().module.next_event(), Timebase::never);
  s().write(IOMMU_CQT, 2, 4);
  EXPECT_EQ(s().module.next_event(), 0u) << "the run must not end now";
  EXPECT_EQ(s().read(IOMMU_CQH, 4), 0u);
  simulate(39 * period);  // two commands take 20 cycles each, and their reads
  EXPECT_LT(s().read(IOMMU_CQH, 4), 2u);
  simulate(1000 * period);
  EXPECT_EQ(s().read(IOMMU_CQH, 4), 2u);
  EXPECT_EQ(s().storage.read64(done), std::optional<std::uint64_t>(0x600D));
  EXPECT_TRUE(s().lines.levels[BOARD_IRQ_IOMMU]);
  EXPECT_EQ(s().module.next_event(), Timebase::never);
}

TEST_F(IommuModuleTest, ATransferGoesThroughItOrIsRefusedAndRecorded) {
  std::vector<std::byte> data(64, std::byte{0x5A});
  const dma::Requester requester{.device = device_number};
  const IoVirtualAddress at((page << page_shift) + 128);
  EXPECT_TRUE(s().port.write(requester, at, data, 0).ok());
  std::vector<std::byte> back(64);
  EXPECT_TRUE(s().storage.read((frame << page_shift) + 128, back));
  EXPECT_EQ(back, data);
  // Half of it outside its mapping: not one byte moves.
  std::vector<std::byte> other(64, std::byte{0x77});
  const IoVirtualAddress end(((page + 1) << page_shift) - 32);
  EXPECT_EQ(s().port.write(requester, end, other, 0).fault, Fault::page_fault);
  EXPECT_TRUE(s().storage.read((frame << page_shift) + page_bytes - 32, std::span(back).first(32)));
  EXPECT_EQ(back[0], std::byte{0});
  EXPECT_EQ(s().read(IOMMU_FQT, 4), 1u);
  EXPECT_EQ(s().storage.read64(faults).value_or(0) & IOMMU_FAULT_CAUSE_MASK, 15u);
  EXPECT_EQ(s().storage.read64(faults + IOMMU_FAULT_IOTVAL),
            std::optional<std::uint64_t>((page + 1) << page_shift));
  EXPECT_TRUE(s().lines.levels[BOARD_IRQ_IOMMU]);
}

TEST_F(IommuModuleTest, AQueueInItsOwnRegistersIsAMemoryFault) {
  s().write(IOMMU_CQCSR, 0, 4);
  s().write(IOMMU_CQB, BOARD_IOMMU >> page_shift << IOMMU_PPN_SHIFT);
  s().write(IOMMU_CQCSR, 1, 4);
  s().write(IOMMU_CQT, 1, 4);
  simulate(1000 * period);
  EXPECT_NE(s().read(IOMMU_CQCSR, 4) & IOMMU_QUEUE_FAULT, 0u);
}

TEST_F(IommuModuleTest, AHolderThatDoesNotAnswerIsNamed) {
  class Silent final : public InvalidationHolder {
   public:
    [[nodiscard]] std::string holder_name() const override { return "silent device"; }
    void invalidate(const Invalidation&, InvalidationTicket, InvalidationBus&) override {}
  } silent;
  std::vector<std::byte> data(64);
  EXPECT_TRUE(
      s().port.read({.device = device_number}, IoVirtualAddress(page << page_shift), data, 0).ok());
  s().invalidations.add(silent);
  sc_core::sc_report_handler::set_actions("kilburn/invalidation", sc_core::SC_DO_NOTHING);
  command(0, IOMMU_OPCODE_IOTINVAL);
  command(1, IOMMU_OPCODE_IOFENCE);
  s().write(IOMMU_CQT, 2, 4);
  simulate(200'000 * period);
  EXPECT_NE(s().module.last_error().find("no acknowledgement from silent device"),
            std::string::npos)
      << s().module.last_error();
  EXPECT_EQ(s().read(IOMMU_CQH, 4), 1u);
  EXPECT_NE(s().read(IOMMU_CQCSR, 4) & IOMMU_CQCSR_TIMEOUT, 0u);
  s().invalidations.remove(silent);
}

TEST_F(IommuModuleTest, IsWhereQemuHasItOnBoardsThatHaveOne) {
  EXPECT_FALSE(IommuDevice::present({}));
  EXPECT_TRUE(IommuDevice::present({.iommu = true}));
  ASSERT_EQ(s().module.ranges().size(), 1u);
  EXPECT_EQ(s().module.ranges()[0].base, 0x0301'0000u);
}

}  // namespace
}  // namespace kilburn::iommu
