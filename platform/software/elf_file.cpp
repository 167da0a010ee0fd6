#include "platform/software/elf_file.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>
#include <utility>

#include "common/error.h"
#include "platform/software/address_range.h"
#include "platform/software/file_bytes.h"

namespace kilburn::software {
namespace {

static_assert(std::endian::native == std::endian::little, "ELF structures are copied as they are");

constexpr std::uint64_t most_bytes = std::uint64_t{4} << 30;  // of a file

/// A file's bytes with bounds: every access says what it is for.
class Bytes {
 public:
  Bytes(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  [[noreturn]] void fail(std::uint64_t offset, std::string_view text) const {
    throw InputError(fmt::format("{}: at 0x{:x}: {}", name_, offset, text));
  }
  [[nodiscard]] std::span<const std::byte> part(std::uint64_t offset, std::uint64_t count,
                                                std::string_view what) const {
    if (offset > bytes_.size() || count > bytes_.size() - offset) {
      fail(offset, fmt::format("{} of {} bytes reaches beyond the file's {} bytes", what, count,
                               bytes_.size()));
    }
    return bytes_.subspan(offset, count);
  }
  template <class T>
  [[nodiscard]] T get(std::uint64_t offset, std::string_view what) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, part(offset, sizeof(T), what).data(), sizeof(T));
    return value;
  }
  /// Entry `index` of a table at `offset`, whose entries are `stride` bytes apart.
  template <class T>
  [[nodiscard]] T entry(std::uint64_t offset, std::uint64_t index, std::string_view what,
                        std::uint64_t stride = sizeof(T)) const {
    if (offset > bytes_.size()) (void)part(offset, sizeof(T), what);
    return get<T>(offset + index * stride, fmt::format("{} {}", what, index));
  }
  /// The zero-terminated text at `offset`.
  [[nodiscard]] std::string text(std::uint64_t offset, std::string_view what) const {
    const auto* const rest = part(offset, 0, what).data();
    const std::size_t most = bytes_.size() - offset;
    const void* const end = most == 0 ? nullptr : std::memchr(rest, 0, most);
    if (end == nullptr) fail(offset, fmt::format("{} has no end", what));
    return {reinterpret_cast<const char*>(rest),
            static_cast<std::size_t>(static_cast<const std::byte*>(end) - rest)};
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string& name_;
};

void check_identification(const Bytes& bytes, const Elf64_Ehdr& header) {
  const auto check = [&](std::uint64_t offset, unsigned value, unsigned allowed,
                         std::string_view what, std::string_view meaning) {
    if (value == allowed) return;
    bytes.fail(offset, fmt::format("{} {}: allowed {} ({})", what, value, allowed, meaning));
  };
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    bytes.fail(0, "no ELF file: it does not start with 7f 45 4c 46");
  }
  check(EI_CLASS, header.e_ident[EI_CLASS], ELFCLASS64, "class", "64 bits");
  check(EI_DATA, header.e_ident[EI_DATA], ELFDATA2LSB, "data encoding", "little-endian");
  check(EI_VERSION, header.e_ident[EI_VERSION], EV_CURRENT, "version", "the current one");
  check(offsetof(Elf64_Ehdr, e_machine), header.e_machine, EM_RISCV, "machine", "RISC-V");
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) {
    bytes.fail(offsetof(Elf64_Ehdr, e_type),
               fmt::format("type {}: allowed 2 (EXEC) and 3 (DYN, static-pie)", header.e_type));
  }
  if (header.e_phnum == 0 || header.e_phnum == PN_XNUM) {
    bytes.fail(offsetof(Elf64_Ehdr, e_phnum),
               fmt::format("{} program headers: allowed 1 to 65534", header.e_phnum));
  }
  if (header.e_phentsize < sizeof(Elf64_Phdr)) {
    bytes.fail(offsetof(Elf64_Ehdr, e_phentsize),
               fmt::format("program header size {}: allowed {} bytes and more", header.e_phentsize,
                           sizeof(Elf64_Phdr)));
  }
}

Elf64_Ehdr read_header(const Bytes& bytes) {
  const auto header = bytes.get<Elf64_Ehdr>(0, "ELF header");
  check_identification(bytes, header);
  return header;
}

