#include "common/statistics.h"

namespace kilburn {

std::uint64_t Histogram::lower_bound(unsigned bucket) const {
  if (!logarithmic_) return bucket;
  return bucket == 0 ? 0 : std::uint64_t{1} << (bucket - 1);
}

}  // namespace kilburn
