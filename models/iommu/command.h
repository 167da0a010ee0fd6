// Commands of the queue, decoded. Source: RISC-V IOMMU Architecture 1.0.0, chapter 3.1.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "common/types.h"
#include "iommu/address_spaces.h"

namespace kilburn::iommu {

/// IOFENCE.C.
struct Fence {
  struct Store {
    Address address = 0;
    std::uint32_t data = 0;
  };
  std::optional<Store> store{};  ///< AV
  bool interrupt = false;        ///< WSI
};

/// IODIR.INVAL_DDT, of one device or of all; with `process` IODIR.INVAL_PDT.
struct DirectoryInvalidation {
  std::optional<std::uint32_t> device{};
  std::optional<std::uint32_t> process{};
};

/// ATS.INVAL, or ATS.PRGR: a message to a function.
struct FunctionMessage {
  bool response = false;  ///< ATS.PRGR
  std::uint32_t device = 0;
  std::optional<std::uint32_t> pasid{};
  std::uint64_t payload = 0;
};

using Command = std::variant<AddressSpaces::Change, Fence, DirectoryInvalidation, FunctionMessage>;

/// What decides whether a command is legal.
struct CommandRules {
  std::uint64_t capabilities = 0;
  bool wired = false;         ///< fctl.WSI
  unsigned device_bits = 24;  ///< that ddtp's mode supports
};

/// Nothing: illegal, or not supported.
[[nodiscard]] std::optional<Command> decode_command(std::uint64_t low, std::uint64_t high,
                                                    const CommandRules& rules);

}  // namespace kilburn::iommu
