// A board that runs RISC-V software: a list of nodes, of which there is one so far, the loop that
// looks after them, and the end of the run.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <systemc>

#include "platform/board/board_node.h"

namespace kilburn::board {

struct BoardOptions {
  Software software;
  Cycles timeout = UINT64_MAX;  ///< of simulated time
  const std::atomic<bool>* interrupt = nullptr;
  std::function<void(std::uint64_t instructions)> progress{};
  /// Semihosting calls are served; the console's input is theirs, not the UART's.
  bool semihosting = false;
  platform::Waveform* waveform = nullptr;  ///< shows the TLBs of its hart; null: none
};

/// One of these makes a simulation: elaborate it, then `simulate`. What concerns one node (its
/// harts, its memory) is asked of the first.
class Board final : public sc_core::sc_module {
 public:
  /// Loads the software. Throws InputError naming the file and what is wrong with it.
  Board(const sc_core::sc_module_name& name, const platform::PlatformConfig& config,
        BoardOptions options, host::Console& console);
  ~Board() override;

  /// Throws what a hart met: LockstepError, where its TLB is in lock step with RTL and differs.
  host::RunOutcome simulate();
  /// Asked before the run ends. True: it goes on.
  using EndWatcher = std::function<bool(const host::RunOutcome&)>;
  void before_end(EndWatcher watcher) { before_end_ = std::move(watcher); }
  /// Ends the run as the user's interrupt does.
  void interrupt() { end({.kind = host::RunOutcome::Kind::interrupted, .code = 0, .message = {}}); }

  [[nodiscard]] const std::vector<std::unique_ptr<BoardNode>>& nodes() const { return nodes_; }
  [[nodiscard]] std::uint64_t instructions() const;
  [[nodiscard]] Cycles cycles() const;
  void visit(StatisticVisitor& v) const { first().visit(v); }

  [[nodiscard]] bool peek(Address address, std::span<std::byte> bytes) {
    return first().peek(address, bytes);
  }
  [[nodiscard]] bool poke(Address address, std::span<const std::byte> bytes) {
    return first().poke(address, bytes);
  }
  [[nodiscard]] const platform::PlatformConfig& config() const { return first().config(); }
  [[nodiscard]] const software::ElfFile* program() const { return first().program(); }
  [[nodiscard]] memory::Storage& storage() { return first().storage(); }
  [[nodiscard]] const memory::Storage& storage() const { return std::as_const(first()).storage(); }
  [[nodiscard]] unsigned harts() const { return first().harts(); }
  [[nodiscard]] riscv::HartModule& hart(unsigned number) { return first().hart(number); }
  /// Null: the board has none.
  [[nodiscard]] iommu::Iommu* iommu() const { return first().iommu(); }

 private:
  [[nodiscard]] BoardNode& first() const { return *nodes_.front(); }
  void end(host::RunOutcome outcome);
  void watch_for_the_end();

  BoardOptions options_;
  Clock clock_;
  std::vector<std::unique_ptr<BoardNode>> nodes_;
  EndWatcher before_end_;
  std::optional<host::RunOutcome> outcome_;
};

}  // namespace kilburn::board
