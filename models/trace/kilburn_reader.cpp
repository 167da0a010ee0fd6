#include "trace/kilburn_reader.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <zstd.h>

#include <nlohmann/json.hpp>

#include "common/error.h"
#include "trace/bytes.h"
#include "trace/touch_order.h"

namespace kilburn::trace {
namespace {

/// A larger frame than zstd makes of the largest content is not ours.
constexpr std::uint32_t max_compressed_bytes = max_block_bytes + max_block_bytes / 128;

template <class Struct>
std::span<std::byte> bytes_of(Struct& value) {
  return std::as_writable_bytes(std::span(&value, 1));
}

/// Empty where the header is that of block `number` beginning with `first_record`.
std::string block_problem(const BlockHeader& header, std::uint64_t number,
                          std::uint64_t first_record) {
  if (header.magic != BlockHeader{}.magic) return "no block begins here";
  if (header.crc != header_crc(header)) return "the block header does not match its checksum";
  if (header.number != number || header.first_record != first_record) {
    return fmt::format("this is block {} from record {}, expected was block {} from record {}",
                       header.number, header.first_record, number, first_record);
  }
  if (header.records == 0 || header.records > max_block_records ||
      header.content_bytes > max_block_bytes || header.compressed_bytes > max_compressed_bytes) {
    return "the block header claims a size that no writer uses";
  }
  return {};
}

/// False where the bytes are no JSON object.
bool read_metadata(std::span<const std::byte> bytes, Metadata& metadata) {
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  const auto json = nlohmann::json::parse(text, text + bytes.size(), nullptr, /*exceptions=*/false);
  if (!json.is_object()) return false;
  for (const auto& [key, value] : json.items()) {
    if (value.is_string()) metadata[key] = value.get<std::string>();
  }
  return true;
}

}  // namespace

void KilburnReader::FreeContext::operator()(ZSTD_DCtx_s* context) const {
  ZSTD_freeDCtx(context);
}

KilburnReader::KilburnReader(std::unique_ptr<std::istream> stream, std::string name,
                             OpenOptions options)
    : stream_(std::move(stream)), zstd_(ZSTD_createDCtx()) {
  description_.file = std::move(name);
  stream_->seekg(0, std::ios::end);
  const auto end = stream_->tellg();
  if (end < 0) {
    fail(
        "a Kilburn trace must be in a file, since its index is at its end: write what comes "
        "through the pipe to one, and give its name");
  }
  file_bytes_ = static_cast<std::uint64_t>(end);
  read_header();
  if (!read_index()) salvage(options);
}

KilburnReader::~KilburnReader() = default;

void KilburnReader::fail(const std::string& problem) const {
  throw InputError(fmt::format("{}: {}", description_.file, problem));
}

void KilburnReader::fail_in_block(const std::string& problem) const {
  fail(fmt::format("block {} at byte {}: {}", block_, index_[block_].offset, problem));
}

std::size_t KilburnReader::read(std::uint64_t offset, std::span<std::byte> to) {
  if (offset >= file_bytes_) return 0;
  stream_->clear();
  stream_->seekg(static_cast<std::streamoff>(offset));
  stream_->read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size()));
  return static_cast<std::size_t>(std::max<std::streamsize>(stream_->gcount(), 0));
}

void KilburnReader::read_header() {
  FileHeader header;
  if (read(0, bytes_of(header)) != sizeof header) fail("truncated within its header, at byte 0");
  if (header.version != file_version && header.version != file_version_touch_order) {
    fail(fmt::format("format version {} at byte 8: this program reads versions {} and {}",
                     header.version, file_version, file_version_touch_order));
  }
  if (header.metadata_bytes > max_metadata_bytes) fail("corrupt header, at byte 12");
  const std::size_t checked = sizeof header + header.metadata_bytes;
  std::vector<std::byte> bytes(checked + sizeof(std::uint32_t));
  if (read(0, bytes) != bytes.size()) fail("truncated within its header, at byte 16");
  std::uint32_t crc = 0;
  std::memcpy(&crc, bytes.data() + checked, sizeof crc);
  if (crc != crc32(std::span(bytes).first(checked))) {
    fail("corrupt header: it does not match its checksum, at byte 0");
  }
  if (!read_metadata(std::span(bytes).subspan(sizeof header, header.metadata_bytes),
                     description_.metadata)) {
    fail("corrupt header: its metadata is not JSON, at byte 16");
  }
  description_.format = fmt::format("Kilburn trace, version {}", header.version);
  description_.has_physical = (header.flags & flag_physical) != 0;
  has_touch_order_ = (header.flags & flag_touch_order) != 0;
  blocks_begin_ = bytes.size();
}

