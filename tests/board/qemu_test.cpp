// The board beside QEMU's `virt`: device tree node by node, reset vector, and where things lie.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "board_devices.h"
#include "platform/software/device_tree.h"
#include "platform/software/loader.h"
#include "platform/software/reset_vector.h"
#include "process.h"
#include "programs.h"
#include "software/tree_view.h"

namespace kilburn::board::testing {
namespace {

using kilburn::testing::run;
using software::testing::cell;
using software::testing::Nodes;
using software::testing::nodes_of;
using software::testing::Properties;

constexpr std::uint64_t mib = 1u << 20;

std::vector<std::byte> bytes_in(const std::string& path) {
  const std::string content = platform::contents(path);
  const auto bytes = std::as_bytes(std::span(content));
  return {bytes.begin(), bytes.end()};
}

/// QEMU's board: `options` beside the machine; before its first instruction `commands` for its
/// monitor.
bool qemu(const platform::Folder& folder, const std::string& options, const std::string& commands) {
  const std::string script = folder.write("commands", commands + "\nquit\n");
  return run("timeout 60 qemu-system-riscv64 -display none -serial none -S -monitor stdio " +
             options + " < " + script + " > " + (folder / "log") + " 2>&1");
}

std::vector<std::byte> dump_tree(const platform::Folder& folder, unsigned harts,
                                 const std::string& machine = "virt") {
  const std::string path = folder / "qemu.dtb";
  EXPECT_TRUE(run("timeout 60 qemu-system-riscv64 -display none -m 256M -smp " +
                  std::to_string(harts) + " -M " + machine + ",dumpdtb=" + path + " 2>/dev/null"));
  return bytes_in(path);
}

/// Ours, with what QEMU's tree says of its harts.
software::BoardConfig config_like(const Nodes& qemu, unsigned harts,
                                  const device::BoardParameters& board = {}) {
  software::BoardConfig config;
  config.harts = harts;
  config.isa = qemu.at("/cpus/cpu@0").at("riscv,isa").c_str();
  config.mmu_type = qemu.at("/cpus/cpu@0").at("mmu-type").c_str();
  config.memory.bytes = 256 * mib;
  config.devices = kilburn::testing::board_devices(harts, board);
  return config;
}

/// Devices of QEMU's that this board has not.
bool absent(const std::string& path) {
  static const std::set<std::string> paths = {"/pmu", "/fw-cfg@10100000", "/flash@20000000",
                                              "/platform-bus@4000000"};
  return paths.contains(path) || path.starts_with("/soc/virtio_mmio@");
}

TEST(BesideQemu, EveryNodeThatBothHaveIsAlike) {
  KILBURN_NEEDS("qemu-system-riscv64");
  for (const unsigned harts : {1u, 3u}) {
    const platform::Folder folder;
    Nodes theirs = nodes_of(dump_tree(folder, harts));
    Nodes ours = nodes_of(software::device_tree(config_like(theirs, harts)));
    // What must differ: the name of the model, and random numbers.
    for (Nodes* nodes : {&theirs, &ours}) {
      EXPECT_EQ(nodes->at("/").erase("model"), 1u);
      EXPECT_EQ(nodes->at("/chosen").at("rng-seed").size(), 32u);
      nodes->at("/chosen").erase("rng-seed");
    }
    // QEMU 7.2 counts source 0 as one; 8.0 corrects it to 95.
    EXPECT_EQ(ours.at("/soc/plic@c000000").at("riscv,ndev"), cell(95));
    ours.at("/soc/plic@c000000")["riscv,ndev"] = theirs.at("/soc/plic@c000000").at("riscv,ndev");
    std::erase_if(theirs, [](const auto& node) { return absent(node.first); });
    for (const auto& [path, properties] : theirs) {
      ASSERT_TRUE(ours.contains(path)) << path;
      EXPECT_EQ(ours.at(path), properties) << path;
      ours.erase(path);
    }
    EXPECT_EQ(ours.size(), 2u);
    EXPECT_TRUE(ours.contains("/soc/rmu@10200000") && ours.contains("/__symbols__"));
  }
}

TEST(BesideQemu, EveryNodeOfTheAdvancedInterruptArchitectureIsAlike) {
  KILBURN_NEEDS("qemu-system-riscv64");
  using device::Aia;
  struct Case {
    const char* machine;
    device::BoardParameters board;
  };
  const Case cases[] = {{"virt,aia=aplic", {.aia = Aia::aplic}},
                        {"virt,aia=aplic-imsic", {.aia = Aia::aplic_imsic}},
                        {"virt,aia=aplic-imsic,aia-guests=1", {Aia::aplic_imsic, 1}},
                        {"virt,aia=aplic-imsic,aia-guests=7", {Aia::aplic_imsic, 7}}};
  for (const auto& [machine, board] : cases) {
    for (const unsigned harts : {1u, 4u}) {
      SCOPED_TRACE(machine);
      const platform::Folder folder;
      Nodes theirs = nodes_of(dump_tree(folder, harts, machine));
      Nodes ours = nodes_of(software::device_tree(config_like(theirs, harts, board)));
      for (Nodes* nodes : {&theirs, &ours}) {
        nodes->at("/").erase("model");
        nodes->at("/chosen").erase("rng-seed");
      }
      // The binding's name, which QEMU has from 8.2 on, beside that of QEMU 7.2.
      EXPECT_EQ(ours.at("/soc/aplic@c000000").at("riscv,delegation"),
                theirs.at("/soc/aplic@c000000").at("riscv,delegate"));
      EXPECT_EQ(ours.at("/soc/aplic@c000000").erase("riscv,delegation"), 1u);
      std::erase_if(theirs, [](const auto& node) { return absent(node.first); });
      for (const auto& [path, properties] : theirs) {
        ASSERT_TRUE(ours.contains(path)) << path;
        EXPECT_EQ(ours.at(path), properties) << path;
        ours.erase(path);
      }
      EXPECT_EQ(ours.size(), 2u);
    }
  }
}

/// dtc's warnings about a tree, without the file's name.
std::set<std::string> warnings(const platform::Folder& folder, std::span<const std::byte> tree) {
  const std::string path =
      folder.write("tree.dtb", {reinterpret_cast<const char*>(tree.data()), tree.size()});
  EXPECT_TRUE(run("dtc -I dtb -O dts -o /dev/null " + path + " 2> " + (folder / "warnings")));
  std::set<std::string> all;
  std::istringstream lines(platform::contents(folder / "warnings"));
  for (std::string line; std::getline(lines, line);) all.insert(line.substr(line.find("Warning")));
  return all;
}

TEST(BesideQemu, DtcWarnsOfNothingThatItDoesNotWarnOfInQemus) {
  KILBURN_NEEDS("qemu-system-riscv64");
  KILBURN_NEEDS("dtc");
  const platform::Folder folder;
  const std::vector<std::byte> theirs = dump_tree(folder, 2);
  software::BoardConfig config = config_like(nodes_of(theirs), 2);
  config.bootargs = "console=ttyS0";
  config.initrd = software::AddressRange{0x8820'0000, 0x1000};
  const std::set<std::string> known = warnings(folder, theirs);
  for (const std::string& warning : warnings(folder, software::device_tree(config))) {
    EXPECT_TRUE(known.contains(warning)) << warning;
  }
}

TEST(BesideQemu, ResetVectorAndDeviceTreeAddressAreTheSame) {
  KILBURN_NEEDS("qemu-system-riscv64");
  for (const std::uint64_t megabytes : {64u, 100u, 128u, 1024u, 4096u}) {
    const platform::Folder folder;
    ASSERT_TRUE(qemu(folder, "-M virt -m " + std::to_string(megabytes) + "M",
                     "pmemsave 0x1000 88 \"" + (folder / "rom") + "\""));
    software::Loader loader({BOARD_DRAM, megabytes * mib},
                            [](Address, std::span<const std::byte>) { return true; });
    const Address tree = loader.load_device_tree(std::vector<std::byte>(6000));
    const auto ours = software::reset_vector({.entry = BOARD_DRAM, .device_tree = tree, .next = 0});
    EXPECT_THAT(bytes_in(folder / "rom"), ::testing::ElementsAreArray(ours)) << megabytes;
  }
}

TEST(BesideQemu, KernelAndInitrdLieAtTheSamePlaces) {
  KILBURN_NEEDS("qemu-system-riscv64");
  for (const std::uint64_t megabytes : {128u, 1024u}) {
    const platform::Folder folder;
    // An Image for QEMU, which loads any raw file so, and for us, who read its header.
    std::string image(0x2000, '\0');
    const std::uint64_t text_offset = 2 * mib;
    std::memcpy(&image[8], &text_offset, sizeof text_offset);
    std::memcpy(&image[56], "RSC\x05", 4);
    const std::string kernel = folder.write("Image", image);
    const std::string initrd = folder.write("initrd", std::string(5000, 'i'));
    software::Loader loader({BOARD_DRAM, megabytes * mib},
                            [](Address, std::span<const std::byte>) { return true; });
    const Address next = loader.load_kernel(kernel);
    const software::AddressRange disk = loader.load_initrd(initrd, next);
    const Address tree = loader.load_device_tree(std::vector<std::byte>(6000));
    ASSERT_TRUE(qemu(folder,
                     "-M virt -m " + std::to_string(megabytes) + "M -kernel " + kernel +
                         " -initrd " + initrd + " -append quiet",
                     "pmemsave 0x1000 88 \"" + (folder / "rom") + "\"\npmemsave " +
                         std::to_string(tree) + " 65536 \"" + (folder / "tree") + "\""));
    const auto ours =
        software::reset_vector({.entry = BOARD_DRAM, .device_tree = tree, .next = next});
    EXPECT_THAT(bytes_in(folder / "rom"), ::testing::ElementsAreArray(ours)) << megabytes;
    software::BoardConfig config;
    config.initrd = disk;
    config.bootargs = "quiet";
    Properties expected = nodes_of(software::device_tree(config)).at("/chosen");
    Properties chosen = nodes_of(bytes_in(folder / "tree")).at("/chosen");
    expected.erase("rng-seed");
    chosen.erase("rng-seed");
    for (const char* name : {"linux,initrd-start", "linux,initrd-end"}) {
      // QEMU gives one cell below 4 GiB, we always two: the format allows both.
      ASSERT_EQ(expected.at(name).size(), 8u);
      if (chosen.at(name).size() == 4) chosen[name].insert(0, 4, '\0');
    }
    EXPECT_EQ(chosen, expected) << megabytes;
  }
}

TEST(BesideQemu, LoadsTheFirmwareThatQemuBrings) {
  const std::string path = "/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.elf";
  const std::string flat = "/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin";
  ASSERT_FALSE(platform::contents(path).empty())
      << "needs " << path << ", of the package qemu-system-data";
  std::vector<std::byte> memory(2 * mib);
  software::Loader loader({BOARD_DRAM, memory.size()},
                          [&](Address address, std::span<const std::byte> bytes) {
                            std::ranges::copy(bytes, &memory[address - BOARD_DRAM]);
                            return true;
                          });
  const software::ElfFile elf = loader.load_elf(path);
  EXPECT_EQ(elf.entry(), BOARD_DRAM);
  // The same firmware as a flat file holds what memory holds now.
  const std::vector<std::byte> expected = bytes_in(flat);
  memory.resize(expected.size());
  EXPECT_TRUE(memory == expected);
}

}  // namespace
}  // namespace kilburn::board::testing
