#include "platform/ssd/driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/error.h"
#include "kilburn/board.h"
#include "kilburn/pcie.h"

namespace kilburn::ssd {

namespace {

constexpr std::uint32_t admin_entries = 64;
const sc_core::sc_time between_looks(10, sc_core::SC_US);
const sc_core::sc_time patience(60, sc_core::SC_SEC);

std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}
std::uint32_t high(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}

Command command_with_data(std::uint32_t opcode, IoVirtualAddress data) {
  Command command{};
  command[NVME_DW_OPCODE] = opcode;
  command[NVME_DW_PRP1] = low(data.value());
  command[NVME_DW_PRP1 + 1] = high(data.value());
  return command;
}

}  // namespace

Driver::Driver(HostBus& bus, HostMemory& memory, MessageTarget& messages, Place place)
    : bus_(bus),
      memory_(memory),
      messages_(messages),
      place_(place),
      admin_(memory, 0, admin_entries),
      page_(memory.allocate(page_bytes)) {}

Address Driver::config(unsigned offset) const {
  return BOARD_ECAM + (Address{place_.function.device()} << PCIE_ECAM_DEVICE_SHIFT) +
         (Address{place_.function.function()} << PCIE_ECAM_FUNCTION_SHIFT) + offset;
}

unsigned Driver::capability(unsigned id) {
  auto offset = static_cast<unsigned>(bus_.load(config(PCIE_CAPABILITIES), 1));
  while (offset != 0 && bus_.load(config(offset), 1) != id) {
    offset = static_cast<unsigned>(bus_.load(config(offset + 1), 1));
  }
  return offset;
}

unsigned Driver::extended_capability(unsigned id) {
  constexpr unsigned first = 0x100;
  for (unsigned offset = first; offset != 0;) {
    const std::uint64_t header = bus_.load(config(offset), 4);
    if ((header & 0xFFFF) == id) return offset;
    offset = static_cast<unsigned>(header >> 20);
  }
  return 0;
}

void Driver::set_up_function(bool ats) {
  bus_.store(config(PCIE_BAR0), low(place_.registers), 4);
  bus_.store(config(PCIE_BAR0 + 4), high(place_.registers), 4);
  bus_.store(config(PCIE_COMMAND),
             PCIE_COMMAND_MEMORY | PCIE_COMMAND_MASTER | PCIE_COMMAND_INTX_OFF, 2);
  const unsigned msix = capability(PCIE_CAPABILITY_MSIX);
  const std::uint64_t vectors =
      (bus_.load(config(msix + PCIE_MSIX_CONTROL), 2) & PCIE_MSIX_SIZE_MASK) + 1;
  for (std::uint64_t vector = 0; vector < vectors; ++vector) {
    const Address entry = place_.registers + NVME_MSIX_TABLE + vector * PCIE_MSIX_ENTRY_BYTES;
    bus_.store(entry + PCIE_MSIX_ENTRY_ADDRESS, low(place_.messages), 4);
    bus_.store(entry + PCIE_MSIX_ENTRY_ADDRESS + 4, high(place_.messages), 4);
    bus_.store(entry + PCIE_MSIX_ENTRY_DATA, vector, 4);
    bus_.store(entry + PCIE_MSIX_ENTRY_CONTROL, 0, 4);
  }
  bus_.store(config(msix + PCIE_MSIX_CONTROL), PCIE_MSIX_ENABLE, 2);
  const unsigned capability_of_ats = ats ? extended_capability(PCIE_EXTENDED_ATS) : 0;
  if (capability_of_ats != 0) {
    bus_.store(config(capability_of_ats + PCIE_ATS_CONTROL), PCIE_ATS_ENABLE, 2);
  }
}

