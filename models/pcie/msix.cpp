#include "pcie/msix.h"

#include <cassert>
#include <utility>

namespace kilburn::pcie {

Msix::Msix(unsigned vectors, Send send) : entries_(vectors), send_(std::move(send)) {
  assert(vectors <= PCIE_MSIX_MOST_VECTORS && "as the capability can say");
}

void Msix::control(bool enabled, bool masked) {
  enabled_ = enabled;
  masked_ = masked;
  for (Entry& entry : entries_) send_pending(entry);
}

void Msix::raise(unsigned vector) {
  if (!enabled_ || vector >= entries_.size()) return;
  entries_[vector].pending = true;
  send_pending(entries_[vector]);
}

void Msix::send_pending(Entry& entry) {
  if (!enabled_ || masked_ || entry.masked() || !entry.pending) return;
  entry.pending = false;
  send_({entry.address, entry.data});
}

std::uint64_t Msix::read_table(std::uint64_t offset, unsigned length) const {
  std::uint64_t value = 0;
  for (unsigned word = 0; word < length / 4; ++word) {
    const std::uint64_t at = offset + std::uint64_t{4} * word;
    if (at / PCIE_MSIX_ENTRY_BYTES >= entries_.size()) break;
    const Entry& entry = entries_[at / PCIE_MSIX_ENTRY_BYTES];
    const std::uint32_t words[] = {static_cast<std::uint32_t>(entry.address),
                                   static_cast<std::uint32_t>(entry.address >> 32), entry.data,
                                   entry.control};
    value |= std::uint64_t{words[at % PCIE_MSIX_ENTRY_BYTES / 4]} << 32 * word;
  }
  return value;
}

void Msix::write_table(std::uint64_t offset, unsigned length, std::uint64_t value) {
  for (unsigned word = 0; word < length / 4; ++word) {
    write_word(offset + std::uint64_t{4} * word, static_cast<std::uint32_t>(value >> 32 * word));
  }
}

void Msix::write_word(std::uint64_t offset, std::uint32_t value) {
  if (offset / PCIE_MSIX_ENTRY_BYTES >= entries_.size()) return;
  Entry& entry = entries_[offset / PCIE_MSIX_ENTRY_BYTES];
  switch (offset % PCIE_MSIX_ENTRY_BYTES) {
    case PCIE_MSIX_ENTRY_ADDRESS:
      entry.address = (entry.address & ~std::uint64_t{UINT32_MAX}) | (value & ~3u);
      break;
    case PCIE_MSIX_ENTRY_ADDRESS + 4:
      entry.address = (entry.address & UINT32_MAX) | std::uint64_t{value} << 32;
      break;
    case PCIE_MSIX_ENTRY_DATA:
      entry.data = value;
      break;
    default:
      entry.control = value & PCIE_MSIX_ENTRY_MASKED;
      send_pending(entry);
      break;
  }
}

std::uint64_t Msix::read_pending(std::uint64_t offset, unsigned length) const {
  std::uint64_t value = 0;
  for (unsigned bit = 0; bit < 8 * length; ++bit) {
    const std::uint64_t vector = 8 * offset + bit;
    if (vector < entries_.size() && entries_[vector].pending) value |= std::uint64_t{1} << bit;
  }
  return value;
}

void Msix::reset() {
  for (Entry& entry : entries_) entry = {};
  enabled_ = false;
  masked_ = false;
}

}  // namespace kilburn::pcie
