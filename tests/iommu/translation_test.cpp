// Transactions of devices: modes, stages, rights, and what is reported where one is refused.
#include <gtest/gtest.h>

#include "iommu/world.h"

namespace kilburn::iommu::test {
namespace {

TEST_F(IommuTest, AnAddressGoesThroughTheDevicesFirstStage) {
  const auto found = w.access(device, address);
  ASSERT_EQ(found.fault, Fault::none);
  EXPECT_EQ(found.translation.pfn, frame);
  EXPECT_FALSE(found.hit);
  EXPECT_GT(found.cost.total(), 0u);
  EXPECT_TRUE(w.faults().empty());
}

TEST_F(IommuTest, TheIotlbAnswersTheNextAccess) {
  (void)w.access(device, address);
  const unsigned operations = w.memory.operations;
  const auto found = w.access(device, address + 64);
  EXPECT_TRUE(found.hit);
  EXPECT_EQ(found.translation.pfn, frame);
  EXPECT_EQ(w.memory.operations, operations) << "neither tables nor directories are read again";
  EXPECT_EQ(w.counted("iotlb.hits"), 1u);
  EXPECT_EQ(w.counted("directories.device_contexts.hits"), 1u);
  EXPECT_EQ(w.counted("directories.device_reads"), 1u);
}

TEST_F(IommuTest, InModeOffEverythingIsRefused) {
  w.set_mode(IOMMU_DDTP_OFF);
  expect_fault(w.access(device, address), Cause::all_disallowed,
               TransactionType::untranslated_read);
}

TEST_F(IommuTest, InModeBareAddressesArePhysicalAndTheRmuIsAsked) {
  w.set_mode(IOMMU_DDTP_BARE);
  w.ownership.asked.clear();
  const auto found = w.access(device, frame * page_bytes, Access::store);
  EXPECT_EQ(found.fault, Fault::none);
  EXPECT_EQ(found.translation.pfn, frame);
  ASSERT_EQ(w.ownership.asked.size(), 1u);
  EXPECT_EQ(w.ownership.asked[0].request.frame, frame);
  w.ownership.replies[frame + 1] = {.allowed = false};
  expect_fault(w.access(device, (frame + 1) * page_bytes, Access::store), Cause::store_access_fault,
               TransactionType::untranslated_write, (frame + 1) * page_bytes);
}

TEST_F(IommuTest, TranslatedRequestsAreRefusedInModeBareAndWithoutAts) {
  const dma::Requester translated{.device = device, .type = dma::AddressType::translated};
  w.set_mode(IOMMU_DDTP_BARE);
  expect_fault(w.access(translated, address), Cause::type_disallowed,
               TransactionType::translated_read);
  w.set_mode(IOMMU_DDTP_1LVL);
  expect_fault(w.access(translated, address, Access::store), Cause::type_disallowed,
               TransactionType::translated_write);
}

TEST_F(IommuTest, ADmaOutsideItsMappingIsReportedWithCauseRequesterAndAddress) {
  const Address outside = address + 64 * page_bytes;
  expect_fault(w.access(device, outside), Cause::load_page_fault,
               TransactionType::untranslated_read, outside);
  expect_fault(w.access(device, outside, Access::store), Cause::store_page_fault,
               TransactionType::untranslated_write, outside);
}

TEST_F(IommuTest, AFrameThatTheRmuDeniesIsAnAccessFault) {
  w.ownership.replies[frame] = {.allowed = false};
  expect_fault(w.access(device, address), Cause::load_access_fault,
               TransactionType::untranslated_read);
  expect_fault(w.access(device, address, Access::store), Cause::store_access_fault,
               TransactionType::untranslated_write);
}

TEST_F(IommuTest, AReadOnlyPageCannotBeWritten) {
  tree.map(page + 1, frame + 1, urwx & ~pte::write);
  const Address at = address + page_bytes;
  EXPECT_EQ(w.access(device, at).fault, Fault::none);
  expect_fault(w.access(device, at, Access::store), Cause::store_page_fault,
               TransactionType::untranslated_write, at);
}

TEST_F(IommuTest, APageOfSupervisorsIsNotADevicesWithoutAProcess) {
  tree.map(page + 1, frame + 1, rwx);
  const Address at = address + page_bytes;
  expect_fault(w.access(device, at), Cause::load_page_fault, TransactionType::untranslated_read,
               at);
}

TEST_F(IommuTest, ANonCanonicalAddressIsAPageFaultEvenBehindItsNeighbourInTheIotlb) {
  (void)w.access(device, address);
  const Address beyond = address | Address{1} << 40;
  expect_fault(w.access(device, beyond), Cause::load_page_fault, TransactionType::untranslated_read,
               beyond);
}

TEST_F(IommuTest, AccessedAndDirtyAreSetOnlyWhereTheDeviceContextSaysSo) {
  constexpr std::uint64_t fresh = urwx & ~(pte::accessed | pte::dirty);
  tree.map(page + 1, frame + 1, fresh);
  const Address slot = tree.slot(page + 1, 0);
  const Address at = address + page_bytes;
  expect_fault(w.access(device, at), Cause::load_page_fault, TransactionType::untranslated_read,
               at);
  EXPECT_EQ(w.memory.get(slot), pte::make(frame + 1, fresh));
  words.tc |= IOMMU_TC_SADE;
  configure(words);
  EXPECT_EQ(w.access(device, at).fault, Fault::none);
  EXPECT_EQ(w.memory.get(slot), pte::make(frame + 1, fresh | pte::accessed));
  EXPECT_EQ(w.access(device, at, Access::store).fault, Fault::none);
  EXPECT_EQ(w.memory.get(slot), pte::make(frame + 1, urwx));
}

TEST_F(IommuTest, ASilentContextKeepsTranslationFaultsToItself) {
  words.tc |= IOMMU_TC_DTF;
  configure(words);
  EXPECT_EQ(w.access(device, address + 64 * page_bytes).fault, Fault::page_fault);
  EXPECT_TRUE(w.faults().empty());
  EXPECT_EQ(w.counted("unreported_faults"), 1u);
}

class IommuModes : public testing::TestWithParam<std::pair<PagingMode, PagingMode>> {};

TEST_P(IommuModes, APageGoesThroughBothStages) {
  const auto [first, second] = GetParam();
  World w;
  w.enable_faults();
  DeviceWords words;
  constexpr std::uint32_t device = 5;
  constexpr PageNumber guest_page = 0x300;
  constexpr PageNumber frame = first_data + 9;
  constexpr Address offset = 0x340;
  PageNumber iova_page = first == PagingMode::bare ? guest_page : PageNumber{0x12345};
  PageNumber last = first == PagingMode::bare ? frame : guest_page;
  if (second != PagingMode::bare) {
    TableBuilder guest = w.guest_tree(second);
    // Guest-physical memory, as far as the test uses it, lies where physical memory does.
    for (PageNumber i = first_table; i < 512; ++i) guest.map(i, i, urwx);
    guest.map(guest_page, frame, urwx);
    words.iohgatp = iohgatp_of(second, guest.root(), 77);
  } else {
    last = frame;
    if (first == PagingMode::bare) iova_page = frame;
  }
  if (first != PagingMode::bare) {
    TableBuilder tree = w.tree(first);
    tree.map(iova_page, last, urwx);
    words.fsc = fsc_of(first, tree.root());
  }
  w.set_device(device, words);
  w.set_mode(IOMMU_DDTP_1LVL);
  for (unsigned i = 0; i < 2; ++i) {  // by a walk, and from the IOTLB
    const auto found = w.access(device, iova_page * page_bytes + offset, Access::store);
    ASSERT_EQ(found.fault, Fault::none);
    EXPECT_EQ(found.translation.pfn, frame);
    EXPECT_EQ(found.hit, i == 1);
  }
  EXPECT_TRUE(w.faults().empty());
}

std::vector<std::pair<PagingMode, PagingMode>> all_modes() {
  std::vector<std::pair<PagingMode, PagingMode>> modes;
  for (const auto first :
       {PagingMode::bare, PagingMode::sv39, PagingMode::sv48, PagingMode::sv57}) {
    for (const auto second :
         {PagingMode::bare, PagingMode::sv39, PagingMode::sv48, PagingMode::sv57}) {
      modes.emplace_back(first, second);
    }
  }
  return modes;
}

INSTANTIATE_TEST_SUITE_P(AllModes, IommuModes, testing::ValuesIn(all_modes()),
                         [](const auto& param) {
                           return "First" + std::to_string(levels(param.param.first)) + "Second" +
                                  std::to_string(levels(param.param.second));
                         });

/// The device of IommuTest, in a guest whose memory lies `guest_base` frames up.
class TwoStageTest : public IommuTest {
 protected:
  static constexpr PageNumber guest_base = 1024;
  static constexpr std::uint16_t gscid = 0x1234;

