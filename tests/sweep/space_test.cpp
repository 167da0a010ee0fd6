// What a space's file says: values, ranges, groups, traces, seeds, and how errors are told.
#include "sweep/support.h"

namespace kilburn::platform::sweep {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Space, ListsAndRangesCombineAndTheLastVariesFastest) {
  const SpaceFolder folder;
  const Space space = folder.space(
      "[mmu.dtlb]\nfill = ['single', 'line']\nunits_per_tag = { from = 1, to = 4, times = 2 }\n");
  EXPECT_EQ(space.size(), 6U);
  EXPECT_THAT(column(space, "mmu.dtlb.fill"),
              ElementsAre("single", "single", "single", "line", "line", "line"));
  EXPECT_THAT(column(space, "mmu.dtlb.units_per_tag"), ElementsAre("1", "2", "4", "1", "2", "4"));
  const Point point = space.point(5);
  EXPECT_EQ(point.config.mmu.first_level.dtlb.fill, burst_tlb::FillPolicy::line);
  EXPECT_EQ(point.config.mmu.first_level.dtlb.units_per_tag, 4U);
  EXPECT_EQ(point.config.mmu.first_level.itlb.units_per_tag, 8U);
}

TEST(Space, WhatIsFixedIsInEveryPointAndAmongTheFixedConfiguration) {
  const SpaceFolder folder;
  const Space space = folder.space("[mmu.dtlb]\nways = 4\nentries = [32, 64]\n");
  for (std::uint64_t n = 0; n < 2; ++n) {
    EXPECT_EQ(space.point(n).config.mmu.first_level.dtlb.ways, 4U);
  }
  const std::string fixed = space.fixed_configuration();
  const std::string dtlb = fixed.substr(fixed.find("[mmu.dtlb]"), 900);
  EXPECT_THAT(dtlb, HasSubstr("\nways = 4"));
  EXPECT_THAT(dtlb.substr(0, dtlb.find("\n[")), testing::Not(HasSubstr("\nentries =")));
}

TEST(Space, RangesHoldWhatArithmeticSays) {
  const SpaceFolder folder;
  const auto values = [&](const std::string& path, const std::string& range) {
    const std::size_t dot = path.rfind('.');
    return column(folder.space(fmt::format("[{}]\n{} = {}\n", path.substr(0, dot),
                                           path.substr(dot + 1), range)),
                  path);
  };
  EXPECT_THAT(values("mmu.dtlb.hit_cycles", "{ from = 3, to = 11, step = 4 }"),
              ElementsAre("3", "7", "11"));
  EXPECT_THAT(values("mmu.dtlb.hit_cycles", "{ from = 3, to = 10, step = 4 }"),
              ElementsAre("3", "7"));
  EXPECT_THAT(values("mmu.dtlb.hit_cycles", "{ from = 5, to = 5, step = 1 }"), ElementsAre("5"));
  EXPECT_THAT(values("mmu.dtlb.hit_cycles", "{ from = 3, to = 100, times = 5 }"),
              ElementsAre("3", "15", "75"));
  EXPECT_THAT(
      values("os.aging", "{ from = 0, to = 1, step = 0.1 }"),
      ElementsAre("0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"));
  EXPECT_THAT(values("os.aging", "{ from = 0.1, to = 0.8, times = 2 }"),
              ElementsAre("0.1", "0.2", "0.4", "0.8"));
  EXPECT_THAT(values("cache.l2.bytes", "{ from = '64KiB', to = '1MiB', times = 4 }"),
              ElementsAre("64KiB", "256KiB", "1MiB"));
}

TEST(Space, AZippedGroupGoesRowByRow) {
  const SpaceFolder folder;
  const Space space = folder.space(
      "[os]\naging = [0, 1]\n[sweep.group.geometry]\nlabels = ['small', 'large']\n"
      "\"mmu.dtlb.entries\" = [32, 64]\nmmu.dtlb.ways = [4, 8]\n");
  EXPECT_EQ(space.size(), 4U);
  EXPECT_THAT(column(space, "geometry"), ElementsAre("small", "large", "small", "large"));
  EXPECT_THAT(column(space, "mmu.dtlb.entries"), ElementsAre("32", "64", "32", "64"));
  EXPECT_THAT(column(space, "mmu.dtlb.ways"), ElementsAre("4", "8", "4", "8"));
  EXPECT_EQ(space.point(1).config.mmu.first_level.dtlb.ways, 8U);
  EXPECT_EQ(std::ranges::find(space.axes(), "mmu.dtlb.ways", &Axis::path)->kind,
            AxisKind::dependent);
}