bool KilburnReader::read_index() {
  Footer footer;
  if (file_bytes_ < blocks_begin_ + sizeof footer) return false;
  const std::uint64_t end = file_bytes_ - sizeof footer;
  if (read(end, bytes_of(footer)) != sizeof footer || footer.magic != Footer{}.magic ||
      footer.index_offset < blocks_begin_ || footer.index_offset > end ||
      footer.index_bytes != end - footer.index_offset) {
    return false;
  }
  std::vector<std::byte> bytes(footer.index_bytes);
  if (read(footer.index_offset, bytes) != bytes.size()) return false;
  ByteReader reader(bytes);
  const auto header = reader.get<IndexHeader>();
  const auto counts = reader.get<Counts>();
  if (!header || !counts || header->magic != IndexHeader{}.magic) return false;
  std::vector<IndexEntry> index;
  for (std::uint32_t i = 0; i < header->blocks; ++i) {
    const auto entry = reader.get<IndexEntry>();
    if (!entry) return false;
    const bool in_order = index.empty() ? entry->offset == blocks_begin_ && entry->first_record == 0
                                        : entry->offset > index.back().offset &&
                                              entry->first_record > index.back().first_record;
    if (!in_order || entry->offset >= footer.index_offset) return false;
    index.push_back(*entry);
  }
  TouchOrder order;
  if (has_touch_order_) {
    auto found = read_touch_order(reader);
    if (!found) return false;
    order = std::move(*found);
  }
  // What is before the checksum is metadata that was known at the end only.
  if (reader.size() < sizeof(std::uint32_t)) return false;
  const auto late = *reader.take(reader.size() - sizeof(std::uint32_t));
  const auto crc = *reader.get<std::uint32_t>();
  if (crc != crc32(std::span(bytes).first(bytes.size() - sizeof crc))) return false;
  if (!late.empty() && !read_metadata(late, description_.metadata)) return false;
  index_ = std::move(index);
  description_.touch_order = std::move(order);
  records_ = counts->records;
  description_.counts = *counts;
  blocks_end_ = footer.index_offset;
  return true;
}

std::optional<TouchOrder> KilburnReader::read_touch_order(ByteReader& reader) {
  const auto header = reader.get<TouchOrderHeader>();
  if (!header || header->content_bytes > max_touch_order_bytes) return std::nullopt;
  const auto compressed = reader.take(header->compressed_bytes);
  if (!compressed) return std::nullopt;
  // No more memory than the frame itself says that it fills: the header may be damaged.
  const auto claimed = ZSTD_getFrameContentSize(compressed->data(), compressed->size());
  if (claimed != header->content_bytes) return std::nullopt;
  std::vector<std::byte> content(header->content_bytes);
  const std::size_t size = ZSTD_decompressDCtx(zstd_.get(), content.data(), content.size(),
                                               compressed->data(), compressed->size());
  if (ZSTD_isError(size) != 0 || size != content.size()) return std::nullopt;
  return decode_touch_order(content);
}

KilburnReader::Scan KilburnReader::scan_blocks() {
  std::uint64_t offset = blocks_begin_;
  records_ = 0;
  index_.clear();
  for (;;) {
    BlockHeader header;
    if (offset == file_bytes_) return {offset, "the file ends where its index should be"};
    const std::size_t size = read(offset, bytes_of(header));
    if (header.magic == IndexHeader{}.magic) return {offset, "the index is cut short or damaged"};
    if (size != sizeof header) return {offset, "the file ends within the block"};
    std::string problem = block_problem(header, index_.size(), records_);
    if (!problem.empty()) return {offset, std::move(problem)};
    if (file_bytes_ - offset - sizeof header < header.compressed_bytes) {
      return {offset, "the file ends within the block"};
    }
    index_.push_back({.offset = offset, .first_record = records_});
    records_ += header.records;
    offset += sizeof header + header.compressed_bytes;
  }
}

