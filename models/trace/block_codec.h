// The content of one block of a Kilburn trace, before zstd: see docs/trace.md, "Own format".
//
// Records are cut into sequences: a fetch, the fetches that follow it in memory, and their loads
// and stores. The first time a sequence occurs, its shape (addresses, sizes and kinds) is spelled
// out; after that it is one 16-bit token and, for each load and store, a control byte with the
// predictor that came nearest and 0 to 8 bytes of what it missed by.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <vector>

#include "trace/trace.h"

namespace kilburn::trace {

inline constexpr unsigned max_sequence = 64;   ///< records
inline constexpr unsigned max_shapes = 65535;  ///< a block; token 0 is an event
inline constexpr unsigned max_block_records = 1u << 20;
inline constexpr unsigned max_block_bytes = 64u << 20;  ///< content before compression

/// Content that no encoder wrote. `what()` says what is wrong; the reader adds file and block.
class CorruptBlock : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Lengths of the sections that follow, in this order. All little-endian.
struct BlockSections {
  std::uint32_t records = 0;
  std::uint32_t events = 0;
  std::uint32_t shapes = 0;
  std::uint32_t tokens = 0;  ///< two bytes each
  std::uint32_t shape_bytes = 0;
  std::uint32_t event_bytes = 0;
  std::uint32_t controls = 0;  ///< a byte for each load and store
  std::uint32_t delta_bytes = 0;
  std::uint32_t frame_controls = 0;  ///< 0, or a byte for each record: physical frames
  std::uint32_t frame_bytes = 0;
};

/// Where a load or store of a shape went the last times.
struct Slot {
  Address last = 0;
  std::uint64_t stride = 0;    ///< last - the one before
  std::uint64_t gap = 0;       ///< last - the data address before it in the trace
  std::uint32_t position = 0;  ///< of the record within its sequence
};

/// A control byte is predictor * 16 + bytes of delta (0 to 8).
enum class Predictor : std::uint8_t { stride, last, gap };
inline constexpr unsigned predictors = 3;

/// Frames by page, direct-mapped: both sides keep it alike.
class FramePredictor {
 public:
  struct Entry {
    PageNumber page = ~PageNumber{0};
    PageNumber frame = 0;
  };
  /// The frame last seen for `page`; for a page unknown, the one after the newest frame.
  [[nodiscard]] PageNumber predict(PageNumber page) const {
    const Entry& entry = entries_[page % entries_.size()];
    return entry.page == page ? entry.frame : newest_ + 1;
  }
  void update(PageNumber page, PageNumber frame) {
    entries_[page % entries_.size()] = {page, frame};
    newest_ = frame;
  }

 private:
  std::vector<Entry> entries_ = std::vector<Entry>(4096);
  PageNumber newest_ = 0;
};

/// Grows ahead of what is put, so that putting is a store and an addition.
class ByteSink {
 public:
  /// Makes room for `more` bytes, and for the eight that the last put() may overrun.
  void reserve(std::size_t more) {
    if (bytes_.size() - used_ < more + 8) bytes_.resize(2 * (bytes_.size() + more + 8));
  }
  /// The low `length` (0 to 8) bytes of `value`.
  void put(std::uint64_t value, unsigned length) {
    std::memcpy(bytes_.data() + used_, &value, sizeof value);
    used_ += length;
  }
  void clear() { used_ = 0; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return std::span(bytes_).first(used_); }

 private:
  std::vector<std::byte> bytes_;
  std::size_t used_ = 0;
};

/// Collects records until a block is full.
class BlockEncoder {
 public:
  /// `capacity`: records a block. `physical`: every batch has physical addresses.
  BlockEncoder(std::uint32_t capacity, bool physical);

  /// Takes records of `batch` from number `from` on, and returns how many. Fewer than there are:
  /// the block is full.
  [[nodiscard]] std::size_t append(const Batch& batch, std::size_t from);
  [[nodiscard]] std::uint32_t records() const { return records_; }
  /// The content of the block. The encoder is then as new.
  [[nodiscard]] std::vector<std::byte> take();

