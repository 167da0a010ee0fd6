#include "ftl/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "common/error.h"
#include "ftl/log_reader.h"

namespace kilburn::ftl {
namespace {

using nand::BlockId;
using nand::PageId;

class Recovery {
 public:
  Recovery(Core& core, Journal& journal) : core_(core), journal_(journal), reader_(core) {}

  bool run() {
    classify();
    if (!find_root()) {
      if (!data_blocks_.empty() || !metadata_.empty()) {
        // A drive's first page is its root: only that may be torn.
        if (whole_pages_) throw InputError(damaged("it holds no checkpoint that is whole"));
      }
      erase_torn();
      return false;
    }
    load_maps();
    collect_records();
    collect_pages();
    replay();
    restore_blocks();
    return true;
  }

 private:
  [[nodiscard]] static std::string damaged(const std::string& what) {
    return fmt::format("the drive's contents are damaged: {}", what);
  }
  /// Blocks by what their first whole page says.
  void classify() {
    const nand::Geometry& g = core_.geometry;
    for (std::uint32_t i = 0; i < g.all_blocks(); ++i) {
      const BlockId block{i};
      const std::uint32_t pages = core_.array.programmed(block);
      const bool bad = core_.array.bad(block);
      if (bad && (pages == 0 || core_.array.interrupted(block))) {
        core_.blocks.set_bad(block);
        continue;
      }
      if (pages == 0 && !core_.array.interrupted(block)) {
        core_.blocks.set_free(block, false);
        continue;
      }
      bool metadata = false;
      Sequence newest = 0;
      for (std::uint32_t j = 0; j < pages; ++j) {
        const PageId page = g.page(block, j);
        if (core_.array.spare(page).empty()) {
          ++core_.statistics.torn_pages;
          continue;
        }
        whole_pages_ = true;
        const Owner owner = reader_.first_owner(page);
        metadata = owner.space == 0 && owner.kind != Owner::Kind::padding;
        newest = reader_.sequence_of(page);
        // Only the newest page's sequence is wanted of a data block.
        if (!metadata && j + 1 < pages && !core_.array.spare(g.page(block, pages - 1)).empty()) {
          j = pages - 2;
        }
      }
      core_.blocks[block].last_write = newest;
      if (metadata) {
        metadata_.push_back(block);
      } else {
        // One of metadata counts as good until it is given back.
        if (bad) core_.blocks.set_bad(block);
        data_blocks_.push_back(block);
      }
    }
    std::sort(metadata_.begin(), metadata_.end(),
              [this](BlockId a, BlockId b) { return core_.array.tag(a) < core_.array.tag(b); });
    log_ = reader_.pages(metadata_);
  }

  bool find_root() {
    if (!log_.empty()) core_.sequence = std::max(core_.sequence, log_.back().sequence);
    const SequencedPage* const newest = reader_.newest_root(log_);
    if (newest == nullptr) return false;
    const auto bytes = reader_.bytes_of(newest->page);
    if (bytes.empty()) throw InputError(damaged("its newest root is not what was written"));
    std::optional<RootPage> page = LogReader::root_of(bytes);
    if (!page) {
      throw InputError(damaged("its newest root is no root, or that of another version"));
    }
    root_ = page->root;
    spaces_ = std::move(page->spaces);
    root_sequence_ = newest->sequence;
    return true;
  }

