// Any bytes as a space: read, or refused by an InputError; its constraints do no harm.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/error.h"
#include "platform/sweep/constraints.h"
#include "platform/sweep/space_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kilburn::platform;
  try {
    const sweep::SpaceFile file =
        sweep::parse_space({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
    for (const sweep::Dimension& dimension : file.dimensions) {
      if (dimension.labels.empty() || dimension.rows.size() != dimension.labels.size()) {
        __builtin_trap();
      }
    }
    (void)sweep::Constraints(file.constraints).first_false(file.base);
  } catch (const kilburn::InputError&) {
  }
  return 0;
}
