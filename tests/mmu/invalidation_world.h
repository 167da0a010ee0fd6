// What the invalidation invariant is tried on: clients of a translation service, and an adversary.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "common/invalidation.h"
#include "mmu/mmu.h"
#include "page_table_walker/reference_walk.h"
#include "page_table_walker/table_builder.h"
#include "page_table_walker/test_memory.h"
#include "rmu/rmu.h"

namespace kilburn::mmu {

inline constexpr PageNumber memory_frames = 8192;
inline constexpr PageNumber data_first = 1024;  // of the frames that pages are mapped to
inline constexpr PageNumber data_frames = 2048;
inline constexpr PageNumber table_first = 64;
inline constexpr unsigned regions = 3;
inline constexpr unsigned pages_a_region = 24;

inline rmu::RmuConfig rmu_config() {
  rmu::RmuConfig config;
  config.memory_base = 0;
  config.memory_bytes = (memory_frames / 2) * page_bytes;
  config.table_base = (memory_frames / 2) * page_bytes;
  config.realms = 4;
  config.unowned = rmu::Unowned::deny;
  config.check_mapping = false;
  config.cache_lines = 4;
  return config;
}

/// Two harts, one service, the RMU, three address spaces in two realms, and a random adversary that
/// changes page tables, of any level, and owners at any memory operation of anybody. Accesses come
/// between two operations of an RMU command, too.
class World {
 public:
  World(const burst_tlb::TlbConfig& first, const burst_tlb::TlbConfig& second, unsigned seed)
      : random_(seed), memory_(memory_frames), rmu_(rmu_config(), memory_), invalidator_(bus_) {
    ServiceConfig service;
    service.l2tlb = second;
    service.page_table_cache.entries = 8;
    service_ = std::make_unique<TranslationService>(service, memory_, &rmu_);
    for (auto& hart : harts_) {
      hart = std::make_unique<Mmu>(MmuConfig{.itlb = first, .dtlb = first}, *service_, "hart", 1);
      bus_.add(*hart);
    }
    bus_.add(*service_);
    for (const std::uint16_t realm : {std::uint16_t{1}, std::uint16_t{2}})
      command({.code = rmu::CommandCode::create_realm, .realm = realm});
    for (PageNumber frame = 0; frame < data_first + data_frames; ++frame) {
      // Eight in a row are one realm's, so that there is something to fuse.
      give(frame, static_cast<std::uint16_t>(frame < data_first ? 1 : 1 + frame / 8 % 2), true);
    }
    for (unsigned i = 0; i < 3; ++i) {
      const Context context{.asid = static_cast<std::uint16_t>(i + 1),
                            .realm = static_cast<std::uint16_t>(i < 2 ? 1 : 2)};
      spaces_.push_back(std::make_unique<Space>(
          Space{context, {memory_, PagingMode::sv39, tables_.take(), false, [this] {
                            const PageNumber frame = tables_.take();
                            if (realm_for_tables_ != 1) give(frame, realm_for_tables_, false);
                            return frame;
                          }}}));
      realm_for_tables_ = context.realm;
      if (context.realm != 1) give(spaces_.back()->tables.root(), context.realm, false);
      for (unsigned page = 0; page < regions * pages_a_region; ++page) map_somewhere(i, page);
    }
    memory_.after = [this](unsigned) {
      maybe_access_in_command();
      maybe_interfere();
    };
    memory_.before_exchange = [this](Address) { maybe_access_in_command(); };
  }

  void access_at_random() {
    const Aim aim = in_command_ && pick(2) == 0 ? aim_ : any_page();
    Space& space = *spaces_[aim.space];
    const PageNumber vpn = vpn_of(aim.page);
    const Regime regime{
        .stage1 = PagingMode::sv39, .root = space.tables.root(), .context = space.context};
    const auto access = static_cast<Access>(pick(3));
    const Request request{vpn << page_shift | (pick(512) * 8), access, {}, regime};
    Mmu& hart = *harts_[pick(harts_.size())];
    const std::uint64_t events = events_;
    const Translated page = hart.translate(request, [this] { return now_ += 100; });
    const bool disturbed = events_ != events;
    check(space, request, page.fault, page.translation, disturbed);
  }

