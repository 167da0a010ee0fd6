#include "cache/cache.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <string>
#include <string_view>

namespace kilburn::cache {
namespace {

constexpr std::array<std::string_view, kinds> kind_names = {"fetch", "load", "store", "table_read",
                                                            "table_write"};

template <class Predicate>
std::uint64_t sum_of(const std::array<std::uint64_t, kinds>& counts, Predicate counted) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kinds; ++i) {
    if (counted(static_cast<Kind>(i))) sum += counts[i];
  }
  return sum;
}

}  // namespace

void CacheConfig::visit(ParameterVisitor& v) {
  v.integer("bytes", bytes, {64, std::uint64_t{1} << 30}, "bytes", "capacity");
  v.integer("ways", ways, {1, 1024}, "ways", "lines of a set");
  v.integer("line_bytes", line_bytes, {16, 4096, true}, "bytes", "size of a line");
  v.integer("hit_cycles", hit_cycles, {0, 1000}, "cycles", "latency of a lookup, hit or miss");
  v.choice("write_policy", write_policy, {"write_back", "write_through"},
           "what a store does: mark the line, allocating it, or go to the level below");
  v.choice("replacement", replacement, {"lru", "tree_plru", "round_robin", "random"},
           "which way of a full set is evicted");
  v.integer("seed", seed, {}, "", "seed of random replacement");
  v.require(bytes % (std::uint64_t{ways} * line_bytes) == 0 && std::has_single_bit(sets()),
            "bytes / (ways * line_bytes), the number of sets, must be a power of two");
  v.require(replacement != Replacement::tree_plru || std::has_single_bit(ways),
            "replacement tree_plru needs a power of two of ways");
}

std::uint64_t CacheStatistics::reads() const {
  const auto is_read = [](Kind kind) { return !is_write(kind); };
  return sum_of(hits_of, is_read) + sum_of(misses_of, is_read);
}

std::uint64_t CacheStatistics::writes() const {
  return sum_of(hits_of, is_write) + sum_of(misses_of, is_write);
}

std::uint64_t CacheStatistics::hits() const {
  return std::accumulate(hits_of.begin(), hits_of.end(), std::uint64_t{0});
}

std::uint64_t CacheStatistics::misses() const {
  return std::accumulate(misses_of.begin(), misses_of.end(), std::uint64_t{0});
}

void CacheStatistics::visit(StatisticVisitor& v) const {
  v.counter("reads", reads(), "accesses", "fetches, loads and page-table reads");
  v.counter("writes", writes(), "accesses", "stores and page-table writes");
  v.counter("hits", hits(), "accesses", "accesses whose line was present");
  v.counter("misses", misses(), "accesses", "accesses whose line was absent");
  v.ratio("hit_rate", hits(), reads() + writes(), "hits/access", "accesses that hit");
  for (std::size_t i = 0; i < kinds; ++i) {
    const std::string name{kind_names[i]};
    v.counter(name + "_hits", hits_of[i], "accesses", "hits of this kind of access");
    v.counter(name + "_misses", misses_of[i], "accesses", "misses of this kind of access");
  }
  v.counter("fills", fills, "lines", "lines installed");
  v.counter("writebacks", writebacks, "lines",
            "dirty lines that an eviction or a flush wrote back");
  v.counter("write_throughs", write_throughs, "accesses", "stores passed on to the level below");
  v.counter("invalidations", invalidations, "lines", "lines dropped by an invalidation");
}

Cache::Cache(const CacheConfig& config)
    : config_(config),
      line_shift_(static_cast<unsigned>(std::countr_zero(config.line_bytes))),
      line_bytes_(config.line_bytes),
      set_mask_(config.sets() - 1),
      ways_(config.ways),
      lines_(config.sets() * config.ways, no_line),
      dirty_(config.sets() * config.ways, 0),
      recent_(config.sets()),
      recent_way_(config.sets(), 0),
      replacement_(config.replacement, static_cast<std::uint32_t>(config.sets()), config.ways,
                   config.seed) {
  assert(std::has_single_bit(config.line_bytes) && std::has_single_bit(config.sets()) &&
         "the address is cut into bit fields");
}

bool Cache::hit(Address address, unsigned bytes, Kind kind) {
  if ((address & (line_bytes_ - 1)) + bytes > line_bytes_) return false;
  if (is_write(kind) && config_.write_policy == WritePolicy::write_through) return false;
  if (!touch(address)) return false;
  ++statistics_.hits_of[static_cast<std::size_t>(kind)];
  if (is_write(kind)) write_recent(address);
  return true;
}

Victim Cache::fill(Address address, Kind kind) {
  const std::uint64_t line = address >> line_shift_;
  const auto set = static_cast<std::uint32_t>(line & set_mask_);
  const std::size_t first = std::size_t{set} * ways_;
  std::uint32_t way = find(first, line);
  Victim victim;
  if (way == ways_) {
    way = find(first, no_line);
    if (way == ways_) {
      way = replacement_.victim(set);
      victim = {true, dirty_[first + way] != 0, lines_[first + way] << line_shift_};
      if (victim.dirty) ++statistics_.writebacks;
    }
    lines_[first + way] = line;
    dirty_[first + way] = 0;
    ++statistics_.fills;
  }
  if (is_write(kind) && config_.write_policy == WritePolicy::write_back) dirty_[first + way] = 1;
  touch(set, way);
  return victim;
}

Victim Cache::invalidate(Address address) {
  const std::uint64_t line = address >> line_shift_;
  const std::size_t set = line & set_mask_;
  const std::uint32_t way = find(set * ways_, line);
  if (way == ways_) return {};
  const std::size_t index = set * ways_ + way;
  const Victim victim{true, dirty_[index] != 0, line << line_shift_};
  lines_[index] = no_line;
  dirty_[index] = 0;
  if (recent_[set].line == victim.address) recent_[set] = {};
  ++statistics_.invalidations;
  return victim;
}

std::vector<Address> Cache::flush() {
  std::vector<Address> written;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (dirty_[i] != 0) written.push_back(lines_[i] << line_shift_);
  }
  statistics_.writebacks += written.size();
  std::fill(lines_.begin(), lines_.end(), no_line);
  std::fill(dirty_.begin(), dirty_.end(), std::uint8_t{0});
  std::fill(recent_.begin(), recent_.end(), Recent{});
  return written;
}

bool Cache::contains(Address address) const {
  const std::uint64_t line = address >> line_shift_;
  return find((line & set_mask_) * ways_, line) != ways_;
}

}  // namespace kilburn::cache
