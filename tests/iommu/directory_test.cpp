// Device and process directories of each depth and format, and what is wrong with them.
#include <gtest/gtest.h>

#include <functional>

#include "iommu/world.h"

namespace kilburn::iommu::test {
namespace {

struct Depth {
  bool extended;
  unsigned levels;
};

class DeviceDirectories : public testing::TestWithParam<Depth> {
 protected:
  DeviceDirectories() : w({.msi_flat = GetParam().extended}) {
    tree.map(page, frame, urwx);
    words.fsc = fsc_of(PagingMode::sv39, tree.root());
    w.enable_faults();
    w.enable_commands();
    w.set_mode(IOMMU_DDTP_1LVL + GetParam().levels - 1);
  }
  /// The tables down to the device's context, by the widths of chapter 2.1: 9 bits above leaves of
  /// 7 bits of 32 bytes, or of 6 bits of 64 bytes.
  void place(std::uint32_t device) {
    const unsigned leaf_bits = GetParam().extended ? 6 : 7;
    PageNumber table = ddt_root;
    for (unsigned level = GetParam().levels - 1; level > 0; --level) {
      const Address slot =
          table * page_bytes + Address{8} * (device >> (leaf_bits + 9 * (level - 1)) & 0x1FF);
      slots.push_back(slot);
      if ((w.memory.get(slot) & 1) == 0) w.memory.set(slot, table_entry(w.take()));
      table = w.memory.get(slot) >> IOMMU_PPN_SHIFT;
    }
    w.set_device(device & ((1u << leaf_bits) - 1), words, table);
  }
  [[nodiscard]] unsigned device_bits() const {
    const unsigned leaf_bits = GetParam().extended ? 6 : 7;
    return GetParam().levels == 3 ? 24 : leaf_bits + 9 * (GetParam().levels - 1);
  }