  void access_untranslated() {
    const PageNumber frame = data_first + pick(12);  // few, so that verdicts are used again
    if (!in_command_ && pick(8) == 0) give(frame, static_cast<std::uint16_t>(1 + pick(2)), false);
    const UntranslatedAccess request{.frame = frame,
                                     .access = static_cast<Access>(pick(3)),
                                     .realm = static_cast<std::uint16_t>(1 + pick(2))};
    Mmu& hart = *harts_[pick(harts_.size())];
    const std::uint64_t events = events_;
    const bool kept = hart.verdict(request) != nullptr;
    const bool allowed = kept || hart.check(request, now_ += 100).allowed;
    if (in_command_) return;  // the rights before the command, or those after it
    const bool owned = allows(request.frame, request.realm, request.access);
    if (allowed) {
      ++used_untranslated_;
      verdicts_used_ += kept ? 1 : 0;
      ASSERT_TRUE(owned) << "a invalidated verdict was used";
    } else if (events_ == events) {
      ASSERT_FALSE(owned);
    }
  }

  [[nodiscard]] std::uint64_t used() const { return used_; }
  [[nodiscard]] std::uint64_t used_untranslated() const { return used_untranslated_; }
  [[nodiscard]] std::uint64_t verdicts_used() const { return verdicts_used_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] rmu::RmuStatistics rmu() const { return rmu_.statistics(); }
  [[nodiscard]] std::uint64_t interruptions() const { return interruptions_; }
  [[nodiscard]] std::uint64_t tables_moved() const { return tables_moved_; }
  [[nodiscard]] std::uint64_t used_in_commands() const { return used_in_commands_; }
  /// A change of page tables or owners between two accesses.
  void event() { interfere(); }

 private:
  struct Space {
    Context context;
    test::TableBuilder tables;
  };

  /// A page of a space.
  struct Aim {
    unsigned space = 0;
    unsigned page = 0;
  };

  std::size_t pick(std::size_t below) { return random_() % below; }
  Aim any_page() {
    const auto space = static_cast<unsigned>(pick(spaces_.size()));
    return {space, static_cast<unsigned>(pick(regions * pages_a_region))};
  }
  /// Half of the time the one that the page of `slot` is mapped to.
  PageNumber frame_to_change(const Space& space, Address slot) {
    const PageNumber mapped = pte::pfn(space.tables.get(slot));
    return mapped >= data_first && pick(2) == 0 ? mapped : data_first + pick(data_frames);
  }
  static PageNumber vpn_of(unsigned page) {
    // Regions a superpage apart, so that they share upper levels but no last-level table.
    return PageNumber{0x40000} + (page / pages_a_region) * 512 + page % pages_a_region;
  }
  void command(rmu::Command command) {
    command.issuer.machine = true;
    const rmu::CommandResult result = rmu_.execute(command, now_, invalidator_);
    ASSERT_TRUE(result.status == rmu::Status::ok || result.status == rmu::Status::busy)
        << to_string(result.status);
    if (result.status == rmu::Status::ok && command.code == rmu::CommandCode::set_owner) {
      owners_[command.target >> page_shift] = static_cast<std::uint16_t>(command.realm);
    }
  }
  /// What the ownership table should say of an access to `frame`.
  [[nodiscard]] bool allows(PageNumber frame, std::uint16_t realm, Access access) const {
    const rmu::Sharing sharing = sharings_[frame];
    return owners_[frame] == realm || sharing == rmu::Sharing::shared ||
           (sharing == rmu::Sharing::shared_read_only && access != Access::store);
  }
  /// The group that holds `frame`: its head, and its order.
  struct Group {
    PageNumber head;
    unsigned order;
  };
  [[nodiscard]] Group group_of(PageNumber frame) const {
    for (unsigned order = 1; order <= 3; ++order) {
      const PageNumber head = frame >> order << order;
      if (group_orders_[head] == order) return {head, order};
    }
    return {frame, 0};
  }
  void shatter_round(PageNumber frame) {
    const Group group = group_of(frame);
    if (group.order == 0) return;
    command({.code = rmu::CommandCode::shatter, .target = group.head << page_shift});
    group_orders_[group.head] = 0;
  }
  /// Where the RMU refuses, for owner or sharing, nothing is fused.
  void fuse_at_random() {
    const auto order = 1 + static_cast<unsigned>(pick(3));
    const PageNumber head = (data_first + pick(data_frames)) >> order << order;
    const rmu::CommandResult result = rmu_.execute({.code = rmu::CommandCode::fuse,
                                                    .target = head << page_shift,
                                                    .order = order,
                                                    .issuer = {.machine = true}},
                                                   now_, invalidator_);
    if (result.status == rmu::Status::ok) group_orders_[head] = order;
  }
  void share_at_random(PageNumber frame) {
    const Group group = group_of(frame);
    // A group may be shared for all, or not at all.
    const auto sharing = static_cast<rmu::Sharing>(group.order != 0 ? 2 * pick(2) : pick(3));
    command({.code = rmu::CommandCode::share,
             .target = group.head << page_shift,
             .order = group.order,
             .sharing = sharing,
             .issuer = {.realm = owners_[group.head]}});
    for (PageNumber i = 0; i < PageNumber{1} << group.order; ++i) {
      sharings_[group.head + i] = sharing;
    }
  }
  void give(PageNumber frame, std::uint16_t realm, bool fresh) {
    shatter_round(frame);
    sharings_[frame] = rmu::Sharing::exclusive;
    command({.code = rmu::CommandCode::set_owner,
             .target = frame << page_shift,
             .realm = realm,
             .issuer = {.realm = fresh ? std::uint16_t{0} : owners_[frame]}});
  }

