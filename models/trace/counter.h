// Counts what passes through a writer or a reader.
#pragma once

#include <array>

#include "trace/page_set.h"
#include "trace/trace.h"

namespace kilburn::trace {

class Counter {
 public:
  void add(std::span<const Record> records) {
    for (const Record& record : records) add(record);
    counts_ = {.records = counts_.records + records.size(),
               .fetches = of_kind_[0],
               .loads = of_kind_[1],
               .stores = of_kind_[2],
               .events = of_kind_[3],
               .pages = pages_.size()};
  }
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  void add(const Record& record) {
    ++of_kind_[static_cast<unsigned>(record.kind)];
    if (record.kind == Kind::event) return;
    const PageNumber first = record.address >> page_shift;
    const PageNumber last = (record.address + record.size - 1) >> page_shift;
    touch(record.kind, first);
    if (last != first) touch(record.kind, last);
  }
  /// Most accesses stay on the page of the one before: they skip the set.
  void touch(Kind kind, PageNumber page) {
    PageNumber& newest = kind == Kind::fetch ? newest_fetched_ : newest_data_;
    if (page == newest) return;
    newest = page;
    pages_.insert(page);
  }

  Counts counts_;
  std::array<std::uint64_t, 4> of_kind_{};
  PageSet pages_;
  PageNumber newest_fetched_ = ~PageNumber{0};  // no page has this number
  PageNumber newest_data_ = ~PageNumber{0};
};

}  // namespace kilburn::trace
