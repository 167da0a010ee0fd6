// Realm management unit (RMU): keeps the ownership table of physical memory, checks accesses
// against it, and carries out the commands that change it, region fuse among them. Source: US
// 11,263,155 (managing fusion of memory regions).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/invalidation.h"
#include "common/memory_port.h"
#include "common/ownership.h"
#include "rmu/command.h"
#include "rmu/ownership_table.h"
#include "rmu/rmu_config.h"
#include "rmu/rmu_statistics.h"

namespace kilburn::rmu {

/// Modelled: the table in memory and its cache; check of owner, sharing, state and reverse mapping;
/// all commands; fused groups, for which the head's entry alone speaks; invalidation of
/// translations before rights narrow. Not modelled: measurement and encryption of realms; a table
/// of several levels. Time: cycles of the platform clock; replies carry their latency, and nothing
/// here waits but the Invalidator.
///
/// One command runs at a time; another that arrives meanwhile is answered `busy`. While a command
/// reads, writes or waits, checks go on: each sees the table as it was before the command or as it
/// is after. A command that narrows rights sets the entry busy first; a check that meets it sees
/// the old rights, but its reply is `transient` and of order 0. Then come the invalidation, and one
/// write that changes the entry and ends the busy state. A scrub switches access off before it
/// zeroes.
class Rmu final : public OwnershipCheck {
 public:
  /// `port` reaches the table, and the memory that scrub zeroes.
  Rmu(const RmuConfig& config, MemoryPort& port);
  /// A copy of `original` between two commands; `port` reaches a copy of its memory.
  Rmu(const Rmu& original, MemoryPort& port);

  OwnershipReply check(const OwnershipRequest& request, Cycles now) override;
  /// Carries out a command; `invalidator` is asked before rights narrow.
  /// Example: {fuse, target 0x8020'0000, order 9} makes granules 512 to 1023 one group.
  CommandResult execute(const Command& command, Cycles now, Invalidator& invalidator);

  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] const RmuConfig& config() const { return config_; }
  [[nodiscard]] RmuStatistics statistics() const;

 private:
  struct Realm {
    bool alive = false;
    std::uint64_t granules = 0;  ///< that name it as their owner
  };
  struct Verdict {
    OwnershipReply reply;
    Denial denial;
  };
  /// The entry that a running command has set busy, and what checks see until it is released.
  struct Claim {
    Granule head;
    Entry visible;
  };
  /// A command on its way: `now` moves with every access that it makes.
  struct Run {
    const Command& command;
    Invalidator& invalidator;
    Cycles now;
    CommandResult result{};
  };
  /// What a command found at its target; `status` says whether it may go on.
  struct Target {
    Status status = Status::ok;
    Granule granule = 0;
    Governing governing{};
  };

  /// Whether entries can be fused, and the head's as memory holds it.
  struct Compared {
    Status status = Status::ok;
    Entry head{};
  };

  // Checks (rmu.cpp).
  [[nodiscard]] bool covered(PageNumber frame) const;
  [[nodiscard]] bool overlaps_table(Address first, std::uint64_t bytes) const;
  [[nodiscard]] unsigned uncovered_order(PageNumber frame) const;
  [[nodiscard]] bool alive(std::uint32_t realm) const {
    return realm < realms_.size() && realms_[realm].alive;
  }
  [[nodiscard]] Verdict check_covered(const OwnershipRequest& request, Cycles now);
  [[nodiscard]] Verdict check_uncovered(const OwnershipRequest& request) const;
  /// Whether the page that a frame is reached from decides.
  [[nodiscard]] bool compares_mapping(const Entry& entry, const OwnershipRequest& request) const {
    return config_.check_mapping && !request.table && !entry.mapped_any &&
           entry.sharing == Sharing::exclusive;
  }
  [[nodiscard]] Denial judge(const Governing& governing, const OwnershipRequest& request) const;

  // Commands (rmu_commands.cpp).
  [[nodiscard]] Status dispatch(Run& run);
  [[nodiscard]] bool is_root(const Issuer& issuer) const {
    return issuer.machine || issuer.realm == 0;
  }
  /// True where some realm may hold translations of a granule with this entry.
  [[nodiscard]] bool reachable(const Entry& entry) const;
  [[nodiscard]] Target find_target(Run& run);
  [[nodiscard]] Target find_governed(Run& run);
  Status create_realm(Run& run);
  Status destroy_realm(Run& run);
  Status set_owner(Run& run);
  Status share(Run& run, Sharing sharing);
  Status scrub(Run& run);
  Status fuse(Run& run);
  Compared compare_members(Run& run, Granule first);
  Status shatter(Run& run);
  Status restore_members(Run& run, const Governing& group);
  Status query(Run& run);
  Status change(Run& run, const Governing& governing, Entry desired, bool narrows);
  Status claim(Run& run, const Governing& governing);
  Status release(Run& run, const Entry& from, const Entry& to);
  Status zero(Run& run, const Governing& governing);
  [[nodiscard]] bool invalidate(Run& run, const Invalidation& invalidation);
  [[nodiscard]] Invalidation frames_of(const Governing& governing) const;
  [[nodiscard]] Address address_of(Granule granule) const {
    return config_.memory_base + (granule << config_.granule_shift);
  }

  RmuConfig config_;
  MemoryPort& port_;
  OwnershipTable table_;
  std::vector<Realm> realms_;
  bool running_ = false;
  std::optional<Claim> claim_;
  std::optional<std::uint16_t> dying_;  ///< the realm that a running command destroys
  RmuStatistics statistics_;
};

}  // namespace kilburn::rmu
