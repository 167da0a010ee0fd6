#include "iommu/iommu.h"

#include <algorithm>
#include <cstring>

#include "kilburn/iommu.h"

namespace kilburn::iommu {

namespace {

constexpr unsigned fault_words = IOMMU_FAULT_BYTES / 8;
constexpr std::uint32_t pasid_mask = 0xFFFFF;
constexpr unsigned page_request_words = IOMMU_PAGE_REQUEST_BYTES / 8;

AddressKind kind_of(dma::AddressType type) {
  return type == dma::AddressType::translated ? AddressKind::translated : AddressKind::untranslated;
}

/// A read with the intent to execute says so in its PASID.
Access access_of(const dma::Requester& requester, Access access) {
  const bool executes = requester.process && requester.process->execute;
  return access == Access::load && executes ? Access::fetch : access;
}

}  // namespace

Iommu::Iommu(const IommuConfig& config, const IommuSurroundings& surroundings)
    : config_(config),
      capabilities_(capabilities_of(config, surroundings.walker)),
      largest_mode_(surroundings.walker.largest_mode),
      memory_(surroundings.memory, surroundings.messages, surroundings.ownership, config.realm,
              surroundings.registers),
      iotlb_(mmu::OneLevelConfig{config.iotlb}, surroundings.service, "IOTLB",
             surroundings.invalidation_cycles),
      directories_(config, capabilities_, memory_),
      spaces_(surroundings.first_vmid, std::min(config.address_spaces, surroundings.vmids),
              surroundings.invalidator),
      pages_(iotlb_, spaces_, memory_, capabilities_),
      interrupts_(surroundings.lines, memory_,
                  [this](Address address, Cycles now) {
                    report({.cause = Cause::message_write_fault, .iotval = address}, false, now);
                  }),
      faults_(fault_words, memory_,
              [this](Cycles now) {
                if (faults_.interrupts()) interrupts_.raise(InterruptSource::fault, now);
              }),
      page_requests_(page_request_words, memory_,
                     [this](Cycles now) {
                       if (!page_requests_.interrupts()) return;
                       interrupts_.raise(InterruptSource::page_request, now);
                     }),
      commands_(memory_, *this, [this](Cycles now) { attend(now); }) {
  interrupts_.set_wired(config.interrupts == InterruptBy::wire);
}

Scope Iommu::scope_of(const Transaction& transaction, Cycles now) {
  class OfRealm final : public GuestAddressing {
   public:
    OfRealm(PageTranslation& pages, std::uint16_t realm) : pages_(pages), realm_(realm) {}
    Place guest_physical(const DeviceContext& device, Address address, Cycles when) override {
      return pages_.guest_physical(device, realm_, address, when);
    }

   private:
    PageTranslation& pages_;
    std::uint16_t realm_;
  } guest(pages_, realm_of(transaction.device));
  return find_scope(directory_, transaction, directories_, guest, now);
}

void Iommu::tell(const Transaction& transaction, IoVirtualAddress at,
                 TranslationObserver::Moment started, const TranslatedPage& found) const {
  if (observer_ == nullptr) return;
  observer_->used(transaction, at, started,
                  {.cause = found.cause,
                   .frame = found.page.translation.pfn,
                   .resident = found.message && found.message->resident,
                   .hit = found.page.hit});
}

TranslatedPage Iommu::translate_page(const Transaction& transaction, const FaultReport& of,
                                     IoVirtualAddress at, Cycles now, bool debug) {
  const auto started = observer_ != nullptr ? observer_->started(transaction, at) : 0;
  const Scope scope = scope_of(transaction, now);
  TranslatedPage result =
      scope.cause ? TranslatedPage{.cause = scope.cause, .iotval2 = scope.iotval2, .page = {}}
                  : pages_.translate(scope, realm_of(transaction.device), at, transaction.access,
                                     now + scope.latency);
  tell(transaction, at, started, result);
  const bool resident = result.message && result.message->resident;
  // Nobody can say where a message to a file in memory goes; nothing can be read there.
  if (resident && debug) result.cause = Cause::type_disallowed;
  if (resident && !debug && transaction.access != Access::store) {
    result.cause = cause_of(Fault::access_fault, transaction.access);
  }
  result.page.cost.walk += scope.latency;
  result.page.cost.walks += scope.work.walks;
  result.page.cost.reads += scope.work.reads;
  statistics_.translation_cycles += result.page.cost.total();
  statistics_.walks += result.page.cost.walks;
  statistics_.table_reads += result.page.cost.reads;
  if (!result.cause) return result;
  result.page.fault = fault_of(*result.cause);
  result.page.fault_address = at.value();
  FaultReport fault = of;
  fault.cause = *result.cause;
  fault.iotval2 = result.iotval2;
  report(fault, scope.silent, now + result.page.cost.total());
  return result;
}

dma::DmaPage Iommu::translate(const dma::Requester& requester, IoVirtualAddress at, Access access,
                              Cycles now) {
  ++statistics_.transactions;
  const bool translated = requester.type == dma::AddressType::translated;
  statistics_.translated_requests += translated ? 1u : 0u;
  const Access wanted = access_of(requester, access);
  const Transaction transaction{.device = requester.device,
                                .process = requester.process,
                                .kind = kind_of(requester.type),
                                .access = wanted};
  const TranslatedPage found = translate_page(transaction,
                                              {.type = type_of(requester.type, wanted),
                                               .device = requester.device,
                                               .process = requester.process,
                                               .iotval = at.value()},
                                              at, now);
  statistics_.interrupt_file_writes += found.message ? 1u : 0u;
  return found.page;
}

dma::Delivery Iommu::deliver(const dma::Requester& requester, IoVirtualAddress at,
                             std::span<const std::byte> bytes, Cycles now) {
  const Transaction transaction{.device = requester.device,
                                .process = requester.process,
                                .kind = kind_of(requester.type),
                                .access = Access::store};
  FaultReport fault{.type = type_of(requester.type, Access::store),
                    .device = requester.device,
                    .process = requester.process,
                    .iotval = at.value()};
  const TranslatedPage found = translate_page(transaction, fault, at, now);
  const Cycles taken = found.page.cost.total();
  if (found.cause) return {found.page.fault, taken};
  std::uint32_t data = 0;
  const bool whole = bytes.size() == sizeof data && at.value() % sizeof data == 0;
  if (!found.page.message || !whole) return {Fault::access_fault, taken};
  std::memcpy(&data, bytes.data(), sizeof data);
  const MrifStored stored = store_in_mrif(
      *found.message, static_cast<std::uint32_t>(offset_in_page(at)), data, memory_, now + taken);
  statistics_.notices += stored.noticed ? 1u : 0u;
  if (!stored.cause) return {Fault::none, taken + stored.latency};
  fault.cause = *stored.cause;
  report(fault, false, now + taken + stored.latency);
  return {Fault::access_fault, taken + stored.latency};
}

void Iommu::report(const FaultReport& fault, bool silent, Cycles now) {
  ++statistics_.faults;
  if (silent && !reported_despite_dtf(fault.cause)) {
    ++statistics_.unreported_faults;
    return;
  }
  RecordQueue::Record record{};
  record[0] = std::uint64_t{static_cast<std::uint16_t>(fault.cause)} |
              std::uint64_t{static_cast<std::uint8_t>(fault.type)} << IOMMU_FAULT_TTYP_SHIFT |
              std::uint64_t{fault.device} << IOMMU_FAULT_DID_SHIFT;
  if (fault.process) {
    record[0] |= IOMMU_FAULT_PV |
                 std::uint64_t{fault.process->number & pasid_mask} << IOMMU_FAULT_PID_SHIFT |
                 (fault.process->privileged ? IOMMU_FAULT_PRIV : 0);
  }
  record[IOMMU_FAULT_IOTVAL / 8] = fault.iotval;
  record[IOMMU_FAULT_IOTVAL2 / 8] = fault.iotval2;
  (void)faults_.push(record, now);  // what is lost is counted there
}

void Iommu::invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                       InvalidationBus& bus) {
  const bool of_data = invalidation.operation == Invalidation::Operation::by_frame &&
                       invalidation.last_level;  // frames that hold no tables
  if (concerns_ownership(invalidation)) {
    if (!of_data) directories_.invalidate_all();
    if (observer_ != nullptr) observer_->changed(invalidation);
  }
  iotlb_.invalidate(invalidation, ticket, bus);
}

