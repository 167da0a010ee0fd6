#include "nvme/log_pages.h"

#include "ftl/media.h"
#include "kilburn/nvme.h"
#include "nvme/identify.h"

namespace kilburn::nvme {

namespace {

constexpr unsigned spare_threshold = 10;  // percent
constexpr std::uint64_t sectors_of_a_data_unit = 1000;
constexpr std::uint64_t minute_ns = 60'000'000'000;
constexpr std::uint64_t hour_ns = 60 * minute_ns;

// Effects of a command.
constexpr std::uint32_t supported = 0x1;
constexpr std::uint32_t changes_content = 0x2;
constexpr std::uint32_t changes_namespace = 0x4;
constexpr std::uint32_t changes_inventory = 0x8;
constexpr std::uint32_t alone_in_namespace = 0x10000;
constexpr std::size_t io_effects = 1024;  // offset

std::uint64_t data_units(std::uint64_t sectors) {
  return (sectors + sectors_of_a_data_unit - 1) / sectors_of_a_data_unit;
}

}  // namespace

std::optional<Structure> LogPages::page(unsigned id, std::uint8_t warning,
                                        std::uint64_t now_ns) const {
  switch (id) {
    case NVME_LOG_ERROR:
      return errors.page();
    case NVME_LOG_SMART:
      return smart(warning, now_ns);
    case NVME_LOG_FIRMWARE:
      return firmware_slots();
    case NVME_LOG_CHANGED_NAMESPACES:
      return changed_namespaces();
    case NVME_LOG_EFFECTS:
      return effects();
    default:
      return std::nullopt;
  }
}

Structure LogPages::smart(std::uint8_t warning, std::uint64_t now_ns) const {
  Structure s(NVME_SMART_BYTES);
  const ftl::MediaHealth health = media_.health();
  s.put8(0, warning);
  s.put16(NVME_SMART_TEMPERATURE, config_.temperature_kelvin);
  s.put8(NVME_SMART_SPARE, health.available_spare);
  s.put8(NVME_SMART_SPARE_THRESHOLD, spare_threshold);
  s.put8(NVME_SMART_USED, std::min(health.percentage_used, 255U));
  s.put64(NVME_SMART_UNITS_READ, data_units(health.host_sectors_read));
  s.put64(NVME_SMART_UNITS_WRITTEN, data_units(health.host_sectors_written));
  s.put64(NVME_SMART_READS, host.reads);
  s.put64(NVME_SMART_WRITES, host.writes);
  s.put64(NVME_SMART_BUSY, host.busy_ns / minute_ns);
  s.put64(NVME_SMART_POWER_CYCLES, 1);
  s.put64(NVME_SMART_POWER_ON, now_ns / hour_ns);
  s.put64(NVME_SMART_MEDIA_ERRORS, health.media_errors);
  s.put64(NVME_SMART_ERROR_ENTRIES, errors.count());
  return s;
}

Structure LogPages::firmware_slots() {
  Structure s(NVME_FIRMWARE_BYTES);
  s.put8(0, 1);  // active: slot 1
  s.text(8, 8, firmware, ' ');
  return s;
}

Structure LogPages::changed_namespaces() const {
  if (changed.size() > NVME_LIST_ENTRIES) return Identify::list({NVME_NSID_ALL});
  return Identify::list({changed.begin(), changed.end()});
}

Structure LogPages::effects() {
  Structure s(NVME_EFFECTS_BYTES);
  const auto admin = [&s](unsigned opcode, std::uint32_t effect) {
    s.put32(4 * std::size_t{opcode}, supported | effect);
  };
  const auto io = [&s](unsigned opcode, std::uint32_t effect) {
    s.put32(io_effects + 4 * std::size_t{opcode}, supported | effect);
  };
  for (const int opcode : {NVME_ADMIN_DELETE_SQ, NVME_ADMIN_CREATE_SQ, NVME_ADMIN_GET_LOG_PAGE,
                           NVME_ADMIN_DELETE_CQ, NVME_ADMIN_CREATE_CQ, NVME_ADMIN_IDENTIFY,
                           NVME_ADMIN_ABORT, NVME_ADMIN_GET_FEATURES, NVME_ADMIN_ASYNC_EVENT}) {
    admin(static_cast<unsigned>(opcode), 0);
  }
  admin(NVME_ADMIN_SET_FEATURES, 0);
  admin(NVME_ADMIN_NS_MANAGEMENT, changes_inventory);
  admin(NVME_ADMIN_NS_ATTACHMENT, changes_inventory);
  admin(NVME_ADMIN_FORMAT, changes_content | changes_namespace | alone_in_namespace);
  admin(NVME_ADMIN_RESIZE, changes_content | changes_namespace);
  io(NVME_IO_FLUSH, 0);
  io(NVME_IO_WRITE, changes_content);
  io(NVME_IO_READ, 0);
  io(NVME_IO_COMPARE, 0);
  io(NVME_IO_WRITE_ZEROES, changes_content);
  io(NVME_IO_DATASET_MANAGEMENT, changes_content);
  return s;
}

}  // namespace kilburn::nvme
