// Why a transaction was refused, and what kind of transaction it was, as fault records say it.
// Source: RISC-V IOMMU Architecture 1.0.0, tables 11 and 12 (chapter 3.2).
#pragma once

#include <cstdint>
#include <optional>

#include "common/types.h"
#include "dma/requester.h"

namespace kilburn::iommu {

enum class Cause : std::uint16_t {
  fetch_access_fault = 1,
  load_access_fault = 5,
  store_access_fault = 7,
  fetch_page_fault = 12,
  load_page_fault = 13,
  store_page_fault = 15,
  fetch_guest_page_fault = 20,
  load_guest_page_fault = 21,
  store_guest_page_fault = 23,
  all_disallowed = 256,  ///< mode Off
  ddt_access_fault = 257,
  ddt_not_valid = 258,
  ddt_misconfigured = 259,
  type_disallowed = 260,
  msi_access_fault = 261,
  msi_not_valid = 262,
  msi_misconfigured = 263,
  mrif_access_fault = 264,
  pdt_access_fault = 265,
  pdt_not_valid = 266,
  pdt_misconfigured = 267,
  data_path = 272,            ///< the IOMMU's own: no context number is free
  message_write_fault = 273,  ///< its own interrupt message met a fault
};

enum class TransactionType : std::uint8_t {
  none = 0,
  untranslated_fetch = 1,
  untranslated_read = 2,
  untranslated_write = 3,
  translated_fetch = 5,
  translated_read = 6,
  translated_write = 7,
  translation_request = 8,
  message = 9,
};

[[nodiscard]] constexpr TransactionType type_of(dma::AddressType address, Access access) {
  const bool translated = address == dma::AddressType::translated;
  switch (access) {
    case Access::fetch:
      return translated ? TransactionType::translated_fetch : TransactionType::untranslated_fetch;
    case Access::load:
      return translated ? TransactionType::translated_read : TransactionType::untranslated_read;
    case Access::store:
      return translated ? TransactionType::translated_write : TransactionType::untranslated_write;
  }
  return TransactionType::none;
}

/// The cause of a fault that the translation service reports, by the original access.
[[nodiscard]] constexpr Cause cause_of(Fault fault, Access access) {
  constexpr std::uint16_t by_access[] = {0, 1, 3};  // fetch, load, store
  const std::uint16_t offset = by_access[static_cast<unsigned>(access)];
  switch (fault) {
    case Fault::page_fault:
      return static_cast<Cause>(12 + offset);
    case Fault::guest_page_fault:
      return static_cast<Cause>(20 + offset);
    case Fault::access_fault:
    case Fault::none:
      break;
  }
  constexpr Cause access_faults[] = {Cause::fetch_access_fault, Cause::load_access_fault,
                                     Cause::store_access_fault};
  return access_faults[static_cast<unsigned>(access)];
}

/// What a requester is told: what is not there, or not allowed, as a page fault; what memory or the
/// RMU refused, or software set up wrongly, as an access fault.
[[nodiscard]] constexpr Fault fault_of(Cause cause) {
  switch (cause) {
    case Cause::fetch_page_fault:
    case Cause::load_page_fault:
    case Cause::store_page_fault:
    case Cause::all_disallowed:
    case Cause::ddt_not_valid:
    case Cause::type_disallowed:
    case Cause::msi_not_valid:
    case Cause::pdt_not_valid:
      return Fault::page_fault;
    case Cause::fetch_guest_page_fault:
    case Cause::load_guest_page_fault:
    case Cause::store_guest_page_fault:
      return Fault::guest_page_fault;
    default:
      return Fault::access_fault;
  }
}

/// Reported although DC.tc.DTF is set: what was met before, or without, a device context.
[[nodiscard]] constexpr bool reported_despite_dtf(Cause cause) {
  switch (cause) {
    case Cause::all_disallowed:
    case Cause::ddt_access_fault:
    case Cause::ddt_not_valid:
    case Cause::ddt_misconfigured:
    case Cause::data_path:
    case Cause::message_write_fault:
      return true;
    default:
      return false;
  }
}

/// One refused transaction.
struct FaultReport {
  Cause cause{};
  TransactionType type = TransactionType::none;
  std::uint32_t device = 0;
  std::optional<dma::Pasid> process{};
  std::uint64_t iotval = 0;
  std::uint64_t iotval2 = 0;
};

}  // namespace kilburn::iommu
