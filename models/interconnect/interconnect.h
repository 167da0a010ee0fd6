// Interconnect: address decoder, and a port to each target that carries one transaction at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/parameters.h"
#include "common/statistics.h"
#include "common/types.h"

namespace kilburn::interconnect {

/// Addresses [base, base + bytes) belong to `target`; a target may have several ranges.
struct Range {
  Address base = 0;
  std::uint64_t bytes = 0;
  std::uint32_t target = 0;
  std::string name;  ///< for messages, e.g. "memory"
  /// The target sees offsets in the range, as registers are numbered, and not addresses.
  bool relative = false;

  [[nodiscard]] bool contains(Address address, std::uint64_t length) const {
    return length <= bytes && address - base <= bytes - length;
  }
};

class AddressMap {
 public:
  /// Throws InputError where the range is empty, ends beyond 2^64, or overlaps another: both are
  /// named.
  void add(Range range);
  /// The range that holds all of [address, address + length), or null.
  [[nodiscard]] const Range* find(Address address, std::uint64_t length = 1) const;
  [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }

 private:
  std::vector<Range> ranges_;  ///< by base
};

struct InterconnectConfig {
  std::uint32_t latency_cycles = 4;
  std::uint32_t width_bytes = 32;

  void visit(ParameterVisitor& v);
};

struct InterconnectStatistics {
  std::uint64_t transactions = 0;
  std::uint64_t bytes = 0;
  std::uint64_t wait_cycles = 0;
  std::uint64_t decode_errors = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const InterconnectStatistics&, const InterconnectStatistics&) = default;
};

/// Where a transaction goes and what the way there and back costs.
struct Route {
  bool ok = false;  ///< false: no target there, or the range ends within the transaction
  std::uint32_t target = 0;
  Cycles latency = 0;  ///< waiting, traversal and data transfer; the target's own time comes on top
  Address origin = 0;  ///< what the target's addresses count from
};

/// Modelled: a crossbar; each target's port carries one transaction's data at a time, in the order
/// of the calls, whoever asks. Not modelled: topology, separate read and write channels,
/// priorities, back-pressure from a slow target (a target keeps its own busy-until time). Time:
/// cycles of the platform clock.
class Interconnect {
 public:
  explicit Interconnect(const InterconnectConfig& config, AddressMap map = {});

  /// Adds a range of one more target, or of one there is. Throws as AddressMap does.
  void add(Range range);

  /// Example: width 32, latency 4, an idle port: 64 bytes take 4 + 2 cycles.
  Route route(Address address, std::uint64_t bytes, Cycles now) {
    if (last_.contains(address, bytes)) return transfer(last_, bytes, now);
    return search(address, bytes, now);
  }

  [[nodiscard]] const AddressMap& map() const { return map_; }
  [[nodiscard]] const InterconnectStatistics& statistics() const { return statistics_; }

 private:
  /// Of a range, what a transaction asks.
  struct Decoded {
    Address base = 0;
    std::uint64_t bytes = 0;
    std::uint32_t target = 0;
    Address origin = 0;
    [[nodiscard]] bool contains(Address address, std::uint64_t length) const {
      return length <= bytes && address - base <= bytes - length;
    }
  };
  Route search(Address address, std::uint64_t bytes, Cycles now);
  void make_port(std::uint32_t target);
  Route transfer(const Decoded& range, std::uint64_t bytes, Cycles now) {
    Cycles& busy_until = busy_until_[range.target];
    const Cycles start = now < busy_until ? busy_until : now;
    const Cycles beats = (bytes + config_.width_bytes - 1) >> width_shift_;
    busy_until = start + beats;
    ++statistics_.transactions;
    statistics_.bytes += bytes;
    statistics_.wait_cycles += start - now;
    return {true, range.target, start - now + config_.latency_cycles + beats, range.origin};
  }

  InterconnectConfig config_;
  unsigned width_shift_;
  AddressMap map_;
  Decoded last_;                    ///< the range used last: most go there again
  std::vector<Cycles> busy_until_;  ///< per target
  InterconnectStatistics statistics_;
};

}  // namespace kilburn::interconnect
