#include "nvme/error_log.h"

#include <algorithm>

#include "kilburn/nvme.h"

namespace kilburn::nvme {

namespace {

// Offsets in an entry.
constexpr std::size_t at_count = 0;
constexpr std::size_t at_queue = 8;
constexpr std::size_t at_command = 10;
constexpr std::size_t at_status = 12;
constexpr std::size_t at_location = 14;
constexpr std::size_t at_lba = 16;
constexpr std::size_t at_nsid = 24;
constexpr unsigned no_location = 0xFFFF;

}  // namespace

Structure ErrorLog::page() const {
  Structure page(entries_.size() * NVME_ERROR_BYTES);
  const std::uint64_t held = std::min<std::uint64_t>(count_, entries_.size());
  for (std::uint64_t i = 0; i < held; ++i) {
    const ErrorEntry& entry = entries_[(count_ - 1 - i) % entries_.size()];
    const std::size_t at = i * NVME_ERROR_BYTES;
    page.put64(at + at_count, entry.count);
    page.put16(at + at_queue, entry.queue);
    page.put16(at + at_command, entry.command);
    page.put16(at + at_status, entry.status);
    page.put16(at + at_location, no_location);
    page.put64(at + at_lba, entry.lba);
    page.put32(at + at_nsid, entry.nsid);
  }
  return page;
}

}  // namespace kilburn::nvme
