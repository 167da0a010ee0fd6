#include "nvme/drive.h"

#include <fmt/format.h>

#include <string_view>

#include "common/error.h"
#include "ftl/ftl.h"
#include "nand/array.h"
#include "nvme/ideal_drive.h"
#include "nvme/load.h"

namespace kilburn::nvme {

struct Drive::Flash {
  explicit Flash(const FlashConfig& config)
      : array(config.nand, config.faults, ftl::spare_bytes(config.nand), config.image),
        layer(config.ftl, config.timing, loaded(config, array)) {}
  static nand::Array& loaded(const FlashConfig& config, nand::Array& array) {
    if (!config.load.empty() && array.is_new()) load_disk(config, array);
    return array;
  }
  nand::Array array;
  ftl::Ftl layer;
};

Drive::Drive(const NvmeConfig& config) {
  if (config.drive == DriveKind::ideal) {
    ideal_ = std::make_unique<IdealDrive>(config.ideal);
    media_ = ideal_.get();
    return;
  }
  ftl::check_capacity(config.flash.ftl, config.flash.nand);
  try {
    flash_ = std::make_unique<Flash>(config.flash);
  } catch (const InputError& error) {
    const std::string& image = config.flash.image;
    if (image.empty() || std::string_view(error.what()).starts_with(image)) throw;
    throw InputError(fmt::format("{}: {}", image, error.what()));
  }
  media_ = &flash_->layer;
}

Drive::~Drive() = default;

void Drive::visit(StatisticVisitor& v) const {
  if (flash_ == nullptr) return;
  v.block("ftl", flash_->layer.statistics());
  v.block("nand", flash_->layer.timing_statistics());
}

}  // namespace kilburn::nvme
