// Granules that hold data only: the walker is refused there, so no cache of page-table descriptors
// has one from there, and an invalidation of their frames says so.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rmu/fixture.h"

namespace kilburn::rmu::testing {
namespace {

/// Keeps what it is told.
class Listener final : public InvalidationHolder {
 public:
  std::vector<Invalidation> told;
  [[nodiscard]] std::string holder_name() const override { return "listener"; }
  void invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                  InvalidationBus& bus) override {
    told.push_back(invalidation);
    bus.acknowledge(ticket);
  }
};

class DataOnly : public ::testing::Test {
 protected:
  DataOnly() { bench_.bus.add(listener_); }

  Status give(Granule granule, bool data_only, std::uint16_t issuer, std::uint32_t realm = 1) {
    return bench_
        .issue({.code = CommandCode::set_owner,
                .target = Bench::address(granule),
                .realm = realm,
                .mapped = base_frame + granule,
                .mapped_any = false,
                .data_only = data_only,
                .issuer = {issuer}})
        .status;
  }
  bool check(Granule granule, bool table, std::uint16_t realm = 1) {
    return bench_.rmu
        .check({base_frame + granule, base_frame + granule, Access::load, realm, table},
               bench_.later())
        .allowed;
  }
  bool last_told_is_data_only() {
    EXPECT_FALSE(listener_.told.empty());
    return !listener_.told.empty() && listener_.told.back().last_level;
  }

  Bench bench_;
  Listener listener_;
};

TEST_F(DataOnly, TheWalkerIsRefusedWhereTheOwnerSaidThatThereAreNoTables) {
  ASSERT_EQ(give(5, true, 0), Status::ok);
  ASSERT_EQ(give(6, false, 0), Status::ok);
  EXPECT_TRUE(check(5, false));
  EXPECT_FALSE(check(5, true));
  EXPECT_EQ(bench_.denied(Denial::data_only), 1u);
  EXPECT_TRUE(check(6, false));
  EXPECT_TRUE(check(6, true));
  ASSERT_EQ(bench_.on(CommandCode::share, 5, 0, 1, Sharing::shared), Status::ok);
  EXPECT_TRUE(check(5, false, 2));
  EXPECT_FALSE(check(5, true, 2)) << "nor is another realm's";
}

TEST_F(DataOnly, AnInvalidationSaysWhatTheFramesCouldHoldBefore) {
  ASSERT_EQ(give(5, true, 0), Status::ok);
  EXPECT_FALSE(last_told_is_data_only()) << "realm 0 may have had tables in unowned memory";
  ASSERT_EQ(give(5, true, 1), Status::ok);
  EXPECT_TRUE(last_told_is_data_only());
  ASSERT_EQ(give(5, false, 1), Status::ok);
  EXPECT_TRUE(last_told_is_data_only()) << "it will hold tables, but did not yet";
  ASSERT_EQ(give(5, true, 1), Status::ok);
  EXPECT_FALSE(last_told_is_data_only());
  ASSERT_EQ(bench_.on(CommandCode::scrub, 5, 0, 1), Status::ok);
  EXPECT_TRUE(last_told_is_data_only());
  ASSERT_EQ(bench_.on(CommandCode::query, 5, 0, 0), Status::ok);
  ASSERT_EQ(give(5, false, 0), Status::ok);
  EXPECT_TRUE(check(5, true)) << "a scrub ends what its owner had said";
}

TEST_F(DataOnly, AGroupIsOfOneKindAndItsInvalidationsSayWhich) {
  for (Granule granule = 64; granule < 68; ++granule) {
    ASSERT_EQ(give(granule, granule != 66, 0), Status::ok);
  }
  EXPECT_EQ(bench_.fuse(64, 2), Status::state_mismatch);
  ASSERT_EQ(give(66, true, 1), Status::ok);
  ASSERT_EQ(bench_.fuse(64, 2), Status::ok);
  EXPECT_FALSE(check(67, true)) << "the head's word is every member's";
  ASSERT_EQ(bench_.shatter(64, 1), Status::ok);
  EXPECT_TRUE(last_told_is_data_only());
  EXPECT_FALSE(check(67, true));
}

TEST_F(DataOnly, TheBitIsWhereSoftwareReadsIt) {
  EXPECT_EQ(rights_word({.state = State::valid, .data_only = true}), 0x82u);  // state 2, bit 7
  for (const bool data_only : {false, true}) {
    const Entry entry{.state = State::valid, .order = 3, .data_only = data_only};
    EXPECT_EQ(decode(rights_word(entry), mapping_word(entry)), entry);
  }
}

}  // namespace
}  // namespace kilburn::rmu::testing
