#include "iommu/interrupts.h"

#include <cassert>

namespace kilburn::iommu {

namespace {

constexpr unsigned vector_field_bits = 4;
constexpr std::uint64_t vector_mask = (1u << IOMMU_VECTORS_BITS) - 1;
constexpr unsigned sources = 4;
constexpr std::uint64_t address_bits = 0x00FF'FFFF'FFFF'FFFC;  // 55 to 2

}  // namespace

void InterruptStatistics::visit(StatisticVisitor& v) const {
  v.counter("raised", raised, "interrupts", "interrupts that became pending");
  v.counter("messages", messages, "messages", "interrupt messages sent");
  v.counter("message_faults", message_faults, "messages", "those of them that were refused");
}

Interrupts::Interrupts(std::vector<InterruptLine> lines, CheckedMemory& memory, Refused refused)
    : lines_(std::move(lines)), memory_(memory), refused_(std::move(refused)) {
  assert(lines_.size() == IOMMU_VECTORS && "a wire for each vector");
}

unsigned Interrupts::vector_of(unsigned source) const {
  return static_cast<unsigned>(vectors_ >> source * vector_field_bits & vector_mask);
}

void Interrupts::set_wired(bool wired) {
  wired_ = wired;
  drive_lines();
}

void Interrupts::drive_lines() {
  for (unsigned vector = 0; vector < lines_.size(); ++vector) {
    bool level = false;
    for (unsigned source = 0; source < sources; ++source) {
      level = level || ((pending_ >> source & 1) != 0 && vector_of(source) == vector);
    }
    lines_[vector].set(wired_ && level);
  }
}

void Interrupts::raise(InterruptSource source, Cycles now) {
  const auto bit = static_cast<unsigned>(source);
  if ((pending_ >> bit & 1) != 0) return;
  ++statistics_.raised;
  pending_ |= 1u << bit;
  if (wired_) {
    drive_lines();
  } else {
    send(vector_of(bit), now);
  }
}

void Interrupts::clear(std::uint32_t bits) {
  pending_ &= ~bits;
  drive_lines();
}

void Interrupts::set_vectors(std::uint64_t value) {
  vectors_ = 0;
  for (unsigned source = 0; source < sources; ++source) {
    vectors_ |= value & vector_mask << source * vector_field_bits;
  }
  drive_lines();
}

void Interrupts::send(unsigned vector, Cycles now) {
  Message& message = messages_[vector];
  message.pending = message.masked;
  if (message.masked) return;
  ++statistics_.messages;
  if (memory_.write_word(message.address, message.data, now).ok) return;
  ++statistics_.message_faults;
  refused_(message.address, now);
}

std::uint32_t Interrupts::read_table(unsigned offset) const {
  const unsigned vector = offset / IOMMU_MSI_ENTRY_BYTES;
  if (vector >= messages_.size()) return 0;
  const Message& message = messages_[vector];
  switch (offset % IOMMU_MSI_ENTRY_BYTES) {
    case IOMMU_MSI_ADDRESS:
      return static_cast<std::uint32_t>(message.address);
    case IOMMU_MSI_ADDRESS + 4:
      return static_cast<std::uint32_t>(message.address >> 32);
    case IOMMU_MSI_DATA:
      return message.data;
    default:
      return message.masked ? IOMMU_MSI_MASKED : 0;
  }
}

void Interrupts::write_table(unsigned offset, std::uint32_t value, Cycles now) {
  const unsigned vector = offset / IOMMU_MSI_ENTRY_BYTES;
  if (vector >= messages_.size()) return;
  Message& message = messages_[vector];
  const std::uint64_t wide = value;
  switch (offset % IOMMU_MSI_ENTRY_BYTES) {
    case IOMMU_MSI_ADDRESS:
      message.address = ((message.address >> 32 << 32) | wide) & address_bits;
      break;
    case IOMMU_MSI_ADDRESS + 4:
      message.address = ((message.address & UINT32_MAX) | wide << 32) & address_bits;
      break;
    case IOMMU_MSI_DATA:
      message.data = value;
      break;
    default:
      message.masked = (value & IOMMU_MSI_MASKED) != 0;
      if (!message.masked && message.pending) send(vector, now);
      break;
  }
}

}  // namespace kilburn::iommu
