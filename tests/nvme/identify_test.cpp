// Identify data, by the offsets of NVM Express 1.4, figures 245, 247, 249; written here again.
#include <string>

#include "nvme/world.h"

namespace kilburn::nvme {
namespace {

using testing::World;

class NvmeIdentifyTest : public ::testing::Test {
 protected:
  void SetUp() override { w_.start(); }
  template <class Integer>
  Integer at(std::uint64_t offset) {
    return w_.memory.get<Integer>(World::data + offset);
  }
  std::string text(std::uint64_t offset, std::size_t length) {
    return {reinterpret_cast<const char*>(w_.memory.at(World::data + offset)), length};
  }
  bool all_zero() {
    for (unsigned i = 0; i < 4096; ++i) {
      if (at<std::uint8_t>(i) != 0) return false;
    }
    return true;
  }
  World w_;
};

TEST_F(NvmeIdentifyTest, TheControllerSaysWhatItCan) {
  ASSERT_EQ(w_.identify(0x01, 0).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint16_t>(0), 0x1B36) << "VID, as in configuration space";
  EXPECT_EQ(text(4, 20), "KILBURN1            ") << "SN, padded with spaces";
  EXPECT_EQ(text(24, 40), "Kilburn NVMe drive                      ");
  EXPECT_EQ(text(64, 8), "1.0     ");
  EXPECT_EQ(at<std::uint8_t>(77), 5) << "MDTS: 128 KiB";
  EXPECT_EQ(at<std::uint16_t>(78), 1) << "CNTLID";
  EXPECT_EQ(at<std::uint32_t>(80), 0x00010400U) << "VER, the register's";
  EXPECT_EQ(at<std::uint32_t>(92), 0x100U) << "OAES: namespace attribute notices";
  EXPECT_EQ(at<std::uint8_t>(111), 1) << "CNTRLTYPE: I/O controller";
  EXPECT_EQ(at<std::uint16_t>(256), 0xA) << "OACS: format, namespace management";
  EXPECT_EQ(at<std::uint8_t>(259), 3) << "AERL: four";
  EXPECT_EQ(at<std::uint8_t>(260), 3) << "FRMW: one slot, read only";
  EXPECT_EQ(at<std::uint8_t>(261), 6) << "LPA: effects log, offsets, no telemetry";
  EXPECT_EQ(at<std::uint8_t>(262), 63) << "ELPE";
  EXPECT_EQ(at<std::uint8_t>(263), 0) << "NPSS: one power state";
  EXPECT_EQ(at<std::uint16_t>(266), 343) << "WCTEMP";
  EXPECT_EQ(at<std::uint64_t>(280), std::uint64_t{16} << 20) << "TNVMCAP";
  EXPECT_EQ(at<std::uint64_t>(296), w_.drive.unallocated() * 512) << "UNVMCAP";
  EXPECT_EQ(at<std::uint8_t>(512), 0x66) << "SQES";
  EXPECT_EQ(at<std::uint8_t>(513), 0x44) << "CQES";
  EXPECT_EQ(at<std::uint32_t>(516), 8U) << "NN";
  EXPECT_EQ(at<std::uint16_t>(520), 0x5D) << "ONCS: compare, dataset, zeroes, select, timestamp";
  EXPECT_EQ(at<std::uint16_t>(522), 0) << "FUSES";
  EXPECT_EQ(at<std::uint8_t>(524), 0) << "FNA: a format is one namespace's";
  EXPECT_EQ(at<std::uint8_t>(525), 7) << "VWC: there is one, and flush takes FFFFFFFFh";
  const std::string nqn = text(768, 256);
  EXPECT_EQ(nqn.substr(0, nqn.find('\0')), "nqn.2024-01.org.kilburn:nvme:KILBURN1");
  EXPECT_EQ(nqn.find_first_not_of('\0', nqn.find('\0')), nqn.npos) << "zeros to the end";
  EXPECT_EQ(at<std::uint8_t>(3072), 1) << "vendor: has the resize";
}

TEST_F(NvmeIdentifyTest, ANamespaceTellsSizeFormatsAndNames) {
  ASSERT_EQ(w_.identify(0x00, 1).status, NVME_SUCCESS);
  const std::uint64_t blocks = (std::uint64_t{8} << 20) / 512;  // half of the drive
  EXPECT_EQ(at<std::uint64_t>(0), blocks) << "NSZE";
  EXPECT_EQ(at<std::uint64_t>(8), blocks) << "NCAP";
  EXPECT_EQ(at<std::uint64_t>(16), 0U) << "NUSE";
  EXPECT_EQ(at<std::uint8_t>(24), 0x14) << "NSFEAT: deallocated error, preferred sizes";
  EXPECT_EQ(at<std::uint8_t>(25), 1) << "NLBAF: two";
  EXPECT_EQ(at<std::uint8_t>(26), 0) << "FLBAS";
  EXPECT_EQ(at<std::uint8_t>(33), 9) << "DLFEAT: reads as zeros, write zeroes may deallocate";
  EXPECT_EQ(at<std::uint64_t>(48), blocks * 512) << "NVMCAP";
  EXPECT_EQ(at<std::uint16_t>(64), 7) << "NPWG: 8 blocks";
  EXPECT_EQ(at<std::uint32_t>(128), 0x0209'0000U) << "LBAF0: 512 bytes";
  EXPECT_EQ(at<std::uint32_t>(132), 0x000C'0000U) << "LBAF1: 4096 bytes";
  EXPECT_NE(at<std::uint64_t>(104), 0U) << "NGUID";
  EXPECT_NE(at<std::uint64_t>(120), 0U) << "EUI64";
}

TEST_F(NvmeIdentifyTest, NamespacesHaveNamesOfTheirOwn) {
  ASSERT_EQ(w_.create_namespace(1024).status, NVME_SUCCESS);
  ASSERT_EQ(w_.attach(2).status, NVME_SUCCESS);
  ASSERT_EQ(w_.identify(0x00, 1).status, NVME_SUCCESS);
  const auto eui64 = at<std::uint64_t>(120);
  const std::string nguid = text(104, 16);
  ASSERT_EQ(w_.identify(0x00, 2).status, NVME_SUCCESS);
  EXPECT_NE(at<std::uint64_t>(120), eui64);
  EXPECT_NE(text(104, 16), nguid);
  ASSERT_EQ(w_.identify(0x03, 1).status, NVME_SUCCESS);
  // Descriptors: type, length, two reserved, the name.
  EXPECT_EQ(at<std::uint8_t>(0), 1) << "EUI64";
  EXPECT_EQ(at<std::uint8_t>(1), 8);
  EXPECT_EQ(at<std::uint64_t>(4), eui64);
  EXPECT_EQ(at<std::uint8_t>(12), 2) << "NGUID";
  EXPECT_EQ(at<std::uint8_t>(13), 16);
  EXPECT_EQ(text(16, 16), nguid);
  EXPECT_EQ(at<std::uint8_t>(32), 3) << "UUID";
  EXPECT_EQ(at<std::uint8_t>(33), 16);
  EXPECT_EQ(at<std::uint8_t>(36 + 6) >> 4, 8) << "version, RFC 9562";
  EXPECT_EQ(at<std::uint8_t>(36 + 8) >> 6, 2) << "variant";
  EXPECT_EQ(at<std::uint32_t>(52), 0U) << "no more";
}

TEST_F(NvmeIdentifyTest, AnInactiveNamespaceIsZeros) {
  ASSERT_EQ(w_.identify(0x00, 5).status, NVME_SUCCESS);
  EXPECT_TRUE(all_zero());
  ASSERT_EQ(w_.create_namespace(1024).result, 2U);
  ASSERT_EQ(w_.identify(0x00, 2).status, NVME_SUCCESS);
  EXPECT_TRUE(all_zero()) << "it is not attached";
  ASSERT_EQ(w_.identify(0x11, 2).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint64_t>(0), 1024U) << "but allocated";
  EXPECT_EQ(w_.identify(0x00, 0).status, NVME_INVALID_NAMESPACE);
  EXPECT_EQ(w_.identify(0x00, 9).status, NVME_INVALID_NAMESPACE);
  ASSERT_EQ(w_.identify(0x00, NVME_NSID_ALL).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint8_t>(25), 1) << "what is common to all";
}

TEST_F(NvmeIdentifyTest, ListsAreAscendingAndBeginAboveTheId) {
  for (unsigned i = 0; i < 3; ++i) ASSERT_EQ(w_.create_namespace(64).status, NVME_SUCCESS);
  ASSERT_EQ(w_.attach(3).status, NVME_SUCCESS);
  const auto list = [&](unsigned cns, std::uint32_t above) {
    EXPECT_EQ(w_.identify(cns, above).status, NVME_SUCCESS);
    std::vector<std::uint32_t> ids;
    for (unsigned i = 0; at<std::uint32_t>(4 * i) != 0; ++i)
      ids.push_back(at<std::uint32_t>(4 * i));
    return ids;
  };
  EXPECT_EQ(list(0x02, 0), (std::vector<std::uint32_t>{1, 3}));
  EXPECT_EQ(list(0x02, 1), (std::vector<std::uint32_t>{3}));
  EXPECT_EQ(list(0x10, 0), (std::vector<std::uint32_t>{1, 2, 3, 4}));
  EXPECT_EQ(list(0x10, 2), (std::vector<std::uint32_t>{3, 4}));
  EXPECT_EQ(w_.identify(0x02, 0xFFFF'FFFE).status, NVME_INVALID_NAMESPACE);
  EXPECT_EQ(w_.identify(0x02, 0xFFFF'FFFF).status, NVME_INVALID_NAMESPACE);
}

TEST_F(NvmeIdentifyTest, ControllersAreListedWhereTheyAre) {
  ASSERT_EQ(w_.identify(0x13, 0).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint32_t>(0), 0x0001'0001U) << "one, with id 1";
  ASSERT_EQ(w_.identify(0x13, 0, 2 << 16).status, NVME_SUCCESS);
  EXPECT_TRUE(all_zero()) << "from id 2 on there is none";
  ASSERT_EQ(w_.create_namespace(64).result, 2U);
  ASSERT_EQ(w_.identify(0x12, 2).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint16_t>(0), 0U);
  ASSERT_EQ(w_.attach(2).status, NVME_SUCCESS);
  ASSERT_EQ(w_.identify(0x12, 2).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint32_t>(0), 0x0001'0001U);
}

TEST_F(NvmeIdentifyTest, WhatIsNotThereIsAnInvalidField) {
  for (const unsigned cns : {0x04U, 0x05U, 0x07U, 0x14U, 0x15U, 0x16U, 0xFFU}) {
    EXPECT_EQ(w_.identify(cns, 1).status, NVME_INVALID_FIELD) << cns;
  }
  EXPECT_EQ(w_.identify(0x06, 0).status, NVME_SUCCESS);
}

TEST_F(NvmeIdentifyTest, DataThatHasNoPlaceIsAnError) {
  Entry entry = World::command(NVME_ADMIN_IDENTIFY, 0, std::uint64_t{1} << 40);
  entry.dwords[10] = 1;
  EXPECT_EQ(w_.admin(entry).status, NVME_DATA_TRANSFER_ERROR);
  entry = World::command(NVME_ADMIN_IDENTIFY, 0, World::data + 1);
  entry.dwords[10] = 1;
  EXPECT_EQ(w_.admin(entry).status, NVME_INVALID_PRP_OFFSET);
  entry = World::command(NVME_ADMIN_IDENTIFY, 0, World::data + 0x200, World::data + 0x5000);
  entry.dwords[10] = 1;
  ASSERT_EQ(w_.admin(entry).status, NVME_SUCCESS) << "from an odd place over two pages";
  EXPECT_EQ(w_.memory.get<std::uint16_t>(World::data + 0x200), 0x1B36);
  // The first page takes 3584 bytes.
  EXPECT_EQ(w_.memory.get<std::uint8_t>(World::data + 0x200 + 3072), 1);
}

}  // namespace
}  // namespace kilburn::nvme
