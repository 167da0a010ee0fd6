// Fuse and shatter.
#include "rmu/rmu.h"

namespace kilburn::rmu {

/// Reads the entries of the group to be and compares them with the first. The first entry that
/// does not fit decides the status.
Rmu::Compared Rmu::compare_members(Run& run, Granule first) {
  const Granule end = first + (Granule{1} << run.command.order);
  const PageNumber pages = PageNumber{1} << config_.granule_order();
  Entry head;
  OwnershipTable::Line line;
  for (Granule granule = first; granule < end; ++granule) {
    if (granule == first || granule % line_entries == 0) {
      line = table_.read_line(granule, run.now);
      run.now += line.latency;
      if (!line.ok) return {Status::memory_error};
    }
    const Entry& entry = line.entries[granule % line_entries];
    if (granule == first) head = entry;
    if (entry.order != 0) return {Status::is_member};
    if (entry.busy) return {Status::busy};
    if (entry.state != State::valid || entry.sharing == Sharing::shared_read_only) {
      return {Status::state_mismatch};
    }
    if (entry.owner != head.owner) return {Status::owner_mismatch};
    if (entry.sharing != head.sharing || entry.data_only != head.data_only) {
      return {Status::state_mismatch};
    }
    const PageNumber expected = head.mapped + (granule - first) * pages;
    if (entry.mapped_any != head.mapped_any || (!head.mapped_any && entry.mapped != expected)) {
      return {Status::not_contiguous};
    }
  }
  return {Status::ok, head};
}

Status Rmu::fuse(Run& run) {
  const unsigned order = run.command.order;
  if (order == 0 || order > config_.max_order) return Status::bad_order;
  const Target target = find_target(run);
  if (target.status != Status::ok) return target.status;
  const Granule granules = Granule{1} << order;
  if (target.granule % granules != 0) return Status::misaligned;
  if (target.granule + granules > config_.granules()) return Status::out_of_range;
  const Governing& found = target.governing;
  if (found.entry.order != 0) {
    const bool same = found.head == target.granule && found.entry.order == order;
    return same ? Status::ok : Status::is_member;
  }

  const Compared compared = compare_members(run, target.granule);
  if (compared.status != Status::ok) return compared.status;
  Entry after = compared.head;
  after.order = static_cast<std::uint8_t>(order);
  table_.count_group(order);
  const auto written = table_.swap_rights(target.granule, compared.head, after, run.now);
  run.now += written.latency;
  if (!written.ok) {
    table_.discount_group(order);
    return Status::memory_error;
  }
  ++statistics_.fuses;
  statistics_.fused_order.add(order);
  return Status::ok;
}

/// Makes each member's entry what the head's says of it. Those that lay undisturbed since the fuse
/// are right already, and only read.
Status Rmu::restore_members(Run& run, const Governing& group) {
  const PageNumber pages = PageNumber{1} << config_.granule_order();
  const Granule end = group.head + (Granule{1} << group.entry.order);
  OwnershipTable::Line line;
  for (Granule granule = group.head; granule < end; ++granule) {
    if (granule == group.head || granule % line_entries == 0) {
      line = table_.read_line(granule, run.now);
      run.now += line.latency;
      if (!line.ok) return Status::memory_error;
    }
    if (granule == group.head) continue;
    Entry restored = group.entry;
    restored.order = 0;
    if (!restored.mapped_any) restored.mapped += (granule - group.head) * pages;
    if (line.entries[granule % line_entries] == restored) continue;
    const auto written = table_.write_dormant(granule, restored, run.now);
    run.now += written.latency;
    if (!written.ok) return Status::memory_error;
  }
  return Status::ok;
}

Status Rmu::shatter(Run& run) {
  const Target target = find_target(run);
  if (target.status != Status::ok) return target.status;
  const Governing& group = target.governing;
  const Entry& before = group.entry;
  if (before.order == 0) return Status::not_fused;
  const bool owner = has_owner(before) && run.command.issuer.realm == before.owner;
  if (!owner && !is_root(run.command.issuer)) return Status::denied;

  if (const Status status = claim(run, group); status != Status::ok) return status;
  Status status = Status::ok;
  if (reachable(before) && !invalidate(run, frames_of(group))) status = Status::timeout;
  if (status == Status::ok) status = restore_members(run, group);
  Entry after = before;
  if (status == Status::ok) after.order = 0;
  // The group's granules change from one entry to many: the realm owns as many as before.
  const auto written = table_.swap_rights(group.head, busied(before), after, run.now);
  run.now += written.latency;
  if (!written.ok) return Status::memory_error;
  if (status != Status::ok) return status;
  table_.discount_group(before.order);
  ++statistics_.shatters;
  return Status::ok;
}

}  // namespace kilburn::rmu
