// The address spaces of one process, by what its trace calls them, the one that it is in, and the
// guest that they are in, if any.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "mmu/translation_service.h"
#include "platform/replay/os_services.h"
#include "trace/trace.h"
#include "trace_os/scheduler.h"

namespace kilburn::platform {

/// The synthetic events that an access brings: of the process's own system, and of its guest's
/// host.
struct DueChanges {
  trace_os::DueEvents process{};
  trace_os::DueEvents host{};
  [[nodiscard]] bool any() const {
    return process.remap || process.unmap || host.remap || host.unmap;
  }
};

class ProcessMemory {
 public:
  using Spaces = std::map<std::uint16_t, std::unique_ptr<trace_os::AddressSpace>>;

  ProcessMemory(std::uint32_t process, const OsBlockConfig& config)
      : process_(process), mode_(config.paging_mode()), guest_mode_(config.guest_mode()) {}
  /// A copy of `original` in the memory of `services`, a copy of the one that it lies in.
  ProcessMemory(const ProcessMemory& original, OsServices& services);

  /// Goes on in the address space that the trace calls `asid`, which is made where it is new.
  void switch_space(OsServices& services, std::uint16_t asid);
  /// The page-fault handler of the process's system; its time is added to that of `services`.
  trace_os::Touch serve_fault(OsServices& services, Address va, Access access);
  /// The host's, for a guest page fault.
  trace_os::Touch serve_guest_fault(OsServices& services, Address guest_physical, Access access);
  /// The one of the two that an access to `va`, which `translate` knows nothing of, meets.
  trace_os::Touch serve_any_fault(OsServices& services, Address va, Access access);
  /// Carries out an event of the trace, and waits for all holders of translations.
  void play(OsServices& services, const trace::Event& event);
  void make_due_changes(OsServices& services, DueChanges due);

  /// A walk in software of the address space that the process is in, or of another one of it:
  /// to physical memory, through both stages where there are two.
  [[nodiscard]] std::optional<Translation> translate(Address va) const {
    return translate(*space_, va);
  }
  [[nodiscard]] std::optional<Translation> translate(const trace_os::AddressSpace& space,
                                                     Address va) const;

  [[nodiscard]] trace_os::AddressSpace& space() { return *space_; }
  [[nodiscard]] const mmu::Regime& regime() const { return regime_; }
  [[nodiscard]] const Spaces& spaces() const { return spaces_; }
  /// Null where there is none.
  [[nodiscard]] const trace_os::GuestMemory* guest() const { return guest_.get(); }
  [[nodiscard]] PagingMode mode() const { return mode_; }

 private:
  void apply(OsServices& services, trace_os::AddressSpace& space, const trace_os::Change& change);
  void unmap(OsServices& services, Address va, PageNumber pages);
  void change_owner(OsServices& services, const trace::OwnershipChange& event) const;

  std::uint32_t process_;
  PagingMode mode_;
  PagingMode guest_mode_;
  std::unique_ptr<trace_os::GuestMemory> guest_;  ///< outlives the spaces, which lie in it
  Spaces spaces_;
  std::uint16_t asid_ = 0;
  trace_os::AddressSpace* space_ = nullptr;
  mmu::Regime regime_{};
};

/// Statistics of all address spaces and guests, as blocks "asid_1", "vmid_1" and so on.
void show(StatisticVisitor& v, const ProcessMemory& memory);

}  // namespace kilburn::platform
