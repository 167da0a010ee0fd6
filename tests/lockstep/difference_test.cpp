// A platform whose RTL has a fault, run by the program's own command. The fault comes by the
// linker: this file's table of RTL configurations stands in the place of the library's.
#include <algorithm>

#include "burst_tlb/burst_tlb_cosim.h"
#include "burst_tlb/forwarding_rtl.h"
#include "platform/cli/run_command.h"
#include "process.h"
#include "waveform/vcd_reader.h"

namespace kilburn::burst_tlb {

std::unique_ptr<BurstTlbRtl> make_fa64_b8_tag();  // the library's

namespace {

constexpr std::uint64_t wrong_bit = std::uint64_t{1} << 20;  ///< of a unit: bit 4 of its frame
constexpr std::uint64_t right_edges = 5000;

/// One bit of a hit's frame is wrong after some edges.
class WrongFrame final : public ForwardingRtl {
 public:
  WrongFrame() : ForwardingRtl(make_fa64_b8_tag()) {}
  const PortResults& cycle(const PortRequests& requests) override {
    results_ = ForwardingRtl::cycle(requests);
    if (edges() > right_edges) results_.lookup_unit ^= wrong_bit;
    return results_;
  }

 private:
  PortResults results_;
};

}  // namespace

std::span<const RtlConfiguration> rtl_configurations() {
  static const RtlConfiguration all[] = {
      {"fa64_b8_tag", make_fa64_b8_tag()->elaborated(),
       [] { return std::unique_ptr<BurstTlbRtl>(std::make_unique<WrongFrame>()); }}};
  return all;
}

}  // namespace kilburn::burst_tlb

namespace kilburn::platform {
namespace {

/// What `kilburn run` returns and writes to standard error.
Outcome run(Arguments arguments) {
  CLI::App app;
  Outcome outcome;
  add_run_command(app, outcome.status);
  std::ranges::reverse(arguments);  // as CLI11 wants them
  testing::internal::CaptureStderr();
  app.parse(arguments);
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(Lockstep, DifferenceEndsTheRunAndItsWaveformShowsTheThousandAccessesBeforeIt) {
  const Folder folder;
  const Outcome outcome =
      run(Arguments{"run", "--limit", "100000", "--trace", shipped("sort"), "--vcd",
                    folder / "run.vcd", "--vcd-on-mismatch"} +
          set({"mmu.dtlb.replacement=tree_plru", "mmu.dtlb.implementation=lockstep"}));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, testing::HasSubstr("RTL and model differ: cycle 50"));
  EXPECT_THAT(outcome.err, testing::HasSubstr("lookup_unit_o"));

  const VcdReader read(folder / "run.vcd");
  const std::uint64_t end = read.last_time();
  EXPECT_EQ(read.at("mmu.dtlb.mismatch", end), 1u);
  EXPECT_EQ(read.changes("mmu.dtlb.mismatch"), 2u) << "low, and high at the end";
  EXPECT_EQ(
      read.at("mmu.dtlb.model.lookup_unit_o", end) ^ read.at("mmu.dtlb.rtl.lookup_unit_o", end),
      burst_tlb::wrong_bit);
  EXPECT_GT(read.first_time(), 0u) << "what is older is dropped";
  // A thousand points of time: an access each, but for pauses and the cycles of an invalidation.
  EXPECT_GT(read.changes("hart.va"), 500u);
  EXPECT_LE(read.changes("hart.va"), 1000u);
  EXPECT_THAT(contents(folder / "run.gtkw"), testing::HasSubstr("mmu.dtlb.rtl.lookup_unit_o"));
}

TEST(Lockstep, DifferenceUnderSoftwareEndsTheRunWithTheSameMessageAndWaveform) {
  const Folder folder;
  const Outcome outcome =
      run(Arguments{"run", "--elf", guest("pointer_chase_4k_short"), "--vcd", folder / "run.vcd",
                    "--vcd-on-mismatch", "--stats", folder / "s.json"} +
          set({"mmu.dtlb.replacement=tree_plru", "mmu.dtlb.implementation=lockstep"}));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, testing::HasSubstr("RTL and model differ: cycle 50"));
  EXPECT_FALSE(std::filesystem::exists(folder / "s.json"));

  const VcdReader read(folder / "run.vcd");
  const std::uint64_t end = read.last_time();
  EXPECT_EQ(
      read.at("mmu.dtlb.model.lookup_unit_o", end) ^ read.at("mmu.dtlb.rtl.lookup_unit_o", end),
      burst_tlb::wrong_bit);
  EXPECT_GT(read.first_time(), 0u);
  EXPECT_GT(read.changes("hart.pc"), 500u);
}

}  // namespace
}  // namespace kilburn::platform
