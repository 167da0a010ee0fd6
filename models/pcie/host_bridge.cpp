#include "pcie/host_bridge.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace kilburn::pcie {

namespace {

/// 0:0.0, as QEMU's: software finds a bridge to the host there.
constexpr Identity bridge_identity{.device = 0x0008, .class_code = 0x06'00'00};

std::uint64_t all_ones(unsigned length) {
  return length == 8 ? UINT64_MAX : (std::uint64_t{1} << 8 * length) - 1;
}

/// Of the bridge itself, which neither asks for memory nor interrupts.
class NoLink : public Link {
 public:
  Completion request(const Request& /*request*/, Cycles /*now*/) override {
    return {.status = Status::unsupported};
  }
  void set_intx(unsigned /*pin*/, bool /*level*/) override {}
};

class BridgeFunction final : private NoLink, public Function {
 public:
  BridgeFunction()
      : Function({.identity = bridge_identity, .pin = 0, .express = false}, *this,
                 RoutingId::of(0, 0)) {}

 protected:
  [[nodiscard]] std::uint64_t bar_read(BarPlace /*place*/, unsigned /*length*/,
                                       Cycles /*now*/) override {
    return 0;
  }
  void bar_write(BarPlace /*place*/, unsigned /*length*/, std::uint64_t /*value*/,
                 Cycles /*now*/) override {}
  void reset(Cycles /*now*/) override {}
};

}  // namespace

void HostBridgeStatistics::visit(StatisticVisitor& v) const {
  v.counter("config_reads", config_reads, "reads", "reads of configuration space");
  v.counter("config_writes", config_writes, "writes", "writes of configuration space");
  v.counter("absent", absent, "accesses",
            "accesses to the configuration space of functions that are not there");
  v.counter("memory_reads", memory_reads, "reads", "reads of functions' BARs");
  v.counter("memory_writes", memory_writes, "writes", "writes of functions' BARs");
  v.counter("unclaimed", unclaimed, "accesses", "accesses to memory space that no BAR claims");
}

HostBridge::HostBridge(std::vector<InterruptLine> intx)
    : self_(std::make_unique<BridgeFunction>()), intx_(std::move(intx)) {
  assert(intx_.size() == lines && "INTA to INTD");
  functions_.emplace(self_->id(), self_.get());
}

void HostBridge::add(Function& function) {
  [[maybe_unused]] const bool added = functions_.emplace(function.id(), &function).second;
  assert(added && "one function a place: the configuration has been checked");
  mark_multifunction(function.id().device());
}

void HostBridge::remove(Function& function) {
  for (unsigned pin = 1; pin <= lines; ++pin) set_intx(function.id(), pin, false);
  functions_.erase(function.id());
  mark_multifunction(function.id().device());
}

/// Function 0 tells software to look for the others.
void HostBridge::mark_multifunction(unsigned device) {
  const auto first = functions_.find(RoutingId::of(device, 0));
  if (first == functions_.end()) return;
  const auto count = std::ranges::count_if(
      functions_, [&](const auto& entry) { return entry.first.device() == device; });
  first->second->config_space().fix(PCIE_HEADER_TYPE, 1,
                                    count > 1 ? PCIE_HEADER_MULTIFUNCTION : 0u);
}

Function* HostBridge::at(std::uint64_t offset) const {
  if (offset >> PCIE_ECAM_BUS_SHIFT != 0) return nullptr;
  const RoutingId id{static_cast<std::uint16_t>(offset >> PCIE_ECAM_FUNCTION_SHIFT)};
  const auto found = functions_.find(id);
  return found == functions_.end() ? nullptr : found->second;
}

std::uint64_t HostBridge::config_read(std::uint64_t offset, unsigned length) {
  ++statistics_.config_reads;
  const Function* function = at(offset);
  if (function == nullptr) {
    ++statistics_.absent;
    return all_ones(length);
  }
  const unsigned place = offset % PCIE_CONFIG_BYTES;
  if (length <= 4) return function->config_read(place, length);
  return function->config_read(place, 4) | std::uint64_t{function->config_read(place + 4, 4)} << 32;
}

void HostBridge::config_write(std::uint64_t offset, unsigned length, std::uint64_t value,
                              Cycles now) {
  ++statistics_.config_writes;
  Function* function = at(offset);
  if (function == nullptr) {
    ++statistics_.absent;
    return;
  }
  const unsigned place = offset % PCIE_CONFIG_BYTES;
  function->config_write(place, std::min(length, 4u), static_cast<std::uint32_t>(value), now);
  if (length == 8) {
    function->config_write(place + 4, 4, static_cast<std::uint32_t>(value >> 32), now);
  }
}

HostBridge::Found HostBridge::find(Address address, unsigned length) const {
  for (const auto& [id, function] : functions_) {
    if (const auto place = function->decode(address, length)) return {function, *place};
  }
  return {};
}

std::uint64_t HostBridge::memory_read(Address address, unsigned length, Cycles now) {
  const Found found = find(address, length);
  if (found.function == nullptr) {
    ++statistics_.unclaimed;
    return all_ones(length);
  }
  ++statistics_.memory_reads;
  return found.function->read(found.place, length, now);
}

void HostBridge::memory_write(Address address, unsigned length, std::uint64_t value, Cycles now) {
  const Found found = find(address, length);
  if (found.function == nullptr) {
    ++statistics_.unclaimed;
    return;
  }
  ++statistics_.memory_writes;
  found.function->write(found.place, length, value, now);
}

void HostBridge::set_intx(RoutingId id, unsigned pin, bool level) {
  auto& holders = asserted_[line_of(id.device(), pin)];
  if (level) {
    holders[id] = true;
  } else {
    holders.erase(id);
  }
  intx_[line_of(id.device(), pin)].set(!holders.empty());
}

}  // namespace kilburn::pcie
