// Timing of DRAM: channels, banks with row buffers, and the data bus of each channel.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/parameters.h"
#include "common/statistics.h"
#include "common/types.h"

namespace kilburn::memory {

enum class PagePolicy : std::uint8_t {
  open,    ///< a row stays open until another row of its bank is wanted
  closed,  ///< the row is precharged after each access
};

/// Defaults: DDR4-3200, CL = tRCD = tRP = 22 at 1600 MHz, one channel, seen from a 2 GHz clock.
struct DramConfig {
  std::uint32_t channels = 1;
  std::uint32_t banks = 16;
  std::uint32_t row_bytes = 8192;
  std::uint32_t row_hit_cycles = 28;
  std::uint32_t row_miss_cycles = 55;
  std::uint32_t row_conflict_cycles = 83;
  std::uint32_t burst_cycles = 5;
  PagePolicy page_policy = PagePolicy::open;
  bool bank_hash = true;

  void visit(ParameterVisitor& v);
};

struct DramStatistics {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t row_hits = 0;
  std::uint64_t row_misses = 0;
  std::uint64_t row_conflicts = 0;
  std::uint64_t wait_cycles = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const DramStatistics&, const DramStatistics&) = default;
};

/// Where a line lies.
struct DramPlace {
  std::uint32_t channel = 0;
  std::uint32_t bank = 0;  ///< within the channel
  std::uint64_t row = 0;
  friend bool operator==(const DramPlace&, const DramPlace&) = default;
};

/// Modelled: a bank does one access at a time, from its start until its data have left; a channel's
/// bus carries one burst at a time; requests are served in the order of the calls. Not modelled:
/// refresh, ranks, read/write turn-around, tFAW, command-bus contention, reordering by a scheduler.
/// Time: `now` and latencies are cycles of the platform clock. A caller that runs ahead within its
/// quantum makes others wait for the times that it has booked.
class Dram {
 public:
  /// `config` has passed its own checks.
  explicit Dram(const DramConfig& config);

  /// One 64-byte line. Returns the cycles from `now` to the end of its burst, waiting included.
  Cycles access(Address address, bool is_write, Cycles now) {
    const DramPlace where = place(address);
    Bank& bank = banks_[(static_cast<std::size_t>(where.channel) << bank_shift_) | where.bank];
    Cycles service = config_.row_conflict_cycles;
    if (bank.open_row == where.row) {
      service = config_.row_hit_cycles;
      ++statistics_.row_hits;
    } else if (bank.open_row == no_row) {
      service = config_.row_miss_cycles;
      ++statistics_.row_misses;
    } else {
      ++statistics_.row_conflicts;
    }
    ++(is_write ? statistics_.writes : statistics_.reads);

    Cycles& bus_busy_until = buses_[where.channel];
    const Cycles data = std::max(std::max(now, bank.busy_until) + service, bus_busy_until);
    const Cycles end = data + config_.burst_cycles;
    bus_busy_until = end;
    if (config_.page_policy == PagePolicy::open) {
      bank.open_row = where.row;
      bank.busy_until = end;
    } else {
      // A row conflict is a precharge and then a row miss: the difference is the precharge.
      bank.busy_until = end + (config_.row_conflict_cycles - config_.row_miss_cycles);
    }
    statistics_.wait_cycles += data - now - service;
    return end - now;
  }

  /// All lines that [address, address + bytes) touches, asked for at once: the cycles from `now` to
  /// the end of the last burst.
  Cycles burst(Address address, std::uint64_t bytes, bool is_write, Cycles now) {
    const std::uint64_t last = (address + bytes - 1) / line_bytes;
    Cycles latency = 0;
    for (std::uint64_t line = address / line_bytes; line <= last;) {
      // Lines of one row of each channel.
      const std::uint64_t end = std::min(last, line | row_lines_mask_) + 1;
      for (std::uint64_t first = line; first < std::min(line + config_.channels, end); ++first) {
        const std::uint64_t lines = (end - first + config_.channels - 1) >> channel_shift_;
        latency = std::max(latency, run(first * line_bytes, lines, is_write, now));
      }
      line = end;
    }
    return latency;
  }

  /// Address bits, from the top: row, bank, column, channel, byte in line. With the bank hash the
  /// bank is XORed with the low bits of the row, so that strides of a row's size spread.
  [[nodiscard]] DramPlace place(Address address) const {
    const std::uint64_t line = address / line_bytes;
    const std::uint64_t above = line >> channel_shift_ >> column_shift_;
    const std::uint64_t row = above >> bank_shift_;
    const std::uint64_t bank = config_.bank_hash ? above ^ row : above;
    return {static_cast<std::uint32_t>(line & (config_.channels - 1)),
            static_cast<std::uint32_t>(bank & (config_.banks - 1)), row};
  }

  [[nodiscard]] const DramStatistics& statistics() const { return statistics_; }

 private:
  static constexpr std::uint64_t no_row = UINT64_MAX;
  struct Bank {
    std::uint64_t open_row = no_row;
    Cycles busy_until = 0;
  };

  /// `lines` of one row, each `channels` behind the other: as so many calls of `access`.
  Cycles run(Address address, std::uint64_t lines, bool is_write, Cycles now) {
    const Cycles first = access(address, is_write, now);
    const std::uint64_t others = lines - 1;
    if (others == 0) return first;
    if (config_.page_policy == PagePolicy::closed) {
      Cycles latency = first;
      for (std::uint64_t i = 1; i < lines; ++i) {
        latency = access(address + i * config_.channels * line_bytes, is_write, now);
      }
      return latency;
    }
    // The row is open, and each of them begins when the one before has left bank and bus.
    const Cycles each = Cycles{config_.row_hit_cycles} + config_.burst_cycles;
    const Cycles latency = first + others * each;
    statistics_.row_hits += others;
    (is_write ? statistics_.writes : statistics_.reads) += others;
    statistics_.wait_cycles += others * first + each * (others * (others - 1) / 2);
    const DramPlace where = place(address);
    buses_[where.channel] = now + latency;
    banks_[(static_cast<std::size_t>(where.channel) << bank_shift_) | where.bank].busy_until =
        now + latency;
    return latency;
  }

  DramConfig config_;
  unsigned channel_shift_;
  unsigned column_shift_;
  unsigned bank_shift_;
  std::uint64_t row_lines_mask_;  ///< bits of a line's number within a row of all channels
  std::vector<Bank> banks_;       ///< banks of channel 0, then of channel 1, ...
  std::vector<Cycles> buses_;     ///< per channel: busy until
  DramStatistics statistics_;
};

}  // namespace kilburn::memory