void Driver::wait_for(std::uint32_t mask, std::uint32_t value) {
  const sc_core::sc_time end = sc_core::sc_time_stamp() + patience;
  while (sc_core::sc_time_stamp() < end) {
    const std::uint64_t status = bus_.load(place_.registers + NVME_CSTS, 4);
    if ((status & mask) == value) return;
    if ((status & NVME_CSTS_CFS) != 0) {
      throw std::logic_error("the drive's controller has met a fatal error (CSTS.CFS)");
    }
    sc_core::wait(between_looks);
  }
  throw std::logic_error("the drive's controller does not become ready");
}

void Driver::enable() {
  const Address registers = place_.registers;
  bus_.store(registers + NVME_AQA, (admin_entries - 1) << 16 | (admin_entries - 1), 4);
  bus_.store(registers + NVME_ASQ, admin_.submissions().value(), 8);
  bus_.store(registers + NVME_ACQ, admin_.completions().value(), 8);
  bus_.store(registers + NVME_CC,
             NVME_CQES << NVME_CC_IOCQES_SHIFT | NVME_SQES << NVME_CC_IOSQES_SHIFT | NVME_CC_EN, 4);
  wait_for(NVME_CSTS_RDY, NVME_CSTS_RDY);
}

void Driver::start(bool ats) {
  set_up_function(ats);
  enable();
  identify(NVME_CNS_CONTROLLER, 0);
  facts_.capacity_bytes = word(NVME_ID_TNVMCAP, 8);
  const std::uint64_t transfer = word(NVME_ID_MDTS, 1);
  facts_.transfer_bytes = transfer == 0 ? std::uint64_t{1} << 21 : page_bytes << transfer;
  Command queues{};
  queues[NVME_DW_OPCODE] = NVME_ADMIN_SET_FEATURES;
  queues[10] = NVME_FEATURE_QUEUES;
  queues[11] = 63U << 16 | 63U;
  (void)require(queues, "asking for queues");
}

void Driver::stop() {
  const std::uint64_t control = bus_.load(place_.registers + NVME_CC, 4);
  bus_.store(place_.registers + NVME_CC,
             control | std::uint64_t{NVME_SHN_NORMAL} << NVME_CC_SHN_SHIFT, 4);
  wait_for(NVME_CSTS_SHST_MASK << NVME_CSTS_SHST_SHIFT, NVME_SHST_COMPLETE << NVME_CSTS_SHST_SHIFT);
}

void Driver::submit(const Command& command, Done done) {
  Command numbered = command;
  numbered[NVME_DW_OPCODE] |= std::uint32_t{next_id_} << NVME_CID_SHIFT;
  waiting_.emplace_back(next_id_++, std::move(done));
  admin_.put(numbered);
  ring_submissions(admin_);
}

void Driver::look() {
  CommandEnd end;
  bool any = false;
  while (admin_.take(end)) {
    any = true;
    const auto waiting = std::ranges::find(waiting_, end.id, [](const auto& w) { return w.first; });
    if (waiting == waiting_.end()) throw std::logic_error("an admin command ended twice");
    const Done done = std::move(waiting->second);
    waiting_.erase(waiting);
    done(end);
  }
  if (any) ring_completions(admin_);
}

CommandEnd Driver::carry_out(const Command& command) {
  CommandEnd result;
  bool ended = false;
  submit(command, [&](const CommandEnd& end) {
    result = end;
    ended = true;
  });
  const sc_core::sc_time until = sc_core::sc_time_stamp() + patience;
  for (;;) {
    look();
    if (ended) return result;
    if (sc_core::sc_time_stamp() >= until) {
      throw std::logic_error("the drive's controller does not answer an admin command");
    }
    sc_core::wait(until - sc_core::sc_time_stamp(), messages_.event());
  }
}

CommandEnd Driver::require(const Command& command, const std::string& what) {
  const CommandEnd end = carry_out(command);
  if (end.status == NVME_SUCCESS) return end;
  std::string why = fmt::format("status {}/{:02x}", end.status >> 8, end.status & 0xFF);
  if (end.status == NVME_INSUFFICIENT_CAPACITY) why = "the drive has no room for it";
  if (end.status == NVME_INVALID_QUEUE_ID) why = "more queues than the controller has";
  if (end.status == NVME_INVALID_QUEUE_SIZE) why = "more entries than the controller's queues have";
  throw InputError(fmt::format("{}: {}", what, why));
}

