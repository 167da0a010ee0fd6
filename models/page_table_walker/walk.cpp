#include "page_table_walker/walk.h"

#include <algorithm>

namespace kilburn::page_table_walker {

using page_table_cache::Key;
using page_table_cache::Stage;

namespace {

constexpr unsigned line_order = 3;             // a line holds the PTEs of eight pages
constexpr unsigned guest_root_extra_bits = 2;  // Sv39x4 and so on: a root of four frames

}  // namespace

Walk::Walk(const WalkerConfig& config, page_table_cache::PageTableCache& cache,
           WalkerStatistics& statistics, MemoryPort& memory, OwnershipCheck* ownership,
           const WalkRequest& request, Cycles& busy_until, Cycles start)
    : config_(config),
      format_{config.svnapot, config.svpbmt},
      cache_(cache),
      statistics_(statistics),
      memory_(memory),
      ownership_(config.check_tables ? ownership : nullptr),
      request_(request),
      stage1_{Stage::stage1, request.regime.stage1, request.regime.root, request.privilege},
      // The G-stage takes every access for one by user mode.
      guest_{Stage::guest,
             request.regime.guest_stage,
             request.regime.guest_root,
             {.mxr = request.privilege.guest_mxr,
              .hlvx = request.privilege.hlvx,
              .svade = request.privilege.guest_svade}},
      busy_until_(busy_until),
      now_(start) {
  in_flight_.page = request.va >> page_shift;
  in_flight_.context = request.regime.context;
  in_flight_.two_stage = two_stage();
  spend(config.start_cycles);
}

WalkResult Walk::run() {
  while (!translate() && in_flight_.overtaken) {
    in_flight_.overtaken = false;
    ++result_.restarts;
  }
  return result_;
}

bool Walk::translate() {
  const auto stage1 = stage1_.mode == PagingMode::bare
                          ? std::optional(identity())
                          : resolve(stage1_, request_.va, Purpose::original);
  if (!stage1) return false;
  std::optional<Resolved> guest;
  if (two_stage()) {
    const Address offset = request_.va & (page_bytes - 1);
    const Address address = stage1->leaf.frame << page_shift | offset;
    if (!may_lead_to(stage1->leaf.frame)) {
      table_fault(guest_, address, Purpose::original);
      return false;
    }
    guest = resolve(guest_, address, Purpose::original);
    if (!guest) return false;
    result_.translation = combine(in_flight_.page, stage1->leaf, guest->leaf);
  } else {
    const Leaf& leaf = stage1->leaf;
    result_.translation = {leaf.page, leaf.frame, leaf.order, leaf.permissions, leaf.attributes};
  }
  if (request_.want_line) add_neighbours(*stage1, guest ? &*guest : nullptr);
  return true;
}

/// Bare stage 1 under a G-stage: one leaf maps the whole space to itself. It belongs to the
/// privilege that asks, so that `permits` says yes to it.
Walk::Resolved Walk::identity() const {
  const bool user = request_.privilege.privilege == Privilege::user;
  const auto permissions = static_cast<std::uint8_t>(
      pte::read | pte::write | pte::execute | pte::accessed | pte::dirty | (user ? pte::user : 0));
  constexpr std::uint8_t whole_space = 64 - page_shift;
  return {{in_flight_.page, in_flight_.page, whole_space, permissions, 0}, false, std::nullopt};
}

Access Walk::access_for(Purpose purpose) const {
  switch (purpose) {
    case Purpose::original:
      return request_.access;
    case Purpose::table_read:
      return Access::load;
    case Purpose::table_write:
      return Access::store;
  }
  return request_.access;
}

bool Walk::in_range(const Tree& tree, Address address) const {
  if (tree.stage == Stage::stage1) return is_canonical(address, tree.mode);
  return address >> (virtual_bits(tree.mode) + guest_root_extra_bits) == 0;
}

Address Walk::entry_address(const Tree& tree, const Place& place, PageNumber page) const {
  const bool wide_root = tree.stage == Stage::guest && place.level + 1 == levels(tree.mode);
  const PageNumber mask = wide_root ? 0x7FF : 0x1FF;
  return (place.table << page_shift) + 8 * ((page >> level_order(place.level)) & mask);
}

/// From the root to the leaf of `address` in one tree. A stage-1 tree under a G-stage lies in
/// guest-physical memory: `locate` then comes back here for each of its descriptors.
std::optional<Walk::Resolved> Walk::resolve(const Tree& tree, Address address, Purpose purpose) {
  if (!in_range(tree, address)) return table_fault(tree, address, purpose);
  const PageNumber page = address >> page_shift;
  const Access access = access_for(purpose);
  PrivilegeState privilege = tree.privilege;
  if (purpose != Purpose::original) privilege.hlvx = false;  // tables are read, not executed
  Place place = entry_point(tree, page);
  for (;;) {
    if (tree.stage == Stage::stage1) in_flight_.level = place.level;
    const auto slot = locate(tree, entry_address(tree, place, page));
    if (!slot) return std::nullopt;
    const Key key{slot->pa, page, place.level, tree.stage, request_.regime.context};
    const bool last = place.level == 0;
    const auto fetched = fetch(key, last && request_.want_line && purpose == Purpose::original);
    if (!fetched) return std::nullopt;
    const std::uint64_t descriptor = fetched->descriptor;

    if (format_.is_pointer(descriptor, place.level)) {
      if (fetched->installable) cache_.install(key, descriptor, place.global);
      place = {pte::pfn(descriptor), place.level - 1,
               place.global || (descriptor & pte::global) != 0};
      continue;
    }
    const auto leaf = format_.leaf(descriptor, place.level, page, place.global);
    if (!leaf || !permits(leaf->permissions, access, privilege)) {
      return table_fault(tree, address, purpose);
    }
    const std::uint64_t updated =
        descriptor | pte::accessed | (access == Access::store ? pte::dirty : 0);
    if (updated != descriptor) {
      if (config_.ad_update == AdUpdate::fault || privilege.svade) {
        return table_fault(tree, address, purpose);
      }
      const Update update = set_ad(*slot, descriptor, updated);
      if (update == Update::stopped) return std::nullopt;
      if (update == Update::lost_race) continue;  // read it again, as the architecture says
    }
    return Resolved{*format_.leaf(updated, place.level, page, place.global), place.global,
                    fetched->line};
  }
}

/// Where to start: at the root, or below the deepest pointer of a cache that skips levels.
Walk::Place Walk::entry_point(const Tree& tree, PageNumber page) {
  const unsigned root_level = levels(tree.mode) - 1;
  const auto skip = cache_.lookup_path({0, page, root_level, tree.stage, request_.regime.context});
  spend(skip.cycles);
  if (!skip.hit) return {tree.root, root_level, false};
  return {pte::pfn(skip.descriptor), skip.level - 1, (skip.descriptor & pte::global) != 0};
}

/// The physical address of a descriptor, through the G-stage where there is one.
std::optional<Walk::Slot> Walk::locate(const Tree& tree, Address address) {
  if (tree.stage == Stage::guest || !two_stage()) return Slot{address, address, true};
  const auto guest = resolve(guest_, address, Purpose::table_read);
  if (!guest) return std::nullopt;
  constexpr std::uint8_t storable = pte::write | pte::dirty;
  return Slot{address, guest->leaf.frame << page_shift | (address & (page_bytes - 1)),
              (guest->leaf.permissions & storable) == storable};
}

/// One descriptor, from the cache or from memory.
std::optional<Walk::Fetched> Walk::fetch(const Key& key, bool with_line) {
  if (key.level > 0) {
    const auto cached = cache_.lookup(key);
    spend(cached.cycles);
    if (cached.hit) return Fetched{cached.descriptor, false, std::nullopt};
  }
  if (!protection_allows(key.pa, Access::load)) return access_fault();
  const auto verdict = check_owner(key.pa, Access::load);
  if (!verdict) return std::nullopt;
  ++result_.memory_reads;
  if (key.stage == Stage::guest) ++statistics_.guest_reads;
  Fetched fetched;
  fetched.installable = !verdict->transient;
  bool ok = false;
  if (with_line) {
    const LineReply reply = memory_.read_line(key.pa & ~(line_bytes - 1), now_);
    spend(reply.latency);
    ok = reply.ok;
    fetched.descriptor = reply.data[key.pa % line_bytes / 8];
    fetched.line = reply.data;
  } else {
    const MemoryReply reply = memory_.read(key.pa, now_);
    spend(reply.latency);
    ok = reply.ok;
    fetched.descriptor = reply.data;
  }
  if (in_flight_.overtaken) return std::nullopt;
  if (!ok) return access_fault();
  return fetched;
}

bool Walk::protection_allows(Address pa, Access access) const {
  return request_.protection == nullptr || request_.protection->allows_table(pa, access);
}

std::optional<OwnershipReply> Walk::check_owner(Address pa, Access access) {
  if (ownership_ == nullptr) return OwnershipReply{};
  const OwnershipReply reply = ownership_->check({.frame = pa >> page_shift,
                                                  .mapped = in_flight_.page,
                                                  .access = access,
                                                  .realm = request_.regime.context.realm,
                                                  .table = true},
                                                 now_);
  spend(reply.latency);
  if (in_flight_.overtaken) return std::nullopt;
  if (!reply.allowed) return access_fault();
  return reply;
}

Walk::Update Walk::set_ad(const Slot& slot, std::uint64_t descriptor, std::uint64_t updated) {
  if (!slot.writable && !resolve(guest_, slot.address, Purpose::table_write)) {
    return Update::stopped;
  }
  if (!protection_allows(slot.pa, Access::store)) {
    access_fault();
    return Update::stopped;
  }
  if (!check_owner(slot.pa, Access::store)) return Update::stopped;
  const MemoryReply reply = memory_.compare_exchange(slot.pa, descriptor, updated, now_);
  spend(reply.latency);
  if (reply.ok && reply.data == descriptor) ++statistics_.ad_updates;
  if (in_flight_.overtaken) return Update::stopped;
  if (!reply.ok) {
    access_fault();
    return Update::stopped;
  }
  if (reply.data == descriptor) return Update::done;
  ++statistics_.lost_races;
  return Update::lost_race;
}

/// What the reads made so far say about `page`: the leaf may cover it, or the line hold its PTE.
std::optional<Leaf> Walk::known(const Tree& tree, const Resolved& resolved, PageNumber page) const {
  if (resolved.leaf.covers(page)) return resolved.leaf.at(page);
  if (!resolved.line || (page ^ resolved.leaf.page) >> line_order != 0) return std::nullopt;
  const std::uint64_t descriptor = (*resolved.line)[page % resolved.line->size()];
  const auto leaf = format_.leaf(descriptor, 0, page, resolved.global);
  if (!leaf || leaf->order != 0 || (leaf->permissions & pte::accessed) == 0 ||
      !permits(leaf->permissions, request_.access, tree.privilege)) {
    return std::nullopt;
  }
  return leaf;
}

bool Walk::may_lead_to(PageNumber guest_page) const {
  return request_.watch == nullptr || request_.watch->translatable(guest_page).has_value();
}

/// Two stages make one translation, with the rights that both give. D only where both are dirty, so
/// that a first store walks again; U and G are stage 1's, the G-stage has no global.
Translation Walk::combine(PageNumber vpn, const Leaf& stage1, const Leaf& guest) const {
  constexpr unsigned in_both = pte::read | pte::write | pte::execute | pte::accessed | pte::dirty;
  constexpr unsigned of_stage1 = pte::user | pte::global;
  const unsigned permissions =
      (stage1.permissions & guest.permissions & in_both) | (stage1.permissions & of_stage1);
  // A memory type of stage 1 overrides one of the G-stage (Svpbmt).
  const std::uint8_t attributes = stage1.attributes != 0 ? stage1.attributes : guest.attributes;
  // A fence by virtual address names the leaf of stage 1: its size says what is invalidated
  // together. With a bare stage 1 the G-stage's leaf is the only one.
  const std::uint8_t order = stage1_.mode == PagingMode::bare ? guest.order : stage1.order;
  std::uint8_t piece = guest.order;
  if (request_.watch != nullptr) {
    piece = std::min(piece, request_.watch->translatable(stage1.frame).value_or(0));
  }
  return {.vpn = vpn,
          .pfn = guest.frame,
          .order = order,
          .permissions = static_cast<std::uint8_t>(permissions),
          .attributes = attributes,
          .verdict_order = piece};
}

void Walk::add_neighbours(const Resolved& stage1, const Resolved* guest) {
  if (result_.translation.piece_order() >= line_order) return;  // the leaves cover them
  const PageNumber group = in_flight_.page >> line_order << line_order;
  for (PageNumber page = group; page < group + (1u << line_order); ++page) {
    if (page == in_flight_.page) continue;
    const auto leaf = known(stage1_, stage1, page);
    if (!leaf) continue;
    Translation& neighbour = result_.neighbours[result_.neighbour_count];
    if (guest == nullptr) {
      neighbour = {page, leaf->frame, leaf->order, leaf->permissions, leaf->attributes};
    } else {
      const auto guest_leaf = known(guest_, *guest, leaf->frame);
      if (!guest_leaf || !may_lead_to(leaf->frame)) continue;
      neighbour = combine(page, *leaf, *guest_leaf);
    }
    ++result_.neighbour_count;
  }
}

void Walk::spend(Cycles cycles) {
  now_ += cycles;
  busy_until_ = std::max(busy_until_, now_);
}

std::nullopt_t Walk::table_fault(const Tree& tree, Address address, Purpose purpose) {
  const bool guest = tree.stage == Stage::guest;
  result_.fault = guest ? Fault::guest_page_fault : Fault::page_fault;
  result_.fault_address = guest ? address : request_.va;
  result_.faulting_access = purpose;
  return std::nullopt;
}

std::nullopt_t Walk::access_fault() {
  result_.fault = Fault::access_fault;
  result_.fault_address = request_.va;
  return std::nullopt;
}

}  // namespace kilburn::page_table_walker
