// The order of first touches: made, kept in a file, and damaged.
#include <gtest/gtest.h>

#include "trace/touch_order.h"
#include "trace/trace_support.h"

namespace kilburn::trace {
namespace {

Record load(PageNumber page) {
  return {.address = page << page_shift, .kind = Kind::load, .size = 8};
}

TEST(TouchOrder, NeighboursTouchedInTurnMakeOneRun) {
  const std::vector<Record> records{load(5), load(6), load(5), load(9), load(7), load(8)};
  TouchOrderBuilder order;
  order.add({.records = records});
  EXPECT_EQ(order.order(), (TouchOrder{{5, 2}, {9, 1}, {7, 2}}));
  EXPECT_EQ(order.pages().size(), 5u);
}

TEST(TouchOrder, AnAccessIntoTwoPagesTouchesBoth) {
  const std::vector<Record> records{
      {.address = (Address{3} << page_shift) - 4, .kind = Kind::store, .size = 8}};
  TouchOrderBuilder order;
  order.add({.records = records});
  EXPECT_EQ(order.order(), (TouchOrder{{2, 2}}));
}

TEST(TouchOrder, WhatIsUnmappedOrMappedAnewComesAgainWithItsNextTouch) {
  const std::vector<Event> events{Unmap{Address{6} << page_shift, 3},
                                  Map{Address{5} << page_shift, 1},
                                  Unmap{Address{100} << page_shift, 50}};
  const auto event = [](std::uint32_t number) {
    return Record{.event = number, .kind = Kind::event, .size = 0};
  };
  const std::vector<Record> records{load(5), load(6),  load(7), event(0), load(7),
                                    load(5), event(1), load(5), event(2)};
  TouchOrderBuilder order;
  order.add({.records = records, .events = events});
  EXPECT_EQ(order.order(), (TouchOrder{{5, 3}, {6, 3, true}, {7, 1}, {5, 1, true}, {5, 1}}))
      << "nothing was touched in what the last event unmapped";
  EXPECT_EQ(order.pages().size(), 2u);
}

TEST(TouchOrder, BytesAreReadBackAndNonsenseIsNot) {
  const TouchOrder order{{5, 2}, {9, 1}, {PageNumber{1} << 50, 3}, {5, 1, true}, {1, 1}};
  EXPECT_EQ(decode_touch_order(encode(order)), order);
  const auto bytes = [](std::initializer_list<int> values) {
    std::vector<std::byte> result;
    for (const int value : values) result.push_back(static_cast<std::byte>(value));
    return result;
  };
  EXPECT_EQ(decode_touch_order(bytes({})), TouchOrder{});
  EXPECT_FALSE(decode_touch_order(bytes({2}))) << "no length";
  EXPECT_FALSE(decode_touch_order(bytes({2, 0}))) << "a run of no pages";
  EXPECT_FALSE(decode_touch_order(bytes({1, 2}))) << "below page 0";
  EXPECT_FALSE(decode_touch_order(bytes({2, 0x80, 0x80, 0x80, 0x80, 0x08}))) << "1 TiB of touches";
}

TEST(TouchOrder, PagesTakenOutOfASetAreNoLongerInIt) {
  PageSet set;
  for (PageNumber page = 0; page < 1000; page += 3) set.insert(page);
  EXPECT_EQ(set.erase(300, 100), 34u);  // 300, 303, ... 399
  EXPECT_FALSE(set.contains(300));
  EXPECT_FALSE(set.contains(399));
  EXPECT_TRUE(set.contains(297));
  EXPECT_TRUE(set.contains(402));
  EXPECT_EQ(set.erase(0, PageNumber{1} << 52), 334u - 34u) << "more regions than there are";
  EXPECT_EQ(set.size(), 0u);
}

TEST(TouchOrder, ATraceKeepsItAndItsRecords) {
  const test::TemporaryFolder folder;
  const auto path = folder / "order.ktrace";
  const TouchOrder order{{0x400, 12}, {0x7fff0, 3}, {0x400, 2, true}};
  const std::vector<Record> records{load(1), load(2), load(3)};
  const auto writer = create_trace(path, Format::kilburn, {.touch_order = true});
  writer->append({.records = records});
  writer->set_touch_order(order);
  writer->finish();
  const auto reader = open_trace(path);
  EXPECT_EQ(reader->description().touch_order, order);
  const Batch batch = reader->next();
  EXPECT_EQ(std::vector<Record>(batch.records.begin(), batch.records.end()), records);
}

}  // namespace
}  // namespace kilburn::trace
