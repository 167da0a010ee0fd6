#include "platform/sweep/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "common/error.h"
#include "platform/engine/translation_engine.h"

namespace kilburn::platform::sweep {

namespace {
constexpr std::size_t most_in_chunk = 64;
}

std::string_view to_string(Engine engine) {
  constexpr std::string_view names[] = {"translation", "platform", "ssd"};
  return names[static_cast<unsigned>(engine)];
}

Plan plan_points(const Space& space, const std::vector<std::uint64_t>& numbers, unsigned jobs) {
  Plan plan;
  std::map<std::pair<std::size_t, std::string>, std::vector<std::uint64_t>> groups;
  std::vector<Chunk> alone;
  for (const std::uint64_t number : numbers) {
    const Point point = space.point(number);
    const EngineChoice choice = space.file().engine;
    if (choice == EngineChoice::ssd) {
      alone.push_back({Engine::ssd, point.workload, {number}});
      continue;
    }
    std::string obstacle =
        choice == EngineChoice::platform ? "engine is platform" : obstacle_to_engine(point.config);
    if (obstacle.empty()) {
      // The hash stands for the text, which would be kept for each group.
      groups[{point.workload, hash_text(engine_group(point.config))}].push_back(number);
      continue;
    }
    if (choice == EngineChoice::translation) {
      throw InputError(fmt::format(
          "{}: engine = \"translation\" cannot run point {} ({}): {}: allowed is engine = \"auto\"",
          space.file().path, number, space.describe(point), obstacle));
    }
    if (plan.obstacle.empty()) plan.obstacle = std::move(obstacle);
    alone.push_back({Engine::platform, point.workload, {number}});
  }

  plan.platform_points = alone.size();
  plan.translation_points = numbers.size() - alone.size();
  plan.groups = groups.size();
  const std::size_t size =
      std::clamp<std::size_t>((plan.translation_points + jobs - 1) / jobs, 1, most_in_chunk);
  for (const auto& [group, points] : groups) {
    for (std::size_t first = 0; first < points.size(); first += size) {
      const std::size_t last = std::min(first + size, points.size());
      plan.chunks.push_back({Engine::translation,
                             group.first,
                             {points.begin() + static_cast<std::ptrdiff_t>(first),
                              points.begin() + static_cast<std::ptrdiff_t>(last)}});
    }
  }
  std::ranges::move(alone, std::back_inserter(plan.chunks));
  return plan;
}

}  // namespace kilburn::platform::sweep
