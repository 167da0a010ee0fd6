// Fault and page-request queues, interrupts, debug translation, and what registers keep of a write.
#include <gtest/gtest.h>

#include "iommu/world.h"

namespace kilburn::iommu::test {
namespace {

constexpr Address outside = Address{0x70000} << page_shift;
constexpr std::uint32_t on_with_interrupts = IOMMU_QUEUE_ENABLE | IOMMU_QUEUE_INTERRUPT;
constexpr std::uint32_t fault_bit = 1u << IOMMU_INTERRUPT_FAULT;

TEST_F(IommuTest, AFullFaultQueueLosesRecordsSetsTheOverflowBitAndGoesOn) {
  w.set32(IOMMU_FQCSR, 0);
  w.enable_faults(2);  // four entries, three records
  for (unsigned i = 0; i < 3; ++i) (void)w.access(device, outside + i * page_bytes);
  EXPECT_EQ(w.get32(IOMMU_FQT), 3u);
  EXPECT_EQ(w.get32(IOMMU_FQCSR) & IOMMU_QUEUE_OVERFLOW, 0u);
  (void)w.access(device, outside + 3 * page_bytes);
  EXPECT_EQ(w.get32(IOMMU_FQT), 3u);
  EXPECT_NE(w.get32(IOMMU_FQCSR) & IOMMU_QUEUE_OVERFLOW, 0u);
  // Devices go on, and are refused, but nothing is recorded until software has cleared the bit.
  EXPECT_EQ(w.access(device, address).fault, Fault::none);
  EXPECT_EQ(w.faults().size(), 3u);
  EXPECT_EQ(w.access(device, outside).fault, Fault::page_fault);
  EXPECT_TRUE(w.faults().empty());
  w.set32(IOMMU_FQCSR, on_with_interrupts | IOMMU_QUEUE_OVERFLOW);
  (void)w.access(device, outside + 9 * page_bytes);
  const auto faults = w.faults();
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].iotval, outside + 9 * page_bytes);
  EXPECT_EQ(w.counted("fault_queue.written"), 4u);
  EXPECT_EQ(w.counted("fault_queue.lost"), 2u);
}

TEST_F(IommuTest, MemoryThatRefusesARecordSetsFqmfAndTheQueueCanGoOn) {
  w.ownership.replies[fault_frame] = {.allowed = false};
  (void)w.access(device, outside);
  EXPECT_EQ(w.get32(IOMMU_FQT), 0u);
  EXPECT_NE(w.get32(IOMMU_FQCSR) & IOMMU_QUEUE_FAULT, 0u);
  w.ownership.replies.clear();
  (void)w.access(device, outside);
  EXPECT_EQ(w.get32(IOMMU_FQT), 0u) << "lost, as long as the bit is set";
  w.set32(IOMMU_FQCSR, on_with_interrupts | IOMMU_QUEUE_FAULT);
  (void)w.access(device, outside);
  EXPECT_EQ(w.get32(IOMMU_FQT), 1u);
}

TEST_F(IommuTest, ARecordThatMemoryMeetsBesideAnotherHasAPlaceOfItsOwn) {
  // While the first record is written another device faults.
  bool once = true;
  w.memory.after = [&](unsigned) {
    if (!once || w.get32(IOMMU_FQT) != 0 || w.memory.get(fault_frame * page_bytes) == 0) {
      return;
    }
    once = false;
    (void)w.access(device + 9, outside);
  };
  (void)w.access(device, outside);
  w.memory.after = nullptr;
  ASSERT_FALSE(once);
  const auto faults = w.faults();
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0].device, device);
  EXPECT_EQ(faults[0].iotval, outside);
  EXPECT_EQ(faults[1].device, device + 9);
}

TEST_F(IommuTest, SwitchedOffTheFaultQueueRecordsNothing) {
  w.set32(IOMMU_FQCSR, 0);
  EXPECT_EQ(w.access(device, outside).fault, Fault::page_fault);
  EXPECT_EQ(w.get32(IOMMU_FQT), 0u);
}

TEST_F(IommuTest, TheBaseOfAQueueThatIsOnStaysAsItIs) {
  const std::uint64_t base = w.get(IOMMU_FQB);
  w.set(IOMMU_FQB, 0x123 << IOMMU_PPN_SHIFT);
  EXPECT_EQ(w.get(IOMMU_FQB), base);
  w.set(IOMMU_CQB, 0x123 << IOMMU_PPN_SHIFT);
  EXPECT_EQ(w.get(IOMMU_CQB), std::uint64_t{command_frame} << IOMMU_PPN_SHIFT | 3);
}