TEST(Space, AProductGroupIsCartesianUnderOneName) {
  const SpaceFolder folder;
  const Space space = folder.space(
      "[sweep.group.g]\ncombine = 'product'\nmmu.dtlb.entries = [32, 64]\n"
      "mmu.dtlb.fill = ['single', 'line']\n");
  EXPECT_THAT(column(space, "g"), ElementsAre("entries=32 fill=single", "entries=32 fill=line",
                                              "entries=64 fill=single", "entries=64 fill=line"));
}

TEST(Space, TracesAreTakenOneByOneSideBySideAndByPattern) {
  const SpaceFolder folder;
  const Space space = folder.whole("[sweep]\ntraces = ['*.ktrace', ['a.ktrace', 'b.ktrace']]\n");
  EXPECT_THAT(column(space, "trace"), ElementsAre("a.ktrace", "b.ktrace", "a.ktrace+b.ktrace"));
  EXPECT_EQ(space.workloads()[2].traces.size(), 2U);
  EXPECT_EQ(space.workloads()[2].traces[1], folder / "b.ktrace");
}

TEST(Space, ATraceWithLettersBeyondAsciiIsThatVeryFile) {
  const SpaceFolder folder;
  for (const char* name : {"tracé.ktrace", "trace.ktrace", "trac1.ktrace", "日本.ktrace"}) {
    folder.write(name, name);
  }
  const Space space = folder.whole("[sweep]\nname = 'größe'\ntraces = ['tracé.ktrace', '日*']\n");
  EXPECT_THAT(column(space, "trace"), ElementsAre("tracé.ktrace", "日本.ktrace"));
  EXPECT_EQ(space.workloads()[0].traces[0], folder / "tracé.ktrace");
  EXPECT_EQ(space.file().name, "größe");
  EXPECT_THAT(space.command(space.point(0)), HasSubstr("--trace 'tracé.ktrace'"));
  const std::string missing =
      error_of([&] { (void)folder.whole("[sweep]\ntraces = ['tracè.ktrace']\n"); });
  EXPECT_THAT(missing, HasSubstr("trace tracè.ktrace: there is no such file"));
}

TEST(Space, ANameWithWildcardLettersIsThatFileFirstAndElseAPattern) {
  const SpaceFolder folder;
  for (const char* name : {"n[ab].ktrace", "na.ktrace", "x*.ktrace", "x1.ktrace", "q?.ktrace",
                           "q1.ktrace", "back\\slash.ktrace"}) {
    folder.write(name, name);
  }
  const auto traces = [&](const std::string& name) {
    return column(folder.whole("[sweep]\ntraces = ['" + name + "']\n"), "trace");
  };
  EXPECT_THAT(traces("n[ab].ktrace"), ElementsAre("n[ab].ktrace"));
  EXPECT_THAT(traces("x*.ktrace"), ElementsAre("x*.ktrace"));
  EXPECT_THAT(traces("q?.ktrace"), ElementsAre("q?.ktrace"));
  EXPECT_THAT(traces("back\\slash.ktrace"), ElementsAre("back\\slash.ktrace"));
  std::filesystem::remove(folder / "x*.ktrace");
  EXPECT_THAT(traces("x*.ktrace"), ElementsAre("x1.ktrace"));
}

TEST(Space, ASeedGoesToEveryParameterOfThatName) {
  const SpaceFolder folder;
  const Space space = folder.space("[mmu.dtlb]\nentries = [32, 64]\n", "seeds = [5, 6]\n");
  EXPECT_EQ(space.size(), 4U);
  EXPECT_THAT(column(space, "seed"), ElementsAre("5", "5", "6", "6"));
  const Point point = space.point(3);
  EXPECT_EQ(point.seed, "6");
  unsigned seeds = 0;
  PlatformConfig config = point.config;
  for (const ParameterSetting& setting : parameter_settings(parameters_of(config))) {
    // Runs of traces have no devices.
    if (!setting.path.ends_with(".seed") || setting.path.starts_with("iommu")) continue;
    EXPECT_EQ(setting.text(), "6") << setting.path;
    ++seeds;
  }
  EXPECT_GE(seeds, 5U);
  EXPECT_EQ(folder.space("").point(0).seed, std::nullopt);
}

