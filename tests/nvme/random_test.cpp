// Random commands, queue contents, registers and doorbells: nothing crashes, hangs or leaks, and
// what must hold always holds. KILBURN_NVME_COMMANDS: how many (default 100000).
#include <cstdlib>
#include <random>
#include <set>

#include "nvme/world.h"

namespace kilburn::nvme {
namespace {

using testing::Completed;
using testing::World;

std::uint64_t commands_to_run() {
  const char* const wanted = std::getenv("KILBURN_NVME_COMMANDS");
  return wanted == nullptr ? 100'000 : std::strtoull(wanted, nullptr, 10);
}

NvmeConfig tiny_config() {
  NvmeConfig config = testing::small_config();
  config.ideal.bytes = 1 << 20;
  config.commands = 24;
  config.format_ns = 20'000;
  return config;
}

/// Mostly plausible, so that it gets far.
class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : random_(seed), w_(tiny_config()) { restart(); }

  void step() {
    switch (random_() % 32) {
      case 0:
        w_.controller.write(random_() % 0x1100 & ~3U, 4, random_(), w_.now);
        break;
      case 1:
        w_.write(NVME_DOORBELLS + random_() % 0x80 * 4, static_cast<std::uint32_t>(random_() % 20));
        resynchronise();
        break;
      case 2:
        if (random_() % 16 == 0) restart();
        break;
      case 3:
        w_.memory.put<std::uint64_t>(random_() % w_.memory.size() / 8 * 8, random_());
        break;
      case 4:
        if (random_() % 8 == 0) w_.controller.reset_function(w_.now);
        break;
      default:
        submit();
        break;
    }
    w_.run(random_() % 20'000);
    consume();
    if ((w_.read(NVME_CSTS) & (NVME_CSTS_RDY | NVME_CSTS_CFS)) != NVME_CSTS_RDY) restart();
  }
  /// What is under way ends; every command that was taken up has been answered once.
  void finish() {
    restart();
    ASSERT_EQ(w_.read(NVME_CSTS), 1U);
    ASSERT_EQ(w_.identify(NVME_CNS_CONTROLLER, 0).status, NVME_SUCCESS);
    std::uint64_t sum = w_.drive.unallocated();
    for (const ftl::NamespaceId id : w_.drive.namespaces()) sum += w_.drive.info(id)->sectors;
    EXPECT_EQ(sum, w_.drive.capacity());
  }
  [[nodiscard]] const NvmeStatistics& statistics() const { return w_.controller.statistics(); }

 private:
  void restart() {
    w_.write(NVME_CC, 0);
    w_.settle();
    open_.clear();
    w_.start(8);
    ASSERT_EQ(w_.read(NVME_CSTS) & 3U, 1U);
    for (unsigned queue = 1; queue <= 3; ++queue) {
      w_.create_queue(queue, 4 + queue * 3, queue == 3 ? 2 : 0);
    }
  }
  /// A doorbell that was rung at random may have been a good one: begin anew.
  void resynchronise() { restart(); }

  void submit() {
    const auto queue = static_cast<unsigned>(random_() % 4);
    World::Queue& q = w_.queues[queue];
    if (outstanding(queue) + 1 >= q.entries) return;
    Entry entry;
    for (std::uint32_t& dword : entry.dwords) {
      dword = random_() % 3 == 0 ? static_cast<std::uint32_t>(random_())
                                 : static_cast<std::uint32_t>(random_() % 20);
    }
    constexpr std::uint8_t admin[] = {0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x08, 0x09,
                                      0x0A, 0x0C, 0x0D, 0x15, 0x80, 0xC0, 0x06, 0x02};
    constexpr std::uint8_t io[] = {0, 1, 2, 5, 8, 9, 1, 2};
    const std::uint8_t opcode = random_() % 32 == 0 ? static_cast<std::uint8_t>(random_())
                                : queue == 0        ? admin[random_() % 16]
                                                    : io[random_() % 8];
    entry.dwords[0] = opcode | (random_() % 32 == 0 ? 0x4100U : 0U);
    if (random_() % 4 != 0) {
      entry.dwords[1] = static_cast<std::uint32_t>(random_() % 3);
      entry.dwords[6] = static_cast<std::uint32_t>(0x100'000 + random_() % 64 * 4096);
      entry.dwords[7] = 0;
      entry.dwords[8] = static_cast<std::uint32_t>(0x80'000 + random_() % 512 * 8);
      entry.dwords[9] = 0;
      if (queue != 0) entry.dwords[11] = 0;
    }
    // Queues that the test needs are left to it.
    if (queue == 0 && opcode < 6 && opcode != 2) entry.dwords[10] |= 0x4;
    open_.insert(std::uint32_t{queue} << 16 | w_.put(queue, entry));
    w_.ring_tail(queue);
  }
  [[nodiscard]] unsigned outstanding(unsigned queue) const {
    return static_cast<unsigned>(
        std::distance(open_.lower_bound(queue << 16), open_.lower_bound((queue + 1) << 16)));
  }
  void consume() {
    for (const unsigned cq : {0U, 1U, 2U}) {
      bool any = false;
      while (random_() % 8 != 0) {
        const std::optional<Completed> done = w_.take(cq);
        if (!done) break;
        any = true;
        ASSERT_EQ(open_.erase(std::uint32_t{done->sq} << 16 | done->id), 1U)
            << "answered without having been asked, or twice";
      }
      if (any) w_.ring_head(cq, w_.queues[cq].head);
    }
  }

  std::mt19937_64 random_;
  World w_;
  std::set<std::uint32_t> open_;
};

TEST(NvmeRandomTest, RandomCommandsNeitherCrashNorAnswerTwice) {
  constexpr std::uint64_t seed = 7;
  SCOPED_TRACE(seed);
  Chaos chaos(seed);
  while (chaos.statistics().completions < commands_to_run()) {
    chaos.step();
    if (HasFatalFailure()) return;
  }
  chaos.finish();
  EXPECT_GT(chaos.statistics().errors, commands_to_run() / 20);
}

}  // namespace
}  // namespace kilburn::nvme
