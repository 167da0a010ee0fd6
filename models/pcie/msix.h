// MSI-X: a function's table of messages, and the bits of those that wait behind a mask.
// Source: PCI Express Base Specification 5.0, chapter 6.1.4 and 7.7.2.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/types.h"
#include "kilburn/pcie.h"

namespace kilburn::pcie {

struct Message {
  Address address = 0;
  std::uint32_t data = 0;
};

/// Modelled: table and pending-bit array as software reads and writes them, mask of an entry and of
/// the function; a message that is raised behind a mask pends and is sent when that goes. Raised
/// twice behind a mask it is sent once. No time.
class Msix {
 public:
  using Send = std::function<void(const Message& message)>;
  Msix(unsigned vectors, Send send);

  [[nodiscard]] unsigned vectors() const { return static_cast<unsigned>(entries_.size()); }
  [[nodiscard]] std::uint64_t table_bytes() const {
    return std::uint64_t{PCIE_MSIX_ENTRY_BYTES} * entries_.size();
  }
  [[nodiscard]] std::uint64_t pending_bytes() const { return (entries_.size() + 63) / 64 * 8; }

  /// Message control of the capability, whenever software has written it.
  void control(bool enabled, bool masked);
  [[nodiscard]] bool enabled() const { return enabled_; }
  /// Sends message `vector`, or lets it pend. Vectors that there are not, and a function whose
  /// MSI-X is off, send nothing.
  void raise(unsigned vector);

  /// By 4 or 8 bytes, naturally aligned.
  [[nodiscard]] std::uint64_t read_table(std::uint64_t offset, unsigned length) const;
  void write_table(std::uint64_t offset, unsigned length, std::uint64_t value);
  [[nodiscard]] std::uint64_t read_pending(std::uint64_t offset, unsigned length) const;
  void reset();

 private:
  struct Entry {
    std::uint64_t address = 0;
    std::uint32_t data = 0;
    std::uint32_t control = PCIE_MSIX_ENTRY_MASKED;
    bool pending = false;
    [[nodiscard]] bool masked() const { return (control & PCIE_MSIX_ENTRY_MASKED) != 0; }
  };
  void write_word(std::uint64_t offset, std::uint32_t value);
  void send_pending(Entry& entry);

  std::vector<Entry> entries_;
  Send send_;
  bool enabled_ = false;
  bool masked_ = false;
};

}  // namespace kilburn::pcie
