// Commands of the queue: what each does, which are illegal, and how the queue stops and goes on.
#include <gtest/gtest.h>

#include "iommu/world.h"

namespace kilburn::iommu::test {
namespace {

constexpr std::uint64_t vma = IOMMU_OPCODE_IOTINVAL;
constexpr std::uint64_t gvma = IOMMU_OPCODE_IOTINVAL | IOMMU_IOTINVAL_GVMA << IOMMU_FUNCTION_SHIFT;
constexpr std::uint64_t fence = IOMMU_OPCODE_IOFENCE;
constexpr std::uint64_t inval_ddt = IOMMU_OPCODE_IODIR;
constexpr std::uint64_t inval_pdt = IOMMU_OPCODE_IODIR | IOMMU_IODIR_INVAL_PDT
                                                             << IOMMU_FUNCTION_SHIFT;
constexpr std::uint64_t ats_inval = IOMMU_OPCODE_ATS;
constexpr std::uint64_t ats_prgr = IOMMU_OPCODE_ATS | IOMMU_ATS_PRGR << IOMMU_FUNCTION_SHIFT;

std::uint64_t pscid_operand(std::uint32_t pscid) {
  return IOMMU_IOTINVAL_PSCV | std::uint64_t{pscid} << IOMMU_IOTINVAL_PSCID_SHIFT;
}
std::uint64_t gscid_operand(std::uint16_t gscid) {
  return IOMMU_IOTINVAL_GV | std::uint64_t{gscid} << IOMMU_IOTINVAL_GSCID_SHIFT;
}
std::uint64_t page_operand(PageNumber page) {
  return page << IOMMU_IOTINVAL_PAGE_SHIFT;
}

/// Four address spaces: of the host two (PSCID 1 and 2), of guests 5 and 6 one each (PSCID 1).
/// Each maps two pages far apart.
class IotinvalTest : public testing::Test {
 protected:
  static constexpr PageNumber page = 0x40200;
  static constexpr PageNumber far_page = 0x50400;
  struct Space {
    std::uint32_t device;
    std::uint32_t pscid;
    std::optional<std::uint16_t> gscid;
  };
  inline static const Space spaces[] = {{1, 1, {}}, {2, 2, {}}, {3, 1, 5}, {4, 1, 6}};