  void map_somewhere(unsigned space, unsigned page) {
    // Mostly frames of the own realm; half of them one after another, so that runs coalesce.
    const PageNumber frame =
        data_first + (pick(2) == 0 ? (page * 2 + space) % data_frames : pick(data_frames));
    std::uint64_t flags = test::urwx;
    if (pick(4) == 0) flags &= ~pte::write;
    if (pick(4) == 0) flags &= ~pte::dirty;
    if (pick(8) == 0) flags &= ~pte::accessed;
    spaces_[space]->tables.map(vpn_of(page), frame, flags);
  }

  void maybe_interfere() {
    if (interfering_ || pick(6) != 0) return;
    ++interruptions_;
    interfere();
  }

  /// Between two memory operations of a command: what it narrows may have been invalidated already.
  void maybe_access_in_command() {
    if (!rmu_.running() || in_command_ || pick(2) != 0) return;
    in_command_ = true;
    access_at_random();
    access_untranslated();
    in_command_ = false;
  }

  void interfere() {
    interfering_ = true;
    ++events_;
    aim_ = any_page();
    const auto [space, page] = aim_;
    Space& target = *spaces_[space];
    const Address slot = target.tables.slot(vpn_of(page), 0);
    switch (pick(8)) {
      case 0:  // unmap
        target.tables.set(slot, 0);
        invalidate_page(target, page);
        break;
      case 1:  // move
        map_somewhere(space, page);
        invalidate_page(target, page);
        break;
      case 2: {  // narrow the permissions of a run of pages
        const unsigned count = 1 + static_cast<unsigned>(pick(5));
        for (unsigned i = 0; i < count; ++i) {
          const Address each = target.tables.slot(vpn_of(page) + i, 0);
          target.tables.set(each, target.tables.get(each) & ~pte::write);
        }
        invalidate({.operation = Invalidation::Operation::by_va,
                    .vpn = vpn_of(page),
                    .pages = count,
                    .context = target.context});
        break;
      }
      case 3: {  // another owner: the RMU itself invalidates what holds the frame
        const PageNumber frame = frame_to_change(target, slot);
        if (!rmu_.running()) give(frame, owners_[frame] == 1 ? 2 : 1, false);
        break;
      }
      case 4:
        if (!rmu_.running()) fuse_at_random();
        break;
      case 5:
        if (!rmu_.running()) shatter_round(data_first + pick(data_frames));
        break;
      case 6:
        if (!rmu_.running()) share_at_random(frame_to_change(target, slot));
        break;
      case 7:
        if (!rmu_.running()) move_table(target, page);
        break;
      default:
        break;
    }
    interfering_ = false;
  }

