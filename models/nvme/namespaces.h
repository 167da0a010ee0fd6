// Namespaces as the host sees them: attached or not, with a block size and names of their own.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ftl/media.h"

namespace kilburn::nvme {

/// LBA formats by number: log2 of a block's bytes.
inline constexpr std::array<unsigned, 2> block_formats{9, 12};

/// What the media keeps of a namespace for the controller: bits 0 to 3 the LBA format, bit 4 that
/// it is not attached. Of the namespace that a new drive has: 512 bytes, attached.
/// Example: 4096 bytes, not attached: 0x11.
[[nodiscard]] constexpr ftl::Attributes attributes_of(std::uint8_t format, bool attached) {
  return static_cast<ftl::Attributes>((attached ? 0U : 0x10U) | format);
}
static_assert(attributes_of(0, true) == ftl::Attributes::at_first);

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
  /// Throws InputError where the attributes are no controller's of this version.
  void add(std::uint32_t id, ftl::Attributes attributes);
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
