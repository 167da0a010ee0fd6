// Words of a command line for a POSIX shell.
#pragma once

#include <string>
#include <string_view>

namespace kilburn::platform::sweep {

/// `text` as one word, quoted only where it must be. Example: it's -> 'it'\''s'.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace kilburn::platform::sweep
