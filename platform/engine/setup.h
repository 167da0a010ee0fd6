// The platform's memory as it is when the traces begin: address spaces made, pages mapped, frames
// owned. Made once for all configurations of a group, which go on with copies.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "common/invalidation.h"
#include "platform/engine/memory_bus.h"
#include "platform/replay/os_services.h"
#include "platform/replay/trace_process.h"
#include "rmu/rmu.h"

namespace kilburn::platform {

class Setup {
 public:
  using Processes = std::vector<std::unique_ptr<TraceProcess>>;

  /// Starts `processes`, and maps what they will touch where the configuration says so.
  Setup(const PlatformConfig& config, Processes& processes, std::uint64_t limit,
        const std::atomic<bool>* interrupt);

  [[nodiscard]] const memory::Storage& storage() const { return storage_; }
  [[nodiscard]] const MemoryBus& bus() const { return bus_; }
  [[nodiscard]] const rmu::Rmu& rmu() const { return rmu_; }
  [[nodiscard]] const OsServices& services() const { return services_; }
  /// The time that it took, charged to nothing.
  [[nodiscard]] Cycles cycles() const { return services_.now(); }
  /// What the holders of translations have been told so far.
  [[nodiscard]] const std::vector<Invalidation>& invalidations() const { return holder_.told; }

 private:
  /// Stands for the holders of each configuration, whose time to answer is the group's.
  struct Holder final : InvalidationHolder {
    Cycles latency;
    std::vector<Invalidation> told{};
    explicit Holder(Cycles cycles) : latency(cycles) {}
    [[nodiscard]] std::string holder_name() const override { return "setup"; }
    void invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                    InvalidationBus& bus) override {
      told.push_back(invalidation);
      bus.acknowledge(ticket, latency);
    }
  };

  PlatformConfig config_;
  memory::Storage storage_;
  MemoryBus bus_;
  Holder holder_;
  InvalidationBus invalidation_bus_;
  ImmediateInvalidator invalidator_{invalidation_bus_};
  rmu::Rmu rmu_;
  OsServices services_;
};

}  // namespace kilburn::platform
