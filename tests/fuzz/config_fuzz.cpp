// Any bytes as a configuration file and as a `--set` setting: read, or refused by an InputError.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../configuration/example_config.h"
#include "common/error.h"
#include "platform/configuration/config_file.h"
#include "platform/configuration/parameter_table.h"

namespace {

using kilburn::example::PlatformConfig;

/// Reads by `read`; what it accepts must survive being written out and read again.
template <class Read>
void read_and_reread(Read read) {
  PlatformConfig config;
  try {
    kilburn::check_constraints(config, read(config));
  } catch (const kilburn::InputError&) {
    return;
  }
  PlatformConfig reread;
  kilburn::parse_config(reread, kilburn::to_toml(kilburn::parameter_table(config)), "resolved");
  if (reread != config) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_and_reread([&](PlatformConfig& c) { return kilburn::parse_config(c, text, "fuzz.toml"); });
  read_and_reread([&](PlatformConfig& c) { return kilburn::apply_setting(c, text); });
  return 0;
}
