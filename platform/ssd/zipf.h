// Numbers whose popularity falls with their rank.
#pragma once

#include <cmath>
#include <cstdint>

#include "common/random.h"

namespace kilburn::ssd {

/// Draws k from 0 .. count - 1 with a probability in proportion to 1 / (k + 1)^theta. Source: Gray
/// et al., "Quickly generating billion-record synthetic databases", SIGMOD 1994; the sum of the
/// probabilities by the Euler-Maclaurin formula beyond the first thousand terms, so that a large
/// count costs no time.
class Zipf {
 public:
  Zipf(std::uint64_t count, double theta)
      : count_(count),
        theta_(theta),
        alpha_(1.0 / (1.0 - theta)),
        zeta_(zeta(count, theta)),
        eta_((1.0 - std::pow(2.0 / static_cast<double>(count), 1.0 - theta)) /
             (1.0 - zeta(2, theta) / zeta_)) {}

  [[nodiscard]] std::uint64_t draw(std::uint64_t& random) const {
    const double u = static_cast<double>(next_random(random) >> 11) * 0x1p-53;
    const double at = u * zeta_;
    if (at < 1.0 || count_ == 1) return 0;
    if (at < 1.0 + std::pow(0.5, theta_)) return 1;
    const double rank = static_cast<double>(count_) * std::pow(eta_ * u - eta_ + 1.0, alpha_);
    const auto k = static_cast<std::uint64_t>(rank);
    return k < count_ ? k : count_ - 1;
  }

  /// Sum of 1 / k^theta for k from 1 to `count`.
  [[nodiscard]] static double zeta(std::uint64_t count, double theta) {
    constexpr std::uint64_t exact = 1000;
    double sum = 0.0;
    const std::uint64_t first = count < exact ? count : exact;
    for (std::uint64_t k = 1; k <= first; ++k) sum += std::pow(static_cast<double>(k), -theta);
    if (count <= exact) return sum;
    const auto a = static_cast<double>(first);
    const auto b = static_cast<double>(count);
    const double integral = (std::pow(b, 1.0 - theta) - std::pow(a, 1.0 - theta)) / (1.0 - theta);
    const double ends = (std::pow(b, -theta) - std::pow(a, -theta)) / 2.0;
    const double slopes = theta * (std::pow(a, -theta - 1.0) - std::pow(b, -theta - 1.0)) / 12.0;
    return sum + integral + ends + slopes;
  }

 private:
  std::uint64_t count_;
  double theta_;
  double alpha_;
  double zeta_;
  double eta_;
};

}  // namespace kilburn::ssd
