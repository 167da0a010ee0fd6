#include "block_trace/msr.h"

#include <fmt/format.h>

#include "block_trace/fields.h"

namespace kilburn::block_trace {
namespace {

constexpr std::string_view names = "Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime";
constexpr std::size_t fields_of_a_line = 7;
constexpr std::uint64_t tick_ns = 100;

using MsrFields = Fields<fields_of_a_line>;

MsrFields split(std::string_view line) {
  MsrFields fields;
  for (;;) {
    const std::size_t comma = line.find(',');
    fields.add(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

BlockIo::Kind kind_of(std::string_view type) {
  if (type == "Read") return BlockIo::Kind::read;
  if (type == "Write") return BlockIo::Kind::write;
  reject(type, "Type", "Read, Write");
}

/// Two fields that stand side by side, and the comma between.
std::string_view both(std::string_view left, std::string_view right) {
  return {left.data(), left.size() + 1 + right.size()};
}

}  // namespace

bool looks_like_msr(std::string_view line) {
  if (line == names) return true;
  const MsrFields fields = split(line);
  return fields.count == fields_of_a_line && !fields.at[0].empty() &&
         fields.at[0].find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<Request> MsrReader::parse(std::string_view line) {
  if (line == names) return std::nullopt;
  const MsrFields fields = split(line);
  if (fields.count != fields_of_a_line) {
    throw BadLine(fmt::format("{} fields: allowed are the seven {}", fields.count, names));
  }
  const auto& [time, host, disk, type, offset, size, response] = fields.at;
  static_cast<void>(number(disk, "DiskNumber"));
  return Request{.kind = kind_of(type),
                 .time_ns = scaled(number(time, "Timestamp"), tick_ns, "Timestamp"),
                 .offset = number(offset, "Offset"),
                 .bytes = number(size, "Size"),
                 .volume = both(host, disk)};
}

}  // namespace kilburn::block_trace
