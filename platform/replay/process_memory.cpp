#include "platform/replay/process_memory.h"

#include <fmt/format.h>

#include <variant>

namespace kilburn::platform {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

ProcessMemory::ProcessMemory(const ProcessMemory& original, OsServices& services)
    : process_(original.process_), mode_(original.mode_), guest_mode_(original.guest_mode_) {
  if (original.guest_) guest_ = services.copy_guest(*original.guest_);
  for (const auto& [asid, space] : original.spaces_) {
    spaces_[asid] = services.copy_space(*space, guest_.get());
  }
  switch_space(services, original.asid_);
}

void ProcessMemory::switch_space(OsServices& services, std::uint16_t asid) {
  if (guest_mode_ != PagingMode::bare && !guest_) guest_ = services.make_guest(process_);
  std::unique_ptr<trace_os::AddressSpace>& space = spaces_[asid];
  if (!space) space = services.make_space(process_, asid, guest_.get(), spaces_.size() - 1);
  asid_ = asid;
  space_ = space.get();
  regime_ = {.stage1 = mode_,
             .root = space_->root(),
             .guest_stage = guest_mode_,
             .guest_root = guest_ ? guest_->space().root() : 0,
             .context = space_->context()};
}

trace_os::Touch ProcessMemory::serve_fault(OsServices& services, Address va, Access access) {
  const trace_os::Touch touch = space_->touch(va, access);
  services.advance(touch.latency);
  return touch;
}

trace_os::Touch ProcessMemory::serve_guest_fault(OsServices& services, Address guest_physical,
                                                 Access access) {
  const trace_os::Touch touch = guest_->touch(guest_physical, access);
  services.advance(touch.latency);
  return touch;
}

trace_os::Touch ProcessMemory::serve_any_fault(OsServices& services, Address va, Access access) {
  const auto stage1 = space_->translate(va);
  if (!stage1 || !guest_) return serve_fault(services, va, access);
  return serve_guest_fault(services, stage1->pfn << page_shift, access);
}

std::optional<Translation> ProcessMemory::translate(const trace_os::AddressSpace& space,
                                                    Address va) const {
  auto translation = space.translate(va);
  if (!translation || !guest_) return translation;
  const auto host = guest_->translate(translation->pfn << page_shift);
  if (!host) return std::nullopt;
  translation->pfn = host->pfn;
  return translation;
}

void ProcessMemory::play(OsServices& services, const trace::Event& event) {
  const Overloaded play{
      [&](const trace::ContextSwitch& e) { switch_space(services, e.context.asid); },
      // Frames come with the first touch; what was there before is gone.
      [&](const trace::Map& e) { unmap(services, e.va, e.pages); },
      [&](const trace::Unmap& e) { unmap(services, e.va, e.pages); },
      [&](const trace::Invalidate& e) {
        Invalidation invalidation = e.invalidation;
        invalidation.context = space_->context();
        services.invalidate(invalidation);
      },
      [&](const trace::OwnershipChange& e) { change_owner(services, e); }};
  std::visit(play, event);
}

void ProcessMemory::make_due_changes(OsServices& services, DueChanges due) {
  if (due.process.remap) {
    if (const auto page = space_->pick_page()) apply(services, *space_, space_->remap(*page));
  }
  if (due.process.unmap) {
    if (const auto page = space_->pick_page()) apply(services, *space_, space_->unmap(*page, 1));
  }
  if (!guest_) return;
  if (due.host.remap) {
    if (const auto change = guest_->move_one()) apply(services, guest_->space(), *change);
  }
  if (due.host.unmap) {
    if (const auto change = guest_->unmap_one()) apply(services, guest_->space(), *change);
  }
}

void ProcessMemory::unmap(OsServices& services, Address va, PageNumber pages) {
  apply(services, *space_, space_->unmap(va >> page_shift, pages));
}

/// A change of the page tables takes effect when every holder of translations has acknowledged it.
void ProcessMemory::apply(OsServices& services, trace_os::AddressSpace& space,
                          const trace_os::Change& change) {
  if (!change.needed()) return;
  services.invalidate(change.invalidation);
  space.release_invalidated(change.id);
}

void ProcessMemory::change_owner(OsServices& services, const trace::OwnershipChange& event) const {
  std::vector<FrameOwners::Mapped> frames;
  const PageNumber first = event.va >> page_shift;
  for (PageNumber page = first; page < first + event.pages; ++page) {
    const auto mapped = translate(page << page_shift);
    if (mapped) frames.push_back({.pfn = mapped->pfn, .vpn = page});
  }
  services.change_owner(frames, event.realm);
}

void show(StatisticVisitor& v, const ProcessMemory& memory) {
  for (const auto& [asid, space] : memory.spaces()) {
    v.block(fmt::format("asid_{}", space->context().asid), space->statistics());
  }
  if (const trace_os::GuestMemory* const guest = memory.guest()) {
    v.block(fmt::format("vmid_{}", guest->space().context().vmid), guest->space().statistics());
  }
}

}  // namespace kilburn::platform
