// The controller behind the real IOMMU, with and without ATS: a driver that knows I/O virtual
// addresses only, and pages that move while commands are in flight.
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "common/bus_master.h"
#include "iommu/node.h"
#include "kilburn/iommu.h"
#include "nvme/nvme_module.h"
#include "nvme/world.h"
#include "pcie/fixture.h"
#include "pcie/pcie_module.h"

namespace kilburn::nvme {
namespace {

using kilburn::testing::simulate;
using testing::World;

constexpr pcie::RoutingId id = pcie::RoutingId::of(1, 0);
constexpr Address memory_base = iommu::test::Node::memory_base;
constexpr PageNumber first_frame = iommu::test::Node::first_frame;

NvmeConfig config() {
  NvmeConfig config;
  config.drive = DriveKind::ideal;
  config.ideal.bytes = 1 << 20;
  config.ideal.read_ns = config.ideal.write_ns = 3000;
  config.ready_ns = 1000;
  return config;
}

struct System final : iommu::test::Node {
  pcie::PcieModule pcie{"pcie", {}, with_port()};
  NvmeModule nvme{"nvme", config(), pcie.link(id), id, clock};
  kilburn::testing::BusMaster bus{"bus"};

  System() {
    pcie.add(nvme);
    add(pcie);
    bus.socket.bind(interconnect.add_initiator());
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  device::Surroundings& with_port() {
    surroundings.translated_port = [this](const char*, dma::Translator&) -> dma::DmaPort& {
      return device.port;
    };
    return surroundings;
  }
};

/// Pages of the driver by their place; each has a frame of its own.
enum Page : unsigned {
  admin_sq,
  admin_cq,
  io_sq,
  io_cq,
  out,
  in,
  read_only,
  unmapped,
  pages,
};

/// The parameter: whether the function uses ATS.
class NvmeIommuTest : public ::testing::TestWithParam<bool> {
 protected:
  static void SetUpTestSuite() {
    if (!system_) system_ = std::make_unique<System>();  // lives until the process ends
  }
  static System& s() { return *system_; }
  static NvmeModule& nvme() { return s().nvme; }
  static Cycles now() { return s().clock.now(sc_core::SC_ZERO_TIME); }
  static bool ats() { return GetParam(); }

  // Memory: device directory, queues of the IOMMU, tables, then frames.
  static constexpr Address ddt = memory_base;
  static constexpr Address commands = memory_base + page_bytes;
  static constexpr Address faults = memory_base + 2 * page_bytes;
  static constexpr Address tables = memory_base + 16 * page_bytes;
  static constexpr PageNumber first_page = 0x40200;
  static constexpr std::uint64_t urw =
      pte::valid | pte::read | pte::write | pte::user | pte::accessed | pte::dirty;

  static Address iova(unsigned page) { return (first_page + page) << page_shift; }
  std::byte* at(unsigned page) { return frame(frames_.at(page)); }
  static std::byte* frame(PageNumber number) {
    return s().storage.host(number << page_shift, page_bytes);
  }
  static void fill(std::byte* bytes, unsigned value) {
    std::fill_n(bytes, page_bytes, std::byte(value));
  }
  static bool holds(const std::byte* bytes, unsigned value) {
    return std::all_of(bytes, bytes + page_bytes,
                       [value](std::byte each) { return each == std::byte(value); });
  }

