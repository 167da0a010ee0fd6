#include "platform/replay/os_services.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "common/context_widths.h"
#include "common/error.h"

namespace kilburn::platform {

/// Realm 0 is the system's own.
std::uint16_t OsServices::realm_of(std::uint32_t process) {
  const auto realm = static_cast<std::uint16_t>(config_.os.realm_per_process ? process + 1 : 1);
  ensure_realm(realm);
  return realm;
}

/// First frame of the next arena in memory.
PageNumber OsServices::take_arena(std::uint64_t bytes, std::string_view parameter,
                                  std::string_view for_whom) {
  if ((arenas_ + 1) * bytes > config_.memory.storage.bytes) {
    throw InputError(
        fmt::format("{} needs an arena of {} = {}, and memory.bytes = {} holds {} only: give more "
                    "memory or smaller arenas",
                    for_whom, parameter, bytes, config_.memory.storage.bytes, arenas_));
  }
  return (storage_.base() + arenas_++ * bytes) >> page_shift;
}

std::unique_ptr<trace_os::AddressSpace> OsServices::make_space(std::uint32_t process,
                                                               std::uint16_t asid,
                                                               trace_os::GuestMemory* guest,
                                                               std::size_t number) {
  const trace_os::OsConfig& policy = config_.os.policy;
  // One ASID for each address space of each process.
  if (next_asid_ == 0) {  // once round
    throw InputError(fmt::format(
        "process {} (address space {}): more than {} address spaces, and an "
        "ASID has {} bits",
        process, asid, std::numeric_limits<std::uint16_t>::max(), context_widths::asid));
  }
  Context context{.asid = next_asid_, .vmid = 0, .realm = realm_of(process)};
  if (guest != nullptr) {
    context.vmid = guest->space().context().vmid;
    const Address first = trace_os::GuestMemory::base + number * policy.arena_bytes;
    ++next_asid_;
    return std::make_unique<trace_os::AddressSpace>(policy, config_.os.paging_mode(), context,
                                                    trace_os::TableMemory(*guest),
                                                    first >> page_shift, taker_of(*guest));
  }
  const PageNumber first = take_arena(policy.arena_bytes, "os.arena_bytes",
                                      fmt::format("process {} (address space {})", process, asid));
  ++next_asid_;
  return std::make_unique<trace_os::AddressSpace>(policy, config_.os.paging_mode(), context,
                                                  storage_, first,
                                                  owner_of_frames(context.realm, false));
}

std::unique_ptr<trace_os::GuestMemory> OsServices::make_guest(std::uint32_t process) {
  const Context context{.vmid = static_cast<std::uint16_t>(process + 1),
                        .realm = realm_of(process)};
  const PageNumber first = take_arena(config_.os.host.arena_bytes, "os.host.arena_bytes",
                                      fmt::format("the guest of process {}", process));
  // The host does not know from which virtual page a guest reaches a frame.
  return std::make_unique<trace_os::GuestMemory>(config_.os.host, config_.os.guest_mode(), context,
                                                 storage_, first,
                                                 owner_of_frames(context.realm, true));
}

std::unique_ptr<trace_os::AddressSpace> OsServices::copy_space(
    const trace_os::AddressSpace& original, trace_os::GuestMemory* guest) {
  if (guest != nullptr) {
    return std::make_unique<trace_os::AddressSpace>(original, trace_os::TableMemory(*guest),
                                                    taker_of(*guest));
  }
  return std::make_unique<trace_os::AddressSpace>(original, storage_,
                                                  owner_of_frames(original.context().realm, false));
}

std::unique_ptr<trace_os::GuestMemory> OsServices::copy_guest(
    const trace_os::GuestMemory& original) {
  return std::make_unique<trace_os::GuestMemory>(
      original, storage_, owner_of_frames(original.space().context().realm, true));
}

void OsServices::ensure_realm(std::uint16_t realm) {
  if (!config_.rmu.enabled) return;
  if (realm >= config_.rmu.realms) {
    throw InputError(
        fmt::format("rmu.realms = {}: allowed is {} or more: the trace gives pages to "
                    "realm {} (or rmu.enabled = false)",
                    config_.rmu.realms, realm + 1, realm));
  }
  if (realms_.size() <= realm) realms_.resize(realm + std::size_t{1});
  if (realms_[realm]) return;
  realms_[realm] = true;
  execute({.code = rmu::CommandCode::create_realm, .realm = realm}, "create a realm");
}

void OsServices::own_frames(std::uint16_t realm, bool any_page, const trace_os::FrameEvent& event) {
  if (!config_.rmu.enabled) return;
  using Use = trace_os::FrameEvent::Use;
  if (event.use == Use::released) {
    owners_.release(event.pfn, event.frames, executor());
    return;
  }
  owners_.give(event.pfn, event.frames, realm, event.vpn, any_page || event.use == Use::table,
               executor());
}

void OsServices::end_setup() {
  if (config_.rmu.enabled) owners_.end_setup(executor());
}

void OsServices::execute(const rmu::Command& command, std::string_view what) {
  const rmu::CommandResult result = rmu_.execute(command, now_, invalidator_);
  now_ += result.cycles;
  if (!result.missing.empty()) {
    throw InputError(
        fmt::format("rmu.ack_timeout = {}: when the RMU was to {}, {} did not acknowledge an "
                    "invalidation within "
                    "these cycles: allow more",
                    config_.rmu.ack_timeout, what, fmt::join(result.missing, ", ")));
  }
  if (result.status != rmu::Status::ok) {
    throw std::runtime_error(fmt::format("the RMU refused to {} at {:#x}: {}", what, command.target,
                                         to_string(result.status)));
  }
}

void OsServices::invalidate(const Invalidation& invalidation) {
  const InvalidateResult result = invalidator_.invalidate(invalidation, now_);
  now_ += result.cycles;
  if (!result.ok) {
    throw InputError(
        fmt::format("rmu.ack_timeout = {}: an invalidation was not acknowledged by {} within these "
                    "cycles: allow "
                    "more",
                    config_.rmu.ack_timeout, fmt::join(result.missing, ", ")));
  }
}

void OsServices::change_owner(const std::vector<FrameOwners::Mapped>& frames, std::uint16_t realm) {
  if (!config_.rmu.enabled) return;
  ensure_realm(realm);
  owners_.transfer(frames, realm, executor());
}

}  // namespace kilburn::platform
