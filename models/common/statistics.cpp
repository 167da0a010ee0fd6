#include "common/statistics.h"

#include <algorithm>
#include <bit>

namespace kilburn {

void Histogram::add(std::uint64_t sample, std::uint64_t times) {
  const std::uint64_t bucket =
      logarithmic_ ? static_cast<std::uint64_t>(std::bit_width(sample)) : sample;
  buckets_[std::min<std::uint64_t>(bucket, buckets_.size() - 1)] += times;
  count_ += times;
  sum_ += sample * times;
  max_ = std::max(max_, sample);
}

std::uint64_t Histogram::lower_bound(unsigned bucket) const {
  if (!logarithmic_) return bucket;
  return bucket == 0 ? 0 : std::uint64_t{1} << (bucket - 1);
}

}  // namespace kilburn
