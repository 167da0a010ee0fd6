// How commands end. Source: NVM Express 1.4, chapter 4.6.1.
#pragma once

#include <cstdint>

#include "ftl/media.h"
#include "kilburn/nvme.h"

namespace kilburn::nvme {

/// NVME_SUCCESS ...: type << 8 | code.
using Status = std::uint16_t;

/// The same command would meet the same again.
[[nodiscard]] constexpr bool do_not_retry(Status status) {
  switch (status) {
    case NVME_SUCCESS:
    case NVME_INTERNAL_ERROR:
    case NVME_ABORT_REQUESTED:
    case NVME_SQ_DELETED:
    case NVME_DATA_TRANSFER_ERROR:
    case NVME_NAMESPACE_NOT_READY:
    case NVME_FORMAT_IN_PROGRESS:
    case NVME_WRITE_FAULT:
      return false;
    default:
      return true;
  }
}

[[nodiscard]] constexpr Status status_of(ftl::MediaStatus status) {
  using ftl::MediaStatus;
  switch (status) {
    case MediaStatus::success:
      return NVME_SUCCESS;
    case MediaStatus::unknown_namespace:
      return NVME_INVALID_NAMESPACE;
    case MediaStatus::out_of_range:
      return NVME_LBA_OUT_OF_RANGE;
    case MediaStatus::no_space:
      return NVME_INSUFFICIENT_CAPACITY;
    case MediaStatus::no_identifier:
      return NVME_NO_NAMESPACE_ID;
    case MediaStatus::busy:
      return NVME_NAMESPACE_NOT_READY;
    case MediaStatus::write_fault:
      return NVME_WRITE_FAULT;
    case MediaStatus::unrecovered_read:
      return NVME_UNRECOVERED_READ;
    case MediaStatus::deallocated:
      return NVME_DEALLOCATED;
  }
  return NVME_INTERNAL_ERROR;
}

}  // namespace kilburn::nvme
