// What the tree says of a board's configuration; overlays.
#include "platform/software/device_tree.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "board_devices.h"
#include "common/error.h"
#include "common/random.h"
#include "process.h"
#include "programs.h"
#include "software/tree_view.h"

namespace kilburn::software::testing {
namespace {

using kilburn::testing::run;
using ::testing::HasSubstr;

BoardConfig config(unsigned harts = 1) {
  BoardConfig config;
  config.harts = harts;
  config.isa = "rv64imac";
  config.devices = kilburn::testing::board_devices(harts);
  config.memory.bytes = 0x1'2345'6000;
  return config;
}

TEST(DeviceTree, EightHartsHaveACpuAControllerAndTheirLines) {
  const Nodes nodes = nodes_of(device_tree(config(8)));
  std::string software_and_timer;
  std::string external;
  for (unsigned hart = 0; hart < 8; ++hart) {
    const std::string path = "/cpus/cpu@" + std::to_string(hart);
    const Properties& cpu = nodes.at(path);
    EXPECT_EQ(cpu.at("reg"), cell(hart));
    EXPECT_EQ(cpu.at("riscv,isa"), text("rv64imac"));
    EXPECT_EQ(cpu.at("mmu-type"), text("riscv,sv57"));
    const std::string controller = path + "/interrupt-controller";
    EXPECT_TRUE(nodes.contains(controller));
    EXPECT_EQ(nodes.at("/cpus/cpu-map/cluster0/core" + std::to_string(hart)).at("cpu"), path);
    software_and_timer += controller + cell(3) + controller + cell(7);
    external += controller + cell(11) + controller + cell(9);
  }
  EXPECT_FALSE(nodes.contains("/cpus/cpu@8"));
  EXPECT_EQ(nodes.at("/soc/clint@2000000").at("interrupts-extended"), software_and_timer);
  EXPECT_EQ(nodes.at("/soc/plic@c000000").at("interrupts-extended"), external);
}

TEST(DeviceTree, MemoryAndTimebaseAreTheConfigurations) {
  BoardConfig board = config();
  board.memory.first = 0x4'0000'0000;
  board.timebase_hz = 12'345;
  const Nodes nodes = nodes_of(device_tree(board));
  EXPECT_EQ(nodes.at("/memory@400000000").at("reg"), wide(0x4'0000'0000) + wide(0x1'2345'6000));
  EXPECT_EQ(nodes.at("/cpus").at("timebase-frequency"), cell(12'345));
}

TEST(DeviceTree, ChosenSaysWhatTheConfigurationSays) {
  BoardConfig board = config();
  board.bootargs = "console=ttyS0 root=/dev/ram0";
  board.initrd = AddressRange{0x8820'0000, 0x1234};
  board.stdout_path = "/soc/serial@10000000:115200n8";
  const Properties chosen = nodes_of(device_tree(board)).at("/chosen");
  EXPECT_EQ(chosen.at("bootargs"), text("console=ttyS0 root=/dev/ram0"));
  EXPECT_EQ(chosen.at("linux,initrd-start"), wide(0x8820'0000));
  EXPECT_EQ(chosen.at("linux,initrd-end"), wide(0x8820'1234));
  EXPECT_EQ(chosen.at("stdout-path"), text("/soc/serial@10000000:115200n8"));
}

TEST(DeviceTree, WhatIsNotConfiguredIsNotThere) {
  BoardConfig board = config();
  board.devices.clear();
  board.stdout_path.clear();
  const Nodes nodes = nodes_of(device_tree(board));
  for (const char* path : {"/soc/serial@10000000", "/soc/rtc@101000", "/soc/test@100000",
                           "/soc/rmu@10200000", "/poweroff", "/reboot"}) {
    EXPECT_FALSE(nodes.contains(path)) << path;
  }
  for (const char* name : {"stdout-path", "bootargs", "linux,initrd-start", "linux,initrd-end"}) {
    EXPECT_FALSE(nodes.at("/chosen").contains(name)) << name;
  }
  EXPECT_FALSE(nodes.at("/__symbols__").contains("uart"));
  EXPECT_TRUE(nodes_of(device_tree(config())).at("/__symbols__").contains("uart"));
}

TEST(DeviceTree, TheRmuHasItsRegisters) {
  const Properties rmu = nodes_of(device_tree(config())).at("/soc/rmu@10200000");
  EXPECT_EQ(rmu.at("compatible"), text("kilburn,rmu"));
  EXPECT_EQ(rmu.at("reg"), wide(0x1020'0000) + wide(0x1000));
}

TEST(DeviceTree, TheRandomSeedIsTheConfigurationsAndRepeats) {
  BoardConfig board = config();
  const std::string first = nodes_of(device_tree(board)).at("/chosen").at("rng-seed");
  EXPECT_EQ(first.size(), 32u);
  EXPECT_EQ(device_tree(board), device_tree(board));
  board.seed = 2;
  EXPECT_NE(nodes_of(device_tree(board)).at("/chosen").at("rng-seed"), first);
}

TEST(DeviceTree, LongArgumentsFit) {
  BoardConfig board = config(8);
  board.bootargs.assign(200'000, 'x');
  EXPECT_EQ(nodes_of(device_tree(board)).at("/chosen").at("bootargs").size(), 200'001u);
}

std::string compile(const platform::Folder& folder, const std::string& source) {
  const std::string dts = folder.write("overlay.dts", source);
  EXPECT_TRUE(run("dtc -q -@ -I dts -O dtb -o " + (folder / "overlay.dtbo") + " " + dts));
  return folder / "overlay.dtbo";
}

std::string refusal(const std::string& path) {
  try {
    (void)apply_overlay(device_tree(config()), path);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Overlay, ChangesNodesByLabelAndByPathAndAddsNew) {
  KILBURN_NEEDS("dtc");
  const platform::Folder folder;
  const std::string path = compile(folder, R"(/dts-v1/; /plugin/;
    &uart { current-speed = <115200>; };
    &{/chosen} { bootargs = "quiet"; };
    &soc { nic: nic@40000000 {
      reg = <0x0 0x40000000 0x0 0x1000>; interrupt-parent = <&plic>; interrupts = <33>; }; };)");
  const Nodes before = nodes_of(device_tree(config()));
  const Nodes nodes = nodes_of(apply_overlay(device_tree(config()), path));
  EXPECT_EQ(nodes.at("/soc/serial@10000000").at("current-speed"), cell(115'200));
  EXPECT_EQ(nodes.at("/chosen").at("bootargs"), text("quiet"));
  EXPECT_EQ(nodes.at("/soc/nic@40000000").at("interrupt-parent"), "/soc/plic@c000000");
  EXPECT_EQ(nodes.at("/soc/plic@c000000"), before.at("/soc/plic@c000000"));
  EXPECT_EQ(nodes.at("/__symbols__").at("nic"), text("/soc/nic@40000000"));
}

TEST(Overlay, OneMuchLargerThanTheTreeFits) {
  KILBURN_NEEDS("dtc");
  const platform::Folder folder;
  std::string source = "/dts-v1/; /plugin/; &soc {";
  for (int i = 0; i < 2000; ++i) source += fmt::format("n{} {{ a = <1>; }};", i);
  const Nodes nodes =
      nodes_of(apply_overlay(device_tree(config()), compile(folder, source + "};")));
  EXPECT_EQ(nodes.at("/soc/n1999").at("a"), cell(1));
}

TEST(Overlay, AnUnknownLabelIsRefusedWithThoseThereAre) {
  KILBURN_NEEDS("dtc");
  const platform::Folder folder;
  const std::string path = compile(folder, "/dts-v1/; /plugin/; &nvme { a = <1>; };");
  EXPECT_EQ(refusal(path),
            path +
                ": the overlay cannot be applied: FDT_ERR_NOTFOUND; its targets must be paths "
                "or labels of the board: cpu0, cpu0_intc, soc, clint, plic, pcie, test, rtc, "
                "uart, rmu");
}

TEST(Overlay, WhatIsNoDeviceTreeIsRefused) {
  const platform::Folder folder;
  const std::string path = folder.write("text.dtbo", "/dts-v1/; /plugin/; this is the source text");
  EXPECT_EQ(refusal(path), path + ": no device tree overlay (.dtbo): FDT_ERR_BADMAGIC");
  EXPECT_THAT(refusal(folder.write("empty.dtbo", "")), HasSubstr("no device tree overlay"));
  EXPECT_THAT(refusal(folder / "missing.dtbo"), HasSubstr(folder / "missing.dtbo"));
}

TEST(Overlay, ATruncatedOneIsRefused) {
  KILBURN_NEEDS("dtc");
  const platform::Folder folder;
  const std::string whole =
      platform::contents(compile(folder, "/dts-v1/; /plugin/; &uart { a = <1>; };"));
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    const std::string path = folder.write("cut.dtbo", whole.substr(0, length));
    ASSERT_THAT(refusal(path), HasSubstr(path + ": no device tree overlay")) << length;
  }
}

TEST(Overlay, ASpoiledOneIsAppliedOrRefusedNeverMore) {
  KILBURN_NEEDS("dtc");
  const platform::Folder folder;
  const std::string whole = platform::contents(compile(
      folder, "/dts-v1/; /plugin/; &soc { a { b = <&plic>; c = <1>; }; }; &uart { d = <2>; };"));
  constexpr std::uint64_t seed = 11;
  SCOPED_TRACE(seed);
  std::uint64_t state = seed;
  unsigned refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::string spoiled = whole;
    spoiled[next_random(state) % spoiled.size()] = static_cast<char>(next_random(state) >> 40);
    const std::string path = folder.write("spoiled.dtbo", spoiled);
    try {
      const std::vector<std::byte> tree = apply_overlay(device_tree(config()), path);
      ASSERT_EQ(fdt_check_full(tree.data(), tree.size()), 0);
    } catch (const InputError& error) {
      ASSERT_THAT(error.what(), HasSubstr(path));
      ++refused;
    }
  }
  EXPECT_GT(refused, 40u);
}

}  // namespace
}  // namespace kilburn::software::testing
