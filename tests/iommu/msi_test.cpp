// MSI page tables: a device's interrupt messages to a guest's interrupt files.
#include <gtest/gtest.h>

#include <cstring>

#include "iommu/world.h"

namespace kilburn::iommu::test {
namespace {

/// A guest with interrupt files in guest-physical pages 0x28000 | (number & 3) | (number & 4) << 2:
/// mask 0x13. Its tables lie where they lie.
class MsiTest : public IommuTest {
 protected:
  static constexpr PageNumber file_page = 0x28000;
  static constexpr std::uint64_t mask = 0x13;
  static constexpr PageNumber interrupt_file = 0x2'8000;  // physical, no memory of the test's

  MsiTest() {
    for (PageNumber i = first_table; i < 512; ++i) guest.map(i, i, urwx);
    guest.map(frame, frame, urwx);
    words.iohgatp = iohgatp_of(PagingMode::sv39, guest.root(), 4);
    words.fsc = 0;
    words.msiptp = std::uint64_t{IOMMU_MSIPTP_FLAT} << IOMMU_ATP_MODE_SHIFT | msi_table;
    words.msi_mask = mask;
    words.msi_pattern = file_page;
    configure(words);
  }
  void set_entry(unsigned file, std::uint64_t low, std::uint64_t high = 0) {
    w.memory.set(msi_table * page_bytes + Address{16} * file, low);
    w.memory.set(msi_table * page_bytes + Address{16} * file + 8, high);
  }
  static std::uint64_t basic(PageNumber to) {
    return IOMMU_ENTRY_VALID | IOMMU_MSIPTE_BASIC << IOMMU_MSIPTE_MODE_SHIFT |
           to << IOMMU_PPN_SHIFT;
  }
  /// The bits of the page number under the mask, 0, 1 and 4, are the file's number.
  static PageNumber page_of_file(unsigned file) {
    return file_page | (file & 3) | PageNumber{file & 4} << 2;
  }
  /// The first stage maps page to the guest-physical page.
  void with_first_stage(PageNumber guest_page) {
    tree.map(page, guest_page, urwx);
    words.fsc = fsc_of(PagingMode::sv39, tree.root());
    configure(words);
  }
  PageNumber msi_table = w.take();
  TableBuilder guest = w.guest_tree(PagingMode::sv39);
};

TEST_F(MsiTest, AMessageGoesToTheFrameOfItsFile) {
  for (const unsigned file : {0u, 3u, 4u, 7u}) {
    set_entry(file, basic(interrupt_file + file));
    const auto found = w.access(device, page_of_file(file) << page_shift, Access::store);
    ASSERT_EQ(found.fault, Fault::none) << file;
    EXPECT_EQ(found.translation.pfn, interrupt_file + file);
  }
  EXPECT_EQ(w.access(device, frame << page_shift).translation.pfn, frame)
      << "other pages go through the second stage";
  EXPECT_EQ(w.counted("interrupt_file_writes"), 4u);
}

TEST_F(MsiTest, WithAFirstStageItsGuestPhysicalAddressDecides) {
  set_entry(5, basic(interrupt_file));
  with_first_stage(page_of_file(5));
  for (unsigned i = 0; i < 2; ++i) {
    EXPECT_EQ(w.access(device, address, Access::store).translation.pfn, interrupt_file);
  }
  tree.map(page, frame, urwx);
  w.invalidate_tables();
  w.command(IOMMU_OPCODE_IOTINVAL | IOMMU_IOTINVAL_GV |
            std::uint64_t{4} << IOMMU_IOTINVAL_GSCID_SHIFT);
  EXPECT_EQ(w.access(device, address, Access::store).translation.pfn, frame);
}

TEST_F(MsiTest, WhatTheFirstStageDeniesIsItsFault) {
  set_entry(5, basic(interrupt_file));
  with_first_stage(page_of_file(5));
  tree.map(page, page_of_file(5), urwx & ~pte::write);
  w.command(IOMMU_OPCODE_IOTINVAL | IOMMU_IOTINVAL_GV |
            std::uint64_t{4} << IOMMU_IOTINVAL_GSCID_SHIFT);
  expect_fault(w.access(device, address, Access::store), Cause::store_page_fault,
               TransactionType::untranslated_write);
}

TEST_F(MsiTest, ALargePageRoundAFileDoesNotTakeItsMessages) {
  // A first-stage leaf of 2 MiB covers the file and pages beside it; so does one of the second.
  constexpr PageNumber big = file_page & ~PageNumber{511};
  guest.map(big, 0x1000, urwx, 1);
  constexpr PageNumber virtual_big = 0x40400;
  tree.map(virtual_big, big, urwx, 1);
  w.ownership.replies[0x1000 + 0x40] = {.order = 40};
  words.fsc = fsc_of(PagingMode::sv39, tree.root());
  configure(words);
  set_entry(0, basic(interrupt_file));
  const PageNumber beside = 0x40;  // not a file: bit 6 differs
  const Address other = (virtual_big + beside) << page_shift;
  EXPECT_EQ(w.access(device, other).translation.pfn, 0x1000 + beside);
  EXPECT_TRUE(w.access(device, other).hit);
  const Address message = (virtual_big + (file_page - big)) << page_shift;
  const auto found = w.access(device, message, Access::store);
  EXPECT_EQ(found.translation.pfn, interrupt_file);
}

TEST_F(MsiTest, EachThingThatIsWrongHasItsCause) {
  const Address at = page_of_file(1) << page_shift;
  const auto expect = [&](Cause cause, Access access = Access::store) {
    const dma::Requester fetches{.device = device};
    expect_fault(w.access(fetches, at, access), cause, type_of({}, access), at);
  };
  set_entry(1, 0);
  expect(Cause::msi_not_valid);
  for (const std::uint64_t mode : {std::uint64_t{0}, std::uint64_t{2}}) {
    set_entry(1, IOMMU_ENTRY_VALID | mode << IOMMU_MSIPTE_MODE_SHIFT);
    expect(Cause::msi_misconfigured);
  }
  for (const unsigned bit : {3u, 9u, 54u, 63u}) {
    set_entry(1, basic(interrupt_file) | std::uint64_t{1} << bit);
    expect(Cause::msi_misconfigured);
  }
  set_entry(1, basic(interrupt_file));
  expect(Cause::fetch_access_fault, Access::fetch);
  w.ownership.replies[msi_table] = {.allowed = false};
  expect(Cause::msi_access_fault);
  w.ownership.replies.clear();
  w.ownership.replies[interrupt_file] = {.allowed = false};
  expect(Cause::store_access_fault);
}

class MrifTest : public MsiTest {
 protected:
  static constexpr Address notice = Address{0x2900'0000};
  MrifTest() {
    const Address file = mrif_frame * page_bytes + 512;
    set_entry(2,
              IOMMU_ENTRY_VALID | IOMMU_MSIPTE_MRIF << IOMMU_MSIPTE_MODE_SHIFT |
                  file >> 9 << IOMMU_MSIPTE_MRIF_SHIFT,
              notice >> page_shift << IOMMU_PPN_SHIFT | 0x155 |
                  std::uint64_t{1} << IOMMU_MSIPTE_NID_HIGH_SHIFT);
  }
  dma::Delivery deliver(std::uint32_t data, unsigned offset = 0, std::size_t bytes = 4) {
    std::byte raw[8]{};
    std::memcpy(raw, &data, sizeof data);
    return w.iommu->deliver({.device = device},
                            IoVirtualAddress((page_of_file(2) << page_shift) + offset),
                            std::span(raw).first(bytes), w.now);
  }
  [[nodiscard]] std::uint64_t pending(unsigned word) const {
    return w.memory.get(mrif_frame * page_bytes + 512 + Address{16} * word);
  }
  void enable(unsigned word, std::uint64_t bits) {
    w.memory.set(mrif_frame * page_bytes + 512 + Address{16} * word + 8, bits);
  }
  PageNumber mrif_frame = w.take();
};

TEST_F(MrifTest, AMessageIsStoredInAFileInMemory) {
  EXPECT_TRUE(w.access(device, page_of_file(2) << page_shift, Access::store).message);
  EXPECT_EQ(deliver(65 + 64).fault, Fault::none);
  EXPECT_EQ(pending(2), std::uint64_t{1} << 1);
  EXPECT_TRUE(w.messages.sent.empty()) << "it is not enabled";
  EXPECT_EQ(deliver(2047).fault, Fault::none);
  EXPECT_EQ(pending(31), std::uint64_t{1} << 63);
}

TEST_F(MrifTest, AnInterruptThatIsEnabledSendsTheNotice) {
  enable(0, 1u << 7);
  EXPECT_EQ(deliver(7).fault, Fault::none);
  EXPECT_EQ(w.messages.sent, (std::vector<Messages::Sent>{{notice, 0x555}}));
  EXPECT_EQ(w.counted("notices"), 1u);
}

TEST_F(MrifTest, TheOtherRegisterIsBigEndianAndNothingElseHasAnEffect) {
  EXPECT_EQ(deliver(0x0500'0000, 4).fault, Fault::none);
  EXPECT_EQ(pending(0), 1u << 5);
  EXPECT_EQ(deliver(0).fault, Fault::none);
  EXPECT_EQ(deliver(2048).fault, Fault::none);
  EXPECT_EQ(deliver(6, 8).fault, Fault::none);
  EXPECT_EQ(pending(0), 1u << 5);
  EXPECT_EQ(deliver(6, 0, 8).fault, Fault::access_fault) << "messages are of four bytes";
}

TEST_F(MrifTest, MemoryThatRefusesTheFileIsAFaultOfItsOwn) {
  w.ownership.replies[mrif_frame] = {.allowed = false};
  EXPECT_EQ(deliver(7).fault, Fault::access_fault);
  EXPECT_EQ(w.faults().at(0).cause, Cause::mrif_access_fault);
}

TEST_F(MrifTest, ItCannotBeReadAndDebugTranslationCannotSayWhereItLies) {
  const Address at = page_of_file(2) << page_shift;
  expect_fault(w.access(device, at), Cause::load_access_fault, TransactionType::untranslated_read,
               at);
  w.set(IOMMU_TR_REQ_IOVA, at);
  w.set(IOMMU_TR_REQ_CTL, IOMMU_TR_REQ_GO | std::uint64_t{device} << IOMMU_TR_REQ_DID_SHIFT);
  w.work();
  EXPECT_EQ(w.get(IOMMU_TR_RESPONSE), IOMMU_TR_RESPONSE_FAULT);
  EXPECT_EQ(w.faults().at(0).cause, Cause::type_disallowed);
}

TEST(MrifCapability, WithoutItSuchEntriesAreMisconfigured) {
  World w({.msi_mrif = false});
  EXPECT_EQ(w.get(IOMMU_CAPABILITIES) & (IOMMU_CAP_MSI_MRIF | IOMMU_CAP_AMO_MRIF), 0u);
}

}  // namespace
}  // namespace kilburn::iommu::test
