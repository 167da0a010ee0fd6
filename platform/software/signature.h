// The signature of a test of the RISC-V architecture: memory between begin_signature and
// end_signature, as text.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "platform/software/address_range.h"
#include "platform/software/elf_file.h"

namespace kilburn::software {

struct SignatureOptions {
  std::string file;          ///< empty: none is written
  unsigned granularity = 4;  ///< bytes a line: 1, 2, 4, 8 or 16
};

/// Where the signature of `program` lies. Throws InputError where its symbols are missing, the
/// wrong way round, or outside of `memory`.
[[nodiscard]] AddressRange signature_range(const ElfFile& program, const AddressRange& memory);

/// A line for each `granularity` bytes: a little-endian number in hexadecimal, most significant
/// digit first; the last one is filled up with zeros. Example: 01 02 03 04 05 by 4 is
/// "04030201\n00000005\n".
[[nodiscard]] std::string signature_text(std::span<const std::byte> bytes, unsigned granularity);

}  // namespace kilburn::software
