#include "platform/os_services.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "common/context_widths.h"
#include "common/error.h"

namespace kilburn::platform {

std::unique_ptr<trace_os::AddressSpace> OsServices::make_space(std::uint32_t process,
                                                               std::uint16_t asid) {
  // One ASID for each address space of each process; realm 0 is the system's own.
  if (arenas_ + 1 > std::numeric_limits<std::uint16_t>::max()) {
    throw InputError(
        fmt::format("process {} (address space {}): more than {} address spaces, and an "
                    "ASID has {} bits",
                    process, asid, arenas_, context_widths::asid));
  }
  const auto number = static_cast<std::uint16_t>(arenas_ + 1);
  const auto realm = static_cast<std::uint16_t>(config_.os.realm_per_process ? process + 1 : 1);
  ensure_realm(realm);
  const Context context{.asid = number, .vmid = 0, .realm = realm};
  const PageNumber frames = config_.os.policy.arena_bytes >> page_shift;
  const PageNumber first = (storage_.base() >> page_shift) + arenas_ * frames;
  if ((arenas_ + 1) * config_.os.policy.arena_bytes > config_.memory.storage.bytes) {
    throw InputError(fmt::format(
        "process {} (address space {}) needs an arena of os.arena_bytes = {}, and memory.bytes = "
        "{} "
        "holds {} only: give more memory or smaller arenas",
        process, asid, config_.os.policy.arena_bytes, config_.memory.storage.bytes, arenas_));
  }
  ++arenas_;
  return std::make_unique<trace_os::AddressSpace>(config_.os.policy, config_.os.paging_mode(),
                                                  context, storage_, first,
                                                  owner_of_frames(context));
}

std::unique_ptr<trace_os::AddressSpace> OsServices::copy_space(
    const trace_os::AddressSpace& original) {
  return std::make_unique<trace_os::AddressSpace>(original, storage_,
                                                  owner_of_frames(original.context()));
}

void OsServices::ensure_realm(std::uint16_t realm) {
  if (!config_.rmu.enabled) return;
  if (realms_.size() <= realm) realms_.resize(realm + std::size_t{1});
  if (realms_[realm]) return;
  realms_[realm] = true;
  execute({.code = rmu::CommandCode::create_realm, .realm = realm}, "create a realm");
}

void OsServices::own_frames(Context context, const trace_os::FrameEvent& event) {
  if (!config_.rmu.enabled) return;
  using Use = trace_os::FrameEvent::Use;
  // The owner may pass frames of its own on; the system (machine mode) those that nobody owns.
  const rmu::Issuer owner{.realm = context.realm, .machine = true};
  const Address address = event.pfn << page_shift;
  if (event.use == Use::released) {
    // Whoever gets the frames next may map them one by one.
    const auto group = rmu_.execute(
        {.code = rmu::CommandCode::query, .target = address, .issuer = owner}, now_, retirer_);
    now_ += group.cycles;
    if (group.entry.order > 0) {
      execute({.code = rmu::CommandCode::shatter,
               .target = group.head,
               .order = group.entry.order,
               .issuer = owner},
              "shatter a group");
    }
    return;
  }
  for (PageNumber i = 0; i < event.frames; ++i) {
    execute({.code = rmu::CommandCode::set_owner,
             .target = address + i * page_bytes,
             .realm = context.realm,
             .mapped = event.vpn + i,
             .mapped_any = event.use == Use::table || config_.rmu.granule_order() > 0,
             .issuer = owner},
            "give a frame to a process");
  }
  if (config_.os.fuse && event.use == Use::data) fuse_block(address, event.frames, owner);
}

/// A block of 2^n frames becomes one group, or several of the RMU's largest order.
void OsServices::fuse_block(Address address, PageNumber frames, rmu::Issuer issuer) {
  const PageNumber granules = frames >> config_.rmu.granule_order();
  if (granules < 2 || config_.rmu.max_order == 0) return;
  const unsigned order =
      std::min(static_cast<unsigned>(std::countr_zero(granules)), config_.rmu.max_order);
  const Address group_bytes = Address{1} << (config_.rmu.granule_shift + order);
  for (Address group = address; group < address + frames * page_bytes; group += group_bytes) {
    execute({.code = rmu::CommandCode::fuse, .target = group, .order = order, .issuer = issuer},
            "fuse a block of frames");
  }
}

void OsServices::execute(const rmu::Command& command, std::string_view what) {
  const rmu::CommandResult result = rmu_.execute(command, now_, retirer_);
  now_ += result.cycles;
  if (result.status != rmu::Status::ok) {
    throw std::runtime_error(fmt::format(
        "the RMU refused to {} at {:#x}: {}{}{}", what, command.target, to_string(result.status),
        result.missing.empty() ? "" : ": no answer from ", fmt::join(result.missing, ", ")));
  }
}

void OsServices::retire(const Retirement& retirement) {
  const RetireResult result = retirer_.retire(retirement, now_);
  now_ += result.cycles;
  if (!result.ok) {
    throw std::runtime_error(fmt::format("a retirement was not acknowledged within {} cycles by {}",
                                         config_.rmu.ack_timeout, fmt::join(result.missing, ", ")));
  }
}

void OsServices::change_owner(const trace_os::AddressSpace& space, PageNumber vpn, PageNumber pages,
                              std::uint16_t realm) {
  if (!config_.rmu.enabled) return;
  ensure_realm(realm);
  for (PageNumber page = vpn; page < vpn + pages; ++page) {
    const auto mapped = space.translate(page << page_shift);
    if (!mapped) continue;
    execute({.code = rmu::CommandCode::set_owner,
             .target = mapped->pfn << page_shift,
             .realm = realm,
             .mapped = page,
             .mapped_any = false,
             .issuer = {.realm = space.context().realm}},
            "give a page to another realm");
  }
}

}  // namespace kilburn::platform
