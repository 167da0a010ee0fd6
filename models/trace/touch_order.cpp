#include "trace/touch_order.h"

#include "trace/bytes.h"

namespace kilburn::trace {
namespace {

/// Beyond any address: a run must end before.
constexpr PageNumber end_of_pages = PageNumber{1} << (64 - page_shift);
/// More first touches, 1 TiB, than any recording makes: a damaged order must not keep its reader
/// busy for ever.
constexpr PageNumber most_touches = PageNumber{1} << 28;

}  // namespace

TouchOrderBuilder::TouchOrderBuilder(const TouchOrder& order) : order_(order) {
  for (const PageChange& change : order) {
    if (change.unmapped) {
      pages_.erase(change.first, change.pages);
      continue;
    }
    for (PageNumber i = 0; i < change.pages; ++i) pages_.insert(change.first + i);
  }
}

void TouchOrderBuilder::add(const Batch& batch) {
  for (const Record& record : batch.records) {
    if (record.kind == Kind::event) {
      const Event& event = batch.events[record.event];
      if (const auto* map = std::get_if<Map>(&event)) unmap(map->va >> page_shift, map->pages);
      if (const auto* out = std::get_if<Unmap>(&event)) unmap(out->va >> page_shift, out->pages);
      continue;
    }
    const PageNumber first = record.address >> page_shift;
    const PageNumber last = (record.address + record.size - 1) >> page_shift;
    touch(record.kind, first);
    if (last != first) touch(record.kind, last);
  }
}

void TouchOrderBuilder::append(PageNumber page) {
  if (!order_.empty()) {
    PageChange& last = order_.back();
    if (!last.unmapped && last.first + last.pages == page) {
      ++last.pages;
      return;
    }
  }
  order_.push_back({.first = page, .pages = 1});
}

void TouchOrderBuilder::unmap(PageNumber first, PageNumber pages) {
  newest_fetched_ = newest_data_ = ~PageNumber{0};
  if (pages_.erase(first, pages) == 0) return;
  order_.push_back({.first = first, .pages = pages, .unmapped = true});
}

std::vector<std::byte> encode(const TouchOrder& order) {
  std::vector<std::byte> bytes;
  PageNumber end = 0;
  for (const PageChange& change : order) {
    put_varint(bytes, zigzag(change.first - end));
    put_varint(bytes, change.pages << 1 | (change.unmapped ? 1U : 0U));
    end = change.first + change.pages;
  }
  return bytes;
}

std::optional<TouchOrder> decode_touch_order(std::span<const std::byte> bytes) {
  TouchOrder order;
  ByteReader reader(bytes);
  PageNumber end = 0;
  PageNumber touches = 0;
  while (!reader.empty()) {
    const auto distance = reader.varint();
    const auto length = reader.varint();
    if (!distance || !length) return std::nullopt;
    const PageChange change{
        .first = end + unzigzag(*distance), .pages = *length >> 1, .unmapped = (*length & 1) != 0};
    if (change.pages == 0 || change.first >= end_of_pages ||
        change.pages > end_of_pages - change.first) {
      return std::nullopt;
    }
    if (!change.unmapped && (touches += change.pages) > most_touches) return std::nullopt;
    end = change.first + change.pages;
    order.push_back(change);
  }
  return order;
}

}  // namespace kilburn::trace