TEST(Space, TheCommandNamesTracesLimitAndWhatIsNotTheDefault) {
  const SpaceFolder folder;
  folder.write("it's.ktrace", "x");
  const Space space = folder.whole(
      "[sweep]\nlimit = 100\ntraces = [['a.ktrace', \"it's.ktrace\"]]\n"
      "[mmu.dtlb]\nentries = [64, 48]\n");
  EXPECT_EQ(space.command(space.point(0)),
            R"(kilburn run --trace a.ktrace --trace 'it'\''s.ktrace' --limit 100)");
  EXPECT_THAT(space.command(space.point(1)), testing::EndsWith(" --set mmu.dtlb.entries=48"));
}

TEST(Space, AnImpossiblePointIsAnErrorUnlessItIsSkipped) {
  const SpaceFolder folder;
  const std::string rest = "[mmu.dtlb]\nentries = [32, 36]\nways = 8\n";
  EXPECT_THAT(error_of([&] { (void)folder.space(rest); }),
              AllOf(HasSubstr("space.toml"), HasSubstr("mmu.dtlb.entries = 36"),
                    HasSubstr("ways must be 0 or divide entries"), HasSubstr("\"skip\"")));
  const Space space = folder.space(rest, "impossible = 'skip'\n");
  EXPECT_THAT(column(space, "mmu.dtlb.entries"), ElementsAre("32"));
  EXPECT_EQ(space.combinations(), 2U);
}

TEST(Space, AMillionPointsAreCountedAndNotMade) {
  const SpaceFolder folder;
  const std::string text =
      "[sweep]\ntraces = ['a.ktrace']\nseeds = { from = 1, to = 150, step = 1 }\n"
      "[mmu.dtlb]\nentries = { from = 1, to = 300, step = 1 }\n"
      "[mmu.itlb]\nentries = { from = 1, to = 300, step = 1 }\n";
  EXPECT_THAT(error_of([&] { (void)folder.whole(text); }),
              AllOf(HasSubstr("13500000 points"), HasSubstr("--yes")));
}

TEST(Space, TheOrderOfTheFileIsTheOrderOfTheAxes) {
  const SpaceFolder folder;
  const Space space = folder.space(
      "[os]\naging = [0]\n[mmu.itlb]\nentries = [8]\n"
      "[sweep.storage_bits]\n\"mmu.dtlb\" = 9000\n[sweep.group.g]\nmmu.dtlb.ways = [0]\n"
      "[mmu.dtlb]\nfill = ['line']\n",
      "seeds = [1]");
  std::vector<std::string> paths;
  for (const Axis& axis : space.axes()) paths.push_back(axis.path);
  EXPECT_THAT(paths, ElementsAre("trace", "seed", "os.aging", "mmu.itlb.entries", "mmu.dtlb",
                                 "mmu.dtlb.entries", "g", "mmu.dtlb.ways", "mmu.dtlb.fill"));
}

struct Mistake {
  std::string name;
  std::string text;  ///< after "[sweep]\ntraces = ['a.ktrace']\n": its first line is line 3
  std::vector<std::string> messages;
};
void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

class BadSpace : public testing::TestWithParam<Mistake> {};

TEST_P(BadSpace, IsToldWithItsPlace) {
  const SpaceFolder folder;
  const std::string error = error_of([&] { (void)folder.space(GetParam().text); });
  for (const std::string& message : GetParam().messages) EXPECT_THAT(error, HasSubstr(message));
}

