// TOML text as a tree, with the limits that configuration files have, for files that hold more than
// one configuration.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>

#include "common/config_file.h"

namespace kilburn {

/// Throws InputError naming `name`, line and column. Letters beyond ASCII become question marks.
[[nodiscard]] toml::table parse_toml(std::string_view text, const std::string& name);

namespace detail {
ConfigOrigin read_config_table(const VisitParameters& visit, const toml::table& root,
                               const std::string& name);
}  // namespace detail

/// As parse_config, from a tree whose keys have their places in the file `name`.
template <class Config>
ConfigOrigin read_config(Config& config, const toml::table& root, const std::string& name) {
  return detail::read_config_table(parameters_of(config), root, name);
}

}  // namespace kilburn
