#include "platform/cli/device_check.h"

#include <fmt/format.h>

namespace kilburn::platform {

DeviceCheck::DeviceCheck(board::Board& board) {
  iommu::Iommu* const iommu = board.iommu();
  if (iommu == nullptr) return;
  check_.emplace(
      *iommu,
      [&board](Address address, std::span<std::byte> bytes) { return board.peek(address, bytes); },
      board.config().mmu.service.walker.svnapot, [&board] { board.interrupt(); });
}

std::optional<std::string> DeviceCheck::failure() const {
  return check_ ? check_->failure() : std::nullopt;
}

std::string DeviceCheck::summary() const {
  if (!check_) {
    return "--check compares translations of devices: this board has no IOMMU (board.iommu)\n";
  }
  std::string text =
      fmt::format("{} translations of devices checked against a walk in software, all equal",
                  check_->checked());
  if (check_->stale() > 0) {
    text +=
        fmt::format(" ({} of them to tables as they were before an invalidation)", check_->stale());
  }
  return text + '\n';
}

}  // namespace kilburn::platform
