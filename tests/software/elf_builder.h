// ELF files made by hand, sound unless a test spoils them.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/types.h"

namespace kilburn::software::testing {

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto all = std::as_bytes(std::span(text));
  return {all.begin(), all.end()};
}

/// Layout: header, program headers, contents of the segments, symbols, their names, section
/// headers.
struct ElfBuilder {
  struct Segment {
    Address address;
    std::string content;
    std::uint64_t memory_bytes;
    Elf64_Xword align = 8;
    Elf64_Word type = PT_LOAD;
    Address virtual_offset = 0;  ///< virtual minus physical
  };
  struct Named {
    std::string name;
    Address value;
    std::uint64_t bytes = 0;
    unsigned char type = STT_FUNC;
    Elf64_Section section = 1;
  };
  Elf64_Half type = ET_EXEC;
  Address entry = 0x8000'0000;
  std::vector<Segment> segments{{0x8000'0000, "code", 4}};
  std::vector<Named> symbols;
  Elf64_Word symbol_section = SHT_SYMTAB;

  [[nodiscard]] std::vector<std::byte> build() const {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = type;
    header.e_machine = EM_RISCV;
    header.e_version = EV_CURRENT;
    header.e_entry = entry;
    header.e_phoff = sizeof header;
    header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<Elf64_Half>(segments.size());
    header.e_shentsize = sizeof(Elf64_Shdr);

    std::string headers;
    std::string contents;
    const std::size_t content_at = sizeof header + segments.size() * sizeof(Elf64_Phdr);
    for (const Segment& segment : segments) {
      Elf64_Phdr program{};
      program.p_type = segment.type;
      program.p_flags = PF_R | PF_W | PF_X;
      program.p_offset = content_at + contents.size();
      program.p_paddr = segment.address;
      program.p_vaddr = segment.address + segment.virtual_offset;
      program.p_filesz = segment.content.size();
      program.p_memsz = segment.memory_bytes;
      program.p_align = segment.align;
      append(headers, program);
      contents += segment.content;
    }
    std::string tail;
    if (!symbols.empty()) {
      header.e_shnum = 3;
      header.e_shoff = add_symbols(tail, content_at + contents.size());
    }
    std::string file;
    append(file, header);
    return bytes_of(file + headers + contents + tail);
  }

 private:
  template <class T>
  static void append(std::string& text, const T& value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  /// Symbols, names and section headers behind `at`; returns the section headers' offset.
  std::size_t add_symbols(std::string& tail, std::size_t at) const {
    std::string table(sizeof(Elf64_Sym), '\0');
    std::string names(1, '\0');
    for (const Named& named : symbols) {
      Elf64_Sym symbol{};
      symbol.st_name = static_cast<Elf64_Word>(names.size());
      symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, named.type);
      symbol.st_shndx = named.section;
      symbol.st_value = named.value;
      symbol.st_size = named.bytes;
      append(table, symbol);
      names += named.name + '\0';
    }
    std::string sections(sizeof(Elf64_Shdr), '\0');
    Elf64_Shdr section{};
    section.sh_type = symbol_section;
    section.sh_offset = at;
    section.sh_size = table.size();
    section.sh_link = 2;
    append(sections, section);
    section.sh_type = SHT_STRTAB;
    section.sh_offset = at + table.size();
    section.sh_size = names.size();
    append(sections, section);
    tail = table + names + sections;
    return at + table.size() + names.size();
  }
};

}  // namespace kilburn::software::testing
