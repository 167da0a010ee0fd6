// Whole files of text: read at once, or written so that a reader never sees half of one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kilburn {

/// The file's bytes; of "-", standard input's; a pipe will do. Throws InputError naming `path`
/// where it cannot be read or is longer than `max_bytes`.
[[nodiscard]] std::string read_text_file(const std::string& path, std::size_t max_bytes);

/// Writes beside `path` and renames, so that `path` holds either what it held before or all of
/// `text`, even where the process is killed (what it wrote beside, *.partial, is left then). A
/// symbolic link is followed. What is no regular file (a pipe, /dev/stdout) is written directly.
/// Throws InputError naming `path`; nothing half-written is left then. Does not wait for the disk:
/// a power cut is not covered.
void write_file_atomically(const std::string& path, std::string_view text);

}  // namespace kilburn
