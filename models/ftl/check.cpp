// Whether tables and array agree.
#include "ftl/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "ftl/check_journal.h"
#include "ftl/ftl.h"

namespace kilburn::ftl {
namespace {

using nand::BlockId;
using nand::FrameId;
using nand::PageId;
using nand::PlaneId;

class Checker {
 public:
  Checker(const Core& core, const Journal& journal) : core_(core), journal_(journal) {}

  std::vector<std::string> run() {
    namespaces();
    if (!tables_usable_) return std::move(findings_);
    entries();
    blocks();
    free_lists();
    buffer();
    journal();
    for (const std::string& each : check_journalled_namespaces(core_, journal_)) {
      say("{}", each);
    }
    return std::move(findings_);
  }

 private:
  template <class... Arguments>
  void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    if (findings_.size() < most_findings) {
      findings_.push_back(fmt::format(format, std::forward<Arguments>(arguments)...));
    }
  }

  void namespaces() {
    const NamespaceMap& map = core_.map;
    std::vector<unsigned> places(Identity::last_space + 1, 0);
    std::uint64_t sum = 0;
    for (const NamespaceId space : map.order()) {
      if (space == 0 || space > Identity::last_space) {
        say("The order of namespaces names {}, which is no namespace.", space);
        tables_usable_ = false;
        return;
      }
      ++places[space];
      sum += map.taken_by(map[space].size);
    }
    for (NamespaceId space = 1; space <= Identity::last_space; ++space) {
      if (places[space] == (map[space].present ? 1u : 0u)) continue;
      say("Namespace {} stands {} times in the order.", space, places[space]);
      tables_usable_ = false;
    }
    if (sum > map.capacity()) {
      say("The namespaces have {} units together, and the capacity is {}.", sum, map.capacity());
      tables_usable_ = false;
    }
    if (map.by_units()) {
      allocation_units();
    } else if (!map.resizing()) {
      starts();
    }
  }

  void starts() {
    std::uint64_t expected = 0;
    for (const NamespaceId space : core_.map.order()) {
      const Namespace& row = core_.map[space];
      if (row.start != expected) {
        say("Namespace {} starts at index {}, and the one before it ends at {}.", space, row.start,
            expected);
        if (std::uint64_t{row.start} + row.size > core_.map.capacity()) tables_usable_ = false;
      }
      expected = std::uint64_t{row.start} + row.size;
    }
  }

  void allocation_units() {
    const NamespaceMap& map = core_.map;
    std::vector<NamespaceId> owner(map.free_allocation_units().size(), 0);
    for (const NamespaceId space : map.order()) {
      const Namespace& row = map[space];
      const bool grows = map.resizing() && map.growing() && map.resized() == space;
      const std::uint32_t size = grows ? map.new_size() : row.size;
      if (row.units.size() != map.taken_by(size) / map.unit_size()) {
        say("Namespace {} has {} units and {} allocation units.", space, size, row.units.size());
        tables_usable_ = tables_usable_ && row.units.size() * map.unit_size() >= row.size;
      }
      for (const std::uint32_t unit : row.units) {
        if (unit >= owner.size()) {
          say("Namespace {} has allocation unit {}, which does not exist.", space, unit);
          tables_usable_ = false;
          continue;
        }
        if (owner[unit] != 0) {
          say("Allocation unit {} belongs to namespaces {} and {}.", unit, owner[unit], space);
        }
        if (map.free_allocation_units()[unit]) {
          say("Allocation unit {} of namespace {} is free, too.", unit, space);
        }
        owner[unit] = space;
      }
    }
    for (std::size_t unit = 0; unit < owner.size(); ++unit) {
      if (owner[unit] == 0 && !map.free_allocation_units()[unit]) {
        say("Allocation unit {} is lost: it belongs to nobody and is not free.", unit);
      }
    }
  }

  /// Each mapped unit names its owner, and no frame has two.
  void entries() {
    const NamespaceMap& map = core_.map;
    valid_.assign(core_.geometry.all_blocks(), 0);
    std::vector<bool> taken(core_.geometry.all_frames(), false);
    std::vector<bool> owned(map.capacity(), false);
    for (const NamespaceId space : map.order()) {
      std::uint32_t mapped = 0;
      for (Unit unit = 0; unit < map[space].size; ++unit) {
        owned[map.index(space, unit)] = true;
        const Entry entry = map.at(space, unit);
        if (!entry.mapped()) continue;
        ++mapped;
        Entry flash = entry;
        if (entry.buffered()) {
          if (!slot_of(space, unit, entry.slot())) continue;
          flash = core_.buffer[entry.slot()].flash;
        }
        if (flash.mapped()) frame_of(space, unit, flash, taken);
      }
      if (mapped != map[space].mapped) {
        say("Namespace {} counts {} mapped units, and has {}.", space, map[space].mapped, mapped);
      }
    }
    for (std::uint32_t index = 0; index < map.capacity(); ++index) {
      if (!owned[index] && map.raw_entry(index).mapped() && !moving()) {
        say("Index {} belongs to no namespace, and is mapped.", index);
      }
    }
  }
  [[nodiscard]] bool moving() const { return core_.map.resizing(); }

