#include "common/utf8.h"

#include <gtest/gtest.h>

#include "common/parameter_values.h"

namespace kilburn {
namespace {

TEST(Utf8, EveryCodeIsReadAsItWasWritten) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code == 0xD800) code = 0xE000;  // surrogates are no letters
    std::string text;
    append_letter(text, code);
    const Utf8Letter letter = first_letter(text);
    ASSERT_TRUE(letter.code == code) << static_cast<unsigned>(code);
    ASSERT_EQ(letter.bytes, text.size());
  }
}

// RFC 3629, section 7, and the table of section 4.
TEST(Utf8, TheExamplesOfTheRfcAreThoseBytes) {
  std::string text;
  for (const char32_t code : {0x41U, 0x2262U, 0x391U, 0xD55CU, 0x233B4U}) {
    append_letter(text, code);
  }
  EXPECT_EQ(text, "A\xE2\x89\xA2\xCE\x91\xED\x95\x9C\xF0\xA3\x8E\xB4");
}

TEST(Utf8, WhatTheRfcForbidsIsNoLetter) {
  for (const char* text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFE",
        "\xFF", "\xC3", "\xE2\x82", "\xC3(", "\xF0\x9F\x98"}) {
    EXPECT_EQ(first_letter(text).bytes, 0U) << testing::PrintToString(std::string(text));
  }
}

TEST(Utf8, PrintableTextKeepsLettersWholeAndShowsWhatIsNone) {
  EXPECT_EQ(printable("tracé \xE6\x97\xA5"), "tracé \xE6\x97\xA5");
  EXPECT_EQ(printable("a\nb\x1B[2Jc\x7F\xC2\x9B"), "a?b?[2Jc??");
  EXPECT_EQ(printable("\xFF\xC3"), "??");
  std::string letters;
  for (int i = 0; i < 101; ++i) letters += "é";
  EXPECT_EQ(printable(letters), letters.substr(0, 200) + "...");
}

}  // namespace
}  // namespace kilburn
