// The observable behaviours of a resize, in both mapping schemes.
#include <random>

#include "ftl/oracle.h"

namespace kilburn::ftl::test {
namespace {

/// Flash that takes next to no time, and entries that move one by one, 10 us each: requests
/// are served at every position of the cursor.
nand::TimingConfig instant() {
  nand::TimingConfig timing;
  timing.read_ns = timing.program_ns = timing.erase_ns = timing.command_ns = 0;
  timing.bus_megatransfers = 100'000;
  return timing;
}

FtlConfig slow_moves(Mapping mapping) {
  FtlConfig config = tiny_config();
  config.mapping = mapping;
  config.first_namespace = 0.0;
  config.move_batch = 1;
  config.move_entries_per_ms = 100;
  config.controller_ns = 0;
  config.coalesce_ns = 0;
  return config;
}

struct Sized {
  explicit Sized(Mapping mapping, const std::vector<Unit>& sizes)
      : drive(slow_moves(mapping), tiny_geometry(), {}, instant()) {
    for (const Unit size : sizes) {
      const auto made = drive.ftl->create(std::uint64_t{size} * unit_sectors, {}, drive.now);
      EXPECT_EQ(made.status, MediaStatus::success);
      oracle.create(made.id, size);
      for (Unit unit = 0; unit < size; ++unit) put(made.id, unit);
    }
    drive.flush();
  }
  void put(NamespaceId space, Unit unit) {
    ASSERT_EQ(drive.put(space, unit, ++numbers), MediaStatus::success);
    oracle.end_write(space, unit, numbers, false);
  }
  void resize(NamespaceId space, Unit size, MediaStatus expected = MediaStatus::success) {
    ASSERT_EQ(drive.resize(space, std::uint64_t{size} * unit_sectors), expected);
    if (expected == MediaStatus::success) oracle.resize(space, size);
  }
  void begin(NamespaceId space, Unit size) {
    drive.ftl->resize(space, std::uint64_t{size} * unit_sectors, ++drive.tag, drive.now);
    resizing = drive.tag;
  }
  [[nodiscard]] bool ended() const { return drive.listener.ends.contains(resizing); }
  [[nodiscard]] const NamespaceMap& map() const { return drive.ftl->core().map; }
  [[nodiscard]] std::vector<Entry> table() const {
    std::vector<Entry> entries;
    for (std::uint32_t i = 0; i < map().capacity(); ++i) entries.push_back(map().raw_entry(i));
    return entries;
  }

