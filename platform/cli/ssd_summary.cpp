#include "platform/cli/ssd_summary.h"

#include <fmt/format.h>

#include "platform/cli/summary_values.h"
#include "platform/process/progress.h"
#include "platform/ssd/ssd_platform.h"

namespace kilburn::ssd {

namespace {

using platform::short_count;
using platform::SummaryValues;

std::string heading() {
  return fmt::format("{:<22}{:>9}{:>9}{:>10}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}\n", "latency (us)",
                     "requests", "/s", "bytes/s", "mean", "50 %", "90 %", "99 %", "99.9 %",
                     "99.99 %", "longest");
}

std::string latency_row(const std::string& name, const FlowStatistics& flow,
                        const LatencyHistogram& latency, std::uint64_t bytes) {
  if (latency.count() == 0) return {};
  const double seconds = std::max(flow.seconds(), 1e-12);
  const auto us = [](double ns) { return ns / 1000; };
  const auto at = [&](double share) { return us(static_cast<double>(latency.percentile(share))); };
  return fmt::format(
      "{:<22}{:>9}{:>9}{:>10}{:>9.1f}{:>9.1f}{:>9.1f}{:>9.1f}{:>9.1f}{:>9.1f}{:>9.1f}\n", name,
      short_count(static_cast<double>(latency.count())),
      short_count(static_cast<double>(latency.count()) / seconds),
      short_count(static_cast<double>(bytes) / seconds), us(latency.mean()), at(0.5), at(0.9),
      at(0.99), at(0.999), at(0.9999), us(static_cast<double>(latency.max())));
}

std::string flow_rows(const SsdPlatform& platform) {
  std::string text = heading();
  for (const auto& flow : platform.flows()) {
    const FlowStatistics& s = flow->statistics();
    const std::string& name = flow->shape().name;
    text += latency_row(name + ", reads", s, s.reads, s.bytes_read);
    text += latency_row(name + ", writes", s, s.writes, s.bytes_written);
    text += latency_row(name + ", in resizes", s, s.during_resizes, 0);
    if (s.errors > 0) text += fmt::format("{}: {} requests ended with an error\n", name, s.errors);
  }
  return text;
}

std::string resize_rows(const SsdPlatform& platform) {
  std::string text;
  for (const ResizeRecord& resize : platform.resizes()) {
    const std::string end =
        resize.status == 0
            ? fmt::format("in {:.1f} us", static_cast<double>(resize.ended - resize.began) / 1000)
            : fmt::format("refused: status {}/{:02x}", resize.status >> 8, resize.status & 0xFF);
    text += fmt::format("namespace {} from {} to {} sectors {}\n", resize.name_space, resize.from,
                        resize.to, end);
  }
  return text;
}

}  // namespace

std::string summary(const SsdPlatform& platform) {
  const SummaryValues values(statistics_of(platform));
  const std::string function = "pcie.01.0.";
  const auto of = [&](std::string_view path) { return values(function + std::string(path)); };
  const auto count = [&](std::string_view path) { return short_count(of(path)); };
  std::string text = flow_rows(platform) + resize_rows(platform);
  text += fmt::format(
      "\ndrive: write amplification {:.2f}, blocks collected {}, erased {}; wear {:.1f} erases a "
      "block\n",
      of("ftl.write_amplification"), count("ftl.collections"), count("ftl.erases"),
      of("ftl.wear.mean"));
  text += fmt::format(
      "dies at work {:.1f} % of the time, {} operations waited for theirs, {:.1f} us on average; "
      "channels {:.1f} %, {} waited, {:.1f} us\n",
      100 * of("nand.dies.utilisation"), count("nand.dies.conflicts"),
      of("nand.dies.mean_wait") / 1000, 100 * of("nand.channels.utilisation"),
      count("nand.channels.conflicts"), of("nand.channels.mean_wait") / 1000);
  text += fmt::format(
      "look-up tables of the drive: {} look-ups, {:.2f} % hits, {} requests for a translation, {} "
      "stalls\n",
      count("dual_lut.lookups"), 100 * of("dual_lut.hit_rate"), count("dual_lut.requests"),
      count("dual_lut.stalls"));
  if (platform.iommu() == nullptr) return text;
  text += fmt::format(
      "IOMMU: {} transactions, {} of them translated by the drive; its TLB {:.2f} % hits, {} "
      "walks, "
      "{} faults\n",
      short_count(values("iommu.transactions")), short_count(values("iommu.translated_requests")),
      100 * values("iommu.iotlb.hit_rate"), short_count(values("iommu.walks")),
      short_count(values("iommu.faults")));
  return text;
}

}  // namespace kilburn::ssd
