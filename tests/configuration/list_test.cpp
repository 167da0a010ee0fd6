// Lists of blocks and texts: how they are written, and how errors are told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/error.h"
#include "list_config.h"
#include "platform/configuration/config_file.h"
#include "platform/configuration/parameter_table.h"

namespace kilburn {
namespace {

using example::BoardConfig;
using example::FunctionConfig;
using example::Kind;
using testing::HasSubstr;

BoardConfig parsed(std::string_view text) {
  BoardConfig config;
  parse_config(config, text, "p.toml");
  return config;
}

BoardConfig with_settings(const std::vector<std::string>& settings) {
  BoardConfig config;
  for (const std::string& setting : settings) apply_setting(config, setting);
  return config;
}

template <class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "no InputError was thrown";
  return "";
}
std::string parse_error(std::string_view text) {
  return message_of([&] { (void)parsed(text); });
}
std::string setting_error(const std::string& setting) {
  return message_of([&] { (void)with_settings({setting}); });
}

/// Two functions, the first with a namespace.
BoardConfig two_functions() {
  BoardConfig config;
  config.pcie.function = {{.kind = Kind::nvme, .bar_bytes = 16384, .queue = {64}, .space = {{}}},
                          {.kind = Kind::nic, .bar_bytes = 8192, .queue = {}, .space = {}}};
  config.pcie.function[0].space[0].file = "disk.img";
  return config;
}

TEST(List, AnArrayOfTablesIsTheWholeList) {
  EXPECT_EQ(parsed("[[pcie.function]]\n"
                   "queue.depth = 64\n"
                   "[[pcie.function.space]]\n"
                   "file = 'disk.img'\n"
                   "[[pcie.function]]\n"
                   "kind = 'nic'\n"
                   "bar_bytes = '8KiB'\n"),
            two_functions());
  EXPECT_EQ(parsed("pcie.function = [{queue = {depth = 64}, space = [{file = 'disk.img'}]}, "
                   "{kind = 'nic', bar_bytes = 8192}]"),
            two_functions());
}

TEST(List, AnArrayReplacesWhatTheListHeldAndItsElementsStartFromTheirDefaults) {
  ASSERT_EQ(BoardConfig{}.port.size(), 2);
  const BoardConfig config = parsed("[[port]]\n");
  ASSERT_EQ(config.port.size(), 1);
  EXPECT_EQ(config.port[0].depth, 16);
  EXPECT_TRUE(parsed("port = []").port.empty());
}

TEST(List, ATableOfIndicesChangesElementsAndAppends) {
  const BoardConfig config = parsed("[port.1]\ndepth = 64\n[port.2]\n[port.3]\ndepth = 2\n");
  ASSERT_EQ(config.port.size(), 4);
  EXPECT_EQ(config.port[0].depth, 8);
  EXPECT_EQ(config.port[1].depth, 64);
  EXPECT_EQ(config.port[2].depth, 16);
  EXPECT_EQ(config.port[3].depth, 2);
}

TEST(List, MoreThanTenElementsCountByNumber) {
  std::string text;
  for (int i = 12; i >= 0; --i) text += "[port." + std::to_string(i) + "]\ndepth = 512\n";
  EXPECT_EQ(parsed(text).port, std::vector<example::QueueConfig>(13, {512}));
}

TEST(List, ASettingNamesAnElementByItsIndexAndOneMoreAppends) {
  EXPECT_EQ(with_settings({"pcie.function.0.kind=nvme", "pcie.function.0.queue.depth=64",
                           "pcie.function.0.space.0.file=disk.img", "pcie.function.1.kind=nic",
                           "pcie.function.1.bar_bytes=8KiB"}),
            two_functions());
  EXPECT_EQ(with_settings({"pcie.function=[{}, {}]"}).pcie.function.size(), 2);
  EXPECT_EQ(with_settings({"port=[]"}).port.size(), 0);
}

TEST(List, AnIndexBeyondTheNextNamesWhatIsAllowed) {
  EXPECT_EQ(setting_error("pcie.function.1.kind=nic"),
            "--set pcie.function.1.kind=nic: pcie.function.1: allowed 0, which appends "
            "an element");
  EXPECT_EQ(parse_error("[port.4]\n[port.2]\n"),
            "p.toml:1:7: port.4: allowed 0 to 3, the last to append");
  EXPECT_THAT(setting_error("port.00.depth=4"), HasSubstr("port = a table: must be a list of"));
  EXPECT_THAT(setting_error("port.99999999999999999999.depth=4"), HasSubstr("must be a list of"));
}

TEST(List, AnErrorWithinAnElementNamesItsIndexAndLine) {
  EXPECT_EQ(parse_error("[[pcie.function]]\n[[pcie.function]]\nbar_bytes = 5000\n"),
            "p.toml:3:1: pcie.function.1.bar_bytes = 5000: allowed powers of two, 4KiB to 1GiB "
            "(bytes)");
  EXPECT_EQ(parse_error("[[pcie.function]]\n[[pcie.function.space]]\nseed = -1\n"),
            "p.toml:3:1: pcie.function.0.space.0.seed = -1: allowed 0 to 2^64 - 1");
}

TEST(List, AnUnknownNameWithinAnElementIsAnError) {
  EXPECT_EQ(
      parse_error("[[pcie.function]]\n[[pcie.function]]\nbar_byte = 4096\n"),
      "p.toml:3:1: unknown parameter pcie.function.1.bar_byte; did you mean bar_bytes? known: "
      "kind, bar_bytes, queue, space");
  EXPECT_EQ(parse_error("[[pcie.functions]]\n"),
            "p.toml:1:8: unknown block pcie.functions; did you mean function? known: firmware, "
            "function, lanes");
  EXPECT_THAT(parse_error("[port.0]\n[port.first]\n"),
              HasSubstr("2:7: port.first: allowed 0 to 2, the last to append"));
}

TEST(List, AnElementThatIsNoTableIsAnErrorAtItsPlace) {
  EXPECT_EQ(parse_error("[pcie]\nfunction = [\n  {},\n  3,\n]\n"),
            "p.toml:4:3: pcie.function.1 = 3: must be a block of parameters, [[pcie.function]]");
  EXPECT_EQ(parse_error("port.0 = 'x'"),
            "p.toml:1:6: port.0 = \"x\": must be a block of parameters, [[port]]");
}

TEST(List, AListForATableAndATableForAListAreErrors) {
  EXPECT_EQ(parse_error("\n[[pcie]]\nlanes = 2\n"),
            "p.toml:2:3: pcie = an array: must be a block of parameters, [pcie]");
  EXPECT_EQ(parse_error("\n[pcie.function]\nkind = 'nic'\n"),
            "p.toml:2:7: pcie.function = a table: must be a list of blocks, [[pcie.function]]");
  EXPECT_EQ(parse_error("[[pcie.function]]\n[pcie.function.space]\nseed = 3\n"),
            "p.toml:2:16: pcie.function.0.space = a table: must be a list of blocks, "
            "[[pcie.function.space]]");
  EXPECT_EQ(parse_error("port = 3"), "p.toml:1:1: port = 3: must be a list of blocks, [[port]]");
}

TEST(List, AConstraintOfAnElementNamesItsTable) {
  BoardConfig config;
  const ConfigOrigin origin = parse_config(
      config, "[[pcie.function]]\n\n[[pcie.function]]\nkind = 'nic'\nspace = [{}]\n", "p.toml");
  EXPECT_EQ(message_of([&] { check_constraints(config, origin); }),
            "p.toml:3:1: pcie.function.1: only nvme has namespaces");
}

TEST(List, TheTableHasABlockForEachElement) {
  const BoardConfig config = two_functions();
  const std::string text = text_table(parameter_table(config));
  EXPECT_THAT(text, HasSubstr("\n[[pcie.function]] function: a list, 2 now\n"));
  EXPECT_THAT(text, HasSubstr("\n[pcie.function.1] function\npcie.function.1.kind"));
  EXPECT_THAT(text, HasSubstr("\n[[pcie.function.0.space]] namespace: a list, 1 now\n"));
  const ParameterTable table = parameter_table(config);
  const auto second = std::ranges::find(table, "pcie.function.1", &ParameterBlock::path);
  ASSERT_NE(second, table.end());
  EXPECT_EQ(second->kind, BlockKind::element);
  EXPECT_EQ(second->rows[0].value, "nic");
  EXPECT_EQ(second->rows[0].default_value, "nvme");
  EXPECT_EQ(second->rows[1].default_value, "16KiB");
}

TEST(List, WithoutElementsTheTableShowsWhatOneHolds) {
  const std::string text = text_table(parameter_table(BoardConfig{}));
  EXPECT_THAT(text, HasSubstr("\n[[pcie.function]] function: a list, 0 now\n\n"
                              "[pcie.function.N] function\npcie.function.N.kind"));
  EXPECT_THAT(text, HasSubstr("pcie.function.N.space.N.seed"));
  EXPECT_THAT(text, testing::Not(HasSubstr("port.N")));
  const std::string pages = markdown_tables(parameter_table(BoardConfig{}));
  EXPECT_THAT(pages, HasSubstr("### `pcie.function`\n\nA list of blocks, each: function.\n"));
  EXPECT_THAT(pages, HasSubstr("| `bar_bytes` | integer | bytes | powers of two, 4KiB to 1GiB | "
                               "16KiB |  | size of its registers |"));
}

TEST(List, TheDefaultOfAnElementThatTheDefaultsHaveIsTheirs) {
  BoardConfig config = with_settings({"port.2.depth=4"});
  const ParameterTable table = parameter_table(config);
  const auto depth = [&](const char* path) {
    return std::ranges::find(table, path, &ParameterBlock::path)->rows[0].default_value;
  };
  EXPECT_EQ(depth("port.0"), "8");
  EXPECT_EQ(depth("port.1"), "32");
  EXPECT_EQ(depth("port.2"), "16");
}

TEST(List, CanonicalTextHoldsAListInOneLineWhateverTheOrderOfDeclaration) {
  EXPECT_EQ(
      canonical_text(parameter_table(two_functions())),
      "pcie.firmware = \"boot.rom\"\n"
      "pcie.function = [{bar_bytes = \"16KiB\", kind = \"nvme\", queue = {depth = 64}, space = "
      "[{file = \"disk.img\", seed = 1}]}, {bar_bytes = \"8KiB\", kind = \"nic\", queue = "
      "{depth = 16}, space = []}]\n"
      "pcie.lanes = 4\n"
      "port = [{depth = 8}, {depth = 32}]\n");
}

/// Any configuration that the ranges allow.
BoardConfig random_config(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  const auto text = [&] {
    static const std::vector<std::string> pieces{"a", "\"", "\\",   "\n",   "'", " ", "é", "日",
                                                 "#", "=",  "\x01", "\x7F", "[", "😀", "."};
    std::string made;
    for (std::uint64_t i = below(6); i > 0; --i) made += pieces[below(pieces.size())];
    return made;
  };
  const auto queue = [&] { return example::QueueConfig{.depth = 1U << below(11)}; };
  BoardConfig config;
  config.pcie.firmware = text();
  config.pcie.lanes = 1U << below(5);
  config.pcie.function.resize(below(4));
  for (FunctionConfig& function : config.pcie.function) {
    function.kind = static_cast<Kind>(below(2));
    function.bar_bytes = 4096ULL << below(19);
    function.queue = queue();
    function.space.resize(below(3));
    for (auto& space : function.space) space = {.file = text(), .seed = random()};
  }
  config.port.resize(below(13));
  for (auto& port : config.port) port = queue();
  return config;
}

TEST(List, WhatIsWrittenReadsBackToTheSame) {
  std::mt19937_64 random(0x115);
  for (int i = 0; i < 500; ++i) {
    const BoardConfig config = random_config(random);
    const ParameterTable table = parameter_table(config);
    ASSERT_EQ(parsed(to_toml(table)), config) << to_toml(table);
    ASSERT_EQ(parsed(canonical_text(table)), config) << canonical_text(table);
    std::vector<std::string> settings;
    for (const auto& [path, toml, is_word] : settings_of(table)) {
      settings.push_back(path + "=" + (is_word ? toml.substr(1, toml.size() - 2) : toml));
    }
    ASSERT_EQ(with_settings(settings), config);
  }
}

TEST(List, ResolvedTomlHasATableForEachElementAndEmptyBracketsForNone) {
  EXPECT_THAT(to_toml(parameter_table(two_functions())),
              HasSubstr("\n# function\n[[pcie.function]]\n# what it is; nvme, nic, default nvme\n"
                        "kind = \"nic\"\n"));
  EXPECT_THAT(to_toml(parameter_table(BoardConfig{})),
              HasSubstr("# function; a list of blocks, [[pcie.function]]\nfunction = []\n"));
}

TEST(Text, IsReadAsItIsWritten) {
  EXPECT_EQ(parsed("pcie.firmware = 'a b.rom'").pcie.firmware, "a b.rom");
  EXPECT_EQ(parsed("pcie.firmware = ''").pcie.firmware, "");
  EXPECT_EQ(parsed("pcie.firmware = \"\\u00e9\\n日本\"").pcie.firmware, "é\n日本");
}

TEST(Text, OfASettingNeedsNoQuotesWhateverItLooksLike) {
  for (const char* const text :
       {"disk.img", "../a b/c.img", "é,ü.img", "12", "1.5", "true", "2024-01-01", "a#b", "8#b",
        "~/x", "a=b", "C:\\images\\disk", "inf", "a\"b"}) {
    EXPECT_EQ(with_settings({std::string("pcie.firmware=") + text}).pcie.firmware, text);
  }
  EXPECT_EQ(with_settings({"pcie.firmware=\"\""}).pcie.firmware, "");
  EXPECT_EQ(with_settings({"pcie.firmware=\"[a]\""}).pcie.firmware, "[a]");
  EXPECT_EQ(with_settings({"pcie.firmware='12'"}).pcie.firmware, "12");
}

TEST(Text, OfAnotherTypeIsAnError) {
  EXPECT_EQ(parse_error("[pcie]\nfirmware = 12\n"),
            "p.toml:2:1: pcie.firmware = 12: must be a string, allowed text in UTF-8, letters for "
            "private use from U+F0000 on left out");
  EXPECT_THAT(setting_error("pcie.firmware=[1]"), HasSubstr("an array: must be a string"));
  EXPECT_THAT(setting_error("pcie.function.0={space=[{file=12}]}"),
              HasSubstr("pcie.function.0.space.0.file = 12: must be a string"));
}

TEST(Text, ThatIsNoUtf8IsRefused) {
  EXPECT_THAT(setting_error("pcie.firmware=a\xFF"),
              HasSubstr("byte 0xff: allowed is text in UTF-8"));
  EXPECT_THAT(parse_error("pcie.firmware = '\\U000F0041' # ASCII: no escape\npcie.lanes = 3"),
              HasSubstr("allowed powers of two"));
  EXPECT_THAT(parse_error("pcie.firmware = \"\\U000F0041\""), HasSubstr("U+F0000 on left out"));
  EXPECT_THAT(parse_error("pcie.firmware = \"é\\U000F0041\""),
              HasSubstr("p.toml:1:19: letter of plane 15: allowed is text in UTF-8"));
  BoardConfig config;
  config.pcie.firmware = "\xC3";
  EXPECT_EQ(message_of([&] { check_constraints(config); }),
            "pcie.firmware = \"?\": allowed text in UTF-8, letters for private use from U+F0000 on "
            "left out");
}

TEST(Text, ShowsInTablesWithItsQuotes) {
  BoardConfig config;
  config.pcie.firmware = "";
  const ParameterRow row = parameter_table(config)[1].rows[0];
  EXPECT_EQ(row.type, "text");
  EXPECT_EQ(row.value, "\"\"");
  EXPECT_EQ(row.toml, "\"\"");
  EXPECT_EQ(row.default_value, "\"boot.rom\"");
}

}  // namespace
}  // namespace kilburn
