// Admin commands: abort, features, logs, events, namespaces, format, resize.
#include <algorithm>
#include <array>

#include "nvme/world.h"

namespace kilburn::nvme {
namespace {

using testing::Completed;
using testing::World;

class NvmeAdminTest : public ::testing::Test {
 protected:
  void SetUp() override { w_.start(); }
  template <class Integer>
  Integer at(std::uint64_t offset) {
    return w_.memory.get<Integer>(World::data + offset);
  }
  /// A request for an event that waits.
  std::uint16_t request_event() {
    const std::uint16_t id = w_.put(0, World::command(NVME_ADMIN_ASYNC_EVENT, 0));
    w_.ring_tail(0);
    w_.settle();
    return id;
  }
  std::optional<Completed> event() {
    const auto told = w_.take(0);
    if (told) w_.ring_head(0, w_.queues[0].head);
    return told;
  }
  World w_;
};

TEST_F(NvmeAdminTest, UnknownCommandsAreInvalidOpcodes) {
  for (const unsigned opcode : {0x03U, 0x10U, 0x11U, 0x14U, 0x18U, 0x81U, 0x84U, 0xC1U, 0xFFU}) {
    const Completed done = w_.admin(World::command(opcode, 0));
    EXPECT_EQ(done.status, NVME_INVALID_OPCODE) << opcode;
    EXPECT_TRUE(done.dnr);
  }
}

TEST_F(NvmeAdminTest, AbortTakesBackWhatIsUnderWay) {
  w_.create_queue(1);
  const std::uint16_t id = w_.put(1, World::io(NVME_IO_READ, 1, 0, 1));
  w_.ring_tail(1);
  w_.run(2'000);
  Entry abort = World::command(NVME_ADMIN_ABORT, 0);
  abort.dwords[10] = std::uint32_t{id} << 16 | 1;
  EXPECT_EQ(w_.admin(abort).result, 0U);
  const auto aborted = w_.take(1);
  ASSERT_TRUE(aborted);
  EXPECT_EQ(aborted->id, id);
  EXPECT_EQ(aborted->status, NVME_ABORT_REQUESTED);
  EXPECT_EQ(w_.admin(abort).result, 1U) << "it is gone";
  const std::uint16_t waits = request_event();
  abort.dwords[10] = std::uint32_t{waits} << 16;
  w_.put(0, abort);
  w_.ring_tail(0);
  w_.settle();
  EXPECT_EQ(event()->status, NVME_ABORT_REQUESTED);
  EXPECT_EQ(event()->result, 0U);
}

TEST_F(NvmeAdminTest, AsManyEventRequestsWaitAsIdentifySays) {
  for (unsigned i = 0; i < 4; ++i) request_event();
  EXPECT_FALSE(event());
  EXPECT_EQ(w_.admin(World::command(NVME_ADMIN_ASYNC_EVENT, 0)).status, NVME_ASYNC_EVENT_LIMIT);
}

TEST_F(NvmeAdminTest, FeaturesKeepWhatTheyAreGiven) {
  EXPECT_EQ(w_.get_feature(NVME_FEATURE_WRITE_CACHE).result, 1U);
  ASSERT_EQ(w_.set_feature(NVME_FEATURE_WRITE_CACHE, 0).status, NVME_SUCCESS);
  EXPECT_EQ(w_.get_feature(NVME_FEATURE_WRITE_CACHE).result, 0U);
  EXPECT_EQ(w_.get_feature(NVME_FEATURE_WRITE_CACHE, 1).result, 1U) << "default";
  EXPECT_EQ(w_.get_feature(NVME_FEATURE_WRITE_CACHE, 2).result, 1U) << "saved";
  EXPECT_EQ(w_.get_feature(NVME_FEATURE_WRITE_CACHE, 3).result, 4U) << "changeable";
  EXPECT_EQ(w_.get_feature(NVME_FEATURE_WRITE_CACHE, 4).status, NVME_INVALID_FIELD);
  EXPECT_EQ(w_.set_feature(NVME_FEATURE_WRITE_CACHE | NVME_FEATURE_SAVE, 0).status,
            NVME_FEATURE_NOT_SAVEABLE);
  EXPECT_EQ(w_.set_feature(NVME_FEATURE_WRITE_CACHE, 0, 1).status, NVME_FEATURE_NOT_PER_NAMESPACE);
  for (const unsigned id : {0x00U, 0x03U, 0x0CU, 0x10U, 0x80U, 0xC0U}) {
    EXPECT_EQ(w_.get_feature(id).status, NVME_INVALID_FIELD) << id;
    EXPECT_EQ(w_.set_feature(id, 0).status, NVME_INVALID_FIELD) << id;
  }
  ASSERT_EQ(w_.set_feature(NVME_FEATURE_ARBITRATION, 0x01020304).status, NVME_SUCCESS);
  EXPECT_EQ(w_.get_feature(NVME_FEATURE_ARBITRATION).result, 0x01020304U);
  EXPECT_EQ(w_.set_feature(NVME_FEATURE_POWER, 1).status, NVME_INVALID_FIELD);
  EXPECT_EQ(w_.get_feature(NVME_FEATURE_VECTOR, 0, 3).result, 3U);
  EXPECT_EQ(w_.get_feature(NVME_FEATURE_VECTOR, 0, 17).status, NVME_INVALID_FIELD);
}

TEST_F(NvmeAdminTest, QueuesAreCountedBeforeThereAreAny) {
  EXPECT_EQ(w_.set_feature(NVME_FEATURE_QUEUES, 0x003F'003F).result, 0x0003'0003U) << "four";
  EXPECT_EQ(w_.get_feature(NVME_FEATURE_QUEUES).result, 0x0003'0003U);
  EXPECT_EQ(w_.set_feature(NVME_FEATURE_QUEUES, 0xFFFF'0001).status, NVME_INVALID_FIELD);
  w_.create_queue(1);
  EXPECT_EQ(w_.set_feature(NVME_FEATURE_QUEUES, 0x0001'0001).status, NVME_SEQUENCE_ERROR);
}

TEST_F(NvmeAdminTest, TheTimestampGoesOnFromWhereItWasSet) {
  w_.memory.put<std::uint64_t>(World::data, 1'000'000);
  ASSERT_EQ(w_.set_feature(NVME_FEATURE_TIMESTAMP, 0).status, NVME_SUCCESS);
  w_.run(5'000'000);
  ASSERT_EQ(w_.get_feature(NVME_FEATURE_TIMESTAMP).status, NVME_SUCCESS);
  const auto stamp = at<std::uint64_t>(0);
  EXPECT_EQ(stamp & 0xFFFF'FFFF'FFFF, 1'000'005U);
  EXPECT_EQ(stamp >> 49 & 7, 1U) << "origin: set by the host";
}

TEST_F(NvmeAdminTest, LogPagesHaveOffsetsAndEnds) {
  EXPECT_EQ(w_.get_log(0x07, 512).status, NVME_INVALID_LOG_PAGE) << "telemetry";
  EXPECT_EQ(w_.get_log(0x0D, 512).status, NVME_INVALID_LOG_PAGE);
  ASSERT_EQ(w_.get_log(NVME_LOG_SMART, 512).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint8_t>(0), 0U);
  EXPECT_EQ(at<std::uint16_t>(1), 310U);
  EXPECT_EQ(at<std::uint8_t>(3), 100U);
  ASSERT_EQ(w_.get_log(NVME_LOG_FIRMWARE, 512).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint8_t>(0), 1U);
  EXPECT_EQ(at<std::uint32_t>(8), 0x20302E31U) << "\"1.0 \"";
  ASSERT_EQ(w_.get_log(NVME_LOG_FIRMWARE, 8, false, 8).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint32_t>(0), 0x20302E31U);
  EXPECT_EQ(at<std::uint8_t>(8), 0xEEU) << "no more than was asked for";
  ASSERT_EQ(w_.get_log(NVME_LOG_EFFECTS, 4096).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint32_t>(4UL * 0x06) & 1, 1U) << "identify is supported";
  EXPECT_EQ(at<std::uint32_t>(4UL * 0x10) & 1, 0U) << "firmware commit is not";
  EXPECT_EQ(at<std::uint32_t>(1024 + 4 * 0x01) & 3, 3U) << "a write changes content";
  EXPECT_EQ(at<std::uint32_t>(4UL * 0xC0) & 5, 5U) << "a resize changes the namespace";
  EXPECT_EQ(w_.get_log(NVME_LOG_FIRMWARE, 8, false, 2).status, NVME_INVALID_FIELD);
  EXPECT_EQ(w_.get_log(NVME_LOG_FIRMWARE, 8, false, 516).status, NVME_INVALID_FIELD);
}

TEST_F(NvmeAdminTest, TheEffectsLogNamesTheCommandsThatAreAnswered) {
  w_.create_queue(1);
  ASSERT_EQ(w_.get_log(NVME_LOG_EFFECTS, 4096).status, NVME_SUCCESS);
  // Of dwords: 256 admin commands, 256 of I/O, and reserved ones. Source: chapter 5.14.1.5.
  std::array<std::uint32_t, 1024> effects{};
  for (std::size_t i = 0; i < effects.size(); ++i) effects[i] = at<std::uint32_t>(4 * i);
  EXPECT_TRUE(
      std::all_of(effects.begin() + 512, effects.end(), [](auto each) { return each == 0; }));
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    // This one would wait.
    if (opcode != NVME_ADMIN_ASYNC_EVENT) {
      EXPECT_EQ(effects[opcode] & 1,
                w_.admin(World::command(opcode, 99)).status != NVME_INVALID_OPCODE)
          << "admin " << opcode;
    }
    EXPECT_EQ(effects[256 + opcode] & 1,
              w_.execute(1, World::command(opcode, 99)).status != NVME_INVALID_OPCODE)
        << "I/O " << opcode;
  }
  EXPECT_EQ(effects[NVME_ADMIN_ASYNC_EVENT] & 1, 1U);
}

TEST_F(NvmeAdminTest, SmartCountsCommandsAndDataUnits) {
  w_.create_queue(1);
  for (unsigned i = 0; i < 3; ++i) w_.execute(1, World::io(NVME_IO_WRITE, 1, 8 * i, 8));
  w_.execute(1, World::io(NVME_IO_READ, 1, 0, 8));
  ASSERT_EQ(w_.get_log(NVME_LOG_SMART, 512).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint64_t>(32), 1U) << "thousands of 512 bytes read, rounded up";
  EXPECT_EQ(at<std::uint64_t>(48), 1U);
  EXPECT_EQ(at<std::uint64_t>(64), 1U) << "reads";
  EXPECT_EQ(at<std::uint64_t>(80), 3U) << "writes";
}

TEST_F(NvmeAdminTest, ATemperatureAboveItsThresholdIsAnEvent) {
  ASSERT_EQ(w_.set_feature(NVME_FEATURE_ASYNC_EVENTS, NVME_SMART_HOT).status, NVME_SUCCESS);
  request_event();
  EXPECT_EQ(w_.get_feature(NVME_FEATURE_TEMPERATURE).result, 343U);
  w_.put(0, [] {
    Entry entry = World::command(NVME_ADMIN_SET_FEATURES, 0);
    entry.dwords[10] = NVME_FEATURE_TEMPERATURE;
    entry.dwords[11] = 300;
    return entry;
  }());
  w_.ring_tail(0);
  w_.settle();
  std::optional<Completed> told;
  while (const auto done = event()) {
    if (done->result != 0) told = done;
  }
  ASSERT_TRUE(told);
  EXPECT_EQ(told->result, NVME_EVENT_HEALTH | NVME_HEALTH_TEMPERATURE << 8 | NVME_LOG_SMART << 16);
  ASSERT_EQ(w_.get_log(NVME_LOG_SMART, 512).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint8_t>(0), NVME_SMART_HOT);
}

TEST_F(NvmeAdminTest, NamespacesAreCreatedAttachedDetachedAndDeleted) {
  const Completed created = w_.create_namespace(1000);
  ASSERT_EQ(created.status, NVME_SUCCESS);
  EXPECT_EQ(created.result, 2U);
  EXPECT_EQ(w_.attach(2).status, NVME_SUCCESS);
  EXPECT_EQ(w_.attach(2).status, NVME_ALREADY_ATTACHED);
  EXPECT_EQ(w_.attach(2, false).status, NVME_SUCCESS);
  EXPECT_EQ(w_.attach(2, false).status, NVME_NOT_ATTACHED);
  EXPECT_EQ(w_.attach(2, true, 7).status, NVME_INVALID_CONTROLLER_LIST);
  EXPECT_EQ(w_.attach(3).status, NVME_INVALID_NAMESPACE);
  EXPECT_EQ(w_.create_namespace(1 << 20).status, NVME_INSUFFICIENT_CAPACITY);
  EXPECT_EQ(w_.create_namespace(UINT64_MAX).status, NVME_INSUFFICIENT_CAPACITY);
  EXPECT_EQ(w_.create_namespace(0).status, NVME_INVALID_FIELD);
  EXPECT_EQ(w_.create_namespace(8, 2).status, NVME_INVALID_FORMAT);
  for (unsigned i = 0; i < 6; ++i) EXPECT_EQ(w_.create_namespace(8).status, NVME_SUCCESS);
  EXPECT_EQ(w_.create_namespace(8).status, NVME_NO_NAMESPACE_ID);
  Entry remove = World::command(NVME_ADMIN_NS_MANAGEMENT, 2);
  remove.dwords[10] = 1;
  EXPECT_EQ(w_.admin(remove).status, NVME_SUCCESS);
  EXPECT_EQ(w_.admin(remove).status, NVME_INVALID_NAMESPACE);
  EXPECT_EQ(w_.create_namespace(8).result, 2U) << "the lowest that is free";
  remove.dwords[1] = NVME_NSID_ALL;
  EXPECT_EQ(w_.admin(remove).status, NVME_SUCCESS);
  EXPECT_TRUE(w_.drive.namespaces().empty());
  remove.dwords[10] = 2;
  EXPECT_EQ(w_.admin(remove).status, NVME_INVALID_FIELD);
}

TEST_F(NvmeAdminTest, AFormatRefusesCommandsMeanwhile) {
  w_.create_queue(1);
  w_.execute(1, World::io(NVME_IO_WRITE, 1, 0, 8));
  Entry format = World::command(NVME_ADMIN_FORMAT, 1);
  w_.put(0, format);
  w_.ring_tail(0);
  w_.run(10'000);
  w_.put(1, World::io(NVME_IO_READ, 1, 0, 8));
  w_.ring_tail(1);
  w_.run(50'000);
  EXPECT_EQ(w_.take(1)->status, NVME_FORMAT_IN_PROGRESS);
  EXPECT_FALSE(w_.take(0));
  w_.settle();
  EXPECT_EQ(event()->status, NVME_SUCCESS);
  EXPECT_EQ(w_.drive.info(1)->mapped, 0U);
  format.dwords[10] = 2;
  EXPECT_EQ(w_.admin(format).status, NVME_INVALID_FORMAT);
  format.dwords[10] = 1U << 5;
  EXPECT_EQ(w_.admin(format).status, NVME_INVALID_FIELD) << "protection";
  format.dwords[10] = 2U << 9;
  EXPECT_EQ(w_.admin(format).status, NVME_INVALID_FIELD) << "cryptographic erase";
  EXPECT_EQ(w_.admin(World::command(NVME_ADMIN_FORMAT, 5)).status, NVME_INVALID_FIELD);
  EXPECT_EQ(w_.admin(World::command(NVME_ADMIN_FORMAT, 99)).status, NVME_INVALID_NAMESPACE);
  EXPECT_EQ(w_.admin(World::command(NVME_ADMIN_FORMAT, NVME_NSID_ALL)).status, NVME_SUCCESS);
}

TEST_F(NvmeAdminTest, AFormatIsItsNamespacesAlone) {
  ASSERT_EQ(w_.create_namespace(800).result, 2U);
  ASSERT_EQ(w_.attach(2).status, NVME_SUCCESS);
  const std::uint64_t blocks = w_.drive.info(1)->sectors;
  Entry format = World::command(NVME_ADMIN_FORMAT, 2);
  format.dwords[10] = 1;
  ASSERT_EQ(w_.admin(format).status, NVME_SUCCESS);
  ASSERT_EQ(w_.identify(NVME_CNS_NAMESPACE, 2).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint64_t>(NVME_NS_NSZE), 100U);
  EXPECT_EQ(at<std::uint8_t>(NVME_NS_FLBAS), 1);
  ASSERT_EQ(w_.identify(NVME_CNS_NAMESPACE, 1).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint64_t>(NVME_NS_NSZE), blocks);
  EXPECT_EQ(at<std::uint8_t>(NVME_NS_FLBAS), 0);
  w_.create_queue(1);
  EXPECT_EQ(w_.execute(1, World::io(NVME_IO_READ, 2, 99, 1)).status, NVME_SUCCESS);
  EXPECT_EQ(w_.execute(1, World::io(NVME_IO_READ, 2, 100, 1)).status, NVME_LBA_OUT_OF_RANGE);
  EXPECT_EQ(w_.execute(1, World::io(NVME_IO_READ, 1, blocks - 1, 1)).status, NVME_SUCCESS);
}

TEST_F(NvmeAdminTest, AResizeIsToldByAnEventAndItsLog) {
  ASSERT_EQ(w_.set_feature(NVME_FEATURE_ASYNC_EVENTS, NVME_OAES_NAMESPACES).status, NVME_SUCCESS);
  const std::uint16_t waits = request_event();
  const std::uint64_t blocks = w_.drive.info(1)->sectors;
  const std::uint16_t id = w_.put(0, World::resize(1, blocks + 800));
  w_.ring_tail(0);
  w_.run(w_.config.ideal.resize_ns / 2);
  EXPECT_FALSE(w_.take(0)) << "it takes its time";
  w_.settle();
  std::map<std::uint16_t, Completed> done;
  while (const auto each = event()) done[each->id] = *each;
  ASSERT_TRUE(done.contains(id));
  EXPECT_EQ(done[id].status, NVME_SUCCESS);
  ASSERT_TRUE(done.contains(waits));
  EXPECT_EQ(done[waits].result, 0x0004'0002U) << "type 2, information 0, log 04h";
  EXPECT_EQ(w_.drive.info(1)->sectors, blocks + 800);
  // Masked until the log is read without retaining it.
  const std::uint16_t second = request_event();
  ASSERT_EQ(w_.admin(World::resize(1, blocks)).status, NVME_SUCCESS);
  EXPECT_FALSE(event());
  ASSERT_EQ(w_.get_log(NVME_LOG_CHANGED_NAMESPACES, 4096, true).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint32_t>(0), 1U);
  EXPECT_EQ(at<std::uint32_t>(4), 0U);
  ASSERT_EQ(w_.get_log(NVME_LOG_CHANGED_NAMESPACES, 4096).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint32_t>(0), 1U) << "retained";
  ASSERT_EQ(w_.get_log(NVME_LOG_CHANGED_NAMESPACES, 4096).status, NVME_SUCCESS);
  EXPECT_EQ(at<std::uint32_t>(0), 0U);
  w_.put(0, World::resize(1, blocks + 8));
  w_.ring_tail(0);
  w_.settle();
  bool told = false;
  while (const auto each = event()) told |= each->id == second;
  EXPECT_TRUE(told) << "and now the next one is told";
}

TEST_F(NvmeAdminTest, ResizesRefuseWhatCannotBeAndWaitForEachOther) {
  EXPECT_EQ(w_.admin(World::resize(1, 0)).status, NVME_INVALID_FIELD);
  EXPECT_EQ(w_.admin(World::resize(2, 8)).status, NVME_INVALID_NAMESPACE);
  EXPECT_EQ(w_.admin(World::resize(1, UINT64_MAX)).status, NVME_INSUFFICIENT_CAPACITY);
  EXPECT_EQ(w_.admin(World::resize(1, 1 << 15 | 8)).status, NVME_INSUFFICIENT_CAPACITY);
  for (const unsigned blocks : {800U, 1600U, 2401U}) w_.put(0, World::resize(1, blocks));
  w_.ring_tail(0);
  w_.settle();
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(event()->status, NVME_SUCCESS);
  EXPECT_EQ(w_.drive.info(1)->sectors, 2408U) << "the last one, in whole units";
}

TEST_F(NvmeAdminTest, AResizeSurvivesAControllerReset) {
  w_.put(0, World::resize(1, 800));
  w_.put(0, World::resize(1, 1600));
  w_.ring_tail(0);
  w_.run(20'000);
  w_.write(NVME_CC, 0);
  w_.run(1);
  w_.start();
  EXPECT_EQ(w_.drive.info(1)->sectors, 800U) << "the first goes on, the second is gone";
  EXPECT_EQ(w_.admin(World::resize(1, 2400)).status, NVME_SUCCESS);
  EXPECT_EQ(w_.drive.info(1)->sectors, 2400U);
}

}  // namespace
}  // namespace kilburn::nvme
