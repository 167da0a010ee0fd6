// The numbers that files hold are part of the format: they stay when the code's enumerations
// change.
#include "trace/event_codec.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace kilburn::trace {
namespace {

std::vector<unsigned> bytes_of(const Event& event) {
  std::vector<std::byte> bytes;
  put_event(bytes, {.requester = 7, .event = event});
  std::vector<unsigned> numbers;
  for (const std::byte byte : bytes) numbers.push_back(std::to_integer<unsigned>(byte));
  return numbers;
}

TEST(EventCodec, EventsHaveTheirNumbersInFiles) {
  using Bytes = std::vector<unsigned>;
  EXPECT_EQ(bytes_of(ContextSwitch{{.asid = 1, .vmid = 2, .realm = 3}}), (Bytes{0, 7, 1, 2, 3}));
  EXPECT_EQ(bytes_of(Map{.va = 64, .pages = 2}), (Bytes{1, 7, 64, 2}));
  EXPECT_EQ(bytes_of(Unmap{.va = 64, .pages = 2}), (Bytes{2, 7, 64, 2}));
  EXPECT_EQ(bytes_of(OwnershipChange{.va = 64, .pages = 2, .realm = 5}), (Bytes{4, 7, 64, 2, 5}));
}

TEST(EventCodec, OperationsHaveTheirNumbersInFiles) {
  using enum Invalidation::Operation;
  const std::pair<Invalidation::Operation, unsigned> numbers[] = {
      {all, 0},   {by_vmid, 1},        {by_asid, 2},  {by_va_asid, 3},
      {by_va, 4}, {by_guest_frame, 5}, {by_realm, 6}, {by_frame, 7},
  };
  for (const auto& [operation, number] : numbers) {
    const std::vector<unsigned> bytes = bytes_of(Invalidate{{.operation = operation}});
    ASSERT_GE(bytes.size(), 3u);
    EXPECT_EQ(bytes[0], 3u);
    EXPECT_EQ(bytes[2], number);
  }
}

TEST(EventCodec, AnOperationThatThereIsNotIsRefused) {
  std::vector<std::byte> bytes;
  put_event(bytes, {.requester = 0, .event = Invalidate{}});
  bytes[2] = std::byte{8};
  ByteReader reader(bytes);
  EXPECT_FALSE(get_event(reader));
}

}  // namespace
}  // namespace kilburn::trace
