#include "trace_os/guest_memory.h"

#include <cstring>

namespace kilburn::trace_os {

std::byte* GuestMemory::bytes(PageNumber frame) {
  const Address address = frame << page_shift;
  auto mapped = space_.translate(address);
  if (!mapped) {
    (void)space_.touch(address, Access::store);
    mapped = space_.translate(address);
  }
  return mapped ? storage_->host(mapped->pfn << page_shift, page_bytes) : nullptr;
}

Cycles GuestMemory::observe(const FrameEvent& event) {
  Cycles latency = 0;
  for (PageNumber frame = event.pfn; frame < event.pfn + event.frames; ++frame) {
    switch (event.use) {
      case FrameEvent::Use::table:
        tables_.insert(frame);
        break;
      case FrameEvent::Use::data:
        break;
      case FrameEvent::Use::released:  // the guest's own affair
        tables_.erase(frame);
        continue;
    }
    latency += space_.touch(frame << page_shift, Access::store).latency;
  }
  return latency;
}

std::optional<Change> GuestMemory::unmap_one() {
  const auto page = space_.pick_page();
  if (!page || tables_.contains(*page)) return std::nullopt;
  return space_.unmap(*page, 1);
}

std::optional<Change> GuestMemory::move_one() {
  const auto page = space_.pick_page();
  if (!page) return std::nullopt;
  const auto before = space_.translate(*page << page_shift);
  const Change change = space_.remap(*page);
  const auto after = space_.translate(*page << page_shift);
  if (before && after) {
    std::memcpy(storage_->host(after->pfn << page_shift, page_bytes),
                storage_->host(before->pfn << page_shift, page_bytes), page_bytes);
  }
  return change;
}

}  // namespace kilburn::trace_os
