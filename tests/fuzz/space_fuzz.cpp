// Any bytes as a space: read, or refused by an InputError; its constraints do no harm.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../configuration/list_config.h"
#include "common/error.h"
#include "platform/configuration/toml_text.h"
#include "platform/sweep/constraints.h"
#include "platform/sweep/space_file.h"
#include "platform/sweep/space_parameters.h"
#include "platform/sweep/value_lists.h"

namespace {

using namespace kilburn::platform;

void read_space(std::string text) {
  const sweep::SpaceFile file = sweep::parse_space(std::move(text), "fuzz.toml");
  for (const sweep::Dimension& dimension : file.dimensions) {
    if (dimension.labels.empty() || dimension.rows.size() != dimension.labels.size()) {
      __builtin_trap();
    }
  }
  (void)sweep::Constraints(file.constraints).first_false(file.base);
}

/// A configuration with lists and texts, which the platform's need not have. Reading a value
/// changes none that is there.
void read_lists(std::string_view text) {
  kilburn::example::BoardConfig base;
  kilburn::example::BoardConfig scratch;
  sweep::SpaceParameters parameters(kilburn::parameters_of(base), kilburn::parameters_of(scratch),
                                    "fuzz.toml");
  const toml::table root = kilburn::parse_toml(text, "fuzz.toml");
  for (const sweep::Leaf& leaf :
       sweep::leaves_of(root, [&](std::string_view path) { return parameters.named(path); })) {
    const bool varies = leaf.node->is_array() || leaf.node->is_table();
    if (!varies || parameters.named(leaf.path) != sweep::Named::parameter) continue;
    const auto before = sweep::parameter_setting(kilburn::parameters_of(base), leaf.path);
    for (const toml::node& value : sweep::expand_values(*leaf.node, leaf.path)) {
      (void)parameters.read_value(leaf.path, leaf.at, value);
    }
    const auto after = sweep::parameter_setting(kilburn::parameters_of(base), leaf.path);
    if (!after || (before && before->text() != after->text())) __builtin_trap();
  }
}

template <class Read>
void attempt(Read read) {
  try {
    read();
  } catch (const kilburn::InputError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  attempt([&] { read_space(text); });
  attempt([&] { read_lists(text); });
  return 0;
}
