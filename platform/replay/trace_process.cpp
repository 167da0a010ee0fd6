#include "platform/replay/trace_process.h"

#include <fmt/format.h>

#include "common/error.h"
#include "common/input_path.h"

namespace kilburn::platform {

namespace {

/// Before a FIFO is opened, which may wait for its writer.
const std::filesystem::path& checked(const std::filesystem::path& path, bool premap) {
  if (premap && !readable_again(path)) {
    throw InputError(fmt::format(
        "{}: os.premap reads a trace twice, to map its pages before it begins, and this "
        "is no file: write it to one, or give --set os.premap=false",
        input_name(path)));
  }
  return path;
}

}  // namespace

TraceProcess::TraceProcess(std::uint32_t number, std::filesystem::path path,
                           const PlatformConfig& config)
    : path_(std::move(path)),
      reader_(trace::open_trace(checked(path_, config.os.premap))),
      touch_order_(config.os.touch_order),
      memory_(number, config.os),
      has_guest_(config.os.guest),
      clock_(config.os.policy),
      host_clock_(config.os.host) {}

void TraceProcess::premap(OsServices& services, std::uint64_t limit,
                          const std::atomic<bool>* interrupt) {
  services.begin_setup();
  if (touch_order_ == TouchOrderOf::program) replay_touches(services, interrupt);
  std::uint64_t accesses = 0;
  while (accesses < limit) {
    if (at_ == batch_.records.size() && interrupt != nullptr &&
        interrupt->load(std::memory_order_relaxed))
      break;
    const trace::Record* record = next();
    if (record == nullptr) break;
    if (record->kind != trace::Kind::event) {
      touch(*record);
      ++accesses;
    } else if (const auto* e = std::get_if<trace::ContextSwitch>(&event(*record))) {
      memory_.switch_space(services, e->context.asid);
      touched_.fill(0);
    }
  }
  reader_ = trace::open_trace(path_);
  batch_ = {};
  at_ = 0;
  first_record_ = 0;
  memory_.switch_space(services, 0);
  services.end_setup();
}

/// What the program did to its pages before the first record.
void TraceProcess::replay_touches(OsServices& services, const std::atomic<bool>* interrupt) {
  for (const trace::PageChange& change : description().touch_order) {
    if (interrupt != nullptr && interrupt->load(std::memory_order_relaxed)) return;
    const Address va = change.first << page_shift;
    if (change.unmapped) {
      memory_.play(services, trace::Unmap{va, change.pages});
      continue;
    }
    const trace_os::Touch touch = memory_.space().map(va, change.pages);
    if (touch.outcome == trace_os::Outcome::kernel_half ||
        touch.outcome == trace_os::Outcome::non_canonical) {
      throw_unmappable(fmt::format("{}: first touches before record 0", description().file),
                       touch.vpn << page_shift, touch.outcome);
    }
  }
}

void TraceProcess::touch(const trace::Record& record) {
  const auto access = static_cast<Access>(record.kind);
  map_page(record.address, access);
  const Address last = record.address + record.size - 1;
  if ((last ^ record.address) >> page_shift != 0) map_page(last, access);
}

/// Most accesses go to pages that were touched a moment ago. A store counts apart, for it sets D.
void TraceProcess::map_page(Address va, Access access) {
  const PageNumber vpn = va >> page_shift;
  const std::uint64_t key = (vpn << 1 | (access == Access::store ? 1 : 0)) + 1;
  std::uint64_t& seen = touched_[key % touched_.size()];
  if (seen == key) return;
  seen = key;
  const trace_os::Touch touch = memory_.space().touch(va, access);
  if (touch.outcome == trace_os::Outcome::kernel_half ||
      touch.outcome == trace_os::Outcome::non_canonical) {
    throw_unmappable(va, touch.outcome);
  }
}

void TraceProcess::throw_unmappable(Address va, trace_os::Outcome outcome) const {
  throw_unmappable(fmt::format("{}: record {}", description().file, position() - 1), va, outcome);
}

void TraceProcess::throw_unmappable(const std::string& place, Address va,
                                    trace_os::Outcome outcome) const {
  const unsigned bits = virtual_bits(memory_.mode());
  const std::string where = fmt::format("{}: address {:#x}", place, va);
  if (outcome == trace_os::Outcome::non_canonical) {
    throw InputError(
        fmt::format("{} is not canonical for Sv{}{}", where, bits,
                    is_canonical(va, PagingMode::sv57) ? ": choose a larger os.mode" : ""));
  }
  throw InputError(
      fmt::format("{} lies in the kernel's half of Sv{}; a process has the lower {} bits", where,
                  bits, bits - 1));
}

bool TraceProcess::refill() {
  first_record_ += batch_.records.size();
  batch_ = reader_->next();
  at_ = 0;
  if (batch_.records.empty()) return false;
  trace::require_canonical(batch_, memory_.mode(), description().file, first_record_);
  return true;
}

}  // namespace kilburn::platform
