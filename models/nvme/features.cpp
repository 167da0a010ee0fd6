#include "nvme/features.h"

namespace kilburn::nvme {

namespace {

// Arbitration: bursts of 8, weights of 1.
constexpr std::uint32_t arbitration_default = 3;
constexpr std::uint32_t changeable = 4;
constexpr std::uint32_t per_namespace = 2;

}  // namespace

Features::Features(const NvmeConfig& config) : vectors_(config.vectors) {
  defaults_[NVME_FEATURE_ARBITRATION] = arbitration_default;
  defaults_[NVME_FEATURE_WRITE_CACHE] = 1;
  defaults_[NVME_FEATURE_QUEUES] = (config.io_queues - 1) << 16 | (config.io_queues - 1);
  defaults_[NVME_FEATURE_TEMPERATURE] = default_over;
  reset(0);
}

bool Features::known(unsigned id) {
  switch (id) {
    case NVME_FEATURE_ARBITRATION:
    case NVME_FEATURE_POWER:
    case NVME_FEATURE_TEMPERATURE:
    case NVME_FEATURE_ERROR_RECOVERY:
    case NVME_FEATURE_WRITE_CACHE:
    case NVME_FEATURE_QUEUES:
    case NVME_FEATURE_COALESCING:
    case NVME_FEATURE_VECTOR:
    case NVME_FEATURE_ATOMICITY:
    case NVME_FEATURE_ASYNC_EVENTS:
    case NVME_FEATURE_TIMESTAMP:
      return true;
    default:
      return false;
  }
}

std::uint32_t Features::capabilities(unsigned id) {
  return id == NVME_FEATURE_ERROR_RECOVERY ? changeable | per_namespace : changeable;
}

Weights Features::weights() const {
  const std::uint32_t dword = value(NVME_FEATURE_ARBITRATION);
  constexpr std::uint32_t no_limit = 7;
  const std::uint32_t burst = dword & 7;
  return {.high = (dword >> 24) + 1,
          .medium = (dword >> 16 & 0xFF) + 1,
          .low = (dword >> 8 & 0xFF) + 1,
          .burst = burst == no_limit ? UINT16_MAX : 1U << burst};
}

void Features::reset(std::uint64_t now_ns) {
  values_ = defaults_;
  for (std::uint32_t vector = 0; vector < vectors(); ++vector) vectors_[vector] = vector;
  // The admin queue's never waits.
  vectors_[0] |= NVME_FEATURE_COALESCING_OFF;
  thresholds_ = {default_over, 0};
  timestamp = {.at_ns = now_ns};
}

}  // namespace kilburn::nvme
