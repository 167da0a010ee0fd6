// Namespaces: made, removed, formatted, and resized while requests go on.
#include <algorithm>
#include <cassert>

#include "ftl/ftl.h"
#include "ftl/precondition.h"

namespace kilburn::ftl {
namespace {

/// Units, where the sectors are a whole number of them that can be.
std::optional<std::uint32_t> units_of(std::uint64_t sectors) {
  const std::uint64_t units = sectors / unit_sectors;
  if (sectors == 0 || sectors % unit_sectors != 0 || units > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(units);
}

std::uint32_t word_of(Attributes attributes) {
  return static_cast<std::uint32_t>(attributes);
}

}  // namespace

void Ftl::make_first_namespace() {
  core_.first_good = core_.blocks.good_blocks();
  core_.pattern_seed = core_.config.precondition.seed;
  const double share = core_.config.first_namespace;
  auto size = static_cast<std::uint32_t>(share * core_.map.capacity());
  size = std::min(size, core_.map.capacity());
  if (size != 0) core_.map.create(1, size, Attributes::at_first);
  // The root is what tells a drive from an empty array.
  journal_.checkpoint();
  if (size != 0 && core_.config.precondition.fill > 0.0) precondition(core_);
}

void Ftl::drop_all(NamespaceId space, Unit first, Unit end) {
  for (Unit unit = first; unit < end; ++unit) {
    if (core_.map.at(space, unit).mapped()) drop_unit(space, unit);
  }
}

Media::Created Ftl::create(std::uint64_t sectors, Attributes attributes, Nanoseconds now) {
  run(now);
  const auto units = units_of(sectors);
  if (!units) return {MediaStatus::out_of_range, 0};
  if (core_.map.resizing()) return {MediaStatus::busy, 0};
  if (core_.read_only()) return {MediaStatus::write_fault, 0};
  const auto id = core_.map.lowest_free_id();
  if (!id) return {MediaStatus::no_identifier, 0};
  if (!core_.map.fits(0, *units)) return {MediaStatus::no_space, 0};
  if (!journal_.commit(Record::Kind::create, *id, word_of(attributes), *units)) {
    return {MediaStatus::write_fault, 0};
  }
  core_.map.create(*id, *units, attributes);
  return {MediaStatus::success, *id};
}

MediaStatus Ftl::remove(NamespaceId space, Nanoseconds now) {
  run(now);
  if (!core_.map.contains(space)) return MediaStatus::unknown_namespace;
  if (core_.map.resizing()) return MediaStatus::busy;
  if (!journal_.commit(Record::Kind::remove, space, 0, 0)) return MediaStatus::write_fault;
  drop_all(space, 0, core_.map[space].size);
  ++incarnations_[space];
  core_.statistics.entries_moved += core_.map.remove(space);
  pack();
  return MediaStatus::success;
}

MediaStatus Ftl::format(NamespaceId space, Attributes attributes, Nanoseconds now) {
  run(now);
  if (!core_.map.contains(space)) return MediaStatus::unknown_namespace;
  if (core_.map.resizing()) return MediaStatus::busy;
  if (!journal_.commit(Record::Kind::format, space, word_of(attributes), 0)) {
    return MediaStatus::write_fault;
  }
  core_.map.set_attributes(space, attributes);
  drop_all(space, 0, core_.map[space].size);
  pack();
  return MediaStatus::success;
}

MediaStatus Ftl::set_attributes(NamespaceId space, Attributes attributes, Nanoseconds now) {
  run(now);
  if (!core_.map.contains(space)) return MediaStatus::unknown_namespace;
  if (core_.read_only() ||
      !journal_.commit(Record::Kind::attributes, space, word_of(attributes), 0)) {
    return MediaStatus::write_fault;
  }
  core_.map.set_attributes(space, attributes);
  return MediaStatus::success;
}

void Ftl::resize(NamespaceId space, std::uint64_t sectors, std::uint64_t tag, Nanoseconds now) {
  run(now);
  const std::uint32_t index = requests_.take();
  PendingRequest& request = requests_[index];
  request = {};
  request.kind = Request::Kind::flush;  // ends with what is in the journal
  request.space = space;
  request.tag = tag;
  const auto refuse_it = [&](MediaStatus status) {
    ++core_.statistics.failed_resizes;
    refuse(index, status, 0);
  };
  const auto units = units_of(sectors);
  if (!core_.map.contains(space)) return refuse_it(MediaStatus::unknown_namespace);
  if (!units) return refuse_it(MediaStatus::out_of_range);
  if (core_.map.resizing()) return refuse_it(MediaStatus::busy);
  const std::uint32_t size = core_.map[space].size;
  if (*units > size && !core_.map.fits(space, *units - size)) {
    return refuse_it(MediaStatus::no_space);
  }
  if (core_.read_only()) return refuse_it(MediaStatus::write_fault);
  if (*units >= size) {
    if (!journal_.commit(Record::Kind::resize_begin, space, size, *units)) {
      return refuse_it(MediaStatus::write_fault);
    }
    core_.map.begin_growth(space, *units);
  } else {
    // The size comes first, and with it what lies above is gone.
    if (!journal_.commit(Record::Kind::resize, space, size, *units)) {
      return refuse_it(MediaStatus::write_fault);
    }
    drop_all(space, *units, size);
    core_.map.begin_shrinking(space, *units);
  }
  resize_request_ = index;
  resize_since_ = core_.now;
  move_step();
}

void Ftl::move_step() {
  move_at_ = never;
  const std::uint32_t moved = core_.map.step(core_.config.move_batch);
  core_.statistics.entries_moved += moved;
  if (moved == 0) {
    end_resize();
    return;
  }
  const std::uint64_t rate = core_.config.move_entries_per_ms;
  move_at_ = core_.now + (((std::uint64_t{moved} * 1'000'000) + rate - 1) / rate);
}

void Ftl::end_resize() {
  const std::uint32_t index = resize_request_;
  const NamespaceId space = core_.map.resized();
  if (core_.map.growing() && core_.map.new_size() != core_.map[space].size &&
      !journal_.commit(Record::Kind::resize, space, core_.map[space].size, core_.map.new_size())) {
    core_.map.abandon_growth();
    ++core_.statistics.failed_resizes;
    refuse(index, MediaStatus::write_fault, 0);
    return;
  }
  core_.map.finish();
  ++core_.statistics.resizes;
  core_.statistics.resize_ns += core_.now - resize_since_;
  wait_for_flush(index);
}

std::optional<NamespaceInfo> Ftl::info(NamespaceId space) const {
  if (!core_.map.contains(space)) return std::nullopt;
  const Namespace& row = core_.map[space];
  return NamespaceInfo{space, std::uint64_t{row.size} * unit_sectors,
                       std::uint64_t{row.mapped} * unit_sectors, row.attributes};
}

std::vector<NamespaceId> Ftl::namespaces() const {
  std::vector<NamespaceId> ids = core_.map.order();
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::uint64_t Ftl::capacity() const {
  return std::uint64_t{core_.map.capacity()} * unit_sectors;
}

std::uint64_t Ftl::unallocated() const {
  return std::uint64_t{core_.map.free_units()} * unit_sectors;
}

void Ftl::set_write_cache(bool on) {
  core_.config.write_cache = on;
  if (!on) pack();
}

MediaHealth Ftl::health() const {
  MediaHealth health;
  health.host_sectors_read = host_sectors_read_;
  health.host_sectors_written = host_sectors_written_;
  health.media_errors = media_errors_;
  const std::uint32_t good = core_.blocks.good_blocks();
  const std::uint32_t needed = core_.needed_blocks;
  const std::uint32_t spare = core_.first_good > needed ? core_.first_good - needed : 0;
  const std::uint32_t left = good > needed ? good - needed : 0;
  health.available_spare = spare == 0 ? 0 : std::min(100u, left * 100 / spare);
  std::uint64_t erases = 0;
  for (std::uint32_t i = 0; i < core_.geometry.all_blocks(); ++i) {
    erases += core_.array.erases(nand::BlockId{i});
  }
  const std::uint64_t mean = erases / core_.geometry.all_blocks();
  health.percentage_used =
      static_cast<unsigned>(std::min<std::uint64_t>(255, mean * 100 / core_.config.endurance));
  health.read_only = core_.read_only();
  return health;
}

bool Ftl::checkpoint() {
  return journal_.checkpoint();
}

FtlStatistics Ftl::statistics() const {
  FtlStatistics result = core_.statistics;
  for (std::uint32_t i = 0; i < core_.geometry.all_blocks(); ++i) {
    result.wear.add(core_.array.erases(nand::BlockId{i}));
  }
  return result;
}

}  // namespace kilburn::ftl
