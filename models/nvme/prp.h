// Physical region pages: where the data of a command lies in host memory.
// Source: NVM Express 1.4, chapter 4.3.
#pragma once

#include <cstdint>
#include <vector>

#include "nvme/host.h"
#include "nvme/status.h"

namespace kilburn::nvme {

/// A part of a command's data, within one page.
struct Piece {
  IoVirtualAddress at{};
  std::uint32_t bytes = 0;
};

struct PrpWalk {
  Status status = NVME_SUCCESS;
  Nanoseconds latency = 0;  ///< of the lists that were read
};

/// Modelled: an offset in PRP1, PRP2 as page or list, lists that begin in mid-page and chain.
/// Errors: NVME_INVALID_PRP_OFFSET, and NVME_DATA_TRANSFER_ERROR for a list that cannot be read.
class PrpWalker {
 public:
  explicit PrpWalker(HostMemory& host) : host_(host) {}
  /// `pieces` becomes where `bytes` lie. `page`: bytes of a page, a power of two.
  PrpWalk walk(HostQueue queue, std::uint64_t prp1, std::uint64_t prp2, std::uint64_t bytes,
               std::uint64_t page, Nanoseconds now, std::vector<Piece>& pieces);

 private:
  PrpWalk walk_list(HostQueue queue, std::uint64_t list, std::uint64_t bytes, std::uint64_t page,
                    Nanoseconds now, std::vector<Piece>& pieces);

  HostMemory& host_;
  std::vector<std::uint64_t> entries_;  ///< of one page of a list
};

}  // namespace kilburn::nvme
