// RTL and model on the same streams, and what spec 01 asks of the RTL itself.
#include "burst_tlb/burst_tlb_cosim.h"

#include <gtest/gtest.h>

#include <bit>

#include "burst_tlb/port_tlb.h"
#include "common/error.h"
#include "forwarding_rtl.h"

namespace kilburn::burst_tlb {
namespace {

class EveryConfiguration : public testing::TestWithParam<RtlConfiguration> {
 protected:
  const RtlConfiguration& configuration() const { return GetParam(); }
  const RtlParameters& parameters() const { return GetParam().parameters; }
};

std::string name_of(const testing::TestParamInfo<RtlConfiguration>& info) {
  return std::string(info.param.name);
}

/// The RTL's ports operated one request at a time, with what the contract says of latency.
class Ports {
 public:
  explicit Ports(const RtlConfiguration& configuration)
      : latency_(configuration.parameters.latency), rtl_(make_rtl(configuration)) {}

  PortResults lookup(PageNumber vpn, Access access = Access::load, Context context = {}) {
    const Comparand comparand{vpn, context, access};
    return answered(rtl_->cycle({.lookup = &comparand}), &PortResults::lookup_valid, latency_);
  }
  PortResults fill(PageNumber vpn, PageNumber pfn, std::uint8_t permissions = user_page,
                   Context context = {}, std::vector<Translation> beside = {}) {
    FillRequest request;
    request.translation = {.vpn = vpn, .pfn = pfn, .permissions = permissions};
    request.context = context;
    std::ranges::copy(beside, request.neighbours.begin());
    request.neighbour_count = beside.size();
    return answered(rtl_->cycle({.fill = &request}), &PortResults::fill_valid, latency_);
  }
  /// `cycles`: of the operation, before its result's latency.
  PortResults invalidate(const Invalidation& invalidation, std::uint32_t cycles) {
    return answered(rtl_->cycle({.invalidate = &invalidation}), &PortResults::invalidate_valid,
                    latency_ + cycles - 1);
  }
  std::uint32_t live_units() {
    rtl_->cycle({});  // the registers show what was carried out one cycle later
    std::uint32_t live = 0;
    for (const std::uint32_t word : rtl_->unit_valid()) {
      live += static_cast<std::uint32_t>(std::popcount(word));
    }
    return live;
  }
  BurstTlbRtl& rtl() { return *rtl_; }

  static constexpr std::uint8_t user_page =
      pte::read | pte::write | pte::user | pte::accessed | pte::dirty;

 private:
  PortResults answered(PortResults results, bool PortResults::*valid, std::uint32_t cycles) {
    for (std::uint32_t cycle = 1; cycle < cycles; ++cycle) {
      EXPECT_FALSE(results.*valid) << "an answer before its time";
      results = rtl_->cycle({});
    }
    EXPECT_TRUE(results.*valid) << "no answer " << cycles << " cycles after the request";
    return results;
  }

