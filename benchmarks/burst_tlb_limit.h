// The limit: the same two TLBs written by hand for one geometry, with nothing that a statistic, a
// context, a permission or another policy would need. The model is measured against it.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace kilburn::burst_tlb {

/// True where this processor can run the limit.
inline bool limit_runs_here() {
  return __builtin_cpu_supports("avx2") != 0;
}

/// `ways` tags a set, compared eight at a time; LRU by the time of the last use (a pass has fewer
/// than 2^32 accesses); B frames and valid bits a tag.
template <unsigned sets, unsigned ways, unsigned unit_bits>
class LimitTlb {
 public:
  static constexpr std::size_t entries = std::size_t{sets} * ways;
  static constexpr unsigned units = 1u << unit_bits;
  static constexpr std::uint32_t none = UINT32_MAX;

  LimitTlb() {
    tags_.fill(none);
    stamps_.fill(0);
    valid_.fill(0);
  }

  /// The entry of the page's tag, or `none`.
  [[gnu::target("avx2"), gnu::always_inline]] std::uint32_t find(std::uint32_t vpn) const {
    const std::uint32_t tag = vpn >> unit_bits;
    const std::uint32_t first = (tag & (sets - 1)) * ways;
    const __m256i wanted = _mm256_set1_epi32(static_cast<int>(tag));
    if constexpr (ways == 8) {
      const std::uint32_t match = mask(first, wanted);
      return match == 0 ? none : first + static_cast<std::uint32_t>(std::countr_zero(match));
    } else {
      std::uint64_t match = 0;
      for (unsigned way = 0; way < ways; way += 8) {
        match |= std::uint64_t{mask(first + way, wanted)} << way;
      }
      return match == 0 ? none : first + static_cast<std::uint32_t>(std::countr_zero(match));
    }
  }
  [[nodiscard]] bool hit(std::uint32_t entry, std::uint32_t vpn) const {
    return entry != none && (valid_[entry] >> (vpn & (units - 1)) & 1) != 0;
  }
  [[nodiscard]] std::uint64_t use(std::uint32_t entry, std::uint32_t vpn) {
    stamps_[entry] = ++clock_;
    return frames_[entry * units + (vpn & (units - 1))];
  }
  /// Entry for a fill of `vpn`: `entry` where the tag is there, otherwise the oldest of the set.
  [[gnu::target("avx2"), gnu::always_inline]] std::uint32_t place(std::uint32_t entry,
                                                                  std::uint32_t vpn) {
    if (entry == none) {
      const std::uint32_t tag = vpn >> unit_bits;
      entry = oldest((tag & (sets - 1)) * ways);
      tags_[entry] = tag;
      valid_[entry] = 0;
    }
    stamps_[entry] = ++clock_;
    return entry;
  }
  void set(std::uint32_t entry, std::uint32_t vpn, std::uint64_t pfn) {
    valid_[entry] |= 1u << (vpn & (units - 1));
    frames_[entry * units + (vpn & (units - 1))] = pfn;
  }
  /// Installs the page and those beside it in the aligned eight (one line of PTEs) that this
  /// entry's tag covers. A page's frame never changes here, so writing over it is as good as
  /// sparing it.
  template <class FrameOf>
  void set_line(std::uint32_t entry, std::uint32_t vpn, FrameOf frame_of) {
    constexpr unsigned run = units < 8 ? units : 8;
    const std::uint32_t first = vpn & ~(run - 1);
    for (std::uint32_t page = first; page < first + run; ++page) set(entry, page, frame_of(page));
  }

 private:
  [[gnu::target("avx2"), gnu::always_inline]] std::uint32_t mask(std::uint32_t at,
                                                                 __m256i wanted) const {
    const __m256i tags = _mm256_load_si256(reinterpret_cast<const __m256i*>(&tags_[at]));
    return static_cast<std::uint32_t>(
        _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(tags, wanted))));
  }
  [[gnu::target("avx2"), gnu::always_inline]] std::uint32_t oldest(std::uint32_t first) const {
    const auto at = [&](unsigned way) __attribute__((target("avx2"))) {
      return _mm256_load_si256(reinterpret_cast<const __m256i*>(&stamps_[first + way]));
    };
    __m256i least = at(0);
    for (unsigned way = 8; way < ways; way += 8) least = _mm256_min_epu32(least, at(way));
    least = _mm256_min_epu32(least, _mm256_permute2x128_si256(least, least, 1));
    least = _mm256_min_epu32(least, _mm256_shuffle_epi32(least, 0x4E));
    least = _mm256_min_epu32(least, _mm256_shuffle_epi32(least, 0xB1));
    for (unsigned way = 0;; way += 8) {
      const auto match = static_cast<std::uint32_t>(
          _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(at(way), least))));
      if (match != 0) return first + way + static_cast<std::uint32_t>(std::countr_zero(match));
    }
  }

  alignas(32) std::array<std::uint32_t, entries> tags_;
  alignas(32) std::array<std::uint32_t, entries> stamps_;
  std::array<std::uint32_t, entries> valid_;
  std::array<std::uint64_t, entries * units> frames_{};
  std::uint32_t clock_ = 0;
};

}  // namespace kilburn::burst_tlb
#else
namespace kilburn::burst_tlb {
inline bool limit_runs_here() {
  return false;
}
}  // namespace kilburn::burst_tlb
#endif
