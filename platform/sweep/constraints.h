// Which points of a space are left out: Lua expressions over a configuration's parameters.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "platform/node/platform_config.h"

namespace kilburn::platform::sweep {

struct Constraint {
  std::string text;   ///< "mmu.dtlb.entries * mmu.dtlb.units_per_tag <= 4096"
  std::string place;  ///< "space.toml:7:3"
};

/// A constraint asked for the storage of a TLB that cannot be: the point is impossible.
class ImpossibleGeometry : public InputError {
 public:
  using InputError::InputError;
};

/// Expressions see the parameters by their paths (choices as strings, flags as booleans), min, max,
/// abs, floor, ceil, log2, and storage_bits("mmu.dtlb"), cam_bits("mmu.dtlb"). They can change
/// nothing, have no library, a bounded memory and a bounded number of steps.
class Constraints {
 public:
  /// Throws InputError where an expression is none of Lua's.
  explicit Constraints(std::vector<Constraint> constraints);
  ~Constraints();
  Constraints(Constraints&&) noexcept;
  Constraints& operator=(Constraints&&) noexcept;

  /// Index of the first that is false for `config`. Throws InputError, naming the constraint, where
  /// one gives no truth value, names no parameter or runs too long.
  [[nodiscard]] std::optional<std::size_t> first_false(const PlatformConfig& config);
  [[nodiscard]] const std::vector<Constraint>& all() const { return constraints_; }

 private:
  class Lua;
  std::vector<Constraint> constraints_;
  std::unique_ptr<Lua> lua_;
};

}  // namespace kilburn::platform::sweep
