#include "platform/configuration/parameter_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <sstream>

#include "example_config.h"
#include "platform/configuration/config_file.h"

namespace kilburn {
namespace {

using example::Fill;
using example::PlatformConfig;
using testing::HasSubstr;

PlatformConfig reread(const PlatformConfig& config) {
  PlatformConfig read;
  parse_config(read, to_toml(parameter_table(config)), "resolved.toml");
  return read;
}

/// Any configuration that the ranges allow.
PlatformConfig random_config(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  const auto tlb = [&] {
    example::TlbConfig config;
    config.entries = static_cast<std::uint32_t>(1 + below(65536));
    config.ways = below(2) == 0 ? 0 : 1U << below(7);
    config.fill = static_cast<Fill>(below(2));
    return config;
  };
  PlatformConfig config;
  config.mmu.dtlb = tlb();
  config.mmu.stlb = tlb();
  config.mmu.share = std::ldexp(static_cast<double>(random() >> 11), -53);
  config.memory_bytes = 4096 + (below(1U << 28) << below(12));
  config.queue = static_cast<std::uint16_t>(1U << below(13));
  config.seed = random();
  config.fast_path = below(2) == 0;
  return config;
}

TEST(ParameterTable, HoldsEveryDeclarationInItsBlock) {
  PlatformConfig config;
  config.memory_bytes = 8192;
  const ParameterTable table = parameter_table(config);
  ASSERT_EQ(table.size(), 4);
  EXPECT_EQ(table[0].path, "");
  EXPECT_EQ(table[1].path, "mmu");
  EXPECT_EQ(table[2].path, "mmu.dtlb");
  EXPECT_EQ(table[3].path, "mmu.stlb");
  EXPECT_EQ(table[2].sentence, "first-level data TLB");
  ASSERT_EQ(table[0].rows.size(), 4);
  const ParameterRow& memory = table[0].rows[0];
  EXPECT_EQ(memory.name, "memory_bytes");
  EXPECT_EQ(memory.type, "integer");
  EXPECT_EQ(memory.unit, "bytes");
  EXPECT_EQ(memory.allowed, "4KiB to 1TiB");
  EXPECT_EQ(memory.default_value, "1GiB");
  EXPECT_EQ(memory.value, "8KiB");
  EXPECT_EQ(memory.toml, "\"8KiB\"");
  EXPECT_EQ(memory.sentence, "physical memory");
}

TEST(ParameterTable, TheDefaultIsThatOfTheOutermostStruct) {
  const ParameterTable table = parameter_table(PlatformConfig{});
  EXPECT_EQ(table[2].rows[0].default_value, "64");
  EXPECT_EQ(table[3].rows[0].default_value, "1024");
}

TEST(ParameterTable, TabulatingChangesNothing) {
  PlatformConfig config;
  config.mmu.dtlb.fill = Fill::single;
  config.mmu.share = 0.3;
  const PlatformConfig before = config;
  (void)parameter_table(config);
  EXPECT_EQ(config, before);
}

TEST(ParameterTable, AsTextHasOneAlignedLineAParameter) {
  const std::string text = text_table(parameter_table(PlatformConfig{}));
  EXPECT_THAT(text, HasSubstr("\n[mmu.dtlb] first-level data TLB\nmmu.dtlb.entries"));
  std::istringstream lines(text);
  std::string heading;
  std::getline(lines, heading);
  const std::size_t meaning = heading.find("meaning");
  unsigned parameters = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '[') continue;
    ++parameters;
    EXPECT_EQ(line[meaning - 1], ' ') << line;
    EXPECT_NE(line[meaning], ' ') << line;
    EXPECT_NE(line.back(), ' ') << line;
  }
  EXPECT_EQ(parameters, 11);
}

