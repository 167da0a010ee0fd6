// Random commands against a plain model of the table: one record a granule, groups as ranges.
#include <gtest/gtest.h>

#include <map>

#include "common/random.h"
#include "rmu/fixture.h"

namespace kilburn::rmu::testing {
namespace {

constexpr Granule used = 64;  ///< granules that the commands go to
constexpr unsigned realm_count = 4;

/// What each granule is, with the group that it is in. Knows nothing of heads, entries or memory.
class ReferenceTable {
 public:
  struct Record {
    State state = State::invalid;
    Sharing sharing = Sharing::exclusive;
    std::uint16_t owner = 0;
    bool any = false;
    bool data_only = false;
    PageNumber mapped = 0;
    Granule group = 0;  ///< its first granule
    Granule size = 1;   ///< granules in the group
  };

  ReferenceTable() {
    for (Granule granule = 0; granule < used; ++granule) records_[granule].group = granule;
  }

  Record& at(Granule granule) { return records_.at(granule); }

  bool allowed(Granule granule, PageNumber mapped, std::uint16_t realm, Access access, bool table) {
    const Record& record = at(granule);
    if (record.state == State::invalid) return realm == 0;
    if (record.state != State::valid || (table && record.data_only)) return false;
    if (record.sharing == Sharing::exclusive) {
      return realm == record.owner && (table || record.any || mapped == record.mapped);
    }
    return realm == record.owner || record.sharing == Sharing::shared || access != Access::store;
  }

  Status apply(const Command& command) {
    const Granule granule = (command.target - memory_base) >> page_shift;
    const Granule size = Granule{1} << command.order;
    switch (command.code) {
      case CommandCode::fuse:
        return fuse(granule, size);
      case CommandCode::shatter:
        return shatter(granule, command.issuer.realm);
      default:
        return change(command, granule, size);
    }
  }

 private:
  Status fuse(Granule granule, Granule size) {
    if (size == 1) return Status::bad_order;
    if (granule % size != 0) return Status::misaligned;
    const Record first = at(granule);
    if (first.size > 1) {
      return first.group == granule && first.size == size ? Status::ok : Status::is_member;
    }
    for (Granule i = 0; i < size; ++i) {
      const Record& record = at(granule + i);
      if (record.size > 1) return Status::is_member;
      if (record.state != State::valid || record.sharing == Sharing::shared_read_only) {
        return Status::state_mismatch;
      }
      if (record.owner != first.owner) return Status::owner_mismatch;
      if (record.sharing != first.sharing) return Status::state_mismatch;
      if (record.data_only != first.data_only) return Status::state_mismatch;
      if (record.any != first.any || (!record.any && record.mapped != first.mapped + i)) {
        return Status::not_contiguous;
      }
    }
    for (Granule i = 0; i < size; ++i) {
      at(granule + i).group = granule;
      at(granule + i).size = size;
    }
    return Status::ok;
  }

  Status shatter(Granule granule, std::uint16_t issuer) {
    const Record found = at(granule);
    if (found.size == 1) return Status::not_fused;
    const bool owner = found.state == State::valid && issuer == found.owner;
    if (!owner && issuer != 0) return Status::denied;
    for (Granule i = 0; i < found.size; ++i) {
      at(found.group + i).group = found.group + i;
      at(found.group + i).size = 1;
    }
    return Status::ok;
  }

  Status change(const Command& command, Granule granule, Granule size) {
    const Record found = at(granule);
    if (size == 1 && found.size > 1) return Status::is_member;
    if (size != found.size) return Status::not_fused;
    if (found.group != granule) return Status::misaligned;
    const bool owned = found.state == State::valid || found.state == State::rmu_private;
    const bool owner = owned && command.issuer.realm == found.owner;
    const bool root = command.issuer.realm == 0;
    Record after = found;
    switch (command.code) {
      case CommandCode::set_owner: {
        if (found.state == State::rmu_private) return Status::state_mismatch;
        if (!(owned ? owner : root)) return Status::denied;
        const bool sound =
            command.state == State::valid || (command.state == State::rmu_private && size == 1);
        if (!sound) return Status::state_mismatch;
        after.state = command.state;
        after.sharing = Sharing::exclusive;
        after.owner = static_cast<std::uint16_t>(command.realm);
        after.any = command.mapped_any;
        after.data_only = command.data_only;
        after.mapped = command.mapped;
        break;
      }
      case CommandCode::scrub:
        if (!owner && (owned || !root)) return Status::denied;
        after.state = State::clean;
        after.data_only = false;
        break;
      default: {
        const Sharing wanted =
            command.code == CommandCode::share ? command.sharing : Sharing::exclusive;
        if (owned && !owner) return Status::denied;
        if (found.state != State::valid) return Status::state_mismatch;
        if (wanted == Sharing::shared_read_only && size > 1) return Status::state_mismatch;
        after.sharing = wanted;
      }
    }
    for (Granule i = 0; i < size; ++i) {
      const PageNumber mapped =
          command.code == CommandCode::set_owner ? after.mapped + i : at(granule + i).mapped;
      at(granule + i) = after;
      at(granule + i).mapped = mapped;
    }
    return Status::ok;
  }

