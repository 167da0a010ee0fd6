// The way to host memory through the dual look-up tables, with and without ATS.
#include "nvme/host_path.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <vector>

namespace kilburn::nvme {
namespace {

using pcie::AddressType;

/// Page n is translated to n + `moved`, where it is mapped.
class FakeLink final : public HostLink {
 public:
  pcie::Completion request(pcie::Request request, Cycles /*now*/) override {
    requests.push_back(request);
    if (during) std::exchange(during, nullptr)();
    pcie::Completion completion{.latency = 100};
    if (request.type != AddressType::translation_request) {
      if (refuse_access) completion.status = pcie::Status::unsupported;
      return completion;
    }
    if (refuse_translation) {
      completion.status = pcie::Status::unsupported;
      return completion;
    }
    // A large answer, of which the page is a part.
    const std::uint64_t base = request.address.value() & ~std::uint64_t{0x1FFFFF};
    completion.translation = {.address = PhysicalAddress(base + (moved << page_shift)),
                              .bytes = 0x200000,
                              .readable = readable,
                              .writable = writable && request.write,
                              .untranslated_only = untranslated_only};
    return completion;
  }
  [[nodiscard]] bool ats_enabled() const override { return ats; }
  [[nodiscard]] unsigned count(AddressType type) const {
    unsigned result = 0;
    for (const pcie::Request& each : requests) result += each.type == type ? 1 : 0;
    return result;
  }

  std::vector<pcie::Request> requests;
  std::function<void()> during;
  bool ats = true;
  bool readable = true;
  bool writable = true;
  bool untranslated_only = false;
  bool refuse_access = false;
  bool refuse_translation = false;
  PageNumber moved = 0x1000;
};

class HostPathTest : public ::testing::Test {
 protected:
  HostReply read(std::uint64_t at, std::size_t bytes = 64, QueueId queue = 1) {
    return path_.read({.id = queue}, IoVirtualAddress(at), std::span(buffer_).first(bytes), 0);
  }
  HostReply write(std::uint64_t at, std::size_t bytes = 64) {
    return path_.write({.id = 1}, IoVirtualAddress(at), std::span(buffer_).first(bytes), 0);
  }
  [[nodiscard]] const pcie::Request& last() const { return link_.requests.back(); }

