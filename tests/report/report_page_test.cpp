// The page as a text: encodings, escapes, and the command that writes it.
#include "platform/report/page/report_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <bit>
#include <cmath>
#include <filesystem>
#include <limits>

#include "platform/report/page/column_encoding.h"
#include "process.h"
#include "report/database_by_hand.h"

namespace kilburn::platform::report {
namespace {

using testing::HasSubstr;

/// The reverse of deflated_base64, digit by digit.
std::string plain(const std::string& base64) {
  std::string deflated;
  unsigned bits = 0, have = 0;
  for (const char c : base64) {
    if (c == '=') break;
    const auto at =
        std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/").find(c);
    EXPECT_NE(at, std::string::npos);
    bits = bits << 6 | static_cast<unsigned>(at);
    have += 6;
    if (have >= 8) deflated += static_cast<char>(bits >> (have -= 8) & 255);
  }
  std::string text(1 << 20, '\0');
  uLongf length = text.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(text.data()), &length,
                       reinterpret_cast<const Bytef*>(deflated.data()), deflated.size()),
            Z_OK);
  text.resize(length);
  return text;
}

TEST(ColumnEncoding, TextsOfEveryLengthComeBack) {
  for (std::size_t length = 0; length < 70; ++length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += static_cast<char>(i * 37 + length);
    EXPECT_EQ(plain(deflated_base64(text)), text);
  }
}

TEST(ColumnEncoding, EqualValuesAreOneConstant) {
  EXPECT_EQ(encode_numbers({2.5, 2.5}).dump(), R"({"constant":2.5})");
  const double none = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(encode_numbers({none, none}).dump(), R"({"constant":null})");
}

TEST(ColumnEncoding, IntegersLieInPlanesOfFourBytes) {
  const std::string bytes = plain(encode_numbers({0x01020304, 0xFFFFFFFF}).at("integers"));
  EXPECT_EQ(bytes, std::string("\x04\xFF\x03\xFF\x02\xFF\x01\xFF"));
}

TEST(ColumnEncoding, WhatIsNoWordLiesAsDoubles) {
  for (const double odd : {0.5, -1.0, 4294967296.0, std::numeric_limits<double>::quiet_NaN()}) {
    const std::string bytes = plain(encode_numbers({odd, 7}).at("reals"));
    ASSERT_EQ(bytes.size(), 16u);
    std::uint64_t word = 0;
    for (int plane = 7; plane >= 0; --plane)
      word = word << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(2 * plane)]);
    EXPECT_EQ(word, std::bit_cast<std::uint64_t>(odd));
  }
}

TEST(ColumnEncoding, TextsAreADictionaryInOrderOfAppearance) {
  const auto encoded = encode_texts({"b", "a", "b", ""});
  EXPECT_EQ(plain(encoded.at("texts")), R"(["b","a",""])");
  EXPECT_EQ(plain(encoded.at("index").at("integers")).substr(0, 4), std::string("\0\1\0\2", 4));
}

TEST(ReportPage, NamesCannotEndTheirElement) {
  SweepResults results;
  results.meta["name"] = "</script><b>&<!--";
  results.axes = {{"</script><i>", "parameter", "</script><u>"}};
  const std::string page = report_page(results).text;
  EXPECT_NE(page.find(R"(\u003c/script>\u003cb>&\u003c!--)"), std::string::npos);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_EQ(page.find("</script><i>"), std::string::npos);
  EXPECT_EQ(page.find("</script><u>"), std::string::npos);
}

TEST(ReportPage, ItAsksForNothingOutside) {
  const std::string page = report_page({}).text;
  for (const char* link :
       {"<script src", "<link rel=\"stylesheet", "<img", "@import", "sourceMappingURL=vega"}) {
    EXPECT_EQ(page.find(link), std::string::npos) << link;
  }
  EXPECT_NE(page.find("content=\"default-src 'none';"), std::string::npos);
}

TEST(ReportPage, EveryPlaceOfTheTemplateIsFilled) {
  EXPECT_EQ(report_page({}).text.find("@KILBURN_"), std::string::npos);
}

TEST(ReportPage, TextsThatAreNotUtf8StillMakeAPage) {
  SweepResults results;
  results.meta["name"] = "caf\xE9";
  EXPECT_NE(report_page(results).text.find(R"("name":"caf\ufffd")"), std::string::npos);
}

Outcome report_of(const Arguments& arguments) {
  return kilburn(Arguments{"report"} + arguments);
}

TEST(ReportCommand, APageIsWrittenThoughNoPointHasFinished) {
  const DatabaseByHand database("unfinished.db");
  const Folder folder;
  const Outcome outcome = report_of({database.path(), "-o", folder / "page.html"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("nothing to draw"));
  EXPECT_THAT(contents(folder / "page.html"), HasSubstr("\"name\":\"by hand\""));
}

TEST(ReportCommand, AnOutputThatCannotBeWrittenIsNamedAndEndsWithTwo) {
  const DatabaseByHand database("unwritable.db");
  const Outcome outcome = report_of({database.path(), "-o", "/no/such/folder/page.html"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("/no/such/folder/page.html: cannot be written"));
}

TEST(ReportCommand, AfterAnErrorTheOldPageIsWhatItWas) {
  const Folder folder;
  const std::string page = folder.write("page.html", "the old page");
  const Outcome outcome = report_of({"/no/such.db", "-o", page});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("/no/such.db"));
  EXPECT_EQ(contents(page), "the old page");
  const auto beside = std::filesystem::path(page).parent_path();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(beside), {}), 1);
}

TEST(ReportCommand, WithoutAnOutputTheUseIsSaid) {
  const Outcome outcome = report_of({"x.db"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--output"));
}

}  // namespace
}  // namespace kilburn::platform::report