  bool slot_of(NamespaceId space, Unit unit, std::uint32_t number) {
    if (number >= core_.buffer.size()) {
      say("Unit {} of namespace {} is in slot {} of the buffer, which does not exist.", unit, space,
          number);
      return false;
    }
    const Slot& slot = core_.buffer[number];
    if (slot.state == Slot::State::free || slot.dropped || slot.space != space ||
        slot.unit != unit) {
      say("Unit {} of namespace {} is in slot {} of the buffer, which does not hold it.", unit,
          space, number);
      return false;
    }
    return true;
  }

  void frame_of(NamespaceId space, Unit unit, Entry entry, std::vector<bool>& taken) {
    const nand::Geometry& g = core_.geometry;
    if (entry.buffered() || nand::raw(entry.frame()) >= g.all_frames()) {
      say("Unit {} of namespace {} is mapped beyond the array.", unit, space);
      return;
    }
    const FrameId frame = entry.frame();
    const std::uint32_t number = nand::raw(frame);
    if (taken[number])
      say("Frame {} is mapped twice, by unit {} of namespace {}.", number, unit, space);
    taken[number] = true;
    const PageId page = g.page(frame);
    const BlockId block = g.block(page);
    ++valid_[nand::raw(block)];
    const auto spare = core_.array.spare(page);
    if (spare.empty()) {
      say("Unit {} of namespace {} is mapped to frame {}, which is {}.", unit, space, number,
          g.page_in_block(page) >= core_.array.programmed(block) ? "not programmed" : "torn");
      return;
    }
    const Owner owner = core_.identity.owner(spare, number % g.frames());
    if (owner.space != space || owner.unit != unit) {
      say("Unit {} of namespace {} is mapped to frame {}, which says that it is unit {} of "
          "namespace {}.",
          unit, space, number, owner.unit, owner.space);
    }
    if (!core_.array.verify(frame)) {
      say("Unit {} of namespace {}: the data in frame {} are not those that were programmed.", unit,
          space, number);
    }
  }

  void blocks() {
    const nand::Geometry& g = core_.geometry;
    std::uint32_t good = 0;
    for (std::uint32_t i = 0; i < g.all_blocks(); ++i) {
      const BlockId id{i};
      const Block& block = core_.blocks[id];
      const bool bad = core_.array.bad(id);
      const bool marked = block.state == Block::State::bad;
      const bool metadata = block.state == Block::State::metadata;
      good += !marked;
      if (marked != bad && !(bad && metadata)) {
        say("Block {} is {} in the array, and {} in the tables.", i, bad ? "bad" : "good",
            marked ? "bad" : "good");
      }
      if (block.valid != valid_[i]) {
        say("Block {} counts {} valid frames, and has {}.", i, block.valid, valid_[i]);
      }
      if (block.state == Block::State::free && core_.array.programmed(id) != 0) {
        say("Block {} is free, and {} of its pages are programmed.", i, core_.array.programmed(id));
      }
      if (bad) continue;
      sequences(id, metadata);
    }
    if (good != core_.blocks.good_blocks()) {
      say("{} blocks are counted as good, and {} are.", core_.blocks.good_blocks(), good);
    }
  }

  void sequences(BlockId id, bool metadata) {
    const nand::Geometry& g = core_.geometry;
    Sequence before = 0;
    for (std::uint32_t j = 0; j < core_.array.programmed(id); ++j) {
      const auto spare = core_.array.spare(g.page(id, j));
      if (spare.empty()) continue;
      const Sequence sequence = core_.array.tag(id) + Identity::distance(spare);
      if (sequence <= before && before != 0) {
        say("Page {} of block {} has sequence {}, after {}.", j, nand::raw(id), sequence, before);
      }
      if (sequence > core_.sequence) {
        say("Page {} of block {} has sequence {}, and the last that was given is {}.", j,
            nand::raw(id), sequence, core_.sequence);
      }
      before = sequence;
      const Owner owner = core_.identity.owner(spare, 0);
      const bool says_metadata = owner.space == 0 && owner.kind != Owner::Kind::padding;
      if (says_metadata != metadata) {
        say("Page {} of block {} holds {}, and the block {}.", j, nand::raw(id),
            says_metadata ? "metadata" : "data", metadata ? "metadata" : "data");
      }
    }
  }

