// Lists of blocks and texts in a space: no block of the platform need have them.
#include "platform/sweep/space_parameters.h"

#include "configuration/list_config.h"
#include "platform/configuration/toml_text.h"
#include "platform/sweep/value_lists.h"
#include "sweep/support.h"

namespace kilburn::platform::sweep {
namespace {

using example::BoardConfig;
using testing::ElementsAre;
using testing::HasSubstr;

/// A space of boards: the values of what varies, and the base.
struct BoardSpace {
  BoardConfig base;
  BoardConfig scratch;
  SpaceParameters parameters{parameters_of(base), parameters_of(scratch), "space.toml"};

  std::vector<Leaf> leaves(const toml::table& root) {
    return leaves_of(root, [&](std::string_view path) { return parameters.named(path); });
  }
  std::vector<std::string> values(const std::string& path, const std::string& list) {
    const toml::table root = parse_toml("x = " + list, "space.toml");
    std::vector<std::string> labels;
    for (const toml::node& value : expand_values(*root.get("x"), path)) {
      labels.push_back(parameters.read_value(path, {3, 1}, value).text());
    }
    return labels;
  }
};

std::vector<std::string> paths_of(const std::vector<Leaf>& leaves) {
  std::vector<std::string> paths;
  for (const Leaf& leaf : leaves) paths.push_back(leaf.path);
  return paths;
}

TEST(SpaceOfLists, LeavesOfAnElementAreNamedByItsIndex) {
  BoardSpace space;
  const toml::table root = parse_toml(
      "[[pcie.function]]\nkind = 'nvme'\n[[pcie.function.space]]\nseed = [1, 2]\n"
      "[[pcie.function]]\nkind = ['nvme', 'nic']\nqueue.depth = { from = 1, to = 4, times = 2 }\n"
      "[port.1]\ndepth = [1, 2]\n",
      "space.toml");
  EXPECT_THAT(paths_of(space.leaves(root)),
              ElementsAre("pcie.function.0.kind", "pcie.function.0.space.0.seed",
                          "pcie.function.1.kind", "pcie.function.1.queue.depth", "port.1.depth"));
}

TEST(SpaceOfLists, WhatVariesLeavesItsElementWhereItIs) {
  BoardSpace space;
  toml::table root = parse_toml(
      "[[pcie.function]]\nkind = ['nvme', 'nic']\nbar_bytes = 4096\n[[pcie.function]]\n"
      "kind = ['nic']\n",
      "space.toml");
  erase_leaf(root, "pcie.function.0.kind");
  erase_leaf(root, "pcie.function.1.kind");
  erase_leaf(root, "pcie.function.2.kind");
  space.parameters.read_fixed(root);
  ASSERT_EQ(space.base.pcie.function.size(), 2);
  EXPECT_EQ(space.base.pcie.function[0].bar_bytes, 4096);
  EXPECT_EQ(space.base.pcie.function[1].kind, example::Kind::nvme);
}

TEST(SpaceOfLists, ValuesAreReadAndTheBaseKeepsItsOwn) {
  BoardSpace space;
  EXPECT_THAT(space.values("port.1.depth", "[1, 2, 4]"), ElementsAre("1", "2", "4"));
  EXPECT_EQ(space.base, BoardConfig{});
  EXPECT_THAT(space.values("pcie.firmware", "['a b.rom', 'c\"d', '']"),
              ElementsAre("a b.rom", "c\\\"d", ""));
  EXPECT_EQ(space.base, BoardConfig{});
}

TEST(SpaceOfLists, AnElementThatOnlyValuesNameIsAppendedToTheBase) {
  BoardSpace space;
  EXPECT_THAT(space.values("pcie.function.0.kind", "['nic', 'nvme']"), ElementsAre("nic", "nvme"));
  EXPECT_EQ(space.base.pcie.function, std::vector<example::FunctionConfig>(1));
  EXPECT_THAT(space.values("pcie.function.0.space.0.file", "['x']"), ElementsAre("x"));
  EXPECT_EQ(space.base.pcie.function[0].space, std::vector<example::NamespaceConfig>(1));
}

TEST(SpaceOfLists, ErrorsAreThoseOfAFile) {
  BoardSpace space;
  EXPECT_EQ(error_of([&] { space.values("port.0.depth", "[3]"); }),
            "space.toml:3:1: port.0.depth = 3: allowed powers of two, 1 to 1024 (entries)");
  EXPECT_EQ(error_of([&] { space.values("port.4.depth", "[4]"); }),
            "space.toml:3:1: port.4: allowed 0 to 2, the last to append");
  EXPECT_EQ(error_of([&] { space.values("pcie.firmware", "[1]"); }).substr(0, 52),
            "space.toml:3:1: pcie.firmware = 1: must be a string,");
}

TEST(SpaceOfLists, NamesAreKnownByAnyIndex) {
  BoardSpace space;
  EXPECT_EQ(space.parameters.named("pcie.function.7.space.12.seed"), Named::parameter);
  EXPECT_EQ(space.parameters.named("pcie.function"), Named::list);
  EXPECT_EQ(space.parameters.named("pcie.function.3.space"), Named::list);
  EXPECT_EQ(space.parameters.named("pcie.function.3"), Named::block);
  EXPECT_EQ(space.parameters.named("pcie.function.seed"), Named::block);
  EXPECT_EQ(space.parameters.nearest("pcie.function.7.knd"), "pcie.function.N.kind");
}

TEST(SpaceOfLists, APointGetsItsElementsValues) {
  BoardConfig config;
  config.pcie.function.resize(2);
  const ParameterSetting kind{"pcie.function.1.kind", Choice{1, "nic"}, ""};
  const ParameterSetting text{"pcie.firmware", std::string("x"), ""};
  assign(parameters_of(config), std::vector<const ParameterSetting*>{&kind, &text});
  EXPECT_EQ(config.pcie.function[0].kind, example::Kind::nvme);
  EXPECT_EQ(config.pcie.function[1].kind, example::Kind::nic);
  EXPECT_EQ(config.pcie.firmware, "x");
}

}  // namespace
}  // namespace kilburn::platform::sweep