void Iommu::attend(Cycles now) {
  if (commands_.wants_interrupt()) interrupts_.raise(InterruptSource::command, now);
}

bool Iommu::has_work() const {
  return !working_ && ((debug_control_ & IOMMU_TR_REQ_GO) != 0 || commands_.ready());
}

Cycles Iommu::start_work(Cycles now) {
  working_ = true;
  if ((debug_control_ & IOMMU_TR_REQ_GO) != 0) {
    work_ = Work::debug;
    return debug_translate(now);
  }
  work_ = Work::command;
  return commands_.start(now) + config_.command_cycles;
}

void Iommu::finish_work(Cycles now) {
  if (work_ == Work::debug) {
    debug_response_ = debug_result_;
    debug_control_ &= ~IOMMU_TR_REQ_GO;
  } else if (work_ == Work::command) {
    switch (commands_.finish(now)) {
      case CommandEnd::completed:
        ++statistics_.commands;
        break;
      case CommandEnd::illegal:
        ++statistics_.illegal_commands;
        break;
      case CommandEnd::timeout:
        ++statistics_.command_timeouts;
        break;
      case CommandEnd::memory_fault:
        ++statistics_.command_memory_faults;
        break;
    }
  }
  work_ = Work::none;
  working_ = false;
}

void Iommu::visit(StatisticVisitor& v) const {
  v.enter("iommu");
  statistics_.visit(v);
  iotlb_.visit_one(v, "iotlb", largest_mode_);
  v.block("directories", directories_);
  v.block("address_spaces", spaces_.statistics());
  v.block("fault_queue", faults_.statistics());
  v.block("page_request_queue", page_requests_.statistics());
  v.block("interrupts", interrupts_.statistics());
  v.leave();
}

}  // namespace kilburn::iommu
