#include "pcie/config_space.h"

#include <bit>
#include <cassert>
#include <cstring>

namespace kilburn::pcie {

ConfigSpace::ConfigSpace(const Identity& identity) {
  set(PCIE_VENDOR, 2, identity.vendor);
  set(PCIE_DEVICE, 2, identity.device);
  set(PCIE_REVISION, 1, identity.revision);
  set(PCIE_CLASS, 1, identity.class_code & 0xff);
  set(PCIE_CLASS + 1, 2, identity.class_code >> 8);
  set(PCIE_SUBSYSTEM_VENDOR, 2, identity.subsystem_vendor);
  set(PCIE_SUBSYSTEM, 2, identity.subsystem);
  allow(PCIE_COMMAND, 2,
        PCIE_COMMAND_IO | PCIE_COMMAND_MEMORY | PCIE_COMMAND_MASTER | PCIE_COMMAND_PARITY |
            PCIE_COMMAND_SERR | PCIE_COMMAND_INTX_OFF);
  allow(PCIE_STATUS, 2, 0, PCIE_STATUS_WRITE_ONE_TO_CLEAR);
  allow(PCIE_CACHE_LINE, 1, 0xff);
  allow(PCIE_INTERRUPT_LINE, 1, 0xff);
}

std::uint32_t ConfigSpace::read(unsigned offset, unsigned length) const {
  // Functions look at their registers with every access to memory.
  static_assert(std::endian::native == std::endian::little);
  std::uint32_t value = 0;
  if (offset + 4 <= bytes_.size()) {
    std::memcpy(&value, bytes_.data() + offset, 4);
    return length >= 4 ? value : value & ((std::uint32_t{1} << 8 * length) - 1);
  }
  for (unsigned i = 0; i < length && offset + i < bytes_.size(); ++i) {
    value |= std::uint32_t{bytes_[offset + i]} << 8 * i;
  }
  return value;
}

void ConfigSpace::write(unsigned offset, unsigned length, std::uint32_t value) {
  for (unsigned i = 0; i < length && offset + i < bytes_.size(); ++i) {
    const auto given = static_cast<std::uint8_t>(value >> 8 * i);
    std::uint8_t& byte = bytes_[offset + i];
    const std::uint8_t writable = writable_[offset + i];
    byte = static_cast<std::uint8_t>((byte & ~writable) | (given & writable));
    byte = static_cast<std::uint8_t>(byte & ~(given & clearable_[offset + i]));
  }
}

void ConfigSpace::set(unsigned offset, unsigned length, std::uint32_t value) {
  for (unsigned i = 0; i < length; ++i) {
    bytes_.at(offset + i) = static_cast<std::uint8_t>(value >> 8 * i);
  }
}

void ConfigSpace::fix(unsigned offset, unsigned length, std::uint32_t value) {
  set(offset, length, value);
  for (unsigned i = 0; i < length; ++i) initial_.at(offset + i) = bytes_.at(offset + i);
}

void ConfigSpace::allow(unsigned offset, unsigned length, std::uint32_t writable,
                        std::uint32_t write_one_to_clear) {
  for (unsigned i = 0; i < length; ++i) {
    writable_.at(offset + i) = static_cast<std::uint8_t>(writable >> 8 * i);
    clearable_.at(offset + i) = static_cast<std::uint8_t>(write_one_to_clear >> 8 * i);
  }
}

unsigned ConfigSpace::add_capability(std::uint8_t id, unsigned bytes) {
  const unsigned at = next_capability_;
  next_capability_ += (bytes + 3) & ~3u;
  assert(next_capability_ <= 0x100 && "capabilities fit behind the header");
  set(at, 1, id);
  set(last_capability_ == 0 ? PCIE_CAPABILITIES : last_capability_ + 1, 1, at);
  set(PCIE_STATUS, 2, get(PCIE_STATUS, 2) | PCIE_STATUS_CAPABILITIES);
  last_capability_ = at;
  return at;
}

unsigned ConfigSpace::add_extended_capability(std::uint16_t id, std::uint8_t version,
                                              unsigned bytes) {
  const unsigned at = next_extended_;
  next_extended_ += (bytes + 3) & ~3u;
  assert(next_extended_ <= PCIE_CONFIG_BYTES && "extended capabilities fit");
  set(at, 4, id | std::uint32_t{version} << 16);
  if (last_extended_ != 0) set(last_extended_, 4, get(last_extended_, 4) | at << 20);
  last_extended_ = at;
  return at;
}

void ConfigSpace::reset() {
  bytes_ = initial_;
}

}  // namespace kilburn::pcie
