// Spaces of drives: engine = "ssd".
#include <nlohmann/json.hpp>

#include "sweep/sweep_fixture.h"

namespace kilburn::platform::sweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* small = R"(
[pcie.function.0.nvme.flash.nand]
channels = 2
packages = 1
blocks = 32
pages = 64
)";

TEST(SsdSpace, ParametersOfTheDriveAndItsFlowsVaryWithoutATrace) {
  const SpaceFolder folder;
  const Space space = folder.whole(
      "[sweep]\nengine = 'ssd'\n[ssd.flow.0]\nqueue_depth = [1, 32]\n"
      "[pcie.function.0.nvme.dual_lut]\ndesign = ['dual', 'single']\n");
  ASSERT_EQ(space.size(), 4U);
  EXPECT_THAT(column(space, "trace"), ElementsAre("flows", "flows", "flows", "flows"));
  EXPECT_EQ(space.point(3).config.ssd.flows.at(0).queue_depth, 32U);
  EXPECT_EQ(space.command(space.point(0)), "kilburn ssd run --set ssd.flow.0.queue_depth=1");
  EXPECT_EQ(space.command(space.point(3)),
            "kilburn ssd run --set pcie.function.0.nvme.dual_lut.design=single");
}

TEST(SsdSpace, ListsOfAnotherLengthAreToldWhole) {
  const SpaceFolder folder;
  const Space space = folder.whole(
      "[sweep]\nengine = 'ssd'\n[[ssd.namespace]]\nshare = 0.25\n"
      "[clock]\nfrequency_mhz = [1000, 2000]\n");
  EXPECT_THAT(space.command(space.point(1)), HasSubstr("--set ssd.namespace='[{share = 0.25}]'"));
}

TEST(SsdSpace, SpacesOfTracesHaveNeitherDriveNorFlow) {
  const SpaceFolder folder;
  const Space space = folder.space("", "seeds = [1, 2]\n");
  EXPECT_TRUE(space.point(1).config.ssd.flows.empty());
}

TEST(SsdSpace, WhatIsWrongIsTold) {
  EXPECT_THAT(parse_error("[sweep]\nengine = 'ssd'\n[os]\npremap = false\n"),
              HasSubstr("only runs of traces have this parameter"));
  EXPECT_THAT(parse_error("[sweep]\nengine = 'ssd'\ntraces = [['a', 'b']]\n"),
              HasSubstr("one plays on a drive at a time"));
  EXPECT_THAT(parse_error("[sweep]\nengine = 'ssd'\nlimit = 5\n"),
              HasSubstr("sweep.limit: of traces: allowed is ssd.flow.N.requests for flows"));
  EXPECT_THAT(parse_error("[sweep]\ntraces = ['a']\n[ssd.flow.0]\nqueue_depth = [1, 2]\n"),
              HasSubstr("only runs of ssd have this parameter"));
}

TEST_F(Sweep, PointsOfADriveAreWhatARunPrints) {
  const std::string space =
      folder_.write("s.toml", std::string("[sweep]\nengine = 'ssd'\n[ssd.flow.0]\nrequests = 500\n"
                                          "read = [0.5, 1.0]\n") +
                                  small);
  const Outcome swept = sweep(space, "s.db");
  ASSERT_EQ(swept.status, 0) << swept.err;
  const auto command =
      select(folder_ / "s.db", "SELECT command, engine FROM points WHERE number = 0");
  EXPECT_EQ(command.at(0).at(1), "ssd");
  Arguments arguments{"ssd", "run", "--stats-list"};
  for (const char* each :
       {"nand.channels=2", "nand.packages=1", "nand.blocks=32", "nand.pages=64"}) {
    arguments = arguments + set({std::string("pcie.function.0.nvme.flash.") + each});
  }
  const Outcome run = kilburn(arguments + Arguments{"--read", "0.5", "--ios", "500"});
  ASSERT_EQ(run.status, 0) << run.err;
  unsigned compared = 0;
  for (const auto& row : nlohmann::json::parse(run.out)) {
    if (!row[1].is_number_unsigned()) continue;
    const auto found = select(
        folder_ / "s.db",
        "SELECT value FROM statistics JOIN statistic_names ON id = statistic WHERE point = 0 AND "
        "path = '" +
            row[0].get<std::string>() + "'");
    ASSERT_EQ(found.size(), 1U) << row[0];
    EXPECT_EQ(found[0][0], std::to_string(row[1].get<std::uint64_t>())) << row[0];
    ++compared;
  }
  EXPECT_GT(compared, 200U);
}

TEST_F(Sweep, BlockTracesAreWorkloadsOfADrive) {
  folder_.write("one.csv", "128166372003061629,a,0,Read,1024,512,1\n");
  folder_.write("two.csv",
                "128166372003061629,a,0,Read,1024,512,1\n"
                "128166372003161629,a,0,Write,8192,4096,1\n");
  const std::string space =
      folder_.write("s.toml", std::string("[sweep]\nengine = 'ssd'\ntraces = ['*.csv']\n") + small);
  ASSERT_EQ(sweep(space, "s.db").status, 0);
  EXPECT_EQ(select(folder_ / "s.db",
                   "SELECT workload, value FROM points JOIN statistics ON point = number JOIN "
                   "statistic_names ON id = statistic WHERE path = 'ssd.requests' ORDER BY number"),
            (Rows{{"one.csv", "1"}, {"two.csv", "2"}}));
  folder_.write("three.csv", "no trace\n");
  const Outcome refused = sweep(space, "t.db");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("three.csv"));
}

}  // namespace
}  // namespace kilburn::platform::sweep
