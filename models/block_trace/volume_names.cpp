#include "block_trace/volume_names.h"

#include <fmt/format.h>

#include "block_trace/fields.h"

namespace kilburn::block_trace {

std::uint32_t VolumeNames::number_of(std::string_view name) {
  if (last_ < names_.size() && names_[last_] == name) return last_;
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return last_ = found->second;
  if (names_.size() == most_volumes) {
    throw BadLine(fmt::format("one more volume: allowed up to {}", most_volumes));
  }
  last_ = static_cast<std::uint32_t>(names_.size());
  numbers_.emplace(name, last_);
  names_.emplace_back(name);
  return last_;
}

}  // namespace kilburn::block_trace
