// Address translation services between a device that keeps translations and whoever translates.
// Source: PCI Express Base Specification 5.0, chapter 10.
#pragma once

#include <cstdint>
#include <optional>

#include "common/typed_address.h"
#include "common/types.h"
#include "dma/requester.h"

namespace kilburn::dma {

/// Answer to a translation request.
struct AtsReply {
  enum class Status : std::uint8_t {
    success,      ///< with no rights at all where nothing is mapped
    unsupported,  ///< the device may not ask
    abort,        ///< tables are set up wrongly, or memory refused them
  };
  Status status = Status::success;
  Cycles latency = 0;
  PhysicalAddress address{};         ///< guest-physical where the device context says so (T2GPA)
  std::uint64_t bytes = page_bytes;  ///< naturally aligned range that it covers
  bool readable = false;
  bool writable = false;
  bool executable = false;
  bool global = false;
  bool untranslated_only = false;  ///< U: the range is accessed by untranslated requests
};

/// A message of a device: pages that it wants to be there.
struct PageRequest {
  std::uint32_t device = 0;
  std::optional<Pasid> process{};
  /// Page number in bits 63 to 12, group index in 11 to 3, then last, write and read.
  std::uint64_t payload = 0;
};

/// Whom a device asks.
class TranslationAgent {
 public:
  virtual ~TranslationAgent() = default;
  /// `no_write`: the device does not ask to write. May let other processes run.
  virtual AtsReply translation_request(const Requester& requester, IoVirtualAddress address,
                                       bool no_write, Cycles now) = 0;
  virtual void page_request(const PageRequest& request, Cycles now) = 0;
};

/// Of a page-request group.
enum class PageResponse : std::uint8_t { success = 0, invalid_request = 1, failure = 15 };

/// Messages to devices.
class AtsPort {
 public:
  struct Invalidation {
    std::uint32_t device = 0;
    std::optional<std::uint32_t> pasid{};
    std::uint64_t payload = 0;  ///< address and size, as the message has them
  };
  struct GroupResponse {
    std::uint32_t device = 0;
    std::optional<std::uint32_t> pasid{};
    /// Destination in bits 63 to 48, response code in 47 to 44, group index in 40 to 32.
    std::uint64_t payload = 0;
  };
  virtual ~AtsPort() = default;
  /// Cycles until the device has completed it; nothing: it does not answer.
  virtual std::optional<Cycles> invalidate(const Invalidation& invalidation, Cycles now) = 0;
  virtual void respond(const GroupResponse& response, Cycles now) = 0;
};

}  // namespace kilburn::dma
