// One configuration's own part of the platform, without the kernel: TLBs, translation service, RMU,
// second-level cache, memory, its operating system, and its time.
#pragma once

#include <optional>
#include <vector>

#include "mmu/mmu.h"
#include "platform/engine/common_path.h"
#include "platform/engine/l2_path.h"

namespace kilburn::platform {

/// Carries out steps as TracePlayer, MmuModule and the cache modules carry out accesses, to the
/// same statistics. Time: cycles since power-on.
class ConfigurationPath {
 public:
  /// `common` is where the traces begin; it outlives this.
  ConfigurationPath(const PlatformConfig& config, const CommonPath& common);
  ConfigurationPath(const ConfigurationPath&) = delete;
  ConfigurationPath& operator=(const ConfigurationPath&) = delete;

  /// Throws InputError where an access is denied, or no frame is left.
  void run(const StepBatch& batch);

  /// All statistics of the platform.
  void visit(StatisticVisitor& v) const;

 private:
  void translate(const Step& step);
  void translate_pair(const Step& step);
  [[nodiscard]] std::optional<mmu::Translated> try_translate(Address va, Access access);
  void serve_fault(Fault fault, Address va, Access access);
  void look_up_line(const Step& step);
  void access_l2(Address address, Traffic traffic, Access access);
  void end_access(Access access);
  template <class Work>
  void serve(std::uint64_t& cause, Work work);
  [[nodiscard]] std::uint32_t line_bytes(Access access) const {
    return access == Access::fetch ? config_.cache.l1i.line_bytes : config_.cache.l1d.line_bytes;
  }
  [[nodiscard]] Cycles hit_cycles(Access access) const {
    return access == Access::fetch ? config_.cache.l1i.hit_cycles : config_.cache.l1d.hit_cycles;
  }

  PlatformConfig config_;
  const CommonPath& common_;
  memory::Storage storage_;
  MemoryBus bus_;
  L2Path l2_;
  InvalidationBus invalidation_bus_;
  ImmediateInvalidator invalidator_{invalidation_bus_};
  rmu::Rmu rmu_;
  mmu::TranslationService service_;
  mmu::Mmu mmu_;
  OsServices services_;
  std::vector<ProcessMemory> memories_;

  std::uint32_t process_ = 0;  ///< that runs
  Cycles now_;
  Cycles memory_cycles_ = 0;  ///< that the access in hand has spent in the caches so far
  Cycles start_;              ///< of the traces
  Stalls stall_{};
};

}  // namespace kilburn::platform
