// When operations of NAND flash end: dies that do one thing at a time, and the channels that they
// share.
#pragma once

#include <cstdint>
#include <vector>

#include "nand/event_heap.h"
#include "nand/geometry.h"
#include "nand/timing_config.h"
#include "nand/timing_statistics.h"

namespace kilburn::nand {

struct Operation {
  enum class Kind : std::uint8_t { read, program, erase };
  Kind kind = Kind::read;
  bool background = false;  ///< gives way to the host's
  DieId die{};
  std::uint32_t plane = 0;  ///< of the die
  std::uint32_t page = 0;   ///< of its block: planes work together on the same one only
  std::uint32_t bytes = 0;  ///< to be transferred
  std::uint32_t user = 0;   ///< comes back with its end
};

class OperationSink {
 public:
  virtual ~OperationSink() = default;
  /// May submit more.
  virtual void finished(std::uint32_t user, Nanoseconds when) = 0;
};

/// Modelled: a die's queue, the host's operations before those of the background, which are served
/// after `host_burst` of them; a die's register, held from the sensing of a page to the end of its
/// transfer, and from the begin of a transfer to the end of the program; the channel's bus, which
/// carries one transfer at a time in the order in which they are ready; operations on several
/// planes; cache registers. Not modelled: status polling, suspended programs, power limits.
/// Time: nanoseconds. Work is done for each operation, never for time that passes; in steady state
/// nothing is allocated. Errors: none.
class Timing {
 public:
  Timing(const TimingConfig& config, const Geometry& geometry);

  /// `now` is not before the time of the last `run_until`.
  void submit(const Operation& operation, Nanoseconds now);
  /// Everything up to and at `now`; ends are told in order of time.
  void run_until(Nanoseconds now, OperationSink& sink);
  /// No operation ends before that; UINT64_MAX where there is none.
  [[nodiscard]] Nanoseconds earliest_end() const;
  /// Of the next thing that happens within.
  [[nodiscard]] Nanoseconds next_event() const { return std::min(ends_.when(), within_.when()); }
  [[nodiscard]] std::uint32_t under_way() const { return under_way_; }

  [[nodiscard]] TimingStatistics statistics() const;

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  struct Node {
    Operation operation;
    Nanoseconds since = 0;  ///< when it began to wait for what it waits for
    std::uint32_t next = none;
  };
  struct Fifo {
    std::uint32_t head = none;
    std::uint32_t tail = none;
    [[nodiscard]] bool empty() const { return head == none; }
  };
  /// Operations of one kind on different planes.
  struct Batch {
    Fifo nodes;
    std::uint32_t left = 0;  ///< whose transfer has not ended
  };
  struct Die {
    Fifo host;
    Fifo background;
    std::uint32_t burst = 0;  ///< of the host since one of the background waits
    bool cells_busy = false;  ///< sensing, programming or erasing
    Operation::Kind kind{};   ///< of the batch in the cells
    Batch cells;              ///< at work
    Batch sensed;             ///< whose transfer out waits for that of `out`
    Batch in;                 ///< being transferred to the die
    Batch loaded;             ///< whose program waits for the cells
    Batch out;                ///< being transferred from the die
    Nanoseconds busy_since = 0;
    bool busy = false;
  };
  struct Channel {
    Fifo host;
    Fifo background;
    bool busy = false;
    std::uint32_t node = none;  ///< being transferred
  };

  void append(Fifo& fifo, std::uint32_t node) {
    nodes_[node].next = none;
    (fifo.empty() ? fifo.head : nodes_[fifo.tail].next) = node;
    fifo.tail = node;
  }
  std::uint32_t take(Fifo& fifo) {
    const std::uint32_t node = fifo.head;
    fifo.head = nodes_[node].next;
    return node;
  }
  void wake(std::uint32_t index, Nanoseconds now);
  [[nodiscard]] bool may_begin(const Die& die, Operation::Kind kind) const;
  [[nodiscard]] Fifo* next_queue(Die& die) const;
  [[nodiscard]] Batch take_batch(std::uint32_t index, Die& die, Fifo& queue, Nanoseconds now);
  void start_cells(std::uint32_t index, const Batch& batch, Operation::Kind kind, Nanoseconds now);
  void cells_done(std::uint32_t index, Nanoseconds now, OperationSink& sink);
  void queue_transfers(const Batch& batch, std::uint32_t die, Nanoseconds now);
  void start_transfer(std::uint32_t index, Nanoseconds now);
  void transfer_done(std::uint32_t index, Nanoseconds now, OperationSink& sink);
  void finish(std::uint32_t node, Nanoseconds now, OperationSink& sink);
  void count_busy(std::uint32_t index, Nanoseconds now);

  TimingConfig config_;
  Geometry geometry_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> free_;
  std::vector<Die> dies_;
  std::vector<Channel> channels_;
  std::vector<std::uint32_t> channel_of_;  ///< by die
  EventHeap ends_;    ///< dies, then channels, whose next event ends operations
  EventHeap within_;  ///< the others
  std::uint32_t order_ = 0;
  std::uint32_t under_way_ = 0;
  Nanoseconds shortest_transfer_ = UINT64_MAX;
  TimingStatistics statistics_;
};

}  // namespace kilburn::nand
