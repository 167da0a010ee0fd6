#include "platform/engine/timed_storage.h"

namespace kilburn::platform {

MemoryReply TimedStorage::read(Address address, Cycles now) {
  const auto cycles = access(address, sizeof(std::uint64_t), Traffic::table_read, now);
  const auto value = storage_.read64(address);
  if (!cycles || !value) return {.ok = false};
  return {*value, *cycles};
}

LineReply TimedStorage::read_line(Address address, Cycles now) {
  LineReply reply;
  const auto cycles = access(address, line_bytes, Traffic::table_read, now);
  reply.ok = cycles && storage_.read(address, std::as_writable_bytes(std::span(reply.data)));
  reply.latency = cycles.value_or(0);
  return reply;
}

MemoryReply TimedStorage::write(Address address, std::uint64_t value, Cycles now) {
  const auto cycles = access(address, sizeof value, Traffic::table_write, now);
  if (!cycles || !storage_.write64(address, value)) return {.ok = false};
  return {0, *cycles};
}

MemoryReply TimedStorage::compare_exchange(Address address, std::uint64_t expected,
                                           std::uint64_t desired, Cycles now) {
  const auto cycles = access(address, sizeof desired, Traffic::table_write, now);
  const auto held = storage_.compare_exchange(address, expected, desired);
  if (!cycles || !held) return {.ok = false};
  return {*held, *cycles};
}

}  // namespace kilburn::platform
