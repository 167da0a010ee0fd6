// RISC-V IOMMU: what stands between devices and memory, and is programmed by software.
// Registers, commands and tables: sw/include/kilburn/iommu.h.
// Source: RISC-V IOMMU Architecture Specification 1.0.0.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/invalidation.h"
#include "common/message_port.h"
#include "common/timebase.h"
#include "dma/ats.h"
#include "dma/translator.h"
#include "iommu/address_spaces.h"
#include "iommu/checked_memory.h"
#include "iommu/command_queue.h"
#include "iommu/directories.h"
#include "iommu/interrupts.h"
#include "iommu/iommu_config.h"
#include "iommu/iommu_statistics.h"
#include "iommu/page_translation.h"
#include "iommu/record_queue.h"
#include "iommu/scope.h"
#include "iommu/translation_observer.h"
#include "mmu/mmu.h"

namespace kilburn::iommu {

/// What an IOMMU needs of the node that it is built into.
struct IommuSurroundings {
  mmu::TranslationService& service;
  Invalidator& invalidator;
  MemoryPort& memory;
  MessagePort& messages;
  OwnershipCheck* ownership = nullptr;  ///< null: no RMU is fitted
  std::vector<InterruptLine> lines{};   ///< IOMMU_VECTORS of them
  OwnRegisters registers{};
  std::uint16_t first_vmid = 0;  ///< VMIDs that no hart has, `vmids` of them
  unsigned vmids = 0;
  WalkerAbilities walker{};
  std::uint32_t invalidation_cycles = 0;
};

/// Modelled: modes Off, Bare, one to three levels; device contexts of both formats, process
/// directories; two stages of translation, with A and D by hardware or not; MSI page tables with
/// interrupt files in hardware and in memory; command, fault and page-request queues; ATS; debug
/// translation; interrupts by wire and by message. All walks are the translation service's behind
/// the IOTLB, and the RMU is asked for every frame, also where nothing is translated. Not modelled:
/// 32-bit modes, big-endian tables, performance counters, quality-of-service identifiers; a fence's
/// PR and PW have nothing to wait for, since no byte moves between a check and its use.
///
/// Time: a translation takes its reads of directories, its walks and checks; commands are carried
/// out one after the other by whoever calls `start_work` and `finish_work` (the module's process).
/// Anything that reaches memory may let other processes run, and those may call in again.
class Iommu final : public dma::Translator,
                    public dma::TranslationAgent,
                    public InvalidationHolder,
                    private CommandExecutor {
 public:
  /// Called with the names of those who did not acknowledge an invalidation in time.
  using Unacknowledged = std::function<void(const std::vector<std::string>& missing)>;
  Iommu(const IommuConfig& config, const IommuSurroundings& surroundings);
  Iommu(const Iommu&) = delete;
  Iommu& operator=(const Iommu&) = delete;
  Iommu(Iommu&&) = delete;
  Iommu& operator=(Iommu&&) = delete;
  ~Iommu() override = default;

  void report_unacknowledged(Unacknowledged report) { unacknowledged_ = std::move(report); }
  /// Who passes messages on to functions; null: they do not answer.
  void connect(dma::AtsPort* functions) { functions_ = functions; }
  /// The realm of a device's accesses; without it the configuration's.
  void set_realms(std::function<std::uint16_t(std::uint32_t device)> of) {
    realms_ = std::move(of);
  }

  /// Null: nobody watches, which costs nothing.
  void observe(TranslationObserver* observer) { observer_ = observer; }
  /// Of its own accesses and, unless `set_realms` says otherwise, of devices'.
  [[nodiscard]] std::uint16_t realm() const { return config_.realm; }

  // Devices.
  dma::DmaPage translate(const dma::Requester& requester, IoVirtualAddress at, Access access,
                         Cycles now) override;
  dma::Delivery deliver(const dma::Requester& requester, IoVirtualAddress at,
                        std::span<const std::byte> bytes, Cycles now) override;
  /// What commands change, `generation` tells.
  [[nodiscard]] bool concerns(const Invalidation& invalidation) const override {
    return concerns_ownership(invalidation);
  }
  [[nodiscard]] std::uint64_t generation() const override {
    return generation_ + directories_.generation();
  }
  dma::AtsReply translation_request(const dma::Requester& requester, IoVirtualAddress address,
                                    bool no_write, Cycles now) override;
  void page_request(const dma::PageRequest& request, Cycles now) override;

  // Software. By 4 or 8 bytes, naturally aligned.
  [[nodiscard]] std::uint64_t read(unsigned offset, unsigned length) const;
  void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now);

