// Writes our own trace format.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/output_file.h"
#include "trace/block_codec.h"
#include "trace/counter.h"
#include "trace/file_layout.h"
#include "trace/trace.h"

struct ZSTD_CCtx_s;

namespace kilburn::trace {

class KilburnWriter final : public Writer {
 public:
  /// `block_records`: records a block, 1 to max_block_records.
  KilburnWriter(const std::filesystem::path& path, const WriteOptions& options,
                std::uint32_t block_records = max_block_records);
  ~KilburnWriter() override;

  void append(const Batch& batch) override;
  void set_touch_order(const TouchOrder& order) override { touch_order_ = order; }
  void finish() override;
  [[nodiscard]] const Counts& counts() const override { return counter_.counts(); }
  [[nodiscard]] const std::filesystem::path& partial() const override { return file_.partial(); }

  /// What is known at the end only; it is kept beside the index. Before finish().
  void add_metadata(const std::string& key, const std::string& text) { late_[key] = text; }
  [[nodiscard]] std::uint64_t bytes() const override { return file_.size(); }

  /// After an error: if whole blocks were written, leaves them for a reader that salvages, in a
  /// file of this name. Empty: there are none, or no file, and nothing is left.
  std::filesystem::path leave_blocks();
  /// Records in whole blocks.
  [[nodiscard]] std::uint64_t records_in_blocks() const { return written_; }

 private:
  struct FreeContext {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  void write_block();
  void write_index();
  void put_touch_order(std::vector<std::byte>& to);

  std::string name_;
  bool physical_;
  bool has_touch_order_;
  TouchOrder touch_order_;
  OutputFile file_;
  BlockEncoder encoder_;
  Counter counter_;
  std::uint64_t written_ = 0;  ///< records in whole blocks
  std::vector<IndexEntry> index_;
  Metadata late_;  ///< beside that of the header
  std::unique_ptr<ZSTD_CCtx_s, FreeContext> zstd_;
  std::vector<std::byte> compressed_;
};

}  // namespace kilburn::trace
