// Whole files as bytes, and gzip's compression of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kilburn::software {

/// The file's bytes. Throws InputError naming `path` where it cannot be read, or is longer than
/// `most_bytes`.
[[nodiscard]] std::vector<std::byte> read_file_bytes(const std::string& path,
                                                     std::uint64_t most_bytes);

[[nodiscard]] bool is_gzip(std::span<const std::byte> bytes);

/// Of bytes that `is_gzip`. Throws InputError naming the file as `name` where its content is
/// damaged, or more than `most_bytes`.
[[nodiscard]] std::vector<std::byte> gunzip(std::span<const std::byte> bytes,
                                            const std::string& name, std::uint64_t most_bytes);

}  // namespace kilburn::software
