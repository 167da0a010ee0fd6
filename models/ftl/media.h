// What a host interface sees of a drive: requests with a tag, ends in order of time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace kilburn::ftl {

using Nanoseconds = std::uint64_t;  ///< since the drive was switched on
using NamespaceId = std::uint32_t;  ///< 1 and up; 0 is none
using Sector = std::uint64_t;       ///< of sector_bytes, from the start of its namespace
/// What the host interface keeps with a namespace. The media stores it as durably as the namespace
/// itself, and does not look into it.
enum class Attributes : std::uint32_t {
  at_first = 0,  ///< of the namespace that a new drive has
};

inline constexpr Nanoseconds never = UINT64_MAX;
inline constexpr unsigned sector_bytes = 512;
/// What one entry of the V2P table stands for.
inline constexpr unsigned unit_bytes = 4096;
inline constexpr unsigned unit_sectors = unit_bytes / sector_bytes;

enum class MediaStatus : std::uint8_t {
  success,
  unknown_namespace,
  out_of_range,      ///< sectors beyond the namespace's size, also where it was shrunk under way
  no_space,          ///< not enough free indices for a namespace or its growth
  no_identifier,     ///< as many namespaces as there may be
  busy,              ///< a resize is under way
  write_fault,       ///< no block is left that can be programmed
  unrecovered_read,  ///< the bytes are lost
  deallocated,       ///< of Kind::check_mapped
};

struct Request {
  enum class Kind : std::uint8_t {
    read,
    write,
    write_zeroes,
    deallocate,
    flush,         ///< all writes that have ended are durable then; `sectors` is not looked at
    check_mapped,  ///< ends at once with `deallocated` where any sector holds nothing
  };
  Kind kind = Kind::read;
  bool durable = false;  ///< force unit access: ends when it is in flash
  NamespaceId space = 0;
  Sector first = 0;
  std::uint64_t sectors = 0;
  std::uint64_t tag = 0;                 ///< comes back with its end
  std::span<const std::byte> data = {};  ///< of a write; copied before `submit` returns
};

/// Told by `advance`, in order of time.
class MediaSink {
 public:
  virtual ~MediaSink() = default;
  /// Bytes of a read, from `offset` of its data. They stand there during the call only. What
  /// holds nothing reads as zeros, also handed over.
  virtual void bytes(std::uint64_t tag, std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  /// `failed`: of an error, the first sector that meets it.
  virtual void ended(std::uint64_t tag, MediaStatus status, Sector failed, Nanoseconds when) = 0;
};

struct NamespaceInfo {
  NamespaceId id = 0;
  std::uint64_t sectors = 0;  ///< its size: all of it may be written
  std::uint64_t mapped = 0;   ///< sectors that hold something
  Attributes attributes{};
};

/// Wear and health, as SMART tells them.
struct MediaHealth {
  std::uint64_t host_sectors_read = 0;
  std::uint64_t host_sectors_written = 0;
  std::uint64_t media_errors = 0;
  unsigned available_spare = 100;  ///< percent of the spare blocks that are left
  unsigned percentage_used = 0;    ///< of the erase cycles that blocks endure; may pass 100
  bool read_only = false;          ///< no spare block is left
};

class Media {
 public:
  virtual ~Media() = default;

  /// A request that cannot be right (range, namespace) ends by `advance`, too.
  virtual void submit(const Request& request, Nanoseconds now) = 0;
  /// The time before which `advance` has nothing to tell; `never` where nothing is under way.
  [[nodiscard]] virtual Nanoseconds next_event() const = 0;
  /// Works off all that is due. `now` never goes back.
  virtual void advance(Nanoseconds now, MediaSink& sink) = 0;
  /// Takes back a request that has not begun; false: it has, and will end.
  [[nodiscard]] virtual bool cancel(std::uint64_t tag) = 0;

  /// Ends by `advance` with `tag`: whole or with both tables as before. Sizes are in sectors,
  /// multiples of unit_sectors. I/O goes on meanwhile.
  virtual void resize(NamespaceId space, std::uint64_t sectors, std::uint64_t tag,
                      Nanoseconds now) = 0;
  /// The same; the new id is the lowest that is free, and is told by `namespaces`.
  struct Created {
    MediaStatus status = MediaStatus::success;
    NamespaceId id = 0;
  };
  [[nodiscard]] virtual Created create(std::uint64_t sectors, Attributes attributes,
                                       Nanoseconds now) = 0;
  /// What it held is gone when this returns success and the next flush has ended.
  [[nodiscard]] virtual MediaStatus remove(NamespaceId space, Nanoseconds now) = 0;
  /// Everything in it reads as deallocated from now on, and its attributes are those: both or none.
  [[nodiscard]] virtual MediaStatus format(NamespaceId space, Attributes attributes,
                                           Nanoseconds now) = 0;
  /// Durable when this returns success; otherwise they are as before.
  [[nodiscard]] virtual MediaStatus set_attributes(NamespaceId space, Attributes attributes,
                                                   Nanoseconds now) = 0;

  [[nodiscard]] virtual std::optional<NamespaceInfo> info(NamespaceId space) const = 0;
  /// By id, ascending.
  [[nodiscard]] virtual std::vector<NamespaceId> namespaces() const = 0;
  [[nodiscard]] virtual unsigned most_namespaces() const = 0;
  [[nodiscard]] virtual std::uint64_t capacity() const = 0;     ///< sectors, of all namespaces
  [[nodiscard]] virtual std::uint64_t unallocated() const = 0;  ///< sectors that none has

  /// Volatile write cache on (a write ends when it is buffered) or off.
  virtual void set_write_cache(bool on) = 0;
  [[nodiscard]] virtual MediaHealth health() const = 0;
};

}  // namespace kilburn::ftl
