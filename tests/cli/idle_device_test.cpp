// Devices that software does not use change no statistic of what it does.
#include <nlohmann/json.hpp>

#include "cli/memory_guest.h"
#include "process.h"

namespace kilburn::platform {
namespace {

using Json = nlohmann::json;

/// By path, without what begins with one of `others`.
std::string statistics_without(const std::vector<std::string>& settings,
                               const std::vector<std::string>& others) {
  const Folder folder;
  const auto elf = memory_guest::guest_file(true);
  const std::string file =
      folder.write("guest.elf", {reinterpret_cast<const char*>(elf.data()), elf.size()});
  const Json all = Json::parse(statistics_of(Arguments{"--elf", file} + set(settings))).flatten();
  std::string text;
  for (const auto& [path, value] : all.items()) {
    const bool other = std::ranges::any_of(
        others, [&path = path](const std::string& start) { return path.starts_with(start); });
    if (!other) text += path + " " + value.dump() + "\n";
  }
  return text;
}

TEST(IdleDevices, AnIommuThatIsBareChangesNoStatistic) {
  // Functions' port has no TLB of its own where the IOMMU has one.
  const std::vector<std::string> others = {"/iommu", "/dma/pcie"};
  const std::string without = statistics_without({}, others);
  EXPECT_GT(std::ranges::count(without, '\n'), 200);
  EXPECT_EQ(statistics_without({"board.iommu=true"}, others), without);
}

TEST(IdleDevices, FunctionsChangeNoStatisticOfHartsCachesAndMemory) {
  const std::vector<std::string> others = {"/pcie", "/dma"};
  const std::string without = statistics_without({}, others);
  EXPECT_EQ(statistics_without({"pcie.function.0.kind=dma_engine",
                                "pcie.function.1.kind=dma_engine", "pcie.function.1.device=2"},
                               others),
            without);
}

TEST(IdleDevices, AnotherInterruptControllerChangesNoStatisticOfHartsCachesAndMemory) {
  const std::vector<std::string> others = {"/plic", "/aplic", "/imsic", "/dma"};
  const std::string without = statistics_without({}, others);
  for (const std::string aia : {"aplic", "aplic_imsic"}) {
    EXPECT_EQ(statistics_without({"board.aia=" + aia}, others), without) << aia;
  }
}

}  // namespace
}  // namespace kilburn::platform
