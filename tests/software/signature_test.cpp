// Where a signature lies, and how it reads.
#include "platform/software/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/error.h"
#include "software/elf_builder.h"

namespace kilburn::software::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr AddressRange memory{.first = 0x8000'0000, .bytes = 0x10'0000};

ElfFile program(std::vector<ElfBuilder::Named> symbols) {
  ElfBuilder builder;
  builder.segments = {{0x8000'0000, "code", 0x3000}};
  builder.symbols = std::move(symbols);
  return {builder.build(), "test.elf", 0x8000'0000};
}

std::string error_of(std::vector<ElfBuilder::Named> symbols) {
  try {
    (void)signature_range(program(std::move(symbols)), memory);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Signature, LiesBetweenItsSymbols) {
  const auto range = signature_range(
      program({{"begin_signature", 0x8000'2000}, {"end_signature", 0x8000'2010}}), memory);
  EXPECT_EQ(range, (AddressRange{.first = 0x8000'2000, .bytes = 0x10}));
}

TEST(Signature, MayEndWhereTheProgramEnds) {
  const auto range = signature_range(
      program({{"begin_signature", 0x8000'2FF0}, {"end_signature", 0x8000'3000}}), memory);
  EXPECT_EQ(range, (AddressRange{.first = 0x8000'2FF0, .bytes = 0x10}));
}

TEST(Signature, MayBeEmpty) {
  const auto range = signature_range(
      program({{"begin_signature", 0x8000'2000}, {"end_signature", 0x8000'2000}}), memory);
  EXPECT_EQ(range.bytes, 0u);
  EXPECT_EQ(signature_text({}, 4), "");
}

TEST(Signature, MissingSymbolsAreNamed) {
  EXPECT_THAT(error_of({{"end_signature", 0x8000'2000}}),
              AllOf(HasSubstr("test.elf"), HasSubstr("no symbol begin_signature")));
  EXPECT_THAT(error_of({{"begin_signature", 0x8000'2000}}), HasSubstr("no symbol end_signature"));
}

TEST(Signature, AnEndBelowTheBeginIsRefused) {
  EXPECT_THAT(error_of({{"begin_signature", 0x8000'2010}, {"end_signature", 0x8000'2000}}),
              HasSubstr("end_signature 0x80002000 is below begin_signature 0x80002010"));
}

TEST(Signature, OutsideOfMemoryIsRefused) {
  EXPECT_THAT(error_of({{"begin_signature", 0x8000'2000}, {"end_signature", 0x8010'0001}}),
              AllOf(HasSubstr("0x80002000 to 0x80100000"),
                    HasSubstr("allowed is memory, 0x80000000 to 0x800fffff")));
  EXPECT_THAT(error_of({{"begin_signature", 0x1000}, {"end_signature", 0x2000}}),
              HasSubstr("allowed is memory"));
}

TEST(Signature, LinesAreLittleEndianNumbers) {
  std::vector<std::byte> bytes;
  for (unsigned i = 0; i < 16; ++i) bytes.push_back(static_cast<std::byte>(0xA0 + i));
  EXPECT_EQ(signature_text(std::span(bytes).first(2), 1), "a0\na1\n");
  EXPECT_EQ(signature_text(std::span(bytes).first(4), 2), "a1a0\na3a2\n");
  EXPECT_EQ(signature_text(std::span(bytes).first(8), 4), "a3a2a1a0\na7a6a5a4\n");
  EXPECT_EQ(signature_text(bytes, 8), "a7a6a5a4a3a2a1a0\nafaeadacabaaa9a8\n");
  EXPECT_EQ(signature_text(bytes, 16), "afaeadacabaaa9a8a7a6a5a4a3a2a1a0\n");
}

TEST(Signature, AnIncompleteLastLineIsFilledWithZeros) {
  const std::vector<std::byte> bytes(5, std::byte{0x0F});
  EXPECT_EQ(signature_text(bytes, 4), "0f0f0f0f\n0000000f\n");
}

}  // namespace
}  // namespace kilburn::software::testing
