#include "pcie/function.h"

#include <bit>
#include <cassert>
#include <cstring>

namespace kilburn::pcie {

namespace {

[[maybe_unused]] constexpr std::uint64_t least_bar_bytes = 16;  // in assertions
// Express capabilities: version 2, root complex integrated endpoint (type 9).
constexpr std::uint32_t express_version_and_type = 0x92;
// Device capabilities: role-based error reporting; payloads of 256 bytes.
constexpr std::uint32_t device_capabilities = 0x8001;
constexpr std::uint32_t device_control_bits = 0x7fff;
// Relaxed ordering and no snoop allowed, read requests of 512 bytes.
constexpr std::uint32_t device_control_default = 0x2810;
constexpr std::uint32_t device_status_errors = 0x000f;

}  // namespace

void FunctionStatistics::visit(StatisticVisitor& v) const {
  v.counter("reads", reads, "requests", "reads of memory, translation requests among them");
  v.counter("writes", writes, "requests", "writes to memory, messages left out");
  v.counter("messages", messages, "messages", "MSI-X messages sent");
  v.counter("lost_messages", lost_messages, "messages",
            "messages that nobody took: not a bus master, or refused on the way");
  v.counter("refused", refused, "requests", "requests that did not succeed");
  v.counter("resets", resets, "resets", "function-level resets");
}

void Function::visit(StatisticVisitor& v) const {
  statistics_.visit(v);
}

Function::Function(const FunctionShape& shape, Link& link, RoutingId id)
    : shape_(shape),
      link_(link),
      id_(id),
      config_(shape.identity),
      msix_(shape.msix.vectors, [this](const Message& message) { send(message); }) {
  config_.set(PCIE_INTERRUPT_PIN, 1, shape.pin);
  add_bars();
  add_capabilities();
  config_.complete();
}

void Function::add_bars() {
  assert(shape_.bars.size() <= PCIE_BARS && "six registers");
  for (unsigned i = 0; i < shape_.bars.size(); ++i) {
    const Bar& bar = shape_.bars[i];
    if (bar.bytes == 0) continue;
    assert(std::has_single_bit(bar.bytes) && bar.bytes >= least_bar_bytes && "as BARs are sized");
    assert((bar.wide || bar.bytes <= std::uint64_t{1} << 31) && "what 32 bits can say");
    const unsigned offset = PCIE_BAR0 + 4 * i;
    const std::uint64_t writable = ~(bar.bytes - 1);
    config_.set(offset, 4,
                (bar.wide ? PCIE_BAR_64 : 0u) | (bar.prefetchable ? PCIE_BAR_PREFETCHABLE : 0u));
    config_.allow(offset, 4, static_cast<std::uint32_t>(writable));
    if (bar.wide) config_.allow(offset + 4, 4, static_cast<std::uint32_t>(writable >> 32));
  }
}

void Function::add_capabilities() {
  if (!shape_.express) return;
  power_ = config_.add_capability(PCIE_CAPABILITY_POWER, PCIE_POWER_BYTES);
  config_.set(power_ + PCIE_POWER_CAPABILITIES, 2, 3);  // version 3, D0 and D3hot
  config_.set(power_ + PCIE_POWER_CONTROL, 2, PCIE_POWER_NO_SOFT_RESET);
  config_.allow(power_ + PCIE_POWER_CONTROL, 2, PCIE_POWER_STATE_MASK);

  express_ = config_.add_capability(PCIE_CAPABILITY_EXPRESS, PCIE_EXPRESS_BYTES);
  config_.set(express_ + PCIE_EXPRESS_CAPABILITIES, 2, express_version_and_type);
  config_.set(express_ + PCIE_EXPRESS_DEVICE_CAPABILITIES, 4,
              device_capabilities | PCIE_EXPRESS_FLR_CAPABLE);
  config_.set(express_ + PCIE_EXPRESS_DEVICE_CONTROL, 2, device_control_default);
  config_.allow(express_ + PCIE_EXPRESS_DEVICE_CONTROL, 2, device_control_bits);
  config_.allow(express_ + PCIE_EXPRESS_DEVICE_STATUS, 2, 0, device_status_errors);

  if (shape_.msix.vectors != 0) {
    msix_at_ = config_.add_capability(PCIE_CAPABILITY_MSIX, PCIE_MSIX_BYTES);
    config_.set(msix_at_ + PCIE_MSIX_CONTROL, 2, shape_.msix.vectors - 1);
    config_.allow(msix_at_ + PCIE_MSIX_CONTROL, 2, PCIE_MSIX_ENABLE | PCIE_MSIX_MASK_ALL);
    config_.set(msix_at_ + PCIE_MSIX_TABLE, 4, shape_.msix.table | shape_.msix.bar);
    config_.set(msix_at_ + PCIE_MSIX_PENDING, 4, shape_.msix.pending | shape_.msix.bar);
  }
  if (shape_.ats) {
    ats_ = config_.add_extended_capability(PCIE_EXTENDED_ATS, 1, PCIE_ATS_BYTES);
    config_.set(ats_ + PCIE_ATS_CAPABILITY, 2, PCIE_ATS_PAGE_ALIGNED);
    config_.allow(ats_ + PCIE_ATS_CONTROL, 2, PCIE_ATS_ENABLE | 0x1f);  // and the smallest unit
  }
  if (shape_.pasid_bits != 0) {
    pasid_ = config_.add_extended_capability(PCIE_EXTENDED_PASID, 1, PCIE_PASID_BYTES);
    config_.set(pasid_ + PCIE_PASID_CAPABILITY, 2,
                PCIE_PASID_EXECUTE | PCIE_PASID_PRIVILEGED | shape_.pasid_bits << 8);
    config_.allow(pasid_ + PCIE_PASID_CONTROL, 2,
                  PCIE_PASID_ENABLE | PCIE_PASID_EXECUTE | PCIE_PASID_PRIVILEGED);
  }
}

void Function::config_write(unsigned offset, unsigned length, std::uint32_t value, Cycles now) {
  now_ = now;
  const unsigned state = power_state();
  config_.write(offset, length, value);
  // Power states 1 and 2 there are not: a write of one is discarded.
  if (power_state() == 1 || power_state() == 2) set_power_state(state);
  if (starts_reset(offset, length, value)) reset_all(now);
  if (msix_at_ != 0) {
    msix_.control(bit(msix_at_ + PCIE_MSIX_CONTROL, PCIE_MSIX_ENABLE),
                  bit(msix_at_ + PCIE_MSIX_CONTROL, PCIE_MSIX_MASK_ALL));
  }
  drive_pin();
}

unsigned Function::power_state() const {
  return power_ == 0 ? 0 : config_.get(power_ + PCIE_POWER_CONTROL, 2) & PCIE_POWER_STATE_MASK;
}

void Function::set_power_state(unsigned state) {
  const unsigned control = config_.get(power_ + PCIE_POWER_CONTROL, 2);
  config_.set(power_ + PCIE_POWER_CONTROL, 2, (control & ~unsigned{PCIE_POWER_STATE_MASK}) | state);
}

bool Function::starts_reset(unsigned offset, unsigned length, std::uint32_t value) const {
  if (express_ == 0) return false;
  const unsigned at = express_ + PCIE_EXPRESS_DEVICE_CONTROL + 1;  // the byte with the bit
  return offset <= at && at < offset + length &&
         (value >> 8 * (at - offset) & PCIE_EXPRESS_START_FLR >> 8) != 0;
}

void Function::reset_all(Cycles now) {
  ++statistics_.resets;
  config_.reset();
  msix_.reset();
  pin_level_ = false;
  reset(now);
}

std::optional<BarPlace> Function::decode(Address address, unsigned length) const {
  if (!bit(PCIE_COMMAND, PCIE_COMMAND_MEMORY) || power_state() != 0) return std::nullopt;
  for (unsigned i = 0; i < shape_.bars.size(); ++i) {
    const Bar& bar = shape_.bars[i];
    if (bar.bytes == 0) continue;
    const unsigned register_offset = PCIE_BAR0 + 4 * i;
    Address base = config_.read(register_offset, 4) & ~Address{0xf};
    if (bar.wide) base |= Address{config_.read(register_offset + 4, 4)} << 32;
    if (base != 0 && address - base < bar.bytes && bar.bytes - (address - base) >= length) {
      return BarPlace{i, address - base};
    }
  }
  return std::nullopt;
}

bool Function::in_msix(BarPlace place, unsigned length, std::uint32_t start,
                       std::uint64_t bytes) const {
  return shape_.msix.vectors != 0 && place.bar == shape_.msix.bar && place.offset >= start &&
         place.offset + length <= start + bytes;
}

std::uint64_t Function::read(BarPlace place, unsigned length, Cycles now) {
  now_ = now;
  if (in_msix(place, length, shape_.msix.table, msix_.table_bytes())) {
    return length < 4 ? 0 : msix_.read_table(place.offset - shape_.msix.table, length);
  }
  if (in_msix(place, length, shape_.msix.pending, msix_.pending_bytes())) {
    return msix_.read_pending(place.offset - shape_.msix.pending, length);
  }
  return bar_read(place, length, now);
}

void Function::write(BarPlace place, unsigned length, std::uint64_t value, Cycles now) {
  now_ = now;
  if (in_msix(place, length, shape_.msix.table, msix_.table_bytes())) {
    if (length >= 4) msix_.write_table(place.offset - shape_.msix.table, length, value);
    return;
  }
  if (in_msix(place, length, shape_.msix.pending, msix_.pending_bytes())) return;
  bar_write(place, length, value, now);
}

Completion Function::dma(Request request, Cycles now) {
  request.requester = id_;
  ++(request.write ? statistics_.writes : statistics_.reads);
  const bool uses_ats = request.type != AddressType::untranslated;
  const bool allowed =
      power_state() == 0 && bit(PCIE_COMMAND, PCIE_COMMAND_MASTER) &&
      (!uses_ats || (ats_ != 0 && bit(ats_ + PCIE_ATS_CONTROL, PCIE_ATS_ENABLE))) &&
      (!request.pasid || (pasid_ != 0 && bit(pasid_ + PCIE_PASID_CONTROL, PCIE_PASID_ENABLE) &&
                          request.pasid->number >> shape_.pasid_bits == 0));
  const Completion completion =
      allowed ? link_.request(request, now) : Completion{.status = Status::unsupported};
  if (!completion.ok()) {
    ++statistics_.refused;
    const std::uint32_t bit_of_status = completion.status == Status::unsupported
                                            ? PCIE_STATUS_RECEIVED_MASTER_ABORT
                                            : PCIE_STATUS_RECEIVED_TARGET_ABORT;
    config_.set(PCIE_STATUS, 2, config_.get(PCIE_STATUS, 2) | bit_of_status);
  }
  return completion;
}

void Function::raise(unsigned vector, Cycles now) {
  now_ = now;
  msix_.raise(vector);
}

void Function::send(const Message& message) {
  std::uint32_t data = message.data;
  std::byte bytes[sizeof data];
  std::memcpy(bytes, &data, sizeof data);
  const bool sent = power_state() == 0 && bit(PCIE_COMMAND, PCIE_COMMAND_MASTER) &&
                    link_
                        .request({.requester = id_,
                                  .address = IoVirtualAddress(message.address),
                                  .write = true,
                                  .data = bytes},
                                 now_)
                        .ok();
  ++(sent ? statistics_.messages : statistics_.lost_messages);
}

void Function::set_pin(bool level) {
  pin_level_ = level;
  drive_pin();
}

void Function::drive_pin() {
  const std::uint32_t status = config_.get(PCIE_STATUS, 2) & ~std::uint32_t{PCIE_STATUS_INTERRUPT};
  config_.set(PCIE_STATUS, 2, status | (pin_level_ ? PCIE_STATUS_INTERRUPT : 0u));
  // Asleep it sends nothing, and a pin is a message, too. Source: chapter 5.3.1.4.1 (D3hot).
  const bool level = pin_level_ && shape_.pin != 0 && power_state() == 0 && !msix_.enabled() &&
                     !bit(PCIE_COMMAND, PCIE_COMMAND_INTX_OFF);
  if (level == driven_) return;
  driven_ = level;
  link_.set_intx(shape_.pin, level);
}

}  // namespace kilburn::pcie
