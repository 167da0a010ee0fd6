// Page tables for the tests: several address spaces whose leaves change only as an invalidation
// says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "burst_tlb/tlb.h"
#include "common/random.h"

namespace kilburn::burst_tlb {

/// Eight regions of 512 pages in each address space: one 2 MiB leaf, Svnapot groups, scattered 4
/// KiB pages, runs of contiguous frames, clusters of shuffled frames, and three global regions (4
/// KiB, 2 MiB, Svnapot). A leaf's content is a hash of where it is, whose it is and its version.
class World {
 public:
  static constexpr PageNumber pages = 4096;
  static constexpr std::uint64_t asids = 3;
  static constexpr std::uint64_t vmids = 2;
  static constexpr std::uint64_t realms = 2;

  /// What a walk for `access` yields; nothing where no leaf is there. A store sets the D bit.
  std::optional<Translation> walk(PageNumber vpn, Context context, Access access) {
    if (!present(vpn, context)) return std::nullopt;
    if (access == Access::store) dirty_.insert(state_of(vpn, context));
    return leaf(vpn, context);
  }
  /// The other leaves of the line of eight PTEs that holds the leaf of `vpn`.
  [[nodiscard]] std::vector<Translation> neighbours(PageNumber vpn, Context context) const {
    std::vector<Translation> line;
    const PageNumber step = order(vpn) == 9 ? 512 : 1;
    const PageNumber first = vpn / (8 * step) * (8 * step) + vpn % step;
    for (PageNumber page = first; page < first + 8 * step; page += step) {
      const bool same_level = (order(page) == 9) == (step == 512);
      if (page != vpn && same_level && present(page, context)) line.push_back(leaf(page, context));
    }
    return line;
  }
  /// The leaf as it is now; `vpn` is present.
  [[nodiscard]] Translation leaf(PageNumber vpn, Context context) const {
    const unsigned n = order(vpn);
    const State state = state_of(vpn, context);
    const std::uint64_t h = hash(state, std::get<0>(state));
    Translation t{.vpn = vpn, .order = static_cast<std::uint8_t>(n)};
    t.pfn = frame(vpn, state, h);
    t.permissions = permissions(vpn, state);
    if (dirty_.contains(state)) t.permissions |= pte::dirty;
    constexpr std::uint8_t verdicts[] = {63, 9, 4, 0};
    if (n != 0) t.verdict_order = verdicts[h >> 60 & 3];
    return t;
  }

  /// Changes every leaf that `invalidation` names (not by_frame: see change_frame).
  void change(const Invalidation& invalidation) {
    using Operation = Invalidation::Operation;
    const Context c = invalidation.context;
    switch (invalidation.operation) {
      case Operation::all:
        ++all_;
        break;
      case Operation::by_vmid:
      case Operation::by_guest_frame:
        ++of_vmid_[c.vmid];
        break;
      case Operation::by_realm:
        ++of_realm_[c.realm];
        break;
      case Operation::by_asid:
        ++of_asid_[{c.vmid, c.asid}];
        break;
      case Operation::by_va:
      case Operation::by_va_asid:
        for (PageNumber page = invalidation.vpn;
             page < std::min(pages, invalidation.vpn + invalidation.pages); ++page) {
          if (invalidation.operation == Operation::by_va) {
            ++of_page_[{base(page), c.vmid}];
          } else {
            ++of_own_page_[{base(page), c.vmid, c.asid}];
          }
        }
        break;
      case Operation::by_frame:
        break;
    }
  }
  /// Changes the leaf of one page and returns the invalidation of some frames that it occupied, the
  /// page's own among them.
  Invalidation change_frame(PageNumber vpn, Context context, PageNumber before, PageNumber frames) {
    const Translation old = leaf(vpn, context);
    ++of_leaf_[{base(vpn), owner(vpn, context)}];
    const PageNumber first = old.pfn - std::min(before, old.pfn);
    return {.operation = Invalidation::Operation::by_frame,
            .pfn = first,
            .pages = old.pfn - first + frames};
  }
  /// log2 of the pages of the leaf at `vpn`.
  [[nodiscard]] static unsigned order(PageNumber vpn) {
    constexpr unsigned orders[] = {9, 4, 0, 0, 0, 0, 9, 4};
    return orders[vpn / 512 % 8];
  }
  [[nodiscard]] static bool global(PageNumber vpn) { return vpn / 512 % 8 >= 5; }

 private:
  using Owner = std::tuple<std::uint16_t, std::uint16_t, std::uint32_t>;  // realm, VMID, ASID
  using State = std::tuple<PageNumber, Owner, std::uint64_t>;             // leaf, owner, version

