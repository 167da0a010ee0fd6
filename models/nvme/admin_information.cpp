// Identify and log pages. Source: NVM Express 1.4, chapters 5.14 and 5.15.
#include <algorithm>

#include "nvme/admin_commands.h"

namespace kilburn::nvme {

AdminCommands::Outcome AdminCommands::identify_namespace(Command& command, bool attached,
                                                         Nanoseconds now) {
  const std::uint32_t id = command.entry.nsid();
  if (id == NVME_NSID_ALL) {
    return attached ? give(command, parts_.identify.common_namespace(), now)
                    : Outcome{NVME_INVALID_NAMESPACE};
  }
  if (id == 0 || id > parts_.namespaces.most()) return {NVME_INVALID_NAMESPACE};
  const Namespace* const space =
      attached ? parts_.namespaces.find_attached(id) : parts_.namespaces.find(id);
  // What is not there is told as zeros.
  if (space == nullptr) return give(command, Structure(NVME_IDENTIFY_BYTES), now);
  return give(command, parts_.identify.name_space(id, *space), now);
}

AdminCommands::Outcome AdminCommands::identify(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  const Entry& entry = command.entry;
  const std::uint32_t id = entry.nsid();
  const auto from = static_cast<std::uint16_t>(entry.dw(10) >> 16);
  switch (entry.dw(10) & 0xFF) {
    case NVME_CNS_NAMESPACE:
      return identify_namespace(command, true, now);
    case NVME_CNS_ALLOCATED_NAMESPACE:
      return identify_namespace(command, false, now);
    case NVME_CNS_CONTROLLER:
      return give(command, parts_.identify.controller(parts_.namespaces.most()), now);
    case NVME_CNS_ACTIVE_LIST:
    case NVME_CNS_ALLOCATED_LIST:
      if (id >= NVME_NSID_ALL - 1) return {NVME_INVALID_NAMESPACE};
      return give(
          command,
          Identify::list(parts_.namespaces.ids((entry.dw(10) & 0xFF) == NVME_CNS_ACTIVE_LIST, id)),
          now);
    case NVME_CNS_DESCRIPTORS:
      if (parts_.namespaces.find_attached(id) == nullptr) return {NVME_INVALID_NAMESPACE};
      return give(command, parts_.identify.descriptors(id), now);
    case NVME_CNS_COMMAND_SET_CONTROLLER:
      // Of the NVM command set, number 0.
      if (entry.dw(11) >> 24 != 0) return {NVME_INVALID_FIELD};
      return give(command, parts_.identify.command_set_controller(), now);
    case NVME_CNS_ATTACHED_CONTROLLERS:
      if (parts_.namespaces.find(id) == nullptr) return {NVME_INVALID_NAMESPACE};
      return give(command,
                  Identify::controllers(parts_.namespaces.find_attached(id) != nullptr, from), now);
    case NVME_CNS_CONTROLLERS:
      return give(command, Identify::controllers(true, from), now);
    default:
      return {NVME_INVALID_FIELD};
  }
}

AdminCommands::Outcome AdminCommands::get_log_page(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  const Entry& entry = command.entry;
  const unsigned id = entry.dw(10) & 0xFF;
  const bool retain = (entry.dw(10) & 0x8000) != 0;
  const std::uint64_t dwords =
      (std::uint64_t{entry.dw(11) & 0xFFFF} << 16 | entry.dw(10) >> 16) + 1;
  const std::uint64_t offset = entry.wide(12);
  const std::optional<Structure> page = parts_.logs.page(id, warning(), now);
  if (!page) return {NVME_INVALID_LOG_PAGE};
  const bool of_all = entry.nsid() == 0 || entry.nsid() == NVME_NSID_ALL;
  if (id == NVME_LOG_SMART && !of_all) return {NVME_INVALID_FIELD};
  const std::span<const std::byte> all = page->bytes();
  if (offset % 4 != 0 || offset > all.size() || dwords * 4 > parts_.most_bytes()) {
    return {NVME_INVALID_FIELD};
  }
  // Behind the page there is nothing.
  command.buffer.assign(dwords * 4, std::byte{0});
  std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(offset),
              std::min<std::uint64_t>(dwords * 4, all.size() - offset), command.buffer.begin());
  const Transfer::Result given = transfer_.give(command, command.buffer, now);
  if (given.status != NVME_SUCCESS || retain) return {given.status, given.latency};
  switch (id) {
    case NVME_LOG_ERROR:
      parts_.events.clear(NVME_EVENT_ERROR);
      break;
    case NVME_LOG_SMART:
      parts_.events.clear(NVME_EVENT_HEALTH);
      break;
    case NVME_LOG_CHANGED_NAMESPACES:
      parts_.logs.changed.clear();
      parts_.events.clear(NVME_EVENT_NOTICE);
      break;
    default:
      break;
  }
  return {given.status, given.latency};
}

std::uint8_t AdminCommands::warning() const {
  const ftl::MediaHealth health = parts_.media.health();
  constexpr unsigned spare_threshold = 10;
  const unsigned kelvin = parts_.config.temperature_kelvin;
  unsigned bits = 0;
  if (health.available_spare < spare_threshold) bits |= NVME_SMART_LOW_SPARE;
  if (kelvin >= parts_.features.threshold(false) || kelvin <= parts_.features.threshold(true)) {
    bits |= NVME_SMART_HOT;
  }
  if (health.media_errors != 0 && health.read_only) bits |= NVME_SMART_UNRELIABLE;
  if (health.read_only) bits |= NVME_SMART_READ_ONLY;
  return static_cast<std::uint8_t>(bits);
}

void AdminCommands::check_health(Nanoseconds now) {
  const std::uint8_t bits = warning();
  const std::uint32_t enabled = parts_.features.value(NVME_FEATURE_ASYNC_EVENTS);
  const std::uint32_t fresh = bits & ~unsigned{warned_} & enabled;
  // What has gone away is told again when it comes back.
  warned_ = static_cast<std::uint8_t>((warned_ & bits) | fresh);
  const auto tell = [&](std::uint32_t bit, std::uint8_t information) {
    if ((fresh & bit) == 0) return;
    parts_.report({NVME_EVENT_HEALTH, information, NVME_LOG_SMART}, now);
  };
  tell(NVME_SMART_LOW_SPARE, NVME_HEALTH_SPARE);
  tell(NVME_SMART_HOT, NVME_HEALTH_TEMPERATURE);
  tell(NVME_SMART_UNRELIABLE | NVME_SMART_READ_ONLY, NVME_HEALTH_RELIABILITY);
}

}  // namespace kilburn::nvme
