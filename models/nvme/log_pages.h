// Log pages: errors, health, firmware, changed namespaces, effects of commands.
// Source: NVM Express 1.4, chapter 5.14.1.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "ftl/media.h"
#include "nvme/error_log.h"
#include "nvme/nvme_function.h"
#include "nvme/structure.h"

namespace kilburn::nvme {

/// What SMART tells of the host's commands, beside what the media says.
struct HostCounts {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t busy_ns = 0;
};

class LogPages {
 public:
  LogPages(const NvmeConfig& config, const ftl::Media& media)
      : config_(config), media_(media), errors(config.error_entries) {}

  /// Nothing: there is no such page.
  [[nodiscard]] std::optional<Structure> page(unsigned id, std::uint8_t warning,
                                              std::uint64_t now_ns) const;

 private:
  [[nodiscard]] Structure smart(std::uint8_t warning, std::uint64_t now_ns) const;
  [[nodiscard]] static Structure firmware_slots();
  [[nodiscard]] Structure changed_namespaces() const;
  [[nodiscard]] static Structure effects();

  const NvmeConfig& config_;
  const ftl::Media& media_;

 public:
  ErrorLog errors;
  std::set<std::uint32_t> changed;  ///< namespaces, since the page was read
  HostCounts host;
};

}  // namespace kilburn::nvme
