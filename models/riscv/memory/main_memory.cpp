#include "riscv/memory/main_memory.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace kilburn::riscv {

MainMemory::MainMemory(std::vector<Region> regions, unsigned harts, Address fetch_line_bytes)
    : regions_(std::move(regions)),
      reservations_(harts),
      presence_(harts),
      blocks_(fetch_line_bytes) {
  for (const Region& region : regions_) {
    assert(region.base % page_bytes == 0 && region.host.size() % page_bytes == 0 &&
           "pages are marked");
    marks_.emplace_back(region.host.size() / page_bytes, std::uint8_t{0});
  }
}

std::uint8_t* MainMemory::mark_of(PageNumber page) {
  const Region* region = find(page << page_shift, page_bytes);
  if (region == nullptr) return nullptr;
  return &marks_[static_cast<std::size_t>(region - regions_.data())]
                [page - (region->base >> page_shift)];
}

bool MainMemory::marked(Address address) const {
  const Region* region = find(address, 1);
  return region != nullptr && marks(*region)[(address - region->base) >> page_shift] != 0;
}

void MainMemory::written(Address address, std::uint64_t bytes, unsigned writer) {
  if (bytes == 0) return;
  const PageNumber last = (address + bytes - 1) >> page_shift;
  for (PageNumber page = address >> page_shift; page <= last; ++page) {
    std::uint8_t* marks = mark_of(page);
    if (marks == nullptr || *marks == 0) continue;
    const Address begin = std::max(address, page << page_shift);
    const Address end = std::min(address + bytes, (page + 1) << page_shift);
    if ((*marks & mark::code) != 0) {
      bool executed = false;
      for (Presence& presence : presence_) {
        if (presence.page != page) continue;
        presence.leave = true;
        executed = true;
      }
      if (!blocks_.written(begin, end - begin) && !executed) {
        *marks &= static_cast<std::uint8_t>(~mark::code);
      }
    }
    if ((*marks & mark::reserved) != 0) {
      reservations_.written(begin, end - begin, writer);
      if (!reservations_.any_in(page)) *marks &= static_cast<std::uint8_t>(~mark::reserved);
    }
    if ((*marks & mark::watched) != 0 && begin < watched_ + watched_bytes_ && end > watched_) {
      watcher_(writer);
    }
  }
}

void MainMemory::watch(Address address, std::uint64_t bytes, Watcher watcher) {
  assert(bytes != 0 && address >> page_shift == (address + bytes - 1) >> page_shift &&
         "one page is marked");
  watched_ = address;
  watched_bytes_ = bytes;
  watcher_ = std::move(watcher);
  set_mark(address >> page_shift, mark::watched);
}

void MainMemory::reserve(unsigned hart, Address address) {
  release(hart);
  reservations_.reserve(hart, address);
  set_mark(address >> page_shift, mark::reserved);
}

void MainMemory::release(unsigned hart) {
  if (!reservations_.live(hart)) return;
  const PageNumber page = reservations_.page(hart);
  reservations_.release(hart);
  if (reservations_.any_in(page)) return;
  if (std::uint8_t* marks = mark_of(page)) *marks &= static_cast<std::uint8_t>(~mark::reserved);
}

boost::intrusive_ptr<CodePage> MainMemory::code(PageNumber page) {
  const Region* region = find(page << page_shift, page_bytes);
  assert(region != nullptr && "blocks are of main memory");
  return blocks_.page(page, region->host.data() + ((page << page_shift) - region->base));
}

}  // namespace kilburn::riscv
