#include "rmu/ownership_table.h"

#include <algorithm>
#include <bit>

namespace kilburn::rmu {

void TableStatistics::visit(StatisticVisitor& v) const {
  v.counter("lookups", lookups, "lookups", "look-ups of the entry that governs a granule");
  v.counter("cache_hits", cache_hits, "lookups", "look-ups that the ownership cache answered");
  v.counter("untouched", untouched, "lookups",
            "look-ups in a block that no command has touched: the table was not read");
  v.counter("table_reads", reads, "lines", "64-byte lines of the table read from memory");
  v.counter("table_writes", writes, "words", "8-byte words of the table written to memory");
  v.counter("wait_cycles", wait_cycles, "cycles", "look-ups waiting for the table port");
  v.ratio("cache_hit_rate", cache_hits, lookups, "", "share of look-ups that the cache answered");
}

OwnershipTable::OwnershipTable(const RmuConfig& config, MemoryPort& port)
    : config_(config),
      port_(port),
      cache_(config.cache_lines, config.replacement, config.seed),
      groups_(config.max_order + 1, 0),
      untouched_(config.granules()) {
  // The table's own frames have another verdict than those round them.
  const Address first = std::max(config.table_base, config.memory_base);
  const Address end =
      std::min(config.table_base + config.table_bytes(), config.memory_base + config.memory_bytes);
  if (first < end) {
    untouched_.touch((first - config.memory_base) >> config.granule_shift,
                     (end - 1 - config.memory_base) >> config.granule_shift);
  }
}

/// log2 of the granules of the largest naturally aligned block of memory that is aligned among the
/// granules, too.
unsigned OwnershipTable::most_aligned_order() const {
  return static_cast<unsigned>(std::countr_zero(config_.memory_base)) - config_.granule_shift;
}

bool OwnershipTable::sound(const Governing& governing) const {
  const unsigned order = governing.entry.order;
  return order <= config_.max_order && governing.head % (Granule{1} << order) == 0 &&
         governing.entry.owner < config_.realms;
}

OwnershipTable::Located OwnershipTable::locate(Granule granule, Cycles now) {
  ++statistics_.lookups;
  if (const auto order = untouched_.order(granule)) {
    ++statistics_.untouched;
    return {{{}, granule}, config_.hit_cycles, true, std::min(*order, most_aligned_order())};
  }
  if (const auto known = cache_.find(granule)) {
    ++statistics_.cache_hits;
    return {*known, config_.hit_cycles, true, known->entry.order};
  }
  const Cycles start = std::max(now + config_.hit_cycles, free_at_);
  statistics_.wait_cycles += start - now - config_.hit_cycles;
  Located found = search(granule, start);
  free_at_ = std::max(free_at_, start + found.latency);
  found.latency += start - now;
  found.order = found.governing.entry.order;
  return found;
}

OwnershipTable::Located OwnershipTable::search(Granule granule, Cycles now) {
  const std::uint64_t version = version_;
  Cycles latency = 0;
  const auto read = [&](Granule at) {
    const Line line = read_line(at, now + latency);
    latency += line.latency;
    if (line.ok && version == version_ && sound(governing_in_line(line.entries, at))) {
      cache_.install(line.entries, at);
    }
    return line;
  };

  Granule probed = granule;
  for (unsigned order = config_.max_order; order > line_order; --order) {
    const Granule head = granule >> order << order;
    if (groups_[order] == 0 || head == probed || head >> line_order == granule >> line_order) {
      continue;
    }
    probed = head;
    if (cache_.holds(head)) continue;  // what governs it does not cover the granule
    const Line line = read(head);
    const Governing candidate{line.entries[0], head};
    if (!line.ok || !sound(candidate)) return {candidate, latency, false};
    if ((granule ^ head) >> candidate.entry.order == 0) return {candidate, latency, true};
  }
  const Line line = read(granule);
  const Governing governing = governing_in_line(line.entries, granule);
  return {governing, latency, line.ok && sound(governing)};
}

OwnershipTable::Line OwnershipTable::read_line(Granule granule, Cycles now) {
  ++statistics_.reads;
  const LineReply reply = port_.read_line(address(granule) & ~(line_bytes - 1), now);
  Line line{.latency = reply.latency, .ok = reply.ok};
  for (Granule i = 0; i < line_entries; ++i) {
    line.entries[i] = decode(reply.data[2 * i], reply.data[2 * i + 1]);
  }
  return line;
}

OwnershipTable::Written OwnershipTable::swap_rights(Granule granule, const Entry& expected,
                                                    const Entry& desired, Cycles now) {
  const std::uint64_t before = rights_word(expected);
  untouched_.touch(granule, granule);  // before anyone can look while the write is on its way
  const MemoryReply reply =
      port_.compare_exchange(address(granule), before, rights_word(desired), now);
  ++statistics_.writes;
  ++version_;
  cache_.drop(granule, std::max(expected.order, desired.order));
  return {reply.latency, reply.ok && reply.data == before};
}

MemoryReply OwnershipTable::write_word(Address address, std::uint64_t value, Cycles now) {
  ++statistics_.writes;
  return port_.write(address, value, now);
}

OwnershipTable::Written OwnershipTable::write_mapping(Granule granule, const Entry& entry,
                                                      Cycles now) {
  const MemoryReply reply = write_word(address(granule) + 8, mapping_word(entry), now);
  return {reply.latency, reply.ok};
}

OwnershipTable::Written OwnershipTable::write_dormant(Granule granule, const Entry& entry,
                                                      Cycles now) {
  const Written mapping = write_mapping(granule, entry, now);
  const MemoryReply rights =
      write_word(address(granule), rights_word(entry), now + mapping.latency);
  return {mapping.latency + rights.latency, mapping.ok && rights.ok};
}

}  // namespace kilburn::rmu
