// Parameter values as text: how a range reads, how sizes are written, which name was meant.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/parameters.h"

namespace kilburn {

/// A configuration without its type: shows all of its parameters to the visitor given.
using VisitParameters = std::function<void(ParameterVisitor&)>;

/// `config` must outlive what is returned.
template <class Config>
[[nodiscard]] VisitParameters parameters_of(Config& config) {
  return [&config](ParameterVisitor& v) { config.visit(v); };
}

/// Whether `use` is one of `uses`, "software and ssd"; with an empty one everybody is meant.
[[nodiscard]] bool meets(std::string_view use, std::string_view uses);

/// Which parameters only some uses of a configuration read (ParameterVisitor::only_for).
class ParameterUses {
 public:
  void add(std::string_view use, std::span<const std::string_view> paths);
  struct Only {
    std::string_view use;   ///< "software and ssd"; empty where every use reads the parameter
    std::string_view path;  ///< what was said of it: "os" of "os.premap"
  };
  [[nodiscard]] Only of(std::string_view path) const;
  /// Whether someone who asks for `use` is concerned; with an empty one everybody is.
  [[nodiscard]] bool concerns(std::string_view use, std::string_view path) const;

 private:
  std::vector<std::pair<std::string, std::string>> uses_;  ///< by path
};

/// Example: "mmu" and "dtlb" make "mmu.dtlb"; the outermost block has an empty path.
[[nodiscard]] std::string join_path(std::string_view block, std::string_view name);

/// Whether a part of a path is the index of a list's element: "0", "12", but not "012".
[[nodiscard]] bool is_index(std::string_view name);
/// The path of a list's elements, whatever their index. Example: "pcie.function.2.bar_bytes" and
/// "N" make "pcie.function.N.bar_bytes"; without a replacement "pcie.function.bar_bytes".
[[nodiscard]] std::string without_indices(std::string_view path, std::string_view replacement = "");

/// With `power_of_two`, 0 is allowed where `min` is 0 (a 0 that means "none" or "all").
[[nodiscard]] bool contains(IntegerRange range, std::uint64_t value);
[[nodiscard]] bool contains(RealRange range, double value);

/// Example: "1 to 65536", "powers of two, 1 to 4096"; for the unit "bytes" "4KiB to 1TiB".
[[nodiscard]] std::string allowed_text(IntegerRange range, std::string_view unit);
[[nodiscard]] std::string allowed_text(RealRange range);
[[nodiscard]] std::string allowed_text(std::span<const std::string_view> names);

/// Shortest decimal that reads back to the same double, with a point or exponent: "0.1", "2.0".
[[nodiscard]] std::string real_text(double value);

/// Whether a text parameter can hold it: UTF-8 that configuration files can hold, too.
[[nodiscard]] bool is_text(std::string_view text);
inline constexpr std::string_view allowed_of_text =
    "text in UTF-8, letters for private use from U+F0000 on left out";
/// In one line, as it stands within the quotes of TOML: quotes, backslashes and letters that
/// control a terminal are escaped.
[[nodiscard]] std::string escaped_text(std::string_view text);

/// In the largest binary unit that divides it: 65536 is "64KiB", 1000 is "1000".
[[nodiscard]] std::string size_text(std::uint64_t bytes);
/// Reads a decimal integer and an optional unit (B, KiB, MiB, GiB, TiB, PiB, EiB): "16GiB", "4
/// MiB". Nothing where it is something else or does not fit into 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
/// Reads decimal digits. Nothing where there is anything else or the value does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_digits(std::string_view text);

/// Text of the user's as it may stand in a one-line message: at most 100 letters, none that
/// controls a terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// The name that `typed` was probably meant to be; empty where none is near.
[[nodiscard]] std::string_view nearest_name(std::string_view typed,
                                            std::span<const std::string_view> names);

}  // namespace kilburn
