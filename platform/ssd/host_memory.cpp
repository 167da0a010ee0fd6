#include "platform/ssd/host_memory.h"

#include <fmt/format.h>

#include <utility>

#include "common/error.h"
#include "common/page_table.h"
#include "common/random.h"

namespace kilburn::ssd {

namespace {

/// Far from memory: what is not translated does not reach it by chance.
constexpr PageNumber first_io_page = PageNumber{1} << (40 - page_shift);
constexpr std::uint64_t all_rights =
    pte::valid | pte::read | pte::write | pte::user | pte::accessed | pte::dirty;

}  // namespace

HostMemory::HostMemory(memory::Storage& storage, std::uint64_t bytes, bool translated)
    : storage_(storage),
      bytes_(bytes),
      translated_(translated),
      next_frame_(storage.base() >> page_shift),
      first_page_(translated ? first_io_page : next_frame_),
      next_page_(first_page_) {
  if (translated_) root_ = take_frame();
}

PageNumber HostMemory::take_frame() {
  const PageNumber frame = next_frame_++;
  if ((next_frame_ << page_shift) - storage_.base() > bytes_) {
    throw InputError(fmt::format(
        "memory.bytes = {}: too little for the host's queues and buffers: allowed is more memory, "
        "or fewer or smaller requests in flight",
        bytes_));
  }
  return frame;
}

std::vector<PageNumber> HostMemory::take_frames(std::uint64_t bytes) {
  std::vector<PageNumber> frames((bytes + page_bytes - 1) / page_bytes);
  for (PageNumber& frame : frames) frame = take_frame();
  return frames;
}

IoVirtualAddress HostMemory::allocate(std::uint64_t bytes) {
  std::vector<PageNumber> frames = take_frames(bytes);
  if (translated_) {
    for (std::size_t i = frames.size(); i > 1; --i) {
      std::swap(frames[i - 1], frames[next_random(random_) % i]);
    }
  }
  return map(frames);
}

IoVirtualAddress HostMemory::allocate_contiguous(std::uint64_t bytes) {
  return map(take_frames(bytes));
}

IoVirtualAddress HostMemory::map(const std::vector<PageNumber>& frames) {
  // Frames went to tables meanwhile: addresses of their own stay theirs.
  if (!translated_) {
    next_page_ = frames.front();
    host_pages_.resize(next_page_ - first_page_);
  }
  const IoVirtualAddress first(next_page_ << page_shift);
  for (const PageNumber frame : frames) {
    if (translated_) map_page(next_page_, frame);
    host_pages_.push_back(storage_.host(frame << page_shift, page_bytes));
    ++next_page_;
  }
  return first;
}

void HostMemory::map_page(PageNumber page, PageNumber frame) {
  PageNumber table = root_;
  for (unsigned level = levels(PagingMode::sv48) - 1; level > 0; --level) {
    const Address entry = (table << page_shift) + 8 * (page >> level_order(level) & 511);
    std::uint64_t value = storage_.read64(entry).value_or(0);
    if ((value & pte::valid) == 0) {
      value = pte::make(take_frame(), pte::valid);
      (void)storage_.write64(entry, value);
    }
    table = pte::pfn(value);
  }
  (void)storage_.write64((table << page_shift) + 8 * (page & 511), pte::make(frame, all_rights));
}

void HostMemory::map_as_it_is(Address page) {
  if (translated_) map_page(page >> page_shift, page >> page_shift);
}

}  // namespace kilburn::ssd
