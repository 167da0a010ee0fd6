// Namespaces as the host sees them: attached or not, with a block size and names of their own.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "nvme/host.h"

namespace kilburn::nvme {

/// LBA formats by number: log2 of a block's bytes.
inline constexpr std::array<unsigned, 2> block_formats{9, 12};

struct Namespace {
  bool allocated = false;
  bool attached = false;
  bool formatting = false;
  bool deallocated_is_error = false;  ///< feature 05h, DULBE
  std::uint8_t format = 0;            ///< of block_formats
  [[nodiscard]] unsigned block_bytes() const { return 1U << block_formats[format]; }
  /// log2 of the media's sectors in a block.
  [[nodiscard]] unsigned block_shift() const { return block_formats[format] - 9; }
};

/// By id, from 1.
class Namespaces {
 public:
  explicit Namespaces(unsigned most) : all_(most + 1) {}
  [[nodiscard]] unsigned most() const { return static_cast<unsigned>(all_.size() - 1); }
  /// Null: there is none with this id.
  [[nodiscard]] Namespace* find(std::uint32_t id) {
    return id != 0 && id < all_.size() && all_[id].allocated ? &all_[id] : nullptr;
  }
  [[nodiscard]] Namespace* find_attached(std::uint32_t id) {
    Namespace* const found = find(id);
    return found != nullptr && found->attached ? found : nullptr;
  }
  void add(std::uint32_t id, std::uint8_t format, bool attached) {
    all_[id] = {.allocated = true, .attached = attached, .format = format};
  }
  void remove(std::uint32_t id) { all_[id] = {}; }
  /// Those above `above`, ascending; `attached`: only those.
  [[nodiscard]] std::vector<std::uint32_t> ids(bool attached, std::uint32_t above = 0) const {
    std::vector<std::uint32_t> result;
    for (std::uint32_t id = 1; id < all_.size(); ++id) {
      if (id > above && all_[id].allocated && (!attached || all_[id].attached))
        result.push_back(id);
    }
    return result;
  }

 private:
  std::vector<Namespace> all_;
};

}  // namespace kilburn::nvme
