// The address spaces of one process, by what its trace calls them, and the one that it is in.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "mmu/translation_service.h"
#include "platform/os_services.h"
#include "trace/trace.h"
#include "trace_os/scheduler.h"

namespace kilburn::platform {

class ProcessMemory {
 public:
  using Spaces = std::map<std::uint16_t, std::unique_ptr<trace_os::AddressSpace>>;

  ProcessMemory(std::uint32_t process, PagingMode mode) : process_(process), mode_(mode) {}
  /// The same in the memory of `services`, a copy of the one that `original` lies in.
  ProcessMemory(const ProcessMemory& original, OsServices& services)
      : process_(original.process_), mode_(original.mode_) {
    for (const auto& [asid, space] : original.spaces_) spaces_[asid] = services.copy_space(*space);
    switch_space(services, original.asid_);
  }

  /// Goes on in the address space that the trace calls `asid`, which is made where it is new.
  void switch_space(OsServices& services, std::uint16_t asid);
  /// The page-fault handler; its time is added to that of `services`.
  trace_os::Touch serve_fault(OsServices& services, Address va, Access access);
  /// Carries out an event of the trace, and waits for all holders of translations.
  void play(OsServices& services, const trace::Event& event);
  /// The synthetic events of os.remap_interval and os.unmap_interval.
  void disturb(OsServices& services, trace_os::DueEvents due);

  [[nodiscard]] trace_os::AddressSpace& space() { return *space_; }
  [[nodiscard]] const mmu::Regime& regime() const { return regime_; }
  [[nodiscard]] const Spaces& spaces() const { return spaces_; }
  [[nodiscard]] PagingMode mode() const { return mode_; }

 private:
  void apply(OsServices& services, const trace_os::Change& change);
  void unmap(OsServices& services, Address va, PageNumber pages);

  std::uint32_t process_;
  PagingMode mode_;
  Spaces spaces_;
  std::uint16_t asid_ = 0;
  trace_os::AddressSpace* space_ = nullptr;
  mmu::Regime regime_{};
};

}  // namespace kilburn::platform