void KilburnReader::salvage(OpenOptions options) {
  const auto [end, problem] = scan_blocks();
  blocks_end_ = end;
  const std::string place =
      fmt::format("truncated or damaged: block {} at byte {}: {}", index_.size(), end, problem);
  if (!options.salvage) {
    fail(
        fmt::format("{}; {} records in whole blocks before it can be saved with "
                    "`kilburn trace convert --salvage`",
                    place, records_));
  }
  description_.notes.push_back(
      fmt::format("{}; what is read are the {} records before it", place, records_));
}

bool KilburnReader::load_block() {
  if (block_ == index_.size()) return false;
  const std::uint64_t offset = index_[block_].offset;
  const std::uint64_t end = block_ + 1 < index_.size() ? index_[block_ + 1].offset : blocks_end_;
  const std::uint64_t first = index_[block_].first_record;
  const std::uint64_t after =
      block_ + 1 < index_.size() ? index_[block_ + 1].first_record : records_;
  BlockHeader header;
  if (read(offset, bytes_of(header)) != sizeof header) fail_in_block("truncated");
  if (const auto problem = block_problem(header, block_, first); !problem.empty()) {
    fail_in_block(problem);
  }
  if (header.compressed_bytes != end - offset - sizeof header || header.records != after - first) {
    fail_in_block("its header and the index of the file disagree");
  }
  compressed_.resize(header.compressed_bytes);
  if (read(offset + sizeof header, compressed_) != compressed_.size()) fail_in_block("truncated");
  // The slack after the content is zeroed once and never written.
  if (content_.size() < header.content_bytes + decoder_slack) {
    content_.resize(header.content_bytes + decoder_slack);
  }
  const std::size_t size = ZSTD_decompressDCtx(zstd_.get(), content_.data(), header.content_bytes,
                                               compressed_.data(), compressed_.size());
  if (ZSTD_isError(size) != 0) {
    fail_in_block(fmt::format("corrupt: {} (zstd)", ZSTD_getErrorName(size)));
  }
  if (size != header.content_bytes) fail_in_block("corrupt: shorter than its header claims");
  try {
    decoder_.start(std::span(content_).first(size));
  } catch (const CorruptBlock& error) {
    fail_in_block(fmt::format("corrupt: {}", error.what()));
  }
  if (decoder_.records() != header.records ||
      decoder_.has_physical() != description_.has_physical) {
    fail_in_block("corrupt: it holds other than its header claims");
  }
  return true;
}

Batch KilburnReader::next() {
  for (;;) {
    if (!loaded_ && !load_block()) return {};
    loaded_ = true;
    Batch batch;
    try {
      batch = decoder_.next();
    } catch (const CorruptBlock& error) {
      fail_in_block(fmt::format("corrupt: {}", error.what()));
    }
    if (batch.empty()) {
      loaded_ = false;
      ++block_;
      continue;
    }
    const std::size_t skipped = std::min<std::uint64_t>(discard_, batch.records.size());
    discard_ -= skipped;
    if (skipped == batch.records.size()) continue;
    batch.records = batch.records.subspan(skipped);
    if (!batch.physical.empty()) batch.physical = batch.physical.subspan(skipped);
    return batch;
  }
}

void KilburnReader::seek(std::uint64_t record) {
  loaded_ = false;
  discard_ = 0;
  if (record >= records_) {
    block_ = index_.size();
    return;
  }
  const auto after = std::ranges::upper_bound(index_, record, {}, &IndexEntry::first_record);
  block_ = static_cast<std::size_t>(after - index_.begin()) - 1;
  discard_ = record - index_[block_].first_record;
}

}  // namespace kilburn::trace
