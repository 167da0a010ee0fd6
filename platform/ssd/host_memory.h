// The host's memory as a drive sees it: pages at I/O virtual addresses, scattered over frames, and
// the tables by which an IOMMU translates them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/typed_address.h"
#include "memory/storage.h"

namespace kilburn::ssd {

/// Pages are handed out once, for the run's life. Errors: InputError naming memory.bytes where
/// there are none left.
class HostMemory {
 public:
  /// Of the storage's first `bytes`. `translated`: I/O virtual addresses are none of memory's, and
  /// frames lie in no order; else each is the frame's own address.
  HostMemory(memory::Storage& storage, std::uint64_t bytes, bool translated);

  /// Whole pages, zero, that follow each other for the device.
  IoVirtualAddress allocate(std::uint64_t bytes);
  /// The same, in one piece of memory, too.
  IoVirtualAddress allocate_contiguous(std::uint64_t bytes);
  /// The device reaches this page by its own address: where messages go.
  void map_as_it_is(Address page);

  /// `length` bytes there, which lie in one page, or in one piece.
  [[nodiscard]] std::byte* at(IoVirtualAddress address) const {
    return host_pages_[page_of(address) - first_page_] + offset_in_page(address);
  }
  /// Root of the device's Sv48 page table.
  [[nodiscard]] PageNumber root() const { return root_; }
  /// A page for a table of the IOMMU's, by its physical address.
  [[nodiscard]] Address table_page() { return take_frame() << page_shift; }
  [[nodiscard]] memory::Storage& storage() { return storage_; }

 private:
  IoVirtualAddress map(const std::vector<PageNumber>& frames);
  void map_page(PageNumber page, PageNumber frame);
  [[nodiscard]] std::vector<PageNumber> take_frames(std::uint64_t bytes);
  [[nodiscard]] PageNumber take_frame();

  memory::Storage& storage_;
  std::uint64_t bytes_;
  bool translated_;
  PageNumber next_frame_;
  PageNumber first_page_;
  PageNumber next_page_;
  PageNumber root_ = 0;
  std::vector<std::byte*> host_pages_;  ///< by page
  std::uint64_t random_ = 1;
};

}  // namespace kilburn::ssd