TEST_F(IommuTest, AFaultInterruptsByWireUntilSoftwareHasSeenIt) {
  w.set32(IOMMU_FCTL, IOMMU_FCTL_WSI);
  w.set(IOMMU_ICVEC, 3u << 4 * IOMMU_INTERRUPT_FAULT);
  (void)w.access(device, outside);
  EXPECT_EQ(w.get32(IOMMU_IPSR), fault_bit);
  EXPECT_TRUE(w.lines.levels[3]);
  w.set32(IOMMU_IPSR, fault_bit);
  EXPECT_EQ(w.get32(IOMMU_IPSR), 0u);
  EXPECT_FALSE(w.lines.levels[3]);
}

TEST_F(IommuTest, AFaultWithInterruptsOffDoesNotPend) {
  w.set32(IOMMU_FQCSR, IOMMU_QUEUE_ENABLE);
  (void)w.access(device, outside);
  EXPECT_EQ(w.get32(IOMMU_IPSR), 0u);
  EXPECT_EQ(w.get32(IOMMU_FQT), 1u);
}

TEST_F(IommuTest, AFaultInterruptsByMessageAndAMaskedOnePends) {
  constexpr Address target = Address{0x2800'0000};
  const unsigned entry = IOMMU_MSI_CFG_TBL + 1 * IOMMU_MSI_ENTRY_BYTES;
  w.set(entry, target);
  w.set32(entry + IOMMU_MSI_DATA, 42);
  w.set(IOMMU_ICVEC, 1u << 4 * IOMMU_INTERRUPT_FAULT);
  (void)w.access(device, outside);
  EXPECT_EQ(w.messages.sent, (std::vector<Messages::Sent>{{target, 42}}));
  (void)w.access(device, outside);
  EXPECT_EQ(w.messages.sent.size(), 1u) << "it pends already";
  w.set32(entry + IOMMU_MSI_CONTROL, IOMMU_MSI_MASKED);
  w.set32(IOMMU_IPSR, fault_bit);
  (void)w.access(device, outside);
  EXPECT_EQ(w.messages.sent.size(), 1u);
  w.set32(entry + IOMMU_MSI_CONTROL, 0);
  EXPECT_EQ(w.messages.sent.size(), 2u);
  w.set32(entry + IOMMU_MSI_CONTROL, 0);
  EXPECT_EQ(w.messages.sent.size(), 2u) << "sent twice";
}

TEST_F(IommuTest, AMessageThatIsRefusedIsAFaultOfItsOwn) {
  constexpr Address target = Address{0x2800'0000};
  w.messages.refuses = target;
  w.set32(IOMMU_FQCSR, IOMMU_QUEUE_ENABLE);  // its own interrupt would be refused as well
  w.set(IOMMU_MSI_CFG_TBL, target);
  w.command(0);  // illegal: interrupts with vector 0
  const auto faults = w.faults();
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].cause, Cause::message_write_fault);
  EXPECT_EQ(faults[0].type, TransactionType::none);
  EXPECT_EQ(faults[0].iotval, target);
}

TEST_F(IommuTest, AMessageToItsOwnRegistersIsRefused) {
  w.set(IOMMU_MSI_CFG_TBL, own_registers + IOMMU_IPSR);
  w.command(0);
  EXPECT_TRUE(w.messages.sent.empty());
  EXPECT_EQ(w.faults().at(0).cause, Cause::message_write_fault);
}

