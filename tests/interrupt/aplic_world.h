// An APLIC with two harts as the tests of its registers drive it.
#pragma once

#include <array>
#include <cstdint>

#include "interrupt/aplic.h"
#include "recorded_lines.h"

namespace kilburn::interrupt::testing {

inline constexpr auto machine_level = Aplic::Level::machine;
inline constexpr auto supervisor_level = Aplic::Level::supervisor;

struct AplicWorld {
  explicit AplicWorld(Delivery delivery) : aplic(sinks, delivery) {}

  std::array<RecordedLines, 2> harts;
  std::array<InterruptSink*, 2> sinks{&harts[0], &harts[1]};
  Aplic aplic;

  std::uint32_t read(unsigned offset, Aplic::Level level = machine_level) {
    return aplic.read(level, offset);
  }
  void write(unsigned offset, std::uint32_t value, Aplic::Level level = machine_level) {
    aplic.write(level, offset, value);
  }
  [[nodiscard]] bool pending(unsigned source, Aplic::Level level = machine_level) {
    return (read(APLIC_SETIP + source / 32 * 4, level) >> source % 32 & 1) != 0;
  }
  [[nodiscard]] bool enabled(unsigned source, Aplic::Level level = machine_level) {
    return (read(APLIC_SETIE + source / 32 * 4, level) >> source % 32 & 1) != 0;
  }
  [[nodiscard]] bool rectified(unsigned source, Aplic::Level level = machine_level) {
    return (read(APLIC_IN_CLRIP + source / 32 * 4, level) >> source % 32 & 1) != 0;
  }
  static unsigned sourcecfg(unsigned source) { return APLIC_SOURCECFG + 4 * source; }
  static unsigned target(unsigned source) { return APLIC_TARGET + 4 * source; }
  static unsigned idc(unsigned hart, unsigned offset) {
    return APLIC_IDC + hart * APLIC_IDC_STRIDE + offset;
  }
  /// Active in the domain, enabled, to hart and with a priority or an identity.
  void set_up(unsigned source, std::uint32_t mode, unsigned hart, std::uint32_t number,
              Aplic::Level level = machine_level) {
    if (level == supervisor_level) write(sourcecfg(source), APLIC_SOURCECFG_DELEGATE);
    write(sourcecfg(source), mode, level);
    write(target(source), hart << APLIC_TARGET_HART_SHIFT | number, level);
    write(APLIC_SETIENUM, source, level);
  }
  void deliver(Aplic::Level level = machine_level) {
    write(APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE, level);
    for (unsigned hart = 0; hart < harts.size(); ++hart)
      write(idc(hart, APLIC_IDELIVERY), 1, level);
  }
  static unsigned line(Aplic::Level level) {
    return level == machine_level ? hart_line::machine_external : hart_line::supervisor_external;
  }
};

}  // namespace kilburn::interrupt::testing