  void map(unsigned page, PageNumber to, std::uint64_t rights = urw) {
    frames_.at(page) = to;
    s().set(tables + 2 * page_bytes + 8 * ((first_page + page) & 511), pte::make(to, rights));
  }
  static void write(unsigned offset, std::uint64_t value, unsigned length = 8) {
    s().bus.delay = sc_core::SC_ZERO_TIME;
    s().bus.write(BOARD_IOMMU + offset, value, length);
  }
  static std::uint64_t read(unsigned offset, unsigned length = 8) {
    s().bus.delay = sc_core::SC_ZERO_TIME;
    return s().bus.read(BOARD_IOMMU + offset, length);
  }
  void command(std::uint64_t low, std::uint64_t high = 0) {
    s().set(commands + std::uint64_t{16} * tail_, low);
    s().set(commands + std::uint64_t{16} * tail_ + 8, high);
    tail_ = (tail_ + 1) % 16;
  }
  /// As software does it when a page has moved; returns once the fence has ended.
  void invalidate(unsigned page) {
    command(IOMMU_OPCODE_IOTINVAL | IOMMU_IOTINVAL_AV, iova(page) >> 2);
    if (ats()) {
      command(IOMMU_OPCODE_ATS | std::uint64_t{id.value} << IOMMU_ATS_RID_SHIFT, iova(page));
    }
    fence();
  }
  void fence() {
    command(IOMMU_OPCODE_IOFENCE);
    write(IOMMU_CQT, tail_, 4);
    for (unsigned i = 0; i < 10'000 && read(IOMMU_CQH, 4) != tail_; ++i) run(20);
    ASSERT_EQ(read(IOMMU_CQH, 4), tail_) << "the fence does not end";
  }
  static void run(unsigned ns) { simulate(ns * iommu::test::Node::period); }

  void SetUp() override {
    const unsigned express = pcie::capability(nvme(), PCIE_CAPABILITY_EXPRESS);
    nvme().config_write(express + PCIE_EXPRESS_DEVICE_CONTROL, 2, PCIE_EXPRESS_START_FLR, now());
    run(1000);
    std::fill_n(s().storage.host(memory_base, iommu::test::Node::memory_bytes),
                iommu::test::Node::memory_bytes, std::byte{});
    set_up_iommu();
    nvme().config_write(PCIE_COMMAND, 2, PCIE_COMMAND_MEMORY | PCIE_COMMAND_MASTER, now());
    const unsigned control =
        pcie::extended_capability(nvme(), PCIE_EXTENDED_ATS) + PCIE_ATS_CONTROL;
    nvme().config_write(control, 2, ats() ? PCIE_ATS_ENABLE : 0, now());
    set_up_controller();
  }
  void set_up_iommu() {
    const PageNumber root = tables >> page_shift;
    s().set(tables + 8 * (first_page >> 18), pte::make(root + 1, pte::valid));
    s().set(tables + page_bytes + 8 * (first_page >> 9 & 511), pte::make(root + 2, pte::valid));
    // In no order, and none where its address says.
    for (unsigned page = 0; page < pages; ++page) map(page, first_frame + 40 + page * 5 % 16);
    map(read_only, frames_[read_only], urw & ~pte::write);
    map(unmapped, frames_[unmapped], 0);
    const Address context = ddt + Address{IOMMU_DC_EXTENDED_BYTES} * id.value;
    s().set(context, IOMMU_ENTRY_VALID | IOMMU_TC_EN_ATS);
    s().set(context + IOMMU_DC_FSC, std::uint64_t{IOMMU_ATP_SV39} << IOMMU_ATP_MODE_SHIFT | root);
    write(IOMMU_DDTP, IOMMU_DDTP_OFF);
    write(IOMMU_FCTL, IOMMU_FCTL_WSI, 4);
    for (const unsigned control : {unsigned{IOMMU_CQCSR}, unsigned{IOMMU_FQCSR}})
      write(control, 0, 4);
    write(IOMMU_CQB, commands >> page_shift << IOMMU_PPN_SHIFT | 3);
    write(IOMMU_FQB, faults >> page_shift << IOMMU_PPN_SHIFT | 3);
    for (const unsigned control : {unsigned{IOMMU_CQCSR}, unsigned{IOMMU_FQCSR}})
      write(control, IOMMU_QUEUE_ENABLE, 4);
    write(IOMMU_DDTP, ddt >> page_shift << IOMMU_PPN_SHIFT | IOMMU_DDTP_1LVL);
    tail_ = static_cast<unsigned>(read(IOMMU_CQT, 4));
    // What an earlier test left.
    command(IOMMU_OPCODE_IODIR);
    command(IOMMU_OPCODE_IOTINVAL);
    fence();
  }
  void set_up_controller() {
    const auto set = [](std::uint64_t offset, std::uint64_t value, unsigned length) {
      nvme().write({0, offset}, length, value, now());
    };
    set(NVME_AQA, 0x000F'000F, 4);
    set(NVME_ASQ, iova(admin_sq), 8);
    set(NVME_ACQ, iova(admin_cq), 8);
    set(NVME_CC, World::enable, 4);
    run(2000);
    ASSERT_EQ(csts(), std::uint64_t{NVME_CSTS_RDY});
    ASSERT_EQ(execute(0, World::create_cq(1, 64, iova(io_cq), 0)), NVME_SUCCESS);
    ASSERT_EQ(execute(0, World::create_sq(1, 64, iova(io_sq), 1)), NVME_SUCCESS);
  }
  static std::uint64_t csts() { return nvme().read({0, NVME_CSTS}, 4, now()); }

  struct Queue {
    Page sq;
    Page cq;
    unsigned entries;
    unsigned tail = 0;
    unsigned head = 0;
    unsigned phase = 1;
  };
  void submit(unsigned queue, Entry entry) {
    Queue& q = queues_.at(queue);
    entry.dwords[0] |= std::uint32_t{next_id_++} << NVME_CID_SHIFT;
    std::memcpy(at(q.sq) + std::size_t{64} * q.tail, entry.dwords.data(), 64);
    q.tail = (q.tail + 1) % q.entries;
    nvme().write({0, NVME_DOORBELLS + 8 * queue}, 4, q.tail, now());
  }
  /// The status of the next completion, if it is there.
  std::optional<unsigned> take(unsigned queue) {
    Queue& q = queues_.at(queue);
    std::uint32_t last = 0;
    std::memcpy(&last, at(q.cq) + std::size_t{16} * q.head + 12, 4);
    if ((last >> 16 & 1) != q.phase) return std::nullopt;
    q.head = (q.head + 1) % q.entries;
    if (q.head == 0) q.phase ^= 1;
    nvme().write({0, NVME_DOORBELLS + 8 * queue + 4}, 4, q.head, now());
    return last >> 17 & NVME_STATUS_MASK;
  }
  std::optional<unsigned> wait_for(unsigned queue) {
    for (unsigned i = 0; i < 10'000; ++i) {
      if (const auto status = take(queue)) return status;
      run(20);
    }
    return std::nullopt;
  }
  unsigned execute(unsigned queue, const Entry& entry) {
    submit(queue, entry);
    return wait_for(queue).value_or(NVME_STATUS_MASK);
  }
  /// Of a page of eight blocks.
  static Entry io(unsigned opcode, unsigned page, std::uint64_t lba = 0) {
    return World::io(opcode, 1, lba, 8, iova(page));
  }
  void move_while_in_flight(unsigned opcode, unsigned page);

  std::array<PageNumber, pages> frames_{};
  std::array<Queue, 2> queues_{
      {{.sq = admin_sq, .cq = admin_cq, .entries = 16}, {.sq = io_sq, .cq = io_cq, .entries = 64}}};
  unsigned tail_ = 0;  ///< of the IOMMU's command queue
  std::uint16_t next_id_ = 0;
  inline static std::unique_ptr<System> system_;
};

TEST_P(NvmeIommuTest, TransfersGoByIoVirtualAddresses) {
  fill(at(out), 0x5A);
  EXPECT_EQ(execute(1, io(NVME_IO_WRITE, out)), NVME_SUCCESS);
  EXPECT_EQ(execute(1, io(NVME_IO_READ, in)), NVME_SUCCESS);
  EXPECT_TRUE(holds(at(in), 0x5A));
  EXPECT_EQ(read(IOMMU_FQT, 4), read(IOMMU_FQH, 4)) << "nothing was refused";
}

TEST_P(NvmeIommuTest, APageThatIsNotMappedEndsTheCommandAndNotTheController) {
  EXPECT_EQ(execute(1, io(NVME_IO_READ, unmapped)), NVME_DATA_TRANSFER_ERROR);
  EXPECT_EQ(execute(1, io(NVME_IO_WRITE, unmapped)), NVME_DATA_TRANSFER_ERROR);
  // A translation request is answered that there are no rights, which is no fault.
  EXPECT_EQ(read(IOMMU_FQT, 4) == 0, ats());
  constexpr std::uint64_t store_page_fault = 15;
  EXPECT_EQ(s().storage.read64(faults).value_or(0) & IOMMU_FAULT_CAUSE_MASK,
            ats() ? 0 : store_page_fault);
  EXPECT_TRUE(holds(at(unmapped), 0));
  EXPECT_EQ(execute(1, io(NVME_IO_READ, in)), NVME_SUCCESS);
}

TEST_P(NvmeIommuTest, AReadOnlyPageIsReadAndNotWritten) {
  fill(at(read_only), 0x33);
  EXPECT_EQ(execute(1, io(NVME_IO_WRITE, read_only)), NVME_SUCCESS);
  EXPECT_EQ(execute(1, io(NVME_IO_READ, read_only, 8)), NVME_DATA_TRANSFER_ERROR);
  EXPECT_TRUE(holds(at(read_only), 0x33));
}

TEST_P(NvmeIommuTest, AQueueWhosePageIsTakenAwayStopsTheController) {
  map(io_cq, frames_[io_cq], 0);
  invalidate(io_cq);
  submit(1, io(NVME_IO_READ, in));
  run(100'000);
  EXPECT_EQ(csts() & NVME_CSTS_CFS, std::uint64_t{NVME_CSTS_CFS});
  EXPECT_FALSE(take(1));
}

/// Commands that use `page` are submitted; after more and more time it moves to another frame. Once
/// the fence has ended, nothing reads or writes the old one.
void NvmeIommuTest::move_while_in_flight(unsigned opcode, unsigned page) {
  constexpr unsigned commands_of_a_round = 4;
  constexpr unsigned poison = 0xA5;
  PageNumber other = first_frame + 80;
  unsigned overtaken = 0;
  for (unsigned moment = 0; moment < 40 && !HasFatalFailure(); ++moment) {
    SCOPED_TRACE(moment);
    fill(at(out), 0x11);
    ASSERT_EQ(execute(1, io(NVME_IO_WRITE, out)), NVME_SUCCESS);
    const std::byte* const old = at(page);
    fill(at(page), 0x22);
    fill(frame(other), 0x22);
    for (unsigned i = 0; i < commands_of_a_round; ++i) submit(1, io(opcode, page));
    run(400 * moment);
    std::swap(frames_[page], other);
    map(page, frames_[page]);
    invalidate(page);
    fill(frame(other), poison);
    unsigned done = 0;
    while (take(1)) ++done;
    overtaken += done < commands_of_a_round ? 1 : 0;
    for (; done < commands_of_a_round; ++done) ASSERT_EQ(wait_for(1), NVME_SUCCESS);
    EXPECT_TRUE(holds(old, poison)) << "the old frame was written after the fence";
    ASSERT_EQ(execute(1, io(NVME_IO_READ, in)), NVME_SUCCESS);
    const unsigned expected = opcode == NVME_IO_READ ? 0x11 : 0x22;
    EXPECT_TRUE(holds(at(in), expected)) << "the old frame was read after the fence";
  }
  EXPECT_GT(overtaken, 5U) << "commands are in flight at the fence";
  EXPECT_LT(overtaken, 40U) << "and at some moments none is any more";
}

TEST_P(NvmeIommuTest, AfterTheFenceNoReadWritesTheOldFrame) {
  move_while_in_flight(NVME_IO_READ, in);
}

TEST_P(NvmeIommuTest, AfterTheFenceNoWriteReadsTheOldFrame) {
  move_while_in_flight(NVME_IO_WRITE, out);
}

INSTANTIATE_TEST_SUITE_P(Translations, NvmeIommuTest, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "ats" : "untranslated"; });

}  // namespace
}  // namespace kilburn::nvme