  TwoStageTest() {
    // The guest's tables: guest-physical page g is frame g + guest_base.
    for (PageNumber g = 0; g < 64; ++g) guest.map(g, g + guest_base, urwx);
    for (PageNumber i = 0; i < 512; ++i) inner_clear(i);
    inner.map(page, data_page, urwx);
    words.iohgatp = iohgatp_of(PagingMode::sv39, guest.root(), gscid);
    words.fsc = fsc_of(PagingMode::sv39, inner.root());
    configure(words);
  }
  void inner_clear(PageNumber i) { w.memory.set((1 + guest_base) * page_bytes + 8 * i, 0); }

  static constexpr PageNumber data_page = 40;
  FramePool guest_frames{2, 32};
  TableBuilder guest = w.guest_tree(PagingMode::sv39);
  TableBuilder inner{w.memory,
                     PagingMode::sv39,
                     1,
                     false,
                     [this] { return guest_frames.take(); },
                     [](Address a) { return a + guest_base * page_bytes; }};
};

TEST_F(TwoStageTest, AGuestPageFaultReportsTheGuestPhysicalAddress) {
  inner.map(page + 1, 200, urwx);  // not in the second stage
  const Address at = address + page_bytes;
  expect_fault(w.access(device, at, Access::store), Cause::store_guest_page_fault,
               TransactionType::untranslated_write, at, 200 * page_bytes + 0x128);
}

TEST_F(TwoStageTest, AGuestPageFaultOfAnImplicitAccessSaysSo) {
  constexpr PageNumber elsewhere = 0x3FFFFFF;  // its tables are not there yet
  const Address slot = inner.slot(elsewhere, 2);
  inner.set(slot, pte::make(300, pte::valid));  // a table outside the guest's memory
  const Address at = elsewhere << page_shift;
  const Address table_entry_address = 300 * page_bytes + 8 * 511;
  expect_fault(w.access(device, at), Cause::load_guest_page_fault,
               TransactionType::untranslated_read, at, table_entry_address | 1);
}

TEST_F(TwoStageTest, TheSecondStageSetsItsBitsOnlyWithGade) {
  constexpr std::uint64_t fresh = urwx & ~(pte::accessed | pte::dirty);
  guest.map(data_page, data_page + guest_base, fresh);
  expect_fault(w.access(device, address), Cause::load_guest_page_fault,
               TransactionType::untranslated_read, address, data_page * page_bytes + 0x128);
  words.tc |= IOMMU_TC_GADE;
  configure(words);
  EXPECT_EQ(w.access(device, address, Access::store).fault, Fault::none);
  EXPECT_EQ(w.memory.get(guest.slot(data_page, 0)), pte::make(data_page + guest_base, urwx));
}

TEST_F(IommuTest, TwoDevicesOfEqualIdentifiersAndOtherTablesShareNothing) {
  TableBuilder other = w.tree(PagingMode::sv39);
  other.map(page, frame + 1, urwx);
  DeviceWords second = words;
  second.fsc = fsc_of(PagingMode::sv39, other.root());
  w.set_device(device + 1, second);
  EXPECT_EQ(w.access(device, address).translation.pfn, frame);
  EXPECT_EQ(w.access(device + 1, address).translation.pfn, frame + 1);
  EXPECT_EQ(w.access(device, address).translation.pfn, frame);
}

TEST_F(IommuTest, TwoDevicesOfOneAddressSpaceShareTheIotlb) {
  w.set_device(device + 1, words);
  (void)w.access(device, address);
  EXPECT_TRUE(w.access(device + 1, address).hit);
}

TEST_F(IommuTest, TheRealmOfADeviceIsThatWhichItIsToldToHave) {
  w.iommu->set_realms([](std::uint32_t number) { return static_cast<std::uint16_t>(number + 4); });
  w.ownership.asked.clear();
  (void)w.access(device, address);
  ASSERT_FALSE(w.ownership.asked.empty());
  EXPECT_EQ(w.ownership.asked[0].request.realm, device + 4);
}

}  // namespace
}  // namespace kilburn::iommu::test
