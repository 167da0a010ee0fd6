// Parameters: declared once, in their block's configuration struct, with name, type, unit, range,
// default and one sentence. Parsing, `--set`, error messages, `kilburn params` and the tables in
// docs/ all come from that declaration.
//
//     struct WalkerConfig {
//       unsigned port_latency = 2;
//       void visit(ParameterVisitor& v) {
//         v.integer("port_latency", port_latency, {0, 100}, "cycles", "request to first read");
//         v.require(port_latency != 13, "port_latency must not be 13");
//       }
//     };
//
// The default is the value that a default-constructed struct holds. Constraints between parameters
// are stated with `require`, and checked once all values are known.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace kilburn {

struct IntegerRange {
  std::uint64_t min = 0;
  std::uint64_t max = UINT64_MAX;
  bool power_of_two = false;
};

struct RealRange {
  double min = 0.0;
  double max = 1.0;
};

/// What does not depend on the type.
struct ParameterLabel {
  std::string_view name;
  std::string_view unit;      ///< empty where there is none
  std::string_view sentence;  ///< what it does, in one sentence without a full stop
};

class ParameterVisitor {
 public:
  virtual ~ParameterVisitor() = default;

  virtual void enter(std::string_view block, std::string_view sentence) = 0;
  virtual void leave() = 0;

  /// Any unsigned integer type; the range must lie within the type's own.
  template <std::unsigned_integral Integer>
  void integer(std::string_view name, Integer& value, IntegerRange range, std::string_view unit,
               std::string_view sentence) {
    std::uint64_t wide = value;
    visit_integer({name, unit, sentence}, wide, range);
    value = static_cast<Integer>(wide);
  }
  void real(std::string_view name, double& value, RealRange range, std::string_view unit,
            std::string_view sentence) {
    visit_real({name, unit, sentence}, value, range);
  }
  void flag(std::string_view name, bool& value, std::string_view sentence) {
    visit_flag({name, "", sentence}, value);
  }
  /// An enumeration whose enumerators are 0, 1, ... in the order of `names`.
  template <class Enumeration>
  void choice(std::string_view name, Enumeration& value,
              std::initializer_list<std::string_view> names, std::string_view sentence) {
    auto index = static_cast<unsigned>(value);
    visit_choice({name, "", sentence}, index, {names.begin(), names.size()});
    value = static_cast<Enumeration>(index);
  }
  /// A nested block of parameters (anything with `visit(ParameterVisitor&)`).
  template <class Block>
  void block(std::string_view name, Block& block, std::string_view sentence) {
    enter(name, sentence);
    block.visit(*this);
    leave();
  }
  /// States a constraint between parameters. Seen by the checker only.
  virtual void require(bool /*holds*/, std::string_view /*what is allowed*/) {}

 protected:
  virtual void visit_integer(const ParameterLabel& label, std::uint64_t& value,
                             IntegerRange range) = 0;
  virtual void visit_real(const ParameterLabel& label, double& value, RealRange range) = 0;
  virtual void visit_flag(const ParameterLabel& label, bool& value) = 0;
  virtual void visit_choice(const ParameterLabel& label, unsigned& index,
                            std::span<const std::string_view> names) = 0;
};

}  // namespace kilburn
