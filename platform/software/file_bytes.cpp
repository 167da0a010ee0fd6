#include "platform/software/file_bytes.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "common/error.h"
#include "common/text_file.h"
#include "trace/decompressor.h"

namespace kilburn::software {

std::vector<std::byte> read_file_bytes(const std::string& path, std::uint64_t most_bytes) {
  const std::string text = read_text_file(path, most_bytes);
  std::vector<std::byte> bytes(text.size());
  if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B};
}

std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& name,
                              std::uint64_t most_bytes) {
  std::vector<std::byte> content;
  const auto decompressor = trace::make_decompressor(bytes);
  try {
    std::array<std::byte, std::size_t{64} << 10> chunk{};
    while (true) {
      const auto [taken, given] = decompressor->step(bytes, /*last=*/true, chunk);
      if (taken == 0 && given == 0) break;
      bytes = bytes.subspan(taken);
      if (content.size() + given > most_bytes) {
        throw InputError(fmt::format("{}: unpacks to more than {} bytes, all that memory holds",
                                     name, most_bytes));
      }
      content.insert(content.end(), chunk.begin(),
                     chunk.begin() + static_cast<std::ptrdiff_t>(given));
    }
  } catch (const trace::DamagedData& damage) {
    throw InputError(fmt::format("{}: damaged gzip data after {} unpacked bytes: {}", name,
                                 content.size(), damage.what()));
  }
  return content;
}

}  // namespace kilburn::software
