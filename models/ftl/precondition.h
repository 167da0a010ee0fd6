// A drive that looks as if it had been written for long, without having been.
#pragma once

#include "ftl/core.h"

namespace kilburn::ftl {

/// Fills the first namespace of an empty drive as its configuration says. What the units hold is
/// computed when it is read, and not stored.
void precondition(Core& core);

}  // namespace kilburn::ftl
