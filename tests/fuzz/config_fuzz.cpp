// Any bytes as a configuration file and as a `--set` setting: read, or refused by an InputError.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../configuration/example_config.h"
#include "../configuration/list_config.h"
#include "common/error.h"
#include "platform/configuration/config_file.h"
#include "platform/configuration/parameter_table.h"

namespace {

using kilburn::example::BoardConfig;
using kilburn::example::PlatformConfig;

template <class Config>
void require_same(const Config& config, const std::string& text) {
  Config reread;
  kilburn::parse_config(reread, text, "resolved");
  if (reread != config) __builtin_trap();
}

/// Reads by `read`; what it accepts must survive being written out and read again.
template <class Config, class Read>
void read_and_reread(Read read) {
  Config config;
  try {
    kilburn::check_constraints(config, read(config));
  } catch (const kilburn::InputError&) {
    return;
  }
  const kilburn::ParameterTable table = kilburn::parameter_table(config);
  require_same(config, kilburn::to_toml(table));
  require_same(config, kilburn::canonical_text(table));
  (void)kilburn::text_table(table);
}

template <class Config>
void read_as(std::string_view text) {
  read_and_reread<Config>([&](Config& c) { return kilburn::parse_config(c, text, "fuzz.toml"); });
  read_and_reread<Config>([&](Config& c) { return kilburn::apply_setting(c, text); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_as<PlatformConfig>(text);
  read_as<BoardConfig>(text);
  return 0;
}
