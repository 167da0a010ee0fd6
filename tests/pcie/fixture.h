// A function with registers that remember, and a link that remembers what it was asked.
#pragma once

#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "pcie/function.h"

namespace kilburn::pcie {

class RecordingLink final : public Link {
 public:
  struct Asked {
    Request request;
    std::vector<std::byte> data;
    Cycles now;
  };
  std::vector<Asked> asked;
  std::map<unsigned, bool> pins;
  Status answer = Status::success;

  Completion request(const Request& request, Cycles now) override {
    asked.push_back({request, {request.data.begin(), request.data.end()}, now});
    return {.status = answer, .latency = 10};
  }
  void set_intx(unsigned pin, bool level) override { pins[pin] = level; }
  /// The 32 bits that request `number` wrote.
  [[nodiscard]] std::uint32_t word(std::size_t number) const {
    std::uint32_t value = 0;
    std::memcpy(&value, asked.at(number).data.data(), sizeof value);
    return value;
  }
};

/// BAR 0: 4 KiB of registers, of 64 bits; BAR 2: 16 bytes; BAR 3: MSI-X, four vectors.
class TestFunction final : public Function {
 public:
  static FunctionShape shape() {
    return {.identity = {.device = 0x1234, .class_code = 0x01'08'02},
            .bars = {{.bytes = 0x1000, .wide = true}, {}, {.bytes = 16}, {.bytes = 0x1000}},
            .pin = 2,
            .msix = {.vectors = 4, .bar = 3, .table = 0, .pending = 0x800},
            .ats = true,
            .pasid_bits = 8};
  }
  explicit TestFunction(Link& link, RoutingId id = RoutingId::of(3, 0), FunctionShape of = shape())
      : Function(of, link, id) {}

  std::map<std::pair<unsigned, std::uint64_t>, std::uint64_t> registers;
  unsigned resets = 0;
  using Function::dma;
  using Function::raise;
  using Function::set_pin;

 protected:
  std::uint64_t bar_read(BarPlace place, unsigned /*length*/, Cycles /*now*/) override {
    return registers[{place.bar, place.offset}];
  }
  void bar_write(BarPlace place, unsigned /*length*/, std::uint64_t value,
                 Cycles /*now*/) override {
    registers[{place.bar, place.offset}] = value;
  }
  void reset(Cycles /*now*/) override {
    registers.clear();
    ++resets;
  }
};

/// Offset of a capability; 0: not there.
inline unsigned capability(const Function& function, std::uint8_t id) {
  unsigned at = function.config_read(PCIE_CAPABILITIES, 1);
  while (at != 0 && function.config_read(at, 1) != id) at = function.config_read(at + 1, 1);
  return at;
}
inline unsigned extended_capability(const Function& function, std::uint16_t id) {
  unsigned at = 0x100;
  while (at != 0 && function.config_read(at, 2) != id) at = function.config_read(at, 4) >> 20;
  return at;
}

}  // namespace kilburn::pcie