  void load_maps() {
    if (root_.capacity != core_.map.capacity()) {
      throw InputError(fmt::format(
          "the drive was made with a capacity of {} units of 4 KiB, the configuration says {}: "
          "ftl.over_provisioning and ftl.mapping must be as they were",
          root_.capacity, core_.map.capacity()));
    }
    core_.first_good = root_.good_blocks;
    core_.pattern_seed = root_.pattern_seed;
    for (const RootSpace& space : spaces_) {
      if (space.id == 0 || space.id > Identity::last_space || core_.map.contains(space.id) ||
          !core_.map.fits(0, space.size)) {
        throw InputError(damaged("its root names namespaces that cannot be"));
      }
      core_.map.create(space.id, space.size, space.attributes);
    }
    std::uint32_t pages = 0;
    for (const SequencedPage& found : log_) {
      if (found.sequence <= root_.covers || found.sequence >= root_sequence_) continue;
      const Owner owner = reader_.first_owner(found.page);
      if (owner.kind != Owner::Kind::map) continue;
      const auto bytes = reader_.bytes_of(found.page);
      if (bytes.empty()) throw InputError(damaged("a page of its maps is not what was written"));
      load_page(owner.unit, bytes);
      ++pages;
    }
    if (pages != root_.map_pages) {
      throw InputError(
          damaged(fmt::format("{} pages of its maps are there, of {}", pages, root_.map_pages)));
    }
  }

  void load_page(std::uint32_t number, const std::vector<std::byte>& bytes) {
    const std::uint64_t a_page = core_.geometry.page_bytes / 4;
    std::uint64_t position = number * a_page;
    std::size_t at = 0;
    for (const NamespaceId space : core_.map.order()) {
      const std::uint32_t size = core_.map[space].size;
      if (position >= size) {
        position -= size;
        continue;
      }
      for (; position < size && at < bytes.size(); ++position, at += 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, bytes.data() + at, 4);
        if (word > core_.geometry.all_frames()) {
          throw InputError(damaged("its maps point beyond the array"));
        }
        if (word != 0) core_.map.set(space, static_cast<Unit>(position), Entry::of_word(word));
      }
      position = 0;
      if (at == bytes.size()) return;
    }
  }

  void collect_records() {
    for (const SequencedPage& found : log_) {
      if (found.sequence <= root_.covers ||
          reader_.first_owner(found.page).kind != Owner::Kind::journal) {
        continue;
      }
      const auto records = LogReader::records_of(reader_.bytes_of(found.page));
      if (!records) throw InputError(damaged("a page of its journal is not what was written"));
      for (const Record& record : *records) {
        core_.sequence = std::max(core_.sequence, record.sequence);
        if (record.sequence > root_.covers) records_.push_back(record);
      }
    }
  }

  void collect_pages() {
    for (const BlockId block : data_blocks_) {
      core_.sequence = std::max(core_.sequence, core_.blocks[block].last_write);
      if (core_.blocks[block].last_write <= root_.covers) continue;
      for (std::uint32_t j = 0; j < core_.array.programmed(block); ++j) {
        const PageId page = core_.geometry.page(block, j);
        if (core_.array.spare(page).empty()) continue;
        const Sequence sequence = reader_.sequence_of(page);
        core_.sequence = std::max(core_.sequence, sequence);
        if (sequence > root_.covers) pages_.push_back({sequence, page});
      }
    }
    std::sort(pages_.begin(), pages_.end(), [](const SequencedPage& a, const SequencedPage& b) {
      return a.sequence < b.sequence;
    });
    core_.programmed_since_checkpoint = pages_.size();
  }

  void replay() {
    core_.statistics.recovered_pages = pages_.size();
    core_.statistics.recovered_records = records_.size();
    std::size_t next = 0;
    for (const Record& record : records_) {
      for (; next < pages_.size() && pages_[next].sequence < record.sequence; ++next) {
        apply(pages_[next].page);
      }
      apply(record);
    }
    for (; next < pages_.size(); ++next) apply(pages_[next].page);
  }

  void apply(PageId page) {
    const auto spare = core_.array.spare(page);
    for (std::uint32_t i = 0; i < core_.geometry.frames(); ++i) {
      const Owner owner = core_.identity.owner(spare, i);
      if (!core_.map.contains(owner.space) || owner.unit >= core_.map[owner.space].size) continue;
      core_.map.set(owner.space, owner.unit, Entry::in_flash(core_.geometry.frame(page, i)));
    }
  }

