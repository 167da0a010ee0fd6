#include "platform/configuration/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>

#include "common/error.h"
#include "common/text_file.h"
#include "example_config.h"

namespace kilburn {
namespace {

using example::Fill;
using example::PlatformConfig;
using testing::HasSubstr;
using testing::Not;

PlatformConfig parsed(std::string_view text) {
  PlatformConfig config;
  parse_config(config, text, "p.toml");
  return config;
}

PlatformConfig with_setting(std::string_view setting) {
  PlatformConfig config;
  apply_setting(config, setting);
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
std::string setting_error(std::string_view setting) {
  return message_of([&] { (void)with_setting(setting); });
}

TEST(ConfigFile, AnEmptyFileLeavesEveryDefault) {
  EXPECT_EQ(parsed(""), PlatformConfig{});
}

TEST(ConfigFile, EveryKindOfParameterIsRead) {
  PlatformConfig expected;
  expected.mmu.dtlb = {.entries = 128, .ways = 2, .fill = Fill::single};
  expected.mmu.share = 0.25;
  expected.memory_bytes = 8192;
  expected.fast_path = false;
  EXPECT_EQ(parsed("memory_bytes = 8192\n"
                   "fast_path = false\n"
                   "[mmu]\n"
                   "share = 0.25\n"
                   "[mmu.dtlb]\n"
                   "entries = 0x80\n"
                   "ways = 2\n"
                   "fill = 'single'\n"),
            expected);
}

TEST(ConfigFile, TablesInlineTablesAndDottedKeysMeanTheSame) {
  const PlatformConfig config = parsed("[mmu.dtlb]\nentries = 32\n");
  EXPECT_EQ(config.mmu.dtlb.entries, 32);
  EXPECT_EQ(parsed("mmu.dtlb.entries = 32"), config);
  EXPECT_EQ(parsed("[mmu]\ndtlb = { entries = 32 }"), config);
}

TEST(ConfigFile, ARealAcceptsAnInteger) {
  EXPECT_EQ(parsed("mmu.share = 1").mmu.share, 1.0);
}

TEST(ConfigFile, BytesAcceptBinaryUnits) {
  EXPECT_EQ(parsed("memory_bytes = '16GiB'").memory_bytes, std::uint64_t{16} << 30);
  EXPECT_EQ(parsed("memory_bytes = '4 MiB'").memory_bytes, std::uint64_t{4} << 20);
  EXPECT_EQ(parsed("memory_bytes = '64KiB'").memory_bytes, 65536);
  EXPECT_EQ(parsed("memory_bytes = '4096'").memory_bytes, 4096);
}

TEST(ConfigFile, OnlyBytesAcceptBinaryUnits) {
  EXPECT_EQ(parse_error("queue = '1KiB'"),
            "p.toml:1:1: queue = \"1KiB\": must be an integer, allowed powers of two, 1 to 4096 "
            "(requests)");
}

TEST(ConfigFile, AnIntegerMayBeAStringWithAUnitOrAPower) {
  EXPECT_EQ(parsed("queue = '2^10'").queue, 1024);
  EXPECT_EQ(parsed("queue = '4Ki'").queue, 4096);
  EXPECT_EQ(parsed("seed = '1.5M'").seed, 1'500'000);
  EXPECT_EQ(parsed("memory_bytes = '2^20'").memory_bytes, 1 << 20);
  EXPECT_THAT(parse_error("queue = '5k'"), HasSubstr("queue = \"5k\": allowed powers of two"));
  EXPECT_THAT(parse_error("seed = '1.5'"), HasSubstr("must be an integer"));
}

TEST(ConfigFile, AnIntegerBeyondThoseOfTomlIsAStringOfDigits) {
  EXPECT_EQ(parsed("seed = '18446744073709551615'").seed,
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_THAT(parse_error("seed = '7'"), HasSubstr("must be an integer"));
  EXPECT_THAT(parse_error("seed = '18446744073709551616'"), HasSubstr("must be an integer"));
}

TEST(ConfigFile, AValueOutOfRangeIsNamedWithPlaceRangeAndUnit) {
  EXPECT_EQ(parse_error("[mmu.dtlb]\n  entries = 0\n"),
            "p.toml:2:3: mmu.dtlb.entries = 0: allowed 1 to 65536 (entries)");
  EXPECT_EQ(parse_error("mmu.dtlb.entries = 65537"),
            "p.toml:1:10: mmu.dtlb.entries = 65537: allowed 1 to 65536 (entries)");
  EXPECT_EQ(parse_error("seed = -1"), "p.toml:1:1: seed = -1: allowed 0 to 2^64 - 1");
  EXPECT_EQ(parse_error("memory_bytes = '2TiB'"),
            "p.toml:1:1: memory_bytes = \"2TiB\": allowed 4KiB to 1TiB (bytes)");
  EXPECT_EQ(parse_error("mmu.share = 1.5"), "p.toml:1:5: mmu.share = 1.5: allowed 0.0 to 1.0");
}

TEST(ConfigFile, BothEndsOfARangeAreAllowed) {
  EXPECT_EQ(parsed("mmu.dtlb.entries = 1").mmu.dtlb.entries, 1);
  EXPECT_EQ(parsed("mmu.dtlb.entries = 65536").mmu.dtlb.entries, 65536);
  EXPECT_EQ(parsed("mmu.share = 0.0").mmu.share, 0.0);
  EXPECT_EQ(parsed("mmu.share = 1.0").mmu.share, 1.0);
}

TEST(ConfigFile, NotANumberIsInNoRange) {
  EXPECT_THAT(parse_error("mmu.share = nan"), HasSubstr("allowed 0.0 to 1.0"));
  EXPECT_THAT(parse_error("mmu.share = inf"), HasSubstr("allowed 0.0 to 1.0"));
}

TEST(ConfigFile, APowerOfTwoIsDemandedWhereDeclared) {
  EXPECT_EQ(parsed("queue = 4096").queue, 4096);
  EXPECT_EQ(parse_error("queue = 48"),
            "p.toml:1:1: queue = 48: allowed powers of two, 1 to 4096 (requests)");
  EXPECT_THAT(parse_error("queue = 0"), HasSubstr("allowed powers of two"));
}

TEST(ConfigFile, ZeroIsAllowedAmongPowersOfTwoWhereTheRangeStartsThere) {
  EXPECT_EQ(parsed("mmu.dtlb.ways = 0").mmu.dtlb.ways, 0);
  EXPECT_THAT(parse_error("mmu.dtlb.ways = 3"), HasSubstr("allowed 0 and powers of two up to 64"));
}

TEST(ConfigFile, AWrongTypeIsAnErrorThatSaysWhatItMustBe) {
  EXPECT_THAT(parse_error("queue = 4.0"), HasSubstr("queue = 4.0: must be an integer, allowed"));
  EXPECT_THAT(parse_error("queue = true"), HasSubstr("queue = true: must be an integer"));
  EXPECT_THAT(parse_error("queue = [1]"), HasSubstr("queue = an array: must be an integer"));
  EXPECT_THAT(parse_error("[queue]"), HasSubstr("queue = a table: must be an integer"));
  EXPECT_THAT(parse_error("queue = 2020-01-01"), HasSubstr("queue = a date or time: must be an"));
  EXPECT_THAT(parse_error("memory_bytes = '4KB'"),
              HasSubstr("must be an integer or a size such as \"64KiB\""));
  EXPECT_THAT(parse_error("mmu.share = 'half'"), HasSubstr("must be a number, allowed 0.0 to 1.0"));
  EXPECT_THAT(parse_error("fast_path = 1"), HasSubstr("fast_path = 1: allowed true, false"));
  EXPECT_THAT(parse_error("mmu.dtlb.fill = 1"),
              HasSubstr("must be a string, allowed single, line"));
  EXPECT_EQ(parse_error("mmu = 3"), "p.toml:1:1: mmu = 3: must be a block of parameters, [mmu]");
  EXPECT_THAT(parse_error("[[mmu.dtlb]]"), HasSubstr("mmu.dtlb = an array: must be a block"));
}

TEST(ConfigFile, AnUnknownChoiceListsTheAllowedOnes) {
  EXPECT_EQ(parse_error("mmu.dtlb.fill = 'lines'"),
            "p.toml:1:10: mmu.dtlb.fill = \"lines\": allowed single, line; did you mean line?");
  EXPECT_THAT(parse_error("mmu.dtlb.fill = 'everything'"), Not(HasSubstr("did you mean")));
}

TEST(ConfigFile, AnUnknownParameterNamesTheNearestAndTheKnownOnes) {
  EXPECT_EQ(parse_error("[mmu.dtlb]\nentrie = 64\n"),
            "p.toml:2:1: unknown parameter mmu.dtlb.entrie; did you mean entries? known: entries, "
            "ways, fill");
  EXPECT_EQ(parse_error("[mmu.dtlb]\ncolour = 64\n"),
            "p.toml:2:1: unknown parameter mmu.dtlb.colour; known: entries, ways, fill");
}

TEST(ConfigFile, AnUnknownNameThatStandsInOtherBlocksSaysWhere) {
  EXPECT_THAT(parse_error("[dtlb]\nentries = 64\n"),
              HasSubstr("1:2: unknown block dtlb; did you mean mmu.dtlb? known: mmu, "));
  EXPECT_THAT(parse_error("entries = 64\n"),
              HasSubstr("unknown parameter entries; did you mean mmu.dtlb.entries or "
                        "mmu.stlb.entries? known: mmu, "));
}

TEST(ConfigFile, AnUnknownBlockIsAnErrorAtItsHeader) {
  EXPECT_EQ(parse_error("[mmu.dltb]\nentries = 64\n"),
            "p.toml:1:6: unknown block mmu.dltb; did you mean dtlb? known: dtlb, stlb, share");
  EXPECT_THAT(parse_error("[nic]"), HasSubstr("unknown block nic; known: mmu, memory_bytes"));
}

TEST(ConfigFile, AllErrorsAreReportedInTheOrderOfTheFile) {
  EXPECT_EQ(parse_error("queue = 3\n"
                        "hart = 1\n"
                        "[mmu.stlb]\n"
                        "ways = 3\n"
                        "[mmu.dtlb]\n"
                        "way = 3\n"
                        "entries = 0\n"),
            "p.toml:1:1: queue = 3: allowed powers of two, 1 to 4096 (requests)\n"
            "p.toml:2:1: unknown parameter hart; known: mmu, memory_bytes, queue, seed, fast_path\n"
            "p.toml:4:1: mmu.stlb.ways = 3: allowed 0 and powers of two up to 64 (ways)\n"
            "p.toml:6:1: unknown parameter mmu.dtlb.way; did you mean ways? known: entries, ways, "
            "fill\n"
            "p.toml:7:1: mmu.dtlb.entries = 0: allowed 1 to 65536 (entries)");
}

TEST(ConfigFile, ASyntaxErrorNamesItsPlace) {
  EXPECT_THAT(parse_error("queue = 1\nseed = = 2\n"),
              testing::StartsWith("p.toml:2:8: TOML syntax: "));
  EXPECT_THAT(parse_error("queue = 1\nqueue = 2\n"), testing::StartsWith("p.toml:2:"));
}

TEST(ConfigFile, LettersBeyondAsciiAreNoneOfAName) {
  EXPECT_EQ(parsed("\xEF\xBB\xBFqueue = 8  # \u00b5TLB, caf\u00e9\n").queue, 8);
  EXPECT_THAT(parse_error("# \u00e9\n\u00e9\u00e9 = 1\n"),
              testing::StartsWith("p.toml:2:1: TOML syntax: "));
  EXPECT_THAT(parse_error("\"\u00e9\" = 1\n"), HasSubstr("1:1: unknown parameter \u00e9;"));
  EXPECT_THAT(parse_error("\"\u00e9\" = 1\nseed = '\xFF'"),
              testing::StartsWith("p.toml:2:9: byte 0xff: allowed is text in UTF-8"));
}

TEST(ConfigFile, AMessageShowsNoControlCharactersOfTheInput) {
  const std::string message = parse_error("\"a\\nb\" = 1\nmmu.dtlb.fill = \"\\u001b[2J\"\n");
  EXPECT_THAT(message, HasSubstr("unknown parameter a?b"));
  EXPECT_THAT(message, HasSubstr("\"?[2J\""));
}

TEST(ConfigFile, KeysNestedTooDeepForTheParserAreRefused) {
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "a.";
  EXPECT_EQ(parse_error(text + "a = 1"), "p.toml: more than 10000 dots");
}

TEST(ConfigFile, AFileIsReadAndNamedInItsErrors) {
  const std::string path =
      (std::filesystem::path(testing::TempDir()) / "kilburn_config_file_test.toml").string();
  write_file_atomically(path, "queue = 8\n");
  PlatformConfig config;
  load_config(config, path);
  EXPECT_EQ(config.queue, 8);
  write_file_atomically(path, "queue = 9\n");
  EXPECT_THAT(message_of([&] { load_config(config, path); }),
              testing::StartsWith(path + ":1:1: queue = 9"));
  std::filesystem::remove(path);
}

TEST(ConfigFile, AMissingOrUnreadableFileIsAnErrorThatNamesIt) {
  PlatformConfig config;
  EXPECT_EQ(message_of([&] { load_config(config, "/nonexistent/p.toml"); }),
            "/nonexistent/p.toml: cannot be read: No such file or directory");
  EXPECT_EQ(message_of([&] { load_config(config, "/"); }), "/: cannot be read: Is a directory");
  EXPECT_EQ(message_of([&] { load_config(config, "/dev/zero"); }),
            "/dev/zero: longer than 1048576 bytes");
}

TEST(Setting, GivesOneParameterItsValue) {
  EXPECT_EQ(with_setting("mmu.dtlb.entries=32").mmu.dtlb.entries, 32);
  EXPECT_EQ(with_setting(" mmu.dtlb.entries = 32 ").mmu.dtlb.entries, 32);
  EXPECT_EQ(with_setting("mmu.share=0.75").mmu.share, 0.75);
  EXPECT_FALSE(with_setting("fast_path=false").fast_path);
  EXPECT_EQ(with_setting("mmu.dtlb={entries=32,ways=2}").mmu.dtlb.ways, 2);
}

TEST(Setting, ABareWordIsAString) {
  EXPECT_EQ(with_setting("mmu.dtlb.fill=single").mmu.dtlb.fill, Fill::single);
  EXPECT_EQ(with_setting("mmu.dtlb.fill=\"single\"").mmu.dtlb.fill, Fill::single);
  EXPECT_EQ(with_setting("memory_bytes=64KiB").memory_bytes, 65536);
  EXPECT_EQ(with_setting("memory_bytes=4 MiB").memory_bytes, 4194304);
  EXPECT_EQ(with_setting("seed=18446744073709551615").seed,
            std::numeric_limits<std::uint64_t>::max());
}

TEST(Setting, ANumberIsReadAsPeopleTypeIt) {
  EXPECT_EQ(with_setting("queue=2^7").queue, 128);
  EXPECT_EQ(with_setting("queue=0128").queue, 128);
  EXPECT_EQ(with_setting("seed=64k").seed, 64'000);
  EXPECT_EQ(with_setting("memory_bytes=1.5MiB").memory_bytes, 3 << 19);
  EXPECT_THAT(setting_error("queue=-2^7"), HasSubstr("must be an integer"));
}

TEST(Setting, LeavesEverythingElseAsItWas) {
  PlatformConfig config;
  config.mmu.stlb.entries = 4096;
  apply_setting(config, "mmu.dtlb.entries=32");
  PlatformConfig expected;
  expected.mmu.stlb.entries = 4096;
  expected.mmu.dtlb.entries = 32;
  EXPECT_EQ(config, expected);
}

TEST(Setting, AnUnknownParameterNamesTheNearestOne) {
  EXPECT_EQ(setting_error("mmu.dtlb.entrie=64"),
            "--set mmu.dtlb.entrie=64: unknown parameter mmu.dtlb.entrie; did you mean entries? "
            "known: entries, ways, fill");
  EXPECT_THAT(setting_error("mmmu.dtlb.entries=64"),
              HasSubstr("unknown block mmmu; did you mean mmu?"));
}

TEST(Setting, AValueOutOfRangeIsAnErrorThatNamesTheSetting) {
  EXPECT_EQ(setting_error("mmu.dtlb.entries=0"),
            "--set mmu.dtlb.entries=0: mmu.dtlb.entries = 0: allowed 1 to 65536 (entries)");
}

TEST(Setting, AnythingButPathAndValueIsAnError) {
  for (const char* const setting :
       {"", "=", "mmu", "=3", "#queue=3", "[mmu]#=3", "queue=4\nseed=5", "queue x=4"}) {
    EXPECT_THAT(setting_error(setting), HasSubstr(": allowed block.parameter=value")) << setting;
  }
  for (const char* const setting : {"queue=", ".queue=1", "mmu..share=1", "queue=[1", "queue='1"}) {
    EXPECT_THAT(setting_error(setting), HasSubstr(": TOML syntax: ")) << setting;
  }
}

TEST(Constraints, DefaultsHoldThem) {
  PlatformConfig config;
  EXPECT_NO_THROW(check_constraints(config));
}

TEST(Constraints, AFailureNamesTheTableItsBlockAndWhatIsAllowed) {
  PlatformConfig config;
  const ConfigOrigin origin =
      parse_config(config, "# sizes\n\n  [mmu.dtlb]\nentries = 66\n", "p.toml");
  EXPECT_EQ(message_of([&] { check_constraints(config, origin); }),
            "p.toml:3:3: mmu.dtlb: ways must divide entries");
  EXPECT_EQ(message_of([&] { check_constraints(config); }), "mmu.dtlb: ways must divide entries");
}

TEST(Constraints, AFailureOfTheOutermostBlockNamesTheFile) {
  PlatformConfig config;
  const ConfigOrigin origin = parse_config(config, "queue = 2", "p.toml");
  EXPECT_EQ(message_of([&] { check_constraints(config, origin); }), "p.toml: queue must not be 2");
  EXPECT_EQ(message_of([&] { check_constraints(config); }), "queue must not be 2");
}

TEST(Constraints, AFailureNamesTheSettingsOfItsBlock) {
  PlatformConfig config;
  ConfigOrigin origin = parse_config(config, "[mmu.dtlb]\nentries = 66\n", "p.toml");
  origin.add(apply_setting(config, "mmu.dtlb.ways=8"));
  origin.add(apply_setting(config, "mmu.stlb.ways=4"));
  EXPECT_EQ(message_of([&] { check_constraints(config, origin); }),
            "p.toml:1:1, --set mmu.dtlb.ways=8: mmu.dtlb: ways must divide entries");
}

TEST(Constraints, AllFailuresAreReported) {
  PlatformConfig config = parsed("queue = 2\nmmu.dtlb.entries = 2050\n");
  EXPECT_EQ(message_of([&] { check_constraints(config); }),
            "mmu.dtlb: ways must divide entries\n"
            "mmu: stlb.entries must be at least dtlb.entries\n"
            "queue must not be 2");
}

TEST(Constraints, AValueSetInCodeIsHeldToItsRange) {
  PlatformConfig config;
  config.mmu.share = std::nan("");
  config.mmu.dtlb.fill = static_cast<Fill>(7);
  config.mmu.stlb.ways = 3;
  config.mmu.stlb.entries = 1023;
  EXPECT_EQ(message_of([&] { check_constraints(config); }),
            "mmu.dtlb.fill = 7: allowed single, line\n"
            "mmu.stlb.ways = 3: allowed 0 and powers of two up to 64 (ways)\n"
            "mmu.share = nan: allowed 0.0 to 1.0");
}

/// Serves two uses: what one of them reads says nothing to the other.
struct TwoUses {
  PlatformConfig platform;
  std::uint32_t lanes = 1;
  void visit(ParameterVisitor& v) {
    v.only_for("traces", {"platform.mmu.dtlb.ways", "lanes"});
    v.only_for("software", {"platform.queue"});
    v.block("platform", platform, "platform");
    v.integer("lanes", lanes, {1, 8}, "lanes", "lanes");
  }
};

TEST(Uses, WhatOnlyAnotherReadsIsRefusedWithWhatStandsInItsPlace) {
  TwoUses config;
  EXPECT_EQ(message_of([&] {
              parse_config(config, "lanes = 2", "p.toml");
              apply_setting(config, "lanes=2", "software");
            }),
            "--set lanes=2: lanes: only runs of traces have this parameter; runs of software have "
            "platform");
  EXPECT_EQ(message_of([&] { apply_setting(config, "platform.mmu.dtlb={ways=2}", "software"); }),
            "--set platform.mmu.dtlb={ways=2}: platform.mmu.dtlb.ways: only runs of traces have "
            "this parameter; runs of software have platform.mmu.dtlb.entries, "
            "platform.mmu.dtlb.fill");
  EXPECT_NO_THROW(apply_setting(config, "lanes=2", "traces"));
  EXPECT_NO_THROW(apply_setting(config, "platform.mmu.stlb.ways=2", "software"));
}

TEST(Configure, ASettingOverridesTheFileAndTheLastOneWins) {
  const std::string path =
      (std::filesystem::path(testing::TempDir()) / "kilburn_configure_test.toml").string();
  write_file_atomically(path, "queue = 8\nmmu.share = 0.25\n");
  PlatformConfig config;
  configure(config, path, {"queue=16", "queue=32"});
  std::filesystem::remove(path);
  EXPECT_EQ(config.queue, 32);
  EXPECT_EQ(config.mmu.share, 0.25);
}

TEST(Configure, ConstraintsAreCheckedOnceAllSettingsAreIn) {
  PlatformConfig config;
  configure(config, "", {"mmu.dtlb.entries=66", "mmu.dtlb.ways=2"});
  EXPECT_EQ(config.mmu.dtlb.entries, 66);
  EXPECT_EQ(message_of([&] { configure(config, "", {"mmu.dtlb.ways=4"}); }),
            "--set mmu.dtlb.ways=4: mmu.dtlb: ways must divide entries");
}

}  // namespace
}  // namespace kilburn
