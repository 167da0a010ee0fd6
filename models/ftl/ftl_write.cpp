// Writes: into the buffer, out of it into flash, and what waits for that.
#include <algorithm>
#include <cassert>
#include <cstring>

#include "ftl/ftl.h"

namespace kilburn::ftl {

using nand::FrameId;
using nand::FrameSource;
using nand::PageId;
using nand::PlaneId;

void Ftl::start_write(std::uint32_t index, std::span<const std::byte> data) {
  PendingRequest& request = requests_[index];
  assert(data.size() == request.sectors * sector_bytes && "a write brings its data");
  ++core_.statistics.writes;
  host_sectors_written_ += request.sectors;
  request.left = 1;  // its admission
  if (waiting_.empty() && admit(index, data)) {
    release(index);
  } else {
    ++core_.statistics.buffer_stalls;
    requests_[index].data.assign(data.begin(), data.end());
    waiting_.push_back(index);
  }
  pack();
}

bool Ftl::admit(std::uint32_t index, std::span<const std::byte> data) {
  PendingRequest& request = requests_[index];
  const auto fail = [&](MediaStatus status, Sector failed) {
    request.status = status;
    request.failed = failed;
    return true;
  };
  // It may have waited.
  if (core_.read_only()) return fail(MediaStatus::write_fault, request.first);
  if (incarnations_[request.space] != request.incarnation) {
    return fail(MediaStatus::unknown_namespace, request.first);
  }
  Sector failed = 0;
  const MediaStatus status = check_range(request, failed);
  if (status != MediaStatus::success) return fail(status, failed);
  while (request.admitted < request.sectors) {
    const Sector sector = request.first + request.admitted;
    const auto unit = static_cast<Unit>(sector / unit_sectors);
    const auto within = static_cast<std::uint32_t>(sector % unit_sectors);
    const std::uint64_t sectors =
        std::min<std::uint64_t>(unit_sectors - within, request.sectors - request.admitted);
    const Admitted admitted =
        admit_unit({request.space, request.durable ? index : nobody}, unit, within * sector_bytes,
                   data.subspan(request.admitted * sector_bytes, sectors * sector_bytes));
    if (admitted == Admitted::full) return false;
    if (admitted == Admitted::unreadable) return fail(MediaStatus::unrecovered_read, sector);
    request.admitted += sectors;
  }
  return true;
}

Ftl::Admitted Ftl::admit_unit(const Writer& writer, Unit unit, std::uint32_t offset,
                              std::span<const std::byte> data) {
  const NamespaceId space = writer.space;
  const bool durable = writer.waits != nobody;
  const Entry entry = core_.map.at(space, unit);
  if (entry.buffered() && core_.buffer[entry.slot()].state != Slot::State::programming) {
    count_lookups(1);
    ++core_.statistics.units_written;
    ++core_.statistics.buffer_merges;
    std::memcpy(core_.buffer.data(entry.slot()).data() + offset, data.data(), data.size());
    if (durable) add_waiter(core_.buffer[entry.slot()], writer.waits);
    return Admitted::yes;
  }
  if (core_.buffer.full()) return Admitted::full;
  const std::uint32_t index = core_.buffer.take();
  Slot& slot = core_.buffer[index];
  slot.state = Slot::State::filling;
  bool reads = false;
  if (data.size() < unit_bytes && !fill(index, entry, reads)) {
    core_.buffer.give_back(index);
    ++core_.statistics.unreadable_units;
    ++media_errors_;
    return Admitted::unreadable;
  }
  count_lookups(1);
  ++core_.statistics.units_written;
  std::memcpy(core_.buffer.data(index).data() + offset, data.data(), data.size());
  slot.space = space;
  slot.unit = unit;
  slot.flash = entry;
  if (entry.buffered()) {
    slot.flash = core_.buffer[entry.slot()].flash;
    core_.buffer[entry.slot()].dropped = true;
  }
  core_.map.set(space, unit, Entry::in_buffer(index));
  slot.epoch = core_.epochs.add();
  if (durable) add_waiter(slot, writer.waits);
  if (!reads) core_.buffer.push_dirty(index, core_.now);
  return Admitted::yes;
}

bool Ftl::fill(std::uint32_t slot, Entry entry, bool& reads) {
  ++core_.statistics.partial_units;
  const auto bytes = core_.buffer.data(slot);
  if (!entry.mapped()) {
    std::fill(bytes.begin(), bytes.end(), std::byte{});
    return true;
  }
  if (entry.buffered()) {
    const auto from = core_.buffer.data(entry.slot());
    std::copy(from.begin(), from.end(), bytes.begin());
    return true;
  }
  const nand::FrameView view = core_.array.read(entry.frame());
  const PageId page = core_.geometry.page(entry.frame());
  if (view.state == nand::FrameState::good) {
    std::copy(view.bytes.begin(), view.bytes.end(), bytes.begin());
  } else if (view.state == nand::FrameState::pattern) {
    const std::uint32_t frame = nand::raw(entry.frame()) % core_.geometry.frames();
    Core::pattern(core_.identity.owner(core_.array.spare(page), frame), core_.pattern_seed, bytes);
  } else {
    return false;
  }
  core_.queue_read(page, 1, false, {Purpose::Kind::fill, slot});
  reads = true;
  return true;
}

void Ftl::fill_done(std::uint32_t slot) {
  if (core_.buffer[slot].dropped) {
    core_.buffer.give_back(slot);
    admit_waiting();
  } else {
    core_.buffer.push_dirty(slot, core_.now);
  }
  pack();
}

void Ftl::add_waiter(Slot& slot, std::uint32_t request) {
  std::uint32_t node = 0;
  if (free_waiters_.empty()) {
    node = static_cast<std::uint32_t>(waiters_.size());
    waiters_.emplace_back();
  } else {
    node = free_waiters_.back();
    free_waiters_.pop_back();
  }
  waiters_[node] = {request, slot.waiter};
  slot.waiter = node;
  ++requests_[request].left;
}

void Ftl::release_waiters(Slot& slot) {
  while (slot.waiter != nobody) {
    const std::uint32_t node = slot.waiter;
    slot.waiter = waiters_[node].next;
    free_waiters_.push_back(node);
    release(waiters_[node].request);
  }
}

void Ftl::admit_waiting() {
  while (!waiting_.empty()) {
    const std::uint32_t index = waiting_.front();
    if (requests_[index].kind == Request::Kind::write) {
      if (!admit(index, requests_[index].data)) return;
      waiting_.pop_front();
      release(index);
    } else {
      if (!write_zeroes(index)) return;
      waiting_.pop_front();
    }
  }
}

bool Ftl::must_program() {
  core_.buffer.oldest(core_.buffer.dirty(), oldest_);
  return std::any_of(oldest_.begin(), oldest_.end(), [this](std::uint32_t index) {
    const Slot& slot = core_.buffer[index];
    return !core_.config.write_cache || slot.waiter != nobody || slot.epoch < core_.epochs.now() ||
           slot.since + core_.config.coalesce_ns <= core_.now;
  });
}

void Ftl::pack() {
  coalesce_at_ = never;
  const std::uint32_t frames = core_.geometry.frames();
  while (core_.buffer.dirty() != 0) {
    if (core_.buffer.dirty() < frames && !must_program()) {
      coalesce_at_ = core_.buffer[oldest_.front()].since + core_.config.coalesce_ns;
      return;
    }
    if (!program_oldest(std::min(frames, core_.buffer.dirty()))) {
      if (core_.erases_under_way == 0) give_up_writing();
      return;
    }
  }
}

bool Ftl::program_oldest(std::uint32_t count) {
  core_.buffer.oldest(count, oldest_);
  owners_.assign(core_.geometry.frames(), Owner{});
  frames_.assign(core_.geometry.frames(), {FrameSource::Kind::pattern, {}});
  for (std::uint32_t i = 0; i < count; ++i) {
    const Slot& slot = core_.buffer[oldest_[i]];
    owners_[i] = {.space = slot.space, .unit = slot.unit};
    frames_[i] = {FrameSource::Kind::data, core_.buffer.data(oldest_[i])};
  }
  std::optional<PageId> page;
  PlaneId plane{};
  if (core_.read_only()) return false;
  for (std::size_t tries = 0; !page && tries < plane_order_.size(); ++tries) {
    plane = plane_order_[next_plane_];
    next_plane_ = next_plane_ + 1 == plane_order_.size() ? 0 : next_plane_ + 1;
    page = core_.program(Stream::host, plane, owners_, frames_);
    if (page) break;
    collector_.work(plane);
    page = core_.program(Stream::host, plane, owners_, frames_);
  }
  if (!page) return false;
  std::uint32_t record = 0;
  if (free_programs_.empty()) {
    record = static_cast<std::uint32_t>(programs_.size());
    programs_.emplace_back();
  } else {
    record = free_programs_.back();
    free_programs_.pop_back();
  }
  programs_[record].assign(oldest_.begin(), oldest_.end());
  for (std::uint32_t i = 0; i < count; ++i) {
    Slot& slot = core_.buffer[oldest_[i]];
    if (slot.flash.mapped()) core_.blocks.drop_valid(slot.flash.frame());
    const FrameId frame = core_.geometry.frame(*page, i);
    slot.flash = Entry::in_flash(frame);
    slot.state = Slot::State::programming;
    core_.blocks.add_valid(frame);
  }
  core_.buffer.pop(count);
  core_.statistics.units_programmed += count;
  core_.statistics.padding_programmed += core_.geometry.frames() - count;
  core_.queue_program(*page, count, false, {Purpose::Kind::program, record});
  if (core_.geometry.page_in_block(*page) == 0) collector_.work(plane);
  if (journal_.checkpoint_due()) journal_.checkpoint();
  return true;
}

void Ftl::program_done(std::uint32_t record) {
  for (const std::uint32_t index : programs_[record]) {
    Slot& slot = core_.buffer[index];
    if (!slot.dropped) core_.map.set(slot.space, slot.unit, slot.flash);
    release_waiters(slot);
    core_.epochs.done(slot.epoch);
    core_.buffer.give_back(index);
  }
  free_programs_.push_back(record);
  end_flushes();
  admit_waiting();
  pack();
}

void Ftl::start_flush(std::uint32_t index) {
  ++core_.statistics.flushes;
  if (journal_.pending() && !journal_.flush()) {
    refuse(index, MediaStatus::write_fault, 0);
    return;
  }
  wait_for_flush(index);
}

void Ftl::wait_for_flush(std::uint32_t index) {
  const std::uint64_t epoch = core_.epochs.end();
  if (core_.epochs.durable(epoch)) {
    end(index);
    return;
  }
  flushes_.push_back({index, epoch});
  pack();
}

void Ftl::end_flushes() {
  while (!flushes_.empty() && core_.epochs.durable(flushes_.front().epoch)) {
    end(flushes_.front().request);
    flushes_.pop_front();
  }
}

void Ftl::give_up_writing() {
  // What is in the buffer stays there, readable, and is lost with the power: whoever asked for
  // more is told.
  core_.out_of_blocks = true;
  const auto fault = [this](std::uint32_t index) {
    if (requests_[index].status != MediaStatus::success) return;
    requests_[index].status = MediaStatus::write_fault;
    requests_[index].failed = requests_[index].first;
  };
  core_.buffer.oldest(core_.buffer.dirty(), oldest_);
  for (const std::uint32_t slot : oldest_) {
    for (std::uint32_t i = core_.buffer[slot].waiter; i != nobody; i = waiters_[i].next) {
      fault(waiters_[i].request);
    }
    release_waiters(core_.buffer[slot]);
  }
  for (const Flush& flush : flushes_) {
    fault(flush.request);
    end(flush.request);
  }
  flushes_.clear();
  admit_waiting();
}

}  // namespace kilburn::ftl
