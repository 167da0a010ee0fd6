// A file that states a space of platforms: what is fixed, what varies, over which traces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/configuration/config_file.h"
#include "platform/node/platform_config.h"
#include "platform/sweep/constraints.h"
#include "platform/sweep/parameter_setting.h"

namespace kilburn::platform::sweep {

/// `dependent`: a parameter whose value follows from the group or the storage_bits before it.
enum class AxisKind : std::uint8_t { trace, seed, parameter, group, storage_bits, dependent };
[[nodiscard]] std::string_view to_string(AxisKind kind);

/// One way in which points differ. Its rows combine with the rows of every other dimension.
struct Dimension {
  std::string path;  ///< of the parameter or the TLB; a group's name; "trace", "seed"
  AxisKind kind = AxisKind::parameter;
  std::string unit;
  std::vector<std::string> labels;                  ///< one a row
  std::vector<std::vector<ParameterSetting>> rows;  ///< what each row sets; of budgets: nothing
  std::vector<std::uint64_t> budgets;               ///< one a row, of storage_bits only
};

/// Names or patterns of traces that run side by side, as given.
struct TracePattern {
  std::vector<std::string> files;
  bool side_by_side = false;  ///< false: one, and what it matches runs one by one
  std::string place;
};

enum class EngineChoice : std::uint8_t { automatic, translation, platform, ssd };

struct SpaceFile {
  std::string path;
  std::string text;
  std::string name;
  std::string_view runs = runs_of_traces;  ///< or of drives: runs_of_ssd
  PlatformConfig base{};                   ///< defaults and what the file fixes
  ConfigOrigin origin;
  std::vector<Dimension> dimensions;  ///< in the order of the file, seeds first
  std::vector<TracePattern> traces;
  std::vector<Constraint> constraints;
  std::optional<std::uint64_t> limit;  ///< accesses a point; of drives: a trace's requests
  EngineChoice engine = EngineChoice::automatic;
  bool skip_impossible = false;
};

/// Reads no other file: traces need not be there. Throws InputError, where each line names file,
/// line, column, parameter and what is allowed.
[[nodiscard]] SpaceFile parse_space(std::string text, const std::string& path);
[[nodiscard]] SpaceFile read_space_file(const std::string& path);

}  // namespace kilburn::platform::sweep
