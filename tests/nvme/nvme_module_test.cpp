// The controller on the bus: configuration space, BAR 0, messages, pin, translations.
#include "nvme/nvme_module.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>
#include <memory>

#include "common/bus_master.h"

namespace kilburn::nvme {
namespace {

using kilburn::testing::simulate;

const sc_core::sc_time period{500, sc_core::SC_PS};

/// Memory at 0, behind a translation that moves each page by `moved` bytes.
class Slot final : public pcie::Link {
 public:
  pcie::Completion request(const pcie::Request& request, Cycles /*now*/) override {
    ++types[request.type];
    pcie::Completion completion{.latency = 20};
    std::uint64_t at = request.address.value();
    if (request.type == pcie::AddressType::translation_request) {
      completion.translation = {.address = PhysicalAddress(at + moved),
                                .bytes = page_bytes,
                                .readable = true,
                                .writable = true};
      return completion;
    }
    if (request.type == pcie::AddressType::untranslated) at += moved;
    if (at >= message && request.write) {
      std::memcpy(&last_message, request.data.data(), 4);
      return completion;
    }
    if (at + request.data.size() > memory.size()) {
      completion.status = pcie::Status::unsupported;
    } else if (request.write) {
      std::memcpy(memory.data() + at, request.data.data(), request.data.size());
    } else {
      std::memcpy(request.data.data(), memory.data() + at, request.data.size());
    }
    return completion;
  }
  void set_intx(unsigned /*pin*/, bool level) override { pin = level; }

