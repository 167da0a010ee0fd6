#include "platform/ssd/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/error.h"
#include "ftl/ftl.h"
#include "nand/array.h"

namespace kilburn::ssd {

namespace {

constexpr double gib = 1024.0 * 1024 * 1024;

double gibibytes(std::uint64_t units) {
  return static_cast<double>(units * ftl::unit_bytes) / gib;
}

struct Blocks {
  std::uint64_t free = 0;
  std::uint64_t open = 0;
  std::uint64_t closed = 0;
  std::uint64_t metadata = 0;
  std::uint64_t bad = 0;
  std::uint64_t valid = 0;  ///< units
  std::uint64_t erases = 0;
  std::uint32_t least = UINT32_MAX;
  std::uint32_t most = 0;
};

Blocks blocks_of(const ftl::Core& core) {
  using State = ftl::Block::State;
  Blocks sum;
  for (std::uint32_t i = 0; i < core.geometry.all_blocks(); ++i) {
    const nand::BlockId id{i};
    const ftl::Block& block = core.blocks[id];
    sum.free += block.state == State::free ? 1U : 0U;
    sum.open += block.state == State::open ? 1U : 0U;
    sum.closed += block.state == State::closed ? 1U : 0U;
    sum.metadata += block.state == State::metadata ? 1U : 0U;
    sum.bad += block.state == State::bad ? 1U : 0U;
    sum.valid += block.valid;
    const std::uint32_t erases = core.array.erases(id);
    sum.erases += erases;
    sum.least = std::min(sum.least, erases);
    sum.most = std::max(sum.most, erases);
  }
  return sum;
}

}  // namespace

Image::Image(const std::string& file, nvme::FlashConfig config) : config_(std::move(config)) {
  const nand::ImageShape shape = nand::image_shape(file);
  config_.nand = shape.geometry;
  array_ = std::make_unique<nand::Array>(config_.nand, config_.faults, shape.spare_bytes, file,
                                         nand::ImageUse::look);
  try {
    drive_ = std::make_unique<ftl::Ftl>(config_.ftl, config_.timing, *array_);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", file, error.what()));
  }
}

Image::~Image() = default;

std::string Image::description() const {
  const ftl::Core& core = drive_->core();
  const nand::Geometry& g = core.geometry;
  const Blocks blocks = blocks_of(core);
  std::string text = fmt::format(
      "geometry: {} channels x {} packages x {} dies x {} planes x {} blocks x {} pages x {} "
      "bytes\n"
      "capacity: {} units of 4 KiB ({:.2f} GiB), of which {} in no namespace\n\n",
      g.channels, g.packages, g.dies, g.planes, g.blocks, g.pages, g.page_bytes,
      core.map.capacity(), gibibytes(core.map.capacity()), core.map.free_units());
  text += fmt::format("{:>9}{:>13}{:>13}{:>10}{:>13}{:>9}\n", "namespace", "start index", "units",
                      "GiB", "mapped", "");
  for (const ftl::NamespaceId id : core.map.order()) {
    const ftl::Namespace& row = core.map[id];
    const double share =
        row.size == 0 ? 0.0 : static_cast<double>(row.mapped) / static_cast<double>(row.size);
    text += fmt::format("{:>9}{:>13}{:>13}{:>10.2f}{:>13}{:>7.1f} %\n", id, row.start, row.size,
                        gibibytes(row.size), row.mapped, 100 * share);
  }
  text += fmt::format(
      "\nblocks: {} free, {} being filled, {} full, {} of metadata, {} bad; units valid in them "
      "{}\n"
      "erases of a block: least {}, mean {:.1f}, most {}\n",
      blocks.free, blocks.open, blocks.closed, blocks.metadata, blocks.bad, blocks.valid,
      blocks.least, static_cast<double>(blocks.erases) / static_cast<double>(g.all_blocks()),
      blocks.most);
  const ftl::FtlStatistics statistics = drive_->statistics();
  text +=
      fmt::format("recovered since the last checkpoint: {} pages, {} records; torn pages {}\n",
                  statistics.recovered_pages, statistics.recovered_records, statistics.torn_pages);
  return text;
}

std::vector<std::string> Image::check() const {
  return drive_->check();
}

}  // namespace kilburn::ssd
