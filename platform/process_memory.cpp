#include "platform/process_memory.h"

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

void ProcessMemory::switch_space(OsServices& services, std::uint16_t asid) {
  std::unique_ptr<trace_os::AddressSpace>& space = spaces_[asid];
  if (!space) space = services.make_space(process_, asid);
  asid_ = asid;
  space_ = space.get();
  regime_ = {.stage1 = mode_, .root = space_->root(), .context = space_->context()};
}

trace_os::Touch ProcessMemory::serve_fault(OsServices& services, Address va, Access access) {
  const trace_os::Touch touch = space_->touch(va, access);
  services.advance(touch.latency);
  return touch;
}

void ProcessMemory::play(OsServices& services, const trace::Event& event) {
  const Overloaded play{
      [&](const trace::ContextSwitch& e) { switch_space(services, e.context.asid); },
      // Frames come with the first touch; what was there before is gone.
      [&](const trace::Map& e) { unmap(services, e.va, e.pages); },
      [&](const trace::Unmap& e) { unmap(services, e.va, e.pages); },
      [&](const trace::Invalidate& e) {
        Retirement retirement = e.retirement;
        retirement.context = space_->context();
        services.retire(retirement);
      },
      [&](const trace::OwnershipChange& e) {
        services.change_owner(*space_, e.va >> page_shift, e.pages, e.realm);
      }};
  std::visit(play, event);
}

void ProcessMemory::disturb(OsServices& services, trace_os::DueEvents due) {
  if (due.remap) {
    if (const auto page = space_->pick_page()) apply(services, space_->remap(*page));
  }
  if (due.unmap) {
    if (const auto page = space_->pick_page()) apply(services, space_->unmap(*page, 1));
  }
}

void ProcessMemory::unmap(OsServices& services, Address va, PageNumber pages) {
  apply(services, space_->unmap(va >> page_shift, pages));
}

/// A change of the page tables takes effect when every holder of translations has acknowledged it.
void ProcessMemory::apply(OsServices& services, const trace_os::Change& change) {
  if (!change.needed()) return;
  services.retire(change.retirement);
  space_->release_retired(change.id);
}

}  // namespace kilburn::platform
