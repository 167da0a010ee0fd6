#include "platform/software/signature.h"

#include <fmt/format.h>

#include <string_view>

#include "common/error.h"

namespace kilburn::software {

AddressRange signature_range(const ElfFile& program, const AddressRange& memory) {
  const auto place = [&](std::string_view name) {
    const auto address = program.symbols().find(name);
    if (!address) {
      throw InputError(
          fmt::format("{}: no symbol {}: --signature needs begin_signature and end_signature",
                      program.name(), name));
    }
    return *address;
  };
  const Address begin_symbol = place("begin_signature");
  const Address end_symbol = place("end_signature");
  if (end_symbol < begin_symbol) {
    throw InputError(fmt::format("{}: end_signature {:#x} is below begin_signature {:#x}",
                                 program.name(), end_symbol, begin_symbol));
  }
  // The end is one behind the last byte, which need not be a place of the program.
  const Address begin = program.physical(begin_symbol).value_or(begin_symbol);
  const AddressRange range{.first = begin, .bytes = end_symbol - begin_symbol};
  if (!memory.contains(range)) {
    throw InputError(fmt::format("{}: the signature at {}: allowed is memory, {}", program.name(),
                                 to_string(range), to_string(memory)));
  }
  return range;
}

std::string signature_text(std::span<const std::byte> bytes, unsigned granularity) {
  std::string text;
  for (std::size_t line = 0; line < bytes.size(); line += granularity) {
    for (std::size_t digit = granularity; digit-- > 0;) {
      const bool inside = line + digit < bytes.size();
      text += fmt::format("{:02x}", inside ? static_cast<unsigned>(bytes[line + digit]) : 0u);
    }
    text += '\n';
  }
  return text;
}

}  // namespace kilburn::software
