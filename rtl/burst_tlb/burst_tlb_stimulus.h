// Constrained random streams for the ports of a burst TLB.
#pragma once

#include <cstdint>
#include <vector>

#include "burst_tlb/burst_tlb_ports.h"
#include "burst_tlb/burst_tlb_rtl.h"

namespace kilburn::burst_tlb {

/// How often each port is used, and what with. Weights are of 256; a new set is drawn for each
/// phase of the stream, so that one stream has thrashing, quiet, flushing and crowded stretches.
struct StimulusWeights {
  std::uint32_t lookup = 0;
  std::uint32_t fill = 0;
  std::uint32_t invalidate = 0;
  std::uint32_t all = 0;        ///< of invalidations, beside those that are drawn so anyway
  std::uint32_t refill = 0;     ///< of fills: what a lookup has missed, rather than any page
  std::uint32_t store = 0;      ///< of lookups
  std::uint32_t global = 0;     ///< of fills
  std::uint32_t fragment = 0;   ///< of fills: of a larger leaf
  std::uint32_t neighbour = 0;  ///< of a line's slots
  std::uint32_t contexts = 0;   ///< address spaces in use
  std::uint32_t regions = 0;    ///< runs of pages in use
  std::uint32_t pages = 0;      ///< of a run: those of one entry, or of a few
};

/// Deterministic: geometry and seed give the stream. Pages, frames and contexts come from small
/// pools that collide in sets and tags, the pools' places from the whole width of their fields.
class RandomStimulus {
 public:
  RandomStimulus(const RtlParameters& parameters, std::uint64_t seed);

  /// What the ports are offered next; what was not taken (as the port's contract says) is offered
  /// again. Valid until the next call.
  const PortRequests& next(bool ready);
  /// What was offered last has missed: a later fill may answer it.
  void missed() { last_miss_ = lookup_; }

 private:
  [[nodiscard]] std::uint64_t random();
  [[nodiscard]] std::uint64_t below(std::uint64_t n) { return random() % n; }
  [[nodiscard]] bool chance(std::uint32_t of_256) { return (random() & 255) < of_256; }
  void draw_phase();
  [[nodiscard]] PageNumber page();
  [[nodiscard]] Context context();
  [[nodiscard]] Translation translation(PageNumber vpn, bool global);
  void draw_fill();
  void draw_invalidate();

  RtlParameters parameters_;
  std::uint64_t state_;
  std::uint64_t left_in_phase_ = 0;
  StimulusWeights weights_{};
  std::vector<PageNumber> regions_;
  std::vector<Context> contexts_;
  Comparand lookup_{};
  FillRequest fill_{};
  FillRequest leaf_{};  ///< the last of a larger leaf, until it is invalidated
  Invalidation invalidate_{};
  PortRequests requests_{};
  bool taken_ = false;  ///< the port took what it was offered last
  Comparand last_miss_{};
};

}  // namespace kilburn::burst_tlb