  FakeLink link_;
  HostPath path_{{.ulut_entries = 32, .ulut_ways = 4, .tlut_entries = 8}, link_, 1000};
  std::array<std::byte, 16'384> buffer_{};
};

TEST_F(HostPathTest, WithAtsAPageIsAskedForOnceAndAccessedTranslated) {
  for (unsigned i = 0; i < 5; ++i) ASSERT_TRUE(read(0x5040 + 64 * i).ok);
  EXPECT_EQ(link_.count(AddressType::translation_request), 1U);
  EXPECT_EQ(link_.count(AddressType::translated), 5U);
  EXPECT_EQ(link_.count(AddressType::untranslated), 0U);
  EXPECT_EQ(last().address.value(), ((std::uint64_t{5} + 0x1000) << 12) + 0x40 + 64 * 4);
}

TEST_F(HostPathTest, WithoutAtsEveryAccessGoesOutUntranslated) {
  link_.ats = false;
  for (unsigned i = 0; i < 5; ++i) ASSERT_TRUE(read(0x5040).ok);
  EXPECT_EQ(link_.count(AddressType::untranslated), 5U);
  EXPECT_EQ(link_.requests.size(), 5U);
  EXPECT_EQ(path_.tables().statistics().hits, 5U) << "the tables lead to the page itself";
}

TEST_F(HostPathTest, TurningAtsOnOrOffForgetsEverything) {
  ASSERT_TRUE(read(0x5000).ok);
  link_.ats = false;
  ASSERT_TRUE(read(0x5000).ok);
  EXPECT_EQ(last().type, AddressType::untranslated);
  EXPECT_EQ(last().address.value(), 0x5000U);
  link_.ats = true;
  ASSERT_TRUE(read(0x5000).ok);
  EXPECT_EQ(last().type, AddressType::translated);
  EXPECT_EQ(link_.count(AddressType::translation_request), 2U);
}

TEST_F(HostPathTest, AnAccessIsSplitAtPages) {
  ASSERT_TRUE(read(0x5F00, 8192).ok);
  EXPECT_EQ(link_.count(AddressType::translation_request), 3U);
  std::vector<std::size_t> lengths;
  for (const pcie::Request& each : link_.requests) {
    if (each.type == AddressType::translated) lengths.push_back(each.data.size());
  }
  EXPECT_EQ(lengths, (std::vector<std::size_t>{256, 4096, 3840}));
}

TEST_F(HostPathTest, AfterAnInvalidationThePageIsAskedForAgain) {
  ASSERT_TRUE(read(0x5000).ok);
  ASSERT_TRUE(read(0x7000).ok);
  link_.moved = 0x2000;
  EXPECT_TRUE(path_.drained(path_.invalidate(5, 2)));
  ASSERT_TRUE(read(0x5000).ok);
  EXPECT_EQ(last().address.value(), (std::uint64_t{5} + 0x2000) << 12);
  ASSERT_TRUE(read(0x7000).ok);
  EXPECT_EQ(last().address.value(), (std::uint64_t{7} + 0x1000) << 12) << "not of the range";
}

TEST_F(HostPathTest, AnAnswerThatAnInvalidationOvertookIsDropped) {
  link_.during = [this] {
    (void)path_.invalidate(0, 64);
    link_.moved = 0x2000;
  };
  ASSERT_TRUE(read(0x5000).ok);
  EXPECT_EQ(link_.count(AddressType::translation_request), 2U);
  EXPECT_EQ(last().address.value(), (std::uint64_t{5} + 0x2000) << 12);
}

TEST_F(HostPathTest, AnInvalidationWaitsForTheAccessUnderWay) {
  ASSERT_TRUE(read(0x5000).ok);
  std::uint64_t drain = 0;
  bool drained = true;
  link_.during = [&] {
    drain = path_.invalidate(5, 1);
    drained = path_.drained(drain);
  };
  ASSERT_TRUE(read(0x5000).ok);
  EXPECT_FALSE(drained);
  EXPECT_TRUE(path_.drained(drain));
  EXPECT_GT(path_.in_use_until(), 0U);
}

TEST_F(HostPathTest, WhatIsNotMappedOrNotAllowedFails) {
  link_.writable = false;
  EXPECT_FALSE(write(0x5000).ok);
  EXPECT_TRUE(read(0x5000).ok);
  link_.readable = false;
  EXPECT_FALSE(read(0x6000).ok);
  EXPECT_EQ(link_.count(AddressType::translated), 1U) << "the read that was allowed, and no other";
  link_.readable = link_.writable = true;
  EXPECT_TRUE(read(0x6000).ok) << "nothing was kept";
  EXPECT_TRUE(write(0x6000).ok) << "to write is asked for on its own";
  link_.refuse_access = true;
  EXPECT_FALSE(read(0x6000).ok);
}

TEST_F(HostPathTest, WhereTranslationsAreRefusedTheAccessGoesOutUntranslated) {
  link_.untranslated_only = true;
  ASSERT_TRUE(write(0x5000).ok);
  EXPECT_EQ(last().type, AddressType::untranslated);
  link_.untranslated_only = false;
  link_.refuse_translation = true;
  ASSERT_TRUE(write(0x5000).ok);
  EXPECT_EQ(last().type, AddressType::untranslated);
}

TEST_F(HostPathTest, QueuesPagesStayAndHalfOfTheIdsAreLeftForData) {
  path_.begin_queue({.id = 1}, IoVirtualAddress(0x10'0000), 64 * 4096);
  for (PageNumber page = 0; page < 64; ++page) ASSERT_TRUE(read(page << 12).ok);
  link_.requests.clear();
  unsigned kept = 0;
  for (PageNumber page = 0x100; page < 0x104; ++page) ASSERT_TRUE(read(page << 12).ok);
  link_.requests.clear();
  for (PageNumber page = 0; page < 64; ++page) ASSERT_TRUE(read(page << 12).ok);
  link_.requests.clear();
  for (PageNumber page = 0x100; page < 0x104; ++page) {
    ASSERT_TRUE(read(page << 12).ok);
    if (link_.requests.size() == 1) ++kept;
    link_.requests.clear();
  }
  EXPECT_EQ(kept, 4U) << "half of eight ids";
  path_.end_queue({.id = 1});
  ASSERT_TRUE(read(0x10'0000).ok);
  EXPECT_EQ(link_.count(AddressType::translation_request), 1U) << "with the queue they go";
}

TEST_F(HostPathTest, AHitTakesTheTablesTimeAndTheAccess) {
  const Cycles hit = dual_lut::hit_latency({.ulut_entries = 32, .ulut_ways = 4, .tlut_entries = 8});
  EXPECT_EQ(read(0x5000).latency, 2 * hit + 100 + 100) << "asked for, found, accessed";
  // It came at 100 and `hit`: who looks earlier waits for it.
  const HostReply later =
      path_.read({.id = 1}, IoVirtualAddress(0x5000), std::span(buffer_).first(64), 5000);
  EXPECT_EQ(later.latency, hit + 100);
}

}  // namespace
}  // namespace kilburn::nvme
