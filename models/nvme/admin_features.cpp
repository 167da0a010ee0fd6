// Set and get features. Source: NVM Express 1.4, chapters 5.13 and 5.21.
#include <algorithm>

#include "nvme/admin_commands.h"

namespace kilburn::nvme {

namespace {

constexpr std::size_t timestamp_bytes = 8;
constexpr std::uint64_t timestamp_mask = (std::uint64_t{1} << 48) - 1;
constexpr Nanoseconds ns_per_ms = 1'000'000;
enum Select : std::uint8_t { current = 0, by_default = 1, saved = 2, capabilities = 3 };

/// Of feature 04h: which sensor, and whether the threshold is the lower one.
struct Sensor {
  explicit Sensor(std::uint32_t dword)
      : select(dword >> 16 & 0xF), under((dword >> 20 & 3) == 1), bad_type((dword >> 20 & 3) > 1) {}
  unsigned select;
  bool under;
  bool bad_type;
  static constexpr unsigned composite = 0;
  static constexpr unsigned all = 0xF;
};

}  // namespace

AdminCommands::Outcome AdminCommands::set_features(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  const Entry& entry = command.entry;
  const unsigned id = entry.dw(10) & 0xFF;
  const std::uint32_t dword = entry.dw(11);
  if (!Features::known(id)) return {NVME_INVALID_FIELD};
  if ((entry.dw(10) & NVME_FEATURE_SAVE) != 0) return {NVME_FEATURE_NOT_SAVEABLE};
  const bool of_one = entry.nsid() != 0 && entry.nsid() != NVME_NSID_ALL;
  if (of_one && id != NVME_FEATURE_ERROR_RECOVERY) {
    return {parts_.namespaces.find_attached(entry.nsid()) == nullptr
                ? Status{NVME_INVALID_NAMESPACE}
                : Status{NVME_FEATURE_NOT_PER_NAMESPACE}};
  }
  Outcome outcome;
  switch (id) {
    case NVME_FEATURE_QUEUES:
      outcome.status = set_queues(command);
      break;
    case NVME_FEATURE_TEMPERATURE:
      outcome.status = set_temperature(dword);
      break;
    case NVME_FEATURE_ERROR_RECOVERY:
      outcome.status = set_error_recovery(entry);
      break;
    case NVME_FEATURE_VECTOR:
      outcome.status = set_vector(dword);
      break;
    case NVME_FEATURE_TIMESTAMP:
      return set_timestamp(command, now);
    case NVME_FEATURE_POWER:
      // There is one power state.
      if ((dword & 0x1F) != 0) return {NVME_INVALID_FIELD};
      break;
    case NVME_FEATURE_WRITE_CACHE:
      parts_.features.set(id, dword & 1);
      parts_.media.set_write_cache((dword & 1) != 0);
      break;
    default:
      parts_.features.set(id, dword);
      break;
  }
  check_health(now);
  return outcome;
}

Status AdminCommands::set_queues(Command& command) {
  const std::uint32_t dword = command.entry.dw(11);
  constexpr std::uint32_t too_many = 0xFFFF;
  if ((dword & 0xFFFF) == too_many || dword >> 16 == too_many) return NVME_INVALID_FIELD;
  const auto exists = [](const auto& queue) { return queue.exists; };
  if (std::any_of(parts_.completion.begin() + 1, parts_.completion.end(), exists)) {
    return NVME_SEQUENCE_ERROR;
  }
  // As many as there are, whatever was asked for.
  command.result = parts_.features.value(NVME_FEATURE_QUEUES);
  return NVME_SUCCESS;
}

Status AdminCommands::set_temperature(std::uint32_t dword) {
  const Sensor sensor(dword);
  if (sensor.bad_type || (sensor.select != Sensor::composite && sensor.select != Sensor::all)) {
    return NVME_INVALID_FIELD;
  }
  parts_.features.set_threshold(sensor.under, static_cast<std::uint16_t>(dword));
  return NVME_SUCCESS;
}

Status AdminCommands::set_error_recovery(const Entry& entry) {
  const bool on = (entry.dw(11) & NVME_FEATURE_DULBE) != 0;
  if (entry.nsid() != NVME_NSID_ALL) {
    Namespace* const space = parts_.namespaces.find_attached(entry.nsid());
    if (space == nullptr) return NVME_INVALID_NAMESPACE;
    space->deallocated_is_error = on;
    return NVME_SUCCESS;
  }
  for (const std::uint32_t id : parts_.namespaces.ids(true)) {
    parts_.namespaces.find(id)->deallocated_is_error = on;
  }
  return NVME_SUCCESS;
}

Status AdminCommands::set_vector(std::uint32_t dword) {
  const std::uint32_t vector = dword & 0xFFFF;
  if (vector >= parts_.features.vectors()) return NVME_INVALID_FIELD;
  parts_.features.set_vector(vector, vector | (dword & NVME_FEATURE_COALESCING_OFF));
  return NVME_SUCCESS;
}

AdminCommands::Outcome AdminCommands::set_timestamp(Command& command, Nanoseconds now) {
  const Transfer::Result got = transfer_.take(command, timestamp_bytes, now);
  if (got.status != NVME_SUCCESS) return {got.status, got.latency};
  parts_.features.timestamp = {
      .milliseconds = take<std::uint64_t>(command.buffer, 0) & timestamp_mask,
      .at_ns = now,
      .set = true};
  return {NVME_SUCCESS, got.latency};
}

AdminCommands::Outcome AdminCommands::get_timestamp(Command& command, unsigned select,
                                                    Nanoseconds now) {
  const Features::Timestamp& stamp = parts_.features.timestamp;
  Structure s(timestamp_bytes);
  if (select == Select::current) {
    const std::uint64_t ms = stamp.milliseconds + (now - stamp.at_ns) / ns_per_ms;
    constexpr std::uint64_t set_by_host = std::uint64_t{1} << 49;  // origin 001b, from bit 49 on
    s.put64(0, (ms & timestamp_mask) | (stamp.set ? set_by_host : 0));
  }
  return give(command, s, now);
}

AdminCommands::Outcome AdminCommands::get_features(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  const unsigned id = command.entry.dw(10) & 0xFF;
  const unsigned select = command.entry.dw(10) >> 8 & 7;
  if (!Features::known(id) || select > Select::capabilities) return {NVME_INVALID_FIELD};
  if (select == Select::capabilities) {
    command.result = Features::capabilities(id);
    return {};
  }
  if (id == NVME_FEATURE_TIMESTAMP) return get_timestamp(command, select, now);
  return {get_value(command.entry, select, command.result)};
}

Status AdminCommands::get_value(const Entry& entry, unsigned select, std::uint32_t& value) {
  const unsigned id = entry.dw(10) & 0xFF;
  const std::uint32_t dword = entry.dw(11);
  const bool now_in_force = select == Select::current;
  value = now_in_force ? parts_.features.value(id) : parts_.features.default_value(id);
  switch (id) {
    case NVME_FEATURE_TEMPERATURE: {
      const Sensor sensor(dword);
      if (sensor.bad_type || sensor.select != Sensor::composite) return NVME_INVALID_FIELD;
      if (now_in_force) value = parts_.features.threshold(sensor.under);
      if (!now_in_force && sensor.under) value = 0;
      return NVME_SUCCESS;
    }
    case NVME_FEATURE_ERROR_RECOVERY: {
      const Namespace* const space = parts_.namespaces.find_attached(entry.nsid());
      if (space == nullptr) return NVME_INVALID_NAMESPACE;
      value = now_in_force && space->deallocated_is_error ? NVME_FEATURE_DULBE : 0;
      return NVME_SUCCESS;
    }
    case NVME_FEATURE_VECTOR:
      if ((dword & 0xFFFF) >= parts_.features.vectors()) return NVME_INVALID_FIELD;
      value = now_in_force ? parts_.features.vector(dword & 0xFFFF) : dword & 0xFFFF;
      return NVME_SUCCESS;
    default:
      return NVME_SUCCESS;
  }
}

}  // namespace kilburn::nvme
