// A device's way to memory: pages, verdicts, faults, lines, time, and invalidations on the way.
#include "dma/dma_port.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "interconnect/interconnect_module.h"
#include "memory/memory_module.h"
#include "mmu/service_fixture.h"

namespace kilburn::dma {
namespace {

using mmu::counters_of;
using mmu::ScriptedOwnership;

constexpr Address memory_base = 0x8000'0000;
constexpr std::uint64_t memory_bytes = 1 << 20;
constexpr PageNumber first_frame = memory_base >> page_shift;
constexpr PageNumber page = 0x40200;  // of I/O virtual addresses
constexpr Cycles verdict_cycles = 5;
constexpr Cycles row_hit = 28;
constexpr Cycles row_miss = 55;
constexpr Cycles burst = 5;
constexpr Cycles bus_latency = 4;
constexpr std::uint64_t bus_width = 32;

/// All that it translates is a message's; it remembers what was written.
class Mailbox final : public Translator {
 public:
  std::vector<std::pair<IoVirtualAddress, std::vector<std::byte>>> letters;
  Fault answer = Fault::none;
  bool concerned = true;
  std::function<void()> during;
  std::uint64_t asked = 0;
  DmaPage translate(const Requester&, IoVirtualAddress at, Access, Cycles) override {
    ++asked;
    if (during) during();
    DmaPage found;
    found.translation.pfn = page_of(at);
    found.message = true;
    return found;
  }
  Delivery deliver(const Requester&, IoVirtualAddress at, std::span<const std::byte> bytes,
                   Cycles) override {
    letters.emplace_back(at, std::vector(bytes.begin(), bytes.end()));
    return {.fault = answer, .latency = 7};
  }
  [[nodiscard]] bool concerns(const Invalidation&) const override { return concerned; }
};

struct MailDevice final : sc_core::sc_module {
  MailDevice(const sc_core::sc_module_name& name, Clock clock)
      : sc_module(name), port("port", mailbox, clock) {}
  Mailbox mailbox;
  DmaPort port;
};

struct Device final : sc_core::sc_module {
  Device(const sc_core::sc_module_name& name, mmu::Mmu& tlb, Clock clock)
      : sc_module(name), translator(tlb, {}), port("port", translator, clock) {}
  RegimeTranslator translator;
  DmaPort port;
};

/// SystemC elaborates once in a process: all tests share the modules.
struct System {
  Clock clock{sc_core::sc_time(1, sc_core::SC_NS)};
  page_table_walker::Host host;
  ScriptedOwnership ownership;
  mmu::TranslationService service{{}, host.memory, &ownership};
  mmu::Mmu tlb{{}, service, "device", 1};
  memory::Storage storage{{.base = memory_base, .bytes = memory_bytes}};
  memory::MemoryModule memory{"memory", {}, storage, clock};
  interconnect::InterconnectModule interconnect{"interconnect", {}, clock};
  Device device{"device", tlb, clock};
  DmaPort& port = device.port;
  MailDevice mailbox{"mailbox", clock};
  InvalidationBus bus;

  System() {
    interconnect.add_target({{.base = memory_base, .bytes = memory_bytes, .name = "memory"}})
        .bind(memory.bus);
    port.memory.bind(interconnect.add_initiator());
    mailbox.port.memory.bind(interconnect.add_initiator());
    bus.add(mailbox.port);
    bus.add(service);
    bus.add(tlb);
    bus.add(port);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
};

class DmaPortTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!system_) system_ = std::make_unique<System>();  // lives until the process ends
  }
  DmaPortTest() {
    s().bus.end(s().bus.begin({}));
    s().ownership.replies.clear();
    s().ownership.asked.clear();
    s().ownership.during = nullptr;
    s().device.translator.set({.regime = {.context = {.realm = 3}}});
    s().memory.watch_writes(nullptr);
    before_ = counters();
    std::vector<std::byte> zeros(memory_bytes);
    EXPECT_TRUE(s().storage.write(memory_base, zeros));
  }
  static System& s() { return *system_; }
  /// From now on addresses are translated: pages `page`, `page` + 1, ... lie in frames apart.
  static void translate() {
    for (PageNumber i = 0; i < 8; ++i) {
      s().host.tree.map(page + i, first_frame + 3 * i, test::urwx);
    }
    s().host.regime.context = {.asid = 1, .realm = 3};
    s().device.translator.set({.regime = s().host.regime});
  }
  static std::map<std::string, std::uint64_t> counters() {
    return counters_of([](StatisticVisitor& v) { s().port.statistics().visit(v); });
  }
  [[nodiscard]] std::uint64_t counted(const std::string& name) const {
    return counters().at(name) - before_.at(name);
  }
  static std::vector<std::byte> pattern(std::size_t bytes) {
    std::vector<std::byte> data(bytes);
    for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::byte>(i * 7 + 1);
    return data;
  }
  static std::vector<std::byte> memory_at(Address address, std::size_t bytes) {
    std::vector<std::byte> data(bytes);
    EXPECT_TRUE(s().storage.read(address, data));
    return data;
  }

