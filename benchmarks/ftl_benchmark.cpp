// The drive behind its host interface: requests a second of CPU time, with payload, on the
// yardstick's 128 GiB (docs/ftl.md). "moves" are V2P entries a second that a resize moves.
#include "ftl/ftl.h"

#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <vector>

namespace kilburn::ftl {
namespace {

constexpr std::uint64_t depth = 32;

/// Copies what is read, as a host interface does, and counts ends.
class Host final : public MediaSink {
 public:
  void bytes(std::uint64_t /*tag*/, std::uint64_t offset,
             std::span<const std::byte> data) override {
    if (copies) std::memcpy(buffer_.data() + offset, data.data(), data.size());
  }
  bool copies = true;
  void ended(std::uint64_t tag, MediaStatus /*status*/, Sector /*failed*/,
             Nanoseconds /*when*/) override {
    ended_.push_back(tag);
  }
  std::vector<std::uint64_t> ended_;

 private:
  std::vector<std::byte> buffer_ = std::vector<std::byte>(std::size_t{1} << 20);
};

struct Drive {
  explicit Drive(const FtlConfig& config)
      : array(nand::Geometry{}, {}, spare_bytes(nand::Geometry{})), ftl(config, {}, array) {}
  nand::Array array;
  Ftl ftl;
  Host host;
  Nanoseconds now = 0;

  void step() {
    now = std::max(now, ftl.next_event());
    host.ended_.clear();
    ftl.advance(now, host);
  }
};

/// Real payload of so many units, in order.
void write_units(Drive& drive, std::uint64_t units) {
  const std::vector<std::byte> data(std::size_t{64} * unit_bytes, std::byte{7});
  for (std::uint64_t unit = 0; unit < units; unit += 64) {
    drive.ftl.submit({.kind = Request::Kind::write,
                      .space = 1,
                      .first = unit * unit_sectors,
                      .sectors = 64 * unit_sectors,
                      .tag = 0,
                      .data = data},
                     drive.now);
    while (drive.ftl.next_event() != never) drive.step();
  }
}

void run(benchmark::State& state, Drive& drive, Request::Kind kind, std::uint64_t units) {
  std::uint64_t random = 88172645463325252u;
  const std::vector<std::byte> data(unit_bytes, std::byte{9});
  const auto submit = [&] {
    Request request{.kind = kind,
                    .space = 1,
                    .first = next_random(random) % units * unit_sectors,
                    .sectors = unit_sectors};
    if (kind == Request::Kind::write) request.data = data;
    drive.ftl.submit(request, drive.now);
  };
  for (std::uint64_t i = 0; i < depth; ++i) submit();
  std::uint64_t done = 0;
  for (auto _ : state) {
    while (drive.host.ended_.empty()) drive.step();
    const std::size_t count = drive.host.ended_.size();
    drive.host.ended_.clear();
    for (std::size_t i = 0; i < count; ++i) submit();
    done += count;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(done));
  const auto statistics = drive.ftl.statistics();
  state.counters["write_amplification"] = statistics.write_amplification();
}

/// 1 GiB of real payload. Argument 1: it is copied, as to the memory of a host; 0: handed over
/// only.
void random_reads(benchmark::State& state) {
  constexpr std::uint64_t units = 1u << 18;
  static const auto drive = [] {
    auto made = std::make_unique<Drive>(FtlConfig{});
    write_units(*made, units);
    return made;
  }();
  drive->host.copies = state.range(0) != 0;
  run(state, *drive, Request::Kind::read, units);
}
BENCHMARK(random_reads)->Arg(0)->Arg(1)->MinTime(3.0);

/// Of patterns, all over the drive.
void random_reads_preconditioned(benchmark::State& state) {
  FtlConfig config;
  config.precondition = {.fill = 1.0, .fragmented = 1.0, .seed = 1};
  Drive drive(config);
  run(state, drive, Request::Kind::read, drive.ftl.info(1)->sectors / unit_sectors);
}
BENCHMARK(random_reads_preconditioned)->MinTime(3.0);

void random_writes_preconditioned(benchmark::State& state) {
  FtlConfig config;
  config.precondition = {.fill = 1.0, .fragmented = 1.0, .seed = 1};
  Drive drive(config);
  run(state, drive, Request::Kind::write, drive.ftl.info(1)->sectors / unit_sectors);
}
BENCHMARK(random_writes_preconditioned)->Iterations(300'000);

/// The first of two namespaces grows and shrinks; the second is moved each time.
void resize(benchmark::State& state) {
  FtlConfig config;
  config.first_namespace = 0.1;
  Drive drive(config);
  const std::uint64_t size = drive.ftl.info(1)->sectors;
  const std::uint64_t moved = std::uint64_t{16} << 20;  // units
  if (drive.ftl.create(moved * unit_sectors, {}, 0).status != MediaStatus::success) {
    state.SkipWithError("no namespace");
    return;
  }
  bool large = false;
  for (auto _ : state) {
    large = !large;
    drive.ftl.resize(1, size + (large ? 1'000'000 * unit_sectors : 0), 1, drive.now);
    while (drive.ftl.next_event() != never) drive.step();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(drive.ftl.statistics().entries_moved));
}
BENCHMARK(resize)->Iterations(20);

void start(benchmark::State& state) {
  for (auto _ : state) Drive drive{FtlConfig{}};
}
BENCHMARK(start)->Unit(benchmark::kMillisecond);

void start_preconditioned(benchmark::State& state) {
  FtlConfig config;
  config.precondition = {.fill = 0.9, .fragmented = 0.5, .seed = 1};
  for (auto _ : state) Drive drive(config);
}
BENCHMARK(start_preconditioned)->Unit(benchmark::kMillisecond)->Iterations(2);

}  // namespace
}  // namespace kilburn::ftl

BENCHMARK_MAIN();
