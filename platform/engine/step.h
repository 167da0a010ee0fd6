// What a configuration has to do itself of a trace, once all that does not depend on it is done.
#pragma once

#include <cstdint>
#include <vector>

#include "common/types.h"
#include "trace/trace.h"
#include "trace_os/scheduler.h"

namespace kilburn::platform {

enum class StepKind : std::uint8_t {
  translate,       ///< a page: `value` is the virtual address
  translate_pair,  ///< of an access that lies in two pages: the one of `value` and the next
  line,            ///< a look-up in a first-level cache: `value` is the line's address
  writeback,       ///< of the line that the look-up displaced
  event,           ///< of the trace: `value` is an index into the batch's events
  due_changes,     ///< a synthetic event of the operating system
  turn,            ///< another process runs: `value` is an index into the batch's turns
  advance,         ///< nothing but instructions
};

/// Flags of a step.
namespace step {
inline constexpr std::uint8_t fill = 1;         ///< line: missed, and is fetched
inline constexpr std::uint8_t write_below = 2;  ///< line: the store goes on to the level below
inline constexpr std::uint8_t last = 4;         ///< line, writeback: the last one of its access
inline constexpr std::uint8_t remap = 8;        ///< due_changes
inline constexpr std::uint8_t unmap = 16;       ///< due_changes
inline constexpr std::uint8_t host_remap = 32;  ///< due_changes
inline constexpr std::uint8_t host_unmap = 64;  ///< due_changes
}  // namespace step

struct Step {
  std::uint64_t value = 0;
  std::uint32_t fetches = 0;  ///< instructions since the step before, this step's own included
  std::uint32_t repeats = 0;  ///< translate: later accesses that find what this one found
  StepKind kind = StepKind::advance;
  Access access = Access::fetch;
  std::uint8_t flags = 0;
  std::uint32_t data_accesses = 0;  ///< since the step before, this step's own included
};
static_assert(sizeof(Step) == 24);

struct StepBatch {
  std::vector<Step> steps;
  std::vector<trace::Event> events;
  std::vector<trace_os::Turn> turns;
  std::uint64_t accesses = 0;  ///< that the steps stand for

  void clear() {
    steps.clear();
    events.clear();
    turns.clear();
    accesses = 0;
  }
};

}  // namespace kilburn::platform
