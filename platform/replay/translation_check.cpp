#include "platform/replay/translation_check.h"

#include <fmt/format.h>

#include <stdexcept>

#include "platform/replay/trace_platform.h"

namespace kilburn::platform {

TranslationCheck::TranslationCheck(TracePlatform& platform) : platform_(platform) {
  platform_.mmu_module().observe([this](const mmu::Request& request, const Translation& used) {
    ++checked_;
    for (const auto& process : platform_.player().processes()) {
      for (const auto& [asid, space] : process->memory().spaces()) {
        if (space->context() != request.regime.context) continue;
        const auto walked = process->memory().translate(*space, request.va);
        if (walked && walked->pfn == used.pfn) return;
        throw std::logic_error(fmt::format(
            "translation of {:#x} (ASID {}) used frame {:#x}, but the page tables say {}",
            request.va, request.regime.context.asid, used.pfn,
            walked ? fmt::format("{:#x}", walked->pfn) : "not mapped"));
      }
    }
  });
}

TranslationCheck::~TranslationCheck() {
  platform_.mmu_module().observe({});
}

}  // namespace kilburn::platform