INSTANTIATE_TEST_SUITE_P(
    Space, BadSpace,
    testing::Values(
        Mistake{"Syntax", "[mmu.dtlb\n", {"space.toml:4:", "TOML syntax"}},
        Mistake{"UnknownSweepKey",
                "trace = 1\n",
                {"space.toml:4:1: unknown sweep.trace; did you mean traces?"}},
        Mistake{"UnknownParameter",
                "[mmu.dtlb]\nentires = 4\n",
                {"space.toml:5:1: unknown parameter mmu.dtlb.entires; did you mean entries?"}},
        Mistake{"UnknownList",
                "[mmu.dtlb]\nentires = [4, 5]\n",
                {"space.toml:5:1: unknown parameter mmu.dtlb.entires; did you mean "
                 "mmu.dtlb.entries?"}},
        Mistake{"UnknownInGroup",
                "[sweep.group.g]\nmmu.dtlb.entires = [4, 5]\n",
                {"space.toml:5:", "mmu.dtlb.entires; did you mean mmu.dtlb.entries?"}},
        Mistake{"ValueOfAList",
                "[mmu.dtlb]\nentries = [4, 0]\n",
                {"space.toml:5:1: mmu.dtlb.entries = 0: allowed 1 to 65536 (entries)"}},
        Mistake{"ValueOfARange",
                "[mmu.dtlb]\nunits_per_tag = { from = 2, to = 6, step = 2 }\n",
                {"space.toml:5:1: mmu.dtlb.units_per_tag = 6: allowed powers of two, 1 to 16"}},
        Mistake{"WordOfAList",
                "[mmu.dtlb]\nfill = ['line', 'lines']\n",
                {"mmu.dtlb.fill = \"lines\": allowed single, line; did you mean line?"}},
        Mistake{"EmptyList",
                "[mmu.dtlb]\nentries = []\n",
                {"space.toml:5:1: mmu.dtlb.entries: an empty list"}},
        Mistake{"NestedList", "[mmu.dtlb]\nentries = [[1]]\n", {"no lists or tables"}},
        Mistake{"ListOfBlocks", "[[mmu.dtlb]]\nentries = 1\n", {"mmu.dtlb"}},
        Mistake{"TwiceInAList", "[mmu.dtlb]\nentries = [4, 8, 4]\n", {"4 stands there twice"}},
        Mistake{"BackwardRange",
                "[mmu.dtlb]\nentries = { from = 8, to = 4, step = 1 }\n",
                {"space.toml:5:1: mmu.dtlb.entries: an empty range"}},
        Mistake{"RangeWithoutStep",
                "[mmu.dtlb]\nentries = { from = 4, to = 8 }\n",
                {"either step or times"}},
        Mistake{"RangeWithBoth",
                "[mmu.dtlb]\nentries={from=4, to=8, step=1, times=2}\n",
                {"either step or times"}},
        Mistake{"RangeMisspelt",
                "[mmu.dtlb]\nentries = { from = 4, till = 8, step = 1 }\n",
                {"unknown \"till\""}},
        Mistake{"StepOfZero",
                "[mmu.dtlb]\nentries = { from = 4, to = 8, step = 0 }\n",
                {"step must be at least 1"}},
        Mistake{"TimesOne",
                "[mmu.dtlb]\nentries = { from = 4, to = 8, times = 1 }\n",
                {"times must be at least 2"}},
        Mistake{"TimesFromZero",
                "[os]\naging = { from = 0, to = 1, times = 2.0 }\n",
                {"from more than 0"}},
        Mistake{"EndlessRange",
                "[mmu.dtlb]\nseed = { from = 0, to = 9_000_000_000, step = 1 }\n",
                {"more than 100000 values"}},
        Mistake{"RangeOfWords",
                "[mmu.dtlb]\nfill = { from = 'single', to = 'line', step = 1 }\n",
                {"a range is of numbers"}},
        Mistake{"GroupLengths",
                "[sweep.group.g]\nmmu.dtlb.entries=[1, 2]\nmmu.dtlb.ways=[1]\n",
                {"space.toml:4:", "g: lists that go together", "mmu.dtlb.entries has 2",
                 "mmu.dtlb.ways has 1", "\"product\""}},
        Mistake{"GroupLabels",
                "[sweep.group.g]\nlabels=['x']\nmmu.dtlb.entries=[1, 2]\n",
                {"g: 1 labels for 2 rows"}},
        Mistake{"GroupOfNothing", "[sweep.group.g]\n", {"g: a group without parameters"}},
        Mistake{"GroupOfAValue",
                "[sweep.group.g]\nmmu.dtlb.entries = 4\n",
                {"mmu.dtlb.entries: allowed is a list"}},
        Mistake{"InTwoPlaces",
                "[sweep.group.g]\nmmu.dtlb.entries=[1]\n[mmu.dtlb]\nentries=[2]\n",
                {"mmu.dtlb.entries is already given at", "space.toml:7:1"}},
        Mistake{"FixedAndVaried",
                "[sweep.group.g]\nmmu.dtlb.entries=[1]\n[mmu.dtlb]\nentries=2\n",
                {"mmu.dtlb.entries is already given at"}},
        Mistake{"EntriesAndBits",
                "[sweep.storage_bits]\nmmu.dtlb=[9000]\n[mmu.dtlb]\nentries=2\n",
                {"mmu.dtlb.entries is already given at"}},
        Mistake{"SeedsAndASeed", "seeds = [1]\n[os]\nseed = 4\n", {"os.seed is already given at"}},
        Mistake{"BitsOfNoTlb",
                "[sweep.storage_bits]\n'mmu.stlb' = [9000]\n",
                {"mmu.stlb: no TLB: allowed are mmu.itlb, mmu.dtlb, mmu.l2tlb"}},
        Mistake{"BitsOfNothing",
                "[sweep.storage_bits]\n'mmu.dtlb' = [0]\n",
                {"space.toml:5:1: mmu.dtlb: allowed is an integer from 1 on (bits)"}},
        Mistake{"TooFewBits",
                "[sweep.storage_bits]\n'mmu.dtlb' = [5]\n",
                {"mmu.dtlb: no legal number of entries fits into 5 bits"}},
        Mistake{"SeedOfWords", "seeds = ['x']\n", {".seed = \"x\": must be an integer"}},
        Mistake{"LimitOfNothing", "limit = 0\n", {"space.toml:4:1: sweep.limit: allowed"}},
        Mistake{
            "Engine", "engine = 'fast'\n", {"sweep.engine: allowed auto, translation, platform"}},
        Mistake{"ConstraintOfNumbers", "constraints = [1]\n", {"sweep.constraints: allowed are"}},
        Mistake{"Impossible", "impossible = 'ignore'\n", {"allowed error, skip"}}),
    [](const auto& test) { return test.param.name; });

