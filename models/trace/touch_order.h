// The order in which a program touched its pages before a recording began. An operating system
// gives frames at first touches: without their order nobody can tell which frames lie together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/types.h"
#include "trace/page_set.h"
#include "trace/trace.h"

namespace kilburn::trace {

/// Follows records that are not kept. Neighbouring pages that are touched one after the other make
/// one run. What is unmapped, or mapped anew, comes again with its next touch. Not seen: pages that
/// only the system touches (a buffer of read(2) that the program never looks at).
/// Example: loads from pages 5, 6, 5, 9 and an unmap of page 5: {5, 2}, {9, 1}, {5, 1, unmapped}.
class TouchOrderBuilder {
 public:
  TouchOrderBuilder() = default;
  /// Goes on after `order`.
  explicit TouchOrderBuilder(const TouchOrder& order);

  void add(const Batch& batch);
  [[nodiscard]] const TouchOrder& order() const { return order_; }
  /// Pages that are mapped at the end.
  [[nodiscard]] const PageSet& pages() const { return pages_; }

 private:
  void touch(Kind kind, PageNumber page) {
    PageNumber& newest = kind == Kind::fetch ? newest_fetched_ : newest_data_;
    if (page == newest) return;
    newest = page;
    if (pages_.insert(page)) append(page);
  }
  void append(PageNumber page);
  void unmap(PageNumber first, PageNumber pages);

  TouchOrder order_;
  PageSet pages_;
  PageNumber newest_fetched_ = ~PageNumber{0};  // no page has this number
  PageNumber newest_data_ = ~PageNumber{0};
};

/// The order as bytes: of each run two varints. The first says where it begins, counted from the
/// end of the run before (zigzag); the second is its pages times two, plus one where they were
/// unmapped.
[[nodiscard]] std::vector<std::byte> encode(const TouchOrder& order);
/// Nothing where the bytes are none that `encode` makes.
[[nodiscard]] std::optional<TouchOrder> decode_touch_order(std::span<const std::byte> bytes);

}  // namespace kilburn::trace
