#include "ftl/precondition.h"

namespace kilburn::ftl {

void precondition(Core& core) {
  (void)core;
}

}  // namespace kilburn::ftl
