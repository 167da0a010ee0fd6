// What the IOMMU's fuzzers have: an IOMMU in a small memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "bytes.h"
#include "common/invalidation.h"
#include "iommu/iommu.h"
#include "kilburn/iommu.h"
#include "mmu/translation_service.h"

namespace kilburn::fuzz {

/// 64 frames from address 0, and nothing elsewhere.
class SmallMemory final : public MemoryPort, public MessagePort {
 public:
  static constexpr PageNumber frames = 64;
  [[nodiscard]] std::uint64_t get(Address address) const {
    return exists(address) ? words_[address / 8] : 0;
  }
  void set(Address address, std::uint64_t value) {
    if (exists(address)) words_[address / 8] = value;
  }
  MemoryReply read(Address address, Cycles) override { return {get(address), 1, exists(address)}; }
  LineReply read_line(Address address, Cycles) override {
    LineReply reply{{}, 1, exists(address)};
    for (unsigned i = 0; i < 8; ++i) reply.data[i] = get(address + Address{8} * i);
    return reply;
  }
  MemoryReply write(Address address, std::uint64_t value, Cycles) override {
    set(address, value);
    return {0, 1, exists(address)};
  }
  MemoryReply compare_exchange(Address address, std::uint64_t expected, std::uint64_t desired,
                               Cycles) override {
    const std::uint64_t before = get(address);
    if (before == expected) set(address, desired);
    return {before, 1, exists(address)};
  }
  MemoryReply write_word(Address address, std::uint32_t, Cycles) override {
    return {0, 1, exists(address)};
  }

 private:
  [[nodiscard]] static bool exists(Address address) { return address < frames * page_bytes; }
  std::vector<std::uint64_t> words_ = std::vector<std::uint64_t>(frames * page_bytes / 8);
};

class NoLines final : public InterruptSink {
 public:
  void set(unsigned, bool) override {}
};

/// Functions that answer now and then.
class SomeFunctions final : public dma::AtsPort {
 public:
  std::optional<Cycles> invalidate(const Invalidation& what, Cycles) override {
    if ((what.payload & 1) != 0) return std::nullopt;
    return what.payload & 0xFFFF;
  }
  void respond(const GroupResponse&, Cycles) override {}
};

struct IommuWorld {
  explicit IommuWorld(const iommu::IommuConfig& config)
      : service({}, memory, nullptr),
        invalidator(bus),
        iommu(config, {.service = service,
                       .invalidator = invalidator,
                       .memory = memory,
                       .messages = memory,
                       .lines = {{lines, 0}, {lines, 1}, {lines, 2}, {lines, 3}},
                       .registers = {Address{1} << 32, 4096},
                       .first_vmid = 1,
                       .vmids = 4}) {
    bus.add(service);
    bus.add(iommu);
    iommu.connect(&functions);
  }
  void write(unsigned offset, std::uint64_t value) { iommu.write(offset, 8, value, now); }
  /// At most so many pieces of work: a queue may be as long as 2^32 commands.
  void work(unsigned most) {
    for (; most != 0 && iommu.has_work(); --most) {
      now += iommu.start_work(now);
      iommu.finish_work(now);
    }
  }

  SmallMemory memory;
  NoLines lines;
  SomeFunctions functions;
  mmu::TranslationService service;
  InvalidationBus bus;
  ImmediateInvalidator invalidator;
  iommu::Iommu iommu;
  Cycles now = 0;
};

}  // namespace kilburn::fuzz