  static constexpr std::uint64_t message = 0x4000'0000;
  std::vector<std::byte> memory = std::vector<std::byte>(1 << 20);
  std::map<pcie::AddressType, unsigned> types;
  std::uint64_t moved = 0;
  std::uint32_t last_message = 0;
  bool pin = false;
};

NvmeConfig config() {
  NvmeConfig config;
  config.drive = DriveKind::ideal;
  config.ideal.bytes = 1 << 20;
  config.ready_ns = 1000;
  return config;
}

struct System {
  Slot slot;
  NvmeModule module{"nvme", config(), slot, pcie::RoutingId::of(3, 0), Clock(period)};
};

class NvmeModuleTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!system_) system_ = std::make_unique<System>();  // lives until the process ends
  }
  static NvmeModule& module() { return system_->module; }
  static Slot& slot() { return system_->slot; }
  static Cycles now() { return Clock(period).now(sc_core::SC_ZERO_TIME); }

  NvmeModuleTest() {
    reset();
    slot().types.clear();
    slot().moved = 0;
    module().config_write(PCIE_BAR0, 4, 0x4000'0000, now());
    module().config_write(PCIE_COMMAND, 2, PCIE_COMMAND_MEMORY | PCIE_COMMAND_MASTER, now());
  }
  static unsigned capability(std::uint8_t id) {
    unsigned offset = module().config_read(PCIE_CAPABILITIES, 1);
    while (module().config_read(offset, 1) != id) offset = module().config_read(offset + 1, 1);
    return offset;
  }
  static void reset() {
    module().config_write(capability(PCIE_CAPABILITY_EXPRESS) + PCIE_EXPRESS_DEVICE_CONTROL, 2,
                          PCIE_EXPRESS_START_FLR, now());
    simulate(100 * period);
  }
  static void write(std::uint64_t offset, std::uint64_t value, unsigned length = 4) {
    module().write({0, offset}, length, value, now());
  }
  static std::uint64_t read(std::uint64_t offset, unsigned length = 4) {
    return module().read({0, offset}, length, now());
  }
  static void enable() {
    std::ranges::fill(slot().memory, std::byte{0});
    write(NVME_AQA, 0x000F'000F);
    write(NVME_ASQ, 0x1000, 8);
    write(NVME_ACQ, 0x2000, 8);
    write(NVME_CC,
          NVME_CQES << NVME_CC_IOCQES_SHIFT | NVME_SQES << NVME_CC_IOSQES_SHIFT | NVME_CC_EN);
    simulate(3000 * period);
    ASSERT_EQ(read(NVME_CSTS), 1U);
  }
  /// Identify controller, as admin command `number` since enabling.
  static void identify(std::uint32_t number) {
    const std::array<std::uint32_t, 16> dwords{
        NVME_ADMIN_IDENTIFY | number << 16, 0, 0, 0, 0, 0, 0x5000, 0, 0, 0, 1};
    std::memcpy(slot().memory.data() + slot().moved + 0x1000 + 64 * number, dwords.data(), 64);
    write(NVME_DOORBELLS, number + 1);
    simulate(20'000 * period);
  }
  static bool answered(std::uint32_t number) {
    std::uint32_t last = 0;
    std::memcpy(&last, slot().memory.data() + slot().moved + 0x2000 + 16 * number + 12, 4);
    return last == (1U << 16 | number);
  }
  inline static std::unique_ptr<System> system_;
};

TEST_F(NvmeModuleTest, ItsClassAndBarAreThoseOfAnNvmeController) {
  EXPECT_EQ(module().config_read(PCIE_REVISION, 4) >> 8, 0x010802U);
  module().config_write(PCIE_BAR0, 4, 0xFFFF'FFFF, now());
  EXPECT_EQ(module().config_read(PCIE_BAR0, 4), 0xFFFF'C004U) << "16 KiB, 64 bits";
  const unsigned msix = capability(PCIE_CAPABILITY_MSIX);
  EXPECT_EQ(module().config_read(msix + PCIE_MSIX_CONTROL, 2), 16U) << "17 vectors";
}

TEST_F(NvmeModuleTest, TimeIsTheControllersInCyclesOfThePlatform) {
  write(NVME_AQA, 0x000F'000F);
  write(NVME_CC, NVME_CC_EN);
  simulate(1999 * period);  // 1 us to ready is 2000 cycles of 0.5 ns
  EXPECT_EQ(read(NVME_CSTS), 0U);
  EXPECT_NE(module().next_event(), Timebase::never);
  simulate(2 * period);
  EXPECT_EQ(read(NVME_CSTS), 1U);
  EXPECT_EQ(module().next_event(), Timebase::never) << "nothing to do: a run may end";
}

TEST_F(NvmeModuleTest, ACompletionRaisesThePinUntilItIsConsumed) {
  enable();
  identify(0);
  EXPECT_TRUE(answered(0));
  EXPECT_TRUE(slot().pin);
  write(NVME_DOORBELLS + 4, 1);
  EXPECT_FALSE(slot().pin);
}

TEST_F(NvmeModuleTest, WithMsixACompletionSendsItsMessage) {
  enable();
  write(NVME_MSIX_TABLE, Slot::message, 8);
  write(NVME_MSIX_TABLE + 8, 0xBEEF, 8);  // data, and no mask
  module().config_write(capability(PCIE_CAPABILITY_MSIX) + PCIE_MSIX_CONTROL, 2, PCIE_MSIX_ENABLE,
                        now());
  identify(0);
  EXPECT_EQ(slot().last_message, 0xBEEFU);
  EXPECT_FALSE(slot().pin);
}

TEST_F(NvmeModuleTest, AFunctionResetStopsIt) {
  enable();
  reset();
  EXPECT_EQ(read(NVME_CSTS), 0U);
  EXPECT_EQ(read(NVME_CC), 0U);
  EXPECT_EQ(module().next_event(), Timebase::never);
}

TEST_F(NvmeModuleTest, WithoutBusMasteringItFailsButDoesNotHang) {
  enable();
  module().config_write(PCIE_COMMAND, 2, PCIE_COMMAND_MEMORY, now());
  identify(0);
  EXPECT_EQ(read(NVME_CSTS) & NVME_CSTS_CFS, std::uint64_t{NVME_CSTS_CFS});
}

TEST_F(NvmeModuleTest, WithAtsItKeepsTranslationsUntilTheyAreInvalidated) {
  constexpr unsigned ats = 0x100;  // the first extended capability
  ASSERT_EQ(module().config_read(ats, 2), std::uint32_t{PCIE_EXTENDED_ATS});
  module().config_write(ats + PCIE_ATS_CONTROL, 2, PCIE_ATS_ENABLE, now());
  enable();
  identify(0);
  ASSERT_TRUE(answered(0));
  EXPECT_EQ(slot().types[pcie::AddressType::translation_request], 3U)
      << "the two queues' pages, and the data's";
  identify(1);
  ASSERT_TRUE(answered(1));
  EXPECT_EQ(slot().types[pcie::AddressType::translation_request], 3U);
  // Everything moves, and the invalidation of all says so: bit 11 and ones above it.
  std::vector<std::byte>& memory = slot().memory;
  std::copy_n(memory.begin(), 0x10'000, memory.begin() + 0x20'000);
  slot().moved = 0x20'000;
  (void)module().invalidate({.device = 24, .payload = 0x7FFF'FFFF'FFFF'F800}, now());
  identify(2);
  EXPECT_TRUE(answered(2));
  EXPECT_EQ(slot().types[pcie::AddressType::translation_request], 6U);
  // One page of them: the data's.
  (void)module().invalidate({.device = 24, .payload = 0x5000}, now());
  identify(3);
  EXPECT_EQ(slot().types[pcie::AddressType::translation_request], 7U);
  // Pages 4 to 7, by their lowest zero: the data's again. Another process's are not its.
  (void)module().invalidate({.device = 24, .payload = 0x5800}, now());
  (void)module().invalidate({.device = 24, .pasid = 3, .payload = 0x1000}, now());
  identify(4);
  EXPECT_EQ(slot().types[pcie::AddressType::translation_request], 8U);
  EXPECT_EQ(slot().types[pcie::AddressType::untranslated], 0U);
}

}  // namespace
}  // namespace kilburn::nvme
