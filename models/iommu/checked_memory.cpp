#include "iommu/checked_memory.h"

#include <algorithm>
#include <cassert>

namespace kilburn::iommu {

OwnershipReply CheckedMemory::check(Address address, Access access, Cycles now) {
  if (address - own_.base < own_.bytes) return {.allowed = false};
  if (ownership_ == nullptr) return {};
  return ownership_->check({.frame = address >> page_shift,
                            .mapped = address >> page_shift,
                            .access = access,
                            .realm = realm_,
                            .table = true},
                           now);
}

Words CheckedMemory::read(Address address, unsigned words, Cycles now) {
  const Address line = address & ~(line_bytes - 1);
  const auto first = static_cast<unsigned>((address - line) / 8);
  assert(first + words <= line_bytes / 8 && "tables are aligned to their entries");
  Words result;
  const OwnershipReply verdict = check(address, Access::load, now);
  result.latency = verdict.latency;
  if (!verdict.allowed) return result;
  const LineReply reply = memory_.read_line(line, now + result.latency);
  result.latency += reply.latency;
  result.ok = reply.ok;
  std::copy_n(reply.data.begin() + first, words, result.data.begin());
  return result;
}

Written CheckedMemory::write(Address address, std::span<const std::uint64_t> words, Cycles now) {
  const OwnershipReply verdict = check(address, Access::store, now);
  Written result{verdict.latency, verdict.allowed};
  for (std::size_t i = 0; i < words.size() && result.ok; ++i) {
    const MemoryReply reply = memory_.write(address + 8 * i, words[i], now + result.latency);
    result.latency += reply.latency;
    result.ok = reply.ok;
  }
  return result;
}

Written CheckedMemory::write_word(Address address, std::uint32_t value, Cycles now) {
  const OwnershipReply verdict = check(address, Access::store, now);
  if (!verdict.allowed) return {verdict.latency, false};
  const MemoryReply reply = messages_.write_word(address, value, now + verdict.latency);
  return {verdict.latency + reply.latency, reply.ok};
}

CheckedMemory::Set CheckedMemory::set_bits(Address address, std::uint64_t bits, Cycles now) {
  const OwnershipReply verdict = check(address, Access::store, now);
  Set result{0, verdict.latency, verdict.allowed};
  if (!result.ok) return result;
  const MemoryReply found = memory_.read(address, now + result.latency);
  result.latency += found.latency;
  result.ok = found.ok;
  result.before = found.data;
  // Others may write between read and exchange: then it is tried again with what they wrote.
  while (result.ok && (result.before & bits) != bits) {
    const MemoryReply reply = memory_.compare_exchange(address, result.before, result.before | bits,
                                                       now + result.latency);
    result.latency += reply.latency;
    result.ok = reply.ok;
    if (!reply.ok || reply.data == result.before) break;
    result.before = reply.data;
  }
  return result;
}

}  // namespace kilburn::iommu
