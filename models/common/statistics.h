// Statistics: counters, histograms and formulas, declared once where they are counted.
//
// A block keeps plain integers in a struct and names them in `visit`:
//
//     struct WalkerStatistics {
//       std::uint64_t walks = 0;
//       Histogram cycles = Histogram::log2(24);
//       void visit(StatisticVisitor& v) const {
//         v.counter("walks", walks, "walks", "page-table walks started");
//         v.histogram("cycles", cycles, "cycles", "latency of a walk");
//         v.ratio("reads_per_walk", memory_reads, walks, "reads/walk", "memory reads a walk");
//       }
//     };
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

namespace kilburn {

/// Counts samples by value: one bucket a value, or one for each power of two.
class Histogram {
 public:
  /// Buckets 0, 1, ... `last`; larger samples count in the last.
  static Histogram linear(unsigned last) { return {last + 1, false}; }
  /// Bucket 0 holds 0, bucket k holds 2^(k-1) .. 2^k - 1; larger samples count in the last.
  static Histogram log2(unsigned buckets) { return {buckets, true}; }

  void add(std::uint64_t sample, std::uint64_t times = 1) {
    if (times == 0) return;
    const std::uint64_t bucket =
        logarithmic_ ? static_cast<std::uint64_t>(std::bit_width(sample)) : sample;
    buckets_[std::min<std::uint64_t>(bucket, buckets_.size() - 1)] += times;
    count_ += times;
    sum_ += sample * times;
    max_ = std::max(max_, sample);
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t sum() const { return sum_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] double mean() const {
    return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }
  [[nodiscard]] const std::vector<std::uint64_t>& buckets() const { return buckets_; }
  /// Smallest sample that the bucket counts. Example: `log2(8).lower_bound(3)` is 4.
  [[nodiscard]] std::uint64_t lower_bound(unsigned bucket) const;
  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  Histogram(unsigned buckets, bool logarithmic) : buckets_(buckets), logarithmic_(logarithmic) {}

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
  bool logarithmic_;
};

/// Receives what a block declares, in the order of declaration.
class StatisticVisitor {
 public:
  virtual ~StatisticVisitor() = default;
  virtual void enter(std::string_view block) = 0;
  virtual void leave() = 0;
  virtual void counter(std::string_view name, std::uint64_t value, std::string_view unit,
                       std::string_view sentence) = 0;
  virtual void formula(std::string_view name, double value, std::string_view unit,
                       std::string_view sentence) = 0;
  virtual void histogram(std::string_view name, const Histogram& value, std::string_view unit,
                         std::string_view sentence) = 0;

  /// A formula `numerator / denominator`, 0 where nothing was counted.
  void ratio(std::string_view name, std::uint64_t numerator, std::uint64_t denominator,
             std::string_view unit, std::string_view sentence) {
    formula(
        name,
        denominator == 0 ? 0.0 : static_cast<double>(numerator) / static_cast<double>(denominator),
        unit, sentence);
  }
  /// Declares `block` (anything with `visit(StatisticVisitor&) const`) under `name`.
  template <class Block>
  void block(std::string_view name, const Block& block) {
    enter(name);
    block.visit(*this);
    leave();
  }
};

}  // namespace kilburn
