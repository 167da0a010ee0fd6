// What a configuration says of a PCI Express function: [[pcie.function]].
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/parameters.h"
#include "kilburn/function_list.h"

namespace kilburn::pcie {

template <class List>
class FunctionConfigOf;

/// The kind, its place on bus 0, and the parameters of that kind, under the kind's own name.
template <class... Kinds>
class FunctionConfigOf<TypeList<Kinds...>> {
 public:
  std::uint32_t device = 1;
  std::uint32_t function = 0;

  void visit(ParameterVisitor& v) {
    v.choice("kind", kind_, {Kinds::name...}, "what it is");
    v.integer("device", device, {1, 31}, "", "device number on bus 0");
    v.integer("function", function, {0, 7}, "", "function number of the device");
    visit_kinds(v, std::index_sequence_for<Kinds...>{});
  }
  /// Makes it one of this kind; its parameters.
  template <class Wanted>
  typename Wanted::Config& become() {
    constexpr std::size_t place = place_in<Wanted>(TypeList<Kinds...>{});
    kind_ = static_cast<Kind>(place);
    return std::get<place>(configs_);
  }
  /// Null: it is of another kind.
  template <class Wanted>
  [[nodiscard]] typename Wanted::Config* get() {
    constexpr std::size_t place = place_in<Wanted>(TypeList<Kinds...>{});
    return static_cast<std::size_t>(kind_) == place ? &std::get<place>(configs_) : nullptr;
  }
  /// Calls `make` with the kind (a value of its description) and its parameters.
  template <class Make>
  void with_kind(Make make) const {
    with_kinds(make, std::index_sequence_for<Kinds...>{});
  }

 private:
  enum class Kind : std::uint8_t {};

  template <std::size_t... place>
  void visit_kinds(ParameterVisitor& v, std::index_sequence<place...> /*places*/) {
    ((static_cast<std::size_t>(kind_) == place
          ? v.block(Kinds::name, std::get<place>(configs_), Kinds::description)
          : void()),
     ...);
  }
  template <class Make, std::size_t... place>
  void with_kinds(Make& make, std::index_sequence<place...> /*places*/) const {
    ((static_cast<std::size_t>(kind_) == place ? make(Kinds{}, std::get<place>(configs_)) : void()),
     ...);
  }

  Kind kind_{};
  std::tuple<typename Kinds::Config...> configs_;
};

using FunctionConfig = FunctionConfigOf<FunctionList>;

/// What is wrong with the places: each is at one of its own, and function 0 is wherever there is
/// another, since software looks there first. Empty: nothing.
[[nodiscard]] std::string wrong_place(const std::vector<FunctionConfig>& functions);

}  // namespace kilburn::pcie
