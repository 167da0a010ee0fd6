// Harts with memory, a device, an MMU each and a translation service: what hart tests run on.
#pragma once

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/invalidation.h"
#include "common/memory_port.h"
#include "common/page_table.h"
#include "mmu/mmu.h"
#include "riscv/execute/hart.h"
#include "riscv/first_level_world.h"

namespace kilburn::riscv::test {

inline constexpr Address ram_base = 0x8000'0000;
inline constexpr Address device_base = 0x1000'0000;
inline constexpr Address device_bytes = 0x100;
inline constexpr Cycles device_latency = 7;
/// A store to it asks for the end of the slice.
inline constexpr Address device_ending_slices = device_base + 0x80;
inline constexpr Cycles table_latency = 10;

/// Memory and a device of plain registers, as harts and the page-table walker reach them.
class WorldMemory final : public HartBus, public MemoryPort {
 public:
  explicit WorldMemory(std::uint64_t bytes) : ram_(bytes), device_(device_bytes) {}

  [[nodiscard]] std::span<std::byte> ram() { return ram_; }
  void told_of_writes(MainMemory& memory) { main_memory_ = &memory; }

  template <class T>
  [[nodiscard]] T get(Address address) const {
    T value;
    std::memcpy(&value, &ram_.at(address - ram_base), sizeof value);
    return value;
  }
  template <class T>
  void set(Address address, T value) {
    std::memcpy(&ram_.at(address - ram_base), &value, sizeof value);
  }

  BusReply read(Address address, unsigned bytes, Cycles) override {
    BusReply reply;
    std::vector<std::byte>* at = find(address, bytes);
    if (at == nullptr) return {.latency = device_latency, .ok = false};
    std::memcpy(&reply.data, at->data() + offset(address), bytes);
    if (at == &device_) reply.latency = device_latency;
    return reply;
  }
  BusReply write(Address address, std::uint64_t value, unsigned bytes, Cycles) override {
    std::vector<std::byte>* at = find(address, bytes);
    if (at == nullptr) return {.latency = device_latency, .ok = false};
    std::memcpy(at->data() + offset(address), &value, bytes);
    if (at != &device_) return {};
    return {.latency = device_latency, .end_slice = address == device_ending_slices};
  }

  Cycles look_up(Address, Traffic, Cycles) override {
    throw std::logic_error("caches are CachedBus's");
  }

  MemoryReply read(Address address, Cycles) override {
    if (!in_ram(address, 8)) return {.latency = table_latency, .ok = false};
    return {.data = get<std::uint64_t>(address), .latency = table_latency};
  }
  LineReply read_line(Address address, Cycles) override {
    LineReply reply{.latency = table_latency, .ok = in_ram(address, line_bytes)};
    if (reply.ok) std::memcpy(reply.data.data(), &ram_.at(address - ram_base), line_bytes);
    return reply;
  }
  MemoryReply write(Address address, std::uint64_t value, Cycles) override {
    if (!in_ram(address, 8)) return {.latency = table_latency, .ok = false};
    set(address, value);
    main_memory_->written(address, 8);
    return {.latency = table_latency};
  }
  MemoryReply compare_exchange(Address address, std::uint64_t expected, std::uint64_t desired,
                               Cycles now) override {
    if (!in_ram(address, 8)) return {.latency = table_latency, .ok = false};
    const auto old = get<std::uint64_t>(address);
    if (old == expected) write(address, desired, now);
    return {.data = old, .latency = table_latency};
  }

 private:
  [[nodiscard]] bool in_ram(Address address, std::uint64_t bytes) const {
    return address - ram_base <= ram_.size() - bytes;
  }
  std::vector<std::byte>* find(Address address, unsigned bytes) {
    if (in_ram(address, bytes)) return &ram_;
    return address - device_base <= device_bytes - bytes ? &device_ : nullptr;
  }
  static Address offset(Address address) {
    return address - (address >= ram_base ? ram_base : device_base);
  }

