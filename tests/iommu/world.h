// An IOMMU in front of a translation service, memory, and an ownership check that says what the
// test tells it to; tables, queues and contexts as software makes them.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/invalidation.h"
#include "iommu/iommu.h"
#include "kilburn/iommu.h"
#include "mmu/service_fixture.h"
#include "page_table_walker/table_builder.h"
#include "page_table_walker/test_memory.h"

namespace kilburn::iommu::test {

using kilburn::test::FramePool;
using kilburn::test::rwx;
using kilburn::test::TableBuilder;
using kilburn::test::TestMemory;
using kilburn::test::urwx;

inline constexpr PageNumber memory_frames = 4096;
inline constexpr PageNumber ddt_root = 16;
inline constexpr PageNumber command_frame = 17;
inline constexpr PageNumber fault_frame = 18;
inline constexpr PageNumber page_request_frame = 19;
inline constexpr PageNumber first_table = 64;
inline constexpr PageNumber first_data = 2048;
inline constexpr Address own_registers = 0x1'0000'0000;
inline constexpr std::uint16_t first_vmid = 0x4001;

/// Messages and words written: kept in memory where there is some, else only remembered.
class Messages final : public MessagePort {
 public:
  explicit Messages(TestMemory& memory) : memory_(memory) {}
  struct Sent {
    Address address;
    std::uint32_t value;
    friend bool operator==(const Sent&, const Sent&) = default;
  };
  std::vector<Sent> sent;
  Address refuses = UINT64_MAX;

  MemoryReply write_word(Address address, std::uint32_t value, Cycles) override {
    if (address == refuses) return {.ok = false};
    sent.push_back({address, value});
    const Address whole = address & ~Address{7};
    if (whole / 8 < memory_.words().size()) {
      const unsigned shift = address % 8 * 8;
      const std::uint64_t kept = memory_.get(whole) & ~(std::uint64_t{UINT32_MAX} << shift);
      memory_.set(whole, kept | std::uint64_t{value} << shift);
    }
    return {};
  }

 private:
  TestMemory& memory_;
};

class Lines final : public InterruptSink {
 public:
  std::map<unsigned, bool> levels;
  void set(unsigned line, bool level) override { levels[line] = level; }
};

/// The words of a device context, as software writes them.
struct DeviceWords {
  std::uint64_t tc = IOMMU_ENTRY_VALID;
  std::uint64_t iohgatp = 0;
  std::uint64_t ta = 0;
  std::uint64_t fsc = 0;
  std::uint64_t msiptp = 0;
  std::uint64_t msi_mask = 0;
  std::uint64_t msi_pattern = 0;
  std::uint64_t reserved = 0;
};

inline std::uint64_t mode_bits(PagingMode mode) {
  if (mode == PagingMode::bare) return 0;
  return std::uint64_t{static_cast<unsigned>(mode) + 5u} << IOMMU_ATP_MODE_SHIFT;
}
inline std::uint64_t fsc_of(PagingMode mode, PageNumber root) {
  return mode_bits(mode) | root;
}
inline std::uint64_t iohgatp_of(PagingMode mode, PageNumber root, std::uint16_t gscid) {
  return mode_bits(mode) | std::uint64_t{gscid} << IOMMU_ATP_GSCID_SHIFT | root;
}
inline std::uint64_t pscid_in(std::uint32_t pscid) {
  return std::uint64_t{pscid} << IOMMU_TA_PSCID_SHIFT;
}
inline std::uint64_t pdtp_of(std::uint64_t mode, PageNumber root) {
  return mode << IOMMU_ATP_MODE_SHIFT | root;
}
inline std::uint64_t table_entry(PageNumber frame) {
  return IOMMU_ENTRY_VALID | frame << IOMMU_PPN_SHIFT;
}

struct FaultRecord {
  Cause cause{};
  TransactionType type{};
  std::uint32_t device = 0;
  std::optional<std::uint32_t> process{};
  bool privileged = false;
  std::uint64_t iotval = 0;
  std::uint64_t iotval2 = 0;
};

class World {
 public:
  explicit World(const IommuConfig& config = {}, const WalkerAbilities& walker = {})
      : config_(config), walker_(walker) {
    build();
  }
  /// As after a reset, with nothing held anywhere.
  void build() {
    if (service) bus.remove(*service);
    if (iommu) bus.remove(*iommu);
    service = std::make_unique<mmu::TranslationService>(mmu::ServiceConfig{}, memory, &ownership);
    std::vector<InterruptLine> wires;
    for (unsigned i = 0; i < IOMMU_VECTORS; ++i) wires.emplace_back(lines, i);
    iommu = std::make_unique<Iommu>(config_, IommuSurroundings{.service = *service,
                                                               .invalidator = invalidator,
                                                               .memory = memory,
                                                               .messages = messages,
                                                               .ownership = &ownership,
                                                               .lines = wires,
                                                               .registers = {own_registers, 4096},
                                                               .first_vmid = first_vmid,
                                                               .vmids = 1000,
                                                               .walker = walker_,
                                                               .invalidation_cycles = 1});
    bus.add(*service);
    bus.add(*iommu);
  }

