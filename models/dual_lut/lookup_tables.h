// Translation unit of a device's host interface: untranslated pages, by queue, to translated ones.
// Source: US 12,066,949 and US 12,602,321.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "common/statistics.h"
#include "common/types.h"
#include "dual_lut/dual_lut_config.h"

namespace kilburn::dual_lut {

/// What a request names: a page of untranslated addresses, as one queue sees it.
struct Key {
  std::uint32_t queue = 0;
  PageNumber page = 0;
  friend bool operator==(const Key&, const Key&) = default;
};

/// Of the row that holds a translation.
using Id = std::uint32_t;
/// Whoever waits for a translation, by a number of his own.
using Waiter = std::uint64_t;

enum class Outcome : std::uint8_t {
  hit,        ///< `page` may be used until `end_use`
  requested,  ///< a translation request, tagged with `id`, must be sent; the caller waits for it
  parked,     ///< one is under way: the caller waits for it
  stalled,    ///< no id, or no place: look up again later
  denied,     ///< a write through a read-only translation
};

struct LookUp {
  Outcome outcome = Outcome::stalled;
  Id id = 0;
  PageNumber page = 0;  ///< of a hit
};

/// Of a translation request.
struct Answer {
  bool ok = true;  ///< false: nothing is mapped, or nobody may ask
  PageNumber page = 0;
  bool readable = true;
  bool writable = true;
};

/// What becomes of an answer. `waiters` look up again (or give up, where the answer was not ok);
/// they stand there until the next call.
struct Completion {
  bool ask_again = false;  ///< an invalidation has overtaken it: send the request once more
  std::span<const Waiter> waiters{};
};

/// Pages [first, first + pages) of one queue, or of all.
struct Range {
  PageNumber first = 0;
  PageNumber pages = 1;
  bool of_queue = false;
  std::uint32_t queue = 0;
  [[nodiscard]] bool covers(const Key& key) const {
    return key.page - first < pages && (!of_queue || key.queue == queue);
  }
};

/// May be acknowledged once `drained(drain)`.
struct Invalidated {
  std::uint64_t drain = 0;
  std::uint32_t dropped = 0;  ///< translations that it names
};

/// Where the ids are. `free + used` is all of them.
struct Census {
  std::uint32_t free = 0;
  std::uint32_t used = 0;      ///< of which
  std::uint32_t pending = 0;   ///< wait for an answer
  std::uint32_t draining = 0;  ///< are named by nothing any more, and still in use
};

struct LookupStatistics {
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  std::uint64_t requests = 0;
  std::uint64_t parked = 0;
  std::uint64_t stalls = 0;
  std::uint64_t denied = 0;
  std::uint64_t evictions = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t invalidated = 0;
  std::uint64_t late = 0;
  void visit(StatisticVisitor& v) const;
  friend bool operator==(const LookupStatistics&, const LookupStatistics&) = default;
};

/// The same protocol for both designs. No time: `latency` of the configuration says what a hit
/// takes. Errors: none; an answer that nobody waits for is dropped.
class LookupTables {
 public:
  virtual ~LookupTables() = default;
  virtual LookUp look_up(const Key& key, bool write, Waiter waiter) = 0;
  /// The end of what a hit began.
  virtual void end_use(Id id) = 0;
  virtual Completion complete(Id id, const Answer& answer) = 0;
  /// Of a request that has not been answered: what it asks for. Changes where its queue is deleted.
  [[nodiscard]] virtual bool wanted(Id id) const = 0;

  virtual Invalidated invalidate(const Range& range) = 0;
  [[nodiscard]] virtual bool drained(std::uint64_t drain) const = 0;
  /// Whoever waits for its translations is told when they come; no look-up of it may follow before
  /// it is made again.
  virtual void delete_queue(std::uint32_t queue) = 0;
  /// From now on its translation is not evicted, until its queue is deleted. False: there is no
  /// place for it.
  virtual bool pin(const Key& key) = 0;

  [[nodiscard]] virtual Census census() const = 0;
  [[nodiscard]] const LookupStatistics& statistics() const { return statistics_; }

 protected:
  LookupStatistics statistics_;
};

[[nodiscard]] std::unique_ptr<LookupTables> make_tables(const DualLutConfig& config);

}  // namespace kilburn::dual_lut
