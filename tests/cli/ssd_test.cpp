// kilburn ssd as its users run it. Expected latencies are the closed form of docs/nand.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "process.h"

namespace kilburn::platform {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// 512 MiB in 2 channels of 2 dies: a new drive is there in a moment, and is full soon.
Arguments small() {
  Arguments list;
  for (const char* each :
       {"channels=2", "packages=2", "dies=1", "planes=2", "blocks=64", "pages=128"}) {
    list = list + set({std::string("pcie.function.0.nvme.flash.nand.") + each});
  }
  return list;
}
Arguments run() {
  return Arguments{"ssd", "run"} + small();
}
std::string flash(const std::string& setting) {
  return "pcie.function.0.nvme.flash." + setting;
}

std::string statistics_text(const Arguments& command) {
  const Folder folder;
  const Outcome outcome = kilburn(command + Arguments{"--stats", folder / "s"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return contents(folder / "s");
}
json statistics(const Arguments& command) {
  return json::parse(statistics_text(command));
}
double mean_us(const json& statistics, const std::string& of) {
  return statistics["ssd"]["flow0"][of + "_latency"]["mean"].get<double>() / 1000;
}

TEST(SsdRun, OneReadAtATimeTakesItsCellsItsChannelAndTheHostInterface) {
  // 75 us of cells, 0.2 of command, data at 333 MB/s; the host interface's ways, 2.5 us, and data
  // over the link, 8 GB/s (docs/nvme.md). Within 2 %, as the yardstick of other simulators is.
  struct Case {
    const char* bs;
    double bytes;
  };
  for (const Case& each : {Case{"4k", 4096}, Case{"8k", 8192}}) {
    const json s = statistics(run() + Arguments{"--bs", each.bs, "--qd", "1", "--ios", "500"});
    const double closed_us = 75 + 0.2 + each.bytes / 333 + 2.5 + each.bytes / 8000;
    EXPECT_NEAR(mean_us(s, "read"), closed_us, 0.02 * closed_us) << each.bs;
  }
}

TEST(SsdRun, OneWriteAtATimeWithoutWriteCacheTakesAProgram) {
  const json s = statistics(
      run() + Arguments{"--bs", "8k", "--read", "0", "--qd", "1", "--ios", "200", "--fill", "0"} +
      set({flash("ftl.write_cache=false")}));
  const double flash_us = 750 + 0.2 + 8192 / 333.0;
  EXPECT_GT(mean_us(s, "write"), flash_us);
  EXPECT_LT(mean_us(s, "write"), flash_us * 1.02);
}

TEST(SsdRun, TheSameSeedGivesTheSameBytesAndAnotherOthers) {
  const auto with_seed = [](const char* seed) {
    return statistics_text(run() + Arguments{"--read", "0.5", "--pattern", "zipf:0.9", "--ios",
                                             "3000", "--fragmented", "0.5", "--seed", seed});
  };
  const std::string once = with_seed("5");
  EXPECT_EQ(once, with_seed("5"));
  EXPECT_NE(once, with_seed("6"));
}

TEST(SsdRun, WhatIsReadIsWhatWasWrittenUnderGarbageCollection) {
  const json s = statistics(run() + Arguments{"--read", "0.5", "--ios", "60000", "--queues", "2",
                                              "--verify", "--fragmented", "1"});
  EXPECT_GT(s["pcie"]["01.0"]["ftl"]["collections"], 100);
  EXPECT_GT(s["ssd"]["verified_sectors"], 10'000);
  EXPECT_EQ(s["ssd"]["flow0"]["errors"], 0);
}

TEST(SsdRun, NamespacesGrowAndShrinkUnderVerifiedLoadOnTheirNeighbours) {
  const Folder folder;
  const std::string config = folder.write("c.toml", R"(
[ssd]
verify = true
[[ssd.namespace]]
share = 0.3
[[ssd.flow]]
namespace = 1
read = 0.5
requests = 8000
[[ssd.flow]]
namespace = 2
read = 0.5
requests = 8000
[[ssd.resize]]
namespace = 1
after_requests = 4000
share = 0.6
[[ssd.resize]]
namespace = 1
after_requests = 8000
share = 0.2
[[ssd.resize]]
namespace = 1
after_requests = 8000
share = 0.9
)");
  const json s =
      statistics(Arguments{"ssd", "run", config} + small() +
                 set({flash("ftl.first_namespace=0.4"), flash("ftl.move_entries_per_ms=2000")}));
  const json& ssd = s["ssd"];
  EXPECT_EQ(ssd["resize0"]["status"], 0);
  EXPECT_EQ(ssd["resize1"]["status"], 0);
  EXPECT_EQ(ssd["resize2"]["status"], 0x115) << "insufficient capacity: 0.9 and 0.3 are too much";
  EXPECT_EQ(ssd["resize1"]["from"], ssd["resize0"]["to"]);
  EXPECT_GT(ssd["flow1"]["latency_during_resizes"]["max"], 0) << "I/O goes on meanwhile";
  EXPECT_GT(ssd["verified_sectors"], 2'000);
  EXPECT_EQ(s["pcie"]["01.0"]["ftl"]["entries_moved"].get<std::uint64_t>() > 0, true);
}

TEST(SsdRun, DataGoThroughTheIommuAndTheLookUpTables) {
  const json s = statistics(run() + Arguments{"--ios", "2000"});
  const json& tables = s["pcie"]["01.0"]["dual_lut"];
  EXPECT_GT(tables["translated"], 4000);
  EXPECT_GT(tables["hit_rate"], 0.9);
  const json plain = statistics(run() + Arguments{"--ios", "2000"} + set({"board.iommu=false"}));
  EXPECT_EQ(plain["pcie"]["01.0"]["dual_lut"]["translated"], 0);
  EXPECT_FALSE(plain.contains("iommu"));
  const json asked = statistics(run() + Arguments{"--ios", "2000"} + set({"ssd.ats=false"}));
  EXPECT_EQ(asked["pcie"]["01.0"]["dual_lut"]["translated"], 0);
  EXPECT_GT(asked["pcie"]["01.0"]["dual_lut"]["untranslated"], 4000);
  EXPECT_EQ(asked["ssd"]["flow0"]["errors"], 0);
}

TEST(SsdRun, TheSummaryShowsPercentilesAndHowFastItWas) {
  const Outcome outcome = kilburn(run() + Arguments{"--ios", "1000"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("flow 0, reads"), HasSubstr("99.99 %"),
                                 HasSubstr("write amplification"), HasSubstr("1 k requests in ")));
  EXPECT_EQ(outcome.err, "");
}

TEST(SsdRun, BlockTracesOfEachFormatPlay) {
  const Folder folder;
  struct Case {
    const char* text;
    unsigned reads;
    unsigned writes;
  };
  const Case cases[] = {
      {"128166372003061629,a,0,Read,1024,512,1\n128166372003161629,a,0,Write,8192,4096,1\n", 1, 1},
      {"8,0 0 1 0.000000000 1 D R 16 + 8 [x]\n8,0 0 2 0.001000000 1 D WS 64 + 16 [x]\n"
       "8,0 0 3 0.002000000 1 D R 16 + 8 [x]\n",
       2, 1},
      {"fio version 2 iolog\n/dev/x add\n/dev/x open\n/dev/x read 0 4096\n/dev/x close\n", 1, 0},
      {"fio version 3 iolog\n1 /dev/x add\n1 /dev/x open\n2 /dev/x write 0 131072\n9 /dev/x "
       "close\n",
       0, 1}};
  for (const Case& each : cases) {
    const std::string file = folder.write("trace", each.text);
    const json s = statistics(run() + Arguments{"--block-trace", file, "--verify"});
    EXPECT_EQ(s["ssd"]["flow0"]["reads"], each.reads) << each.text;
    EXPECT_EQ(s["ssd"]["flow0"]["writes"], each.writes) << each.text;
    EXPECT_EQ(s["ssd"]["flow0"]["errors"], 0) << each.text;
  }
}

TEST(SsdRun, ARequestLargerThanACommandIsSeveral) {
  const json s = statistics(
      run() + Arguments{"--bs", "1M", "--ios", "20", "--qd", "2", "--read", "0.5", "--verify"});
  EXPECT_EQ(s["ssd"]["requests"], 20);
  EXPECT_EQ(s["pcie"]["01.0"]["controller"]["reads"].get<unsigned>() +
                s["pcie"]["01.0"]["controller"]["writes"].get<unsigned>(),
            20U * 8)
      << "128 KiB a command";
}

void expect_refusal(const Arguments& command, const std::string& message) {
  const Outcome outcome = kilburn(command);
  EXPECT_EQ(outcome.status, 2) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr(message)) << testing::PrintToString(command);
}

TEST(SsdRun, WhatCannotBeIsRefusedByTheNameThatWasGiven) {
  expect_refusal({"ssd", "run", "--read", "2"},
                 "--read 2: ssd.flow.0.read = 2: allowed 0.0 to 1.0");
  expect_refusal({"ssd", "run", "--bs", "3k"}, "--bs 3k: ");
  expect_refusal({"ssd", "run", "--pattern", "zipf:1"}, "--pattern zipf:1: ");
  expect_refusal({"ssd", "run", "--pattern", "round"}, "--pattern round: ");
  expect_refusal({"ssd", "run", "--limit", "5"}, "--block-trace");
  expect_refusal(run() + set({"ssd.flow.0.namespace=7"}),
                 "ssd.flow.0: the drive has no namespace 7: there are 1");
  expect_refusal(run() + set({"pcie.function=[]"}), "allowed for a run of a drive is one function");
  expect_refusal(run() + set({"os.premap=true"}), "only runs of traces have this parameter");
  expect_refusal(run() + set({"riscv.harts=2"}), "only runs of software have this parameter");
  expect_refusal(run() + Arguments{"--queues", "40"}, "queue 17 of ");
  expect_refusal(run() + Arguments{"--qd", "2000"}, "queue 1 of 2001 entries");
  expect_refusal(run() + Arguments{"--bs", "1M", "--qd", "900", "--queues", "16"},
                 "memory.bytes = 1073741824: too little");
  expect_refusal({"ssd", "run", "--block-trace", "/nowhere"}, "/nowhere");
  expect_refusal({"ssd"}, "run");
}

/// Bytes of the file that are there.
std::int64_t allocated(const std::string& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? status.st_blocks * 512 : 0;
}

/// Where data of the host lie, in an image of 512 MiB: in the first block of the last plane.
std::int64_t some_data(const std::string& image) {
  return static_cast<std::int64_t>(std::filesystem::file_size(image)) - (64 << 20);
}

void damage(const std::string& file, std::int64_t place, char byte) {
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(place).put(byte);
}

TEST(SsdImage, ADriveIsKeptFromRunToRun) {
  const Folder folder;
  const std::string image = folder / "drive";
  const Arguments first =
      run() + Arguments{"--fill",     "0",     "--read", "0",           "--pattern",
                        "sequential", "--ios", "1000",   "--ssd-image", image};
  ASSERT_EQ(kilburn(first).status, 0);
  const Outcome info = kilburn(Arguments{"ssd", "info", image});
  EXPECT_EQ(info.status, 0) << info.err;
  EXPECT_THAT(info.out, AllOf(HasSubstr("2 channels x 2 packages x 1 dies x 2 planes x 64 blocks"),
                              testing::ContainsRegex("\n +1 +0 +98304 +0.38 +1000 +1.0 %")));
  const json s = statistics(run() + Arguments{"--fill", "0", "--ios", "10", "--ssd-image", image});
  EXPECT_EQ(s["ssd"]["flow0"]["errors"], 0);
  expect_refusal({"ssd", "run", "--ssd-image", image}, "its geometry (channels x packages");
  expect_refusal(run() + set({flash("ftl.over_provisioning=0.3")}) +
                     Arguments{"--fill", "0", "--ssd-image", image},
                 image);
}

TEST(SsdImage, AfterAKilledRunEveryInvariantHolds) {
  const Folder folder;
  const std::string image = folder / "drive";
  for (unsigned round = 0; round < 3; ++round) {
    Process process(run() + Arguments{"--fill", "0", "--read", "0.2", "--ios", "100000000",
                                      "--ssd-image", image});
    // Each round some megabytes more are in the file when it is killed.
    ASSERT_TRUE(
        wait_until([&] { return allocated(image) > (round + 1) * (20 << 20); }, "the image grows"));
    ::kill(process.pid(), SIGKILL);
    EXPECT_EQ(process.wait().signal, SIGKILL);
    const Outcome check = kilburn({"ssd", "check", image});
    EXPECT_EQ(check.status, 0) << check.out;
    EXPECT_EQ(check.out, image + ": every invariant holds\n");
  }
}

TEST(SsdImage, WhatIsNoImageOrDamagedIsRefusedOrTold) {
  const Folder folder;
  expect_refusal({"ssd", "info", folder / "none"}, "cannot be opened");
  EXPECT_FALSE(std::filesystem::exists(folder / "none")) << "looking makes no file";
  expect_refusal({"ssd", "check", folder.write("text", "no drive")}, "too short for an SSD image");
  const std::string image = folder / "drive";
  ASSERT_EQ(kilburn(run() +
                    Arguments{"--fill", "0", "--read", "0", "--ios", "2000", "--ssd-image", image})
                .status,
            0);
  ASSERT_EQ(kilburn({"ssd", "check", image}).status, 0);
  damage(image, some_data(image), '\x55');
  const Outcome check = kilburn({"ssd", "check", image});
  EXPECT_EQ(check.status, 1);
  EXPECT_THAT(check.out, HasSubstr("are not those that were programmed"));
  EXPECT_THAT(check.out, HasSubstr(image + ": 1 do not hold\n"));
  damage(image, 0, 'X');
  expect_refusal({"ssd", "check", image}, "not an SSD image of Kilburn");
}

TEST(SsdImage, AFullDriveOfPatternsTakesLittleOfTheDisk) {
  const Folder folder;
  const std::string image = folder / "drive";
  ASSERT_EQ(kilburn(run() + Arguments{"--ios", "10", "--ssd-image", image}).status, 0);
  EXPECT_LT(allocated(image), 64 << 20) << "of 384 MiB that it holds";
}

TEST(SsdImage, LookingChangesNothing) {
  const Folder folder;
  const std::string image = folder / "drive";
  // Killed: the next start would go on with what it finds.
  Process process(
      run() + Arguments{"--fill", "0", "--read", "0", "--ios", "100000000", "--ssd-image", image});
  ASSERT_TRUE(wait_until([&] { return allocated(image) > 4 << 20; }, "the image grows"));
  ::kill(process.pid(), SIGKILL);
  (void)process.wait();
  const auto head = [&] {
    std::string bytes(4 << 20, '\0');
    std::ifstream(image, std::ios::binary).read(bytes.data(), static_cast<long>(bytes.size()));
    return bytes;
  };
  const std::string before = head();
  ASSERT_EQ(kilburn({"ssd", "check", image}).status, 0);
  ASSERT_EQ(kilburn({"ssd", "info", image}).status, 0);
  EXPECT_EQ(head(), before);
}

}  // namespace
}  // namespace kilburn::platform
