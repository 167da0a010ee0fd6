#include "nvme/prp.h"

#include <algorithm>

namespace kilburn::nvme {

namespace {

constexpr std::uint64_t entry_bytes = 8;

Piece piece(std::uint64_t at, std::uint64_t bytes) {
  return {IoVirtualAddress(at), static_cast<std::uint32_t>(bytes)};
}

}  // namespace

PrpWalk PrpWalker::walk(HostQueue queue, std::uint64_t prp1, std::uint64_t prp2,
                        std::uint64_t bytes, std::uint64_t page, Nanoseconds now,
                        std::vector<Piece>& pieces) {
  pieces.clear();
  if (bytes == 0) return {};
  if (prp1 % 4 != 0) return {.status = NVME_INVALID_PRP_OFFSET};
  const std::uint64_t first = std::min(bytes, page - prp1 % page);
  pieces.push_back(piece(prp1, first));
  bytes -= first;
  if (bytes == 0) return {};
  if (bytes > page) return walk_list(queue, prp2, bytes, page, now, pieces);
  if (prp2 % page != 0) return {.status = NVME_INVALID_PRP_OFFSET};
  pieces.push_back(piece(prp2, bytes));
  return {};
}

PrpWalk PrpWalker::walk_list(HostQueue queue, std::uint64_t list, std::uint64_t bytes,
                             std::uint64_t page, Nanoseconds now, std::vector<Piece>& pieces) {
  if (list % entry_bytes != 0) return {.status = NVME_INVALID_PRP_OFFSET};
  PrpWalk result;
  while (bytes != 0) {
    const std::uint64_t here = (page - list % page) / entry_bytes;
    const std::uint64_t needed = (bytes + page - 1) / page;
    const bool chains = needed > here;
    entries_.resize(std::min(needed, here));
    const HostReply reply =
        host_.read(queue, IoVirtualAddress(list), std::as_writable_bytes(std::span(entries_)),
                   now + result.latency);
    result.latency += reply.latency;
    if (!reply.ok) return {.status = NVME_DATA_TRANSFER_ERROR, .latency = result.latency};
    for (const std::uint64_t entry : entries_) {
      if (entry % page != 0) {
        return {.status = NVME_INVALID_PRP_OFFSET, .latency = result.latency};
      }
    }
    if (chains) {
      list = entries_.back();
      entries_.pop_back();
    }
    for (const std::uint64_t entry : entries_) {
      const std::uint64_t length = std::min(bytes, page);
      pieces.push_back(piece(entry, length));
      bytes -= length;
    }
  }
  return result;
}

}  // namespace kilburn::nvme
