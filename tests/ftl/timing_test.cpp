// Latencies of the drive against their closed forms.
#include <set>

#include "ftl/drive.h"
#include "ftl/plane_order.h"

namespace kilburn::ftl::test {
namespace {

constexpr Nanoseconds controller = 500;
constexpr Nanoseconds command = 200;
constexpr Nanoseconds sense = 75'000;
constexpr Nanoseconds program = 750'000;
constexpr Nanoseconds one_unit = 12'301;  // 4096 bytes at 333 MT/s, rounded up
constexpr Nanoseconds two_units = 24'601;

/// As the yardstick, but with few blocks; cwdp: neighbouring pages lie in different channels.
nand::Geometry yardstick() {
  nand::Geometry geometry;
  geometry.blocks = 16;
  geometry.pages = 16;
  return geometry;
}
FtlConfig config_of(bool cache) {
  FtlConfig config;
  config.over_provisioning = 0.5;
  config.write_cache = cache;
  return config;
}

struct Timed : Drive {
  explicit Timed(bool cache = true) : Drive(config_of(cache), yardstick()) {
    // 8 KiB pages, one after the other.
    std::vector<std::byte> data(std::size_t{256} * 8192, std::byte{1});
    EXPECT_EQ(write(1, 0, data).status, MediaStatus::success);
    EXPECT_EQ(flush(), MediaStatus::success);
    now += 10'000'000;  // all is quiet
    ftl->advance(now, listener);
  }
  std::uint64_t read_page(std::uint64_t page, std::uint64_t sectors = 16) {
    return submit(
        {.kind = Request::Kind::read, .space = 1, .first = page * 16, .sectors = sectors});
  }
  Nanoseconds latency(std::uint64_t waited, Nanoseconds since) { return wait(waited).when - since; }
};

TEST(Latency, Of4KiBAnd8KiBReadsIsTheClosedForm) {
  Timed drive;
  for (std::uint64_t page : {0u, 7u, 100u, 255u}) {
    Nanoseconds begin = drive.now;
    EXPECT_EQ(drive.latency(drive.read_page(page), begin),
              command + sense + two_units + controller);
    begin = drive.now;
    EXPECT_EQ(drive.latency(drive.read_page(page, 8), begin),
              command + sense + one_unit + controller);
  }
}

TEST(Latency, AtQueueDepthOneIsThatOfTheYardsticks) {
  // MQSim: 8 KiB read 102 us, 4 KiB read 88 us, 8 KiB write 777 us, all with the host interface.
  EXPECT_NEAR(command + sense + two_units + controller, 102'000, 102'000 * 0.02);
  EXPECT_NEAR(command + sense + one_unit + controller, 88'000, 88'000 * 0.02);
  EXPECT_NEAR(command + two_units + program + controller, 777'000, 777'000 * 0.02);
}

TEST(Latency, OfAWriteWithoutCacheIsTransferAndProgram) {
  Timed drive(false);
  const std::vector<std::byte> page(8192, std::byte{3});
  const Nanoseconds begin = drive.now;
  EXPECT_EQ(drive.write(1, 64, page).when - begin, command + two_units + program + controller);
}

TEST(Latency, OfABufferedWriteIsTheControllersAndItsFlushTakesTheProgram) {
  Timed drive;
  const std::vector<std::byte> page(8192, std::byte{3});
  const Nanoseconds begin = drive.now;
  EXPECT_EQ(drive.write(1, 64, page).when - begin, controller);
  const auto flush = drive.submit({.kind = Request::Kind::flush});
  EXPECT_EQ(drive.latency(flush, begin), command + two_units + program + controller);
}

TEST(Latency, ALoneUnitIsProgrammedAfterItsTimeAndNotBefore) {
  Timed drive;
  const auto programmed = [&] { return drive.ftl->statistics().units_programmed; };
  const std::uint64_t before = programmed();
  const Nanoseconds begin = drive.now;
  drive.put(1, 5, 1);
  drive.run_until(begin + drive.config.coalesce_ns - 1);
  EXPECT_EQ(programmed(), before);
  drive.run_until(begin + drive.config.coalesce_ns);
  EXPECT_EQ(programmed(), before + 1);
}

TEST(Latency, OfTwoReadsOfOneDieIsTwiceThatOfOne) {
  Timed drive;
  const Nanoseconds begin = drive.now;
  const auto first = drive.read_page(0);
  const auto second = drive.read_page(128);  // 128 planes: the same one
  EXPECT_EQ(drive.latency(first, begin), command + sense + two_units + controller);
  EXPECT_EQ(drive.latency(second, begin), 2 * (command + sense + two_units) + controller);
}

TEST(Latency, OfTwoReadsOfOneChannelIsOneTransferMore) {
  Timed drive;
  const Nanoseconds begin = drive.now;
  const auto first = drive.read_page(0);
  const auto second = drive.read_page(8);  // the next package of channel 0
  const auto third = drive.read_page(1);   // another channel
  EXPECT_EQ(drive.latency(first, begin), command + sense + two_units + controller);
  EXPECT_EQ(drive.latency(third, begin), command + sense + two_units + controller);
  EXPECT_EQ(drive.latency(second, begin), command + sense + 2 * two_units + controller);
}

TEST(Latency, OfWhatHoldsNothingIsTheControllers) {
  Timed drive;
  const Nanoseconds begin = drive.now;
  EXPECT_EQ(drive.latency(drive.read_page(1000), begin), controller);
}

TEST(Latency, IsTheSameHoweverOftenTheOwnerLooks) {
  std::vector<Nanoseconds> ends[2];
  for (const bool often : {false, true}) {
    Timed drive;
    std::vector<std::uint64_t> tags;
    for (std::uint64_t i = 0; i < 200; ++i) tags.push_back(drive.read_page(i * 37 % 256));
    if (often) {
      for (Nanoseconds t = drive.now; t < drive.now + 3'000'000; t += 777) {
        drive.ftl->advance(t, drive.listener);
      }
      drive.now += 3'000'000;
    }
    for (const auto tag : tags) ends[often].push_back(drive.wait(tag).when);
  }
  EXPECT_EQ(ends[0], ends[1]);
}

TEST(Latency, EachAllocationOrderStripesAsItsNameSays) {
  struct Case {
    AllocationOrder order;
    std::uint64_t other_channel;  ///< the second page lies in another channel
  };
  for (const Case& each : {Case{AllocationOrder::cwdp, 1}, Case{AllocationOrder::wcdp, 0},
                           Case{AllocationOrder::dcwp, 0}, Case{AllocationOrder::pcwd, 0}}) {
    const auto planes = plane_order(yardstick(), each.order);
    const auto channel = [&](std::size_t i) {
      return yardstick().channel(yardstick().die(planes[i]));
    };
    EXPECT_EQ(channel(0) != channel(1), each.other_channel == 1);
    std::set<nand::PlaneId> all(planes.begin(), planes.end());
    EXPECT_EQ(all.size(), yardstick().all_planes());
  }
}

}  // namespace
}  // namespace kilburn::ftl::test
