#include <algorithm>

#include "rmu/rmu.h"

namespace kilburn::rmu {

CommandResult Rmu::execute(const Command& command, Cycles now, Invalidator& invalidator) {
  const std::string_view name = to_string(command.code);
  auto& counted = statistics_.commands[name == "other" ? 0 : static_cast<unsigned>(command.code)];
  if (running_) {
    ++counted[RMU_STATUS_BUSY];
    CommandResult refused;
    refused.status = Status::busy;
    return refused;
  }
  /// Free again, however the command ends: an Invalidator may be unwound by the end of simulation.
  struct Running {
    Rmu& rmu;
    ~Running() {
      rmu.running_ = false;
      rmu.claim_.reset();
      rmu.dying_.reset();
    }
  } const guard{*this};
  running_ = true;

  Run run{command, invalidator, now + config_.command_cycles};
  run.result.status = dispatch(run);
  run.result.cycles = run.now - now;
  ++counted[static_cast<unsigned>(run.result.status)];
  statistics_.command_cycles.add(run.result.cycles);
  if (run.result.status == Status::ok) {
    if (command.code == CommandCode::fuse) statistics_.fuse_cycles.add(run.result.cycles);
    if (command.code == CommandCode::shatter) statistics_.shatter_cycles.add(run.result.cycles);
  }
  return run.result;
}

Status Rmu::dispatch(Run& run) {
  const Issuer& issuer = run.command.issuer;
  if (!config_.enabled || (!issuer.machine && !alive(issuer.realm))) return Status::denied;
  switch (run.command.code) {
    case CommandCode::create_realm:
      return create_realm(run);
    case CommandCode::destroy_realm:
      return destroy_realm(run);
    case CommandCode::set_owner:
      return set_owner(run);
    case CommandCode::share:
      return share(run, run.command.sharing);
    case CommandCode::unshare:
      return share(run, Sharing::exclusive);
    case CommandCode::scrub:
      return scrub(run);
    case CommandCode::fuse:
      return fuse(run);
    case CommandCode::shatter:
      return shatter(run);
    case CommandCode::query:
      return query(run);
  }
  return Status::bad_command;
}

// Realms.

Status Rmu::create_realm(Run& run) {
  const std::uint32_t id = run.command.realm;
  if (!is_root(run.command.issuer)) return Status::denied;
  if (id >= realms_.size()) return Status::out_of_range;
  Realm& realm = realms_[id];
  // A new realm must not inherit what an old one of the same number still owns.
  if (realm.alive || realm.granules != 0) return Status::state_mismatch;
  realm.alive = true;
  return Status::ok;
}

Status Rmu::destroy_realm(Run& run) {
  const std::uint32_t id = run.command.realm;
  if (!is_root(run.command.issuer)) return Status::denied;
  if (id >= realms_.size()) return Status::out_of_range;
  if (id == 0 || !realms_[id].alive) return Status::state_mismatch;
  const auto realm = static_cast<std::uint16_t>(id);
  dying_ = realm;
  Invalidation all_of_it{.operation = Invalidation::Operation::by_realm};
  all_of_it.context.realm = realm;
  if (!invalidate(run, all_of_it)) return Status::timeout;
  realms_[id].alive = false;
  return Status::ok;
}

// Targets.

Rmu::Target Rmu::find_target(Run& run) {
  const Address offset = run.command.target - config_.memory_base;
  if (offset >= config_.memory_bytes) return {Status::out_of_range};
  const Granule granule = offset >> config_.granule_shift;
  if (address_of(granule) != run.command.target) return {Status::misaligned};
  if (overlaps_table(run.command.target, std::uint64_t{1} << config_.granule_shift)) {
    return {Status::denied};
  }
  const OwnershipTable::Located found = table_.locate(granule, run.now);
  run.now += found.latency;
  if (!found.ok) return {Status::memory_error};
  return {Status::ok, granule, found.governing};
}

/// The target of a command on one granule (order 0) or on all of one group.
Rmu::Target Rmu::find_governed(Run& run) {
  const unsigned order = run.command.order;
  if (order > config_.max_order) return {Status::bad_order};
  Target target = find_target(run);
  if (target.status != Status::ok) return target;
  const Governing& found = target.governing;
  if (order == 0 && found.entry.order != 0) {
    target.status = Status::is_member;
  } else if (order != found.entry.order) {
    target.status = Status::not_fused;
  } else if (target.granule != found.head) {
    target.status = Status::misaligned;
  }
  return target;
}

// Changes to one entry.

Invalidation Rmu::frames_of(const Governing& governing) const {
  return {.operation = Invalidation::Operation::by_frame,
          .pfn = address_of(governing.head) >> page_shift,
          .pages = PageNumber{1} << (governing.entry.order + config_.granule_order()),
          // No walker has read a table there, so no cache of descriptors has one from there.
          .last_level = governing.entry.data_only};
}

bool Rmu::invalidate(Run& run, const Invalidation& invalidation) {
  InvalidateResult result = run.invalidator.invalidate(invalidation, run.now);
  run.now += result.cycles;
  ++statistics_.invalidations;
  statistics_.invalidation_cycles += result.cycles;
  statistics_.invalidation_timeouts += result.ok ? 0 : 1;
  run.result.missing = std::move(result.missing);
  return result.ok;
}

bool Rmu::reachable(const Entry& entry) const {
  return entry.state == State::valid ||
         (entry.state == State::invalid && config_.unowned == Unowned::realm_0);
}

/// Sets the entry busy: checks go on seeing it as it was.
Status Rmu::claim(Run& run, const Governing& governing) {
  if (governing.entry.busy) return Status::busy;
  claim_ = Claim{governing.head, governing.entry};
  const auto written =
      table_.swap_rights(governing.head, governing.entry, busied(governing.entry), run.now);
  run.now += written.latency;
  return written.ok ? Status::ok : Status::memory_error;
}

/// One write that changes the claimed entry from `from` to `to`; free again where `to` is not busy.
Status Rmu::release(Run& run, const Entry& from, const Entry& to) {
  const auto written = table_.swap_rights(claim_->head, from, to, run.now);
  run.now += written.latency;
  if (!written.ok) return Status::memory_error;
  const std::uint64_t granules = std::uint64_t{1} << from.order;
  if (has_owner(from)) realms_[from.owner].granules -= granules;
  if (has_owner(to)) realms_[to.owner].granules += granules;
  return Status::ok;
}

Status Rmu::change(Run& run, const Governing& governing, Entry desired, bool narrows) {
  const Entry& before = governing.entry;
  if (const Status status = claim(run, governing); status != Status::ok) return status;
  if (narrows && !invalidate(run, frames_of(governing))) {
    const Status released = release(run, busied(before), before);
    return released == Status::ok ? Status::timeout : released;
  }
  if (mapping_word(desired) != mapping_word(before)) {
    const auto written = table_.write_mapping(governing.head, desired, run.now);
    run.now += written.latency;
    if (!written.ok) {
      (void)release(run, busied(before), before);
      return Status::memory_error;
    }
  }
  return release(run, busied(before), desired);
}

Status Rmu::set_owner(Run& run) {
  const Command& command = run.command;
  const Target target = find_governed(run);
  if (target.status != Status::ok) return target.status;
  const Entry& before = target.governing.entry;
  switch (before.state) {
    case State::invalid:
    case State::clean:
      if (!is_root(command.issuer)) return Status::denied;
      break;
    case State::valid:
      if (command.issuer.realm != before.owner) return Status::denied;
      break;
    case State::rmu_private:
    case State::scrub:
      return Status::state_mismatch;
  }
  const bool private_group = command.state == State::rmu_private && before.order != 0;
  if ((command.state != State::valid && command.state != State::rmu_private) || private_group ||
      !alive(command.realm)) {
    return Status::state_mismatch;
  }
  const Entry after{.state = command.state,
                    .owner = static_cast<std::uint16_t>(command.realm),
                    .order = before.order,
                    .data_only = command.data_only,
                    .mapped_any = command.mapped_any,
                    .mapped = command.mapped & mapped_mask};
  return change(run, target.governing, after, reachable(before));
}

Status Rmu::share(Run& run, Sharing sharing) {
  const Target target = find_governed(run);
  if (target.status != Status::ok) return target.status;
  const Entry& before = target.governing.entry;
  if (has_owner(before) && run.command.issuer.realm != before.owner) return Status::denied;
  // Shared read-only means frames with many mappings, or write-protected ones: never a group.
  const bool group_read_only = sharing == Sharing::shared_read_only && before.order != 0;
  if (before.state != State::valid || sharing > Sharing::shared || group_read_only)
    return Status::state_mismatch;
  Entry after = before;
  after.sharing = sharing;
  return change(run, target.governing, after, sharing < before.sharing);
}

Status Rmu::zero(Run& run, const Governing& governing) {
  const Address first = address_of(governing.head);
  const std::uint64_t bytes = std::uint64_t{1} << (config_.granule_shift + governing.entry.order);
  for (Address at = first; at < first + bytes; at += 8) {
    const MemoryReply reply = port_.write(at, 0, run.now);
    ++statistics_.scrub_writes;
    run.now += reply.latency;
    if (!reply.ok) return Status::memory_error;
  }
  return Status::ok;
}

Status Rmu::scrub(Run& run) {
  const Target target = find_governed(run);
  if (target.status != Status::ok) return target.status;
  const Entry& before = target.governing.entry;
  const Issuer& issuer = run.command.issuer;
  const bool orphan = !has_owner(before) || !alive(before.owner) || before.state == State::scrub;
  const bool owner = has_owner(before) && issuer.realm == before.owner;
  if (!owner && !(orphan && is_root(issuer))) return Status::denied;

  if (const Status status = claim(run, target.governing); status != Status::ok) return status;
  if (reachable(before) && !invalidate(run, frames_of(target.governing))) {
    const Status released = release(run, busied(before), before);
    return released == Status::ok ? Status::timeout : released;
  }
  Entry scrubbing = before;
  scrubbing.state = State::scrub;
  if (const Status status = release(run, busied(before), busied(scrubbing)); status != Status::ok) {
    return status;
  }
  claim_->visible = scrubbing;
  if (const Status status = zero(run, target.governing); status != Status::ok) {
    (void)release(run, busied(scrubbing), scrubbing);  // stays inaccessible; may be scrubbed again
    return status;
  }
  return release(run, busied(scrubbing), {.state = State::clean, .order = before.order});
}

Status Rmu::query(Run& run) {
  const Target target = find_target(run);
  if (target.status != Status::ok) return target.status;
  const Granule offset = target.granule - target.governing.head;
  Entry& entry = run.result.entry;
  entry = target.governing.entry;
  entry.member = offset != 0;
  if (!entry.mapped_any) entry.mapped += offset << config_.granule_order();
  run.result.head = address_of(target.governing.head);
  return Status::ok;
}

}  // namespace kilburn::rmu
