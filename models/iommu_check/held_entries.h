// Every entry of an IOMMU's tables that it may hold: read once, and not invalidated since.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "common/invalidation.h"
#include "iommu/command.h"
#include "iommu_check/plain_tables.h"

namespace kilburn::iommu::reference {

/// As if all caches of an IOMMU were one without end. What a command erases is what the tables of
/// the specification say (chapter 3.1); by address they name leaves only, and by process none that
/// are global.
class HeldEntries {
 public:
  using Moment = std::uint64_t;

  /// `global`: the translation that it was read for is.
  void remember(const Entry& entry, const Words& value, bool global, Moment now);
  /// Forgets the MSI page tables' entries: no cache keeps them.
  void forget_messages();
  /// What the entry has been; each value once.
  [[nodiscard]] std::vector<Words> values(const Entry& entry) const;

  /// Only what was remembered before `start`, and not since.
  void erase(const AddressSpaces::Change& change, Moment start);
  void erase(const DirectoryInvalidation& what);
  /// By the RMU: what leads to frames that change hands; where those may hold tables, all contexts.
  void erase_frames(const Invalidation& invalidation);
  void erase_all() {
    held_.clear();
    messages_.clear();
  }

 private:
  struct Held {
    Entry entry{};
    boost::container::small_vector<std::uint64_t, 1> words;
    bool global = false;
    Moment last = 0;
    [[nodiscard]] bool is_stage() const {
      return entry.kind == Entry::Kind::first_stage || entry.kind == Entry::Kind::second_stage;
    }
    /// log2 of the pages of a leaf; nothing: it points to the next table.
    [[nodiscard]] std::optional<unsigned> leaf_order() const;
    [[nodiscard]] bool is(const Entry& other) const {
      return entry.kind == other.kind && words.size() == other.words;
    }
  };
  template <class Matches>
  void erase_if(Matches matches);

  std::unordered_map<Address, std::vector<Held>> held_;
  std::vector<Address> messages_;  ///< where some are of MSI page tables
};

}  // namespace kilburn::iommu::reference
