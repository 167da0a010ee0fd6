// Reads our own trace format.
#pragma once

#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trace/block_codec.h"
#include "trace/file_layout.h"
#include "trace/trace.h"

struct ZSTD_DCtx_s;

namespace kilburn::trace {

class ByteReader;

/// Needs a seekable stream. Holds one block at a time, compressed and not.
class KilburnReader final : public Reader {
 public:
  KilburnReader(std::unique_ptr<std::istream> stream, std::string name, OpenOptions options);
  ~KilburnReader() override;

  Batch next() override;
  void seek(std::uint64_t record) override;
  [[nodiscard]] const Description& description() const override { return description_; }

 private:
  struct FreeContext {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  /// How far a file without a valid index is whole.
  struct Scan {
    std::uint64_t end = 0;  ///< offset where a whole block was expected
    std::string problem;
  };

  void read_header();
  /// False: no valid index, and the file's end is not as a finished one's.
  [[nodiscard]] bool read_index();
  /// Nothing where there is none that is whole.
  [[nodiscard]] std::optional<TouchOrder> read_touch_order(ByteReader& reader);
  [[nodiscard]] Scan scan_blocks();
  void salvage(OpenOptions options);
  /// False at the end of the file.
  [[nodiscard]] bool load_block();
  [[nodiscard]] std::size_t read(std::uint64_t offset, std::span<std::byte> to);
  [[noreturn]] void fail(const std::string& problem) const;
  [[noreturn]] void fail_in_block(const std::string& problem) const;

  std::unique_ptr<std::istream> stream_;
  Description description_;
  std::uint64_t file_bytes_ = 0;
  bool has_touch_order_ = false;
  std::uint64_t blocks_begin_ = 0;
  std::uint64_t blocks_end_ = 0;  ///< offset after the last block
  std::uint64_t records_ = 0;     ///< in the whole file
  std::vector<IndexEntry> index_;
  std::size_t block_ = 0;      ///< the next to load
  std::uint64_t discard_ = 0;  ///< records of the loaded block before the one sought
  bool loaded_ = false;
  std::unique_ptr<ZSTD_DCtx_s, FreeContext> zstd_;
  std::vector<std::byte> compressed_;
  std::vector<std::byte> content_;
  BlockDecoder decoder_;
};

}  // namespace kilburn::trace
