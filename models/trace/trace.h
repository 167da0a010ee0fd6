// Recorded memory accesses of real programs: the stimulus where no software runs on the platform.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "common/invalidation.h"
#include "common/page_table.h"
#include "common/types.h"

namespace kilburn::trace {

enum class Kind : std::uint8_t { fetch, load, store, event };

/// One access, or one event. An instruction is one fetch of all its bytes, then its loads and
/// stores in program order.
struct Record {
  Address address = 0;      ///< virtual; 0 where kind is event
  std::uint32_t event = 0;  ///< index into the batch's events; 0 where kind is not event
  Kind kind = Kind::fetch;
  std::uint8_t size = 1;       ///< bytes, 1 to 64; 0 where kind is event
  std::uint8_t requester = 0;  ///< who asked: hart, thread (modulo 256) or device
  friend bool operator==(const Record&, const Record&) = default;
};
static_assert(sizeof(Record) == 16);

inline constexpr unsigned max_access_bytes = 64;

/// The requester goes on in another address space.
struct ContextSwitch {
  Context context{};
  friend bool operator==(const ContextSwitch&, const ContextSwitch&) = default;
};
/// Pages [va, va + pages * 4 KiB) joined the address space of the requester. What was there before
/// the recording began (program, stack) has no such event.
struct Map {
  Address va = 0;
  std::uint64_t pages = 0;
  friend bool operator==(const Map&, const Map&) = default;
};
/// Pages [va, va + pages * 4 KiB) left the address space; the system invalidates their
/// translations.
struct Unmap {
  Address va = 0;
  std::uint64_t pages = 0;
  friend bool operator==(const Unmap&, const Unmap&) = default;
};
/// Translations were invalidated, for whatever reason (permissions narrowed, for example).
struct Invalidate {
  Invalidation invalidation{};
  friend bool operator==(const Invalidate&, const Invalidate&) = default;
};
/// The frames mapped at [va, va + pages * 4 KiB) belong to `realm` from here on.
struct OwnershipChange {
  Address va = 0;
  std::uint64_t pages = 0;
  std::uint16_t realm = 0;
  friend bool operator==(const OwnershipChange&, const OwnershipChange&) = default;
};

using Event = std::variant<ContextSwitch, Map, Unmap, Invalidate, OwnershipChange>;

/// Consecutive records.
struct Batch {
  std::span<const Record> records{};
  std::span<const Event> events{};  ///< what Record::event counts in
  std::span<const Address>
      physical{};  ///< empty, or one a record: its physical address (0: event).
  [[nodiscard]] bool empty() const { return records.empty(); }
};

/// What a trace holds.
struct Counts {
  std::uint64_t records = 0;
  std::uint64_t fetches = 0;
  std::uint64_t loads = 0;
  std::uint64_t stores = 0;
  std::uint64_t events = 0;
  std::uint64_t pages = 0;  ///< distinct 4 KiB pages touched
  friend bool operator==(const Counts&, const Counts&) = default;
};

/// Pages [first, first + pages) that a program touched for the first time, one after the other, or
/// that left its address space.
struct PageChange {
  PageNumber first = 0;
  PageNumber pages = 0;
  bool unmapped = false;
  friend bool operator==(const PageChange&, const PageChange&) = default;
};
/// What a program did to its pages before the first record, from its start (touch_order.h).
using TouchOrder = std::vector<PageChange>;

/// Free text by key. Keys in use: origin, program, command, seed, recorder.
using Metadata = std::map<std::string, std::string>;

struct Description {
  std::string file;                ///< as the user named it
  std::string format;              ///< e.g. "ChampSim, xz"
  std::vector<std::string> notes;  ///< what was assumed or is missing, a sentence each
  Metadata metadata;
  std::optional<Counts> counts;  ///< where the format says so before the end: our own
  bool has_physical = false;
  TouchOrder touch_order;  ///< empty where the trace does not say; our own format only
};

/// Reads one trace from front to back, a few thousand records at a time. Bad content throws
/// InputError that names file, place (block or line or record) and byte offset.
class Reader {
 public:
  virtual ~Reader() = default;
  /// The next records; empty at the end. Valid until the next call.
  virtual Batch next() = 0;
  /// The next batch begins with this record (counted from 0); at or past the end it is empty. Our
  /// own format jumps by its index; others read over what lies between and cannot go back.
  virtual void seek(std::uint64_t record) = 0;
  [[nodiscard]] virtual const Description& description() const = 0;
};

struct OpenOptions {
  bool salvage = false;  ///< of a truncated trace of our own format, read the whole blocks
};

/// Opens a trace and recognises its format by content: our own by its magic, gzip and xz by theirs
/// (and then what is within), lackey by its lines, ChampSim by its 64-byte records. Throws
/// InputError where the file is missing, empty, truncated or of none of these. "-" is standard
/// input. A pipe will do for all formats but our own, which has its index at the end.
[[nodiscard]] std::unique_ptr<Reader> open_trace(const std::filesystem::path& path,
                                                 OpenOptions options = {});
/// Opens a trace that a stream gives; `name` stands for the file in messages.
[[nodiscard]] std::unique_ptr<Reader> open_trace(std::unique_ptr<std::istream> stream,
                                                 std::string name, OpenOptions options = {});

/// Writes one trace as an OutputFile: the file gets its name in finish(); a writer destroyed before
/// leaves nothing.
/// Throws InputError where the file cannot be written or the format cannot hold a record.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual void append(const Batch& batch) = 0;
  /// First touches before the first record. Where the options said so; before finish().
  virtual void set_touch_order(const TouchOrder& /*order*/) {}
  /// Completes the file and renames it into place. Called once, last.
  virtual void finish() = 0;
  /// What was written so far.
  [[nodiscard]] virtual const Counts& counts() const = 0;
  /// The file that it writes until `finish`; empty where it writes to no regular file.
  [[nodiscard]] virtual const std::filesystem::path& partial() const = 0;
  /// Of the file, as far as it is written.
  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
};

struct WriteOptions {
  Metadata metadata{};       ///< our own format only
  bool physical = false;     ///< every batch has physical addresses; our own format only
  bool touch_order = false;  ///< set_touch_order() will be called; our own format only
  int level = 3;             ///< zstd or xz level; traces meant to be kept use 19
};

enum class Format : std::uint8_t { kilburn, champsim };

[[nodiscard]] std::unique_ptr<Writer> create_trace(const std::filesystem::path& path, Format format,
                                                   const WriteOptions& options = {});

/// Throws InputError naming `file` and the first record whose address is not canonical under
/// `mode`. `first_record` is the number of the batch's first record.
void require_canonical(const Batch& batch, PagingMode mode, const std::string& file,
                       std::uint64_t first_record);

}  // namespace kilburn::trace
