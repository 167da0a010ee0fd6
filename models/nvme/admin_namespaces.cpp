// Namespace management, attachment, format, and the vendor's resize. Source: NVM Express 1.4,
// chapters 5.19, 5.20 and 5.23; US 10,402,092 for the resize.
#include "nvme/admin_commands.h"

namespace kilburn::nvme {

namespace {

constexpr unsigned select_create = 0;
constexpr unsigned select_delete = 1;
constexpr unsigned select_attach = 0;
constexpr unsigned select_detach = 1;
constexpr unsigned most_controllers = 2047;

bool is_format(unsigned number) {
  return number < block_formats.size();
}

}  // namespace

/// Of whole units of the media, so that a namespace may be somewhat larger than was asked for.
/// UINT64_MAX: more than there can be.
std::uint64_t AdminCommands::to_sectors(std::uint64_t blocks, unsigned shift) const {
  if (blocks > parts_.media.capacity()) return UINT64_MAX;
  return ((blocks << shift) + ftl::unit_sectors - 1) / ftl::unit_sectors * ftl::unit_sectors;
}

void AdminCommands::namespace_changed(std::uint32_t id, Nanoseconds now) {
  parts_.logs.changed.insert(id);
  if (!parts_.features.notices()) return;
  parts_.report({NVME_EVENT_NOTICE, NVME_NOTICE_NAMESPACE, NVME_LOG_CHANGED_NAMESPACES}, now);
}

AdminCommands::Outcome AdminCommands::manage_namespace(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  switch (command.entry.dw(10) & 0xF) {
    case select_create:
      return create_namespace(command, now);
    case select_delete:
      return delete_namespace(command, now);
    default:
      return {NVME_INVALID_FIELD};
  }
}

AdminCommands::Outcome AdminCommands::create_namespace(Command& command, Nanoseconds now) {
  const Transfer::Result got = transfer_.take(command, NVME_IDENTIFY_BYTES, now);
  if (got.status != NVME_SUCCESS) return {got.status, got.latency};
  const std::span<const std::byte> wanted = command.buffer;
  const auto size = take<std::uint64_t>(wanted, NVME_NS_NSZE);
  const auto capacity = take<std::uint64_t>(wanted, NVME_NS_NCAP);
  const auto format = take<std::uint8_t>(wanted, NVME_NS_FLBAS);
  const bool metadata = (format & 0x10) != 0;
  if (!is_format(format & 0xF) || metadata) return {NVME_INVALID_FORMAT, got.latency};
  if (take<std::uint8_t>(wanted, NVME_NS_DPS) != 0) return {NVME_INVALID_FIELD, got.latency};
  if (size == 0 || capacity > size) return {NVME_INVALID_FIELD, got.latency};
  if (capacity != size) return {NVME_THIN_PROVISIONING, got.latency};
  const std::uint64_t sectors = to_sectors(size, block_formats[format & 0xF] - 9);
  if (sectors > parts_.media.unallocated()) return {NVME_INSUFFICIENT_CAPACITY, got.latency};
  const ftl::Attributes attributes = attributes_of(format & 0xF, false);
  const ftl::Media::Created created = parts_.media.create(sectors, attributes, now);
  if (created.status != ftl::MediaStatus::success) return {status_of(created.status), got.latency};
  parts_.namespaces.add(created.id, attributes);
  command.result = created.id;
  return {NVME_SUCCESS, got.latency};
}

AdminCommands::Outcome AdminCommands::delete_namespace(const Command& command, Nanoseconds now) {
  const std::uint32_t wanted = command.entry.nsid();
  const bool all = wanted == NVME_NSID_ALL;
  if (!all && parts_.namespaces.find(wanted) == nullptr) return {NVME_INVALID_NAMESPACE};
  for (const std::uint32_t id : parts_.namespaces.ids(false)) {
    if (!all && id != wanted) continue;
    const bool was_attached = parts_.namespaces.find_attached(id) != nullptr;
    const ftl::MediaStatus status = parts_.media.remove(id, now);
    if (status != ftl::MediaStatus::success) return {status_of(status)};
    parts_.namespaces.remove(id);
    if (was_attached) namespace_changed(id, now);
  }
  return {};
}

AdminCommands::Outcome AdminCommands::attach_namespace(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  const Transfer::Result got = transfer_.take(command, NVME_IDENTIFY_BYTES, now);
  if (got.status != NVME_SUCCESS) return {got.status, got.latency};
  const unsigned select = command.entry.dw(10) & 0xF;
  Namespace* const space = parts_.namespaces.find(command.entry.nsid());
  if (space == nullptr) return {NVME_INVALID_NAMESPACE, got.latency};
  if (select != select_attach && select != select_detach) return {NVME_INVALID_FIELD, got.latency};
  const std::span<const std::byte> list = command.buffer;
  const auto count = take<std::uint16_t>(list, 0);
  if (count == 0 || count > most_controllers || take<std::uint16_t>(list, 2) != controller_id ||
      count != 1) {
    return {NVME_INVALID_CONTROLLER_LIST, got.latency};
  }
  const bool attach = select == select_attach;
  if (space->attached == attach) {
    return {attach ? Status{NVME_ALREADY_ATTACHED} : Status{NVME_NOT_ATTACHED}, got.latency};
  }
  const ftl::MediaStatus status =
      parts_.media.set_attributes(command.entry.nsid(), attributes_of(space->format, attach), now);
  if (status != ftl::MediaStatus::success) return {status_of(status), got.latency};
  space->attached = attach;
  namespace_changed(command.entry.nsid(), now);
  return {NVME_SUCCESS, got.latency};
}

AdminCommands::Outcome AdminCommands::format(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  const std::uint32_t dword = command.entry.dw(10);
  const std::uint32_t wanted = command.entry.nsid();
  constexpr unsigned user_data_erase = 1;
  if (!is_format(dword & 0xF)) return {NVME_INVALID_FORMAT};
  const bool metadata_or_protection = (dword & 0x1F0) != 0;
  if (metadata_or_protection || (dword >> 9 & 7) > user_data_erase) return {NVME_INVALID_FIELD};
  const bool all = wanted == NVME_NSID_ALL;
  if (!all && parts_.namespaces.find_attached(wanted) == nullptr) {
    const bool possible = wanted != 0 && wanted <= parts_.namespaces.most();
    return {possible ? Status{NVME_INVALID_FIELD} : Status{NVME_INVALID_NAMESPACE}};
  }
  for (const std::uint32_t id : parts_.namespaces.ids(true)) {
    if (!all && id != wanted) continue;
    Namespace& space = *parts_.namespaces.find(id);
    if (space.formatting) return {NVME_FORMAT_IN_PROGRESS};
  }
  const auto new_format = static_cast<std::uint8_t>(dword & 0xF);
  std::vector<Namespace*> formatted;
  for (const std::uint32_t id : parts_.namespaces.ids(true)) {
    if (!all && id != wanted) continue;
    Namespace& space = *parts_.namespaces.find(id);
    const ftl::MediaStatus status =
        parts_.media.format(id, attributes_of(new_format, space.attached), now);
    if (status != ftl::MediaStatus::success) {
      for (Namespace* const each : formatted) each->formatting = false;
      return {status_of(status)};
    }
    formatted.push_back(&space);
    space.formatting = true;
    if (space.format != new_format) namespace_changed(id, now);
    space.format = new_format;
  }
  parts_.queue.add(now + parts_.config.format_ns, Event::Kind::formatted, slot, command.generation);
  return {.goes_on = true};
}

void AdminCommands::formatted(std::uint32_t slot, Nanoseconds now) {
  const std::uint32_t wanted = parts_.commands[slot].entry.nsid();
  for (const std::uint32_t id : parts_.namespaces.ids(false)) {
    if (wanted == NVME_NSID_ALL || id == wanted) parts_.namespaces.find(id)->formatting = false;
  }
  parts_.end(slot, NVME_SUCCESS, now + parts_.config.admin_ns);
}

/// One at a time: those that come meanwhile wait.
AdminCommands::Outcome AdminCommands::resize(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  const Entry& entry = command.entry;
  const Namespace* const space = parts_.namespaces.find(entry.nsid());
  if (space == nullptr) return {NVME_INVALID_NAMESPACE};
  if (entry.wide(10) == 0) return {NVME_INVALID_FIELD};
  if (to_sectors(entry.wide(10), space->block_shift()) > parts_.media.capacity()) {
    return {NVME_INSUFFICIENT_CAPACITY};
  }
  if (resizing_) {
    resizes_.emplace_back(slot, command.generation);
  } else {
    begin_resize(slot, now);
  }
  return {.goes_on = true};
}

void AdminCommands::begin_resize(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  const Namespace* const space = parts_.namespaces.find(command.entry.nsid());
  if (space == nullptr) return parts_.end(slot, NVME_INVALID_NAMESPACE, now);
  resizing_ = true;
  resize_space_ = command.entry.nsid();
  resize_tag_ = parts_.commands.tag(slot);
  parts_.media.resize(resize_space_, to_sectors(command.entry.wide(10), space->block_shift()),
                      resize_tag_, now);
}

bool AdminCommands::resize_ended(std::uint64_t tag, ftl::MediaStatus status, Nanoseconds when) {
  if (!resizing_ || tag != resize_tag_) return false;
  resizing_ = false;
  if (status == ftl::MediaStatus::success) namespace_changed(resize_space_, when);
  if (const std::optional<std::uint32_t> slot = parts_.commands.find(tag)) {
    parts_.end(*slot, status_of(status), when);
  }
  parts_.queue.add(when, Event::Kind::resize);
  return true;
}

void AdminCommands::next_resize(Nanoseconds now) {
  while (!resizes_.empty() && !resizing_) {
    const auto [slot, generation] = resizes_.front();
    resizes_.pop_front();
    if (parts_.commands[slot].generation == generation) begin_resize(slot, now);
  }
}

}  // namespace kilburn::nvme
