#include "platform/sweep/space_parameters.h"

#include <algorithm>
#include <utility>

#include "platform/configuration/parameter_table.h"
#include "platform/configuration/toml_text.h"

namespace kilburn::platform::sweep {

SpaceParameters::SpaceParameters(VisitParameters base, VisitParameters scratch, std::string file,
                                 std::string use)
    : base_(std::move(base)),
      scratch_(std::move(scratch)),
      names_(parameter_names(scratch_)),
      file_(std::move(file)),
      use_(std::move(use)) {}

Named SpaceParameters::named(std::string_view path) const {
  const std::string name = without_indices(path, "N");
  if (std::ranges::find(names_.parameters, name) != names_.parameters.end()) {
    return Named::parameter;
  }
  const bool is_list = std::ranges::find(names_.lists, name) != names_.lists.end();
  return is_list ? Named::list : Named::block;
}

std::string_view SpaceParameters::nearest(std::string_view path) const {
  const std::vector<std::string_view> names(names_.parameters.begin(), names_.parameters.end());
  return nearest_name(without_indices(path, "N"), names);
}

std::vector<std::string> SpaceParameters::paths() const {
  std::vector<std::string> paths;
  for (const ParameterBlock& block : detail::tabulate(base_, scratch_, use_)) {
    for (const ParameterRow& row : block.rows) {
      paths.push_back(block.path.empty() ? row.name : block.path + "." + row.name);
    }
  }
  return paths;
}

ConfigOrigin SpaceParameters::read(const toml::table& root) {
  return detail::read_config_table(base_, root, file_, use_);
}

ConfigOrigin SpaceParameters::read_fixed(const toml::table& root) {
  return read(root);
}

ParameterSetting SpaceParameters::read_value(const std::string& path, toml::source_position at,
                                             const toml::node& value) {
  if (!parameter_setting(base_, path)) {
    read(tree_of(path.substr(0, path.rfind('.')), at, toml::table{}));
  }
  const auto before = parameter_setting(base_, path);
  read(tree_of(path, at, value));
  ParameterSetting setting = parameter_setting(base_, path).value();
  if (before) assign(base_, std::vector<const ParameterSetting*>{&*before});
  return setting;
}

}  // namespace kilburn::platform::sweep
