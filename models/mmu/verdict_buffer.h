// Verdict buffer: a client's copies of the ownership verdicts on frames that it reaches without
// translation, as its TLBs keep them of those that it translates.
#pragma once

#include <array>
#include <cstdint>

#include "common/invalidation_reach.h"
#include "common/ownership.h"

namespace kilburn::mmu {

/// Where nothing is translated a frame is reached from the page of the same number.
struct UntranslatedAccess {
  PageNumber frame = 0;
  Access access = Access::load;
  std::uint16_t realm = 0;
};

/// Eight verdicts, each on a naturally aligned block of frames, fully associative; the oldest makes
/// room for a new one. A hit changes nothing, so hits need not be made one by one. No time: it
/// answers beside the access.
class VerdictBuffer {
 public:
  struct Verdict {
    PageNumber first = 0;
    std::uint8_t order = 0;  ///< log2 of the frames
    std::uint16_t realm = 0;
    bool writable = false;
    bool valid = false;
    [[nodiscard]] PageNumber last() const { return first + (PageNumber{1} << order) - 1; }
  };

  /// The verdict that allows it; null: none here does.
  [[nodiscard]] const Verdict* find(const UntranslatedAccess& request) const {
    for (const Verdict& verdict : verdicts_) {
      if (verdict.valid && (request.frame ^ verdict.first) >> verdict.order == 0 &&
          verdict.realm == request.realm && (verdict.writable || request.access != Access::store)) {
        return &verdict;
      }
    }
    return nullptr;
  }
  /// `reply` allows the request, and is not transient.
  void keep(const UntranslatedAccess& request, const OwnershipReply& reply) {
    verdicts_[oldest_] = {.first = request.frame >> reply.order << reply.order,
                          .order = reply.order,
                          .realm = request.realm,
                          .writable = reply.writable,
                          .valid = true};
    oldest_ = (oldest_ + 1) % verdicts_.size();
  }
  /// Verdicts depend on no page table: only what the RMU invalidates concerns them.
  void invalidate(const Invalidation& invalidation) {
    if (!concerns_ownership(invalidation)) return;
    for (Verdict& verdict : verdicts_) {
      if (reaches(invalidation, {.realm = verdict.realm}) &&
          reaches_frames(invalidation, {verdict.first, PageNumber{1} << verdict.order})) {
        verdict.valid = false;
      }
    }
  }

 private:
  std::array<Verdict, 8> verdicts_{};
  std::size_t oldest_ = 0;
};

}  // namespace kilburn::mmu
