// What a drive finds when it is switched on.
#pragma once

#include "ftl/core.h"
#include "ftl/journal.h"

namespace kilburn::ftl {

/// The newest whole checkpoint, then the journal's records and the pages newer than it, in order of
/// their sequence. Programs and erases nothing, so that power may fail at any moment of it. False:
/// the array holds no drive, and all its good blocks are free. Throws InputError where what it
/// holds cannot be understood.
bool recover(Core& core, Journal& journal);

}  // namespace kilburn::ftl
