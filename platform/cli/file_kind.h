// What a file is that somebody names on the command line, so that a file in the wrong place gets an
// answer that helps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kilburn::platform {

enum class FileKind : std::uint8_t {
  configuration,  ///< TOML of a platform; whatever is none of the others
  space,          ///< TOML of a sweep: it has [sweep]
  trace,          ///< of any known format
  program,        ///< ELF
  results,        ///< of a sweep: an SQLite database
};

/// By content; of what is no regular file (a pipe must not lose its first bytes), or is not there,
/// by name.
[[nodiscard]] FileKind kind_of(const std::string& path);

/// Throws InputError where `path` is not empty and no configuration, and says what it is and which
/// command takes it. Whether it is a good configuration is left to its reader.
void require_configuration(const std::string& path);
/// Where `path` is no file of a sweep's space, or no database of its results.
void require_space(const std::string& path);
void require_results(const std::string& path);

}  // namespace kilburn::platform
