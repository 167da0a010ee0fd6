// Which entries an invalidation concerns, whatever they are tagged by.
#pragma once

#include "common/invalidation.h"
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
  const bool same_vmid = subject.context.vmid == invalidation.context.vmid;
  const bool same_space =
      stage1 && same_vmid && subject.context.asid == invalidation.context.asid && !subject.spared;
  switch (invalidation.operation) {
    case all:
      return true;
    case by_vmid:
      return same_vmid;
    case by_asid:
      return same_space;
    case by_va_asid:
      return same_space && serves();
    case by_va:
      return stage1 && same_vmid && serves();
    case by_guest_frame:
      // A guest's stage-1 descriptor was read from a frame that the G-stage named; a physical tag
      // does not say from which guest-physical page, so the VMID decides. What virtual indices lead
      // to are guest-physical pointers, which the G-stage does not change.
      return same_vmid && (stage1 ? subject.frame_known : serves());
    case by_realm:
      return subject.context.realm == invalidation.context.realm;
    case by_frame:
      // Virtual indices do not say where the descriptors lie: any may have been there.
      return !subject.frame_known || invalidation.covers_frame(subject.frame);
  }
  return true;
}

}  // namespace kilburn::page_table_cache
