#include "nvme/identify.h"

#include <algorithm>
#include <string>

#include "common/random.h"
#include "kilburn/nvme.h"

namespace kilburn::nvme {

namespace {

constexpr std::uint32_t locally_administered = 0x02;  // of an organisation's number of 24 bits
constexpr unsigned abort_limit = 3;                   // 0-based
constexpr unsigned one_read_only_slot = 0x3;
constexpr unsigned effects_log_and_offsets = 0x6;
constexpr unsigned flush_of_all_namespaces = 0x7;  // volatile write cache, and FFFFFFFFh is taken
constexpr unsigned io_controller = 1;
constexpr unsigned dataset_ranges = NVME_DSM_MOST_RANGES;
constexpr std::size_t descriptor_bytes = 4;  // of a descriptor's head

void put_big_endian(Structure& s, std::size_t offset, std::uint64_t value) {
  for (unsigned i = 0; i < 8; ++i)
    s.put8(offset + i, static_cast<std::uint8_t>(value >> (56 - 8 * i)));
}

}  // namespace

Structure Identify::controller(unsigned most_namespaces) const {
  Structure s(NVME_IDENTIFY_BYTES);
  s.put16(NVME_ID_VID, NVME_VENDOR);
  s.put16(NVME_ID_SSVID, NVME_VENDOR);
  s.text(NVME_ID_SN, 20, config_.serial, ' ');
  s.text(NVME_ID_MN, 40, model, ' ');
  s.text(NVME_ID_FR, 8, firmware, ' ');
  s.put8(NVME_ID_RAB, 3);
  s.put8(NVME_ID_IEEE + 2, locally_administered);
  s.put8(NVME_ID_MDTS, config_.transfer_pages_log2);
  s.put16(NVME_ID_CNTLID, controller_id);
  s.put32(NVME_ID_VER, NVME_VERSION);
  s.put32(NVME_ID_RTD3R, 1'000'000);  // us
  s.put32(NVME_ID_RTD3E, 1'000'000);
  s.put32(NVME_ID_OAES, NVME_OAES_NAMESPACES);
  s.put8(NVME_ID_CNTRLTYPE, io_controller);
  s.put16(NVME_ID_OACS, NVME_OACS_FORMAT | NVME_OACS_NAMESPACES);
  s.put8(NVME_ID_ACL, abort_limit);
  s.put8(NVME_ID_AERL, config_.asynchronous_events - 1);
  s.put8(NVME_ID_FRMW, one_read_only_slot);
  s.put8(NVME_ID_LPA, effects_log_and_offsets);
  s.put8(NVME_ID_ELPE, config_.error_entries - 1);
  s.put16(NVME_ID_WCTEMP, warning_kelvin);
  s.put16(NVME_ID_CCTEMP, critical_kelvin);
  s.put64(NVME_ID_TNVMCAP, media_.capacity() * ftl::sector_bytes);
  s.put64(NVME_ID_UNVMCAP, media_.unallocated() * ftl::sector_bytes);
  s.put8(NVME_ID_SQES, NVME_SQES << 4 | NVME_SQES);
  s.put8(NVME_ID_CQES, NVME_CQES << 4 | NVME_CQES);
  s.put16(NVME_ID_MAXCMD, std::min(config_.commands, config_.queue_entries));
  s.put32(NVME_ID_NN, most_namespaces);
  s.put16(NVME_ID_ONCS, NVME_ONCS_COMPARE | NVME_ONCS_DATASET_MANAGEMENT | NVME_ONCS_WRITE_ZEROES |
                            NVME_ONCS_SELECT | NVME_ONCS_TIMESTAMP);
  s.put8(NVME_ID_VWC, flush_of_all_namespaces);
  s.text(NVME_ID_SUBNQN, 256, "nqn.2024-01.org.kilburn:nvme:" + config_.serial, '\0');
  s.put16(NVME_ID_PSD0, 2500);  // centiwatts
  s.put8(NVME_ID_VENDOR, 1);
  return s;
}

void Identify::put_formats(Structure& s) const {
  s.put8(NVME_NS_NLBAF, static_cast<unsigned>(block_formats.size() - 1));
  // Reads of deallocated blocks give zeros, and write zeroes can deallocate.
  s.put8(NVME_NS_DLFEAT, 0x9);
  for (std::size_t i = 0; i < block_formats.size(); ++i) {
    // The smaller blocks perform worse: good, and best.
    s.put32(NVME_NS_LBAF0 + 4 * i, block_formats[i] << 16 | (i == 0 ? 2U : 0U) << 24);
  }
}

Structure Identify::common_namespace() const {
  Structure s(NVME_IDENTIFY_BYTES);
  put_formats(s);
  return s;
}

Structure Identify::name_space(std::uint32_t id, const Namespace& space) const {
  Structure s = common_namespace();
  const ftl::NamespaceInfo info = media_.info(id).value_or(ftl::NamespaceInfo{});
  const unsigned shift = space.block_shift();
  s.put64(NVME_NS_NSZE, info.sectors >> shift);
  s.put64(NVME_NS_NCAP, info.sectors >> shift);
  s.put64(NVME_NS_NUSE, (info.mapped + (1U << shift) - 1) >> shift);
  s.put8(NVME_NS_NSFEAT, NVME_NSFEAT_DEALLOCATED_ERROR | NVME_NSFEAT_PREFERRED);
  s.put8(NVME_NS_FLBAS, space.format);
  s.put64(NVME_NS_NVMCAP, info.sectors * ftl::sector_bytes);
  const unsigned unit = (ftl::unit_sectors >> shift) - 1;  // 0-based
  for (const int at : {NVME_NS_NPWG, NVME_NS_NPWA, NVME_NS_NPDG, NVME_NS_NPDA, NVME_NS_NOWS}) {
    s.put16(static_cast<std::size_t>(at), unit);
  }
  put_big_endian(s, NVME_NS_NGUID, mix64(eui64(id)));
  put_big_endian(s, NVME_NS_NGUID + 8, eui64(id));
  put_big_endian(s, NVME_NS_EUI64, eui64(id));
  return s;
}

/// An identifier of the organisation, then 40 bits of the drive and the namespace.
std::uint64_t Identify::eui64(std::uint32_t id) const {
  std::uint64_t drive = 0;
  for (const char c : config_.serial) drive = mix64(drive ^ static_cast<unsigned char>(c));
  constexpr unsigned id_bits = 16;
  constexpr std::uint64_t drive_mask = (std::uint64_t{1} << 24) - 1;
  return std::uint64_t{locally_administered} << 56 | (drive & drive_mask) << id_bits | id % 65'536;
}

Structure Identify::descriptors(std::uint32_t id) const {
  constexpr unsigned type_eui64 = 1;
  constexpr unsigned type_nguid = 2;
  constexpr unsigned type_uuid = 3;
  constexpr unsigned long_name = 16;
  Structure s(NVME_IDENTIFY_BYTES);
  std::size_t at = 0;
  const auto head = [&](unsigned type, unsigned length) {
    s.put8(at, type);
    s.put8(at + 1, length);
    at += descriptor_bytes;
  };
  const auto half = [&](std::uint64_t value) {
    put_big_endian(s, at, value);
    at += sizeof value;
  };
  head(type_eui64, sizeof(std::uint64_t));
  half(eui64(id));
  head(type_nguid, long_name);
  half(mix64(eui64(id)));
  half(eui64(id));
  // Version 8 of RFC 9562: bits of its maker's choice.
  constexpr std::uint64_t version_mask = 0xF000;
  constexpr std::uint64_t variant_shift = 62;
  head(type_uuid, long_name);
  half((mix64(eui64(id) + 1) & ~version_mask) | 0x8000);
  half(mix64(eui64(id) + 2) >> 2 | std::uint64_t{2} << variant_shift);
  return s;
}

/// Limits of the NVM command set: of dataset management. Source: NVM Command Set 1.0, figure 118.
Structure Identify::command_set_controller() const {
  constexpr std::size_t at_ranges = 3;
  constexpr std::size_t at_range_blocks = 4;
  Structure s(NVME_IDENTIFY_BYTES);
  s.put8(at_ranges, dataset_ranges > 255 ? 0 : dataset_ranges);  // 0: no limit but the command's
  s.put32(at_range_blocks, 0);
  return s;
}

Structure Identify::list(const std::vector<std::uint32_t>& ids) {
  Structure s(NVME_IDENTIFY_BYTES);
  const std::size_t count = std::min<std::size_t>(ids.size(), NVME_LIST_ENTRIES);
  for (std::size_t i = 0; i < count; ++i) s.put32(4 * i, ids[i]);
  return s;
}

Structure Identify::controllers(bool attached, std::uint16_t from) {
  Structure s(NVME_IDENTIFY_BYTES);
  if (!attached || controller_id < from) return s;
  s.put16(0, 1);
  s.put16(2, controller_id);
  return s;
}

}  // namespace kilburn::nvme
