#include "nvme/host_path.h"

#include <algorithm>

namespace kilburn::nvme {

using dual_lut::Outcome;

void HostPathStatistics::visit(StatisticVisitor& v) const {
  v.counter("translated", translated, "accesses", "to a page by its translated address");
  v.counter("untranslated", untranslated, "accesses", "to a page by its untranslated address");
  v.counter("faults", faults, "accesses", "refused on the way, or by memory");
  v.counter("bypasses", bypasses, "accesses", "that found no id and went out untranslated");
  v.counter("pinned_pages", pinned_pages, "pages", "of queues, that stay while their queue does");
  v.histogram("lookup_cycles", lookup_cycles, "cycles", "until a page's translation was there");
}

HostPath::HostPath(const dual_lut::DualLutConfig& config, HostLink& link, std::uint64_t cycle_ps)
    : config_(config),
      tables_(make_tables(config)),
      link_(link),
      cycle_ps_(cycle_ps),
      hit_latency_(hit_latency(config)),
      there_at_(config.tlut_entries) {}

void HostPath::visit(StatisticVisitor& v) const {
  tables_->statistics().visit(v);
  statistics_.visit(v);
  const dual_lut::Cost cost = dual_lut::cost(config_);
  v.counter("address_bits", cost.address_bits, "bits", "of addresses, that are stored");
  v.counter("bits", cost.bits, "bits", "that are stored");
  v.counter("wires", cost.wires, "wires", "between the two control circuits");
}

HostReply HostPath::read(HostQueue queue, IoVirtualAddress from, std::span<std::byte> to,
                         Nanoseconds now) {
  return access(queue, from, to, false, now);
}

HostReply HostPath::write(HostQueue queue, IoVirtualAddress to, std::span<const std::byte> from,
                          Nanoseconds now) {
  // A request has one span for both directions; of a write nobody changes what it points at.
  auto* const data = const_cast<std::byte*>(from.data());  // NOLINT(*-const-cast)
  return access(queue, to, {data, from.size()}, true, now);
}

HostReply HostPath::access(HostQueue queue, IoVirtualAddress at, std::span<std::byte> data,
                           bool write, Nanoseconds now) {
  if (link_.ats_enabled() != ats_) {
    ats_ = !ats_;
    forget_all();
  }
  const Cycles start = to_cycles(now);
  Cycles end = start;
  bool ok = true;
  while (!data.empty() && ok) {
    const auto part = data.first(std::min(data.size(), page_bytes - offset_in_page(at)));
    Cycles then = start;
    const Page page = page_for({queue.number(), page_of(at)}, write, then);
    statistics_.lookup_cycles.add(then - start);
    ok = page.ok;
    if (ok) {
      ++(page.translated ? statistics_.translated : statistics_.untranslated);
      const IoVirtualAddress place =
          page.translated ? IoVirtualAddress((page.page << page_shift) + offset_in_page(at)) : at;
      const pcie::Completion completion =
          link_.request({.type = page.translated ? pcie::AddressType::translated
                                                 : pcie::AddressType::untranslated,
                         .address = place,
                         .write = write,
                         .data = part},
                        then);
      ok = completion.ok();
      then += completion.latency;
    }
    in_use_until_ = std::max(in_use_until_, then);
    if (page.held) tables_->end_use(page.id);
    end = std::max(end, then);
    data = data.subspan(part.size());
    at = at + part.size();
  }
  if (!ok) ++statistics_.faults;
  return {ok, to_ns(end - start)};
}

HostPath::Page HostPath::page_for(const dual_lut::Key& key, bool write, Cycles& now) {
  for (;;) {
    const dual_lut::LookUp found = tables_->look_up(key, write, 0);
    now += hit_latency_;
    switch (found.outcome) {
      case Outcome::hit:
        now = std::max(now, there_at_[found.id]);
        return {.held = true, .id = found.id, .page = found.page, .translated = ats_};
      case Outcome::denied:
        return {.ok = false};
      case Outcome::requested: {
        bool untranslated_only = false;
        if (!ask(key, found.id, write, now, untranslated_only)) return {.ok = false};
        if (untranslated_only) return {};
        break;
      }
      default:
        // Nobody else asks meanwhile, so that waiting would be for ever.
        ++statistics_.bypasses;
        return {};
    }
  }
}

bool HostPath::ask(const dual_lut::Key& key, dual_lut::Id id, bool write, Cycles& now,
                   bool& untranslated_only) {
  for (;;) {
    dual_lut::Answer answer{.page = key.page};
    if (ats_) {
      const pcie::Completion completion =
          link_.request({.type = pcie::AddressType::translation_request,
                         .address = IoVirtualAddress(key.page << page_shift),
                         .write = write},
                        now);
      now += completion.latency;
      const pcie::AtsTranslation& got = completion.translation;
      // Nobody translates, or this page is not to be accessed so.
      untranslated_only = !completion.ok() || got.untranslated_only;
      const std::uint64_t within = (key.page << page_shift) & (got.bytes - 1);
      answer = {.ok = !untranslated_only && (got.readable || got.writable),
                .page = page_of(got.address + within),
                .readable = got.readable,
                .writable = got.writable};
    }
    const bool wanted = tables_->wanted(id);
    const dual_lut::Completion done = tables_->complete(id, answer);
    if (done.ask_again) continue;
    there_at_[id] = now;
    return wanted && (answer.ok || untranslated_only);
  }
}

void HostPath::begin_queue(HostQueue queue, IoVirtualAddress base, std::uint64_t bytes) {
  const PageNumber first = page_of(base);
  const PageNumber end = page_of(base + (bytes + page_bytes - 1));
  // Half of the ids stay for data, however large queues are.
  for (PageNumber page = first; page < end; ++page) {
    if (statistics_.pinned_pages >= config_.tlut_entries / 2) return;
    if (tables_->pin({queue.number(), page})) ++statistics_.pinned_pages;
  }
}

std::uint64_t HostPath::invalidate(PageNumber first, PageNumber pages) {
  return tables_->invalidate({.first = first, .pages = pages}).drain;
}

}  // namespace kilburn::nvme