  void apply(const Record& record) {
    const NamespaceId space = record.space;
    const bool known = core_.map.contains(space);
    if (known == (record.kind == Record::Kind::create)) {
      throw InputError(damaged("its journal does not fit its checkpoint"));
    }
    switch (record.kind) {
      case Record::Kind::deallocate:
        unmap(space, record.first, std::uint64_t{record.first} + record.count);
        break;
      case Record::Kind::create:
        if (space == 0 || space > Identity::last_space || !core_.map.fits(0, record.count)) {
          throw InputError(damaged("its journal makes a namespace that cannot be"));
        }
        core_.map.create(space, record.count, Attributes{record.first});
        break;
      case Record::Kind::remove:
        unmap(space, 0, UINT32_MAX);
        core_.map.remove(space);
        break;
      case Record::Kind::format:
        unmap(space, 0, UINT32_MAX);
        core_.map.set_attributes(space, Attributes{record.first});
        break;
      case Record::Kind::attributes:
        core_.map.set_attributes(space, Attributes{record.first});
        break;
      case Record::Kind::resize_begin:
        break;
      case Record::Kind::resize:
        resize(space, record.count);
        break;
    }
  }

  void resize(NamespaceId space, std::uint32_t size) {
    const std::uint32_t before = core_.map[space].size;
    if (size >= before) {
      if (!core_.map.fits(space, size - before)) {
        throw InputError(damaged("its journal resizes a namespace beyond the capacity"));
      }
      core_.map.begin_growth(space, size);
    } else {
      unmap(space, size, before);
      core_.map.begin_shrinking(space, size);
    }
    while (core_.map.step(core_.map.capacity()) != 0) continue;
    core_.map.finish();
  }

  void unmap(NamespaceId space, std::uint64_t first, std::uint64_t end) {
    end = std::min<std::uint64_t>(end, core_.map[space].size);
    for (std::uint64_t unit = first; unit < end; ++unit) {
      core_.map.set(space, static_cast<Unit>(unit), Entry{});
    }
  }

  void restore_blocks() {
    for (const NamespaceId space : core_.map.order()) {
      for (Unit unit = 0; unit < core_.map[space].size; ++unit) {
        const Entry entry = core_.map.at(space, unit);
        if (entry.mapped()) core_.blocks.add_valid(entry.frame());
      }
    }
    for (const BlockId block : metadata_) core_.blocks.set_metadata(block);
    journal_.restore(metadata_);
    for (const BlockId block : data_blocks_) {
      Block& record = core_.blocks[block];
      if (core_.array.bad(block)) {
        if (record.valid != 0) core_.retired.push_back(block);
        continue;
      }
      record.state = Block::State::closed;
      const bool fillable = core_.array.programmed(block) < core_.geometry.pages &&
                            !core_.array.interrupted(block) &&
                            !core_.array.torn(core_.geometry.page(block, 0));
      if (fillable) core_.blocks.reopen(block);
    }
  }

  /// Nothing but torn pages: the first root was cut. Those blocks are erased.
  void erase_torn() {
    for (const auto* blocks : {&data_blocks_, &metadata_}) {
      for (const BlockId block : *blocks) {
        if (!core_.array.bad(block)) core_.erase(block);
      }
    }
  }

  Core& core_;
  Journal& journal_;
  LogReader reader_;
  std::vector<BlockId> metadata_;
  std::vector<BlockId> data_blocks_;
  std::vector<SequencedPage> log_;
  bool whole_pages_ = false;
  Root root_;
  std::vector<RootSpace> spaces_;  ///< of the root
  Sequence root_sequence_ = 0;
  std::vector<Record> records_;
  std::vector<SequencedPage> pages_;
};

}  // namespace

bool recover(Core& core, Journal& journal) {
  return Recovery(core, journal).run();
}

}  // namespace kilburn::ftl
