// Volumes by name, numbered in the order in which they appear.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kilburn::block_trace {

inline constexpr std::uint32_t most_volumes = 65536;

class VolumeNames {
 public:
  /// The name's number; a new name gets the next. Throws BadLine beyond `most_volumes`.
  [[nodiscard]] std::uint32_t number_of(std::string_view name);
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::uint32_t, std::less<>> numbers_;
  std::uint32_t last_ = 0;  ///< asked for last, which mostly is the one that is asked for next
};

}  // namespace kilburn::block_trace
