#include "memory/dram.h"

#include <bit>
#include <cassert>

namespace kilburn::memory {

void DramConfig::visit(ParameterVisitor& v) {
  v.integer("channels", channels, {1, 64, true}, "channels",
            "channels, interleaved line by line, each with a data bus of its own");
  v.integer("banks", banks, {1, 1024, true}, "banks", "banks of a channel");
  v.integer("row_bytes", row_bytes, {line_bytes, 1u << 20, true}, "bytes",
            "size of a bank's row buffer");
  v.integer("row_hit_cycles", row_hit_cycles, {1, 10'000}, "cycles",
            "column access in the open row, to the first data");
  v.integer("row_miss_cycles", row_miss_cycles, {1, 10'000}, "cycles",
            "activate and column access, where no row is open");
  v.integer("row_conflict_cycles", row_conflict_cycles, {1, 10'000}, "cycles",
            "precharge, activate and column access, where another row is open");
  v.integer("burst_cycles", burst_cycles, {1, 1'000}, "cycles",
            "time that one 64-byte line takes on the data bus");
  v.choice("page_policy", page_policy, {"open", "closed"},
           "whether a row stays open after an access");
  v.flag("bank_hash", bank_hash, "XOR the bank number with the low bits of the row");
  v.require(row_hit_cycles <= row_miss_cycles && row_miss_cycles <= row_conflict_cycles,
            "row_hit_cycles <= row_miss_cycles <= row_conflict_cycles");
}

void DramStatistics::visit(StatisticVisitor& v) const {
  v.counter("reads", reads, "lines", "lines read");
  v.counter("writes", writes, "lines", "lines written");
  v.counter("row_hits", row_hits, "accesses", "accesses to the open row of their bank");
  v.counter("row_misses", row_misses, "accesses", "accesses to a bank with no row open");
  v.counter("row_conflicts", row_conflicts, "accesses", "accesses to a bank with another row open");
  v.counter("wait_cycles", wait_cycles, "cycles", "time spent waiting for a busy bank or data bus");
  v.ratio("row_hit_rate", row_hits, reads + writes, "hits/access", "accesses that hit an open row");
  v.ratio("wait_per_access", wait_cycles, reads + writes, "cycles/access",
          "time that an access waits for a busy bank or data bus");
}

Dram::Dram(const DramConfig& config)
    : config_(config),
      channel_shift_(static_cast<unsigned>(std::countr_zero(config.channels))),
      column_shift_(static_cast<unsigned>(std::countr_zero(config.row_bytes / line_bytes))),
      bank_shift_(static_cast<unsigned>(std::countr_zero(config.banks))),
      row_lines_mask_((std::uint64_t{1} << (channel_shift_ + column_shift_)) - 1),
      banks_(static_cast<std::size_t>(config.channels) * config.banks),
      buses_(config.channels, 0) {
  assert(std::has_single_bit(config.channels) && std::has_single_bit(config.banks) &&
         std::has_single_bit(config.row_bytes) && "the address is cut into bit fields");
}

}  // namespace kilburn::memory
