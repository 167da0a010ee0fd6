// Requests of a block trace.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "block_trace/block_trace.h"
#include "platform/ssd/request.h"

namespace kilburn::ssd {

/// The trace's volume n is the drive's namespace n, in the order of their ids, and from the first
/// one again where there are fewer. What lies beyond a namespace's end comes from its start again.
/// Errors: the reader's.
class TraceSource final : public RequestSource {
 public:
  /// `sectors`: of each namespace. The first request is due at `begin`.
  TraceSource(std::unique_ptr<block_trace::Reader> reader, std::vector<std::uint64_t> sectors,
              Nanoseconds begin, std::uint64_t limit);

  std::optional<Request> next() override;
  void resize(std::uint32_t target, std::uint64_t sectors) override { sectors_[target] = sectors; }

 private:
  std::unique_ptr<block_trace::Reader> reader_;
  std::vector<std::uint64_t> sectors_;
  Nanoseconds begin_;
  std::uint64_t left_;
};

}  // namespace kilburn::ssd
