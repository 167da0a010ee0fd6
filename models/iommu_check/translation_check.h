// Compares what an IOMMU answers devices with its tables, read plainly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "iommu/iommu.h"
#include "iommu/translation_observer.h"
#include "iommu_check/held_entries.h"
#include "iommu_check/plain_tables.h"

namespace kilburn::iommu {

/// Watches an IOMMU from its construction on. Each answer must be what a walk in software gives:
/// from ddtp through the directories, both stages and MSI page tables, by plain reads of memory. An
/// answer by entries that software has changed is right as long as no command has invalidated
/// them: a walk then takes, entry for entry, what memory holds or what it held when an earlier walk
/// read it. The first answer that no such walk gives is the failure.
///
/// Not checked: which frames the RMU denies, and with it faults of memory; an answer that a command
/// has overtaken, since the device asks again.
class TranslationCheck final : private TranslationObserver {
 public:
  /// Of physical memory. False: none is there.
  using Memory = std::function<bool(Address, std::span<std::byte>)>;
  using Failed = std::function<void()>;
  TranslationCheck(Iommu& iommu, Memory memory, bool svnapot, Failed failed = {});
  ~TranslationCheck() override;
  TranslationCheck(const TranslationCheck&) = delete;
  TranslationCheck& operator=(const TranslationCheck&) = delete;
  TranslationCheck(TranslationCheck&&) = delete;
  TranslationCheck& operator=(TranslationCheck&&) = delete;

  [[nodiscard]] std::uint64_t checked() const { return checked_; }
  /// Those of them that are right by entries which are not in memory any more.
  [[nodiscard]] std::uint64_t stale() const { return stale_; }
  /// Names device, process, address, what was used and what the tables say. Nothing: all is right.
  [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }

 private:
  struct Read {
    reference::Entry entry{};
    reference::Words value{};
  };
  class Choices;

  Moment started(const Transaction& transaction, IoVirtualAddress at) override;
  void used(const Transaction& transaction, IoVirtualAddress at, Moment start,
            const UsedTranslation& answer) override;
  Moment change_started() override;
  void changed(const AddressSpaces::Change& change, Moment start) override;
  void changed(const DirectoryInvalidation& what) override;
  void changed(const Invalidation& invalidation) override;

  [[nodiscard]] reference::Setup setup() const;
  [[nodiscard]] std::optional<reference::Words> read(const reference::Entry& entry) const;
  /// Walks by what memory holds, and remembers what it reads.
  reference::Answer walk(const reference::Asked& asked);
  void remember(const std::vector<Read>& path);
  void remember_line(const Read& read, bool global);
  [[nodiscard]] bool may_be(const reference::Asked& asked, const UsedTranslation& answer) const;
  void fail(const reference::Asked& asked, const UsedTranslation& answer,
            const reference::Answer& tables);

  Iommu& iommu_;
  Memory memory_;
  bool svnapot_;
  Failed failed_;
  reference::HeldEntries held_;
  Moment now_ = 1;
  Moment last_change_ = 0;
  std::uint64_t checked_ = 0;
  std::uint64_t stale_ = 0;
  std::optional<std::string> failure_;
};

}  // namespace kilburn::iommu
