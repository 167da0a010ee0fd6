// Units that hold nothing any more.
#include <algorithm>
#include <array>

#include "ftl/ftl.h"

namespace kilburn::ftl {

void Ftl::start_deallocation(std::uint32_t index) {
  PendingRequest& request = requests_[index];
  ++core_.statistics.deallocations;
  if (core_.read_only()) {
    refuse(index, MediaStatus::write_fault, request.first);
    return;
  }
  if (request.kind == Request::Kind::write_zeroes) {
    if (!waiting_.empty() || !write_zeroes(index)) {
      ++core_.statistics.buffer_stalls;
      waiting_.push_back(index);
    }
    pack();
    return;
  }
  deallocate_inner(index);
}

/// Whole units of the request's range. A durable one ends with the flush that covers its edges,
/// too.
void Ftl::deallocate_inner(std::uint32_t index) {
  const PendingRequest& request = requests_[index];
  const std::uint64_t first = (request.first + unit_sectors - 1) / unit_sectors;
  const std::uint64_t last = (request.first + request.sectors) / unit_sectors;
  bool good = true;
  if (first < last) {
    count_lookups(last - first);
    good = deallocate(request.space, static_cast<Unit>(first), static_cast<Unit>(last - first));
  }
  if (good && request.durable) good = journal_.flush();
  if (!good) {
    refuse(index, MediaStatus::write_fault, request.first);
  } else if (request.durable) {
    wait_for_flush(index);
  } else {
    end(index);
  }
}

bool Ftl::write_zeroes(std::uint32_t index) {
  static constexpr std::array<std::byte, unit_bytes> zeros{};
  PendingRequest& request = requests_[index];
  const auto fail = [&](MediaStatus status, Sector failed) {
    request.status = status;
    request.failed = failed;
    end(index);
    return true;
  };
  if (core_.read_only()) return fail(MediaStatus::write_fault, request.first);
  if (incarnations_[request.space] != request.incarnation) {
    return fail(MediaStatus::unknown_namespace, request.first);
  }
  Sector failed = 0;
  const MediaStatus status = check_range(request, failed);
  if (status != MediaStatus::success) return fail(status, failed);
  // First what covers a unit in part, at both ends: `admitted` counts them.
  const std::uint64_t end_sector = request.first + request.sectors;
  for (; request.admitted < 2; ++request.admitted) {
    const bool head = request.admitted == 0;
    const Sector edge = head ? request.first : end_sector;
    const auto unit = static_cast<Unit>(edge / unit_sectors);
    const Sector begin = std::max(request.first, std::uint64_t{unit} * unit_sectors);
    const Sector finish = std::min(end_sector, (std::uint64_t{unit} + 1) * unit_sectors);
    const bool whole_or_none = edge % unit_sectors == 0 || finish <= begin;
    const bool told_already =
        !head && unit == request.first / unit_sectors && request.first % unit_sectors != 0;
    if (whole_or_none || told_already || !core_.map.at(request.space, unit).mapped()) continue;
    const std::uint64_t bytes = (finish - begin) * sector_bytes;
    const Admitted admitted =
        admit_unit({.space = request.space}, unit,
                   static_cast<std::uint32_t>(begin % unit_sectors) * sector_bytes,
                   std::span(zeros).first(bytes));
    if (admitted == Admitted::full) return false;
    if (admitted == Admitted::unreadable) return fail(MediaStatus::unrecovered_read, begin);
  }
  deallocate_inner(index);
  return true;
}

bool Ftl::deallocate(NamespaceId space, Unit first, Unit count) {
  bool any = false;
  for (Unit unit = first; unit < first + count; ++unit) {
    if (!core_.map.at(space, unit).mapped()) continue;
    drop_unit(space, unit);
    any = true;
  }
  return !any || journal_.append(Record::Kind::deallocate, space, first, count);
}

void Ftl::drop_unit(NamespaceId space, Unit unit) {
  const Entry entry = core_.map.at(space, unit);
  ++core_.statistics.units_deallocated;
  core_.map.set(space, unit, Entry{});
  if (entry.flashed()) {
    core_.blocks.drop_valid(entry.frame());
    return;
  }
  Slot& slot = core_.buffer[entry.slot()];
  if (slot.flash.mapped()) core_.blocks.drop_valid(slot.flash.frame());
  switch (slot.state) {
    case Slot::State::dirty:
      release_waiters(slot);
      core_.epochs.done(slot.epoch);
      core_.buffer.drop_dirty(entry.slot());
      end_flushes();
      break;
    case Slot::State::filling:
      release_waiters(slot);
      core_.epochs.done(slot.epoch);
      slot.dropped = true;
      end_flushes();
      break;
    case Slot::State::programming:
      slot.dropped = true;
      break;
    case Slot::State::free:
      break;
  }
}

}  // namespace kilburn::ftl
