#include <algorithm>

#include "iommu/iommu.h"
#include "kilburn/iommu.h"

namespace kilburn::iommu {

namespace {

constexpr std::uint32_t pasid_mask = 0xFFFFF;

/// Answered with success and no rights, and not reported: the page is not there, or not yet.
bool means_no_rights(Cause cause) {
  return fault_of(cause) == Fault::guest_page_fault || cause == Cause::fetch_page_fault ||
         cause == Cause::load_page_fault || cause == Cause::store_page_fault ||
         cause == Cause::msi_not_valid || cause == Cause::pdt_not_valid;
}

/// Answered as unsupported: the device may not ask.
bool means_unsupported(Cause cause) {
  switch (cause) {
    case Cause::all_disallowed:
    case Cause::ddt_access_fault:
    case Cause::ddt_not_valid:
    case Cause::ddt_misconfigured:
    case Cause::type_disallowed:
      return true;
    default:
      return false;
  }
}

}  // namespace

dma::AtsReply Iommu::ats_refusal(const FaultReport& fault, bool silent, Cycles latency,
                                 Cycles now) {
  using Status = dma::AtsReply::Status;
  if (means_no_rights(fault.cause)) return {.latency = latency};
  report(fault, silent, now + latency);
  return {.status = means_unsupported(fault.cause) ? Status::unsupported : Status::abort,
          .latency = latency};
}

TranslatedPage Iommu::ats_attempt(const Scope& scope, const dma::Requester& requester,
                                  IoVirtualAddress at, Access access, Cycles now) {
  const std::uint16_t realm = realm_of(requester.device);
  return scope.device->to_guest_physical ? pages_.translate_to_guest(scope, realm, at, access, now)
                                         : pages_.translate(scope, realm, at, access, now);
}

/// The load decides whether there is a translation; store and fetch each add a right. Nothing is
/// reported of a right that is not there. Source: chapter 2.6.
dma::AtsReply Iommu::translation_request(const dma::Requester& requester, IoVirtualAddress address,
                                         bool no_write, Cycles now) {
  ++statistics_.translation_requests;
  const IoVirtualAddress at(address.value() & ~(page_bytes - 1));
  const Transaction transaction{.device = requester.device,
                                .process = requester.process,
                                .kind = AddressKind::translation_request};
  FaultReport fault{.type = TransactionType::translation_request,
                    .device = requester.device,
                    .process = requester.process,
                    .iotval = address.value()};
  const auto started = observer_ != nullptr ? observer_->started(transaction, at) : 0;
  const Scope scope = scope_of(transaction, now);
  if (scope.cause) {
    tell(transaction, at, started, {.cause = scope.cause, .page = {}});
    fault.cause = *scope.cause;
    fault.iotval2 = scope.iotval2;
    return ats_refusal(fault, scope.silent, scope.latency, now);
  }
  Cycles taken = scope.latency;
  statistics_.walks += scope.work.walks;
  statistics_.table_reads += scope.work.reads;
  const auto attempt = [&](Access access) {
    TranslatedPage page = ats_attempt(scope, requester, at, access, now + taken);
    taken += page.page.cost.total();
    statistics_.walks += page.page.cost.walks;
    statistics_.table_reads += page.page.cost.reads;
    Transaction of_right = transaction;
    of_right.access = access;
    tell(of_right, at, started, page);
    return page;
  };
  const TranslatedPage read = attempt(Access::load);
  if (read.cause) {
    fault.cause = *read.cause;
    fault.iotval2 = read.iotval2;
    return ats_refusal(fault, scope.silent, taken, now);
  }
  const bool executes = requester.process && requester.process->execute;
  const Translation& found = read.page.translation;
  const unsigned order = std::min<unsigned>(found.piece_order(), 64 - page_shift - 1);
  dma::AtsReply reply{.readable = true};
  reply.writable = !no_write && !attempt(Access::store).cause;
  reply.executable = executes && !attempt(Access::fetch).cause;
  reply.global = requester.process.has_value() && found.global() && !read.message;
  reply.untranslated_only = read.message && read.message->resident;
  if (reply.untranslated_only) reply.writable = true;
  reply.address = PhysicalAddress(found.pfn >> order << order << page_shift);
  reply.bytes = page_bytes << order;
  reply.latency = taken;
  statistics_.translation_cycles += taken;
  return reply;
}

/// Source: chapters 2.8 and 3.3.
void Iommu::page_request(const dma::PageRequest& request, Cycles now) {
  using Response = dma::PageResponse;
  ++statistics_.page_requests;
  constexpr std::uint64_t page_request_message = 4;  // its message code, in iotval
  FaultReport fault{.type = TransactionType::message,
                    .device = request.device,
                    .process = request.process,
                    .iotval = page_request_message};
  const Scope scope = find_device(
      directory_, {.device = request.device, .kind = AddressKind::message}, directories_, now);
  if (scope.cause || !scope.device->page_requests) {
    fault.cause = scope.cause.value_or(Cause::type_disallowed);
    report(fault, scope.silent, now);
    const bool invalid = fault.cause == Cause::type_disallowed;
    return answer_page_request(request, invalid ? Response::invalid_request : Response::failure,
                               !invalid, now);
  }
  RecordQueue::Record record{};
  record[0] = std::uint64_t{request.device} << IOMMU_PAGE_REQUEST_DID_SHIFT;
  if (request.process) {
    record[0] |= IOMMU_PAGE_REQUEST_PV |
                 std::uint64_t{request.process->number & pasid_mask}
                     << IOMMU_PAGE_REQUEST_PID_SHIFT |
                 (request.process->privileged ? IOMMU_PAGE_REQUEST_PRIV : 0) |
                 (request.process->execute ? IOMMU_PAGE_REQUEST_EXEC : 0);
  }
  record[1] = request.payload;
  switch (page_requests_.push(record, now)) {
    case RecordQueue::Pushed::queued:
      return;
    case RecordQueue::Pushed::overflow:
      return answer_page_request(request, Response::success, scope.device->response_has_pasid, now);
    case RecordQueue::Pushed::off:
    case RecordQueue::Pushed::memory_fault:
      return answer_page_request(request, Response::failure, true, now);
  }
}

/// Only the last request of a group wants an answer, and a stop marker (neither read nor write)
/// none.
void Iommu::answer_page_request(const dma::PageRequest& request, dma::PageResponse response,
                                bool with_pasid, Cycles now) {
  const bool last = (request.payload & IOMMU_PAGE_REQUEST_LAST) != 0;
  const bool marker = (request.payload & (IOMMU_PAGE_REQUEST_READ | IOMMU_PAGE_REQUEST_WRITE)) == 0;
  if (!last || marker || functions_ == nullptr) return;
  ++statistics_.automatic_responses;
  constexpr std::uint64_t group_mask = 0x1FF;
  constexpr unsigned destination_shift = 48;
  constexpr unsigned response_shift = 44;
  constexpr unsigned group_shift = 32;
  const std::uint64_t group = request.payload >> IOMMU_PAGE_REQUEST_GROUP_SHIFT & group_mask;
  dma::AtsPort::GroupResponse message{
      .device = request.device,
      .payload = std::uint64_t{request.device & 0xFFFF} << destination_shift |
                 static_cast<std::uint64_t>(response) << response_shift | group << group_shift};
  if (with_pasid && request.process) message.pasid = request.process->number;
  functions_->respond(message, now);
}

}  // namespace kilburn::iommu
