#include "common/input_path.h"

#include <system_error>

namespace kilburn {

namespace fs = std::filesystem;

fs::path input_path(const fs::path& given) {
  return given == standard_input ? fs::path("/dev/stdin") : given;
}

std::string input_name(const fs::path& given) {
  return given == standard_input ? "standard input" : given.string();
}

bool readable_again(const fs::path& given) {
  std::error_code ignored;
  const fs::file_status status = fs::status(input_path(given), ignored);
  return !fs::exists(status) || fs::is_regular_file(status) || fs::is_block_file(status) ||
         fs::is_directory(status);
}

}  // namespace kilburn