  static constexpr PageNumber page = 0x40200;
  static constexpr PageNumber frame = first_data + 5;
  World w;
  TableBuilder tree = w.tree(PagingMode::sv39);
  DeviceWords words;
  std::vector<Address> slots;
};

TEST_P(DeviceDirectories, FindTheLastDeviceThatTheyCanHold) {
  const std::uint32_t device = (1u << device_bits()) - 1;
  place(device);
  EXPECT_EQ(w.access(device, page << page_shift).translation.pfn, frame);
  EXPECT_EQ(w.counted("directories.device_reads"), GetParam().levels);
}

TEST_P(DeviceDirectories, RefuseADeviceThatIsTooWideForThem) {
  const auto found = w.access(1u << device_bits(), page << page_shift);
  EXPECT_EQ(found.fault, Fault::page_fault);
  EXPECT_EQ(w.faults().at(0).cause, Cause::type_disallowed);
}

TEST_P(DeviceDirectories, ReportAnEntryThatIsNotValidOnEachLevel) {
  const std::uint32_t device = (1u << device_bits()) - 2;
  words.tc = 0;
  place(device);
  (void)w.access(device, page << page_shift);
  EXPECT_EQ(w.faults().at(0).cause, Cause::ddt_not_valid);
  for (const Address slot : slots) {
    w.memory.set(slot, w.memory.get(slot) & ~std::uint64_t{1});
    (void)w.access(device, page << page_shift);
    EXPECT_EQ(w.faults().at(0).cause, Cause::ddt_not_valid);
    w.memory.set(slot, w.memory.get(slot) | 1);
  }
}

TEST_P(DeviceDirectories, ReportReservedBitsAboveTheLeaf) {
  const std::uint32_t device = (1u << device_bits()) - 2;
  place(device);
  for (const Address slot : slots) {
    for (const unsigned bit : {1u, 9u, 54u, 63u}) {
      const std::uint64_t good = w.memory.get(slot);
      w.memory.set(slot, good | std::uint64_t{1} << bit);
      (void)w.access(device, page << page_shift);
      EXPECT_EQ(w.faults().at(0).cause, Cause::ddt_misconfigured) << bit;
      w.memory.set(slot, good);
    }
  }
}

TEST_P(DeviceDirectories, ReportATableThatMemoryOrTheRmuRefuses) {
  const std::uint32_t device = 1;
  place(device);
  w.ownership.replies[ddt_root] = {.allowed = false};
  (void)w.access(device, page << page_shift);
  EXPECT_EQ(w.faults().at(0).cause, Cause::ddt_access_fault);
  w.ownership.replies.clear();
  w.set_mode(IOMMU_DDTP_1LVL + GetParam().levels - 1, memory_frames + 7);
  (void)w.access(device, page << page_shift);
  EXPECT_EQ(w.faults().at(0).cause, Cause::ddt_access_fault);
}

INSTANTIATE_TEST_SUITE_P(Formats, DeviceDirectories,
                         testing::Values(Depth{false, 1}, Depth{false, 2}, Depth{false, 3},
                                         Depth{true, 1}, Depth{true, 2}, Depth{true, 3}),
                         [](const auto& param) {
                           return std::string(param.param.extended ? "Extended" : "Base") +
                                  std::to_string(param.param.levels);
                         });

/// One thing that is wrong with a device context. Source: chapter 2.1.4.
struct Wrong {
  std::string name;
  std::function<void(DeviceWords&)> make;
};
void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.name;
}

class Misconfigured : public IommuTest, public testing::WithParamInterface<Wrong> {};

TEST_P(Misconfigured, ADeviceContextIsReported) {
  ASSERT_EQ(w.access(device, address).fault, Fault::none);
  GetParam().make(words);
  configure(words);
  expect_fault(w.access(device, address), Cause::ddt_misconfigured,
               TransactionType::untranslated_read);
}

INSTANTIATE_TEST_SUITE_P(
    Contexts, Misconfigured,
    testing::Values(
        Wrong{"TcReservedLow", [](auto& d) { d.tc |= 1u << 12; }},
        Wrong{"TcReservedHigh", [](auto& d) { d.tc |= std::uint64_t{1} << 32; }},
        Wrong{"SbeWithoutBigEndian", [](auto& d) { d.tc |= IOMMU_TC_SBE; }},
        Wrong{"SxlWithoutThirtyTwoBits", [](auto& d) { d.tc |= IOMMU_TC_SXL; }},
        Wrong{"PageRequestsWithoutAts", [](auto& d) { d.tc |= IOMMU_TC_EN_PRI; }},
        Wrong{"GuestPhysicalWithoutAts", [](auto& d) { d.tc |= IOMMU_TC_T2GPA; }},
        Wrong{"GuestPhysicalWithoutSecondStage",
              [](auto& d) { d.tc |= IOMMU_TC_EN_ATS | IOMMU_TC_T2GPA; }},
        Wrong{"ResponsePasidWithoutPageRequests",
              [](auto& d) { d.tc |= IOMMU_TC_EN_ATS | IOMMU_TC_PRPR; }},
        Wrong{"DefaultProcessWithoutProcesses", [](auto& d) { d.tc |= IOMMU_TC_DPE; }},
        Wrong{"UnknownFirstStage", [](auto& d) { d.fsc = std::uint64_t{11} << 60; }},
        Wrong{"FirstStageReserved", [](auto& d) { d.fsc |= std::uint64_t{1} << 44; }},
        Wrong{"UnknownProcessDirectory",
              [](auto& d) {
                d.tc |= IOMMU_TC_PDTV;
                d.fsc = std::uint64_t{4} << 60;
              }},
        Wrong{"ProcessDirectoryReserved",
              [](auto& d) {
                d.tc |= IOMMU_TC_PDTV;
                d.fsc = std::uint64_t{1} << 60 | std::uint64_t{1} << 50;
              }},
        Wrong{"AttributesReservedLow", [](auto& d) { d.ta |= 1; }},
        Wrong{"AttributesReservedHigh", [](auto& d) { d.ta |= std::uint64_t{1} << 40; }},
        Wrong{"UnknownSecondStage", [](auto& d) { d.iohgatp = std::uint64_t{7} << 60; }},
        Wrong{"SecondStageRootNotAligned",
              [](auto& d) { d.iohgatp = std::uint64_t{8} << 60 | 0x202; }},
        Wrong{"MsiTableWithoutSecondStage", [](auto& d) { d.msiptp = std::uint64_t{1} << 60; }},
        Wrong{"UnknownMsiTable", [](auto& d) { d.msiptp = std::uint64_t{2} << 60; }},
        Wrong{"MsiTableReserved", [](auto& d) { d.msiptp = std::uint64_t{1} << 59; }},
        Wrong{"MsiMaskBeyondGuestPhysical", [](auto& d) { d.msi_mask = std::uint64_t{1} << 47; }},
        Wrong{"MsiPatternBeyondGuestPhysical",
              [](auto& d) { d.msi_pattern = std::uint64_t{1} << 51; }},
        Wrong{"LastDoublewordReserved", [](auto& d) { d.reserved = 1; }}),
    [](const auto& param) { return param.param.name; });

TEST(CapabilitiesOfTheWalker, AModeThatItDoesNotHaveIsMisconfigured) {
  World w({}, {.largest_mode = PagingMode::sv48, .hardware_ad = false});
  w.enable_faults();
  EXPECT_EQ(w.get(IOMMU_CAPABILITIES) & (IOMMU_CAP_SV57 | IOMMU_CAP_SV57X4 | IOMMU_CAP_AMO_HWAD),
            0u);
  w.set_mode(IOMMU_DDTP_1LVL);
  DeviceWords words;
  words.fsc = fsc_of(PagingMode::sv57, 100);
  w.set_device(1, words);
  (void)w.access(1, 0);
  words.fsc = 0;
  words.tc |= IOMMU_TC_SADE;
  w.set_device(2, words);
  (void)w.access(2, 0);
  const auto faults = w.faults();
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0].cause, Cause::ddt_misconfigured);
  EXPECT_EQ(faults[1].cause, Cause::ddt_misconfigured);
}

