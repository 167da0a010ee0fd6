// Requests under way, and their ends in order of time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ftl/media.h"

namespace kilburn::ftl {

struct PendingRequest {
  Request::Kind kind{};
  bool durable = false;
  NamespaceId space = 0;
  std::uint32_t incarnation = 0;  ///< of the namespace, when it came
  Sector first = 0;
  std::uint64_t sectors = 0;
  std::uint64_t tag = 0;
  MediaStatus status = MediaStatus::success;
  Sector failed = 0;
  std::uint32_t left = 0;       ///< operations or programs that it waits for
  std::uint64_t admitted = 0;   ///< sectors of a write that the buffer has
  std::vector<std::byte> data;  ///< of a write that waits
};

/// A pool, and a line in which each waits for the same time: the controller's own work.
class Requests {
 public:
  [[nodiscard]] std::uint32_t take() {
    std::uint32_t index = 0;
    if (free_.empty()) {
      index = static_cast<std::uint32_t>(pool_.size());
      pool_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    ++open_;
    return index;
  }
  void give_back(std::uint32_t index) {
    std::vector<std::byte>& data = pool_[index].data;
    if (data.capacity() > kept_bytes) {
      std::vector<std::byte>().swap(data);
    } else {
      data.clear();
    }
    free_.push_back(index);
    --open_;
  }
  [[nodiscard]] PendingRequest& operator[](std::uint32_t index) { return pool_[index]; }
  [[nodiscard]] std::uint32_t open() const { return open_; }

  void push_end(std::uint32_t index, Nanoseconds when) {
    if (tail_ - head_ == line_.size()) grow();
    line_[tail_++ & (line_.size() - 1)] = {when, index};
  }
  [[nodiscard]] Nanoseconds next_end() const {
    return head_ == tail_ ? never : line_[head_ & (line_.size() - 1)].when;
  }
  struct End {
    Nanoseconds when;
    std::uint32_t index;
  };
  End pop_end() { return line_[head_++ & (line_.size() - 1)]; }

 private:
  static constexpr std::size_t kept_bytes = std::size_t{64} * 1024;
  void grow() {
    std::vector<End> larger(line_.size() * 2);
    for (std::uint64_t i = head_; i != tail_; ++i) {
      larger[i & (larger.size() - 1)] = line_[i & (line_.size() - 1)];
    }
    line_.swap(larger);
  }
  std::vector<PendingRequest> pool_;
  std::vector<std::uint32_t> free_;
  std::vector<End> line_ = std::vector<End>(64);
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;
  std::uint32_t open_ = 0;
};

}  // namespace kilburn::ftl
