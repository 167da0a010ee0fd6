// The layer's own log as it lies in flash: what a recovery and the checker read of it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ftl/core.h"
#include "ftl/journal.h"

namespace kilburn::ftl {

/// A page of the log or of data, by its sequence.
struct SequencedPage {
  Sequence sequence = 0;
  nand::PageId page{};
};

/// A checkpoint's root, with its namespaces in the order of their indices.
struct RootPage {
  Root root;
  std::vector<RootSpace> spaces;
};

/// Reads only what the array holds, none of the tables.
class LogReader {
 public:
  explicit LogReader(const Core& core) : core_(core) {}

  [[nodiscard]] Sequence sequence_of(nand::PageId page) const;
  /// Of metadata all frames of a page have one.
  [[nodiscard]] Owner first_owner(nand::PageId page) const;
  /// None where they are not those that were programmed.
  [[nodiscard]] std::vector<std::byte> bytes_of(nand::PageId page) const;

  /// Whole pages of those blocks, in order of their sequence.
  [[nodiscard]] std::vector<SequencedPage> pages(std::span<const nand::BlockId> blocks) const;
  /// Null: there is none.
  [[nodiscard]] const SequencedPage* newest_root(std::span<const SequencedPage> log) const;
  /// Nothing: the bytes are no root.
  [[nodiscard]] static std::optional<RootPage> root_of(std::span<const std::byte> bytes);
  /// Nothing: the bytes are no page of a journal.
  [[nodiscard]] static std::optional<std::vector<Record>> records_of(
      std::span<const std::byte> bytes);

 private:
  const Core& core_;
};

}  // namespace kilburn::ftl
