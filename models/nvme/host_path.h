// The controller's way to host memory: page by page through the dual look-up tables.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dual_lut/lookup_tables.h"
#include "nvme/host.h"
#include "pcie/link.h"

namespace kilburn::nvme {

/// Requests as the function makes them.
class HostLink {
 public:
  virtual ~HostLink() = default;
  virtual pcie::Completion request(pcie::Request request, Cycles now) = 0;
  [[nodiscard]] virtual bool ats_enabled() const = 0;
};

struct HostPathStatistics {
  std::uint64_t translated = 0;
  std::uint64_t untranslated = 0;
  std::uint64_t faults = 0;
  std::uint64_t bypasses = 0;
  std::uint64_t pinned_pages = 0;
  Histogram lookup_cycles = Histogram::log2(24);
  void visit(StatisticVisitor& v) const;
  friend bool operator==(const HostPathStatistics&, const HostPathStatistics&) = default;
};

/// Modelled: with ATS each page is translated once and then accessed by its translated address;
/// without, a page's entry stands for itself, and each access goes out untranslated, so that what
/// translates behind the function is asked each time: nothing that is kept can be too old. Pages
/// for which there is no id go out untranslated. Time: the tables' hit, the request of a miss, and
/// the access; an answer's later users wait for it. Errors: HostReply.ok.
class HostPath final : public HostMemory {
 public:
  /// `cycle_ps`: picoseconds of a cycle.
  HostPath(const dual_lut::DualLutConfig& config, HostLink& link, std::uint64_t cycle_ps);

  HostReply read(HostQueue queue, IoVirtualAddress from, std::span<std::byte> to,
                 Nanoseconds now) override;
  HostReply write(HostQueue queue, IoVirtualAddress to, std::span<const std::byte> from,
                  Nanoseconds now) override;
  void begin_queue(HostQueue queue, IoVirtualAddress base, std::uint64_t bytes) override;
  void end_queue(HostQueue queue) override { tables_->delete_queue(queue.number()); }

  /// Pages from `first` on are translated otherwise from now on. It is acknowledged once
  /// `drained`, and not before `in_use_until`.
  [[nodiscard]] std::uint64_t invalidate(PageNumber first, PageNumber pages);
  [[nodiscard]] bool drained(std::uint64_t drain) const { return tables_->drained(drain); }
  [[nodiscard]] Cycles in_use_until() const { return in_use_until_; }
  void forget_all() { (void)invalidate(0, UINT64_MAX); }

  [[nodiscard]] const dual_lut::LookupTables& tables() const { return *tables_; }
  void visit(StatisticVisitor& v) const;

  [[nodiscard]] Cycles to_cycles(Nanoseconds ns) const {
    return (ns * 1000 + cycle_ps_ - 1) / cycle_ps_;
  }
  [[nodiscard]] Nanoseconds to_ns(Cycles cycles) const { return cycles * cycle_ps_ / 1000; }

 private:
  /// Of a page: how it is accessed.
  struct Page {
    bool ok = true;
    bool held = false;  ///< `id` is in use
    dual_lut::Id id = 0;
    PageNumber page = 0;
    bool translated = false;
  };
  HostReply access(HostQueue queue, IoVirtualAddress at, std::span<std::byte> data, bool write,
                   Nanoseconds now);
  /// Adds to `now` what it takes.
  [[nodiscard]] Page page_for(const dual_lut::Key& key, bool write, Cycles& now);
  /// False: nothing there may be accessed.
  [[nodiscard]] bool ask(const dual_lut::Key& key, dual_lut::Id id, bool write, Cycles& now,
                         bool& untranslated_only);

  dual_lut::DualLutConfig config_;
  std::unique_ptr<dual_lut::LookupTables> tables_;
  HostLink& link_;
  std::uint64_t cycle_ps_;
  Cycles hit_latency_;
  bool ats_ = false;
  std::vector<Cycles> there_at_;  ///< by id: when its answer came
  Cycles in_use_until_ = 0;
  HostPathStatistics statistics_;
};

}  // namespace kilburn::nvme
