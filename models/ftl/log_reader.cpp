#include "ftl/log_reader.h"

#include <algorithm>
#include <cstring>

namespace kilburn::ftl {

using nand::BlockId;
using nand::PageId;

Sequence LogReader::sequence_of(PageId page) const {
  return core_.array.tag(core_.geometry.block(page)) + Identity::distance(core_.array.spare(page));
}

Owner LogReader::first_owner(PageId page) const {
  return core_.identity.owner(core_.array.spare(page), 0);
}

std::vector<std::byte> LogReader::bytes_of(PageId page) const {
  std::vector<std::byte> bytes;
  for (std::uint32_t i = 0; i < core_.geometry.frames(); ++i) {
    const auto part = core_.array.protected_bytes(core_.geometry.frame(page, i));
    if (part.empty()) return {};
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

std::vector<SequencedPage> LogReader::pages(std::span<const BlockId> blocks) const {
  std::vector<SequencedPage> log;
  for (const BlockId block : blocks) {
    for (std::uint32_t i = 0; i < core_.array.programmed(block); ++i) {
      const PageId page = core_.geometry.page(block, i);
      if (!core_.array.spare(page).empty()) log.push_back({sequence_of(page), page});
    }
  }
  std::ranges::sort(log, {}, &SequencedPage::sequence);
  return log;
}

const SequencedPage* LogReader::newest_root(std::span<const SequencedPage> log) const {
  const auto at = std::find_if(log.rbegin(), log.rend(), [this](const SequencedPage& each) {
    return first_owner(each.page).kind == Owner::Kind::root;
  });
  return at == log.rend() ? nullptr : &*at;
}

std::optional<RootPage> LogReader::root_of(std::span<const std::byte> bytes) {
  RootPage page;
  if (bytes.size() < sizeof page.root) return std::nullopt;
  std::memcpy(&page.root, bytes.data(), sizeof page.root);
  const std::size_t most = std::min<std::size_t>(
      (bytes.size() - sizeof page.root) / sizeof(RootSpace), Identity::last_space);
  if (page.root.magic != Root::right_magic || page.root.spaces > most) return std::nullopt;
  page.spaces.resize(page.root.spaces);
  std::size_t at = sizeof page.root;
  for (RootSpace& space : page.spaces) {
    std::memcpy(&space, bytes.data() + at, sizeof space);
    at += sizeof space;
  }
  return page;
}

std::optional<std::vector<Record>> LogReader::records_of(std::span<const std::byte> bytes) {
  JournalHeader header;
  if (bytes.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != JournalHeader::right_magic ||
      header.count > (bytes.size() - sizeof header) / sizeof(Record)) {
    return std::nullopt;
  }
  std::vector<Record> records(header.count);
  std::size_t at = sizeof header;
  for (Record& record : records) {
    std::memcpy(&record, bytes.data() + at, sizeof record);
    at += sizeof record;
  }
  return records;
}

}  // namespace kilburn::ftl
