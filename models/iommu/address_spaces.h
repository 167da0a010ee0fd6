// The numbers by which the platform's translation structures tell devices' address spaces apart.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/invalidation.h"
#include "common/statistics.h"
#include "iommu/context.h"
#include "page_table_walker/page_table_walker.h"

namespace kilburn::iommu {

/// All that a translation depends on beside its address and privilege. Software's GSCID and PSCID
/// are not trusted to tell tables apart: two spaces of the same identifiers and other tables never
/// share a translation.
struct AddressSpace {
  page_table_walker::Regime regime{};  ///< its context says the realm; the rest is given here
  std::uint16_t gscid = 0;             ///< where there is a second stage
  std::uint32_t pscid = 0;             ///< where there is a first
  InterruptFiles files{};              ///< pages that no translation may cover
  /// Walks end with the guest-physical address: nothing is ever kept under its number.
  bool to_guest_physical = false;
  friend bool operator==(const AddressSpace&, const AddressSpace&) = default;
};

struct AddressSpaceStatistics {
  std::uint64_t opened = 0;
  std::uint64_t evictions = 0;
  std::uint64_t exhausted = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const AddressSpaceStatistics&, const AddressSpaceStatistics&) = default;
};

/// Gives each address space in use a VMID that no hart has. The least recently used one that no
/// translation is under way for makes room: all that is held under its number is invalidated, and
/// acknowledged, before the number is given again.
class AddressSpaces {
 public:
  /// VMIDs [first, first + count).
  AddressSpaces(std::uint16_t first, unsigned count, Invalidator& invalidator);

  /// While it lives the number stays the space's.
  class Use {
   public:
    Use() = default;
    Use(AddressSpaces& of, unsigned slot) : of_(&of), slot_(slot) { ++of.slots_[slot].uses; }
    ~Use() { release(); }
    Use(Use&& other) noexcept : of_(other.of_), slot_(other.slot_) { other.of_ = nullptr; }
    Use& operator=(Use&& other) noexcept {
      if (this == &other) return *this;
      release();
      of_ = other.of_;
      slot_ = other.slot_;
      other.of_ = nullptr;
      return *this;
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

    /// Nothing: every number is in use.
    [[nodiscard]] bool ok() const { return of_ != nullptr; }
    /// With the number in its context.
    [[nodiscard]] const page_table_walker::Regime& regime() const {
      return of_->slots_[slot_].regime;
    }

   private:
    void release() {
      if (of_ != nullptr) --of_->slots_[slot_].uses;
    }
    AddressSpaces* of_ = nullptr;
    unsigned slot_ = 0;
  };
  struct Opened {
    Use use{};
    Cycles latency = 0;  ///< waiting for an eviction's acknowledgements
  };
  /// May let other processes run.
  Opened open(const AddressSpace& space, Cycles now);

  /// What software says has changed. Source: chapter 3.1.1, tables 8 and 9.
  struct Change {
    bool guest_stage = false;  ///< IOTINVAL.GVMA; else IOTINVAL.VMA
    std::optional<std::uint16_t> gscid{};
    std::optional<std::uint32_t> pscid{};
    std::optional<PageNumber> page{};  ///< virtual, or guest-physical of a guest_stage
  };
  /// Invalidates what the change concerns, or more, and waits for all acknowledgements.
  InvalidateResult invalidate(const Change& change, Cycles now);

  [[nodiscard]] const AddressSpaceStatistics& statistics() const { return statistics_; }

 private:
  struct Slot {
    enum class State : std::uint8_t {
      free,
      open,
      /// It makes room: no new translation is made under it, but old ones may be held until all
      /// have acknowledged, so what concerns its space still concerns it.
      closing,
    };
    State state = State::free;
    AddressSpace space{};
    page_table_walker::Regime regime{};
    unsigned uses = 0;
    std::uint64_t last_use = 0;
  };
  struct Hash {
    std::size_t operator()(const AddressSpace& space) const;
  };
  /// Where a space's number is looked for before the hash.
  [[nodiscard]] unsigned& hint(const AddressSpace& space) {
    return hints_[(space.regime.root ^ space.regime.guest_root ^ space.pscid) % hints_.size()];
  }
  [[nodiscard]] std::optional<unsigned> find(const AddressSpace& space);
  [[nodiscard]] std::optional<unsigned> free_slot() const;
  [[nodiscard]] std::optional<unsigned> victim() const;
  [[nodiscard]] std::uint16_t vmid(unsigned slot) const {
    return static_cast<std::uint16_t>(first_ + slot);
  }
  void install(unsigned slot, const AddressSpace& space);

  std::uint16_t first_;
  Invalidator& invalidator_;
  std::vector<Slot> slots_;
  std::array<unsigned, 64> hints_{};
  std::unordered_map<AddressSpace, unsigned, Hash> open_;
  std::uint64_t time_ = 0;
  AddressSpaceStatistics statistics_;
};

}  // namespace kilburn::iommu
