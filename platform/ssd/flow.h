// Requests of one source: through queues of its own, as many at a time as they hold.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/statistics.h"
#include "platform/ssd/latency_histogram.h"
#include "platform/ssd/ledger.h"
#include "platform/ssd/queue_pair.h"
#include "platform/ssd/request.h"

namespace kilburn::ssd {

struct FlowStatistics {
  std::uint64_t flushes = 0;
  std::uint64_t deallocations = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t errors = 0;
  Nanoseconds began = 0;  ///< its first request
  Nanoseconds ended = 0;  ///< its last
  LatencyHistogram reads;
  LatencyHistogram writes;
  LatencyHistogram during_resizes;  ///< of reads and writes that ended while one was under way

  [[nodiscard]] std::uint64_t requests() const { return reads.count() + writes.count(); }
  [[nodiscard]] double seconds() const { return static_cast<double>(ended - began) * 1e-9; }
  void visit(StatisticVisitor& v) const;
};

/// Time: a request's latency is from its doorbell (where it is paced: from when it was due) to the
/// host's look at its completion.
class Flow {
 public:
  /// A namespace that it reads and writes.
  struct Target {
    std::uint32_t name_space = 1;
    std::uint64_t block_sectors = 1;  ///< of a logical block
    Ledger* ledger = nullptr;         ///< null: nothing is verified
  };
  struct Shape {
    std::string name{};
    std::vector<Target> targets{};      ///< that requests name by their place
    std::uint64_t buffer_bytes = 4096;  ///< of a command; what is larger is several
    std::uint32_t queues = 1;
    std::uint32_t depth = 32;
    bool paced = false;
    std::uint16_t first_queue = 1;  ///< id
  };
  Flow(Shape shape, std::unique_ptr<RequestSource> source, HostMemory& memory);

  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] std::vector<QueuePair>& queues() { return queues_; }
  /// Puts the commands of what there is room for into queues; bit n of the result: queue n has
  /// some.
  std::uint64_t start(Nanoseconds now);
  /// A command of queue `queue` has ended. `resizing`: a resize is under way.
  void ended(std::size_t queue, const CommandEnd& end, Nanoseconds now, bool resizing);
  /// The namespace, which need not be one of its own, has another size.
  void resized(std::uint32_t name_space, std::uint64_t sectors);
  /// Nothing is under way, and nothing comes any more.
  [[nodiscard]] bool finished() const { return source_ended_ && jobs_under_way_ == 0; }
  /// Asks for no more requests.
  void stop();
  /// When the next paced request comes; nvme's `never` where none is waited for.
  [[nodiscard]] Nanoseconds next_due() const { return next_due_; }
  [[nodiscard]] const FlowStatistics& statistics() const { return statistics_; }

 private:
  struct Job {
    Request request;
    Nanoseconds started = 0;
    std::uint64_t number = 0;  ///< in the ledger
    std::uint32_t parts = 0;   ///< that have not ended
    bool ok = true;
  };
  /// What one command moves.
  struct Part {
    std::uint32_t job = 0;
    std::uint64_t first = 0;
    std::uint64_t sectors = 0;
  };
  struct Slot {
    Part part;
    IoVirtualAddress buffer{};
    IoVirtualAddress list{};  ///< PRP list of its pages from the second on
  };

  [[nodiscard]] const Target& target_of(const Job& job) const {
    return shape_.targets[job.request.target];
  }
  [[nodiscard]] bool take_request(Nanoseconds now);
  void split(std::uint32_t index);
  [[nodiscard]] Command command_of(std::uint16_t id, const Slot& slot);
  void end_job(Job& job, Nanoseconds now, bool resizing);
  /// Of the slot's buffer, page by page.
  template <class Visit>
  void for_pages(const Slot& slot, Visit visit) const;

  Shape shape_;
  std::unique_ptr<RequestSource> source_;
  HostMemory& memory_;
  std::vector<QueuePair> queues_;
  std::vector<Slot> slots_;                             ///< by queue, then id
  std::vector<std::vector<std::uint16_t>> free_slots_;  ///< by queue
  std::size_t next_queue_ = 0;
  std::vector<Job> jobs_;
  std::vector<std::uint32_t> free_jobs_;
  std::uint32_t jobs_under_way_ = 0;
  std::deque<Part> parts_;  ///< of jobs that have begun, without a slot
  std::optional<Request> held_;
  bool flushing_ = false;
  bool source_ended_ = false;
  Nanoseconds next_due_ = ftl::never;
  FlowStatistics statistics_;
};

}  // namespace kilburn::ssd
