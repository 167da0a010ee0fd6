// Power cuts: at every program and erase of what a drive does, whole and torn.
#include <functional>
#include <random>

#include "ftl/oracle.h"

namespace kilburn::ftl::test {
namespace {

/// A drive with its oracle. Each step tells the oracle first what may be there after a cut.
struct Checked {
  explicit Checked(const FtlConfig& config = tiny_config()) : drive(config) {
    oracle.create(1, static_cast<Unit>(drive.ftl->info(1)->sectors / unit_sectors));
  }
  void put(NamespaceId space, Unit unit, bool durable = false) {
    const std::uint64_t number = ++numbers;
    oracle.begin_write(space, unit, number);
    if (drive.put(space, unit, number, durable) == MediaStatus::success) {
      oracle.end_write(space, unit, number, durable);
    }
  }
  void flush() {
    if (drive.flush() == MediaStatus::success) oracle.flush();
  }
  void trim(NamespaceId space, Unit first, Unit count) {
    for (Unit i = first; i < first + count; ++i) oracle.begin_write(space, i, 0);
    const auto status = drive.deallocate(space, std::uint64_t{first} * unit_sectors,
                                         std::uint64_t{count} * unit_sectors);
    if (status != MediaStatus::success) return;
    for (Unit i = first; i < first + count; ++i) oracle.end_write(space, i, 0, false);
  }
  /// `old_size` after a cut, or the new one.
  void resize(NamespaceId space, Unit size) {
    changing_ = {space, oracle.sizes().at(space), size};
    if (drive.resize(space, std::uint64_t{size} * unit_sectors) == MediaStatus::success) {
      oracle.resize(space, size);
    }
    changing_ = {};
  }
  /// Attributes that no namespace has had yet.
  Attributes fresh() { return Attributes{++words}; }
  void create(Unit size) {
    const Attributes attributes = fresh();
    changing_ = {0, 0, size, attributes};
    const auto made = drive.ftl->create(std::uint64_t{size} * unit_sectors, attributes, drive.now);
    if (made.status == MediaStatus::success) oracle.create(made.id, size, attributes);
    changing_ = {};
  }
  void remove(NamespaceId space) {
    changing_ = {space, oracle.sizes().at(space), 0};
    if (drive.ftl->remove(space, drive.now) == MediaStatus::success) oracle.remove(space);
    changing_ = {};
  }
  void format(NamespaceId space) {
    const Unit size = oracle.sizes().at(space);
    const Attributes attributes = fresh();
    changing_ = {space, size, size, attributes, true};
    if (drive.ftl->format(space, attributes, drive.now) == MediaStatus::success) {
      oracle.format(space, attributes);
    }
    changing_ = {};
  }
  void set_attributes(NamespaceId space) {
    const Unit size = oracle.sizes().at(space);
    const Attributes attributes = fresh();
    changing_ = {space, size, size, attributes};
    if (drive.ftl->set_attributes(space, attributes, drive.now) == MediaStatus::success) {
      oracle.set_attributes(space, attributes);
    }
    changing_ = {};
  }

  /// The power comes back.
  void recover() {
    drive.switch_on();
    settle();
    oracle.compare(drive, true);
  }

  Drive drive;
  Oracle oracle;
  std::uint64_t numbers = 0;
  std::uint32_t words = 0;

