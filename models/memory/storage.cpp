#include "memory/storage.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

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

Storage::Storage(const StorageConfig& config, Backing backing)
    : base_(config.base), bytes_(config.bytes) {
  if (backing == Backing::anonymous) {
    map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
    return;
  }
  file_ = memfd_create("kilburn memory", MFD_CLOEXEC);
  if (file_ < 0 || ftruncate(file_, static_cast<off_t>(bytes_)) != 0) throw_unmappable();
  map(MAP_SHARED, file_);
}

Storage::Storage(const Storage& original) : base_(original.base_), bytes_(original.bytes_) {
  assert(original.file_ >= 0 && "only what has a file behind it can be shared");
  map(MAP_PRIVATE, original.file_);
}

void Storage::map(int flags, int file) {
  void* mapping = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, file, 0);
  if (mapping == MAP_FAILED) throw_unmappable();
  data_ = static_cast<std::byte*>(mapping);
}

void Storage::throw_unmappable() {
  const int reason = errno;
  if (file_ >= 0) close(file_);
  throw InputError(fmt::format(
      "memory.bytes = {}: the host cannot map that much ({}); allowed is what its address space "
      "and overcommit setting take",
      bytes_, std::generic_category().message(reason)));
}

Storage::~Storage() {
  [[maybe_unused]] const int failed = munmap(data_, bytes_);
  assert(failed == 0 && "the mapping was ours and whole");
  if (file_ >= 0) close(file_);
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
