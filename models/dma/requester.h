// Who makes a device's access to memory, as whoever translates for devices tells them apart.
#pragma once

#include <cstdint>
#include <optional>

namespace kilburn::dma {

/// Process address space of a request: 20 bits, and what its prefix says of privilege.
/// Source: PCI Express Base Specification 5.0, chapter 6.20.
struct Pasid {
  std::uint32_t number = 0;
  bool privileged = false;
  bool execute = false;
  friend bool operator==(const Pasid&, const Pasid&) = default;
};

/// What the address of a request is.
enum class AddressType : std::uint8_t {
  untranslated,  ///< I/O virtual, or physical where nothing translates
  translated,    ///< by an earlier answer of a translation service
};

struct Requester {
  std::uint32_t device = 0;  ///< a PCI function's routing id; 0 of a device that is the only one
  std::optional<Pasid> process{};
  AddressType type = AddressType::untranslated;
};

}  // namespace kilburn::dma
