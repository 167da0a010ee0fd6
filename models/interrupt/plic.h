// PLIC: routes the interrupts of up to 95 devices to two contexts of each hart, machine and
// supervisor mode. Registers: sw/include/kilburn/plic.h.
// Source: RISC-V Platform-Level Interrupt Controller 1.0.0; QEMU 7.2 (`virt`) for the layout.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "common/interrupt_line.h"
#include "common/statistics.h"
#include "kilburn/board.h"
#include "kilburn/plic.h"

namespace kilburn::interrupt {

struct PlicStatistics {
  std::uint64_t requests = 0;
  std::uint64_t claims = 0;
  std::uint64_t empty_claims = 0;
  std::uint64_t completions = 0;
  std::uint64_t ignored_completions = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const PlicStatistics&, const PlicStatistics&) = default;
};

/// Modelled: level-triggered sources, each with a gateway that forwards one request and waits for
/// its completion; priorities, enables, thresholds, claim and completion. A request stays pending
/// until it is claimed, even where its line falls before. A threshold hides interrupts from the
/// hart's line, not from a claim. Not modelled: edge-triggered sources. No time: a line's level
/// acts at once.
class Plic final : public InterruptSink {
 public:
  /// `harts`: by hart number; hart h has the contexts 2h and 2h + 1.
  explicit Plic(std::span<InterruptSink* const> harts);

  /// The level of a source's line, 1 to BOARD_PLIC_SOURCES.
  void set(unsigned source, bool level) override;

  /// The 32 bits at `offset`, a multiple of 4. Reading a claim register claims. What is no register
  /// reads 0.
  [[nodiscard]] std::uint32_t read(unsigned offset);
  /// Read-only registers, and what is none, ignore writes.
  void write(unsigned offset, std::uint32_t value);

  /// All registers 0, nothing pending or in service; lines that are high make new requests.
  void reset();
  [[nodiscard]] const PlicStatistics& statistics() const { return statistics_; }

 private:
  static constexpr unsigned sources = BOARD_PLIC_SOURCES + 1;  ///< number 0 is none
  static constexpr unsigned words = sources / 32;
  static_assert(sources % 32 == 0, "bit maps of whole words");
  using BitMap = std::array<std::uint32_t, words>;

  struct Context {
    BitMap enabled{};
    std::uint32_t threshold = 0;
    InterruptLine line;
  };

  /// The pending, enabled source of the highest priority above `threshold`, of several the lowest;
  /// 0: none.
  [[nodiscard]] unsigned best(const Context& context, std::uint32_t threshold) const;
  [[nodiscard]] std::uint32_t claim(Context& context);
  void complete(const Context& context, std::uint32_t source);
  /// The gateway: forwards a request where the line is high and none is on its way.
  void forward(unsigned source);
  void drive_lines();

  std::array<std::uint32_t, sources> priority_{};
  BitMap level_{};
  BitMap pending_{};
  BitMap in_service_{};  ///< claimed and not completed
  std::vector<Context> contexts_;
  PlicStatistics statistics_;
};

}  // namespace kilburn::interrupt