/// How many of a segment's first bytes are nothing that the program means to have in memory: the
/// file's own headers, which a linker puts before the text, and the zeros up to it.
std::uint64_t header_bytes(const Elf64_Ehdr& header, const Elf64_Phdr& segment,
                           std::span<const std::byte> content) {
  const std::uint64_t table = header.e_phoff + std::uint64_t{header.e_phnum} * header.e_phentsize;
  const std::uint64_t end = std::max<std::uint64_t>(sizeof header, table);
  if (segment.p_offset != 0 || end > content.size()) return 0;
  const auto text = std::ranges::find_if(content.subspan(end),
                                         [](std::byte byte) { return byte != std::byte{0}; });
  return static_cast<std::uint64_t>(text - content.begin());
}

/// A mapping symbol of the assembler ($x, $d) or a local label: no name that anybody looks for.
bool is_noise(std::string_view name) {
  return name.empty() || name.starts_with('$') || name.starts_with(".L");
}

/// The section of full symbols; without it, that of dynamic ones.
std::optional<Elf64_Shdr> symbol_section(const Bytes& bytes, const Elf64_Ehdr& header) {
  std::optional<Elf64_Shdr> dynamic;
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    const auto section = bytes.entry<Elf64_Shdr>(header.e_shoff, i, "section header");
    if (section.sh_type == SHT_SYMTAB) return section;
    if (section.sh_type == SHT_DYNSYM && !dynamic) dynamic = section;
  }
  return dynamic;
}

}  // namespace

ElfFile::ElfFile(const std::string& path, Address base)
    : ElfFile(read_file_bytes(path, most_bytes), path, base) {}

ElfFile::ElfFile(std::vector<std::byte> bytes, std::string name, Address base)
    : bytes_(std::move(bytes)), name_(std::move(name)) {
  read_segments(base);
  read_entry();
  read_symbols();
}

void ElfFile::read_segments(Address base) {
  const Bytes bytes(bytes_, name_);
  const Elf64_Ehdr header = read_header(bytes);
  base_ = header.e_type == ET_DYN ? base : 0;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const auto segment =
        bytes.entry<Elf64_Phdr>(header.e_phoff, i, "program header", header.e_phentsize);
    const std::uint64_t place = header.e_phoff + std::uint64_t{i} * header.e_phentsize;
    if (segment.p_type == PT_INTERP) {
      bytes.fail(place, "the program needs a dynamic linker: link it with -static-pie");
    }
    if (segment.p_type != PT_LOAD || segment.p_memsz == 0) continue;
    if (segment.p_filesz > segment.p_memsz) {
      bytes.fail(place, fmt::format("segment {} has {} bytes in the file and {} in memory: "
                                    "allowed at most as many",
                                    i, segment.p_filesz, segment.p_memsz));
    }
    if (segment.p_align > 1 && !std::has_single_bit(segment.p_align)) {
      bytes.fail(place, fmt::format("segment {} is aligned to {}: allowed powers of two", i,
                                    segment.p_align));
    }
    if (segment.p_align > 1 && base_ % segment.p_align != 0) {
      throw InputError(
          fmt::format("{}: segment {} is aligned to 0x{:x}, which the load address "
                      "0x{:x} is not",
                      name_, i, segment.p_align, base_));
    }
    const Address address = base_ + segment.p_paddr;
    if (address < base_ || segment.p_memsz - 1 > UINT64_MAX - address) {
      bytes.fail(place, fmt::format("segment {} of {} bytes at 0x{:x} reaches beyond the "
                                    "64-bit address space",
                                    i, segment.p_memsz, segment.p_paddr));
    }
    // The offset of a segment that has nothing in the file means nothing.
    const std::span<const std::byte> content =
        segment.p_filesz == 0
            ? std::span<const std::byte>{}
            : bytes.part(segment.p_offset, segment.p_filesz, fmt::format("segment {}", i));
    segments_.push_back({.address = address,
                         .virtual_address = base_ + segment.p_vaddr,
                         .content = content,
                         .memory_bytes = segment.p_memsz,
                         .header_bytes = header_bytes(header, segment, content)});
  }
  if (segments_.empty()) bytes.fail(header.e_phoff, "no segment to load");
  leave_zeros_to_the_program();
}

