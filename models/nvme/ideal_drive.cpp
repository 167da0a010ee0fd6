#include "nvme/ideal_drive.h"

#include <algorithm>

namespace kilburn::nvme {

using ftl::MediaStatus;
using Kind = ftl::Request::Kind;

void IdealDriveConfig::visit(ParameterVisitor& v) {
  v.integer("bytes", bytes, {1 << 20, std::uint64_t{1} << 44, true}, "bytes", "capacity");
  v.integer("namespaces", namespaces, {1, 1024}, "namespaces", "most that there may be");
  v.real("first_namespace", first_namespace, {0.0, 1.0}, "",
         "share of the capacity that namespace 1 has at first; 0: there is none");
  v.integer("read_ns", read_ns, {1, 1'000'000'000}, "ns", "of a read");
  v.integer("write_ns", write_ns, {1, 1'000'000'000}, "ns", "of a write, and of a flush");
  v.integer("resize_ns", resize_ns, {1, 1'000'000'000}, "ns", "of a resize");
}

IdealDrive::IdealDrive(const IdealDriveConfig& config) : config_(config) {
  const std::uint64_t all = capacity() / ftl::unit_sectors;
  const auto units = static_cast<std::uint64_t>(config.first_namespace * static_cast<double>(all));
  if (units != 0) spaces_[1].sectors = units * ftl::unit_sectors;
}

void IdealDrive::submit(const ftl::Request& request, ftl::Nanoseconds now) {
  const bool reads = request.kind == Kind::read || request.kind == Kind::check_mapped;
  const auto at = pending_.emplace(now + (reads ? config_.read_ns : config_.write_ns),
                                   Pending{request, {}, false});
  at->second.data.assign(request.data.begin(), request.data.end());
}

ftl::Nanoseconds IdealDrive::next_event() const {
  return pending_.empty() ? ftl::never : pending_.begin()->first;
}

void IdealDrive::advance(ftl::Nanoseconds now, ftl::MediaSink& sink) {
  while (!pending_.empty() && pending_.begin()->first <= now) {
    auto node = pending_.extract(pending_.begin());
    carry_out(node.mapped(), node.key(), sink);
  }
}

bool IdealDrive::cancel(std::uint64_t tag) {
  const auto found = std::ranges::find_if(
      pending_, [tag](const auto& each) { return each.second.request.tag == tag; });
  if (found == pending_.end() || found->second.resizes) return false;
  pending_.erase(found);
  return true;
}

void IdealDrive::carry_out(Pending& pending, ftl::Nanoseconds when, ftl::MediaSink& sink) {
  const ftl::Request& request = pending.request;
  ftl::Sector failed = request.first;
  MediaStatus status = MediaStatus::success;
  if (pending.resizes) {
    status = resize_now(request);
  } else if (request.kind != Kind::flush) {
    const auto space = spaces_.find(request.space);
    status = space == spaces_.end() ? MediaStatus::unknown_namespace
                                    : perform(pending, space->second, failed, sink);
  }
  sink.ended(request.tag, status, failed, when);
}

MediaStatus IdealDrive::perform(Pending& pending, Space& space, ftl::Sector& failed,
                                ftl::MediaSink& sink) {
  const ftl::Request& request = pending.request;
  if (request.first > space.sectors || space.sectors - request.first < request.sectors) {
    failed = std::max(request.first, space.sectors);
    return MediaStatus::out_of_range;
  }
  if (const MediaStatus status = outcome(request); status != MediaStatus::success) return status;
  const ftl::Sector end = request.first + request.sectors;
  switch (request.kind) {
    case Kind::read:
      scratch_.resize(ftl::sector_bytes);
      health_.host_sectors_read += request.sectors;
      for (ftl::Sector sector = request.first; sector < end; ++sector) {
        const auto held = space.held.find(sector);
        std::ranges::fill(scratch_, std::byte{0});
        if (held != space.held.end() && held->second != nullptr) {
          std::ranges::copy(*held->second, scratch_.begin());
        }
        sink.bytes(request.tag, (sector - request.first) * ftl::sector_bytes, scratch_);
      }
      break;
    case Kind::write:
      health_.host_sectors_written += request.sectors;
      for (ftl::Sector sector = request.first; sector < end; ++sector) {
        std::unique_ptr<SectorBytes>& held = space.held[sector];
        if (held == nullptr) held = std::make_unique<SectorBytes>();
        std::copy_n(pending.data.begin() +
                        static_cast<std::ptrdiff_t>((sector - request.first) * ftl::sector_bytes),
                    ftl::sector_bytes, held->begin());
      }
      break;
    case Kind::write_zeroes:
    case Kind::deallocate:
      for (ftl::Sector sector = request.first; sector < end; ++sector) {
        if (request.kind == Kind::deallocate) {
          space.held.erase(sector);
        } else {
          space.held[sector] = nullptr;
        }
      }
      break;
    case Kind::check_mapped:
      for (ftl::Sector sector = request.first; sector < end; ++sector) {
        if (space.held.contains(sector)) continue;
        failed = sector;
        return MediaStatus::deallocated;
      }
      break;
    case Kind::flush:
      break;
  }
  return MediaStatus::success;
}

void IdealDrive::resize(ftl::NamespaceId space, std::uint64_t sectors, std::uint64_t tag,
                        ftl::Nanoseconds now) {
  pending_.emplace(now + config_.resize_ns,
                   Pending{{.space = space, .sectors = sectors, .tag = tag}, {}, true});
}

MediaStatus IdealDrive::resize_now(const ftl::Request& request) {
  const auto found = spaces_.find(request.space);
  if (found == spaces_.end()) return MediaStatus::unknown_namespace;
  Space& space = found->second;
  if (request.sectors > space.sectors && request.sectors - space.sectors > unallocated()) {
    return MediaStatus::no_space;
  }
  space.sectors = request.sectors;
  std::erase_if(space.held, [&](const auto& each) { return each.first >= space.sectors; });
  return MediaStatus::success;
}

ftl::Media::Created IdealDrive::create(std::uint64_t sectors, ftl::Attributes attributes,
                                       ftl::Nanoseconds /*now*/) {
  if (sectors > unallocated()) return {.status = MediaStatus::no_space};
  for (ftl::NamespaceId id = 1; id <= config_.namespaces; ++id) {
    if (spaces_.contains(id)) continue;
    spaces_[id].sectors = sectors;
    spaces_[id].attributes = attributes;
    return {.id = id};
  }
  return {.status = MediaStatus::no_identifier};
}

MediaStatus IdealDrive::remove(ftl::NamespaceId space, ftl::Nanoseconds /*now*/) {
  return spaces_.erase(space) != 0 ? MediaStatus::success : MediaStatus::unknown_namespace;
}

MediaStatus IdealDrive::format(ftl::NamespaceId space, ftl::Attributes attributes,
                               ftl::Nanoseconds /*now*/) {
  const auto found = spaces_.find(space);
  if (found == spaces_.end()) return MediaStatus::unknown_namespace;
  found->second.held.clear();
  found->second.attributes = attributes;
  return MediaStatus::success;
}

MediaStatus IdealDrive::set_attributes(ftl::NamespaceId space, ftl::Attributes attributes,
                                       ftl::Nanoseconds /*now*/) {
  const auto found = spaces_.find(space);
  if (found == spaces_.end()) return MediaStatus::unknown_namespace;
  found->second.attributes = attributes;
  return MediaStatus::success;
}

std::optional<ftl::NamespaceInfo> IdealDrive::info(ftl::NamespaceId space) const {
  const auto found = spaces_.find(space);
  if (found == spaces_.end()) return std::nullopt;
  return ftl::NamespaceInfo{space, found->second.sectors, found->second.held.size(),
                            found->second.attributes};
}

std::vector<ftl::NamespaceId> IdealDrive::namespaces() const {
  std::vector<ftl::NamespaceId> result;
  result.reserve(spaces_.size());
  for (const auto& [id, space] : spaces_) result.push_back(id);
  return result;
}

std::uint64_t IdealDrive::unallocated() const {
  std::uint64_t used = 0;
  for (const auto& [id, space] : spaces_) used += space.sectors;
  return capacity() - used;
}

}  // namespace kilburn::nvme
