// Features that software sets and reads. Source: NVM Express 1.4, chapter 5.21.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kilburn/nvme.h"
#include "nvme/arbiter.h"
#include "nvme/nvme_function.h"
#include "nvme/status.h"

namespace kilburn::nvme {

/// Dwords by feature id. Nothing is saved: the saved value is the default. What needs more than its
/// dword (namespaces, timestamp, queues) the commands see to.
class Features {
 public:
  explicit Features(const NvmeConfig& config);

  [[nodiscard]] static bool known(unsigned id);
  [[nodiscard]] std::uint32_t value(unsigned id) const { return values_[id]; }
  void set(unsigned id, std::uint32_t value) { values_[id] = value; }
  [[nodiscard]] std::uint32_t default_value(unsigned id) const { return defaults_[id]; }
  /// What select 3 says: changeable, per namespace; never saveable.
  [[nodiscard]] static std::uint32_t capabilities(unsigned id);

  [[nodiscard]] Weights weights() const;
  /// Of vectors; coalescing is off for those that say so.
  [[nodiscard]] bool coalesces(unsigned vector) const {
    return (vectors_[vector] & NVME_FEATURE_COALESCING_OFF) == 0;
  }
  [[nodiscard]] std::uint32_t vector(unsigned vector) const { return vectors_[vector]; }
  void set_vector(unsigned vector, std::uint32_t value) { vectors_[vector] = value; }
  [[nodiscard]] std::uint32_t vectors() const {
    return static_cast<std::uint32_t>(vectors_.size());
  }

  /// Kelvin; `under`: the lower threshold.
  [[nodiscard]] std::uint16_t threshold(bool under) const { return thresholds_[under ? 1 : 0]; }
  void set_threshold(bool under, std::uint16_t kelvin) { thresholds_[under ? 1 : 0] = kelvin; }
  static constexpr std::uint16_t default_over = 343;

  [[nodiscard]] bool write_cache() const { return (value(NVME_FEATURE_WRITE_CACHE) & 1) != 0; }
  [[nodiscard]] bool notices() const {
    return (value(NVME_FEATURE_ASYNC_EVENTS) & NVME_OAES_NAMESPACES) != 0;
  }
  /// Milliseconds that were set, when, and whether they were.
  struct Timestamp {
    std::uint64_t milliseconds = 0;
    std::uint64_t at_ns = 0;
    bool set = false;
  };
  Timestamp timestamp;

  void reset(std::uint64_t now_ns);

 private:
  static constexpr std::size_t ids = 0x10;
  std::array<std::uint32_t, ids> defaults_{};
  std::array<std::uint32_t, ids> values_{};
  std::vector<std::uint32_t> vectors_;
  std::array<std::uint16_t, 2> thresholds_{default_over, 0};
};

}  // namespace kilburn::nvme
