// The parameters that a space's file gives a configuration: values that are fixed, and values that
// take turns.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>
#include <vector>

#include "platform/configuration/config_file.h"
#include "platform/sweep/parameter_setting.h"
#include "platform/sweep/space_tree.h"

namespace kilburn::platform::sweep {

class SpaceParameters {
 public:
  /// `base` holds the defaults, and gets what the file fixes. `scratch` is one of the same type: it
  /// is asked for its names, and what its lists hold changes. `file` is named in errors. What only
  /// another `use` reads is refused.
  SpaceParameters(VisitParameters base, VisitParameters scratch, std::string file,
                  std::string use = "");

  /// Elements of lists by any index.
  [[nodiscard]] Named named(std::string_view path) const;
  /// What a path that names nothing may have meant; empty where nothing is near.
  [[nodiscard]] std::string_view nearest(std::string_view path) const;
  /// All that the base has and `use` reads, in the order of declaration.
  [[nodiscard]] std::vector<std::string> paths() const;

  ConfigOrigin read_fixed(const toml::table& root);
  /// Reads a value as if it stood in the file, and leaves the base's own. It may name an element of
  /// a list by the index after the last: the base gets that element.
  ParameterSetting read_value(const std::string& path, toml::source_position at,
                              const toml::node& value);

 private:
  ConfigOrigin read(const toml::table& root);

  VisitParameters base_;
  VisitParameters scratch_;
  ParameterNames names_;
  std::string file_;
  std::string use_;
};

}  // namespace kilburn::platform::sweep