TEST(ParameterTable, AsMarkdownHasOneTableABlockWithBarsEscaped) {
  const std::string text = markdown_tables(parameter_table(PlatformConfig{}));
  EXPECT_THAT(text, HasSubstr("### `mmu.dtlb`\n\nfirst-level data TLB.\n\n| Parameter |"));
  EXPECT_THAT(text, HasSubstr("| `ways` | integer | ways | 0 and powers of two up to 64 | 4 | 4 | "
                              "ways of a set, 0 for a single set |\n"));
  EXPECT_THAT(text, HasSubstr("direct \\| cached access to memory"));
}

TEST(ResolvedToml, ReadsBackToTheSameValues) {
  std::mt19937_64 random(0x7013);
  for (int i = 0; i < 500; ++i) {
    const PlatformConfig config = random_config(random);
    ASSERT_EQ(reread(config), config) << to_toml(parameter_table(config));
  }
}

TEST(ResolvedToml, ReadsBackTheLargestIntegerAndTheSmallestReal) {
  PlatformConfig config;
  config.seed = ~std::uint64_t{0};
  config.mmu.share = 5e-324;
  EXPECT_EQ(reread(config), config);
  config.seed = std::uint64_t{1} << 63;
  EXPECT_EQ(reread(config), config);
}

TEST(ResolvedToml, ExplainsEachParameterInAComment) {
  const std::string text = to_toml(parameter_table(PlatformConfig{}));
  EXPECT_THAT(text, HasSubstr("# first-level data TLB\n[mmu.dtlb]\n"
                              "# entries of the TLB; 1 to 65536 entries, default 64\n"
                              "entries = 64\n"));
}

TEST(CanonicalText, HasOneLineAParameterSortedByPath) {
  EXPECT_EQ(canonical_text(parameter_table(PlatformConfig{})),
            "fast_path = true\n"
            "memory_bytes = \"1GiB\"\n"
            "mmu.dtlb.entries = 64\n"
            "mmu.dtlb.fill = \"line\"\n"
            "mmu.dtlb.ways = 4\n"
            "mmu.share = 0.5\n"
            "mmu.stlb.entries = 1024\n"
            "mmu.stlb.fill = \"line\"\n"
            "mmu.stlb.ways = 8\n"
            "queue = 16\n"
            "seed = 1\n");
}

TEST(CanonicalText, DiffersWhereAnyParameterDoes) {
  const std::string text = canonical_text(parameter_table(PlatformConfig{}));
  for (const char* const setting :
       {"mmu.dtlb.entries=65", "mmu.dtlb.fill=single", "mmu.dtlb.ways=2", "mmu.share=0.51",
        "mmu.stlb.entries=1025", "mmu.stlb.fill=single", "mmu.stlb.ways=0", "queue=32", "seed=2",
        "fast_path=false", "memory_bytes=2GiB"}) {
    PlatformConfig config;
    apply_setting(config, setting);
    EXPECT_NE(canonical_text(parameter_table(config)), text) << setting;
  }
}

/// As many lanes as another parameter says.
struct LanesConfig {
  unsigned lanes = 1;
  std::uint32_t depth[2] = {4, 4};

  void visit(ParameterVisitor& v) {
    v.integer("lanes", lanes, {1, 2}, "lanes", "lanes in use");
    for (unsigned lane = 0; lane < lanes; ++lane) {
      v.enter("lane" + std::to_string(lane), "one lane");
      v.integer("depth", depth[lane], {1, 8}, "entries", "entries of the lane");
      v.leave();
    }
  }
};

TEST(ParameterTable, ABlockThatTheDefaultsLackHasNoDefault) {
  LanesConfig config;
  apply_setting(config, "lanes=2");
  const ParameterTable table = parameter_table(config);
  ASSERT_EQ(table.size(), 3);
  EXPECT_EQ(table[1].rows[0].default_value, "4");
  EXPECT_EQ(table[2].rows[0].default_value, "");
  EXPECT_EQ(table[2].rows[0].value, "4");
}

}  // namespace
}  // namespace kilburn
