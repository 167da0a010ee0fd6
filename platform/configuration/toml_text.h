// TOML text as a tree, with the limits that configuration files have, for files that hold more than
// one configuration.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>

#include "platform/configuration/config_file.h"

namespace kilburn {

/// `text` in UTF-8; strings and keys of the tree are, too. Throws InputError naming `name` and,
/// where it has lines, line and column.
[[nodiscard]] toml::table parse_toml(std::string_view text, const std::string& name,
                                     bool has_lines = true);

namespace detail {
/// Reads a configuration from a tree whose keys have their places in the file `name`, for `use`
/// only.
ConfigOrigin read_config_table(const VisitParameters& visit, const toml::table& root,
                               const std::string& name, std::string_view use);
}  // namespace detail

}  // namespace kilburn
