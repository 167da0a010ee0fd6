#include "ftl/ftl.h"

#include <algorithm>
#include <cassert>

#include "ftl/plane_order.h"
#include "ftl/recovery.h"

namespace kilburn::ftl {

using nand::PageId;

std::uint32_t spare_bytes(const nand::Geometry& geometry) {
  return Identity(geometry).spare_bytes();
}

Ftl::Ftl(const FtlConfig& config, const nand::TimingConfig& timing, nand::Array& array)
    : core_(config, timing, array),
      journal_(core_),
      collector_(core_, journal_),
      plane_order_(plane_order(core_.geometry, config.allocation_order)) {
  check_capacity(config, core_.geometry);
  if (!recover(core_, journal_)) make_first_namespace();
}

void Ftl::submit(const Request& request, Nanoseconds now) {
  run(now);
  const std::uint32_t index = requests_.take();
  PendingRequest& mine = requests_[index];
  mine.kind = request.kind;
  mine.durable = request.durable || !core_.config.write_cache;
  mine.space = request.space;
  mine.first = request.first;
  mine.sectors = request.sectors;
  mine.tag = request.tag;
  mine.status = MediaStatus::success;
  mine.failed = 0;
  mine.left = 0;
  mine.admitted = 0;
  if (request.kind == Request::Kind::flush) {
    start_flush(index);
    return;
  }
  Sector failed = 0;
  const MediaStatus status = check_range(mine, failed);
  if (status != MediaStatus::success) {
    refuse(index, status, failed);
    return;
  }
  mine.incarnation = incarnations_[mine.space];
  switch (request.kind) {
    case Request::Kind::read:
      start_read(index);
      break;
    case Request::Kind::write:
      start_write(index, request.data);
      break;
    case Request::Kind::write_zeroes:
    case Request::Kind::deallocate:
      start_deallocation(index);
      break;
    case Request::Kind::check_mapped:
      check_mapped(index);
      break;
    case Request::Kind::flush:
      break;
  }
}

MediaStatus Ftl::check_range(const PendingRequest& request, Sector& failed) const {
  failed = request.first;
  if (!core_.map.contains(request.space)) return MediaStatus::unknown_namespace;
  const std::uint64_t size = std::uint64_t{core_.map[request.space].size} * unit_sectors;
  if (request.first <= size && request.sectors <= size - request.first) return MediaStatus::success;
  failed = std::max(request.first, size);
  return MediaStatus::out_of_range;
}

void Ftl::refuse(std::uint32_t index, MediaStatus status, Sector failed) {
  PendingRequest& request = requests_[index];
  if (request.status == MediaStatus::success) {
    request.status = status;
    request.failed = failed;
  }
  end(index);
}

void Ftl::release(std::uint32_t index) {
  if (--requests_[index].left == 0) end(index);
}

void Ftl::count_lookups(std::uint64_t units) {
  core_.statistics.v2p_lookups += units;
  if (core_.map.by_units()) core_.statistics.unit_lookups += units;
}

void Ftl::start_read(std::uint32_t index) {
  PendingRequest& request = requests_[index];
  ++core_.statistics.reads;
  host_sectors_read_ += request.sectors;
  if (request.sectors == 0) {
    end(index);
    return;
  }
  const auto first = static_cast<Unit>(request.first / unit_sectors);
  const auto last = static_cast<Unit>((request.first + request.sectors - 1) / unit_sectors);
  core_.statistics.units_read += last - first + 1;
  count_lookups(last - first + 1);
  PageId page{};
  std::uint32_t frames = 0;  // of that page, to be read at once
  std::uint32_t operations = 0;
  const Purpose purpose{Purpose::Kind::request, index};
  for (Unit unit = first; unit <= last; ++unit) {
    const Entry entry = core_.map.at(request.space, unit);
    if (!entry.flashed()) {
      core_.statistics.buffer_hits += entry.buffered();
      continue;
    }
    core_.array.prefetch(entry.frame());
    const PageId here = core_.geometry.page(entry.frame());
    if (frames != 0 && here == page) {
      ++frames;
      continue;
    }
    if (frames != 0)
      core_.queue_read(page, std::min(frames, core_.geometry.frames()), false, purpose);
    page = here;
    frames = 1;
    ++operations;
  }
  if (frames != 0)
    core_.queue_read(page, std::min(frames, core_.geometry.frames()), false, purpose);
  request.left = operations;
  if (operations == 0) end(index);
}

void Ftl::check_mapped(std::uint32_t index) {
  const PendingRequest& request = requests_[index];
  const std::uint64_t end_sector = request.first + request.sectors;
  for (Sector sector = request.first; sector < end_sector;) {
    const auto unit = static_cast<Unit>(sector / unit_sectors);
    if (!core_.map.at(request.space, unit).mapped()) {
      refuse(index, MediaStatus::deallocated, sector);
      return;
    }
    sector = (std::uint64_t{unit} + 1) * unit_sectors;
  }
  end(index);
}

void Ftl::finished(std::uint32_t user, Nanoseconds when) {
  core_.now = when;
  const Purpose purpose = Purpose::of(user);
  switch (purpose.kind) {
    case Purpose::Kind::request:
      release(purpose.index);
      break;
    case Purpose::Kind::fill:
      fill_done(purpose.index);
      break;
    case Purpose::Kind::program:
      program_done(purpose.index);
      break;
    case Purpose::Kind::collect_read:
      collector_.read_done(purpose.index);
      break;
    case Purpose::Kind::collect_program:
      collector_.program_done(purpose.index);
      break;
    case Purpose::Kind::erase:
      core_.blocks[nand::BlockId{purpose.index}].erasing = false;
      --core_.erases_under_way;
      pack();
      break;
    case Purpose::Kind::journal: {
      // Epochs are few; the low bits tell them apart.
      const std::uint64_t now = core_.epochs.now();
      core_.epochs.done(now - ((now - purpose.index) & 0x1FFF'FFFF));
      end_flushes();
      break;
    }
    case Purpose::Kind::nothing:
      break;
  }
}

void Ftl::run(Nanoseconds now) {
  for (;;) {
    const Nanoseconds flash = core_.timing.next_event();
    const Nanoseconds own = std::min(move_at_, coalesce_at_);
    const Nanoseconds next = std::min(flash, own);
    if (next > now) break;
    core_.now = std::max(core_.now, next);
    if (flash <= own) {
      core_.timing.run_until(flash, *this);
    } else if (move_at_ <= coalesce_at_) {
      move_step();
    } else {
      coalesce_at_ = never;
      pack();
    }
  }
  core_.now = std::max(core_.now, now);
}

Nanoseconds Ftl::next_event() const {
  if (requests_.open() == 0) return never;
  Nanoseconds next = requests_.next_end();
  const Nanoseconds flash = core_.timing.earliest_end();
  if (flash != never) next = std::min(next, flash + core_.config.controller_ns);
  if (move_at_ != never) {
    const std::uint64_t left = core_.map.left_to_move();
    next = std::min(next, move_at_ + (left * 1'000'000 / core_.config.move_entries_per_ms));
  }
  return next;
}

void Ftl::advance(Nanoseconds now, MediaSink& sink) {
  run(now);
  while (requests_.next_end() <= now) deliver(requests_.pop_end(), sink);
}

void Ftl::deliver(const Requests::End& end, MediaSink& sink) {
  const std::uint32_t index = end.index;
  if (requests_[index].kind == Request::Kind::read) read_out(index, sink);
  const PendingRequest& request = requests_[index];
  const std::uint64_t tag = request.tag;
  const MediaStatus status = request.status;
  const Sector failed = request.failed;
  requests_.give_back(index);
  sink.ended(tag, status, failed, end.when);
}

void Ftl::read_out(std::uint32_t index, MediaSink& sink) {
  if (requests_[index].status != MediaStatus::success) return;
  const NamespaceId space = requests_[index].space;
  const Sector first = requests_[index].first;
  const std::uint64_t tag = requests_[index].tag;
  const std::uint64_t bytes = requests_[index].sectors * sector_bytes;
  const auto fail = [&](MediaStatus status, Sector failed) {
    requests_[index].status = status;
    requests_[index].failed = failed;
  };
  // The unit may lie elsewhere by now, and the namespace may have shrunk.
  if (!core_.map.contains(space) || incarnations_[space] != requests_[index].incarnation) {
    fail(MediaStatus::unknown_namespace, first);
    return;
  }
  for (std::uint64_t offset = 0; offset < bytes;) {
    const std::uint64_t at = (first * sector_bytes) + offset;
    const auto unit = static_cast<Unit>(at / unit_bytes);
    const std::uint64_t within = at % unit_bytes;
    const std::uint64_t length = std::min(unit_bytes - within, bytes - offset);
    if (unit >= core_.map[space].size) {
      fail(MediaStatus::out_of_range, at / sector_bytes);
      return;
    }
    bool readable = true;
    const auto data = unit_bytes_of(space, unit, readable);
    if (!readable) {
      ++core_.statistics.unreadable_units;
      ++media_errors_;
      fail(MediaStatus::unrecovered_read, at / sector_bytes);
      return;
    }
    sink.bytes(tag, offset, data.subspan(within, length));
    offset += length;
  }
}

std::span<const std::byte> Ftl::unit_bytes_of(NamespaceId space, Unit unit, bool& readable) {
  static constexpr std::array<std::byte, unit_bytes> zeros{};
  const Entry entry = core_.map.at(space, unit);
  readable = true;
  if (!entry.mapped()) return zeros;
  if (entry.buffered()) return core_.buffer.data(entry.slot());
  const nand::FrameView view = core_.array.read(entry.frame());
  if (view.state == nand::FrameState::good) return view.bytes;
  if (view.state == nand::FrameState::pattern) {
    Core::pattern({.space = space, .unit = unit}, core_.pattern_seed, pattern_);
    return pattern_;
  }
  readable = false;
  return {};
}

bool Ftl::cancel(std::uint64_t tag) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](std::uint32_t index) {
    return requests_[index].tag == tag && requests_[index].admitted == 0;
  });
  if (found == waiting_.end()) return false;
  requests_.give_back(*found);
  waiting_.erase(found);
  return true;
}

}  // namespace kilburn::ftl
