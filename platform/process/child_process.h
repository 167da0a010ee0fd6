// A program that a sweep runs and waits for.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kilburn::platform::sweep {

struct ChildOutcome {
  int status = -1;  ///< exit status; -1: a signal ended it; 127: it could not be run
  int signal = 0;   ///< that ended it
  std::string out;
  std::string err;
};

struct ChildOptions {
  /// Where it is ended, it gets SIGTERM first, and half a second to remove what it has made.
  bool asked_first = false;
  /// Called some twenty times a second while it runs.
  std::function<void()> meanwhile{};
};

/// Runs `arguments` (the first is a path) with `input` on its standard input. Nothing where
/// `interrupt` was raised: it and what it started are ended then. It ends with the calling thread,
/// too, however that ends; Ctrl-C does not reach it.
[[nodiscard]] std::optional<ChildOutcome> run_child(std::vector<std::string> arguments,
                                                    const std::string& input,
                                                    const std::atomic<bool>& interrupt,
                                                    const ChildOptions& options = {});

}  // namespace kilburn::platform::sweep
