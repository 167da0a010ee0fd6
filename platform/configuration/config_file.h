// Configuration files: one TOML file, and `--set` settings over it, into a tree of configuration
// structs (common/parameters.h).
//
//     PlatformConfig config;
//     configure(config, "platform.toml", {"mmu.dtlb.entries=128", "mmu.dtlb.fill=line"});
//
// Every error is an InputError that names place, parameter and what is allowed, one a line:
//     platform.toml:12:3: mmu.dtlb.entries = 0: allowed 1 to 65536 (entries)
//     platform.toml:14:3: unknown parameter mmu.dtlb.way; did you mean ways? known: entries, ways
// A configuration may serve several uses, such as runs of traces and of software. Where the use is
// said, what only another reads (ParameterVisitor::only_for) is an error, too.
//
// A configuration whose reading failed holds a part of the new values: it is of no further use.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/parameter_values.h"

namespace kilburn {

/// Which tables and settings gave each block its values; check_constraints names them.
class ConfigOrigin {
 public:
  void add(std::string_view block, std::string_view place);
  /// Adds what was read after this.
  void add(const ConfigOrigin& later);
  /// Example: "platform.toml:12:1, --set mmu.dtlb.ways=3"; empty where the block is all defaults.
  [[nodiscard]] std::string_view of(std::string_view block) const;

 private:
  std::map<std::string, std::string, std::less<>> places_;
};

namespace detail {
ConfigOrigin read_config_file(const VisitParameters& visit, const std::string& path,
                              std::string_view use);
ConfigOrigin read_config_text(const VisitParameters& visit, std::string_view text,
                              std::string_view name);
ConfigOrigin read_setting(const VisitParameters& visit, std::string_view setting,
                          std::string_view use);
void check_parameters(const VisitParameters& visit, const ConfigOrigin& origin);
}  // namespace detail

/// Reads the TOML file `path` over the values that `config` holds. Reports all of a file's errors
/// together. Constraints between parameters are not checked here: settings may follow.
template <class Config>
ConfigOrigin load_config(Config& config, const std::string& path, std::string_view use = "") {
  return detail::read_config_file(parameters_of(config), path, use);
}

/// Reads a configuration from memory; errors give `name` as the file.
template <class Config>
ConfigOrigin parse_config(Config& config, std::string_view text, std::string_view name) {
  return detail::read_config_text(parameters_of(config), text, name);
}

/// One `--set`: "mmu.dtlb.entries=64". The value is TOML; what is none is taken as a string:
/// "mmu.dtlb.fill=line", "memory.bytes=16GiB". A list's element is named by its index:
/// "pcie.function.0.kind=nvme", where the index after the last appends an element.
template <class Config>
ConfigOrigin apply_setting(Config& config, std::string_view setting, std::string_view use = "") {
  return detail::read_setting(parameters_of(config), setting, use);
}

/// Throws where a value is out of its range (a configuration made in code may hold one) or a
/// `require` does not hold. All failures are reported together.
template <class Config>
void check_constraints(Config& config, const ConfigOrigin& origin = {}) {
  detail::check_parameters(parameters_of(config), origin);
}

/// File, then settings in order, then constraints. An empty `path` means no file.
template <class Config>
void configure(Config& config, const std::string& path,
               const std::vector<std::string>& settings = {}, std::string_view use = "") {
  ConfigOrigin origin = path.empty() ? ConfigOrigin{} : load_config(config, path, use);
  for (const std::string& setting : settings) origin.add(apply_setting(config, setting, use));
  check_constraints(config, origin);
}

}  // namespace kilburn
