#include "iommu/page_translation.h"

#include "common/guest_page_watch.h"

namespace kilburn::iommu {

namespace {

using page_table_walker::FaultingAccess;

/// Interrupt files are reached by the MSI page table, never by the second stage.
class FileWatch final : public GuestPageWatch {
 public:
  explicit FileWatch(const InterruptFiles& files) : files_(files) {}
  [[nodiscard]] std::optional<std::uint8_t> translatable(PageNumber page) const override {
    if (files_.holds(page)) return std::nullopt;
    return files_.order_without(page);
  }

 private:
  const InterruptFiles& files_;
};

/// The walk is to end between the stages.
class FirstStageOnly final : public GuestPageWatch {
 public:
  [[nodiscard]] std::optional<std::uint8_t> translatable(PageNumber /*page*/) const override {
    return std::nullopt;
  }
};

/// Source: chapter 3.2: bits 63 to 2 of the guest-physical address; bit 0 for an implicit access,
/// bit 1 where that was a write.
std::uint64_t iotval2_of(const mmu::Translated& page) {
  const std::uint64_t address = page.fault_address & ~std::uint64_t{3};
  switch (page.faulting_access) {
    case FaultingAccess::original:
      return address;
    case FaultingAccess::table_read:
      return address | 1;
    case FaultingAccess::table_write:
      return address | 3;
  }
  return address;
}

AddressSpace space_of(const DeviceContext& device, const FirstStage& first, std::uint16_t realm) {
  AddressSpace space{.regime = {.stage1 = first.mode,
                                .root = first.root,
                                .guest_stage = device.guest_mode,
                                .guest_root = device.guest_root,
                                .context = {.realm = realm}},
                     .gscid = device.gscid,
                     .pscid = first.pscid,
                     .files = device.files};
  if (space.regime.stage1 == PagingMode::bare) {
    // Nothing of a first stage says who is who.
    space.regime.root = 0;
    space.pscid = 0;
    space.files = {};
  }
  return space;
}

TranslatedPage refused(Cause cause, Cycles latency, std::uint32_t reads = 0) {
  TranslatedPage result{.cause = cause, .page = {}};
  result.page.cost.walk = latency;
  result.page.cost.reads = reads;
  return result;
}

/// What came before `page` was found.
void add_before(TranslatedPage& page, const mmu::Cost& before) {
  mmu::Cost& cost = page.page.cost;
  cost.walk += before.total();
  cost.walks += before.walks;
  cost.reads += before.reads;
}

}  // namespace

TranslatedPage PageTranslation::translate(const Scope& scope, std::uint16_t realm,
                                          IoVirtualAddress at, Access access, Cycles now) {
  if (scope.identity) return untranslated(realm, at, access, now);
  const DeviceContext& device = *scope.device;
  const InterruptFiles& files = device.files;
  if (scope.first.mode == PagingMode::bare) {
    if (files.holds(page_of(at))) return to_interrupt_file(scope, realm, at.value(), access, now);
    if (device.guest_mode == PagingMode::bare) return untranslated(realm, at, access, now);
    return through_stages(scope.privilege, space_of(device, scope.first, realm), at, access,
                          nullptr, now);
  }
  const FileWatch watch(files);
  TranslatedPage result = through_stages(scope.privilege, space_of(device, scope.first, realm), at,
                                         access, files.on ? &watch : nullptr, now);
  const mmu::Translated& page = result.page;
  if (page.fault == Fault::guest_page_fault && page.faulting_access == FaultingAccess::original &&
      files.holds(page.fault_address >> page_shift)) {
    const mmu::Cost before = page.cost;
    result = to_interrupt_file(scope, realm, page.fault_address, access, now + before.total());
    add_before(result, before);
  }
  return result;
}

TranslatedPage PageTranslation::translate_to_guest(const Scope& scope, std::uint16_t realm,
                                                   IoVirtualAddress at, Access access, Cycles now) {
  Address guest = at.value();
  mmu::Cost before;
  if (scope.first.mode != PagingMode::bare) {
    AddressSpace space = space_of(*scope.device, scope.first, realm);
    space.to_guest_physical = true;
    const FirstStageOnly watch;
    const TranslatedPage first = through_stages(scope.privilege, space, at, access, &watch, now);
    const bool reached = first.page.fault == Fault::guest_page_fault &&
                         first.page.faulting_access == FaultingAccess::original;
    if (!reached) return first;
    guest = first.page.fault_address;
    before = first.page.cost;
  }
  Scope second = scope;
  second.first = {};
  second.privilege.privilege = Privilege::user;
  TranslatedPage result =
      translate(second, realm, IoVirtualAddress(guest), access, now + before.total());
  add_before(result, before);
  result.page.translation.pfn = guest >> page_shift;
  result.page.translation.verdict_order = 0;
  return result;
}

TranslatedPage PageTranslation::through_stages(const PrivilegeState& privilege,
                                               const AddressSpace& space, IoVirtualAddress at,
                                               Access access, const GuestPageWatch* watch,
                                               Cycles now) {
  const AddressSpaces::Opened opened = spaces_.open(space, now);
  if (!opened.use.ok()) return refused(Cause::data_path, opened.latency);
  const Cycles then = now + opened.latency;
  TranslatedPage result;
  result.page = iotlb_.translate({.va = at.value(),
                                  .access = access,
                                  .privilege = privilege,
                                  .regime = opened.use.regime(),
                                  .watch = watch},
                                 [then] { return then; });
  mmu::Translated& page = result.page;
  page.cost.walk += opened.latency;
  if (page.fault == Fault::none) return result;
  result.cause = cause_of(page.fault, access);
  if (page.fault == Fault::guest_page_fault) result.iotval2 = iotval2_of(page);
  return result;
}

TranslatedPage PageTranslation::to_interrupt_file(const Scope& scope, std::uint16_t realm,
                                                  Address guest, Access access, Cycles now) {
  // Step 15 of the MSI address translation: such a page is readable and writable, not executable.
  if (access == Access::fetch) return refused(Cause::fetch_access_fault, 0);
  const MsiTarget target =
      find_msi_target(*scope.device, guest >> page_shift, capabilities_, memory_, now);
  if (target.cause) return refused(*target.cause, target.latency, target.reads);
  if (!target.resident) {
    const IoVirtualAddress file((target.frame << page_shift) | (guest & (page_bytes - 1)));
    TranslatedPage result = untranslated(realm, file, access, now + target.latency);
    add_before(result, {.walk = target.latency, .reads = target.reads});
    result.message = target;
    return result;
  }
  TranslatedPage result;
  result.page.message = true;
  add_before(result, {.walk = target.latency, .reads = target.reads});
  result.message = target;
  return result;
}

TranslatedPage PageTranslation::untranslated(std::uint16_t realm, IoVirtualAddress at,
                                             Access access, Cycles now) {
  TranslatedPage result;
  result.page =
      dma::translate_page(iotlb_, {.regime = {.context = {.realm = realm}}}, at, access, now);
  result.page.translation.permissions =
      pte::read | pte::write | pte::execute | pte::accessed | pte::dirty | pte::user;
  if (result.page.fault != Fault::none) result.cause = cause_of(result.page.fault, access);
  return result;
}

GuestAddressing::Place PageTranslation::guest_physical(const DeviceContext& device,
                                                       std::uint16_t realm, Address address,
                                                       Cycles now) {
  const TranslatedPage found =
      through_stages({.guest_svade = !device.guest_ad}, space_of(device, {}, realm),
                     IoVirtualAddress(address), Access::load, nullptr, now);
  const mmu::Translated& page = found.page;
  return {.fault = found.cause == Cause::data_path ? Fault::access_fault : page.fault,
          .physical = (page.translation.pfn << page_shift) | (address & (page_bytes - 1)),
          .latency = page.cost.total(),
          .work = {page.cost.walks, page.cost.reads}};
}

}  // namespace kilburn::iommu