TEST(Space, AllMistakesAreToldTogether) {
  const std::string error =
      parse_error("[sweep]\ntraces = []\nlimit = -1\n[mmu.dtlb]\nentries = [0]\nways = 'x'\n");
  for (const char* place : {"space.toml:2:", "space.toml:3:", "space.toml:5:", "space.toml:6:"}) {
    EXPECT_THAT(error, HasSubstr(place));
  }
}

TEST(Space, TracesAreNeededAndMustBeThere) {
  EXPECT_THAT(parse_error("[mmu.dtlb]\nentries = [1]\n"), HasSubstr("no [sweep]"));
  EXPECT_THAT(parse_error("sweep = 1\n"), HasSubstr("sweep must be a table"));
  EXPECT_THAT(parse_error("[sweep]\n"), HasSubstr("names no traces"));
  EXPECT_THAT(parse_error("[sweep]\ntraces = [[]]\n"), HasSubstr("an empty list of processes"));
  EXPECT_THAT(parse_error("[sweep]\ntraces = [1]\n"), HasSubstr("names of traces"));
  const SpaceFolder folder;
  const auto error = [&](const std::string& traces) {
    return error_of([&] { (void)folder.whole("[sweep]\ntraces = [" + traces + "]\n"); });
  };
  EXPECT_THAT(error("'c.ktrace'"),
              AllOf(HasSubstr("space.toml:2:11: trace c.ktrace"), HasSubstr("no such file")));
  EXPECT_THAT(error("'*.lackey'"), HasSubstr("trace *.lackey"));
  EXPECT_THAT(error("'.'"), HasSubstr("is a folder"));
  EXPECT_THAT(error("'a.ktrace', '?.ktrace'"), HasSubstr("a.ktrace stands there twice"));
}

}  // namespace
}  // namespace kilburn::platform::sweep
