#include "platform/configuration/toml_text.h"

#include <gtest/gtest.h>

#include "common/error.h"
#include "common/utf8.h"

namespace kilburn {
namespace {

std::string string_of(const std::string& text, std::string_view path) {
  const toml::table root = parse_toml(text, "t.toml");
  return root.at_path(path).value_or(std::string("no string"));
}

std::string toml_error(const std::string& text) {
  try {
    (void)parse_toml(text, "t.toml");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TomlText, NamesBeyondAsciiAreTheSameInEveryKindOfString) {
  const std::string name = "tracé 日本 😀";
  for (const std::string& text :
       {"n = \"" + name + "\"", "n = '" + name + "'", "n = \"\"\"\\\n  " + name + "\"\"\"",
        "n = '''" + name + "'''", "# é\nn = \"" + name + "\"  # 日本",
        "\xEF\xBB\xBFn = \"" + name + "\""}) {
    EXPECT_EQ(string_of(text, "n"), name) << text;
  }
  EXPECT_EQ(string_of("n = \"\\u00e9\\U0001F600\"", "n"), "é😀");
  EXPECT_EQ(string_of("[a]\nn = [{ m = \"" + name + "\" }]", "a.n[0].m"), name);
}

// toml++ 3.3 takes some of them for impossible where it looks for white space: U+00A1 to U+0499,
// U+2C5E to U+3057, U+FA36 to U+FEFE.
TEST(TomlText, EveryLetterCanStandBehindAFoldedLine) {
  for (char32_t code = 0xA0; code <= 0xFFFD; ++code) {
    if (code == 0xD800) code = 0xE000;
    std::string letter;
    append_letter(letter, code);
    ASSERT_EQ(string_of("n = \"\"\"\\\n" + letter + "\"\"\"", "n"), letter)
        << static_cast<unsigned>(code);
  }
}

TEST(TomlText, KeysAreUtf8Too) {
  const toml::table root = parse_toml("[\"größe\".b]\n\"é\" = 1\nplain = 2\n", "t.toml");
  const toml::table* inner = root["größe"]["b"].as_table();
  ASSERT_NE(inner, nullptr);
  EXPECT_EQ(inner->size(), 2U);
  EXPECT_EQ((*inner)["é"].value_or(0), 1);
  EXPECT_EQ((*inner)["plain"].value_or(0), 2);
  EXPECT_EQ(inner->find("é")->first.source().begin.line, 2U);
}

TEST(TomlText, ALetterOutsideOfStringsIsAnErrorWithItsPlace) {
  EXPECT_EQ(toml_error("a = 1\nb = é\n").rfind("t.toml:2:5: TOML syntax: ", 0), 0U)
      << toml_error("a = 1\nb = é\n");
  EXPECT_EQ(toml_error("s = \"日本\" é\n").rfind("t.toml:1:10: TOML syntax: ", 0), 0U)
      << toml_error("s = \"日本\" é\n");
}

TEST(TomlText, WhatIsNotUtf8IsAnErrorWithItsPlace) {
  EXPECT_EQ(toml_error("a = 1\ns = \"é\xFF\"\n").rfind("t.toml:2:7: byte 0xff: ", 0), 0U)
      << toml_error("a = 1\ns = \"é\xFF\"\n");
}

}  // namespace
}  // namespace kilburn