  // Registers.
  void set(unsigned offset, std::uint64_t value, unsigned length = 8) {
    iommu->write(offset, length, value, now);
  }
  void set32(unsigned offset, std::uint32_t value) { set(offset, value, 4); }
  [[nodiscard]] std::uint64_t get(unsigned offset) const { return iommu->read(offset, 8); }
  [[nodiscard]] std::uint32_t get32(unsigned offset) const {
    return static_cast<std::uint32_t>(iommu->read(offset, 4));
  }
  void set_mode(std::uint64_t mode, PageNumber root = ddt_root) {
    set(IOMMU_DDTP, IOMMU_DDTP_OFF);
    set(IOMMU_DDTP, mode | root << IOMMU_PPN_SHIFT);
  }
  /// Queues of 2^bits entries.
  void enable_faults(unsigned bits = 4, PageNumber frame = fault_frame) {
    set(IOMMU_FQB, frame << IOMMU_PPN_SHIFT | (bits - 1));
    set32(IOMMU_FQCSR, IOMMU_QUEUE_ENABLE | IOMMU_QUEUE_INTERRUPT);
  }
  void enable_commands(unsigned bits = 4, PageNumber frame = command_frame) {
    set(IOMMU_CQB, frame << IOMMU_PPN_SHIFT | (bits - 1));
    set32(IOMMU_CQCSR, IOMMU_QUEUE_ENABLE | IOMMU_QUEUE_INTERRUPT);
    command_mask_ = (1u << bits) - 1;
  }
  void enable_page_requests(unsigned bits = 4, PageNumber frame = page_request_frame) {
    set(IOMMU_PQB, frame << IOMMU_PPN_SHIFT | (bits - 1));
    set32(IOMMU_PQCSR, IOMMU_QUEUE_ENABLE | IOMMU_QUEUE_INTERRUPT);
  }
  void work() {
    while (iommu->has_work()) {
      now += iommu->start_work(now);
      iommu->finish_work(now);
    }
  }
  /// Puts a command behind the others, and lets all be carried out.
  void command(std::uint64_t low, std::uint64_t high = 0) {
    const std::uint32_t tail = get32(IOMMU_CQT);
    const Address at = command_frame * page_bytes + Address{IOMMU_COMMAND_BYTES} * tail;
    memory.set(at, low);
    memory.set(at + 8, high);
    set32(IOMMU_CQT, (tail + 1) & command_mask_);
    work();
  }
  void invalidate_directories() {
    command(IOMMU_OPCODE_IODIR | IOMMU_IODIR_INVAL_DDT << IOMMU_FUNCTION_SHIFT);
  }
  /// Of everything: IOTINVAL.VMA and GVMA without operands.
  void invalidate_tables() {
    command(IOMMU_OPCODE_IOTINVAL | IOMMU_IOTINVAL_VMA << IOMMU_FUNCTION_SHIFT);
    command(IOMMU_OPCODE_IOTINVAL | IOMMU_IOTINVAL_GVMA << IOMMU_FUNCTION_SHIFT);
  }

  // Tables.
  PageNumber take() {
    const PageNumber frame = frames.take();
    for (unsigned i = 0; i < 512; ++i) memory.set(frame * page_bytes + Address{8} * i, 0);
    return frame;
  }
  TableBuilder tree(PagingMode mode) {
    return {memory, mode, take(), false, [this] { return take(); }};
  }
  TableBuilder guest_tree(PagingMode mode) {
    const PageNumber root = frames.take_aligned(4);
    for (unsigned i = 0; i < 4 * 512; ++i) memory.set(root * page_bytes + Address{8} * i, 0);
    return {memory, mode, root, true, [this] { return take(); }};
  }
  /// Of the directory with one level.
  void set_device(std::uint32_t device, const DeviceWords& words, PageNumber table = ddt_root) {
    const bool extended = config_.msi_flat;
    const Address at = table * page_bytes + device * (extended ? Address{64} : Address{32});
    const std::uint64_t all[] = {words.tc,     words.iohgatp,  words.ta,          words.fsc,
                                 words.msiptp, words.msi_mask, words.msi_pattern, words.reserved};
    for (unsigned i = 0; i < (extended ? 8u : 4u); ++i) memory.set(at + Address{8} * i, all[i]);
  }