  void free_lists() {
    const nand::Geometry& g = core_.geometry;
    std::vector<unsigned> listed(g.all_blocks(), 0);
    std::uint32_t count = 0;
    for (std::uint32_t plane = 0; plane < g.all_planes(); ++plane) {
      for (const BlockId id : core_.blocks.free_of(PlaneId{plane})) {
        ++listed[nand::raw(id)];
        ++count;
        if (nand::raw(g.plane(id)) != plane) {
          say("Block {} is on the free list of plane {}, and lies in another.", nand::raw(id),
              plane);
        }
      }
    }
    if (count != core_.blocks.free_blocks()) {
      say("{} blocks are counted as free, and {} are listed.", core_.blocks.free_blocks(), count);
    }
    std::vector<unsigned> open(g.all_blocks(), 0);
    for (const Stream stream : {Stream::host, Stream::collection}) {
      for (std::uint32_t plane = 0; plane < g.all_planes(); ++plane) {
        const auto id = core_.blocks.open_of(stream, PlaneId{plane});
        if (id) ++open[nand::raw(*id)];
      }
    }
    for (std::uint32_t i = 0; i < g.all_blocks(); ++i) {
      const Block& block = core_.blocks[BlockId{i}];
      const bool free = block.state == Block::State::free;
      if (listed[i] != (free ? 1u : 0u)) {
        say("Block {} is {}free, and {} times on a free list.", i, free ? "" : "not ", listed[i]);
      }
      const bool is_open = block.state == Block::State::open;
      if (open[i] != (is_open ? 1u : 0u)) {
        say("Block {} is {}open, and {} streams fill it.", i, is_open ? "" : "not ", open[i]);
      }
    }
  }

  void buffer() {
    std::uint32_t dirty = 0;
    for (std::uint32_t i = 0; i < core_.buffer.size(); ++i) {
      const Slot& slot = core_.buffer[i];
      if (slot.state == Slot::State::free || slot.dropped) continue;
      dirty += slot.state == Slot::State::dirty;
      const bool known = core_.map.contains(slot.space) && slot.unit < core_.map[slot.space].size;
      if (!known || core_.map.at(slot.space, slot.unit) != Entry::in_buffer(i)) {
        say("Slot {} of the buffer holds unit {} of namespace {}, which is elsewhere.", i,
            slot.unit, slot.space);
      }
    }
    if (dirty != core_.buffer.dirty()) {
      say("{} slots of the buffer are counted as dirty, and {} are.", core_.buffer.dirty(), dirty);
    }
  }

  void journal() {
    std::uint32_t listed = 0;
    for (const BlockId id : journal_.blocks()) {
      ++listed;
      if (core_.blocks[id].state != Block::State::metadata) {
        say("Block {} is part of the journal, and not marked so.", nand::raw(id));
      }
    }
    std::uint32_t marked = 0;
    bool root = false;
    for (std::uint32_t i = 0; i < core_.geometry.all_blocks(); ++i) {
      if (core_.blocks[BlockId{i}].state != Block::State::metadata) continue;
      ++marked;
      for (std::uint32_t j = 0; j < core_.array.programmed(BlockId{i}); ++j) {
        const PageId page = core_.geometry.page(BlockId{i}, j);
        const auto spare = core_.array.spare(page);
        if (spare.empty()) continue;
        const Owner owner = core_.identity.owner(spare, 0);
        root = root || owner.kind == Owner::Kind::root;
        if (core_.array.protected_bytes(core_.geometry.frame(page, 0)).empty()) {
          say("Page {} of block {}, which holds metadata, is not what was programmed.", j, i);
        }
      }
    }
    if (marked != listed) say("{} blocks hold metadata, and the journal has {}.", marked, listed);
    if (!root) say("There is no root of a checkpoint.");
  }

  static constexpr std::size_t most_findings = 1000;
  const Core& core_;
  const Journal& journal_;
  bool tables_usable_ = true;
  std::vector<std::uint32_t> valid_;
  std::vector<std::string> findings_;
};

}  // namespace

std::vector<std::string> check(const Core& core, const Journal& journal) {
  return Checker(core, journal).run();
}

std::vector<std::string> Ftl::check() const {
  return ftl::check(core_, journal_);
}

}  // namespace kilburn::ftl