  /// Gives a table below the root another frame. Its old one is a table of somebody else soon, and
  /// leads astray until then.
  void move_table(Space& space, unsigned page) {
    ++tables_moved_;
    const auto level = 1 + static_cast<unsigned>(pick(2));
    const PageNumber fresh = tables_.take();
    give(fresh, space.context.realm, false);
    const Address slot = space.tables.slot(vpn_of(page), level);
    const PageNumber old = pte::pfn(space.tables.get(slot));
    for (Address at = 0; at < page_bytes; at += 8) {
      memory_.set(fresh * page_bytes + at, memory_.get(old * page_bytes + at));
      memory_.set(old * page_bytes + at, pte::make(data_first, test::urwx));
    }
    space.tables.set(slot, pte::make(fresh, pte::valid));
    using Operation = Invalidation::Operation;
    constexpr Operation operations[] = {Operation::by_va, Operation::by_va_asid, Operation::by_asid,
                                        Operation::by_realm, Operation::all};
    const unsigned order = level_order(level);
    invalidate({.operation = operations[pick(std::size(operations))],
                .vpn = vpn_of(page) >> order << order,
                .pages = PageNumber{1} << order,
                .context = space.context});
    tables_.give_back(old);
  }

  void invalidate_page(const Space& space, unsigned page) {
    using Operation = Invalidation::Operation;
    // The more sweeping operations invalidate the page just as well.
    constexpr Operation operations[] = {Operation::by_va,    Operation::by_va,   Operation::by_va,
                                        Operation::by_realm, Operation::by_vmid, Operation::all};
    invalidate({.operation = operations[pick(std::size(operations))],
                .vpn = vpn_of(page),
                .context = space.context,
                .last_level = pick(2) == 0});
  }
  void invalidate(const Invalidation& invalidation) {
    ASSERT_TRUE(invalidator_.invalidate(invalidation, now_).ok);
  }

  /// What was used must be what page tables and owners say now; a fault may be a moment old where
  /// something happened meanwhile.
  void check(const Space& space, const Request& request, Fault fault, const Translation& used,
             bool disturbed) {
    const auto walked =
        reference::walk([this](Address a) { return memory_.get(a); },
                        {PagingMode::sv39, space.tables.root()}, request.va, request.access, {});
    Fault expected = walked.fault;
    if (expected == Fault::none && !in_command_ &&
        !allows(walked.translation.pfn, request.regime.context.realm, request.access)) {
      expected = Fault::access_fault;
    }
    if (fault == Fault::none) {
      ++used_;
      used_in_commands_ += in_command_ ? 1 : 0;
      ASSERT_EQ(expected, Fault::none) << "a invalidated translation was used";
      ASSERT_EQ(used.pfn, walked.translation.pfn);
      ASSERT_TRUE(permits(used.permissions, request.access));
      if (request.access == Access::store) {
        ASSERT_TRUE((walked.translation.permissions & pte::write) != 0);
      }
    } else if (!disturbed && !in_command_) {
      ASSERT_EQ(fault, expected);
    }
  }

  std::mt19937_64 random_;
  test::TestMemory memory_;
  test::FramePool tables_{table_first, data_first};
  std::uint16_t realm_for_tables_ = 1;
  std::vector<std::uint16_t> owners_ = std::vector<std::uint16_t>(memory_frames, 0);
  std::vector<rmu::Sharing> sharings_ =
      std::vector<rmu::Sharing>(memory_frames, rmu::Sharing::exclusive);
  std::vector<unsigned> group_orders_ = std::vector<unsigned>(memory_frames, 0);  ///< by head
  rmu::Rmu rmu_;
  InvalidationBus bus_;
  ImmediateInvalidator invalidator_;
  std::unique_ptr<TranslationService> service_;
  std::array<std::unique_ptr<Mmu>, 2> harts_;
  std::vector<std::unique_ptr<Space>> spaces_;
  Cycles now_ = 0;
  bool interfering_ = false;
  bool in_command_ = false;  ///< an access is being made while a command runs
  std::uint64_t events_ = 0;
  Aim aim_{};  ///< what the last event was about
  std::uint64_t interruptions_ = 0;
  std::uint64_t tables_moved_ = 0;
  std::uint64_t used_in_commands_ = 0;
  std::uint64_t used_ = 0;
  std::uint64_t used_untranslated_ = 0;
  std::uint64_t verdicts_used_ = 0;
};

}  // namespace kilburn::mmu