  // Devices.
  dma::DmaPage access(const dma::Requester& requester, Address at, Access how = Access::load) {
    return iommu->translate(requester, IoVirtualAddress(at), how, now);
  }
  dma::DmaPage access(std::uint32_t device, Address at, Access how = Access::load) {
    return access(dma::Requester{.device = device}, at, how);
  }

  /// Records in the fault queue, oldest first; they are taken out.
  std::vector<FaultRecord> faults(PageNumber frame = fault_frame) {
    std::vector<FaultRecord> result;
    const auto bits = static_cast<unsigned>(get(IOMMU_FQB) & IOMMU_QUEUE_SIZE_MASK) + 1;
    std::uint32_t head = get32(IOMMU_FQH);
    for (; head != get32(IOMMU_FQT); head = (head + 1) & ((1u << bits) - 1)) {
      const Address at = frame * page_bytes + Address{IOMMU_FAULT_BYTES} * head;
      const std::uint64_t word = memory.get(at);
      FaultRecord record{.cause = static_cast<Cause>(word & IOMMU_FAULT_CAUSE_MASK),
                         .type = static_cast<TransactionType>(word >> IOMMU_FAULT_TTYP_SHIFT &
                                                              IOMMU_FAULT_TTYP_MASK),
                         .device = static_cast<std::uint32_t>(word >> IOMMU_FAULT_DID_SHIFT),
                         .privileged = (word & IOMMU_FAULT_PRIV) != 0,
                         .iotval = memory.get(at + IOMMU_FAULT_IOTVAL),
                         .iotval2 = memory.get(at + IOMMU_FAULT_IOTVAL2)};
      if ((word & IOMMU_FAULT_PV) != 0) {
        record.process = static_cast<std::uint32_t>(word >> IOMMU_FAULT_PID_SHIFT & 0xFFFFF);
      }
      result.push_back(record);
    }
    set32(IOMMU_FQH, head);
    return result;
  }
  [[nodiscard]] std::uint64_t counted(const std::string& name) const {
    return mmu::counters_of([this](StatisticVisitor& v) { iommu->visit(v); }).at("iommu." + name);
  }

  TestMemory memory{memory_frames};
  mmu::ScriptedOwnership ownership;
  Messages messages{memory};
  Lines lines;
  FramePool frames{first_table, first_data};
  InvalidationBus bus;
  ImmediateInvalidator invalidator{bus};
  std::unique_ptr<mmu::TranslationService> service;
  std::unique_ptr<Iommu> iommu;
  Cycles now = 0;

 private:
  IommuConfig config_;
  WalkerAbilities walker_;
  std::uint32_t command_mask_ = 15;
};

/// One device, number 3, whose first stage is Sv39, and page `page` of it mapped to `frame`.
class IommuTest : public testing::Test {
 protected:
  static constexpr std::uint32_t device = 3;
  static constexpr std::uint32_t pscid = 0x54321;
  static constexpr PageNumber page = 0x40200;
  static constexpr PageNumber frame = first_data + 5;
  static constexpr Address address = (page << page_shift) + 0x128;

  explicit IommuTest(const IommuConfig& config = {}) : w(config) {
    tree.map(page, frame, urwx);
    words.fsc = fsc_of(PagingMode::sv39, tree.root());
    words.ta = pscid_in(pscid);
    w.enable_faults();
    w.enable_commands();
    w.set_device(device, words);
    w.set_mode(IOMMU_DDTP_1LVL);
  }
  /// From now on the device has these words.
  void configure(const DeviceWords& next) {
    words = next;
    w.set_device(device, words);
    w.invalidate_directories();
  }
  /// The access is refused, and nothing but this is reported.
  void expect_fault(const dma::DmaPage& found, Cause cause, TransactionType type,
                    std::uint64_t iotval = address, std::uint64_t iotval2 = 0) {
    EXPECT_NE(found.fault, Fault::none);
    const auto faults = w.faults();
    ASSERT_EQ(faults.size(), 1u);
    EXPECT_EQ(static_cast<unsigned>(faults[0].cause), static_cast<unsigned>(cause));
    EXPECT_EQ(static_cast<unsigned>(faults[0].type), static_cast<unsigned>(type));
    EXPECT_EQ(faults[0].iotval, iotval);
    EXPECT_EQ(faults[0].iotval2, iotval2);
    EXPECT_EQ(faults[0].device, device);
  }

  World w;
  TableBuilder tree = w.tree(PagingMode::sv39);
  DeviceWords words;
};

}  // namespace kilburn::iommu::test
