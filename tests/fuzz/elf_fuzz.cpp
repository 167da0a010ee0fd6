// Any bytes as a program for the board: read, or refused by an InputError.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/error.h"
#include "platform/software/elf_file.h"

namespace {

/// What a loader and a debugger do with a program.
void use(const kilburn::software::ElfFile& elf) {
  bool entered = false;
  unsigned sum = 0;
  for (const kilburn::software::ElfSegment& segment : elf.segments()) {
    if (segment.content.size() > segment.memory_bytes) __builtin_trap();
    entered |= elf.entry() - segment.address < segment.memory_bytes;
    for (const std::byte byte : segment.content) sum += std::to_integer<unsigned>(byte);
    (void)elf.symbols().nearest(segment.virtual_address + sum % 256);
  }
  if (!entered) __builtin_trap();
  (void)elf.physical("tohost");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* const first = reinterpret_cast<const std::byte*>(data);
  for (const kilburn::Address base : {kilburn::Address{0x8000'0000}, ~kilburn::Address{0xFFF}}) {
    try {
      use(kilburn::software::ElfFile(std::vector<std::byte>(first, first + size), "fuzz.elf",
                                     base));
    } catch (const kilburn::InputError&) {
    }
  }
  return 0;
}
