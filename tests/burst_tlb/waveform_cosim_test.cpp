// The co-simulation's waveform against a log of what crossed the ports.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "burst_tlb/burst_tlb_cosim.h"
#include "common/error.h"
#include "common/file_size_limit.h"
#include "forwarding_rtl.h"
#include "waveform/vcd_reader.h"

namespace kilburn::burst_tlb {
namespace {

namespace fs = std::filesystem;

/// Passes everything on and writes down what it saw.
class Logged final : public ForwardingRtl {
 public:
  struct Cycle {
    std::uint64_t edge = 0;
    bool ready = false;
    bool invalidate = false;
    std::optional<Comparand> lookup{};
    std::optional<PageNumber> fill_vpn{};
    PortResults rtl{};
    PortResults model{};
  };

  using ForwardingRtl::ForwardingRtl;
  const PortResults& cycle(const PortRequests& requests) override {
    Cycle c{.ready = ready(), .invalidate = requests.invalidate != nullptr};
    if (requests.lookup != nullptr) c.lookup = *requests.lookup;
    if (requests.fill != nullptr) c.fill_vpn = requests.fill->translation.vpn;
    const PortResults& results = ForwardingRtl::cycle(requests);
    c.edge = edges();
    c.rtl = results;
    log.push_back(c);
    return results;
  }
  void show_model(const PortResults& results, std::span<const std::uint32_t> valid,
                  bool mismatch) override {
    log.back().model = results;
    ForwardingRtl::show_model(results, valid, mismatch);
  }

  std::vector<Cycle> log;
};

class Waveforms : public testing::TestWithParam<std::string> {};

TEST_P(Waveforms, HaveEveryValueThatCrossedThePorts) {
  const fs::path file =
      fs::temp_directory_path() / ("kilburn_" + GetParam() + std::to_string(::getpid()) + ".vcd");
  const RtlConfiguration& configuration = rtl_configuration(GetParam());
  Logged rtl(make_rtl(configuration));
  const CosimResult result = cosimulate(configuration.parameters, rtl,
                                        {.operations = 3000,
                                         .seed = 11,
                                         .waveform = file,
                                         .waveform_from = 500,
                                         .waveform_until = 1500});
  ASSERT_FALSE(result.difference);
  const VcdReader read(file);
  const std::string scope = "TOP.burst_tlb_cosim.";
  std::size_t lookups = 0;
  std::size_t fills = 0;
  for (const Logged::Cycle& cycle : rtl.log) {
    if (cycle.edge <= 501 || cycle.edge > 1500) continue;
    SCOPED_TRACE(testing::Message() << "edge " << cycle.edge);
    const std::uint64_t time = cycle.edge * 1000;
    ASSERT_EQ(read.at(scope + "rtl.clk_i", time), 1u);
    // What stood before the edge stands after it, too.
    ASSERT_EQ(read.at(scope + "rtl.lookup_valid_i", time), cycle.lookup.has_value() ? 1u : 0u);
    ASSERT_EQ(read.at(scope + "rtl.fill_valid_i", time), cycle.fill_vpn.has_value() ? 1u : 0u);
    ASSERT_EQ(read.at(scope + "rtl.invalidate_valid_i", time), cycle.invalidate ? 1u : 0u);
    ASSERT_EQ(read.at(scope + "rtl.invalidate_ready_o", time - 500), cycle.ready ? 1u : 0u);
    if (cycle.lookup) {
      ASSERT_EQ(read.at(scope + "rtl.lookup_vpn_i", time), cycle.lookup->vpn);
      ASSERT_EQ(read.at(scope + "rtl.lookup_asid_i", time), cycle.lookup->context.asid);
    }
    if (cycle.fill_vpn) {
      ASSERT_EQ(read.at(scope + "rtl.fill_vpn_i", time), *cycle.fill_vpn);
    }
    for (const auto& [side, results] :
         {std::pair{"rtl.", &cycle.rtl}, std::pair{"model.", &cycle.model}}) {
      ASSERT_EQ(read.at(scope + side + "lookup_valid_o", time), results->lookup_valid ? 1u : 0u);
      ASSERT_EQ(read.at(scope + side + "fill_valid_o", time), results->fill_valid ? 1u : 0u);
      if (results->lookup_valid) {
        ++lookups;
        ASSERT_EQ(read.at(scope + side + "lookup_outcome_o", time),
                  static_cast<std::uint64_t>(results->lookup_outcome));
        if (results->lookup_outcome == Outcome::hit) {
          ASSERT_EQ(read.at(scope + side + "lookup_unit_o", time), results->lookup_unit);
        }
      }
      if (results->fill_valid) {
        ++fills;
        ASSERT_EQ(read.at(scope + side + "fill_entry_o", time), results->fill_entry);
        ASSERT_EQ(read.at(scope + side + "fill_written_o", time), results->fill_written);
      }
    }
    ASSERT_EQ(read.at(scope + "model.mismatch", time), 0u);
  }
  EXPECT_GT(lookups, 100u);
  EXPECT_GT(fills, 20u);
  for (const char* suffix : {"", ".fst", ".back.vcd"}) fs::remove(file.string() + suffix);
}

// Verilator's own writer waits for itself, for ever, where it sees such an error.
TEST(FullDisk, EndsACosimulationInTheMiddleOrAtItsEndAndNothingIsLeft) {
  const fs::path folder =
      fs::temp_directory_path() / ("kilburn_full_disk" + std::to_string(::getpid()));
  fs::create_directory(folder);
  const fs::path file = folder / "w.vcd";
  const RtlConfiguration& configuration = rtl_configuration("fa64_b8_tag");
  // Its header alone has more than 20,000 bytes; they are in a buffer until the end.
  for (const auto& [operations, limit] : {std::pair{20000, 300'000}, std::pair{1, 20'000}}) {
    const auto rtl = make_rtl(configuration);
    const FileSizeLimit full(static_cast<rlim_t>(limit));
    std::string error = "no error";
    try {
      cosimulate(configuration.parameters, *rtl,
                 {.operations = static_cast<std::uint64_t>(operations), .waveform = file});
    } catch (const InputError& found) {
      error = found.what();
    }
    EXPECT_EQ(error, file.string() + ": cannot be written: File too large");
  }
  EXPECT_TRUE(fs::is_empty(folder)) << "of a waveform that is not complete";
  fs::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Geometries, Waveforms,
                         testing::Values("fa64_b8_tag", "fa64_b1_tag", "sa128x8_b8_tdu"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace kilburn::burst_tlb
