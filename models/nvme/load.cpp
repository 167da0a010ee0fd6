#include "nvme/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "common/error.h"
#include "ftl/ftl.h"

namespace kilburn::nvme {

namespace {

/// Has each request end before the next.
class Writer final : public ftl::MediaSink {
 public:
  Writer(ftl::Ftl& drive, const std::string& file) : drive_(drive), file_(file) {}
  void carry_out(const ftl::Request& request) {
    ended_ = false;
    drive_.submit(request, now_);
    while (!ended_) {
      now_ = std::max(now_, drive_.next_event());
      drive_.advance(now_, *this);
    }
  }
  void bytes(std::uint64_t /*tag*/, std::uint64_t /*offset*/,
             std::span<const std::byte> /*bytes*/) override {}
  void ended(std::uint64_t /*tag*/, ftl::MediaStatus status, ftl::Sector failed,
             ftl::Nanoseconds /*when*/) override {
    ended_ = true;
    if (status == ftl::MediaStatus::success) return;
    throw InputError(
        fmt::format("{}: the drive cannot be written from sector {} on", file_, failed));
  }

 private:
  ftl::Ftl& drive_;
  const std::string& file_;
  ftl::Nanoseconds now_ = 0;
  bool ended_ = false;
};

bool is_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{}; });
}

/// Size of the file, in whole units.
std::uint64_t sectors_of(const std::string& file) {
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(file, error);
  if (error) throw InputError(fmt::format("{}: {}", file, error.message()));
  if (bytes == 0) throw InputError(fmt::format("{}: is empty: allowed is a disk's image", file));
  return (bytes + ftl::unit_bytes - 1) / ftl::unit_bytes * ftl::unit_sectors;
}

}  // namespace

void load_disk(const FlashConfig& config, nand::Array& array) {
  ftl::FtlConfig plain = config.ftl;
  plain.first_namespace = 0;
  plain.precondition = {};
  ftl::Ftl drive(plain, config.timing, array);
  const std::uint64_t sectors = sectors_of(config.load);
  if (sectors > drive.unallocated()) {
    throw InputError(fmt::format("{}: {} bytes: the drive holds {}", config.load,
                                 sectors * ftl::sector_bytes,
                                 drive.unallocated() * ftl::sector_bytes));
  }
  const ftl::NamespaceId space = drive.create(sectors, ftl::Attributes::at_first, 0).id;
  std::ifstream file(config.load, std::ios::binary);
  Writer writer(drive, config.load);
  std::vector<std::byte> unit(ftl::unit_bytes);
  for (ftl::Sector at = 0; at < sectors; at += ftl::unit_sectors) {
    std::ranges::fill(unit, std::byte{});
    file.read(reinterpret_cast<char*>(unit.data()), static_cast<std::streamsize>(unit.size()));
    if (file.bad() || (file.fail() && !file.eof())) {
      throw InputError(fmt::format("{}: cannot be read", config.load));
    }
    if (is_zero(unit)) continue;
    writer.carry_out({.kind = ftl::Request::Kind::write,
                      .space = space,
                      .first = at,
                      .sectors = ftl::unit_sectors,
                      .data = unit});
  }
  writer.carry_out({.kind = ftl::Request::Kind::flush, .space = space});
  drive.checkpoint();
}

}  // namespace kilburn::nvme
