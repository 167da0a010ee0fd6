// What the operating system behind the traces has of the platform.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "common/retirement.h"
#include "memory/storage.h"
#include "platform/platform_config.h"
#include "rmu/rmu.h"
#include "trace_os/address_space.h"

namespace kilburn::platform {

/// Memory, the RMU, retirement.
class OsServices {
 public:
  OsServices(const PlatformConfig& config, memory::Storage& storage, rmu::Rmu& rmu,
             Retirer& retirer)
      : config_(config), storage_(storage), rmu_(rmu), retirer_(retirer) {}
  /// The same system on copies of its memory and its RMU.
  OsServices(const OsServices& original, const PlatformConfig& config, memory::Storage& storage,
             rmu::Rmu& rmu, Retirer& retirer)
      : config_(config),
        storage_(storage),
        rmu_(rmu),
        retirer_(retirer),
        now_(original.now_),
        arenas_(original.arenas_),
        realms_(original.realms_) {}

  /// A new address space with an arena and, by configuration, a realm of its own.
  std::unique_ptr<trace_os::AddressSpace> make_space(std::uint32_t process, std::uint16_t asid);
  /// The same address space in this system's memory, a copy of the one that `original` lies in.
  std::unique_ptr<trace_os::AddressSpace> copy_space(const trace_os::AddressSpace& original);

  /// Time is kept here while the system works: it begins at `now`, and each RMU command and each
  /// retirement starts when the one before it has ended.
  void begin(Cycles now) { now_ = now; }
  void advance(Cycles cycles) { now_ += cycles; }
  [[nodiscard]] Cycles now() const { return now_; }
  /// Broadcasts, waits for all holders, and throws std::runtime_error naming one that is silent.
  void retire(const Retirement& retirement);
  /// Gives mapped frames of [vpn, vpn + pages) to `realm`.
  void change_owner(const trace_os::AddressSpace& space, PageNumber vpn, PageNumber pages,
                    std::uint16_t realm);

 private:
  [[nodiscard]] trace_os::FrameObserver owner_of_frames(Context context) {
    return [this, context](const trace_os::FrameEvent& event) { own_frames(context, event); };
  }
  void own_frames(Context context, const trace_os::FrameEvent& event);
  void fuse_block(Address address, PageNumber frames, rmu::Issuer issuer);
  void execute(const rmu::Command& command, std::string_view what);
  void ensure_realm(std::uint16_t realm);

  const PlatformConfig& config_;
  memory::Storage& storage_;
  rmu::Rmu& rmu_;
  Retirer& retirer_;
  Cycles now_ = 0;
  PageNumber arenas_ = 0;
  std::vector<bool> realms_;
};

}  // namespace kilburn::platform
