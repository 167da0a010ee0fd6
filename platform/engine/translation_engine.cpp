#include "platform/engine/translation_engine.h"

#include <fmt/format.h>

#include <memory>

#include "platform/configuration/parameter_table.h"
#include "platform/engine/configuration_path.h"

namespace kilburn::platform {

std::string obstacle_to_engine(const PlatformConfig& config) {
  const auto obstacle = [](std::string_view path, mmu::Implementation implementation) {
    if (implementation == mmu::Implementation::model) return std::string{};
    return fmt::format("{}.implementation is {}", path,
                       implementation == mmu::Implementation::rtl ? "rtl" : "lockstep");
  };
  const mmu::MmuConfig& tlbs = config.mmu.first_level;
  const std::string itlb = obstacle("mmu.itlb", tlbs.itlb.implementation);
  return itlb.empty() ? obstacle("mmu.dtlb", tlbs.dtlb.implementation) : itlb;
}

std::string engine_group(const PlatformConfig& config) {
  // What each configuration has of its own counts as the default; but for the time in which it
  // answers an invalidation, for the RMU waits for that while memory is set up.
  PlatformConfig common = config;
  common.clock = {};
  common.hart = {};
  common.cache.l2 = PlatformConfig{}.cache.l2;
  common.mmu = {};
  common.mmu.service.invalidation_cycles = config.mmu.service.invalidation_cycles;
  return canonical_text(parameter_table(common));
}

std::vector<EngineResult> run_group(std::span<const PlatformConfig> configs,
                                    const std::vector<std::filesystem::path>& traces,
                                    const EngineOptions& options) {
  std::vector<EngineResult> results(configs.size());
  if (configs.empty()) return results;
  CommonPath common(configs.front(), traces, options.limit, options.interrupt);
  const auto interrupted = [&] {
    return options.interrupt != nullptr && options.interrupt->load(std::memory_order_relaxed);
  };

  std::vector<std::unique_ptr<ConfigurationPath>> paths(configs.size());
  const auto attempt = [&](std::size_t i, auto work) {
    try {
      work();
    } catch (const std::exception& error) {
      results[i].error = error.what();
      paths[i].reset();
    }
  };
  for (std::size_t i = 0; i < configs.size(); ++i) {
    attempt(i, [&] { paths[i] = std::make_unique<ConfigurationPath>(configs[i], common); });
  }

  StepBatch batch;
  std::uint64_t done = 0;
  while (!interrupted() && common.next(batch)) {
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (paths[i]) attempt(i, [&] { paths[i]->run(batch); });
      done += batch.accesses;
      if (options.progress) options.progress(done);
    }
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (!paths[i]) continue;
    if (interrupted()) {
      results[i].error = "interrupted";
    } else {
      results[i].statistics = statistics_list(statistics_of(*paths[i]));
    }
  }
  return results;
}

}  // namespace kilburn::platform
