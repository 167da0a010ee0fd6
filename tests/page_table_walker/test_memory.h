// Test memory: a few thousand frames, with hooks and counts.
#pragma once

#include <functional>
#include <vector>

#include "common/memory_port.h"

namespace kilburn::test {

/// Physical memory from address 0. `after` is called once the data of an operation is captured and
/// before it is handed back: whatever it changes, the operation has seen the old contents.
class TestMemory : public MemoryPort {
 public:
  explicit TestMemory(PageNumber frames) : words_(frames * (page_bytes / 8)) {}

  Cycles latency = 10;
  unsigned operations = 0;
  unsigned lines = 0;
  std::function<void(unsigned operation)> after;
  std::function<void(Address)> before_exchange;

  [[nodiscard]] std::uint64_t get(Address address) const {
    return exists(address) ? words_[address / 8] : 0;
  }
  void set(Address address, std::uint64_t value) { words_.at(address / 8) = value; }
  [[nodiscard]] const std::vector<std::uint64_t>& words() const { return words_; }

  MemoryReply read(Address address, Cycles) override {
    const MemoryReply reply{get(address), latency, exists(address)};
    finish();
    return reply;
  }
  LineReply read_line(Address address, Cycles) override {
    LineReply reply{{}, latency, exists(address)};
    for (unsigned i = 0; i < reply.data.size(); ++i) reply.data[i] = get(address + Address{8} * i);
    ++lines;
    finish();
    return reply;
  }
  MemoryReply write(Address address, std::uint64_t value, Cycles) override {
    const MemoryReply reply{get(address), latency, exists(address)};
    if (reply.ok) set(address, value);
    finish();
    return reply;
  }
  MemoryReply compare_exchange(Address address, std::uint64_t expected, std::uint64_t desired,
                               Cycles) override {
    if (before_exchange) before_exchange(address);
    const MemoryReply reply{get(address), latency, exists(address)};
    if (reply.ok && reply.data == expected) set(address, desired);
    finish();
    return reply;
  }

 private:
  [[nodiscard]] bool exists(Address address) const { return address / 8 < words_.size(); }
  void finish() {
    const unsigned operation = operations++;
    if (after) after(operation);
  }

  std::vector<std::uint64_t> words_;
};

}  // namespace kilburn::test
