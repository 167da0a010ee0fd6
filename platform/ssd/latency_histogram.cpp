#include "platform/ssd/latency_histogram.h"

#include <algorithm>
#include <cmath>

namespace kilburn::ssd {

std::uint64_t LatencyHistogram::last_of(std::size_t bucket) {
  if (bucket < within) return bucket;
  const std::size_t shift = (bucket >> within_bits) - 1;
  return ((within + (bucket & (within - 1)) + 1) << shift) - 1;
}

std::uint64_t LatencyHistogram::percentile(double share) const {
  if (count_ == 0) return 0;
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= wanted) return std::min(last_of(bucket), max_);
  }
  return max_;
}

void LatencyHistogram::add(const LatencyHistogram& other) {
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    buckets_[bucket] += other.buckets_[bucket];
  }
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

void LatencyHistogram::visit(StatisticVisitor& v) const {
  v.formula("mean", mean(), "ns", "latency, mean");
  v.counter("p50", percentile(0.5), "ns", "that half of them do not exceed");
  v.counter("p90", percentile(0.9), "ns", "90 percent");
  v.counter("p99", percentile(0.99), "ns", "99 percent");
  v.counter("p99_9", percentile(0.999), "ns", "99.9 percent");
  v.counter("p99_99", percentile(0.9999), "ns", "99.99 percent");
  v.counter("max", max_, "ns", "the longest");
}

}  // namespace kilburn::ssd
