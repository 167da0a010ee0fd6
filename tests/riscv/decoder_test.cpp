#include "riscv/decode/decoder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "riscv/assembler.h"

namespace kilburn::riscv {
namespace {

using test::fixed_bits;
using test::free_bits;

constexpr auto operations = static_cast<unsigned>(Operation::illegal);

TEST(Decoder, NoEncodingIsTwoOperations) {
  for (unsigned a = 0; a < operations; ++a) {
    for (unsigned b = a + 1; b < operations; ++b) {
      const auto first = static_cast<Operation>(a);
      const auto second = static_cast<Operation>(b);
      const std::uint32_t both = ~free_bits(first) & ~free_bits(second);
      EXPECT_NE(fixed_bits(first) & both, fixed_bits(second) & both)
          << mnemonic(first) << " and " << mnemonic(second);
    }
  }
}

TEST(Decoder, AllZerosAndAllOnesAreIllegal) {
  EXPECT_EQ(decode(0).operation, Operation::illegal);
  EXPECT_EQ(decode(0).length, 2);
  EXPECT_EQ(decode(0xFFFFFFFF).operation, Operation::illegal);
  EXPECT_EQ(decode(0xFFFFFFFF).length, 4);
}

TEST(Decoder, ReservedRoundingModesAreIllegal) {
  for (const std::uint32_t rounding : {5u, 6u}) {
    EXPECT_EQ(decode(fixed_bits(Operation::fadd_d) | rounding << 12).operation, Operation::illegal);
    EXPECT_EQ(decode(fixed_bits(Operation::fmadd_s) | rounding << 12).operation,
              Operation::illegal);
  }
  EXPECT_EQ(decode(fixed_bits(Operation::fadd_d) | 7u << 12).rounding, dynamic_rounding);
}

TEST(Decoder, HintsAreTheOperationsThatTheyLookLike) {
  constexpr std::uint32_t pause = 0x0100000F;
  constexpr std::uint32_t prefetch_r = 0x00106013;  // ori x0, x0, 1
  EXPECT_EQ(decode(pause).operation, Operation::fence);
  EXPECT_EQ(decode(prefetch_r).operation, Operation::ori);
}

TEST(Decoder, TransformedInstructionsKeepAllButRs1) {
  // sd x5, 40(x6), faulting in its third byte.
  const Instruction store = decode(test::store(Operation::sd, 5, 6, 40));
  EXPECT_EQ(transformed(store, 2), test::store(Operation::sd, 5, 2, 0));
  // c.lw x8, 4(x9): as lw x8, 0(x0) with bit 1 clear.
  const Instruction load = decode(0x40C0);
  ASSERT_EQ(load.operation, Operation::lw);
  EXPECT_EQ(transformed(load, 0), test::i(Operation::lw, 8, 0, 0) & ~2u);
  const std::uint32_t amo = test::r(Operation::amoadd_d, 3, 4, 5) | 3u << 25;  // aq, rl
  EXPECT_EQ(transformed(decode(amo), 0), amo & ~(31u << 15));
  EXPECT_EQ(transformed(decode(test::r(Operation::add, 1, 2, 3)), 0), 0u);
}

// --- against the distribution's disassembler ---

/// From one word to the next in the object file: nops between keep any from hiding the next.
constexpr std::size_t bytes_a_word = 8;

/// What objdump says of each word, "" where it knows no instruction.
std::vector<std::string> disassembled(const std::vector<std::uint32_t>& words) {
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("kilburn_decoder_{}", ::getpid());
  std::filesystem::create_directory(folder);
  const std::string source = (folder / "words.s").string();
  const std::string object = (folder / "words.o").string();
  {
    std::ofstream out(source);
    out << ".option norelax\n";
    for (const std::uint32_t word : words) {
      if (is_compressed(word)) {
        out << ".insn 2, " << (word & 0xFFFF) << "\n.insn 2, 1\n.insn 4, 0x13\n";
      } else {
        out << ".insn 4, " << word << "\n.insn 4, 0x13\n";
      }
    }
  }
  const std::string assemble = fmt::format(
      "riscv64-unknown-elf-as -march=rv64gch_zba_zbb_zbs_svinval -o {} {}", object, source);
  if (std::system(assemble.c_str()) != 0) {
    ADD_FAILURE() << "this test needs riscv64-unknown-elf-as: install binutils-riscv64-unknown-elf";
    return {};
  }
  const std::string command = "riscv64-unknown-elf-objdump -d -M no-aliases,numeric " + object;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::vector<std::string> texts(words.size());
  char line[512];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    // "  1c:\t00a5c573          \tinstruction\n"
    const std::string_view all(line);
    const std::size_t colon = all.find(":\t");
    const std::size_t tab = all.find('\t', colon + 2);
    if (colon == std::string_view::npos || tab == std::string_view::npos) continue;
    const std::size_t address = std::strtoul(line, nullptr, 16);
    if (address % bytes_a_word != 0 || address / bytes_a_word >= texts.size()) continue;
    std::string text(all.substr(tab + 1, all.size() - tab - 2));
    if (text.starts_with(".") || text.starts_with("unimp") || text.starts_with("0x")) text.clear();
    texts[address / bytes_a_word] = text;
  }
  ::pclose(pipe);
  std::filesystem::remove_all(folder);
  return texts;
}

/// Binutils knows no rounding mode of these.
bool differs_only_with_rounding(Operation operation) {
  return operation == Operation::fcvt_d_s || operation == Operation::fcvt_d_w ||
         operation == Operation::fcvt_d_wu;
}

/// The mnemonic and operands as objdump writes them, from ours. Branch targets are absolute.
std::string written(const Instruction& i, std::size_t address) {
  static constexpr const char* rounding[] = {"rne", "rtz", "rdn", "rup", "rmm", "", "", "dyn"};
  const std::string name = mnemonic(i.operation);
  const bool rounds = format(i.operation) != Format::float_registers &&
                      format(i.operation) != Format::float_to_integer &&
                      format(i.operation) != Format::integer_to_float &&
                      !differs_only_with_rounding(i.operation);
  const std::string rm =
      !rounds || i.rounding == dynamic_rounding ? "" : fmt::format(",{}", rounding[i.rounding]);
  const std::uint64_t target = address + static_cast<std::uint64_t>(std::int64_t{i.immediate});
  const bool in_memory = name.starts_with("hlv") || name.starts_with("hsv");
  switch (format(i.operation)) {
    case Format::none:
      return name;
    case Format::registers:
      return fmt::format("{} x{},x{},x{}", name, i.rd, i.rs1, i.rs2);
    case Format::unary:
      if (in_memory) return fmt::format("{} x{},(x{})", name, i.rd, i.rs1);
      return fmt::format("{} x{},x{}", name, i.rd, i.rs1);
    case Format::two_sources:
      if (in_memory) return fmt::format("{} x{},(x{})", name, i.rs2, i.rs1);
      return fmt::format("{} x{},x{}", name, i.rs1, i.rs2);
    case Format::immediate:
      if (name.starts_with("l") || name == "jalr") {
        return fmt::format("{} x{},{}(x{})", name, i.rd, i.immediate, i.rs1);
      }
      return fmt::format("{} x{},x{},{}", name, i.rd, i.rs1, i.immediate);
    case Format::shift:
      return fmt::format("{} x{},x{},{:#x}", name, i.rd, i.rs1, i.immediate);
    case Format::store:
      return fmt::format("{} x{},{}(x{})", name, i.rs2, i.immediate, i.rs1);
    case Format::branch:
      return fmt::format("{} x{},x{},{:x}", name, i.rs1, i.rs2, target);
    case Format::jump:
      return fmt::format("{} x{},{:x}", name, i.rd, target);
    case Format::upper:
    case Format::upper_pc:
      return fmt::format("{} x{},{:#x}", name, i.rd, static_cast<std::uint32_t>(i.immediate) >> 12);
    case Format::csr:
      return fmt::format("{} x{},{},{}{}", name, i.rd, i.immediate, name.ends_with("i") ? "" : "x",
                         i.rs1);
    case Format::atomic: {
      static constexpr const char* ordering[] = {"", ".rl", ".aq", ".aqrl"};
      const std::string source = name.starts_with("lr") ? "" : fmt::format("x{},", i.rs2);
      return fmt::format("{}{} x{},{}(x{})", name, ordering[i.bits >> 25 & 3], i.rd, source, i.rs1);
    }
    case Format::float_load:
      return fmt::format("{} f{},{}(x{})", name, i.rd, i.immediate, i.rs1);
    case Format::float_store:
      return fmt::format("{} f{},{}(x{})", name, i.rs2, i.immediate, i.rs1);
    case Format::float_fused:
      return fmt::format("{} f{},f{},f{},f{}{}", name, i.rd, i.rs1, i.rs2, i.rs3, rm);
    case Format::float_registers:
    case Format::float_rounded:
      return fmt::format("{} f{},f{},f{}{}", name, i.rd, i.rs1, i.rs2, rm);
    case Format::float_unary_rounded:
      return fmt::format("{} f{},f{}{}", name, i.rd, i.rs1, rm);
    case Format::float_compare:
      return fmt::format("{} x{},f{},f{}", name, i.rd, i.rs1, i.rs2);
    case Format::float_to_integer:
    case Format::float_to_integer_rounded:
      return fmt::format("{} x{},f{}{}", name, i.rd, i.rs1, rm);
    case Format::integer_to_float:
    case Format::integer_to_float_rounded:
      return fmt::format("{} f{},x{}{}", name, i.rd, i.rs1, rm);
  }
  return name;
}

/// The 32-bit form of what objdump writes for a compressed instruction.
std::string expanded(const std::string& text) {
  if (!text.starts_with("c.")) return text;
  std::string name = text.substr(2, text.find(' ') - 2);
  std::vector<std::string> operands;
  if (text.find(' ') != std::string::npos) {
    std::istringstream rest(text.substr(text.find(' ') + 1));
    for (std::string operand; std::getline(rest, operand, ',');) operands.push_back(operand);
  }
  const auto at = [&](std::size_t n) { return n < operands.size() ? operands[n] : std::string(); };
  if (name == "unimp") return "";
  if (name == "ebreak") return name;
  if (name == "nop") return fmt::format("addi x0,x0,{}", operands.empty() ? "0" : at(0));
  if (name == "li") return fmt::format("addi {},x0,{}", at(0), at(1));
  if (name == "mv") return fmt::format("add {},x0,{}", at(0), at(1));
  if (name == "lui") return fmt::format("lui {},{}", at(0), at(1));
  if (name == "addi16sp") return fmt::format("addi x2,x2,{}", at(1));
  if (name == "addi4spn") return fmt::format("addi {},x2,{}", at(0), at(2));
  if (name == "j") return fmt::format("jal x0,{}", at(0));
  if (name == "jr") return fmt::format("jalr x0,0({})", at(0));
  if (name == "jalr") return fmt::format("jalr x1,0({})", at(0));
  if (name == "beqz" || name == "bnez") {
    return fmt::format("{} {},x0,{}", name.substr(0, 3), at(0), at(1));
  }
  if (name.ends_with("64")) {  // shift by 0
    return fmt::format("{} {},{},0x0", name.substr(0, name.size() - 2), at(0), at(0));
  }
  if (at(1).find('(') != std::string::npos) {
    if (name.ends_with("sp")) name.resize(name.size() - 2);
    return fmt::format("{} {},{}", name, at(0), at(1));
  }
  return fmt::format("{} {},{},{}", name, at(0), at(0), at(1));
}

/// Without what the two write differently: tabs, symbols and names of CSRs.
std::string normal(std::string text) {
  std::ranges::replace(text, '\t', ' ');
  for (const char* comment : {" <", " #"}) text = text.substr(0, text.find(comment));
  if (text.starts_with("fence ")) return "fence";  // its operands change nothing
  if (!text.starts_with("csr")) return expanded(text);
  const std::size_t comma = text.find(',');
  return text.replace(comma, text.rfind(',') - comma, ",CSR");
}

// Where binutils 2.40 and we differ on purpose:
//  - it shows reserved rounding modes as "unknown": they are reserved encodings, illegal here;
//  - it knows fcvt.d.s, fcvt.d.w and fcvt.d.wu, which never round, with rm = 0 only: the ISA says
//    that any legal rm will do;
//  - it knows fence and fence.i with their reserved fields zero only: the ISA says that these are
//    ignored.
//  - it knows instructions of earlier versions (uret, hret, sfence.vm) and of debug mode (dret);
//  - it shows c.addi16sp with an immediate of zero, which is reserved.
bool differs_on_purpose(const Instruction& ours, const std::string& theirs) {
  const std::string name = theirs.substr(0, theirs.find(' '));
  if (name == "uret" || name == "hret" || name == "sfence.vm" || name == "dret") {
    return ours.operation == Operation::illegal;
  }
  if (theirs == "addi x2,x2,0") return ours.operation == Operation::illegal;
  if (theirs.ends_with("unknown")) return ours.operation == Operation::illegal;
  if (!theirs.empty()) return false;
  switch (ours.operation) {
    case Operation::fcvt_d_s:
    case Operation::fcvt_d_w:
    case Operation::fcvt_d_wu:
      return ours.rounding != 0;
    case Operation::fence:
    case Operation::fence_i:
      return true;
    default:
      return false;
  }
}

void compare_with_the_disassembler(const std::vector<std::uint32_t>& words) {
  const std::vector<std::string> texts = disassembled(words);
  ASSERT_EQ(texts.size(), words.size());
  for (std::size_t n = 0; n < words.size(); ++n) {
    const Instruction ours = decode(words[n]);
    const std::string theirs = normal(texts[n]);
    if (differs_on_purpose(ours, theirs)) continue;
    const std::string own =
        ours.operation == Operation::illegal ? "" : normal(written(ours, bytes_a_word * n));
    EXPECT_EQ(own, theirs) << std::hex << words[n];
  }
}

TEST(Decoder, AgreesWithTheDisassemblerOnEveryOperationWithRandomOperands) {
  constexpr unsigned seed = 1;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::vector<std::uint32_t> words;
  for (unsigned n = 0; n < operations; ++n) {
    const auto operation = static_cast<Operation>(n);
    for (int sample = 0; sample < 40; ++sample) {
      words.push_back(fixed_bits(operation) |
                      (static_cast<std::uint32_t>(random()) & free_bits(operation)));
    }
  }
  compare_with_the_disassembler(words);
}

TEST(Decoder, AgreesWithTheDisassemblerOnRandomWordsAndOnTheNeighboursOfEncodings) {
  constexpr unsigned seed = 2;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::vector<std::uint32_t> words;
  const auto add = [&](std::uint32_t word) {
    constexpr std::uint32_t longer = 0x1F;  // than 32 bits
    if (!is_compressed(word) && (word & longer) != longer) words.push_back(word);
  };
  for (int n = 0; n < 30000; ++n) add(static_cast<std::uint32_t>(random()) | 3);
  for (unsigned n = 0; n < operations; ++n) {
    for (unsigned bit = 0; bit < 32; ++bit) {
      add(fixed_bits(static_cast<Operation>(n)) ^ 1u << bit);
    }
  }
  compare_with_the_disassembler(words);
}

TEST(Decoder, AgreesWithTheDisassemblerOnEveryCompressedEncoding) {
  std::vector<std::uint32_t> words;
  for (std::uint32_t word = 0; word < 0x10000; ++word) {
    if (is_compressed(word)) words.push_back(word);
  }
  compare_with_the_disassembler(words);
}

}  // namespace
}  // namespace kilburn::riscv
