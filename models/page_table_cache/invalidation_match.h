// Which entries an invalidation concerns, whatever they are tagged by.
#pragma once

#include "common/invalidation_reach.h"
#include "page_table_cache/cache_config.h"

namespace kilburn::page_table_cache {

/// What an entry says of one descriptor.
struct Subject {
  Stage stage = Stage::stage1;
  Context context{};         ///< of the G-stage: its ASID means nothing
  bool spared = false;       ///< its G bit spares it from invalidation by ASID
  bool frame_known = false;  ///< the tag says where it lies
  PageNumber frame = 0;      ///< that it lies in, where that is known
};

/// True where `invalidation` concerns `subject`; `serves` says whether the descriptor is on the way
/// to a page that the operation names.
template <class Serves>
[[nodiscard]] bool matches(const Invalidation& invalidation, const Subject& subject,
                           Serves serves) {
  using enum Invalidation::Operation;
  const bool stage1 = subject.stage == Stage::stage1;
  // A G-stage has no ASIDs.
  if (!reaches(invalidation, subject.context, subject.spared || !stage1)) return false;
  switch (invalidation.operation) {
    case by_va_asid:
    case by_va:
      return stage1 && serves();
    case by_guest_frame:
      // A guest's stage-1 descriptor was read from a frame that the G-stage named; a physical tag
      // does not say from which guest-physical page, so the VMID decides. What virtual indices lead
      // to are guest-physical pointers, which the G-stage does not change.
      return stage1 ? subject.frame_known : serves();
    case by_frame:
      // Virtual indices do not say where the descriptors lie: any may have been there.
      return !subject.frame_known || invalidation.covers_frame(subject.frame);
    default:
      return true;
  }
}

}  // namespace kilburn::page_table_cache
