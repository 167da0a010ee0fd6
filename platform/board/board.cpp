#include "platform/board/board.h"

#include <algorithm>
#include <utility>

#include "platform/process/sanitizer_stack.h"

namespace kilburn::board {

Board::Board(const sc_core::sc_module_name& name, const platform::PlatformConfig& config,
             BoardOptions options, host::Console& console)
    : sc_module(name), options_(std::move(options)), clock_(platform::period_of(config.clock)) {
  nodes_.push_back(std::make_unique<BoardNode>(
      config, options_.software,
      NodeHost{.console = console,
               .end = [this](host::RunOutcome outcome) { end(std::move(outcome)); },
               .ended = [this] { return outcome_.has_value(); },
               .semihosting = options_.semihosting,
               .waveform = options_.waveform}));
  sc_core::sc_spawn([this] { watch_for_the_end(); }, "watch_for_the_end");
}

Board::~Board() = default;

void Board::end(host::RunOutcome outcome) {
  if (outcome_ || (before_end_ && before_end_(outcome))) return;
  outcome_ = std::move(outcome);
  sc_core::sc_stop();
}

/// Now and then: the host's side of the nodes, the user's patience.
void Board::watch_for_the_end() {
  const sc_core::sc_time pause(static_cast<double>(microseconds_between_looks), sc_core::SC_US);
  const sc_core::sc_time timeout =
      options_.timeout == UINT64_MAX ? sc_core::sc_max_time() : clock_.cycles(options_.timeout);
  while (!outcome_) {
    wait(pause);
    for (const auto& node : nodes_) node->look_at_host();
    if (options_.progress) options_.progress(instructions());
    if (std::ranges::all_of(nodes_, [](const auto& node) { return node->idle(); })) {
      end({.kind = host::RunOutcome::Kind::idle, .code = 0, .message = {}});
    }
    if (options_.interrupt != nullptr && options_.interrupt->load(std::memory_order_relaxed)) {
      end({.kind = host::RunOutcome::Kind::interrupted, .code = 0, .message = {}});
    } else if (sc_core::sc_time_stamp() >= timeout) {
      end({.kind = host::RunOutcome::Kind::timeout, .code = 0, .message = {}});
    }
  }
}

host::RunOutcome Board::simulate() {
  // What ended the run is told by whoever asks for the outcome.
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO,
                                          sc_core::SC_DO_NOTHING);
  sc_core::sc_start();
  platform::restore_sanitizer_stack();
  for (const auto& node : nodes_) node->rethrow_errors();
  return outcome_.value_or(host::RunOutcome{});
}

std::uint64_t Board::instructions() const {
  std::uint64_t sum = 0;
  for (const auto& node : nodes_) sum += node->instructions();
  return sum;
}

Cycles Board::cycles() const {
  Cycles most = 0;
  for (const auto& node : nodes_) most = std::max(most, node->cycles());
  return most;
}

}  // namespace kilburn::board
