#include "nvme/namespaces.h"

#include <fmt/format.h>

#include "common/error.h"

namespace kilburn::nvme {

void Namespaces::add(std::uint32_t id, ftl::Attributes attributes) {
  const auto word = static_cast<std::uint32_t>(attributes);
  const std::uint32_t format = word & 0xF;
  const bool attached = (word & 0x10) == 0;
  if (word > 0x1F || format >= block_formats.size()) {
    throw InputError(
        fmt::format("the drive says {:#x} of its namespace {}: LBA formats are 0 to {}, and bit 4 "
                    "says that it is not attached",
                    word, id, block_formats.size() - 1));
  }
  all_[id] = {.allocated = true, .attached = attached, .format = static_cast<std::uint8_t>(format)};
}

}  // namespace kilburn::nvme