/// Where a program is packed at its physical addresses, and moves its data to the virtual ones when
/// it starts, the room behind a segment's bytes is another segment's: the zeros are the program's
/// to make. QEMU does the same.
void ElfFile::leave_zeros_to_the_program() {
  std::vector<std::size_t> packed;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const ElfSegment& segment = segments_[i];
    if (segment.address == segment.virtual_address) continue;
    const AddressRange range{segment.address, segment.memory_bytes};
    for (std::size_t j = 0; j < segments_.size(); ++j) {
      if (i != j && range.overlaps({segments_[j].address, segments_[j].memory_bytes})) {
        packed.push_back(i);
        break;
      }
    }
  }
  for (const std::size_t i : packed) segments_[i].memory_bytes = segments_[i].content.size();
  std::erase_if(segments_, [](const ElfSegment& segment) { return segment.memory_bytes == 0; });
}

void ElfFile::read_entry() {
  const Bytes bytes(bytes_, name_);
  const Elf64_Ehdr header = read_header(bytes);
  const Address entry = base_ + header.e_entry;
  if (const std::optional<Address> translated = physical(entry)) {
    entry_ = *translated;
    return;
  }
  // A kernel that runs at virtual addresses and is entered before there are any.
  const bool is_physical = std::ranges::any_of(segments_, [&](const ElfSegment& segment) {
    return entry - segment.address < segment.memory_bytes;
  });
  if (!is_physical) {
    bytes.fail(offsetof(Elf64_Ehdr, e_entry),
               fmt::format("entry point 0x{:x} lies in no segment: allowed is a virtual or a "
                           "physical address of one",
                           header.e_entry));
  }
  entry_ = entry;
}

void ElfFile::read_symbols() {
  const Bytes bytes(bytes_, name_);
  const Elf64_Ehdr header = read_header(bytes);
  if (header.e_shnum == 0) return;
  if (header.e_shentsize != sizeof(Elf64_Shdr)) {
    bytes.fail(
        offsetof(Elf64_Ehdr, e_shentsize),
        fmt::format("section header size {}: allowed {}", header.e_shentsize, sizeof(Elf64_Shdr)));
  }
  const std::optional<Elf64_Shdr> table = symbol_section(bytes, header);
  if (!table) return;
  if (table->sh_link >= header.e_shnum) {
    bytes.fail(header.e_shoff, fmt::format("the symbols' names are in section {}: allowed 0 "
                                           "to {}",
                                           table->sh_link, header.e_shnum - 1));
  }
  const auto names = bytes.entry<Elf64_Shdr>(header.e_shoff, table->sh_link, "section header");
  (void)bytes.part(names.sh_offset, names.sh_size, "symbol name table");
  (void)bytes.part(table->sh_offset, table->sh_size, "symbol table");
  std::vector<Symbol> symbols;
  for (std::uint64_t i = 0; i < table->sh_size / sizeof(Elf64_Sym); ++i) {
    const auto symbol = bytes.entry<Elf64_Sym>(table->sh_offset, i, "symbol");
    const unsigned type = ELF64_ST_TYPE(symbol.st_info);
    const bool named = type == STT_NOTYPE || type == STT_OBJECT || type == STT_FUNC;
    if (!named || symbol.st_shndx == SHN_UNDEF) continue;
    std::string name =
        bytes.text(names.sh_offset + symbol.st_name, fmt::format("name of symbol {}", i));
    if (is_noise(name)) continue;
    const bool absolute = symbol.st_shndx == SHN_ABS;
    symbols.push_back({.name = std::move(name),
                       .address = symbol.st_value + (absolute ? 0 : base_),
                       .bytes = symbol.st_size,
                       .absolute = absolute});
  }
  symbols_ = SymbolTable(std::move(symbols));
}

std::optional<Address> ElfFile::physical(Address virtual_address) const {
  for (const ElfSegment& segment : segments_) {
    const std::uint64_t offset = virtual_address - segment.virtual_address;
    if (offset < segment.memory_bytes) return segment.address + offset;
  }
  return std::nullopt;
}

std::optional<Address> ElfFile::physical(std::string_view symbol) const {
  const std::optional<Address> address = symbols_.find(symbol);
  return address ? physical(*address) : std::nullopt;
}

}  // namespace kilburn::software
