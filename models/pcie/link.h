// What a function reaches beyond itself: memory, by requester, and the interrupt pins of its slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "common/typed_address.h"
#include "common/types.h"
#include "dma/requester.h"

namespace kilburn::pcie {

/// Bus, device and function, as a requester gives it: device << 3 | function on bus 0.
struct RoutingId {
  std::uint16_t value = 0;
  [[nodiscard]] static constexpr RoutingId of(unsigned device, unsigned function) {
    return {static_cast<std::uint16_t>(device << 3 | function)};
  }
  [[nodiscard]] constexpr unsigned device() const { return value >> 3 & 0x1f; }
  [[nodiscard]] constexpr unsigned function() const { return value & 7; }
  friend constexpr bool operator==(const RoutingId&, const RoutingId&) = default;
  friend constexpr bool operator<(const RoutingId& a, const RoutingId& b) {
    return a.value < b.value;
  }
};

using dma::Pasid;

/// What the address of a request is.
enum class AddressType : std::uint8_t {
  untranslated,         ///< I/O virtual, or physical where nothing translates
  translated,           ///< by an earlier translation request
  translation_request,  ///< asks for the translation, moves nothing
};

/// One request of a function to memory.
struct Request {
  RoutingId requester{};
  std::optional<Pasid> pasid{};
  AddressType type = AddressType::untranslated;
  IoVirtualAddress address{};
  bool write = false;
  std::span<std::byte> data{};  ///< to be written, or read into
};

/// How a request ended. Source: PCI Express Base Specification 5.0, table 2-34.
enum class Status : std::uint8_t {
  success,
  unsupported,      ///< not allowed: no bus master, no such address, denied by the IOMMU
  completer_abort,  ///< memory, or the RMU, refused
};

/// Answer to a translation request. Source: the same, chapter 10.2.3.
struct AtsTranslation {
  PhysicalAddress address{};
  std::uint64_t bytes = 0;  ///< naturally aligned range that it covers
  bool readable = false;
  bool writable = false;
  bool executable = false;
  bool global = false;
  bool untranslated_only = false;  ///< U: this range is accessed by untranslated requests
};

struct Completion {
  Status status = Status::success;
  Cycles latency = 0;  ///< from request to completion, waiting included
  AtsTranslation translation{};
  [[nodiscard]] bool ok() const { return status == Status::success; }
};

class Link {
 public:
  virtual ~Link() = default;
  virtual Completion request(const Request& request, Cycles now) = 0;
  /// `pin` is 1 (INTA) to 4.
  virtual void set_intx(unsigned pin, bool level) = 0;
};

}  // namespace kilburn::pcie
