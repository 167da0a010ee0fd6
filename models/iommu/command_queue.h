// The queue that software fills with commands: its registers, and the command at its head.
// Source: RISC-V IOMMU Architecture 1.0.0, chapters 3.1, 5.6 to 5.8 and 5.14.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "common/types.h"
#include "iommu/checked_memory.h"
#include "iommu/command.h"

namespace kilburn::iommu {

/// How a command ended.
enum class CommandEnd : std::uint8_t { completed, memory_fault, timeout, illegal };

/// Who carries commands out.
class CommandExecutor {
 public:
  virtual ~CommandExecutor() = default;
  [[nodiscard]] virtual CommandRules rules() const = 0;
  /// Cycles until it is done. May let other processes run.
  virtual Cycles start(const Command& command, Cycles now) = 0;
  /// That time has come.
  virtual CommandEnd finish(const Command& command, Cycles now) = 0;
};

/// Modelled: all registers; one command at a time, in order. A command that is illegal, memory that
/// refuses one, and somebody who does not answer stop the queue at that command until software has
/// cleared the bit that says so. Switched off in the middle of a command the queue stays on, and
/// busy, until that is done.
/// Time: the read of a command, then what the command takes.
class CommandQueue {
 public:
  CommandQueue(CheckedMemory& memory, CommandExecutor& executor,
               std::function<void(Cycles)> attention)
      : memory_(memory), executor_(executor), attention_(std::move(attention)) {}

  /// There is a command to carry out.
  [[nodiscard]] bool ready() const {
    return enabled_ && !running_ && !fault_ && !timeout_ && !illegal_ && head_ != tail_;
  }
  [[nodiscard]] bool running() const { return running_; }
  /// Begins with the command at the head: `ready()`. Returns the cycles after which `finish` is
  /// due.
  Cycles start(Cycles now);
  CommandEnd finish(Cycles now);
  /// An IOFENCE.C with WSI has completed.
  void set_fence_done() { fence_done_ = true; }

  [[nodiscard]] std::uint64_t base() const { return base_; }
  [[nodiscard]] std::uint32_t head() const { return head_; }
  [[nodiscard]] std::uint32_t tail() const { return tail_; }
  [[nodiscard]] std::uint32_t control() const;
  void set_base(std::uint64_t value);
  void set_tail(std::uint32_t value);
  void set_control(std::uint32_t value);
  [[nodiscard]] bool wants_interrupt() const {
    return interrupts_ && (fault_ || timeout_ || illegal_ || fence_done_);
  }

 private:
  CheckedMemory& memory_;
  CommandExecutor& executor_;
  std::function<void(Cycles)> attention_;
  std::uint64_t base_ = 0;
  std::uint32_t head_ = 0;
  std::uint32_t tail_ = 0;
  bool enabled_ = false;
  bool interrupts_ = false;
  bool fault_ = false;
  bool timeout_ = false;
  bool illegal_ = false;
  bool fence_done_ = false;
  bool running_ = false;
  bool fetched_ = false;              ///< memory gave the one that runs
  std::optional<Command> command_{};  ///< nothing: it was illegal
};

}  // namespace kilburn::iommu
