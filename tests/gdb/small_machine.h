// A machine for sessions without a board: harts of the hart tests, whose memory is physical.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "platform/gdb/target.h"
#include "riscv/hart_world.h"

namespace kilburn::gdb::testing {

class SmallMachine final : public Target {
 public:
  explicit SmallMachine(unsigned harts = 2)
      : world({.hart = {.harts = harts, .reset_vector = riscv::test::ram_base},
               .ram_bytes = std::uint64_t{1} << 16}),
        debuggers(harts) {
    for (unsigned i = 0; i < harts; ++i) world.hart(i).attach(&debuggers[i]);
  }

  [[nodiscard]] unsigned harts() const override {
    return static_cast<unsigned>(world.harts.size());
  }
  [[nodiscard]] riscv::Hart& hart(unsigned number) override { return world.hart(number); }
  [[nodiscard]] HartDebugger& debugger(unsigned number) override { return debuggers[number]; }
  bool read_memory(unsigned /*hart*/, Address va, std::span<std::byte> bytes) override {
    const auto* region = world.main_memory.find(va, bytes.size());
    if (region == nullptr) return false;
    std::ranges::copy(region->host.subspan(va - region->base, bytes.size()), bytes.begin());
    return true;
  }
  bool write_memory(unsigned /*hart*/, Address va, std::span<const std::byte> bytes) override {
    const auto* region = world.main_memory.find(va, bytes.size());
    if (region == nullptr) return false;
    std::ranges::copy(bytes, region->host.subspan(va - region->base).begin());
    world.main_memory.written(va, bytes.size());
    return true;
  }
  std::string monitor(std::string_view command) override {
    return command == "hello" ? "hello yourself" : "";
  }

  riscv::test::World world;
  std::vector<HartDebugger> debuggers;
};

}  // namespace kilburn::gdb::testing