  std::map<Granule, Record> records_;
};

class RandomCommands : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomCommands, AgreeWithAPlainTable) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  std::uint64_t random = mix64(GetParam()) | 1;
  const auto pick = [&](std::uint64_t count) { return (next_random(random) >> 20) % count; };

  RmuConfig config = small_config();
  config.max_order = 5;
  config.cache_lines = static_cast<std::uint32_t>(GetParam() % 3 * 4);
  config.replacement = static_cast<Replacement>(GetParam() % 4);
  Bench bench(config);
  ReferenceTable reference;
  std::map<Status, unsigned> seen;
  std::map<bool, unsigned> seen_verdicts;
  bool touched = false;

  for (unsigned step = 0; step < 100'000; ++step) {
    const Granule granule = pick(used);
    if (pick(3) != 0) {
      const bool mostly = pick(8) != 0;
      const PageNumber mapped = mostly ? reference.at(granule).mapped : pick(4);
      const auto realm = static_cast<std::uint16_t>(pick(4) != 0 ? reference.at(granule).owner
                                                                 : pick(realm_count));
      const auto access = static_cast<Access>(pick(3));
      const bool table = pick(4) == 0;
      const OwnershipReply reply =
          bench.rmu.check({base_frame + granule, mapped, access, realm, table}, bench.later());
      const bool allowed = reference.allowed(granule, mapped, realm, access, table);
      ASSERT_EQ(reply.allowed, allowed) << "step " << step;
      if (allowed) {
        const Granule size = touched ? reference.at(granule).size : granules;
        ASSERT_EQ(Granule{1} << reply.order, size) << "step " << step;
        ASSERT_EQ(reply.writable, reference.allowed(granule, mapped, realm, Access::store, table));
      }
      ++seen_verdicts[allowed];
      continue;
    }
    const CommandCode codes[] = {
        CommandCode::set_owner, CommandCode::set_owner, CommandCode::set_owner, CommandCode::share,
        CommandCode::unshare,   CommandCode::fuse,      CommandCode::fuse,      CommandCode::fuse,
        CommandCode::shatter,   CommandCode::scrub};
    Command command{.code = codes[pick(pick(12) == 0 ? 10 : 9)]};
    command.order = static_cast<unsigned>(pick(4) == 0 ? pick(6) : 0);
    if (command.code == CommandCode::fuse) command.order = static_cast<unsigned>(pick(5));
    Granule target = granule;
    if (pick(8) != 0) target = target >> command.order << command.order;
    if (command.order == 0 && pick(2) == 0) {
      const auto& record = reference.at(target);  // a command that fits the group there
      for (command.order = 0; Granule{1} << command.order < record.size;) ++command.order;
      if (command.code == CommandCode::fuse) command.order = 1 + static_cast<unsigned>(pick(3));
      target = command.code == CommandCode::fuse ? target >> command.order << command.order
                                                 : record.group;
    }
    command.target = Bench::address(target);
    const auto& record = reference.at(target);
    const bool owned = record.state == State::valid || record.state == State::rmu_private;
    const bool fit = pick(8) != 0;
    command.issuer.realm =
        static_cast<std::uint16_t>(!fit ? pick(realm_count) : (owned ? record.owner : 0));
    command.realm = static_cast<std::uint32_t>(pick(3) == 0 ? pick(realm_count) : 1);
    command.mapped_any = pick(16) == 0;
    command.data_only = pick(16) == 0;
    command.mapped = pick(8) == 0 ? pick(1000) : 0x1000 + target;
    command.state = pick(16) == 0 ? static_cast<State>(pick(5)) : State::valid;
    command.sharing = static_cast<Sharing>(pick(3));
    const Status expected = reference.apply(command);
    ASSERT_EQ(bench.issue(command).status, expected)
        << "step " << step << ": " << to_string(command.code) << " granule " << target << " order "
        << command.order;
    ++seen[expected];
    touched |= expected == Status::ok;  // the first that is accepted changes an entry
  }
  for (const Status status :
       {Status::ok, Status::misaligned, Status::bad_order, Status::owner_mismatch,
        Status::state_mismatch, Status::not_contiguous, Status::is_member, Status::not_fused,
        Status::denied}) {
    EXPECT_GT(seen[status], 20u) << to_string(status) << " is hardly tried";
  }
  EXPECT_GT(seen_verdicts[true], 5'000u);
  EXPECT_GT(seen_verdicts[false], 5'000u);
  const RmuStatistics statistics = bench.rmu.statistics();
  EXPECT_GT(statistics.fuses, 200u);
  EXPECT_GT(statistics.shatters, 200u);
  EXPECT_GT(statistics.denied(Denial::data_only), 100u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomCommands, ::testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace kilburn::rmu::testing
