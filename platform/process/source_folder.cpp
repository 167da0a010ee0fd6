#include "platform/process/source_folder.h"

namespace kilburn::platform {

std::string source_folder() {
  return KILBURN_SOURCE_DIR;
}

}  // namespace kilburn::platform
