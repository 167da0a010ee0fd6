// Accesses a second of two burst TLBs in series, beside a hand-written limit of the same geometry.
// Counters: model and limit in accesses a second, ratio model/limit, and hit rates. Both must agree
// in hits at both levels and in every frame (their sum), or the run fails.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "burst_tlb/burst_tlb.h"
#include "burst_tlb_limit.h"
#include "common/random.h"

namespace kilburn::burst_tlb {
namespace {

constexpr std::size_t accesses = 1u << 20;
constexpr std::uint8_t permissions =
    pte::read | pte::write | pte::user | pte::accessed | pte::dirty;
using Stream = std::vector<std::uint32_t>;

/// Loads of 8 bytes one after the other: each page 512 times.
Stream sequential() {
  Stream stream(accesses);
  for (std::size_t i = 0; i < accesses; ++i) stream[i] = static_cast<std::uint32_t>(i / 512);
  return stream;
}

/// Thirty-two hot pages in runs of four (stack, globals, heap), used in random order, the lower
/// ones more; one access in 256 goes to one of 2048 colder pages.
Stream hot() {
  Stream stream(accesses);
  std::uint64_t random = 1;
  for (std::uint32_t& page : stream) {
    const std::uint64_t r = next_random(random) >> 16;
    if (r % 256 == 0) {
      page = static_cast<std::uint32_t>(0x40000 + (r >> 8) % 2048);
    } else {
      const std::uint64_t rank = (r >> 8) % 32 * ((r >> 16) % 32) / 32;
      page = static_cast<std::uint32_t>(mix64(rank / 4) % 0x40000 / 4 * 4 + rank % 4);
    }
  }
  return stream;
}

/// Uniform over 4 GiB: nearly every access misses both levels.
Stream uniform() {
  Stream stream(accesses);
  std::uint64_t random = 2;
  for (std::uint32_t& page : stream) {
    page = static_cast<std::uint32_t>(next_random(random) >> 44);
  }
  return stream;
}

/// The page tables: scattered frames, a pure function of the page.
constexpr PageNumber frame_of(PageNumber vpn) {
  return (vpn * 0x9E3779B97F4A7C15u) >> 30;
}

struct Result {
  std::uint64_t l1_hits = 0;
  std::uint64_t l2_hits = 0;
  std::uint64_t frames = 0;  ///< sum of all frames returned
  double seconds = 0;
  bool agrees(const Result& other) const {
    return l1_hits == other.l1_hits && l2_hits == other.l2_hits && frames == other.frames;
  }
};

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Plays the walker: the page asked for, and the others of its line of PTEs.
class Walker {
 public:
  Walker() {
    for (Translation& translation : line_) translation.permissions = permissions;
  }
  Translation walk(PageNumber vpn) {
    std::size_t at = 0;
    for (PageNumber page = vpn & ~PageNumber{7}; page <= (vpn | 7); ++page) {
      line_[at].vpn = page;
      line_[at].pfn = frame_of(page);
      at += page != vpn ? 1 : 0;  // the page asked for is written over: no branch to guess wrong
    }
    return {.vpn = vpn, .pfn = frame_of(vpn), .permissions = permissions};
  }
  [[nodiscard]] std::span<const Translation> beside() const { return {line_.data(), 7}; }

