#include "memory/storage.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cassert>
#include <cerrno>
#include <system_error>

#include "common/error.h"

namespace kilburn::memory {

void StorageConfig::visit(ParameterVisitor& v) {
  // Physical addresses have 56 bits in every RISC-V paging mode.
  constexpr std::uint64_t physical = std::uint64_t{1} << 56;
  v.integer("base", base, {0, physical - page_bytes}, "bytes",
            "physical address of the first byte");
  v.integer("bytes", bytes, {page_bytes, physical}, "bytes", "size of the memory");
  v.require(base % page_bytes == 0, "base must be a multiple of 4096");
  v.require(bytes % page_bytes == 0, "bytes must be a multiple of 4096");
  v.require(base <= physical - bytes, "base + bytes must be at most 2^56");
}

Storage::Storage(const StorageConfig& config) : base_(config.base), bytes_(config.bytes) {
  void* mapping = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) {
    throw InputError(fmt::format(
        "memory.bytes = {}: the host cannot map that much ({}); allowed is what its address space "
        "and overcommit setting take",
        bytes_, std::generic_category().message(errno)));
  }
  data_ = static_cast<std::byte*>(mapping);
}

Storage::~Storage() {
  [[maybe_unused]] const int failed = munmap(data_, bytes_);
  assert(failed == 0 && "the mapping was ours and whole");
}

std::optional<std::uint64_t> Storage::compare_exchange(Address address, std::uint64_t expected,
                                                       std::uint64_t desired) {
  const std::optional<std::uint64_t> held = read64(address);
  if (held == expected) std::memcpy(data_ + (address - base_), &desired, sizeof desired);
  return held;
}

MemoryReply StoragePort::read(Address address, Cycles /*now*/) {
  const auto value = storage_->read64(address);
  return {value.value_or(0), latency_, value.has_value()};
}

LineReply StoragePort::read_line(Address address, Cycles /*now*/) {
  LineReply reply{.latency = latency_};
  reply.ok = storage_->read(address, std::as_writable_bytes(std::span(reply.data)));
  return reply;
}

MemoryReply StoragePort::write(Address address, std::uint64_t value, Cycles /*now*/) {
  return {value, latency_, storage_->write64(address, value)};
}

MemoryReply StoragePort::compare_exchange(Address address, std::uint64_t expected,
                                          std::uint64_t desired, Cycles /*now*/) {
  const auto held = storage_->compare_exchange(address, expected, desired);
  return {held.value_or(0), latency_, held.has_value()};
}

}  // namespace kilburn::memory
