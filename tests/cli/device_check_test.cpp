// kilburn run --check of software: translations of devices, compared with the IOMMU's tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "process.h"

namespace kilburn::platform {
namespace {

using testing::HasSubstr;
using testing::Not;

class CheckedDevices : public testing::TestWithParam<std::string> {};

TEST_P(CheckedDevices, UseOnlyWhatTheTablesSay) {
  const Folder folder;
  const Outcome outcome = kilburn(
      Arguments{"run", "--check", "--stats", folder / "s.json", "--elf", guest("iommu_test")} +
      set({"pcie.function.0.kind=dma_engine", "board.iommu=true", "board.aia=" + GetParam()}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("iommu_test: passed"));
  const auto found =
      matches(outcome.out, "([0-9]+) translations of devices checked against a walk in software");
  ASSERT_EQ(found.size(), 1u) << outcome.out;
  // Each page of each access; a rare one is overtaken by a command, and asked for again.
  const auto all = nlohmann::json::parse(contents(folder / "s.json"));
  const double pages = all.at("iommu").at("transactions").get<double>();
  const double checked = std::stod(found[0][1]);
  EXPECT_GT(pages, 1000);
  EXPECT_LE(checked, pages);
  EXPECT_GT(checked, 0.95 * pages);
}

INSTANTIATE_TEST_SUITE_P(InterruptController, CheckedDevices,
                         testing::Values("none", "aplic", "aplic_imsic"),
                         [](const auto& test) { return test.param; });

TEST(DeviceCheck, ChangesNoStatistic) {
  const Arguments run = Arguments{"--elf", guest("iommu_test")} +
                        set({"pcie.function.0.kind=dma_engine", "board.iommu=true"});
  EXPECT_EQ(statistics_of(run + Arguments{"--check"}), statistics_of(run));
}

TEST(DeviceCheck, SaysWhatItCoversWhereThereIsNoIommu) {
  const Outcome outcome = kilburn({"run", "--check", "--elf", guest("hello")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("--check compares translations of devices: this board has no "
                                     "IOMMU (board.iommu)"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("checked against")));
}

}  // namespace
}  // namespace kilburn::platform