 private:
  std::array<Translation, 8> line_;
};

Result run_model(const Stream& stream, unsigned units) {
  BurstTlb l1({.entries = 64, .units_per_tag = units});
  BurstTlb l2({.entries = 1024, .ways = 8, .units_per_tag = units});
  Walker walker;
  Context context;
  benchmark::DoNotOptimize(context);  // known at run time only
  Result result;
  const Stopwatch watch;
  for (const std::uint32_t vpn : stream) {
    const Lookup first = l1.lookup({.vpn = vpn, .context = context});
    if (first.outcome == Outcome::hit) {
      result.frames += first.translation.pfn;
      continue;
    }
    const Lookup second = l2.lookup({.vpn = vpn, .context = context});
    if (second.outcome == Outcome::hit) {
      l1.fill(second.translation, context, {});
      result.frames += second.translation.pfn;
    } else {
      const Translation found = walker.walk(vpn);
      l2.fill(found, context, walker.beside());
      l1.fill(found, context, walker.beside());
      result.frames += found.pfn;
    }
  }
  result.seconds = watch.seconds();
  result.l1_hits = l1.statistics().hits;
  result.l2_hits = l2.statistics().hits;
  return result;
}

#if defined(__x86_64__)
template <unsigned unit_bits>
[[gnu::target("avx2")]] Result run_limit(const Stream& stream) {
  const auto l1 = std::make_unique<LimitTlb<1, 64, unit_bits>>();
  const auto l2 = std::make_unique<LimitTlb<128, 8, unit_bits>>();
  Result result;
  const Stopwatch watch;
  for (const std::uint32_t vpn : stream) {
    const std::uint32_t first = l1->find(vpn);
    if (l1->hit(first, vpn)) {
      ++result.l1_hits;
      result.frames += l1->use(first, vpn);
      continue;
    }
    const std::uint32_t second = l2->find(vpn);
    if (l2->hit(second, vpn)) {
      ++result.l2_hits;
      const std::uint64_t pfn = l2->use(second, vpn);
      l1->set(l1->place(first, vpn), vpn, pfn);
      result.frames += pfn;
    } else {
      l2->set_line(l2->place(second, vpn), vpn, frame_of);
      l1->set_line(l1->place(first, vpn), vpn, frame_of);
      result.frames += frame_of(vpn);
    }
  }
  result.seconds = watch.seconds();
  return result;
}
#else
template <unsigned>
Result run_limit(const Stream&) {
  return {};
}
#endif

template <unsigned unit_bits>
void model_and_limit(benchmark::State& state, Stream (*make)()) {
  if (!limit_runs_here()) {
    state.SkipWithError("the limit needs a processor with AVX2");
    return;
  }
  const Stream stream = make();
  double model_seconds = 1e9;  // of the best pass: other programs only add time
  double limit_seconds = 1e9;
  Result model;
  for ([[maybe_unused]] auto pass : state) {
    model = run_model(stream, 1u << unit_bits);
    const Result limit = run_limit<unit_bits>(stream);
    if (!model.agrees(limit)) {
      state.SkipWithError("model and limit disagree in hits or frames");
      return;
    }
    state.SetIterationTime(model.seconds);
    model_seconds = std::min(model_seconds, model.seconds);
    limit_seconds = std::min(limit_seconds, limit.seconds);
  }
  constexpr auto total = static_cast<double>(accesses);
  state.counters["model/s"] = total / model_seconds;
  state.counters["limit/s"] = total / limit_seconds;
  state.counters["ratio"] = limit_seconds / model_seconds;
  state.counters["l1_hit_rate"] = static_cast<double>(model.l1_hits) / total;
  state.counters["l2_hit_rate"] = static_cast<double>(model.l2_hits) /
                                  std::max(1.0, total - static_cast<double>(model.l1_hits));
}

template <unsigned unit_bits>
void add(const std::string& name, Stream (*make)()) {
  benchmark::RegisterBenchmark((name + "/units:" + std::to_string(1u << unit_bits)).c_str(),
                               model_and_limit<unit_bits>, make)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

void add_all(const std::string& name, Stream (*make)()) {
  add<0>(name, make);
  add<2>(name, make);
  add<3>(name, make);
  add<4>(name, make);
}

}  // namespace
}  // namespace kilburn::burst_tlb

int main(int argc, char** argv) {
  kilburn::burst_tlb::add_all("sequential", kilburn::burst_tlb::sequential);
  kilburn::burst_tlb::add_all("hot", kilburn::burst_tlb::hot);
  kilburn::burst_tlb::add_all("uniform", kilburn::burst_tlb::uniform);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
