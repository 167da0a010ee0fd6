#include "platform/replay/trace_limits.h"

#include <fmt/format.h>

#include "common/error.h"

namespace kilburn::platform {

const PlatformConfig& playable(const PlatformConfig& config, std::size_t processes) {
  const rmu::RmuConfig& rmu = config.rmu;
  if (!rmu.enabled) return config;
  if (rmu.granule_shift != page_shift) {
    throw InputError(fmt::format(
        "rmu.granule_shift = {}: with traces allowed is {}, as their operating system gives "
        "processes single pages of 4 KiB (or rmu.enabled = false)",
        rmu.granule_shift, page_shift));
  }
  // Realm 0 is the system's own.
  const std::size_t realms = config.os.realm_per_process ? processes + 1 : 2;
  if (rmu.realms < realms) {
    throw InputError(fmt::format(
        "rmu.realms = {}: with {} trace{} allowed is {} or more: realm 0 is the system's, and {} "
        "(or "
        "rmu.enabled = false)",
        rmu.realms, processes, processes == 1 ? "" : "s", realms,
        config.os.realm_per_process ? "each process has its own" : "all processes share another"));
  }
  if (rmu.ack_timeout <= config.mmu.service.invalidation_cycles) {
    throw InputError(fmt::format(
        "rmu.ack_timeout = {}: allowed is more than mmu.invalidation_cycles = {}, the time "
        "that an acknowledgement takes",
        rmu.ack_timeout, config.mmu.service.invalidation_cycles));
  }
  return config;
}

}  // namespace kilburn::platform
