#include "ftl/plane_order.h"

#include <array>
#include <string_view>

namespace kilburn::ftl {

std::vector<nand::PlaneId> plane_order(const nand::Geometry& geometry, AllocationOrder order) {
  constexpr std::array<std::string_view, 5> letters = {"cwdp", "cpwd", "wcdp", "dcwp", "pcwd"};
  struct Part {
    std::uint32_t count;
    std::uint32_t stride;  ///< planes from one to the next
  };
  std::array<Part, 4> parts{};
  const auto part_of = [&](char letter) -> Part {
    const std::uint32_t die = geometry.planes;
    const std::uint32_t package = die * geometry.dies;
    switch (letter) {
      case 'c':
        return {geometry.channels, package * geometry.packages};
      case 'w':
        return {geometry.packages, package};
      case 'd':
        return {geometry.dies, die};
      default:
        return {geometry.planes, 1};
    }
  };
  for (unsigned i = 0; i < 4; ++i) parts[i] = part_of(letters[static_cast<std::size_t>(order)][i]);
  std::vector<nand::PlaneId> planes;
  for (std::uint32_t number = 0; number < geometry.all_planes(); ++number) {
    std::uint32_t rest = number;
    std::uint32_t plane = 0;
    for (const Part& part : parts) {
      plane += rest % part.count * part.stride;
      rest /= part.count;
    }
    planes.push_back(nand::PlaneId{plane});
  }
  return planes;
}

}  // namespace kilburn::ftl
