#include "trace/kilburn_writer.h"

#include <cassert>
#include <stdexcept>
#include <string>

#include <fmt/format.h>
#include <zstd.h>

#include <nlohmann/json.hpp>

#include "common/error.h"
#include "trace/bytes.h"
#include "trace/touch_order.h"

namespace kilburn::trace {
namespace {

/// Text that is not UTF-8 (an argument of the recorded command) must not stop the recording.
std::string json_of(const Metadata& metadata) {
  return nlohmann::json(metadata).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::byte> file_header(const WriteOptions& options, const std::string& name) {
  const std::string metadata = json_of(options.metadata);
  if (metadata.size() > max_metadata_bytes) {
    throw InputError(fmt::format("{}: {} bytes of metadata: at most {} allowed", name,
                                 metadata.size(), max_metadata_bytes));
  }
  FileHeader header;
  header.flags = static_cast<std::uint16_t>((options.physical ? flag_physical : 0) |
                                            (options.touch_order ? flag_touch_order : 0));
  if (options.touch_order) header.version = file_version_touch_order;
  header.metadata_bytes = static_cast<std::uint32_t>(metadata.size());
  std::vector<std::byte> bytes;
  put(bytes, header);
  append_bytes(bytes, std::as_bytes(std::span(metadata)));
  put(bytes, crc32(bytes));
  return bytes;
}

}  // namespace

void KilburnWriter::FreeContext::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

KilburnWriter::KilburnWriter(const std::filesystem::path& path, const WriteOptions& options,
                             std::uint32_t block_records)
    : name_(path.string()),
      physical_(options.physical),
      has_touch_order_(options.touch_order),
      file_(path),
      encoder_(block_records, options.physical),
      zstd_(ZSTD_createCCtx()) {
  ZSTD_CCtx_setParameter(zstd_.get(), ZSTD_c_compressionLevel, options.level);
  ZSTD_CCtx_setParameter(zstd_.get(), ZSTD_c_checksumFlag, 1);
  file_.write(file_header(options, path.string()));
  file_.flush();  // a full disk is told before a long run
}

KilburnWriter::~KilburnWriter() = default;

void KilburnWriter::append(const Batch& batch) {
  assert(physical_ == !batch.physical.empty() || batch.empty());
  for (std::size_t taken = 0; taken < batch.records.size();) {
    taken += encoder_.append(batch, taken);
    if (taken < batch.records.size()) write_block();
  }
  counter_.add(batch.records);
}

void KilburnWriter::write_block() {
  BlockHeader header;
  header.number = static_cast<std::uint32_t>(index_.size());
  header.first_record = written_;
  header.records = encoder_.records();
  const std::vector<std::byte> content = encoder_.take();
  compressed_.resize(ZSTD_compressBound(content.size()));
  const std::size_t size = ZSTD_compress2(zstd_.get(), compressed_.data(), compressed_.size(),
                                          content.data(), content.size());
  if (ZSTD_isError(size) != 0) {
    throw std::runtime_error(fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  }
  header.content_bytes = static_cast<std::uint32_t>(content.size());
  header.compressed_bytes = static_cast<std::uint32_t>(size);
  header.crc = header_crc(header);
  index_.push_back({.offset = file_.size(), .first_record = header.first_record});
  file_.write(std::as_bytes(std::span(&header, 1)));
  file_.write(std::span(compressed_).first(size));
  file_.flush();  // what is counted as written can be salvaged
  written_ += header.records;
}

void KilburnWriter::write_index() {
  std::vector<std::byte> bytes;
  put(bytes, IndexHeader{.blocks = static_cast<std::uint32_t>(index_.size())});
  put(bytes, counts());
  for (const IndexEntry& entry : index_) put(bytes, entry);
  if (has_touch_order_) put_touch_order(bytes);
  if (!late_.empty()) {
    const std::string metadata = json_of(late_);
    append_bytes(bytes, std::as_bytes(std::span(metadata)));
  }
  put(bytes, crc32(bytes));
  const Footer footer{.index_offset = file_.size(),
                      .index_bytes = static_cast<std::uint32_t>(bytes.size())};
  put(bytes, footer);
  file_.write(bytes);
}

void KilburnWriter::put_touch_order(std::vector<std::byte>& to) {
  const std::vector<std::byte> content = encode(touch_order_);
  if (content.size() > max_touch_order_bytes) {
    throw InputError(
        fmt::format("{}: its order of first touches takes {} bytes: at most {} allowed", name_,
                    content.size(), max_touch_order_bytes));
  }
  compressed_.resize(ZSTD_compressBound(content.size()));
  const std::size_t size = ZSTD_compress2(zstd_.get(), compressed_.data(), compressed_.size(),
                                          content.data(), content.size());
  if (ZSTD_isError(size) != 0) {
    throw std::runtime_error(fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  }
  put(to, TouchOrderHeader{.compressed_bytes = static_cast<std::uint32_t>(size),
                           .content_bytes = static_cast<std::uint32_t>(content.size())});
  append_bytes(to, std::span(compressed_).first(size));
}

std::filesystem::path KilburnWriter::leave_blocks() {
  if (written_ == 0 || file_.writes_through()) return {};
  file_.keep();
  return file_.partial();
}

void KilburnWriter::finish() {
  if (encoder_.records() != 0) write_block();
  write_index();
  file_.commit();
}

}  // namespace kilburn::trace
