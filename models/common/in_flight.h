// Uses of translations that take time: walks, requests, a device's transfers. An invalidation that
// reaches one marks it, and whoever makes it begins again.
#pragma once

#include <boost/intrusive/list.hpp>

#include "common/invalidation_reach.h"

namespace kilburn {

/// Leaves its list when it is destroyed, also where an exception, or the end of the simulation,
/// unwinds the stack that it lies on.
struct InFlight
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  bool overtaken = false;  ///< an invalidation has reached it since it (re)started
};

/// A use for one address space that any invalidation of it reaches, whatever the pages that it
/// names: the leaf that will be found may be larger than the page asked for.
struct ContextInFlight : InFlight {
  explicit ContextInFlight(const Context& of) : context(of) {}
  [[nodiscard]] bool reached_by(const Invalidation& invalidation) const {
    return reaches(invalidation, context);
  }
  Context context;
};

/// `Use` derives from InFlight and says `bool reached_by(const Invalidation&) const`.
template <class Use>
class UsesInFlight {
 public:
  void add(Use& use) { uses_.push_back(use); }
  void invalidate(const Invalidation& invalidation) {
    for (Use& use : uses_) {
      if (use.reached_by(invalidation)) use.overtaken = true;
    }
  }

 private:
  boost::intrusive::list<Use, boost::intrusive::constant_time_size<false>> uses_;
};

}  // namespace kilburn
