// Device directory and process directories: radix trees in memory, and the caches of their leaves.
// Source: RISC-V IOMMU Architecture 1.0.0, chapters 2.1, 2.2, 2.3.1 and 2.3.2.
#pragma once

#include <cstdint>
#include <optional>

#include "common/types.h"
#include "iommu/cause.h"
#include "iommu/checked_memory.h"
#include "iommu/context.h"
#include "iommu/context_cache.h"
#include "iommu/shared_context.h"

namespace kilburn::iommu {

/// What was read of tables to find something.
struct TableWork {
  std::uint32_t walks = 0;  ///< of page tables, to reach others under a second stage
  std::uint32_t reads = 0;
};

/// A context, or why there is none.
template <class Context>
struct Located {
  std::optional<Cause> cause{};
  std::uint64_t iotval2 = 0;  ///< of a guest page fault
  Context context{};
  Cycles latency = 0;
  TableWork work{};
};

/// How the tables of a process directory are reached under a second stage.
class GuestAddressing {
 public:
  struct Place {
    Fault fault = Fault::none;
    Address physical = 0;
    Cycles latency = 0;
    TableWork work{};
  };
  virtual ~GuestAddressing() = default;
  /// For the IOMMU's own read at guest-physical `address`.
  virtual Place guest_physical(const DeviceContext& device, Address address, Cycles now) = 0;
};

/// Of the device directory: ddtp.
struct DeviceDirectory {
  unsigned levels = 0;  ///< 1 to 3
  PageNumber root = 0;
};

struct DirectoryStatistics {
  std::uint64_t device_reads = 0;
  std::uint64_t process_reads = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const DirectoryStatistics&, const DirectoryStatistics&) = default;
};

/// Modelled: all depths and both formats of the device directory, process directories of 8, 17 and
/// 20 bits under one stage or two, a cache of the leaves of each. Not modelled: caches of the
/// levels above. What an invalidation overtakes is not kept; `generation` tells who asked.
/// Time: a read of memory for each level.
class Directories {
 public:
  Directories(const IommuConfig& config, std::uint64_t capabilities, CheckedMemory& memory);

  /// True where the directory is too shallow for `device`.
  [[nodiscard]] bool too_wide(const DeviceDirectory& directory, std::uint32_t device) const;
  Located<SharedContext> device(const DeviceDirectory& directory, std::uint32_t device, Cycles now);

  /// True where the directory is too shallow for `process`.
  [[nodiscard]] static bool too_wide(const ProcessDirectory& directory, std::uint32_t process);
  /// The device's process directory is not Bare. `access` is the original one.
  Located<ProcessContext> process(const DeviceContext& context, std::uint32_t device,
                                  std::uint32_t process, Access access, GuestAddressing& guest,
                                  Cycles now);

  void invalidate_all();
  /// Of its processes, too.
  void invalidate_device(std::uint32_t device);
  void invalidate_process(std::uint32_t device, std::uint32_t process);
  /// Changes with each invalidation.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  void visit(StatisticVisitor& v) const;
  [[nodiscard]] const ContextCacheStatistics& device_cache() const { return devices_.statistics(); }
  [[nodiscard]] const ContextCacheStatistics& process_cache() const {
    return processes_.statistics();
  }

 private:
  struct DeviceKey {
    std::uint32_t device = 0;
    [[nodiscard]] std::uint64_t hash() const { return device; }
    friend bool operator==(const DeviceKey&, const DeviceKey&) = default;
  };
  struct ProcessKey {
    std::uint32_t device = 0;
    std::uint32_t process = 0;
    [[nodiscard]] std::uint64_t hash() const { return std::uint64_t{device} << 32 | process; }
    friend bool operator==(const ProcessKey&, const ProcessKey&) = default;
  };
  Located<SharedContext> read_device(const DeviceDirectory& directory, std::uint32_t device,
                                     Cycles now);
  Located<ProcessContext> read_process(const DeviceContext& context, std::uint32_t process,
                                       Access access, GuestAddressing& guest, Cycles now);

  std::uint64_t capabilities_;
  bool extended_;  ///< device contexts of 64 bytes
  CheckedMemory& memory_;
  ContextCache<DeviceKey, SharedContext> devices_;
  ContextCache<ProcessKey, ProcessContext> processes_;
  std::uint64_t generation_ = 0;
  DirectoryStatistics statistics_;
};

}  // namespace kilburn::iommu