  /// A command, or a debug translation, waits to be worked off.
  [[nodiscard]] bool has_work() const;
  /// Begins with it; returns the cycles after which `finish_work` is due.
  Cycles start_work(Cycles now);
  void finish_work(Cycles now);
  /// See device::Device.
  [[nodiscard]] Cycles next_event() const { return working_ || has_work() ? 0 : Timebase::never; }

  // The RMU, and whoever else invalidates.
  [[nodiscard]] std::string holder_name() const override { return "IOMMU"; }
  void invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                  InvalidationBus& bus) override;

  void visit(StatisticVisitor& v) const;
  [[nodiscard]] const IommuStatistics& statistics() const { return statistics_; }
  [[nodiscard]] const Directories& directories() const { return directories_; }
  [[nodiscard]] const AddressSpaces& address_spaces() const { return spaces_; }
  [[nodiscard]] const RecordQueue& faults() const { return faults_; }
  [[nodiscard]] const RecordQueue& page_requests() const { return page_requests_; }
  [[nodiscard]] const mmu::Mmu& iotlb() const { return iotlb_; }

 private:
  [[nodiscard]] std::uint16_t realm_of(std::uint32_t device) const {
    return realms_ ? realms_(device) : config_.realm;
  }
  Scope scope_of(const Transaction& transaction, Cycles now);
  void tell(const Transaction& transaction, IoVirtualAddress at,
            TranslationObserver::Moment started, const TranslatedPage& found) const;
  /// The page, or a fault reported and in `page.fault`.
  TranslatedPage translate_page(const Transaction& transaction, const FaultReport& of,
                                IoVirtualAddress at, Cycles now, bool debug = false);
  void report(const FaultReport& fault, bool silent, Cycles now);
  dma::AtsReply ats_refusal(const FaultReport& fault, bool silent, Cycles latency, Cycles now);
  TranslatedPage ats_attempt(const Scope& scope, const dma::Requester& requester,
                             IoVirtualAddress at, Access access, Cycles now);
  void answer_page_request(const dma::PageRequest& request, dma::PageResponse response,
                           bool with_pasid, Cycles now);
  void attend(Cycles now);

  [[nodiscard]] CommandRules rules() const override;
  Cycles start(const Command& command, Cycles now) override;
  CommandEnd finish(const Command& command, Cycles now) override;
  Cycles start_change(const AddressSpaces::Change& change, Cycles now);
  Cycles carry_out(const AddressSpaces::Change& change, Cycles now);
  Cycles start_fence(Cycles now);
  CommandEnd finish_fence(const Fence& fence, Cycles now);
  void invalidate_directories(const DirectoryInvalidation& what);
  Cycles send(const FunctionMessage& message, Cycles now);

  [[nodiscard]] std::uint64_t read_whole(unsigned offset) const;
  void write_word(unsigned offset, std::uint32_t value, Cycles now);
  void write_wide(unsigned offset, std::uint64_t value);
  void write_ddtp(std::uint64_t value);
  void write_pending(std::uint32_t value, Cycles now);
  Cycles debug_translate(Cycles now);

  IommuConfig config_;
  std::uint64_t capabilities_;
  PagingMode largest_mode_;
  CheckedMemory memory_;
  mmu::Mmu iotlb_;
  Directories directories_;
  AddressSpaces spaces_;
  PageTranslation pages_;
  Interrupts interrupts_;
  RecordQueue faults_;
  RecordQueue page_requests_;
  CommandQueue commands_;
  dma::AtsPort* functions_ = nullptr;
  std::function<std::uint16_t(std::uint32_t)> realms_;
  Unacknowledged unacknowledged_;
  TranslationObserver* observer_ = nullptr;

  DirectoryPointer directory_{};
  std::uint64_t debug_address_ = 0;
  std::uint64_t debug_control_ = 0;
  std::uint64_t debug_response_ = 0;
  std::uint64_t debug_result_ = 0;  ///< the response when its time has come

  enum class Work : std::uint8_t { none, command, debug };
  Work work_ = Work::none;
  bool working_ = false;
  bool unfinished_ = false;       ///< somebody has not acknowledged an invalidation
  bool function_silent_ = false;  ///< a function has not completed an ATS invalidation
  Cycles functions_done_ = 0;     ///< when the last of them answers, or has had its time
  std::uint64_t generation_ = 0;
  IommuStatistics statistics_;
};

}  // namespace kilburn::iommu
