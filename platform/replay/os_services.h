// What the operating system behind the traces has of the platform.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "common/invalidation.h"
#include "memory/storage.h"
#include "platform/node/platform_config.h"
#include "platform/replay/frame_owners.h"
#include "rmu/rmu.h"
#include "trace_os/address_space.h"
#include "trace_os/guest_memory.h"

namespace kilburn::platform {

/// log2 of the pages of the largest leaves that a policy makes.
[[nodiscard]] constexpr unsigned leaf_order(trace_os::Pages pages) {
  switch (pages) {
    case trace_os::Pages::small:
      return 0;
    case trace_os::Pages::thp:
      return level_order(1);
    case trace_os::Pages::napot:
      return napot_order;
  }
  return 0;
}

/// Memory, the RMU, invalidation.

class OsServices {
 public:
  OsServices(const PlatformConfig& config, memory::Storage& storage, rmu::Rmu& rmu,
             Invalidator& invalidator)
      : config_(config),
        storage_(storage),
        rmu_(rmu),
        invalidator_(invalidator),
        owners_(rmu.config(), config.os.fuse,
                leaf_order(config.os.guest ? config.os.host.pages : config.os.policy.pages)) {}
  /// A copy of the system, on copies of its memory and its RMU.
  OsServices(const OsServices& original, const PlatformConfig& config, memory::Storage& storage,
             rmu::Rmu& rmu, Invalidator& invalidator)
      : config_(config),
        storage_(storage),
        rmu_(rmu),
        invalidator_(invalidator),
        owners_(original.owners_),
        now_(original.now_),
        arenas_(original.arenas_),
        next_asid_(original.next_asid_),
        realms_(original.realms_) {}

  /// A new address space with, by configuration, a realm of its own, and an arena: in memory, or,
  /// as the `number`th of `guest`, in its guest-physical memory.
  std::unique_ptr<trace_os::AddressSpace> make_space(std::uint32_t process, std::uint16_t asid,
                                                     trace_os::GuestMemory* guest,
                                                     std::size_t number);
  /// The guest of a process, with an arena in memory.
  std::unique_ptr<trace_os::GuestMemory> make_guest(std::uint32_t process);
  /// A copy of `original` in this system's memory, itself a copy of the one that `original` lies
  /// in; `guest` is the copy of its guest.
  std::unique_ptr<trace_os::AddressSpace> copy_space(const trace_os::AddressSpace& original,
                                                     trace_os::GuestMemory* guest);
  std::unique_ptr<trace_os::GuestMemory> copy_guest(const trace_os::GuestMemory& original);

  /// Time is kept here while the system works: it begins at `now`, and each RMU command and each
  /// invalidation starts when the one before it has ended.
  void begin(Cycles now) { now_ = now; }
  void advance(Cycles cycles) { now_ += cycles; }
  [[nodiscard]] Cycles now() const { return now_; }
  /// Between the two, regions are not fused as they become complete, but all at the end.
  void begin_setup() { owners_.begin_setup(); }
  void end_setup();
  /// Broadcasts, waits for all holders, and throws std::runtime_error naming one that is silent.
  void invalidate(const Invalidation& invalidation);
  /// Gives [first, ...) frames, each mapped from the page beside it, to `realm`.
  void change_owner(const std::vector<FrameOwners::Mapped>& frames, std::uint16_t realm);

 private:
  [[nodiscard]] trace_os::FrameObserver owner_of_frames(std::uint16_t realm, bool any_page) {
    return [this, realm, any_page](const trace_os::FrameEvent& event) {
      own_frames(realm, any_page, event);
    };
  }
  [[nodiscard]] trace_os::FrameObserver taker_of(trace_os::GuestMemory& guest) {
    return [this, &guest](const trace_os::FrameEvent& event) { advance(guest.observe(event)); };
  }
  [[nodiscard]] std::uint16_t realm_of(std::uint32_t process);
  [[nodiscard]] PageNumber take_arena(std::uint64_t bytes, std::string_view parameter,
                                      std::string_view for_whom);
  void own_frames(std::uint16_t realm, bool any_page, const trace_os::FrameEvent& event);
  void execute(const rmu::Command& command, std::string_view what);
  void ensure_realm(std::uint16_t realm);
  [[nodiscard]] FrameOwners::Execute executor() {
    return [this](const rmu::Command& command, std::string_view what) { execute(command, what); };
  }

  const PlatformConfig& config_;
  memory::Storage& storage_;
  rmu::Rmu& rmu_;
  Invalidator& invalidator_;
  FrameOwners owners_;
  Cycles now_ = 0;
  PageNumber arenas_ = 0;  ///< given out so far, all of the same size
  std::uint16_t next_asid_ = 1;
  std::vector<bool> realms_;
};

}  // namespace kilburn::platform
