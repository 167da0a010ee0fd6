#include "nvme/nvme_module.h"

#include <algorithm>
#include <bit>

namespace kilburn::nvme {

namespace {

pcie::FunctionShape shape_of(const NvmeConfig& config) {
  return {.identity = {.vendor = NVME_VENDOR,
                       .device = NVME_DEVICE,
                       .class_code = NVME_CLASS,
                       .revision = 1},
          .bars = {{.bytes = NVME_BAR_BYTES, .wide = true}},
          .pin = 1,
          .msix = {.vectors = config.vectors,
                   .bar = 0,
                   .table = NVME_MSIX_TABLE,
                   .pending = NVME_MSIX_PENDING},
          .ats = config.ats};
}

std::uint64_t picoseconds(const Clock& clock) {
  return clock.period().value() * 1000 / sc_core::sc_time(1, sc_core::SC_NS).value();
}

}  // namespace

NvmeModule::NvmeModule(const sc_core::sc_module_name& name, const NvmeConfig& config,
                       pcie::Link& link, pcie::RoutingId id, Clock clock)
    : sc_module(name),
      Function(shape_of(config), link, id),
      config_(config),
      clock_(clock),
      path_(config.dual_lut, *this, picoseconds(clock)),
      drive_(config),
      controller_(config, path_, *this, drive_.media()) {
  SC_THREAD(work);
}

Cycles NvmeModule::next_event() const {
  if (at_work_) return 0;
  const Nanoseconds next = controller_.next_event();
  return next == ftl::never ? Timebase::never : path_.to_cycles(next);
}

void NvmeModule::visit(StatisticVisitor& v) const {
  Function::visit(v);
  v.block("controller", controller_.statistics());
  v.block("dual_lut", path_);
  drive_.visit(v);
}

std::uint64_t NvmeModule::bar_read(pcie::BarPlace place, unsigned length, Cycles /*now*/) {
  return controller_.read(place.offset, length);
}

void NvmeModule::bar_write(pcie::BarPlace place, unsigned length, std::uint64_t value, Cycles now) {
  controller_.write(place.offset, length, value, path_.to_ns(now));
  wake(now);
}

void NvmeModule::reset(Cycles now) {
  controller_.reset_function(path_.to_ns(now));
  path_.forget_all();
  wake(now);
}

void NvmeModule::wake(Cycles now) {
  const sc_core::sc_time then = std::max(clock_.cycles(now), sc_core::sc_time_stamp());
  written_.notify(then - sc_core::sc_time_stamp());
}

void NvmeModule::work() {
  for (;;) {
    Cycles now = clock_.now(sc_core::SC_ZERO_TIME);
    Cycles next = now;
    at_work_ = true;
    do {
      now = std::max(now, next);
      controller_.advance(path_.to_ns(now));
      const Nanoseconds event = controller_.next_event();
      next = event == ftl::never ? Timebase::never : path_.to_cycles(event);
    } while (next <= now || undisturbed_until(next));
    at_work_ = false;
    if (next == Timebase::never) {
      wait(written_);
    } else {
      wait(clock_.cycles(next) - sc_core::sc_time_stamp(), written_);
    }
  }
}

bool NvmeModule::undisturbed_until(Cycles when) const {
  if (!runs_ahead_ || when == Timebase::never) return false;
  const sc_core::sc_simcontext* const kernel = sc_core::sc_get_curr_simcontext();
  return !sc_core::sc_pending_activity_at_current_time(kernel) &&
         clock_.cycles(when) - sc_core::sc_time_stamp() <
             sc_core::sc_time_to_pending_activity(kernel);
}

pcie::Completion NvmeModule::request(pcie::Request request, Cycles now) {
  const pcie::Completion completion = dma(request, now);
  if (drains_ > 0) access_ended_.notify(sc_core::SC_ZERO_TIME);
  return completion;
}

void NvmeModule::raise(unsigned vector, Nanoseconds now) {
  Function::raise(vector, path_.to_cycles(now));
}

/// Bit 11: more than a page, by the lowest zero above it. Source: PCI Express Base Specification
/// 5.0, chapter 10.2.3.2.
Cycles NvmeModule::invalidate(const dma::AtsPort::Invalidation& invalidation, Cycles now) {
  // No request of this function has a process.
  constexpr std::uint64_t global = 1;
  if (invalidation.pasid && (invalidation.payload & global) == 0) return 0;
  constexpr std::uint64_t several = 0x800;
  const PageNumber address = invalidation.payload >> page_shift;
  PageNumber first = address;
  PageNumber pages = 1;
  if ((invalidation.payload & several) != 0) {
    const int ones = std::countr_one(address);
    const bool all = ones >= 51;
    pages = all ? UINT64_MAX : PageNumber{2} << ones;
    first = all ? 0 : address & ~(pages - 1);
  }
  const std::uint64_t drain = path_.invalidate(first, pages);
  // An access takes microseconds. One that waits for whoever invalidates would wait for ever: it is
  // told as an acknowledgement that comes too late.
  const sc_core::sc_time patience(1, sc_core::SC_MS);
  const sc_core::sc_time end = sc_core::sc_time_stamp() + patience;
  ++drains_;
  while (!path_.drained(drain) && sc_core::sc_time_stamp() < end) {
    wait(end - sc_core::sc_time_stamp(), access_ended_);
  }
  --drains_;
  if (!path_.drained(drain)) return clock_.count(patience) * 1000;
  return std::max(path_.in_use_until(), now) - now;
}

}  // namespace kilburn::nvme
