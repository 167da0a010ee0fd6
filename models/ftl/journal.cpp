#include "ftl/journal.h"

#include <algorithm>
#include <cstring>

namespace kilburn::ftl {

using nand::BlockId;

bool Journal::append(Record::Kind kind, NamespaceId space, Unit first, Unit count) {
  records_.push_back({++core_.sequence, kind, space, first, count});
  ++core_.statistics.journal_records;
  return records_.size() < records_a_page() || flush();
}

bool Journal::commit(Record::Kind kind, NamespaceId space, Unit first, Unit count) {
  if (!flush()) return false;
  append(kind, space, first, count);
  if (flush()) return true;
  records_.clear();
  return false;
}

bool Journal::flush() {
  while (!records_.empty()) {
    const std::size_t count = std::min(records_.size(), records_a_page());
    page_.assign(core_.geometry.page_bytes, std::byte{});
    const JournalHeader header{.count = count};
    std::memcpy(page_.data(), &header, sizeof header);
    std::memcpy(page_.data() + sizeof header, records_.data(), count * sizeof(Record));
    const std::uint64_t epoch = core_.epochs.add();
    const Purpose purpose{Purpose::Kind::journal, static_cast<std::uint32_t>(epoch & 0x1FFF'FFFF)};
    if (!write({.kind = Owner::Kind::journal}, purpose)) {
      core_.epochs.done(epoch);
      return false;
    }
    records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(count));
    ++core_.statistics.journal_pages;
    ++pages_since_checkpoint_;
  }
  return true;
}

bool Journal::write(const Owner& owner, Purpose purpose) {
  for (;;) {
    const bool full =
        blocks_.empty() || core_.array.programmed(blocks_.back()) == core_.geometry.pages ||
        core_.array.bad(blocks_.back()) ||
        core_.sequence + 1 - core_.array.tag(blocks_.back()) > Identity::longest_distance;
    if (full) {
      const auto block = core_.blocks.take_for_metadata();
      if (!block) {
        core_.out_of_blocks = true;
        return false;
      }
      blocks_.push_back(*block);
    }
    const BlockId block = blocks_.back();
    const nand::PageId page = core_.geometry.page(block, core_.array.programmed(block));
    const bool good = core_.program_metadata(page, owner, page_);
    core_.queue_program(page, core_.geometry.frames(), true, good ? purpose : Purpose{});
    if (good) return true;
    core_.array.mark_bad(block);
  }
}

bool Journal::checkpoint_due() const {
  const auto pages = static_cast<double>(core_.geometry.all_pages());
  const Reserve reserve = reserve_of(core_.config, core_.geometry);
  return static_cast<double>(core_.programmed_since_checkpoint) >
             std::max(core_.config.checkpoint_share * pages, 16.0) ||
         pages_since_checkpoint_ > std::max(reserve.checkpoint_pages, core_.geometry.pages / 2);
}

bool Journal::checkpoint() {
  if (!flush()) return false;
  const Sequence covers = core_.sequence;
  const bool starts_block =
      blocks_.empty() || core_.array.programmed(blocks_.back()) == core_.geometry.pages;
  const std::size_t kept = starts_block ? blocks_.size() : blocks_.size() - 1;
  const std::uint32_t a_page = core_.geometry.page_bytes / 4;
  std::uint32_t map_pages = 0;
  std::uint32_t number = 0;
  std::uint32_t filled = 0;
  bool any = false;
  bool good = true;
  page_.assign(core_.geometry.page_bytes, std::byte{});
  const auto end_page = [&] {
    // A page without a mapped unit is not written.
    if (any && good) {
      good = write({.unit = number, .kind = Owner::Kind::map}, {});
      ++map_pages;
      std::fill(page_.begin(), page_.end(), std::byte{});
    }
    any = false;
    filled = 0;
    ++number;
  };
  for (const NamespaceId space : core_.map.order()) {
    for (Unit unit = 0; unit < core_.map[space].size; ++unit) {
      const std::uint32_t word = core_.flash_entry(space, unit).word();
      any = any || word != 0;
      std::memcpy(page_.data() + (std::size_t{filled} * 4), &word, 4);
      if (++filled == a_page) end_page();
    }
  }
  if (filled != 0) end_page();
  write_root(covers, map_pages, good);
  if (!good) return false;
  core_.statistics.checkpoint_pages += map_pages + 1;
  ++core_.statistics.checkpoints;
  core_.programmed_since_checkpoint = 0;
  pages_since_checkpoint_ = 0;
  for (std::size_t i = 0; i < kept; ++i) {
    core_.blocks.metadata_returned();
    if (core_.array.bad(blocks_[i])) {
      core_.blocks.set_bad(blocks_[i]);
    } else {
      core_.erase(blocks_[i]);
    }
  }
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(kept));
  return true;
}

void Journal::write_root(Sequence covers, std::uint32_t map_pages, bool& good) {
  if (!good) return;
  page_.assign(core_.geometry.page_bytes, std::byte{});
  const auto& order = core_.map.order();
  Root root;
  root.covers = covers;
  root.capacity = core_.map.capacity();
  root.map_pages = map_pages;
  root.spaces = static_cast<std::uint32_t>(order.size());
  root.good_blocks = core_.first_good;
  root.pattern_seed = core_.pattern_seed;
  std::memcpy(page_.data(), &root, sizeof root);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Namespace& row = core_.map[order[i]];
    const RootSpace space{order[i], row.size, row.attributes};
    std::memcpy(page_.data() + sizeof root + (i * sizeof space), &space, sizeof space);
  }
  good = write({.kind = Owner::Kind::root}, {});
}

}  // namespace kilburn::ftl
