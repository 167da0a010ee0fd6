// Whole files of text: read at once, or written so that a reader never sees half of one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kilburn {

/// The file's bytes; of "-", standard input's; a pipe will do. Throws InputError naming `path`
/// where it cannot be read or is longer than `max_bytes`.
[[nodiscard]] std::string read_text_file(const std::string& path, std::size_t max_bytes);

/// All of `text` as an OutputFile: `path` holds either what it held before or all of it, even where
/// the process is killed. Throws as OutputFile does; nothing half-written is left then.
void write_file_atomically(const std::string& path, std::string_view text);

}  // namespace kilburn
