// What identifies a point, and a space.
#include "sweep/support.h"

namespace kilburn::platform::sweep {
namespace {

const std::string dtlb = "[mmu.dtlb]\nentries = [32, 64]\n";

std::string key_of(const Space& space, std::uint64_t number = 0) {
  return space.key(space.point(number));
}

TEST(Key, OrderAndFormattingOfTheFileDoNotMatter) {
  const SpaceFolder folder;
  const Space space = folder.space("[mmu.dtlb]\nentries = [32, 64]\nways = 4\n[os]\naging = 0.5\n");
  const Space other = folder.space(
      "# a comment\n[os]\naging=5e-1\n[mmu]\ndtlb = { ways = 4, entries = [0x20, 64] }\n");
  EXPECT_EQ(key_of(space, 0), key_of(other, 0));
  EXPECT_EQ(key_of(space, 1), key_of(other, 1));
  EXPECT_EQ(space.hash(), other.hash());
  EXPECT_THAT(key_of(space), testing::MatchesRegex("[0-9a-f]{32}"));
}

TEST(Key, EveryParameterTheLimitAndTheSeedChangeIt) {
  const SpaceFolder folder;
  const Space space = folder.space(dtlb);
  EXPECT_NE(key_of(space, 0), key_of(space, 1));
  for (const std::string sweep : {"limit = 5\n", "seeds = [77]\n"}) {
    EXPECT_NE(key_of(folder.space(dtlb, sweep)), key_of(space)) << sweep;
  }
  PlatformConfig defaults;
  for (const ParameterSetting& setting : parameter_settings(parameters_of(defaults))) {
    const auto* flag = std::get_if<bool>(&setting.value);
    if (flag == nullptr) continue;
    const std::string other = fmt::format("{} = {}\n", setting.path, !*flag);
    std::optional<Space> changed;
    try {
      changed.emplace(folder.space(other));
    } catch (const InputError&) {
      continue;  // another parameter would have to change with it
    }
    EXPECT_NE(key_of(*changed), key_of(folder.space(""))) << setting.path;
  }
}

TEST(Key, TheBytesOfATraceChangeItAndItsNameDoesNot) {
  const SpaceFolder folder;
  const std::string before = key_of(folder.space(dtlb));
  const auto of = [&](const std::string& name) {
    return key_of(folder.whole("[sweep]\ntraces = ['" + name + "']\n" + dtlb));
  };
  EXPECT_NE(of("b.ktrace"), before);
  folder.write("c.ktrace", "one");
  EXPECT_EQ(of("c.ktrace"), before);
  folder.write("a.ktrace", "One");
  EXPECT_NE(of("a.ktrace"), before);
}

TEST(Key, TheSpaceChangesWithWhatVariesAndWhichPointsAreLeft) {
  const SpaceFolder folder;
  const std::string before = folder.space(dtlb).hash();
  EXPECT_NE(folder.space("[mmu.dtlb]\nentries = [32, 48]\n").hash(), before);
  EXPECT_NE(folder.space(dtlb + "ways = 4\n").hash(), before);
  EXPECT_NE(folder.space(dtlb, "limit = 9\n").hash(), before);
  EXPECT_NE(folder.space(dtlb, "constraints = ['mmu.dtlb.entries < 64']\n").hash(), before);
  EXPECT_EQ(folder.space(dtlb, "constraints = ['mmu.dtlb.entries < 999']\n").hash(), before);
}

}  // namespace
}  // namespace kilburn::platform::sweep