TEST_F(IommuTest, RegistersKeepOfAWriteWhatIsLegal) {
  w.set(IOMMU_CAPABILITIES, 0);
  EXPECT_EQ(w.get(IOMMU_CAPABILITIES) & IOMMU_CAP_VERSION_MASK, 0x10u);
  EXPECT_EQ(w.get(IOMMU_CAPABILITIES) >> IOMMU_CAP_PAS_SHIFT & 0x3F, 56u);
  w.set32(IOMMU_FCTL, UINT32_MAX);
  EXPECT_EQ(w.get32(IOMMU_FCTL), static_cast<std::uint32_t>(IOMMU_FCTL_WSI));
  w.set(IOMMU_ICVEC, UINT64_MAX);
  EXPECT_EQ(w.get(IOMMU_ICVEC), 0x3333u);
  const std::uint64_t before = w.get(IOMMU_DDTP);
  w.set(IOMMU_DDTP, 5);
  EXPECT_EQ(w.get(IOMMU_DDTP), before) << "mode 5 is reserved";
  w.set(IOMMU_DDTP, IOMMU_DDTP_3LVL);
  EXPECT_EQ(w.get(IOMMU_DDTP), before) << "from one depth to another only through Bare or Off";
  w.set(IOMMU_DDTP, (UINT64_MAX & ~std::uint64_t{0xF}) | IOMMU_DDTP_BARE);
  EXPECT_EQ(w.get(IOMMU_DDTP), 0x003F'FFFF'FFFF'FC01u);
  w.set32(IOMMU_CQCSR, 0);
  w.set(IOMMU_CQB, UINT64_MAX);
  EXPECT_EQ(w.get(IOMMU_CQB), 0x003F'FFFF'FFFF'FC1Fu);
  w.set(IOMMU_CQB, 2);  // eight entries
  w.set32(IOMMU_CQT, UINT32_MAX);
  EXPECT_EQ(w.get32(IOMMU_CQT), 7u);
  w.set32(IOMMU_CQH, 5);
  EXPECT_EQ(w.get32(IOMMU_CQH), 0u);
  w.set(IOMMU_MSI_CFG_TBL, UINT64_MAX);
  EXPECT_EQ(w.get(IOMMU_MSI_CFG_TBL), 0x00FF'FFFF'FFFF'FFFCu);
  w.set(IOMMU_MSI_CFG_TBL + 4 * IOMMU_MSI_ENTRY_BYTES, UINT64_MAX);
  EXPECT_EQ(w.get(IOMMU_MSI_CFG_TBL + 4 * IOMMU_MSI_ENTRY_BYTES), 0u) << "there are four vectors";
}

TEST_F(IommuTest, WideRegistersCanBeWrittenByHalves) {
  w.set32(IOMMU_CQCSR, 0);
  w.set(IOMMU_CQB, 0);
  w.set32(IOMMU_CQB + 4, 0x0012'3456);
  w.set32(IOMMU_CQB, 0x89AB'CC03);
  EXPECT_EQ(w.get(IOMMU_CQB), 0x0012'3456'89AB'CC03u);
  EXPECT_EQ(w.get32(IOMMU_CQB + 4), 0x0012'3456u);
}

TEST_F(IommuTest, EveryOffsetCanBeReadAndWritten) {
  for (unsigned offset = 0; offset < IOMMU_REGISTER_BYTES; offset += 4) {
    (void)w.get32(offset);
    w.set32(offset, UINT32_MAX);
    if (offset % 8 == 0) w.set(offset, UINT64_MAX);
  }
  // Commands from nowhere: the queue's base is all ones.
  for (unsigned i = 0; i < 4 && w.iommu->has_work(); ++i) {
    (void)w.iommu->start_work(0);
    w.iommu->finish_work(1);
  }
  EXPECT_FALSE(w.iommu->has_work());
}

class DebugTranslation : public IommuTest {
 protected:
  std::uint64_t ask(Address at, std::uint64_t control) {
    w.set(IOMMU_TR_REQ_IOVA, at);
    w.set(IOMMU_TR_REQ_CTL,
          control | IOMMU_TR_REQ_GO | std::uint64_t{device} << IOMMU_TR_REQ_DID_SHIFT);
    EXPECT_NE(w.get(IOMMU_TR_REQ_CTL) & IOMMU_TR_REQ_GO, 0u) << "busy until it is done";
    w.work();
    EXPECT_EQ(w.get(IOMMU_TR_REQ_CTL) & IOMMU_TR_REQ_GO, 0u);
    return w.get(IOMMU_TR_RESPONSE);
  }
};

TEST_F(DebugTranslation, AnswersThePage) {
  EXPECT_EQ(ask(address, 0), frame << IOMMU_PPN_SHIFT);
}

TEST_F(DebugTranslation, SaysThatThereWasAFaultAndReportsIt) {
  tree.map(page + 1, frame + 1, urwx & ~pte::write);
  const Address at = (page + 1) << page_shift;
  EXPECT_EQ(ask(at, IOMMU_TR_REQ_NO_WRITE), (frame + 1) << IOMMU_PPN_SHIFT);
  EXPECT_EQ(ask(at, 0), IOMMU_TR_RESPONSE_FAULT);
  const auto faults = w.faults();
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].cause, Cause::store_page_fault);
  EXPECT_EQ(faults[0].iotval, at);
}

TEST_F(DebugTranslation, EncodesTheSizeOfASuperpageInItsPageNumber) {
  constexpr PageNumber big = 0x60000;  // a multiple of 512
  constexpr PageNumber big_frame = 0x1200;
  tree.map(big, big_frame, urwx, 1);
  w.ownership.replies[big_frame + 7] = {.order = 40};
  const std::uint64_t response = ask((big + 7) << page_shift, 0);
  EXPECT_NE(response & IOMMU_TR_RESPONSE_SUPERPAGE, 0u);
  // 2 MiB: the page number ends in a zero and eight ones.
  EXPECT_EQ(response >> IOMMU_PPN_SHIFT, big_frame | 0xFF);
}

TEST_F(DebugTranslation, RegistersStayAsTheyAreWhileItIsBusy) {
  w.set(IOMMU_TR_REQ_IOVA, address);
  w.set(IOMMU_TR_REQ_CTL, IOMMU_TR_REQ_GO);
  w.set(IOMMU_TR_REQ_IOVA, 0);
  EXPECT_EQ(w.get(IOMMU_TR_REQ_IOVA), address & ~Address{0xFFF});
  EXPECT_EQ(w.iommu->next_event(), 0u);
  w.work();
  EXPECT_EQ(w.iommu->next_event(), Timebase::never);
}

}  // namespace
}  // namespace kilburn::iommu::test