  static PageNumber base(PageNumber vpn) { return vpn >> order(vpn) << order(vpn); }
  static Owner owner(PageNumber vpn, Context c) {
    return {c.realm, c.vmid, global(vpn) ? 0x10000u : c.asid};
  }
  static std::uint64_t hash(const State& state, std::uint64_t place) {
    const auto& [realm, vmid, asid] = std::get<1>(state);
    std::uint64_t h = mix64(place);
    for (const std::uint64_t part :
         {std::uint64_t{realm}, std::uint64_t{vmid}, std::uint64_t{asid}, std::get<2>(state)}) {
      h = mix64(h ^ part);
    }
    return h;
  }
  template <class Map, class Key>
  static std::uint64_t get(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? 0 : found->second;
  }
  /// Versions only grow, so a changed leaf never looks as it once did.
  [[nodiscard]] State state_of(PageNumber vpn, Context c) const {
    std::uint64_t version = all_ + get(of_vmid_, c.vmid) + get(of_realm_, c.realm) +
                            get(of_page_, std::tuple{base(vpn), c.vmid}) +
                            get(of_leaf_, std::tuple{base(vpn), owner(vpn, c)});
    if (!global(vpn)) {
      version += get(of_asid_, std::tuple{c.vmid, c.asid}) +
                 get(of_own_page_, std::tuple{base(vpn), c.vmid, c.asid});
    }
    return {base(vpn), owner(vpn, c), version};
  }
  [[nodiscard]] bool present(PageNumber vpn, Context context) const {
    return vpn < pages && (order(vpn) != 0 || hash(state_of(vpn, context), vpn) % 8 != 0);
  }
  static PageNumber frame(PageNumber vpn, const State& state, std::uint64_t h) {
    constexpr PageNumber memory = PageNumber{1} << 24;
    const unsigned n = order(vpn);
    const std::uint64_t group = hash(state, vpn >> 4 | 1u << 30) % memory >> 4 << 4;
    if (n != 0) return (h % memory >> n << n) | (vpn & ((PageNumber{1} << n) - 1));
    if (vpn / 512 == 3) return group | (vpn & 15);            // contiguous
    if (vpn / 512 == 4) return group | ((vpn * 7 + 3) & 15);  // clustered
    return h % memory;
  }
  static std::uint8_t permissions(PageNumber vpn, const State& state) {
    const std::uint64_t h = hash(state, base(vpn) >> 3 | 1u << 31);
    const std::uint64_t chosen = h & (pte::write | pte::execute | pte::user);
    const std::uint64_t shared = global(vpn) ? pte::global : 0;
    return static_cast<std::uint8_t>(pte::read | pte::accessed | chosen | shared);
  }

  std::uint64_t all_ = 0;
  std::map<std::uint16_t, std::uint64_t> of_vmid_;
  std::map<std::uint16_t, std::uint64_t> of_realm_;
  std::map<std::tuple<std::uint16_t, std::uint16_t>, std::uint64_t> of_asid_;
  std::map<std::tuple<PageNumber, std::uint16_t>, std::uint64_t> of_page_;
  std::map<std::tuple<PageNumber, std::uint16_t, std::uint16_t>, std::uint64_t> of_own_page_;
  std::map<std::tuple<PageNumber, Owner>, std::uint64_t> of_leaf_;
  std::set<State> dirty_;
};

/// A random stream of accesses and invalidations over a World, with locality.
class Stream {
 public:
  explicit Stream(std::uint64_t seed, std::uint64_t invalidate_one_in = 40)
      : random_(seed), invalidate_one_in_(invalidate_one_in) {}

  [[nodiscard]] bool invalidates_next() { return below(invalidate_one_in_) == 0; }

  Comparand access() {
    if (below(64) == 0) window_ = below(World::pages);
    if (below(16) == 0) context_ = any_context();
    const PageNumber vpn =
        below(8) == 0 ? below(World::pages) : (window_ + below(48)) % World::pages;
    constexpr Access kinds[] = {Access::fetch, Access::load, Access::load, Access::store};
    return {.vpn = vpn, .context = context_, .access = kinds[below(4)]};
  }
  /// An invalidation of any kind; the world has already changed by it.
  Invalidation invalidation(World& world) {
    const Context context = below(2) == 0 ? context_ : any_context();
    const PageNumber vpn = (window_ + below(48)) % World::pages;
    Invalidation r{.operation = static_cast<Invalidation::Operation>(below(8)),
                   .vpn = vpn,
                   .pages = below(3) == 0 ? 1 + below(600) : 1 + below(4),
                   .context = context};
    if (r.operation == Invalidation::Operation::by_frame) {
      if (world.walk(vpn, context, Access::load)) {
        return world.change_frame(vpn, context, below(3), 1 + below(5));
      }
      r.operation = Invalidation::Operation::by_va;
    }
    // The wide ones are rarer: they would leave nothing to be stale.
    const bool wide = r.operation == Invalidation::Operation::all ||
                      r.operation == Invalidation::Operation::by_vmid ||
                      r.operation == Invalidation::Operation::by_guest_frame ||
                      r.operation == Invalidation::Operation::by_realm;
    if (wide && below(4) != 0) r.operation = Invalidation::Operation::by_va_asid;
    world.change(r);
    return r;
  }
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

 private:
  Context any_context() {
    return {.asid = static_cast<std::uint16_t>(below(World::asids)),
            .vmid = static_cast<std::uint16_t>(below(World::vmids)),
            .realm = static_cast<std::uint16_t>(below(World::realms))};
  }
  std::mt19937_64 random_;
  std::uint64_t invalidate_one_in_;
  PageNumber window_ = 1500;
  Context context_{};
};

}  // namespace kilburn::burst_tlb