 private:
  struct Shape {
    Address end;               ///< of its last fetch; 0 without one
    std::uint32_t first_byte;  ///< of its records in shape_bytes_
    std::uint32_t first_slot;
    std::uint8_t length;
    std::uint8_t requester;
  };
  /// Of the table of shapes: some bits of the hash, and the token; token 0: unused.
  struct Bucket {
    std::uint16_t hash = 0;
    std::uint16_t token = 0;
  };

  [[nodiscard]] std::size_t extend_sequence(std::span<const Record> records);
  void append_event(const Record& record, const Event& event);
  void close_sequence();
  [[nodiscard]] std::uint16_t find_shape();
  [[nodiscard]] bool is_open_sequence(const Shape& shape) const;
  void add_shape(Address end);
  void encode_address(Slot& slot, Address address);
  void encode_frame(const Record& record, Address physical);
  void clear();

  std::uint32_t capacity_;
  bool physical_;
  std::uint32_t records_ = 0;
  // The open sequence: a byte for each record, and the addresses of its loads and stores.
  std::array<std::byte, max_sequence + 8> spelling_{};
  std::array<Address, max_sequence + 1> data_{};
  unsigned length_ = 0;
  unsigned data_length_ = 0;
  std::uint8_t requester_ = 0;
  bool has_fetch_ = false;
  Address expected_ = 0;    ///< the fetch address that continues it
  Address previous_ = 0;    ///< newest data address
  Address newest_end_ = 0;  ///< of the newest shape
  std::vector<Bucket> buckets_;
  std::vector<Shape> shapes_;
  std::vector<Slot> slots_;
  std::uint32_t events_ = 0;
  FramePredictor frames_;
  std::vector<std::byte> shape_bytes_;
  std::vector<std::byte> event_bytes_;
  ByteSink tokens_;
  ByteSink controls_;
  ByteSink deltas_;
  ByteSink frame_controls_;
  ByteSink frame_bytes_;
};

/// Decodes the content of one block, some thousand records at a time. Every length and index of the
/// content is checked: hostile content throws CorruptBlock and does no harm.
class BlockDecoder {
 public:
  /// `content` must have `decoder_slack` readable bytes after its end and outlive the decoding.
  void start(std::span<const std::byte> content);
  /// The next records; empty at the end of the block.
  [[nodiscard]] Batch next();
  [[nodiscard]] std::uint32_t records() const { return sections_.records; }
  [[nodiscard]] bool has_physical() const { return sections_.frame_controls != 0; }

 private:
  struct Shape {
    std::uint32_t first;  ///< of its records in templates_
    std::uint32_t length;
    std::uint32_t first_slot;
    std::uint32_t slots;
  };

  void read_shapes(std::span<const std::byte> bytes, std::uint32_t shapes);
  void read_events(std::span<const std::byte> bytes, std::uint32_t events);
  void decode_records();
  void decode_frames(std::size_t records);

  BlockSections sections_;
  std::vector<Record> templates_;
  std::vector<Shape> shapes_;
  std::vector<Slot> slots_;
  std::vector<Event> events_;
  std::vector<std::uint8_t> event_requesters_;
  std::vector<Record> records_;  ///< the batch
  std::vector<Address> physical_;
  FramePredictor frames_;
  std::size_t batch_ = 0;      ///< records in it
  std::uint32_t decoded_ = 0;  ///< records before it
  std::uint32_t next_event_ = 0;
  Address previous_ = 0;
  const std::byte* token_ = nullptr;
  const std::byte* token_end_ = nullptr;
  const std::byte* control_ = nullptr;
  const std::byte* control_end_ = nullptr;
  const std::byte* delta_ = nullptr;
  const std::byte* delta_end_ = nullptr;
  const std::byte* frame_control_ = nullptr;
  const std::byte* frame_ = nullptr;
  const std::byte* frame_end_ = nullptr;
};

/// One sequence may read this far past the end before it is found out.
inline constexpr std::size_t decoder_slack = 8 * max_sequence + 8;

}  // namespace kilburn::trace
