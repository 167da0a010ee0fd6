// A raw image of a disk as the first namespace of a new drive.
#pragma once

#include <string>

#include "nand/array.h"
#include "nvme/nvme_function.h"

namespace kilburn::nvme {

/// Writes the file through a flash translation layer of its own, as in a factory: for whoever uses
/// the array afterwards no time has passed, and nothing is counted. Namespace 1 is as large as the
/// file; what is zero in it is not programmed. Throws InputError where the file cannot be read or
/// the drive does not hold it.
void load_disk(const FlashConfig& config, nand::Array& array);

}  // namespace kilburn::nvme