 private:
  struct Change {
    NamespaceId space = 0;
    Unit before = 0;
    Unit after = 0;
    Attributes attributes{};  ///< the new ones, where the size stays or a namespace is made
    bool formats = false;
  };
  /// Of a change that was cut: old or new, and the oracle follows.
  void settle() {
    const Change change = changing_;
    changing_ = {};
    if (change.before == 0 && change.after == 0) return;
    if (change.space == 0) {
      for (const NamespaceId space : drive.ftl->namespaces()) {
        if (oracle.sizes().contains(space)) continue;
        oracle.create(space, change.after, change.attributes);
      }
      return;
    }
    const auto info = drive.ftl->info(change.space);
    const auto size = info ? static_cast<Unit>(info->sectors / unit_sectors) : 0;
    EXPECT_TRUE(size == change.before || size == change.after) << size;
    if (!info) {
      oracle.remove(change.space);
    } else if (change.before == change.after) {
      // Attributes are new or old, and of a format the contents with them: the oracle compares.
      if (info->attributes != change.attributes) return;
      if (change.formats) {
        oracle.format(change.space, change.attributes);
      } else {
        oracle.set_attributes(change.space, change.attributes);
      }
    } else {
      oracle.resize(change.space, size);
    }
  }
  Change changing_;
};

/// Cuts `scenario` at each of its mutations from `prepare` on, whole and torn; then goes on
/// working, cuts again soon, and looks again. Returns how many cuts there were.
std::uint64_t cut_everywhere(const std::function<void(Checked&)>& prepare,
                             const std::function<void(Checked&)>& scenario,
                             const FtlConfig& config = tiny_config()) {
  Checked whole(config);
  prepare(whole);
  const std::uint64_t before = whole.drive.array.mutations();
  scenario(whole);
  const std::uint64_t count = whole.drive.array.mutations() - before;
  whole.oracle.compare(whole.drive, false);
  std::uint64_t cuts = 0;
  for (std::uint64_t k = 1; k <= count; ++k) {
    for (const bool torn : {false, true}) {
      SCOPED_TRACE(testing::Message()
                   << "mutation " << k << " of " << count << (torn ? ", torn" : ""));
      Checked cut(config);
      prepare(cut);
      cut.drive.array.cut_power_at(k, torn);
      EXPECT_THROW(scenario(cut), nand::PowerCut);
      cut.recover();
      if (testing::Test::HasFatalFailure()) return cuts;
      // It must not only be right, but go on: and be right after the next cut.
      cut.drive.array.cut_power_at(1 + (k % 7), torn);
      try {
        for (Unit i = 0; i < 24; ++i) cut.put(1, (i * 5) % cut.oracle.sizes().at(1), i % 3 == 0);
        cut.flush();
        cut.drive.array.restore_power();
        cut.oracle.compare(cut.drive, false);
      } catch (const nand::PowerCut&) {
      }
      cut.recover();
      if (testing::Test::HasFatalFailure()) return cuts;
      cuts += 2;
    }
  }
  return cuts;
}

Unit size_of(const Checked& drive, NamespaceId space) {
  return drive.oracle.sizes().at(space);
}

void fill(Checked& drive, unsigned rounds) {
  for (unsigned round = 0; round < rounds; ++round) {
    for (Unit unit = 0; unit < size_of(drive, 1); ++unit)
      drive.put(1, (unit * 7) % size_of(drive, 1));
  }
  drive.flush();
}

TEST(PowerCut, AtEveryStepOfGarbageCollectionLosesNothingDurable) {
  const auto cuts = cut_everywhere([](Checked& drive) { fill(drive, 3); },
                                   [](Checked& drive) {
                                     for (Unit i = 0; i < 60; ++i) {
                                       drive.put(1, (i * 11) % size_of(drive, 1), i % 4 == 0);
                                       if (i % 10 == 9) drive.flush();
                                     }
                                   });
  EXPECT_GT(cuts, 200u);
}

TEST(PowerCut, AtEveryStepOfACheckpointLeavesTheOldOrTheNewMaps) {
  FtlConfig config = tiny_config();
  config.checkpoint_share = 0.1;
  const auto cuts = cut_everywhere([](Checked& drive) { fill(drive, 2); },
                                   [](Checked& drive) {
                                     for (Unit i = 0; i < 40; ++i) drive.put(1, i % 20, i % 2 == 0);
                                     drive.set_attributes(1);
                                     drive.drive.ftl->checkpoint();
                                     for (Unit i = 0; i < 8; ++i) drive.put(1, i, true);
                                   },
                                   config);
  EXPECT_GT(cuts, 100u);
}

TEST(PowerCut, AtEveryStepOfDeallocationsNeverBringsBackWhatWasDurablyGone) {
  const auto cuts = cut_everywhere([](Checked& drive) { fill(drive, 2); },
                                   [](Checked& drive) {
                                     for (Unit i = 0; i < 24; ++i) {
                                       drive.trim(1, i, 3);
                                       if (i % 4 == 3) drive.flush();
                                       drive.put(1, (i * 5) % size_of(drive, 1));
                                       if (i % 6 == 5) drive.put(1, i, true);
                                     }
                                     drive.flush();
                                   });
  EXPECT_GT(cuts, 100u);
}

class ResizeCut : public testing::TestWithParam<Mapping> {};

TEST_P(ResizeCut, AtEveryStepRecoversToTheOldSizeOrTheNewOne) {
  FtlConfig config = tiny_config();
  config.mapping = GetParam();
  config.first_namespace = 0.25;
  const auto cuts = cut_everywhere(
      [](Checked& drive) {
        drive.create(8);
        drive.create(12);
        fill(drive, 1);
        for (Unit i = 0; i < 8; ++i) drive.put(2, i);
        for (Unit i = 0; i < 12; ++i) drive.put(3, i);
        drive.flush();
      },
      [](Checked& drive) {
        drive.resize(1, size_of(drive, 1) + 4);
        drive.put(1, size_of(drive, 1) - 1, true);
        drive.put(3, 2, true);
        drive.resize(2, 3);
        drive.put(2, 1);
        drive.resize(2, 8);
        drive.put(2, 5, true);
        drive.resize(1, 4);
        drive.resize(1, 9);
        drive.put(3, 4);
        drive.flush();
      },
      config);
  EXPECT_GT(cuts, 20u);
}

TEST_P(ResizeCut, AtEveryStepOfMakingRemovingFormattingAndNamingAttributesIsOldOrNew) {
  FtlConfig config = tiny_config();
  config.mapping = GetParam();
  config.first_namespace = 0.25;
  const auto cuts = cut_everywhere(
      [](Checked& drive) {
        fill(drive, 1);
        drive.create(8);
        for (Unit i = 0; i < 8; ++i) drive.put(2, i);
        drive.flush();
      },
      [](Checked& drive) {
        drive.create(6);
        drive.set_attributes(3);
        drive.put(3, 1, true);
        drive.remove(2);
        drive.set_attributes(1);
        drive.create(5);
        drive.put(2, 2, true);
        drive.format(1);
        drive.put(1, 0);
        drive.remove(3);
        drive.flush();
      },
      config);
  EXPECT_GT(cuts, 16u);
}

std::string name_of(const testing::TestParamInfo<Mapping>& info) {
  return info.param == Mapping::shift ? "shift" : "allocation_units";
}
INSTANTIATE_TEST_SUITE_P(PowerCut, ResizeCut,
                         testing::Values(Mapping::shift, Mapping::allocation_units), name_of);

TEST(PowerCut, WhileANewDriveIsMadeReadyLeavesANewDrive) {
  for (const bool torn : {false, true}) {
    nand::Array array(tiny_geometry(), {}, spare_bytes(tiny_geometry()));
    array.cut_power_at(1, torn);
    EXPECT_THROW(Ftl(tiny_config(), {}, array), nand::PowerCut);
    array.restore_power();
    Ftl ftl(tiny_config(), {}, array);
    EXPECT_EQ(ftl.namespaces(), std::vector<NamespaceId>{1});
    EXPECT_EQ(findings(ftl), "");
  }
}

/// Random requests, several at a time, with cuts at random mutations.
void random_life(std::uint64_t seed, const FtlConfig& config, unsigned steps) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const auto pick = [&](std::uint64_t below) { return random() % below; };
  Checked life(config);
  for (unsigned step = 0; step < steps; ++step) {
    if (pick(40) == 0) life.drive.array.cut_power_at(1 + pick(60), pick(2) == 0);
    try {
      std::vector<NamespaceId> spaces;
      for (const auto& [space, size] : life.oracle.sizes()) spaces.push_back(space);
      const NamespaceId space = spaces.empty() ? 0 : spaces[pick(spaces.size())];
      const Unit size = space == 0 ? 0 : size_of(life, space);
      const auto kind = pick(100);
      if (space == 0 || kind < 2) {
        life.create(1 + static_cast<Unit>(pick(12)));
      } else if (kind < 60) {
        life.put(space, static_cast<Unit>(pick(size)), pick(4) == 0);
      } else if (kind < 75) {
        const auto unit = static_cast<Unit>(pick(size));
        ASSERT_EQ(life.drive.get(space, unit), life.oracle.newest(space, unit));
      } else if (kind < 85) {
        const auto first = static_cast<Unit>(pick(size));
        life.trim(space, first, 1 + static_cast<Unit>(pick(size - first)));
      } else if (kind < 92) {
        life.flush();
      } else if (kind < 97) {
        life.resize(space, 1 + static_cast<Unit>(pick(24)));
      } else if (kind < 98) {
        life.format(space);
      } else if (kind < 99) {
        life.set_attributes(space);
      } else if (spaces.size() > 1) {
        life.remove(space);
      }
    } catch (const nand::PowerCut&) {
      life.recover();
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  life.drive.array.restore_power();
  life.oracle.compare(life.drive, false);
}

TEST(PowerCut, RandomLivesWithCutsHoldWhatAPlainMapHolds) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    FtlConfig config = tiny_config();
    config.mapping = seed % 2 == 0 ? Mapping::shift : Mapping::allocation_units;
    config.write_cache = seed % 3 != 0;
    config.victim_policy = seed % 5 == 0 ? VictimPolicy::cost_benefit : VictimPolicy::greedy;
    config.wear_difference = 4;
    random_life(seed, config, 1500);
    ASSERT_FALSE(testing::Test::HasFatalFailure());
  }
}

}  // namespace
}  // namespace kilburn::ftl::test