  std::uint32_t latency_;
  std::unique_ptr<BurstTlbRtl> rtl_;
};

PageNumber pfn_of(const PortResults& results) {
  return BurstTlb::Unit::from_word(results.lookup_unit).pfn();
}

TEST_P(EveryConfiguration, AgreesWithItsModelAtEveryCycleOfRandomStreams) {
  Counters seen{};
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto rtl = make_rtl(configuration());
    const CosimResult result = cosimulate(parameters(), *rtl, {.operations = 20'000, .seed = seed});
    EXPECT_FALSE(result.difference) << text(*result.difference);
    EXPECT_GE(result.operations, 20'000u);
    for (std::size_t i = 0; i < counters; ++i) seen[i] += result.counters[i];
  }
  // The streams do exercise the array.
  for (const Counter counter : {Counter::hits, Counter::miss_tag, Counter::miss_content,
                                Counter::evictions, Counter::units_invalidated}) {
    EXPECT_GT(seen[static_cast<std::size_t>(counter)], 100u);
  }
}

TEST_P(EveryConfiguration, ReportsTheParametersThatItWasElaboratedWith) {
  EXPECT_EQ(make_rtl(configuration())->elaborated(), parameters());
}

// spec 01 behaviour 2
TEST_P(EveryConfiguration, TagHitWithInvalidUnitIsAUnitMissFilledInPlaceAndSiblingsSurvive) {
  if (parameters().burst == 1) return;  // a tag has no other unit
  Ports ports(configuration());
  ports.fill(0x40, 0x111);
  const PortResults miss = ports.lookup(0x41);
  EXPECT_EQ(miss.lookup_outcome, Outcome::miss_unit);
  const PortResults fill = ports.fill(0x41, 0x999);
  EXPECT_TRUE(fill.fill_in_place);
  EXPECT_EQ(fill.fill_entry, miss.lookup_entry);
  EXPECT_EQ(fill.fill_written, 2u);
  // spec 01 behaviour 4: the two frames have nothing to do with each other
  EXPECT_EQ(pfn_of(ports.lookup(0x40)), 0x111u);
  EXPECT_EQ(pfn_of(ports.lookup(0x41)), 0x999u);
  EXPECT_EQ(ports.live_units(), 2u);
}

// spec 01 behaviour 3
TEST_P(EveryConfiguration, StoreToACleanUnitIsAContentMiss) {
  Ports ports(configuration());
  ports.fill(7, 70, pte::read | pte::write | pte::accessed);
  EXPECT_EQ(ports.lookup(7, Access::load).lookup_outcome, Outcome::hit);
  EXPECT_EQ(ports.lookup(7, Access::store).lookup_outcome, Outcome::miss_content);
}

// spec 01 behaviour 3
TEST_P(EveryConfiguration, AnotherAddressSpaceMissesByTagOrByContentAsTheContextIsPlaced) {
  Ports ports(configuration());
  ports.fill(7, 70, Ports::user_page, {.asid = 1});
  const PortResults other = ports.lookup(7, Access::load, {.asid = 2});
  EXPECT_EQ(other.lookup_outcome,
            parameters().context_in_tag ? Outcome::miss_tag : Outcome::miss_content);
}

// spec 01 behaviour 5
TEST_P(EveryConfiguration, EvictionDropsAllUnitsOfTheVictim) {
  Ports ports(configuration());
  const std::uint32_t sets = parameters().entries / parameters().ways;
  const PageNumber stride = PageNumber{parameters().burst} * sets;  // same set, next tag
  std::vector<Translation> beside;
  for (std::uint32_t unit = 1; unit < parameters().burst; ++unit) {
    beside.push_back({.vpn = unit, .pfn = 100 + unit, .permissions = Ports::user_page});
  }
  ports.fill(0, 100, Ports::user_page, {}, beside);
  const std::uint32_t filled = ports.live_units();
  EXPECT_EQ(filled, parameters().line_fill ? parameters().burst : 1);
  for (std::uint32_t way = 1; way < parameters().ways; ++way) ports.fill(way * stride, way);
  const PortResults evicting = ports.fill(parameters().ways * stride, 1);
  EXPECT_EQ(static_cast<std::uint32_t>(std::popcount(evicting.fill_evicted)), filled)
      << "the way filled first is the victim of both policies";
  EXPECT_EQ(ports.lookup(0).lookup_outcome, Outcome::miss_tag);
  EXPECT_EQ(ports.live_units(), parameters().ways);
}

// spec 01 behaviour 5
TEST_P(EveryConfiguration, InvalidationByVaDropsOneUnitInOneCycle) {
  Ports ports(configuration());
  ports.fill(0x40, 1);
  ports.fill(0x41, 2);
  const PortResults done =
      ports.invalidate({.operation = Invalidation::Operation::by_va_asid, .vpn = 0x40}, 1);
  EXPECT_EQ(done.invalidate_cleared, 1u);
  EXPECT_NE(ports.lookup(0x40).lookup_outcome, Outcome::hit);
  EXPECT_EQ(ports.lookup(0x41).lookup_outcome, Outcome::hit);
}

TEST_P(EveryConfiguration, InvalidationByAsidReadsEveryEntryAndSparesGlobalUnits) {
  Ports ports(configuration());
  ports.fill(0x40, 1);
  ports.fill(0x80, 2, Ports::user_page | pte::global);
  const PortResults done =
      ports.invalidate({.operation = Invalidation::Operation::by_asid}, parameters().entries);
  EXPECT_EQ(done.invalidate_cleared, 1u);
  EXPECT_EQ(ports.lookup(0x80, Access::load, {.asid = 3}).lookup_outcome, Outcome::hit);
}

// spec 01 behaviour 7
TEST_P(EveryConfiguration, NoStaleHitAfterAnInvalidationHasBeenAcknowledged) {
  using Operation = Invalidation::Operation;
  for (const Operation operation :
       {Operation::all, Operation::by_vmid, Operation::by_asid, Operation::by_va_asid,
        Operation::by_va, Operation::by_guest_frame, Operation::by_realm, Operation::by_frame}) {
    Ports ports(configuration());
    ports.fill(0x40, 0x77);
    const Invalidation invalidation{.operation = operation, .vpn = 0x40, .pfn = 0x77};
    PortResults done = ports.rtl().cycle({.invalidate = &invalidation});
    while (!done.invalidate_valid) done = ports.rtl().cycle({});
    EXPECT_NE(ports.lookup(0x40).lookup_outcome, Outcome::hit)
        << "operation " << static_cast<int>(operation);
  }
}

// The contract: an invalidation has the array to itself, and a lookup beside it must come again.
TEST_P(EveryConfiguration, LookupBesideAnInvalidationIsNotTaken) {
  Ports ports(configuration());
  ports.fill(0x40, 1);
  const Comparand comparand{0x40, {}, Access::load};
  const Invalidation all{};
  ports.rtl().cycle({.lookup = &comparand, .invalidate = &all});
  for (std::uint32_t cycle = 0; cycle < parameters().latency + 1; ++cycle) {
    EXPECT_FALSE(ports.rtl().cycle({}).lookup_valid);
  }
}

// The contract: a lookup sees nothing of the fill that is taken with it.
TEST_P(EveryConfiguration, LookupBesideAFillComesFirst) {
  Ports ports(configuration());
  const Comparand comparand{0x40, {}, Access::load};
  FillRequest fill;
  fill.translation = {.vpn = 0x40, .pfn = 5, .permissions = Ports::user_page};
  PortResults results = ports.rtl().cycle({.lookup = &comparand, .fill = &fill});
  for (std::uint32_t cycle = 1; cycle < parameters().latency; ++cycle) {
    results = ports.rtl().cycle({});
  }
  ASSERT_TRUE(results.lookup_valid && results.fill_valid);
  EXPECT_EQ(results.lookup_outcome, Outcome::miss_tag);
  EXPECT_EQ(ports.lookup(0x40).lookup_outcome, Outcome::hit);
}

INSTANTIATE_TEST_SUITE_P(BurstTlbCosim, EveryConfiguration,
                         testing::ValuesIn(rtl_configurations().begin(),
                                           rtl_configurations().end()),
                         name_of);

/// An RTL with a fault: from some cycle on one bit of every hit's frame is wrong.
class WrongFrame final : public ForwardingRtl {
 public:
  using ForwardingRtl::ForwardingRtl;
  const PortResults& cycle(const PortRequests& requests) override {
    results_ = ForwardingRtl::cycle(requests);
    if (edges() > 5000) results_.lookup_unit ^= std::uint64_t{1} << 20;
    return results_;
  }

 private:
  PortResults results_;
};

TEST(BurstTlbCosim, DifferenceEndsTheRunAndNamesCycleSignalExpectedAndSeen) {
  const RtlConfiguration& configuration = rtl_configuration("fa64_b8_tag");
  WrongFrame rtl(make_rtl(configuration));
  const CosimResult result =
      cosimulate(configuration.parameters, rtl, {.operations = 100'000, .seed = 3});
  ASSERT_TRUE(result.difference);
  EXPECT_EQ(result.difference->signal, "lookup_unit_o");
  EXPECT_GE(result.difference->cycle, 5000u);
  EXPECT_EQ(result.difference->cycle + 1, result.cycles);
  const std::uint64_t expected = std::stoull(result.difference->expected, nullptr, 16);
  const std::uint64_t seen = std::stoull(result.difference->seen, nullptr, 16);
  EXPECT_EQ(expected ^ seen, std::uint64_t{1} << 20);
}

TEST(BurstTlbCosim, ElaboratedParametersOtherThanExpectedAreRefused) {
  RtlConfiguration wrong = rtl_configuration("fa64_b8_tag");
  wrong.parameters.latency = 2;
  EXPECT_THROW(make_rtl(wrong), std::logic_error);
}

TEST(BurstTlbCosim, GeometryThatIsNotBuiltIsRefusedWithThoseThatAre) {
  try {
    (void)rtl_configuration(TlbConfig{.entries = 48, .replacement = Replacement::round_robin});
    FAIL();
  } catch (const InputError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("48 entries"), std::string::npos) << message;
    EXPECT_NE(message.find("fa64_b8_tag"), std::string::npos) << message;
    EXPECT_NE(message.find("KILBURN_BURST_TLB_RTL"), std::string::npos) << message;
  }
}

TEST(PortTlb, PageWiderThanTheRtlsFieldIsRefused) {
  TlbConfig config = rtl_configuration("sa24x3_b2_sv39").parameters.model();
  const auto tlb = PortTlb::of_rtl(config, false);
  EXPECT_THROW(tlb->lookup({PageNumber{1} << 26, {}, Access::load}), InputError);
  EXPECT_NO_THROW(tlb->lookup({(PageNumber{1} << 26) - 1, {}, Access::load}));
  // The upper half of Sv39, as a hart presents it.
  EXPECT_NO_THROW(tlb->lookup({0xFFFF'FFFF'FFFF'F000 >> page_shift, {}, Access::load}));
  EXPECT_THROW(tlb->lookup({1, {.asid = 512}, Access::load}), InputError);
}

}  // namespace
}  // namespace kilburn::burst_tlb