 private:
  inline static std::unique_ptr<System> system_;
  std::map<std::string, std::uint64_t> before_;
};

TEST_F(DmaPortTest, ATransferAcrossPagesGoesToTheFrameOfEach) {
  translate();
  const auto data = pattern(2 * page_bytes);
  const IoVirtualAddress at((page << page_shift) + 0x100);
  ASSERT_TRUE(s().port.write(at, data, 0).ok());
  const std::size_t first = page_bytes - 0x100;
  EXPECT_EQ(memory_at(memory_base + 0x100, first), std::vector(data.begin(), data.begin() + first));
  EXPECT_EQ(memory_at(memory_base + 3 * page_bytes, page_bytes),
            std::vector(data.begin() + first, data.begin() + first + page_bytes));
  EXPECT_EQ(memory_at(memory_base + 6 * page_bytes, 0x100),
            std::vector(data.end() - 0x100, data.end()));
  std::vector<std::byte> back(data.size());
  ASSERT_TRUE(s().port.read(at, back, 0).ok());
  EXPECT_EQ(back, data);
  EXPECT_EQ(counted("pages"), 6u);
  EXPECT_EQ(counted("bytes_written"), data.size());
  EXPECT_EQ(counted("bytes_read"), data.size());
}

TEST_F(DmaPortTest, WhereOnePageFaultsNothingIsMoved) {
  translate();
  const auto data = pattern(page_bytes);
  // The second page is beyond the eight that are mapped.
  const IoVirtualAddress at(((page + 8) << page_shift) - 64);
  const DmaReply reply = s().port.write(at, data, 0);
  EXPECT_EQ(reply.fault, Fault::page_fault);
  EXPECT_EQ(reply.fault_address, IoVirtualAddress((page + 8) << page_shift));
  const auto before = memory_at(memory_base + 22 * page_bytes - 64, 64);
  EXPECT_EQ(before, std::vector<std::byte>(64)) << "the first page's bytes were moved";
  EXPECT_EQ(counted("faults"), 1u);
  EXPECT_EQ(counted("bytes_written"), 0u);
}

TEST_F(DmaPortTest, WithoutTranslationTheRmuIsAskedAllTheSame) {
  const auto data = pattern(64);
  s().ownership.replies[first_frame + 1] = {.allowed = false};
  const DmaReply denied = s().port.write(IoVirtualAddress(memory_base + page_bytes), data, 0);
  EXPECT_EQ(denied.fault, Fault::access_fault);
  EXPECT_EQ(memory_at(memory_base + page_bytes, 64), std::vector<std::byte>(64));
  EXPECT_EQ(s().ownership.asked.back().request.realm, 3u);
  EXPECT_TRUE(s().port.write(IoVirtualAddress(memory_base), data, 0).ok());
  EXPECT_EQ(memory_at(memory_base, 64), data);
}

TEST_F(DmaPortTest, AVerdictIsKeptForTheNextTransferAndInvalidatedByItsFrame) {
  std::vector<std::byte> data(64);
  const IoVirtualAddress at(memory_base);
  (void)s().port.read(at, data, 0);
  (void)s().port.read(at, data, 0);
  EXPECT_EQ(s().ownership.asked.size(), 1u);
  s().bus.end(s().bus.begin({.operation = Invalidation::Operation::by_frame, .pfn = first_frame}));
  (void)s().port.read(at, data, 0);
  EXPECT_EQ(s().ownership.asked.size(), 2u);
}

TEST_F(DmaPortTest, WhereNoMemoryAnswersItIsAnAccessFault) {
  std::vector<std::byte> data(64);
  const IoVirtualAddress beyond(memory_base + memory_bytes);
  const DmaReply reply = s().port.read(beyond, data, 0);
  EXPECT_EQ(reply.fault, Fault::access_fault);
  EXPECT_EQ(reply.fault_address, beyond);
}

TEST_F(DmaPortTest, ATransferOfNoBytesTouchesNothing) {
  EXPECT_TRUE(s().port.read(IoVirtualAddress(1), {}, 0).ok());
  EXPECT_EQ(counted("pages"), 0u);
  EXPECT_EQ(counted("reads"), 1u);
}

