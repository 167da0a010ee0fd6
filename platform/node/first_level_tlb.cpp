#include "platform/node/first_level_tlb.h"

#include <fmt/format.h>

#include "burst_tlb/with_large_pages.h"
#include "common/error.h"

namespace kilburn::platform {

std::unique_ptr<burst_tlb::PortTlb> make_rtl_tlb(const mmu::FirstLevelConfig& config,
                                                 std::string_view path) {
  try {
    return burst_tlb::PortTlb::of_rtl(config,
                                      config.implementation == mmu::Implementation::lockstep);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}.implementation: {}", path, error.what()));
  }
}

std::unique_ptr<burst_tlb::Tlb> make_first_level_tlb(const mmu::FirstLevelConfig& config,
                                                     std::string_view path) {
  if (config.implementation == mmu::Implementation::model) return mmu::make_model(config, path);
  return burst_tlb::with_large_pages(config, make_rtl_tlb(config, path));
}

}  // namespace kilburn::platform
