#include "platform/board/file_bytes.h"

#include <fmt/format.h>

#include <boost/iostreams/device/array.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_streambuf.hpp>

#include <array>
#include <cstring>

#include "common/error.h"
#include "common/text_file.h"

namespace kilburn::board {

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
  namespace io = boost::iostreams;
  std::vector<std::byte> content;
  try {
    io::filtering_streambuf<io::input> stream;
    stream.push(io::gzip_decompressor());
    stream.push(io::array_source(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    std::array<char, std::size_t{64} << 10> chunk{};
    while (true) {
      const std::streamsize count = stream.sgetn(chunk.data(), chunk.size());
      if (count <= 0) break;
      const auto* const first = reinterpret_cast<const std::byte*>(chunk.data());
      if (content.size() + static_cast<std::size_t>(count) > most_bytes) {
        throw InputError(fmt::format("{}: unpacks to more than {} bytes, all that memory holds",
                                     name, most_bytes));
      }
      content.insert(content.end(), first, first + count);
    }
  } catch (const std::ios_base::failure& failure) {
    throw InputError(fmt::format("{}: damaged gzip data after {} unpacked bytes: {}", name,
                                 content.size(), failure.what()));
  }
  return content;
}

}  // namespace kilburn::board
