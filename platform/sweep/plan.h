// Which engine runs which points of a sweep, and which points share a pass over their traces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/sweep/space.h"

namespace kilburn::platform::sweep {

enum class Engine : std::uint8_t { translation, platform, ssd };
[[nodiscard]] std::string_view to_string(Engine engine);

/// Points that one worker runs at once: those of a translation chunk share workload and
/// engine_group; a chunk of the platform or of a drive is one point.
struct Chunk {
  Engine engine = Engine::platform;
  std::size_t workload = 0;
  std::vector<std::uint64_t> points;  ///< numbers
};

struct Plan {
  std::vector<Chunk> chunks;
  std::uint64_t translation_points = 0;
  std::uint64_t platform_points = 0;  ///< and of drives: each a process
  std::uint64_t groups = 0;  ///< of the translation engine, before they are cut into chunks
  std::string obstacle;      ///< why the first of the platform's points is not the engine's
};

/// Cuts so that every one of `jobs` workers has work, and at most 64 configurations share a pass.
/// Throws InputError where the space demands the translation engine for a point that it cannot run.
[[nodiscard]] Plan plan_points(const Space& space, const std::vector<std::uint64_t>& numbers,
                               unsigned jobs);

}  // namespace kilburn::platform::sweep
