#include "nvme/drive.h"

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
  flash_ = std::make_unique<Flash>(config.flash);
  media_ = &flash_->layer;
}

Drive::~Drive() = default;

void Drive::visit(StatisticVisitor& v) const {
  if (flash_ == nullptr) return;
  v.block("ftl", flash_->layer.statistics());
  v.block("nand", flash_->layer.timing_statistics());
}

}  // namespace kilburn::nvme
