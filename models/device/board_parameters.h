// Parameters of a board that decide which devices it has.
#pragma once

#include <cstdint>

#include "common/parameters.h"

namespace kilburn::device {

/// The Advanced Interrupt Architecture, in the steps that QEMU's `virt` has.
enum class Aia : std::uint8_t {
  none,         ///< a PLIC
  aplic,        ///< an APLIC that drives the harts' lines
  aplic_imsic,  ///< an APLIC that sends messages to the harts' IMSICs
};

struct BoardParameters {
  Aia aia = Aia::none;
  std::uint32_t guest_files = 0;  ///< of each hart's IMSIC
  bool iommu = false;

  void visit(ParameterVisitor& v) {
    v.choice(
        "aia", aia, {"none", "aplic", "aplic_imsic"},
        "external interrupts: a PLIC, an APLIC that drives the harts' lines, or an APLIC that "
        "sends messages to an IMSIC of each hart; with the last two harts have Smaia and Ssaia");
    v.integer("guest_files", guest_files, {0, 7}, "files",
              "interrupt files for guests in each hart's IMSIC (GEILEN)");
    v.flag("iommu", iommu, "an IOMMU, through which PCI Express functions reach memory");
    v.require(guest_files == 0 || aia == Aia::aplic_imsic,
              "board.guest_files above 0 needs board.aia = aplic_imsic");
  }
};

}  // namespace kilburn::device
