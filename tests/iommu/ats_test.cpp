// Address translation services: translation requests, translated requests, page requests.
#include <gtest/gtest.h>

#include "iommu/world.h"

namespace kilburn::iommu::test {
namespace {

using Status = dma::AtsReply::Status;

/// Remembers what is sent to functions.
class Functions final : public dma::AtsPort {
 public:
  std::vector<GroupResponse> responses;
  std::optional<Cycles> invalidate(const Invalidation&, Cycles) override { return 1; }
  void respond(const GroupResponse& response, Cycles) override { responses.push_back(response); }
};

class AtsTest : public IommuTest {
 protected:
  AtsTest() {
    words.tc |= IOMMU_TC_EN_ATS | IOMMU_TC_EN_PRI;
    configure(words);
    w.iommu->connect(&functions);
  }
  dma::AtsReply ask(Address at, bool no_write = false,
                    std::optional<dma::Pasid> process = std::nullopt) {
    return w.iommu->translation_request({.device = device, .process = process},
                                        IoVirtualAddress(at), no_write, w.now);
  }
  Functions functions;
};

TEST_F(AtsTest, ATranslationRequestIsAnsweredWithThePageAndItsRights) {
  const auto reply = ask(address);
  EXPECT_EQ(reply.status, Status::success);
  EXPECT_EQ(reply.address, PhysicalAddress(frame << page_shift));
  EXPECT_EQ(reply.bytes, page_bytes);
  EXPECT_TRUE(reply.readable);
  EXPECT_TRUE(reply.writable);
  EXPECT_FALSE(reply.executable) << "not asked for";
  EXPECT_FALSE(ask(address, true).writable) << "no write was asked for";
}

TEST_F(AtsTest, WhatIsNotMappedIsASuccessWithoutRightsAndNotReported) {
  const auto reply = ask(address + 64 * page_bytes);
  EXPECT_EQ(reply.status, Status::success);
  EXPECT_FALSE(reply.readable || reply.writable || reply.executable);
  EXPECT_TRUE(w.faults().empty());
}

TEST_F(AtsTest, AReadOnlyPageIsReadableAndNotReported) {
  tree.map(page + 1, frame + 1, urwx & ~pte::write);
  const auto reply = ask(address + page_bytes);
  EXPECT_TRUE(reply.readable);
  EXPECT_FALSE(reply.writable);
  EXPECT_TRUE(w.faults().empty());
}

TEST_F(AtsTest, ADeviceThatMayNotAskIsUnsupportedAndReported) {
  words.tc = IOMMU_ENTRY_VALID;
  configure(words);
  EXPECT_EQ(ask(address).status, Status::unsupported);
  EXPECT_EQ(w.faults().at(0).type, TransactionType::translation_request);
  w.set_mode(IOMMU_DDTP_OFF);
  EXPECT_EQ(ask(address).status, Status::unsupported);
  EXPECT_EQ(w.faults().at(0).cause, Cause::all_disallowed);
}

TEST_F(AtsTest, AFrameThatTheRmuDeniesAbortsTheRequest) {
  w.ownership.replies[frame] = {.allowed = false};
  EXPECT_EQ(ask(address).status, Status::abort);
  EXPECT_EQ(w.faults().at(0).cause, Cause::load_access_fault);
}

TEST_F(AtsTest, ATranslatedRequestIsPhysicalAndTheRmuIsAsked) {
  const dma::Requester translated{.device = device, .type = dma::AddressType::translated};
  EXPECT_EQ(w.access(translated, frame * page_bytes).translation.pfn, frame);
  w.ownership.replies[frame + 1] = {.allowed = false};
  expect_fault(w.access(translated, (frame + 1) * page_bytes, Access::store),
               Cause::store_access_fault, TransactionType::translated_write,
               (frame + 1) * page_bytes);
}

TEST_F(AtsTest, WithGuestPhysicalAddressesADeviceGetsThemAndIsTranslatedAgain) {
  // Tables lie where they lie; guest-physical page 600 is the frame.
  constexpr PageNumber guest_page = 600;
  TableBuilder guest = w.guest_tree(PagingMode::sv39);
  for (PageNumber i = first_table; i < 512; ++i) guest.map(i, i, urwx);
  guest.map(guest_page, frame, urwx & ~pte::write);
  tree.map(page, guest_page, urwx);
  words.iohgatp = iohgatp_of(PagingMode::sv39, guest.root(), 3);
  words.tc |= IOMMU_TC_T2GPA;
  configure(words);
  for (unsigned i = 0; i < 2; ++i) {
    const auto reply = ask(address);
    EXPECT_EQ(reply.address.value(), guest_page << page_shift);
    EXPECT_TRUE(reply.readable);
    EXPECT_FALSE(reply.writable) << "the second stage has its say";
    EXPECT_EQ(w.access(device, address).translation.pfn, frame);
  }
  const dma::Requester translated{.device = device, .type = dma::AddressType::translated};
  EXPECT_EQ(w.access(translated, guest_page << page_shift).translation.pfn, frame);
  const Address other = (guest_page + 1) << page_shift;
  expect_fault(w.access(translated, other), Cause::load_guest_page_fault,
               TransactionType::translated_read, other, other);
}

class PageRequests : public AtsTest {
 protected:
  static constexpr std::uint64_t group = 0x0A5;
  static constexpr std::uint64_t payload = 0x7654'3000 | group << IOMMU_PAGE_REQUEST_GROUP_SHIFT |
                                           IOMMU_PAGE_REQUEST_LAST | IOMMU_PAGE_REQUEST_READ;
  void request(std::uint64_t what = payload, std::optional<dma::Pasid> process = std::nullopt) {
    w.iommu->page_request({.device = device, .process = process, .payload = what}, w.now);
  }
  /// Source: PCI Express Base 5.0, 10.4.2.1: destination, code, group.
  void expect_response(std::uint64_t code) {
    ASSERT_EQ(functions.responses.size(), 1u);
    EXPECT_EQ(functions.responses[0].payload,
              std::uint64_t{device} << 48 | code << 44 | group << 32);
    functions.responses.clear();
  }
};

TEST_F(PageRequests, AreQueuedForSoftware) {
  w.enable_page_requests();
  request(payload, dma::Pasid{0x77, true, false});
  const Address at = page_request_frame * page_bytes;
  EXPECT_EQ(w.get32(IOMMU_PQT), 1u);
  EXPECT_EQ(w.memory.get(at), std::uint64_t{device} << IOMMU_PAGE_REQUEST_DID_SHIFT |
                                  IOMMU_PAGE_REQUEST_PV | IOMMU_PAGE_REQUEST_PRIV |
                                  0x77u << IOMMU_PAGE_REQUEST_PID_SHIFT);
  EXPECT_EQ(w.memory.get(at + 8), payload);
  EXPECT_EQ(w.get32(IOMMU_IPSR), 1u << IOMMU_INTERRUPT_PAGE);
  EXPECT_TRUE(functions.responses.empty());
}

TEST_F(PageRequests, AreAnsweredWithFailureWhileTheQueueIsOff) {
  request();
  expect_response(0xF);
}

TEST_F(PageRequests, AreAnsweredWithSuccessWhereTheQueueIsFull) {
  w.enable_page_requests(1);
  request();
  request();
  EXPECT_NE(w.get32(IOMMU_PQCSR) & IOMMU_QUEUE_OVERFLOW, 0u);
  expect_response(0);
  w.set32(IOMMU_PQH, 1);
  w.set32(IOMMU_PQCSR, IOMMU_QUEUE_ENABLE | IOMMU_QUEUE_OVERFLOW);
  request();
  EXPECT_EQ(w.get32(IOMMU_PQT), 0u) << "queued: the tail has gone round";
}

TEST_F(PageRequests, AreAnsweredWithFailureWhereMemoryRefusesThem) {
  w.enable_page_requests();
  w.ownership.replies[page_request_frame] = {.allowed = false};
  request();
  EXPECT_NE(w.get32(IOMMU_PQCSR) & IOMMU_QUEUE_FAULT, 0u);
  expect_response(0xF);
}

TEST_F(PageRequests, AreAnsweredAsInvalidWhereTheDeviceMayNotAsk) {
  w.enable_page_requests();
  words.tc = IOMMU_ENTRY_VALID | IOMMU_TC_EN_ATS;
  configure(words);
  request();
  expect_response(1);
  const auto faults = w.faults();
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].cause, Cause::type_disallowed);
  EXPECT_EQ(faults[0].type, TransactionType::message);
  w.set_mode(IOMMU_DDTP_OFF);
  request();
  expect_response(0xF);
}

TEST_F(PageRequests, ThatAreNotTheLastOfTheirGroupAndStopMarkersAreNotAnswered) {
  request(payload & ~IOMMU_PAGE_REQUEST_LAST);
  request(payload & ~IOMMU_PAGE_REQUEST_READ);
  EXPECT_TRUE(functions.responses.empty());
}

TEST_F(PageRequests, AreAnsweredWithTheirPasidWhereThatIsRequired) {
  w.enable_page_requests(1);
  words.tc |= IOMMU_TC_PRPR;
  configure(words);
  request();
  request(payload, dma::Pasid{0x55});
  ASSERT_EQ(functions.responses.size(), 1u);
  EXPECT_EQ(functions.responses[0].pasid, 0x55u);
  words.tc &= ~IOMMU_TC_PRPR;
  configure(words);
  request(payload, dma::Pasid{0x55});
  EXPECT_EQ(functions.responses.at(1).pasid, std::nullopt);
}

}  // namespace
}  // namespace kilburn::iommu::test
