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
//
// A list holds as many blocks as the user says, each under its index from 0:
//
//     v.list("function", functions, "PCIe function");  // std::vector<FunctionConfig>
//
// declares `function.0.bar_bytes`, `function.1.bar_bytes` and so on.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// What becomes of a list: its first `kept` elements stay, new ones follow up to `size`.
struct ListChange {
  std::size_t kept = 0;
  std::size_t size = 0;
};

class ParameterVisitor {
 public:
  virtual ~ParameterVisitor() = default;

  virtual void enter(std::string_view block, std::string_view sentence) = 0;
  virtual void leave() = 0;
  /// As `enter`, of a list that has `size` elements now; each is entered in turn by its index.
  /// `sentence` says what one element is.
  virtual ListChange enter_list(std::string_view name, std::size_t size,
                                std::string_view sentence) {
    enter(name, sentence);
    return {size, size};
  }

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
  /// Any text in UTF-8, such as the name of a file; relative names are taken from the current
  /// folder.
  void text(std::string_view name, std::string& value, std::string_view sentence) {
    visit_text({name, "", sentence}, value);
  }
  /// A nested block of parameters (anything with `visit(ParameterVisitor&)`).
  template <class Block>
  void block(std::string_view name, Block& block, std::string_view sentence) {
    enter(name, sentence);
    block.visit(*this);
    leave();
  }
  /// A list of blocks, each as in `block`; a new element is a default-constructed one.
  template <class Block>
  void list(std::string_view name, std::vector<Block>& blocks, std::string_view sentence) {
    const ListChange change = enter_list(name, blocks.size(), sentence);
    blocks.resize(change.kept);
    blocks.resize(change.size);
    for (std::size_t i = 0; i < blocks.size(); ++i) block(std::to_string(i), blocks[i], sentence);
    leave();
  }
  /// Says that only one use of the configuration ("os"), or several ("os and ssd"), read these, by
  /// the beginnings of their paths; before they are declared, in the outermost block.
  virtual void only_for(std::string_view /*use*/,
                        std::initializer_list<std::string_view> /*paths*/) {}
  /// States a constraint between parameters. Seen by the checker only.
  virtual void require(bool /*holds*/, std::string_view /*what is allowed*/) {}

 protected:
  virtual void visit_integer(const ParameterLabel& label, std::uint64_t& value,
                             IntegerRange range) = 0;
  virtual void visit_real(const ParameterLabel& label, double& value, RealRange range) = 0;
  virtual void visit_flag(const ParameterLabel& label, bool& value) = 0;
  virtual void visit_choice(const ParameterLabel& label, unsigned& index,
                            std::span<const std::string_view> names) = 0;
  virtual void visit_text(const ParameterLabel& label, std::string& value) = 0;
};

}  // namespace kilburn
