// Identify data structures. Source: NVM Express 1.4, chapter 5.15.2.
#pragma once

#include <cstdint>

#include "ftl/media.h"
#include "nvme/namespaces.h"
#include "nvme/nvme_function.h"
#include "nvme/structure.h"

namespace kilburn::nvme {

inline constexpr std::uint16_t controller_id = 1;
inline constexpr std::string_view firmware = "1.0";
inline constexpr std::string_view model = "Kilburn NVMe drive";
inline constexpr unsigned warning_kelvin = 343;
inline constexpr unsigned critical_kelvin = 353;

/// A controller, its subsystem with no other, and its namespaces.
class Identify {
 public:
  Identify(const NvmeConfig& config, const ftl::Media& media) : config_(config), media_(media) {}
  [[nodiscard]] Structure controller(unsigned most_namespaces) const;
  [[nodiscard]] Structure name_space(std::uint32_t id, const Namespace& space) const;
  /// What is common to all: of namespace FFFFFFFFh.
  [[nodiscard]] Structure common_namespace() const;
  [[nodiscard]] Structure descriptors(std::uint32_t id) const;
  [[nodiscard]] Structure command_set_controller() const;
  /// Of namespaces, ascending.
  [[nodiscard]] static Structure list(const std::vector<std::uint32_t>& ids);
  /// This controller, where `attached`, and its id is not below `from`.
  [[nodiscard]] static Structure controllers(bool attached, std::uint16_t from);

 private:
  void put_formats(Structure& s) const;
  [[nodiscard]] std::uint64_t eui64(std::uint32_t id) const;

  const NvmeConfig& config_;
  const ftl::Media& media_;
};

}  // namespace kilburn::nvme