TEST(CapabilitiesOfTheWalker, WithoutAtsItsBitsAreMisconfiguredAndItsQueueReadsZero) {
  World w({.ats = false});
  w.enable_faults();
  w.set_mode(IOMMU_DDTP_1LVL);
  DeviceWords words;
  words.tc |= IOMMU_TC_EN_ATS;
  w.set_device(1, words);
  (void)w.access(1, 0);
  EXPECT_EQ(w.faults().at(0).cause, Cause::ddt_misconfigured);
  w.enable_page_requests();
  EXPECT_EQ(w.get(IOMMU_PQB), 0u);
  EXPECT_EQ(w.get32(IOMMU_PQCSR), 0u);
}

/// A device with a process directory of 1 to 3 levels: PD8, PD17, PD20.
class ProcessDirectories : public IommuTest, public testing::WithParamInterface<unsigned> {
 protected:
  ProcessDirectories() {
    words.tc |= IOMMU_TC_PDTV;
    words.ta = 0;
    words.fsc = pdtp_of(GetParam(), root);
    configure(words);
    context_ta = IOMMU_ENTRY_VALID | IOMMU_PC_ENS | pscid_in(pscid);
    context_fsc = fsc_of(PagingMode::sv39, tree.root());
  }
  [[nodiscard]] static std::uint32_t widest() {
    const unsigned bits[] = {0, 8, 17, 20};
    return (1u << bits[GetParam()]) - 1;
  }
  /// 8 bits at the leaf, 9, and 3 (chapter 2.2).
  void place(std::uint32_t process) {
    const unsigned shift[] = {0, 8, 17};
    const unsigned mask[] = {0xFF, 0x1FF, 0x7};
    PageNumber table = root;
    for (unsigned level = GetParam() - 1; level > 0; --level) {
      const Address slot =
          table * page_bytes + Address{8} * (process >> shift[level] & mask[level]);
      slots.push_back(slot);
      if ((w.memory.get(slot) & 1) == 0) w.memory.set(slot, table_entry(w.take()));
      table = w.memory.get(slot) >> IOMMU_PPN_SHIFT;
    }
    leaf = table * page_bytes + Address{16} * (process & 0xFF);
    w.memory.set(leaf, context_ta);
    w.memory.set(leaf + 8, context_fsc);
  }
  static dma::Requester of(std::uint32_t process, bool privileged = false, bool execute = false) {
    return {.device = device, .process = dma::Pasid{process, privileged, execute}};
  }
  /// The fault names the process.
  void expect_process_fault(const dma::DmaPage& found, Cause cause, std::uint32_t process,
                            bool privileged = false) {
    EXPECT_NE(found.fault, Fault::none);
    const auto faults = w.faults();
    ASSERT_EQ(faults.size(), 1u);
    EXPECT_EQ(static_cast<unsigned>(faults[0].cause), static_cast<unsigned>(cause));
    EXPECT_EQ(faults[0].process, process);
    EXPECT_EQ(faults[0].privileged, privileged);
  }

