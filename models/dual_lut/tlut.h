// Look-up table of translated addresses: small, dense, indexed by id.
#pragma once

#include <cstdint>
#include <vector>

#include "dual_lut/lookup_tables.h"

namespace kilburn::dual_lut {

/// TLUT[id] = {valid, pending, translated page, rights}, and what its control circuit counts.
class Tlut {
 public:
  struct Entry {
    PageNumber page = 0;
    bool valid = false;
    bool pending = false;
    bool sent = false;       ///< pending: the request is on its way
    bool overtaken = false;  ///< pending: the answer will be too old
    bool readable = false;
    bool writable = false;
    bool asked_to_write = false;  ///< what the request wanted
    bool named = false;           ///< the ULUT leads here
    std::uint32_t uses = 0;       ///< in flight
    std::uint64_t drain = 0;      ///< of the invalidation that waits for their end; 0: none
  };
  explicit Tlut(std::uint32_t entries) : entries_(entries) {}

  void begin_request(Id id, bool write) {
    entries_[id] = {.pending = true, .asked_to_write = write, .named = true};
  }
  void fill(Id id, const Answer& answer) {
    Entry& entry = entries_[id];
    entry.page = answer.page;
    entry.valid = true;
    entry.pending = false;
    entry.readable = answer.readable;
    entry.writable = answer.writable;
  }
  [[nodiscard]] Entry& operator[](Id id) { return entries_[id]; }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace kilburn::dual_lut