  Drive drive;
  Oracle oracle;
  std::uint64_t numbers = 0;
  std::uint64_t resizing = 0;
};

class Resize : public testing::TestWithParam<Mapping> {};

TEST_P(Resize, EveryOtherNamespaceReadsTheSameAndNoUserDataAreProgrammed) {
  Sized s(GetParam(), {8, 12, 6, 9});
  for (const Unit size : {11u, 3u, 8u}) {
    const FtlStatistics before = s.drive.ftl->statistics();
    s.resize(1, size);
    const FtlStatistics after = s.drive.ftl->statistics();
    EXPECT_EQ(after.units_programmed, before.units_programmed);
    EXPECT_EQ(after.units_collected, before.units_collected);
    s.oracle.compare(s.drive, false);
  }
}

TEST_P(Resize, IsRightWhereTheShiftIsSmallerThanTheMovedNamespaceInBothDirections) {
  for (Unit distance = 1; distance <= 14; ++distance) {
    SCOPED_TRACE(distance);
    Sized s(GetParam(), {16, 12, 7});
    s.resize(1, 16 + distance);
    s.oracle.compare(s.drive, false);
    s.resize(1, 16);
    s.oracle.compare(s.drive, false);
    s.resize(1, 16 - distance);
    s.oracle.compare(s.drive, false);
  }
}

TEST(ResizeByShifting, NamespacesBelowStayAndAllLaterOnesShift) {
  Sized s(Mapping::shift, {8, 12, 6, 9});
  s.resize(2, 17);
  EXPECT_EQ(s.map()[1].start, 0u);
  EXPECT_EQ(s.map()[2].start, 8u);
  EXPECT_EQ(s.map()[3].start, 8u + 17);
  EXPECT_EQ(s.map()[4].start, 8u + 17 + 6);
  s.resize(2, 1);
  EXPECT_EQ(s.map()[1].start, 0u);
  EXPECT_EQ(s.map()[3].start, 9u);
  EXPECT_EQ(s.map()[4].start, 15u);
}

TEST(ResizeByAllocationUnits, MovesNoEntry) {
  Sized s(Mapping::allocation_units, {8, 12, 6, 9});
  s.resize(1, 20);
  s.resize(2, 3);
  EXPECT_EQ(s.drive.ftl->statistics().entries_moved, 0u);
  s.oracle.compare(s.drive, false);
}

TEST_P(Resize, ThatFailsLeavesBothTablesAsTheyWere) {
  Sized s(GetParam(), {8, 12, 6});
  const auto before = s.table();
  const Unit too_many = s.map().capacity();
  s.resize(1, too_many, MediaStatus::no_space);
  s.resize(9, 4, MediaStatus::unknown_namespace);
  EXPECT_EQ(s.drive.resize(1, 4), MediaStatus::out_of_range) << "not a whole number of units";
  EXPECT_EQ(s.drive.resize(1, 0), MediaStatus::out_of_range);
  EXPECT_EQ(s.drive.resize(1, UINT64_MAX - 7), MediaStatus::out_of_range);
  EXPECT_EQ(s.table(), before);
  s.oracle.compare(s.drive, false);
  if (GetParam() == Mapping::allocation_units) return;  // it is over at once
  s.begin(1, 10);
  s.resize(2, 4, MediaStatus::busy);
  EXPECT_EQ(s.drive.ftl->create(8, {}, s.drive.now).status, MediaStatus::busy);
  EXPECT_EQ(s.drive.ftl->remove(2, s.drive.now), MediaStatus::busy);
}

/// At every position of the cursor: all units of all namespaces are read, one of each is written.
void serve_while_moving(Mapping mapping, Unit from, Unit to) {
  SCOPED_TRACE(testing::Message() << from << " to " << to);
  Sized s(mapping, {from, 12, 5});
  s.begin(1, to);
  if (to < from) s.oracle.resize(1, to);
  unsigned positions = 0;
  const Nanoseconds begin = s.drive.now;
  std::set<std::uint64_t> seen = {s.drive.ftl->statistics().entries_moved};
  while (!s.ended()) {
    ++positions;
    for (const NamespaceId space : {1u, 2u, 3u}) {
      const Unit size = std::min(from, space == 1 ? std::min(from, to) : space == 2 ? 12u : 5u);
      for (Unit unit = 0; unit < size; ++unit) {
        ASSERT_EQ(s.drive.get(space, unit), s.oracle.newest(space, unit))
            << "unit " << unit << " of " << space << ", position " << positions;
      }
      s.put(space, (positions * 5) % size);
    }
    ASSERT_EQ(findings(*s.drive.ftl), "");
    s.drive.run_until(begin + (positions * 10'000));
    seen.insert(s.drive.ftl->statistics().entries_moved);
  }
  if (to > from) s.oracle.resize(1, to);
  EXPECT_EQ(s.drive.listener.ends[s.resizing].status, MediaStatus::success);
  EXPECT_EQ(seen.size(), mapping == Mapping::shift ? 17u : 1u) << "12 and 5 entries, one by one";
  s.oracle.compare(s.drive, false);
}

TEST_P(Resize, ServesReadsAndWritesAtEveryPositionOfTheCursor) {
  for (const Unit to : {9u, 10u, 15u, 30u, 7u, 5u, 1u}) serve_while_moving(GetParam(), 8, to);
}

TEST_P(Resize, ARangeThatWasCutOffReadsAsZerosWhenItIsGrownAgain) {
  Sized s(GetParam(), {12, 6});
  s.resize(1, 4);
  s.resize(1, 12);
  for (Unit unit = 4; unit < 12; ++unit) EXPECT_EQ(s.drive.get(1, unit), 0u) << unit;
  EXPECT_EQ(s.drive.ftl->info(1)->mapped, 4u * unit_sectors);
  s.drive.switch_on();
  for (Unit unit = 4; unit < 12; ++unit) EXPECT_EQ(s.drive.get(1, unit), 0u) << unit;
}

TEST_P(Resize, ACommandAboveAShrunkLimitInFlightEndsOutOfRange) {
  FtlConfig config = tiny_config();
  config.mapping = GetParam();
  Drive drive(config);
  drive.put(1, 30, 5, true);
  const auto reading = drive.submit(
      {.kind = Request::Kind::read, .space = 1, .first = 29 * unit_sectors, .sectors = 16});
  EXPECT_EQ(drive.resize(1, 20 * unit_sectors), MediaStatus::success);
  const Ended ended = drive.wait(reading);
  EXPECT_EQ(ended.status, MediaStatus::out_of_range);
  EXPECT_EQ(ended.failed, 29u * unit_sectors);
}

TEST_P(Resize, GrowthSucceedsWheneverTotalFreeSpaceSufficesHoweverItIsScattered) {
  // Every second namespace goes; what is left is then given to one, unit by unit.
  FtlConfig config = slow_moves(GetParam());
  config.move_batch = 4096;
  config.move_entries_per_ms = 1'000'000;
  Drive drive(config, tiny_geometry(), {}, instant());
  const Unit unit = config.allocation_unit_bytes / unit_bytes;
  std::vector<NamespaceId> made;
  for (;;) {
    const auto created = drive.ftl->create(std::uint64_t{unit} * unit_sectors, {}, drive.now);
    if (created.status != MediaStatus::success) break;
    made.push_back(created.id);
    drive.put(created.id, 1, created.id);
  }
  ASSERT_GT(made.size(), 8u);
  for (std::size_t i = 0; i < made.size(); i += 2) {
    ASSERT_EQ(drive.ftl->remove(made[i], drive.now), MediaStatus::success);
  }
  const std::uint64_t free = drive.ftl->unallocated();
  const std::uint64_t size = drive.ftl->info(made[3])->sectors;
  ASSERT_GE(free, made.size() / 2 * unit * unit_sectors);
  EXPECT_EQ(drive.resize(made[3], size + free), MediaStatus::success);
  EXPECT_EQ(drive.ftl->unallocated(), 0u);
  for (std::size_t i = 1; i < made.size(); i += 2) EXPECT_EQ(drive.get(made[i], 1), made[i]);
  EXPECT_EQ(findings(*drive.ftl), "");
}

TEST_P(Resize, AHundredThousandRandomChangesLeakNoIndexAndNoBlock) {
  FtlConfig config = slow_moves(GetParam());
  config.move_batch = 4096;
  config.move_entries_per_ms = 1'000'000'000;
  config.wear_difference = 50;
  Drive drive(config, tiny_geometry(), {}, instant());
  const std::uint64_t seed = 20'260;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  std::map<NamespaceId, Unit> sizes;
  const std::uint32_t capacity = drive.ftl->core().map.capacity();
  const std::uint32_t grain = GetParam() == Mapping::shift ? 1 : 4;
  const auto taken = [&](Unit size) { return (size + grain - 1) / grain * grain; };
  std::uint32_t used = 0;
  for (unsigned i = 0; i < 100'000; ++i) {
    const Unit size = 1 + static_cast<Unit>(random() % 20);
    if (sizes.empty() || random() % 4 == 0) {
      const bool fits = used + taken(size) <= capacity;
      const auto made = drive.ftl->create(std::uint64_t{size} * unit_sectors, {}, drive.now);
      ASSERT_EQ(made.status, fits ? MediaStatus::success : MediaStatus::no_space) << i;
      if (fits) sizes[made.id] = size;
    } else {
      auto at = sizes.begin();
      std::advance(at, random() % sizes.size());
      const auto space = at->first;
      if (random() % 4 == 0) {
        ASSERT_EQ(drive.ftl->remove(space, drive.now), MediaStatus::success);
        sizes.erase(at);
      } else {
        if (random() % 2 == 0) drive.put(space, at->second - 1, i + 1);
        const bool fits = used - taken(at->second) + taken(size) <= capacity;
        ASSERT_EQ(drive.resize(space, std::uint64_t{size} * unit_sectors),
                  fits ? MediaStatus::success : MediaStatus::no_space);
        if (fits) at->second = size;
      }
    }
    used = 0;
    for (const auto& [space, units] : sizes) used += taken(units);
    ASSERT_EQ(drive.ftl->unallocated(), std::uint64_t{capacity - used} * unit_sectors) << i;
    if (i % 1000 != 0) continue;
    ASSERT_EQ(findings(*drive.ftl), "") << i;
  }
  for (const auto& [space, size] : sizes) {
    ASSERT_EQ(drive.ftl->remove(space, drive.now), MediaStatus::success);
  }
  EXPECT_EQ(drive.ftl->unallocated(), drive.ftl->capacity());
  drive.flush();
  EXPECT_EQ(findings(*drive.ftl), "");
  // Nothing is valid any more: all blocks can be had again.
  std::uint32_t valid = 0;
  for (std::uint32_t i = 0; i < drive.array.geometry().all_blocks(); ++i) {
    valid += drive.ftl->core().blocks[nand::BlockId{i}].valid;
  }
  EXPECT_EQ(valid, 0u);
}

TEST(ResizeByShifting, TakesTheTimeOfTheEntriesThatMove) {
  Sized s(Mapping::shift, {8, 12, 5});
  const Nanoseconds begin = s.drive.now;
  s.begin(1, 10);
  const Ended ended = s.drive.wait(s.resizing);
  // 17 entries, 10 us each; then its record is programmed.
  const Nanoseconds record = s.drive.timing.transfer_ns(tiny_geometry().page_bytes);
  EXPECT_EQ(ended.when - begin, 170'000 + record);
  EXPECT_EQ(s.drive.ftl->statistics().entries_moved, 17u);
}

std::string name_of(const testing::TestParamInfo<Mapping>& info) {
  return info.param == Mapping::shift ? "shift" : "allocation_units";
}
INSTANTIATE_TEST_SUITE_P(Schemes, Resize,
                         testing::Values(Mapping::shift, Mapping::allocation_units), name_of);

}  // namespace
}  // namespace kilburn::ftl::test