  IotinvalTest() {
    w.enable_commands();
    w.enable_faults();
    for (const Space& space : spaces) {
      TableBuilder tree = w.tree(PagingMode::sv39);
      const PageNumber frame = first_data + space.device * 16;
      tree.map(page, frame, urwx);
      tree.map(far_page, frame + 1, urwx);
      DeviceWords words;
      words.fsc = fsc_of(PagingMode::sv39, tree.root());
      words.ta = pscid_in(space.pscid);
      if (space.gscid) {
        TableBuilder guest = w.guest_tree(PagingMode::sv39);
        for (PageNumber i = first_table; i < 512; ++i) guest.map(i, i, urwx);
        guest.map(frame, frame, urwx);
        guest.map(frame + 1, frame + 1, urwx);
        words.iohgatp = iohgatp_of(PagingMode::sv39, guest.root(), *space.gscid);
      }
      w.set_device(space.device, words);
    }
    w.set_mode(IOMMU_DDTP_1LVL);
    for (const Space& space : spaces) {
      for (const PageNumber at : {page, far_page}) {
        EXPECT_EQ(w.access(space.device, at << page_shift).fault, Fault::none);
      }
    }
  }
  /// By device: which of its pages the IOTLB still has.
  std::string held() {
    std::string result;
    for (const Space& space : spaces) {
      for (const PageNumber at : {page, far_page}) {
        result += w.access(space.device, at << page_shift).hit ? 'x' : '-';
      }
      result += ' ';
    }
    return result;
  }
  World w;
};

TEST_F(IotinvalTest, BeforeAnyCommandAllIsHeld) {
  EXPECT_EQ(held(), "xx xx xx xx ");
}
TEST_F(IotinvalTest, VmaOfAllTakesTheHostsSpaces) {
  w.command(vma);
  EXPECT_EQ(held(), "-- -- xx xx ");
}
TEST_F(IotinvalTest, VmaOfAProcessTakesItsSpace) {
  w.command(vma | pscid_operand(2));
  EXPECT_EQ(held(), "xx -- xx xx ");
}
TEST_F(IotinvalTest, VmaOfAnAddressTakesItFromEverySpaceOfTheHost) {
  w.command(vma | IOMMU_IOTINVAL_AV, page_operand(page));
  EXPECT_EQ(held(), "-x -x xx xx ");
}
TEST_F(IotinvalTest, VmaOfAProcessAndAnAddressTakesThatPage) {
  w.command(vma | IOMMU_IOTINVAL_AV | pscid_operand(1), page_operand(far_page));
  EXPECT_EQ(held(), "x- xx xx xx ");
}
TEST_F(IotinvalTest, VmaOfAGuestTakesItsSpaces) {
  w.command(vma | gscid_operand(5));
  EXPECT_EQ(held(), "xx xx -- xx ");
}
TEST_F(IotinvalTest, VmaOfAGuestAndAProcessTakesThatSpace) {
  w.command(vma | gscid_operand(6) | pscid_operand(1));
  EXPECT_EQ(held(), "xx xx xx -- ");
  w.command(vma | gscid_operand(5) | pscid_operand(2));
  EXPECT_EQ(held(), "xx xx xx xx ");
}
TEST_F(IotinvalTest, VmaOfAGuestAndAnAddressTakesThatPage) {
  w.command(vma | IOMMU_IOTINVAL_AV | gscid_operand(5), page_operand(page));
  EXPECT_EQ(held(), "xx xx -x xx ");
}
TEST_F(IotinvalTest, VmaOfAGuestAProcessAndAnAddressTakesThatPage) {
  w.command(vma | IOMMU_IOTINVAL_AV | gscid_operand(5) | pscid_operand(1), page_operand(page));
  EXPECT_EQ(held(), "xx xx -x xx ");
}
TEST_F(IotinvalTest, GvmaOfAllTakesTheGuestsSpaces) {
  w.command(gvma);
  EXPECT_EQ(held(), "xx xx -- -- ");
}
TEST_F(IotinvalTest, GvmaOfAGuestTakesItsSpaces) {
  w.command(gvma | gscid_operand(6));
  EXPECT_EQ(held(), "xx xx xx -- ");
}
TEST_F(IotinvalTest, GvmaOfAGuestPhysicalPageTakesAtLeastWhatLiesThere) {
  w.command(gvma | IOMMU_IOTINVAL_AV | gscid_operand(5), page_operand(first_data + 3 * 16));
  const std::string left = held();
  EXPECT_EQ(left.substr(0, 7), "xx xx -");
  EXPECT_EQ(left.substr(9), "xx ") << "another guest's went, too";
}

/// Commands that are not legal: reserved bits and encodings, and what is not supported.
struct Illegal {
  std::string name;
  std::uint64_t low;
  std::uint64_t high = 0;
};
void PrintTo(const Illegal& illegal, std::ostream* out) {
  *out << illegal.name;
}

class IllegalCommands : public IommuTest, public testing::WithParamInterface<Illegal> {};

TEST_P(IllegalCommands, StopTheQueueWithCmdIllUntilSoftwareHasClearedIt) {
  w.command(vma);
  ASSERT_EQ(w.get32(IOMMU_CQH), 1u);
  w.command(GetParam().low, GetParam().high);
  EXPECT_EQ(w.get32(IOMMU_CQH), 1u) << "the head stays at the command that is illegal";
  EXPECT_EQ(w.get32(IOMMU_CQCSR) & IOMMU_CQCSR_ILLEGAL, IOMMU_CQCSR_ILLEGAL);
  EXPECT_EQ(w.get32(IOMMU_IPSR) & 1u << IOMMU_INTERRUPT_COMMAND, 1u << IOMMU_INTERRUPT_COMMAND);
  w.command(vma);
  EXPECT_EQ(w.get32(IOMMU_CQH), 1u) << "nothing is carried out behind it";
  // Software puts a legal one in its place, and goes on.
  w.memory.set(command_frame * page_bytes + 16, vma);
  w.memory.set(command_frame * page_bytes + 24, 0);
  w.set32(IOMMU_CQCSR, IOMMU_QUEUE_ENABLE | IOMMU_QUEUE_INTERRUPT | IOMMU_CQCSR_ILLEGAL);
  w.work();
  EXPECT_EQ(w.get32(IOMMU_CQH), 3u);
  EXPECT_EQ(w.get32(IOMMU_CQCSR) & IOMMU_CQCSR_ILLEGAL, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Encodings, IllegalCommands,
    testing::Values(Illegal{"OpcodeZero", 0}, Illegal{"OpcodeFive", 5}, Illegal{"CustomOpcode", 64},
                    Illegal{"IotinvalFunction", vma | 2 << IOMMU_FUNCTION_SHIFT},
                    Illegal{"IotinvalReserved", vma | 1u << 11},
                    Illegal{"IotinvalNonLeaf", vma | std::uint64_t{1} << 34},
                    Illegal{"IotinvalRange", vma, 1u << 9},
                    Illegal{"IotinvalHighReserved", vma, std::uint64_t{1} << 62},
                    Illegal{"GvmaWithProcess", gvma | IOMMU_IOTINVAL_PSCV},
                    Illegal{"FenceFunction", fence | 1 << IOMMU_FUNCTION_SHIFT},
                    Illegal{"FenceReserved", fence | 1u << 14},
                    Illegal{"FenceHighReserved", fence, std::uint64_t{1} << 63},
                    Illegal{"FenceWireOfMessages", fence | IOMMU_IOFENCE_WSI},
                    Illegal{"IodirFunction", inval_ddt | 2 << IOMMU_FUNCTION_SHIFT},
                    Illegal{"IodirReserved", inval_ddt | 1u << 10},
                    Illegal{"IodirHigh", inval_ddt, 1},
                    Illegal{"DdtWithProcess", inval_ddt | 1u << IOMMU_IODIR_PID_SHIFT},
                    Illegal{"DdtOfADeviceTooWide", inval_ddt | IOMMU_IODIR_DV |
                                                       std::uint64_t{64} << IOMMU_IODIR_DID_SHIFT},
                    Illegal{"PdtWithoutDevice", inval_pdt},
                    Illegal{"PdtOfADeviceTooWide", inval_pdt | IOMMU_IODIR_DV |
                                                       std::uint64_t{64} << IOMMU_IODIR_DID_SHIFT},
                    Illegal{"AtsFunction", ats_inval | 2 << IOMMU_FUNCTION_SHIFT},
                    Illegal{"AtsReserved", ats_inval | 1u << 10}),
    [](const auto& param) { return param.param.name; });

TEST(CommandsWithoutAts, AreIllegal) {
  World w({.ats = false});
  w.enable_commands();
  w.command(ats_inval);
  EXPECT_NE(w.get32(IOMMU_CQCSR) & IOMMU_CQCSR_ILLEGAL, 0u);
}

TEST_F(IommuTest, InvalidatingAProcessSparesTheDevicesOthers) {
  const PageNumber directory = w.take();
  for (unsigned process = 0; process < 2; ++process) {
    const Address at = directory * page_bytes + Address{16} * process;
    w.memory.set(at, IOMMU_ENTRY_VALID);
    w.memory.set(at + 8, fsc_of(PagingMode::sv39, tree.root()));
  }
  words.tc |= IOMMU_TC_PDTV;
  words.fsc = pdtp_of(IOMMU_PDTP_PD8, directory);
  configure(words);
  const auto of = [](std::uint32_t process) {
    return dma::Requester{.device = device, .process = dma::Pasid{process}};
  };
  for (unsigned process = 0; process < 2; ++process) {
    EXPECT_EQ(w.access(of(process), address).fault, Fault::none);
    w.memory.set(directory * page_bytes + Address{16} * process, 0);
  }
  w.command(inval_pdt | IOMMU_IODIR_DV | std::uint64_t{device} << IOMMU_IODIR_DID_SHIFT |
            1u << IOMMU_IODIR_PID_SHIFT);
  EXPECT_EQ(w.access(of(0), address).fault, Fault::none);
  EXPECT_NE(w.access(of(1), address).fault, Fault::none);
}

TEST_F(IommuTest, AFenceStoresItsDataWhenItCompletes) {
  const Address at = first_data * page_bytes + 12;
  w.command(fence | IOMMU_IOFENCE_AV | IOMMU_IOFENCE_PR | IOMMU_IOFENCE_PW |
                std::uint64_t{0xC0FFEE11} << IOMMU_IOFENCE_DATA_SHIFT,
            at >> 2);
  EXPECT_EQ(w.memory.get(at & ~Address{7}) >> 32, 0xC0FFEE11u);
  EXPECT_EQ(w.get32(IOMMU_CQH), 1u);
  EXPECT_EQ(w.get32(IOMMU_IPSR), 0u);
}

TEST_F(IommuTest, AFenceWithWsiInterruptsByWire) {
  w.set32(IOMMU_FCTL, IOMMU_FCTL_WSI);
  w.set(IOMMU_ICVEC, 2);  // commands have vector 2
  w.command(fence | IOMMU_IOFENCE_WSI);
  EXPECT_NE(w.get32(IOMMU_CQCSR) & IOMMU_CQCSR_FENCE, 0u);
  EXPECT_EQ(w.get32(IOMMU_IPSR), 1u << IOMMU_INTERRUPT_COMMAND);
  EXPECT_TRUE(w.lines.levels[2]);
  // The line falls when software has cleared both, and not before.
  w.set32(IOMMU_IPSR, 1);
  EXPECT_EQ(w.get32(IOMMU_IPSR), 1u) << "the fence's bit still stands";
  w.set32(IOMMU_CQCSR, IOMMU_QUEUE_ENABLE | IOMMU_QUEUE_INTERRUPT | IOMMU_CQCSR_FENCE);
  w.set32(IOMMU_IPSR, 1);
  EXPECT_EQ(w.get32(IOMMU_IPSR), 0u);
  EXPECT_FALSE(w.lines.levels[2]);
}

TEST_F(IommuTest, MemoryThatRefusesAFencesStoreSetsCqmfAndTheFenceCanBeTriedAgain) {
  w.ownership.replies[first_data] = {.allowed = false};
  w.command(fence | IOMMU_IOFENCE_AV, first_data * page_bytes >> 2);
  EXPECT_EQ(w.get32(IOMMU_CQH), 0u);
  EXPECT_NE(w.get32(IOMMU_CQCSR) & IOMMU_QUEUE_FAULT, 0u);
  w.ownership.replies.clear();
  w.set32(IOMMU_CQCSR, IOMMU_QUEUE_ENABLE | IOMMU_QUEUE_FAULT);
  w.work();
  EXPECT_EQ(w.get32(IOMMU_CQH), 1u);
}

TEST_F(IommuTest, MemoryThatRefusesACommandSetsCqmfAndTheQueueCanGoOn) {
  w.ownership.replies[command_frame] = {.allowed = false};
  w.command(vma);
  EXPECT_EQ(w.get32(IOMMU_CQH), 0u);
  EXPECT_NE(w.get32(IOMMU_CQCSR) & IOMMU_QUEUE_FAULT, 0u);
  EXPECT_EQ(w.get32(IOMMU_IPSR), 1u << IOMMU_INTERRUPT_COMMAND);
  w.ownership.replies.clear();
  w.work();
  EXPECT_EQ(w.get32(IOMMU_CQH), 0u) << "it goes on only when software has cleared the bit";
  w.set32(IOMMU_CQCSR, IOMMU_QUEUE_ENABLE | IOMMU_QUEUE_FAULT);
  w.work();
  EXPECT_EQ(w.get32(IOMMU_CQH), 1u);
}

TEST_F(IommuTest, TheHeadWrapsAtTheQueuesSize) {
  for (unsigned i = 0; i < 40; ++i) w.command(vma);
  EXPECT_EQ(w.get32(IOMMU_CQH), 40u % 16);
  EXPECT_EQ(w.counted("table_invalidations"), 40u);
}

TEST_F(IommuTest, SwitchedOffInTheMiddleOfACommandTheQueueStaysOnUntilItIsDone) {
  w.memory.set(command_frame * page_bytes, vma);
  w.set32(IOMMU_CQT, 1);
  ASSERT_TRUE(w.iommu->has_work());
  const Cycles taken = w.iommu->start_work(w.now);
  EXPECT_GE(taken, 20u) << "command_cycles";
  w.set32(IOMMU_CQCSR, 0);
  EXPECT_EQ(w.get32(IOMMU_CQCSR), static_cast<std::uint32_t>(IOMMU_QUEUE_ON | IOMMU_QUEUE_BUSY));
  w.set32(IOMMU_CQCSR, IOMMU_QUEUE_ENABLE);  // ignored while busy
  w.iommu->finish_work(w.now + taken);
  EXPECT_EQ(w.get32(IOMMU_CQCSR), 0u);
  EXPECT_EQ(w.iommu->next_event(), Timebase::never);
}

TEST_F(IommuTest, SwitchedOnTheQueueBeginsAtItsStart) {
  w.command(vma);
  w.set32(IOMMU_CQCSR, 0);
  w.set32(IOMMU_CQCSR, IOMMU_QUEUE_ENABLE);
  EXPECT_EQ(w.get32(IOMMU_CQH), 0u);
}

/// Answers invalidations after a while, or not at all.
class Functions final : public dma::AtsPort {
 public:
  std::optional<Cycles> answer = 100;
  std::vector<Invalidation> invalidated;
  std::vector<GroupResponse> responses;
  std::optional<Cycles> invalidate(const Invalidation& what, Cycles) override {
    invalidated.push_back(what);
    return answer;
  }
  void respond(const GroupResponse& response, Cycles) override { responses.push_back(response); }
};

TEST_F(IommuTest, AtsInvalGoesToTheFunctionAndAFenceWaitsForIt) {
  Functions functions;
  functions.answer = 5000;
  w.iommu->connect(&functions);
  const Cycles before = w.now;
  w.command(ats_inval | IOMMU_ATS_PV | 0x321u << IOMMU_ATS_PID_SHIFT |
                std::uint64_t{0x18} << IOMMU_ATS_RID_SHIFT | IOMMU_ATS_DSV |
                std::uint64_t{2} << IOMMU_ATS_DSEG_SHIFT,
            0x12345'6000);
  ASSERT_EQ(functions.invalidated.size(), 1u);
  EXPECT_EQ(functions.invalidated[0].device, 0x20018u);
  EXPECT_EQ(functions.invalidated[0].pasid, 0x321u);
  EXPECT_EQ(functions.invalidated[0].payload, 0x12345'6000u);
  EXPECT_LT(w.now, before + 5000) << "the command itself does not wait";
  w.command(fence);
  EXPECT_GE(w.now, before + 5000);
  EXPECT_EQ(w.get32(IOMMU_CQH), 2u);
}

TEST_F(IommuTest, AFunctionThatDoesNotAnswerSetsCmdToAtTheFence) {
  Functions functions;
  functions.answer = std::nullopt;
  w.iommu->connect(&functions);
  const Cycles before = w.now;
  w.command(ats_inval);
  EXPECT_EQ(w.get32(IOMMU_CQCSR) & IOMMU_CQCSR_TIMEOUT, 0u);
  w.command(fence);
  EXPECT_NE(w.get32(IOMMU_CQCSR) & IOMMU_CQCSR_TIMEOUT, 0u);
  EXPECT_EQ(w.get32(IOMMU_CQH), 1u) << "the head stays at the fence";
  EXPECT_GE(w.now - before, IommuConfig{}.ats_timeout);
  w.set32(IOMMU_CQCSR, IOMMU_QUEUE_ENABLE | IOMMU_CQCSR_TIMEOUT);
  w.work();
  EXPECT_EQ(w.get32(IOMMU_CQH), 2u);
}

TEST_F(IommuTest, AtsPrgrGoesToTheFunction) {
  Functions functions;
  w.iommu->connect(&functions);
  w.command(ats_prgr | std::uint64_t{0x18} << IOMMU_ATS_RID_SHIFT, 0x7'0000'0000);
  ASSERT_EQ(functions.responses.size(), 1u);
  EXPECT_EQ(functions.responses[0].device, 0x18u);
  EXPECT_EQ(functions.responses[0].payload, 0x7'0000'0000u);
  EXPECT_EQ(functions.responses[0].pasid, std::nullopt);
}

/// Acknowledges nothing while it is stubborn.
class Stubborn final : public InvalidationHolder {
 public:
  bool stubborn = true;
  unsigned told = 0;
  [[nodiscard]] std::string holder_name() const override { return "stubborn device"; }
  void invalidate(const Invalidation&, InvalidationTicket ticket, InvalidationBus& bus) override {
    ++told;
    if (!stubborn) bus.acknowledge(ticket);
  }
};

TEST_F(IommuTest, AHolderThatDoesNotAcknowledgeIsNamedAndNoFenceCompletesUntilItHas) {
  (void)w.access(device, address);
  Stubborn holder;
  w.bus.add(holder);
  std::vector<std::string> named;
  w.iommu->report_unacknowledged([&](const std::vector<std::string>& missing) { named = missing; });
  w.command(vma | pscid_operand(pscid));
  EXPECT_EQ(named, std::vector<std::string>{"stubborn device"});
  w.command(fence);
  EXPECT_NE(w.get32(IOMMU_CQCSR) & IOMMU_CQCSR_TIMEOUT, 0u);
  EXPECT_EQ(w.get32(IOMMU_CQH), 1u);
  w.set32(IOMMU_CQCSR, IOMMU_QUEUE_ENABLE | IOMMU_CQCSR_TIMEOUT);
  w.work();
  EXPECT_EQ(w.get32(IOMMU_CQH), 1u) << "it has still not acknowledged";
  holder.stubborn = false;
  w.set32(IOMMU_CQCSR, IOMMU_QUEUE_ENABLE | IOMMU_CQCSR_TIMEOUT);
  w.work();
  EXPECT_EQ(w.get32(IOMMU_CQH), 2u);
  w.bus.remove(holder);
}

}  // namespace
}  // namespace kilburn::iommu::test
