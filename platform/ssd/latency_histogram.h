// Latencies in buckets that are a 64th of their value wide: percentiles within 1.6 percent.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "common/statistics.h"

namespace kilburn::ssd {

/// In nanoseconds.
class LatencyHistogram {
 public:
  void add(std::uint64_t ns) {
    ++buckets_[bucket_of(ns)];
    ++count_;
    sum_ += ns;
    max_ = ns > max_ ? ns : max_;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] double mean() const {
    return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }
  /// Smallest latency that at least `share` of the samples do not exceed; 0 without samples.
  [[nodiscard]] std::uint64_t percentile(double share) const;
  void add(const LatencyHistogram& other);
  void visit(StatisticVisitor& v) const;

 private:
  static constexpr unsigned within_bits = 6;
  static constexpr std::uint64_t within = 1u << within_bits;
  static constexpr unsigned octaves = 64 - within_bits;

  /// Values below 64 have buckets of their own.
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t ns) {
    if (ns < within) return ns;
    const auto shift = static_cast<unsigned>(std::bit_width(ns)) - within_bits - 1;
    return (std::size_t{shift + 1} << within_bits) + ((ns >> shift) - within);
  }
  /// Largest value that it counts.
  [[nodiscard]] static std::uint64_t last_of(std::size_t bucket);

  std::array<std::uint64_t, (octaves + 1) * within> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace kilburn::ssd