  PageNumber root = w.take();
  std::uint64_t context_ta = 0;
  std::uint64_t context_fsc = 0;
  std::vector<Address> slots;
  Address leaf = 0;
};

TEST_P(ProcessDirectories, FindTheLastProcessThatTheyCanHold) {
  place(widest());
  EXPECT_EQ(w.access(of(widest()), address).translation.pfn, frame);
  EXPECT_EQ(w.counted("directories.process_reads"), GetParam());
  EXPECT_EQ(w.access(of(widest()), address).translation.pfn, frame);
  EXPECT_EQ(w.counted("directories.process_contexts.hits"), 1u);
  EXPECT_EQ(w.counted("directories.process_reads"), GetParam());
}

TEST_P(ProcessDirectories, RefuseAProcessThatIsTooWideForThem) {
  // A record has 20 bits for it.
  expect_process_fault(w.access(of(widest() + 1), address), Cause::type_disallowed,
                       (widest() + 1) & 0xFFFFF);
}

TEST_P(ProcessDirectories, ReportWhatIsNotValidOrReservedOnEachLevel) {
  const std::uint32_t process = widest() - 1;
  place(process);
  slots.push_back(leaf);
  for (const Address slot : slots) {
    const std::uint64_t good = w.memory.get(slot);
    w.memory.set(slot, good & ~std::uint64_t{1});
    expect_process_fault(w.access(of(process), address), Cause::pdt_not_valid, process);
    w.memory.set(slot, good | std::uint64_t{1} << 9);
    expect_process_fault(w.access(of(process), address), Cause::pdt_misconfigured, process);
    w.ownership.replies[slot >> page_shift] = {.allowed = false};
    expect_process_fault(w.access(of(process), address), Cause::pdt_access_fault, process);
    w.ownership.replies.clear();
    w.memory.set(slot, good);
  }
  w.memory.set(leaf + 8, std::uint64_t{5} << 60);
  expect_process_fault(w.access(of(process), address), Cause::pdt_misconfigured, process);
}

TEST_P(ProcessDirectories, SupervisorsNeedTheContextsLeave) {
  tree.map(page + 1, frame + 1, rwx);
  const Address own = address + page_bytes;
  place(1);
  EXPECT_EQ(w.access(of(1, true), own).translation.pfn, frame + 1);
  expect_process_fault(w.access(of(1, false), own), Cause::load_page_fault, 1);
  // A user's page is the supervisor's only with SUM.
  expect_process_fault(w.access(of(1, true), address), Cause::load_page_fault, 1, true);
  w.memory.set(leaf, context_ta | IOMMU_PC_SUM);
  w.invalidate_directories();
  EXPECT_EQ(w.access(of(1, true), address).fault, Fault::none);
  // Never to be executed by the supervisor.
  expect_process_fault(w.access(of(1, true, true), address), Cause::fetch_page_fault, 1, true);
  w.memory.set(leaf, context_ta & ~IOMMU_PC_ENS);
  w.invalidate_directories();
  expect_process_fault(w.access(of(1, true), own), Cause::type_disallowed, 1, true);
}

TEST_P(ProcessDirectories, WithoutAProcessTheFirstStageIsBareOrTheDefaultProcessIsMeant) {
  place(0);
  const auto bare = w.access(device, frame * page_bytes);
  EXPECT_EQ(bare.translation.pfn, frame);
  words.tc |= IOMMU_TC_DPE;
  configure(words);
  EXPECT_EQ(w.access(device, address).translation.pfn, frame);
  (void)w.access(device, address + 64 * page_bytes);
  const auto faults = w.faults();
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].process, std::nullopt) << "the transaction had none";
}

TEST_P(ProcessDirectories, AProcessOfADeviceWithoutProcessesIsRefused) {
  words.tc &= ~IOMMU_TC_PDTV;
  words.fsc = fsc_of(PagingMode::sv39, tree.root());
  configure(words);
  expect_process_fault(w.access(of(1), address), Cause::type_disallowed, 1);
}

