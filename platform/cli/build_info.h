// Which build this is. The commit is looked up at each build, and lies in an object of its own: a
// commit builds one small file again and links the program, nothing else.
#pragma once

#include <string>

namespace kilburn::platform {

/// Example: "kilburn 0.1.0, commit 0123456789ab, Release build".
[[nodiscard]] std::string build_text();

}  // namespace kilburn::platform
