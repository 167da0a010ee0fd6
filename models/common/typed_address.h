// Addresses that cannot be taken for one another: mixing two kinds does not compile.
#pragma once

#include <compare>
#include <cstdint>

#include "common/types.h"

namespace kilburn {

/// A number of one kind. It comes from a plain number, and becomes one, only where the code says
/// so; offsets are plain numbers.
template <class Kind>
class TypedNumber {
 public:
  constexpr TypedNumber() = default;
  constexpr explicit TypedNumber(std::uint64_t value) : value_(value) {}
  [[nodiscard]] constexpr std::uint64_t value() const { return value_; }

  friend constexpr auto operator<=>(const TypedNumber&, const TypedNumber&) = default;
  friend constexpr TypedNumber operator+(TypedNumber base, std::uint64_t offset) {
    return TypedNumber(base.value_ + offset);
  }
  friend constexpr std::uint64_t operator-(TypedNumber end, TypedNumber begin) {
    return end.value_ - begin.value_;
  }

 private:
  std::uint64_t value_ = 0;
};

/// Byte addresses.
using VirtualAddress = TypedNumber<struct VirtualAddressKind>;
using GuestPhysicalAddress = TypedNumber<struct GuestPhysicalAddressKind>;
using PhysicalAddress = TypedNumber<struct PhysicalAddressKind>;
using IoVirtualAddress = TypedNumber<struct IoVirtualAddressKind>;  ///< as a device says it
/// In blocks of a namespace.
using LogicalBlock = TypedNumber<struct LogicalBlockKind>;

template <class Kind>
[[nodiscard]] constexpr PageNumber page_of(TypedNumber<Kind> address) {
  return address.value() >> page_shift;
}
template <class Kind>
[[nodiscard]] constexpr std::uint64_t offset_in_page(TypedNumber<Kind> address) {
  return address.value() % page_bytes;
}

}  // namespace kilburn