TEST_P(ProcessDirectories, InAGuestTheyAreReachedThroughTheSecondStage) {
  // Guest-physical page g lies at frame g + 1024, but for the tables of the first stage, which lie
  // where they lie.
  TableBuilder guest = w.guest_tree(PagingMode::sv39);
  constexpr PageNumber up = 1024;
  for (PageNumber i = first_table; i < 400; ++i) guest.map(i, i, urwx);
  guest.map(frame, frame, urwx);
  guest.map(root + up, root, urwx);
  place(1);
  words.iohgatp = iohgatp_of(PagingMode::sv39, guest.root(), 9);
  words.fsc = pdtp_of(GetParam(), root + up);
  configure(words);
  EXPECT_EQ(w.access(of(1), address).translation.pfn, frame);
  words.fsc = pdtp_of(GetParam(), root + up + 1);  // outside the guest's memory
  configure(words);
  const auto found = w.access(of(1), address, Access::store);
  EXPECT_EQ(found.fault, Fault::guest_page_fault);
  const auto faults = w.faults();
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].cause, Cause::store_guest_page_fault);
  const Address entry = GetParam() == 1 ? 16 : 0;
  EXPECT_EQ(faults[0].iotval2, ((root + up + 1) * page_bytes + entry) | 1);
}

std::string depth_name(const testing::TestParamInfo<unsigned>& param) {
  const char* names[] = {"", "PD8", "PD17", "PD20"};
  return names[param.param];
}

INSTANTIATE_TEST_SUITE_P(Depths, ProcessDirectories, testing::Values(1u, 2u, 3u), depth_name);

TEST(ContextCaches, ASmallCacheEvictsTheLeastRecentlyUsedAndCountsIt) {
  World w({.device_contexts = {.entries = 2}});
  w.set_mode(IOMMU_DDTP_1LVL);
  for (const std::uint32_t device : {1u, 2u, 3u}) w.set_device(device, {});
  const Address at = first_data * page_bytes;
  for (const std::uint32_t device : {1u, 2u, 1u, 3u, 1u, 2u}) {
    EXPECT_EQ(w.access(device, at).fault, Fault::none);
  }
  // 1 and 2 miss, 1 hits, 3 evicts 2, 1 hits, 2 evicts 3.
  EXPECT_EQ(w.counted("directories.device_contexts.lookups"), 6u);
  EXPECT_EQ(w.counted("directories.device_contexts.hits"), 2u);
  EXPECT_EQ(w.counted("directories.device_contexts.fills"), 4u);
  EXPECT_EQ(w.counted("directories.device_contexts.evictions"), 2u);
}

TEST(ContextCaches, WhatChangesInMemoryIsSeenOnlyAfterAnInvalidation) {
  World w;
  w.enable_commands();
  w.enable_faults();
  w.set_mode(IOMMU_DDTP_1LVL);
  const Address at = first_data * page_bytes;
  for (const std::uint32_t device : {1u, 2u}) {
    w.set_device(device, {});
    EXPECT_EQ(w.access(device, at).fault, Fault::none);
    w.set_device(device, {.tc = 0});
    EXPECT_EQ(w.access(device, at).fault, Fault::none) << "held";
  }
  w.command(IOMMU_OPCODE_IODIR | IOMMU_IODIR_DV | std::uint64_t{1} << IOMMU_IODIR_DID_SHIFT);
  EXPECT_NE(w.access(1, at).fault, Fault::none);
  EXPECT_EQ(w.access(2, at).fault, Fault::none) << "another device's context went, too";
}

TEST(ContextCaches, TheRmuTakesThemWithTheFramesOfDirectories) {
  World w;
  w.set_mode(IOMMU_DDTP_1LVL);
  w.set_device(1, {});
  const Address at = first_data * page_bytes;
  (void)w.access(1, at);
  w.set_device(1, {.tc = 0});
  (void)w.invalidator.invalidate({.operation = Invalidation::Operation::by_frame, .pfn = ddt_root},
                                 0);
  EXPECT_NE(w.access(1, at).fault, Fault::none);
}

}  // namespace
}  // namespace kilburn::iommu::test
