// What Kilburn's transactions carry beside TLM-2.0's generic payload. All of it is ignorable but
// AtomicExtension, whose `handled` tells the initiator that the target knew it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tlm>

#include "common/types.h"

namespace kilburn {

/// Makes an 8-byte write a compare-and-exchange: the target performs it only where memory holds
/// `expected`, puts what memory held before into `previous`, and sets `handled`. The initiator
/// knows that it was performed where `handled` is set and `previous == expected`.
struct AtomicExtension final : tlm::tlm_extension<AtomicExtension> {
  std::uint64_t expected = 0;
  std::uint64_t previous = 0;
  bool handled = false;

  [[nodiscard]] tlm::tlm_extension_base* clone() const override {
    return new AtomicExtension(*this);  // TLM owns what clone returns
  }
  void copy_from(const tlm::tlm_extension_base& other) override {
    *this = static_cast<const AtomicExtension&>(other);
  }
};

/// Who makes the transaction. Targets that act by who asks refuse one without it.
struct RequesterExtension final : tlm::tlm_extension<RequesterExtension> {
  Context context{};
  Privilege privilege = Privilege::supervisor;

  [[nodiscard]] tlm::tlm_extension_base* clone() const override {
    return new RequesterExtension(*this);  // TLM owns what clone returns
  }
  void copy_from(const tlm::tlm_extension_base& other) override {
    *this = static_cast<const RequesterExtension&>(other);
  }
};

/// What a memory does with a payload whose bytes lie at `host`: reads or writes them, byte enables
/// and AtomicExtension obeyed, or moves none for TLM_IGNORE_COMMAND. Sets the response: a burst
/// error for a streaming width below the length, and for a compare-and-exchange of other than 8
/// bytes.
inline void perform(tlm::tlm_generic_payload& payload, std::byte* host) {
  unsigned char* const data = payload.get_data_ptr();
  const unsigned length = payload.get_data_length();
  auto* const atomic = payload.get_extension<AtomicExtension>();
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) return;
  if (payload.get_streaming_width() < length || (atomic != nullptr && length != 8)) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  if (atomic != nullptr && payload.is_write()) {
    std::memcpy(&atomic->previous, host, length);
    atomic->handled = true;
    if (atomic->previous != atomic->expected) return;
  }
  const unsigned char* const enable = payload.get_byte_enable_ptr();
  if (enable == nullptr) {
    if (payload.is_read()) {
      std::memcpy(data, host, length);
    } else {
      std::memcpy(host, data, length);
    }
    return;
  }
  for (unsigned i = 0; i < length; ++i) {
    if (enable[i % payload.get_byte_enable_length()] != TLM_BYTE_ENABLED) continue;
    if (payload.is_read()) {
      data[i] = std::to_integer<unsigned char>(host[i]);
    } else {
      host[i] = std::byte{data[i]};
    }
  }
}

}  // namespace kilburn
