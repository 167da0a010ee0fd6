#include "ftl/ftl.h"

namespace kilburn::ftl {

std::vector<std::string> Ftl::check() const {
  return {};
}

}  // namespace kilburn::ftl