TEST_F(DmaPortTest, ABurstIsTimedLineByLine) {
  // Rows of 8 KiB, the bank chosen by the address: a page lies in one row, which is opened by the
  // first line. The bus carries the burst, and then every line its own burst on the data bus.
  std::vector<std::byte> data(page_bytes);
  const Address at = memory_base + 16 * 8192;  // untouched so far by any test: its bank may be open
  const memory::DramStatistics before = s().memory.statistics();
  const Cycles start = 1'000'000;
  const DmaReply reply = s().port.read(IoVirtualAddress(at), data, start);
  const memory::DramStatistics& after = s().memory.statistics();
  EXPECT_EQ(after.reads - before.reads, page_bytes / line_bytes);
  EXPECT_EQ(after.row_hits - before.row_hits, page_bytes / line_bytes - 1);
  const Cycles opening = after.row_misses > before.row_misses ? row_miss : row_hit + row_miss;
  // Each line waits for the bank until the one before has left: row hits follow one by one.
  const Cycles lines = opening + burst + (page_bytes / line_bytes - 1) * (row_hit + burst);
  EXPECT_EQ(reply.latency, verdict_cycles + bus_latency + page_bytes / bus_width + lines);
}

TEST_F(DmaPortTest, AWriteIsSeenByWhoWatchesMemory) {
  std::vector<std::pair<Address, std::uint64_t>> seen;
  s().memory.watch_writes(
      [&](Address address, std::uint64_t bytes) { seen.emplace_back(address, bytes); });
  std::vector<std::byte> data(100);
  (void)s().port.read(IoVirtualAddress(memory_base), data, 0);
  EXPECT_TRUE(seen.empty());
  (void)s().port.write(IoVirtualAddress(memory_base + page_bytes - 60), data, 0);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0], std::pair(memory_base + page_bytes - 60, std::uint64_t{60}));
  EXPECT_EQ(seen[1], std::pair(memory_base + page_bytes, std::uint64_t{40}));
}

TEST_F(DmaPortTest, AnInvalidationBeforeTheBytesMoveHasThemGoToTheNewFrame) {
  translate();
  const auto data = pattern(page_bytes + 64);
  bool remapped = false;
  // While the second page's verdict is under way, the first page is mapped elsewhere.
  s().ownership.during = [&](const OwnershipRequest& request) {
    if (request.frame != first_frame + 3 || remapped) return;
    remapped = true;
    s().host.tree.map(page, first_frame + 100, test::urwx);
    s().bus.end(s().bus.begin({.operation = Invalidation::Operation::by_va,
                               .vpn = page,
                               .context = s().host.regime.context}));
  };
  ASSERT_TRUE(s().port.write(IoVirtualAddress(page << page_shift), data, 0).ok());
  ASSERT_TRUE(remapped);
  EXPECT_EQ(memory_at(memory_base, 64), std::vector<std::byte>(64)) << "the old frame was written";
  EXPECT_EQ(memory_at(memory_base + 100 * page_bytes, 64),
            std::vector(data.begin(), data.begin() + 64));
  EXPECT_EQ(counted("overtaken"), 1u);
}

TEST_F(DmaPortTest, AMessageGoesToTheTranslatorAndNotToMemory) {
  Mailbox& mailbox = s().mailbox.mailbox;
  mailbox.letters.clear();
  const auto data = pattern(4);
  const IoVirtualAddress at(memory_base + 8);
  const DmaReply reply = s().mailbox.port.write(at, data, 0);
  EXPECT_TRUE(reply.ok());
  EXPECT_EQ(reply.latency, 7u);
  ASSERT_EQ(mailbox.letters.size(), 1u);
  EXPECT_EQ(mailbox.letters[0].first, at);
  EXPECT_EQ(mailbox.letters[0].second, data);
  EXPECT_EQ(memory_at(memory_base + 8, 4), std::vector<std::byte>(4));
  mailbox.answer = Fault::access_fault;
  const DmaReply refused = s().mailbox.port.write(at, data, 0);
  mailbox.answer = Fault::none;
  EXPECT_EQ(refused.fault, Fault::access_fault);
  EXPECT_EQ(refused.fault_address, at);
}

TEST_F(DmaPortTest, AnInvalidationThatDoesNotConcernTheTranslatorOvertakesNothing) {
  Mailbox& mailbox = s().mailbox.mailbox;
  const auto data = pattern(4);
  bool once = false;
  mailbox.during = [&] {
    if (!std::exchange(once, true)) s().bus.end(s().bus.begin({}));
  };
  for (const bool concerned : {false, true}) {
    once = false;
    mailbox.concerned = concerned;
    const std::uint64_t before = mailbox.asked;
    EXPECT_TRUE(s().mailbox.port.write(IoVirtualAddress(memory_base), data, 0).ok());
    EXPECT_EQ(mailbox.asked - before, concerned ? 2u : 1u);
  }
  mailbox.during = nullptr;
}

TEST_F(DmaPortTest, AnInvalidationOfAnotherRealmOvertakesNothing) {
  translate();
  s().ownership.during = [&](const OwnershipRequest&) {
    s().bus.end(
        s().bus.begin({.operation = Invalidation::Operation::by_realm, .context = {.realm = 9}}));
  };
  std::vector<std::byte> data(64);
  ASSERT_TRUE(s().port.read(IoVirtualAddress(page << page_shift), data, 0).ok());
  EXPECT_EQ(counted("overtaken"), 0u);
}

}  // namespace
}  // namespace kilburn::dma