  std::vector<std::byte> ram_;
  std::vector<std::byte> device_;
  MainMemory* main_memory_ = nullptr;
};

/// Page tables from the end of memory downwards.
class WorldTables {
 public:
  explicit WorldTables(WorldMemory& memory) : memory_(&memory), next_(end(memory)) {
    root_ = take();
  }
  [[nodiscard]] PageNumber root() const { return root_; }
  /// Maps the page of `va` (Sv39; `level` 1: 2 MiB) to the frame of `pa`.
  void map(Address va, Address pa, std::uint64_t flags, unsigned level = 0) {
    PageNumber table = root_;
    for (unsigned at = 2; at > level; --at) {
      const Address slot = slot_of(table, va, at);
      if (memory_->get<std::uint64_t>(slot) == 0) {
        memory_->set(slot, pte::make(take(), pte::valid));
      }
      table = pte::pfn(memory_->get<std::uint64_t>(slot));
    }
    leaf_ = slot_of(table, va, level);
    memory_->set(leaf_, pte::make(pa >> page_shift, flags));
  }
  /// Address of the entry for `va` in the table of `level`, which is there.
  [[nodiscard]] Address slot(Address va, unsigned level) const {
    PageNumber table = root_;
    for (unsigned at = 2; at > level; --at) {
      table = pte::pfn(memory_->get<std::uint64_t>(slot_of(table, va, at)));
    }
    return slot_of(table, va, level);
  }
  /// Of the last `map`.
  [[nodiscard]] Address leaf() const { return leaf_; }

 private:
  static PageNumber end(WorldMemory& memory) {
    return (ram_base + memory.ram().size()) >> page_shift;
  }
  static Address slot_of(PageNumber table, Address va, unsigned level) {
    return (table << page_shift) + 8 * (va >> (page_shift + 9 * level) & 511);
  }
  PageNumber take() { return --next_; }

  WorldMemory* memory_;
  PageNumber next_;
  PageNumber root_ = 0;
  Address leaf_ = 0;
};

inline constexpr std::uint64_t rwx =
    pte::valid | pte::read | pte::write | pte::execute | pte::accessed | pte::dirty;

struct WorldConfig {
  HartConfig hart{.timing = Timing::ideal, .reset_vector = ram_base};
  cache::CacheConfig l1i{};  ///< with Timing::caches
  cache::CacheConfig l1d{};
  mmu::MmuConfig mmu{};
  mmu::ServiceConfig service{};
  OwnershipCheck* ownership = nullptr;
  std::uint64_t ram_bytes = std::uint64_t{4} << 20;
};

class World {
 public:
  explicit World(const WorldConfig& config = {})
      : memory(config.ram_bytes),
        main_memory({{ram_base, memory.ram()}}, config.hart.harts,
                    config.hart.timing == Timing::caches ? config.l1i.line_bytes : 0),
        service(config.service, memory, config.ownership) {
    memory.told_of_writes(main_memory);
    bus.add(service);
    for (unsigned i = 0; i < config.hart.harts; ++i) {
      mmus.push_back(
          std::make_unique<mmu::Mmu>(config.mmu, service, "mmu " + std::to_string(i), 1));
      bus.add(*mmus.back());
      buses.push_back(std::make_unique<CachedBus>(memory, below, config.l1i, config.l1d));
      const bool cached = config.hart.timing == Timing::caches;
      harts.push_back(std::make_unique<Hart>(
          config.hart, i,
          Hart::Connections{.mmu = *mmus.back(),
                            .bus = *buses.back(),
                            .memory = main_memory,
                            .invalidator = invalidator,
                            .caches = cached ? buses.back()->tags() : FirstLevelCaches::Tags{}},
          time));
      bus.add(*harts.back());
    }
  }

  [[nodiscard]] Hart& hart(unsigned i = 0) { return *harts[i]; }
  [[nodiscard]] cache::CacheStatistics l1i(unsigned i = 0) const {
    return buses[i]->l1i.statistics();
  }
  [[nodiscard]] cache::CacheStatistics l1d(unsigned i = 0) const {
    return buses[i]->l1d.statistics();
  }
  void load(Address at, const std::vector<std::uint32_t>& words) {
    for (const std::uint32_t word : words) {
      memory.set(at, word);
      at += 4;
    }
  }

  MachineTime time{Timebase(1, 100)};
  WorldMemory memory;
  MainMemory main_memory;
  InvalidationBus bus;
  ImmediateInvalidator invalidator{bus};
  mmu::TranslationService service;
  LevelBelow below;
  std::vector<std::unique_ptr<CachedBus>> buses;
  std::vector<std::unique_ptr<mmu::Mmu>> mmus;
  std::vector<std::unique_ptr<Hart>> harts;
};

}  // namespace kilburn::riscv::test