void Driver::identify(std::uint32_t structure, std::uint32_t name_space) {
  Command command = command_with_data(NVME_ADMIN_IDENTIFY, page_);
  command[NVME_DW_NSID] = name_space;
  command[10] = structure;
  (void)require(command, "identify");
}

std::uint64_t Driver::word(unsigned offset, unsigned length) const {
  std::uint64_t value = 0;
  std::memcpy(&value, memory_.at(page_) + offset, length);
  return value;
}

NamespaceFacts Driver::name_space(std::uint32_t id) {
  identify(NVME_CNS_NAMESPACE, id);
  const std::uint64_t format = word(NVME_NS_FLBAS, 1) & 0xF;
  const std::uint64_t shift = word(static_cast<unsigned>(NVME_NS_LBAF0 + 4 * format + 2), 1);
  const std::uint64_t block_sectors = shift > 9 ? std::uint64_t{1} << (shift - 9) : 1;
  return {
      .id = id, .sectors = word(NVME_NS_NSZE, 8) * block_sectors, .block_sectors = block_sectors};
}

std::vector<NamespaceFacts> Driver::namespaces() {
  identify(NVME_CNS_ACTIVE_LIST, 0);
  std::vector<std::uint32_t> ids;
  for (unsigned i = 0; i < NVME_LIST_ENTRIES; ++i) {
    const auto id = static_cast<std::uint32_t>(word(4 * i, 4));
    if (id == 0) break;
    ids.push_back(id);
  }
  std::vector<NamespaceFacts> all;
  all.reserve(ids.size());
  for (const std::uint32_t id : ids) all.push_back(name_space(id));
  return all;
}

std::uint32_t Driver::make_namespace(std::uint64_t sectors) {
  std::memset(memory_.at(page_), 0, page_bytes);
  std::memcpy(memory_.at(page_) + NVME_NS_NSZE, &sectors, sizeof sectors);
  std::memcpy(memory_.at(page_) + NVME_NS_NCAP, &sectors, sizeof sectors);
  const std::uint32_t id =
      require(command_with_data(NVME_ADMIN_NS_MANAGEMENT, page_), "making a namespace").result;
  std::memset(memory_.at(page_), 0, page_bytes);
  const std::uint16_t controllers[] = {1, 1};  // one, whose number is 1
  std::memcpy(memory_.at(page_), controllers, sizeof controllers);
  Command attach = command_with_data(NVME_ADMIN_NS_ATTACHMENT, page_);
  attach[NVME_DW_NSID] = id;
  (void)require(attach, "attaching a namespace");
  return id;
}

void Driver::create(const QueuePair& queue, unsigned vector) {
  const std::uint32_t size = (queue.entries() - 1) << 16 | queue.id();
  const std::string what = fmt::format("queue {} of {} entries", queue.id(), queue.entries());
  Command completions = command_with_data(NVME_ADMIN_CREATE_CQ, queue.completions());
  completions[10] = size;
  completions[11] = vector << 16 | 3;  // with interrupts, contiguous
  (void)require(completions, what);
  Command submissions = command_with_data(NVME_ADMIN_CREATE_SQ, queue.submissions());
  submissions[10] = size;
  submissions[11] = std::uint32_t{queue.id()} << 16 | 1;
  (void)require(submissions, what);
}

void Driver::resize(const NamespaceFacts& of, std::uint64_t sectors, Done done) {
  const std::uint64_t blocks = sectors / of.block_sectors;
  Command command{};
  command[NVME_DW_OPCODE] = NVME_ADMIN_RESIZE;
  command[NVME_DW_NSID] = of.id;
  command[10] = low(blocks);
  command[11] = high(blocks);
  submit(command, std::move(done));
}

}  // namespace kilburn::ssd
