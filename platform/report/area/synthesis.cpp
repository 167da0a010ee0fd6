#include "platform/report/area/synthesis.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "platform/process/child_process.h"
#include "platform/report/area/point_geometries.h"

namespace kilburn::platform::report {

namespace {

/// Does anything that the sweep varies decide the geometry of `tlb`?
bool varies(const SweepResults& results, std::string_view tlb) {
  return std::ranges::any_of(results.axes, [&](const Axis& axis) {
    return (axis.kind == "parameter" || axis.kind == "dependent") &&
           decides_geometry(axis.path, tlb);
  });
}

}  // namespace

std::vector<RtlGeometry> geometries_without_area(const SweepResults& results) {
  std::vector<RtlGeometry> known;
  for (const Area& area : results.areas) {
    if (const auto geometry = parse_rtl_geometry(area.geometry)) known.push_back(*geometry);
  }
  const PointGeometries points(results);
  std::vector<RtlGeometry> wanted;
  for (std::size_t tlb = 0; tlb < std::size(sweep::tlb_paths); ++tlb) {
    if (!varies(results, sweep::tlb_paths[tlb])) continue;
    for (const Geometries& geometries : points.distinct()) {
      const auto counterpart = rtl_counterpart(geometries.tlb[tlb], geometries.mode);
      if (!counterpart) continue;
      const auto is_new = [&](const std::vector<RtlGeometry>& list) {
        return std::ranges::find(list, counterpart->geometry) == list.end();
      };
      if (is_new(known) && is_new(wanted)) wanted.push_back(counterpart->geometry);
    }
  }
  return wanted;
}

Synthesis synthesise(const std::string& script, const RtlGeometry& geometry, std::uint64_t seconds,
                     const std::atomic<bool>& interrupt, std::function<void()> meanwhile) {
  const std::string text = to_text(geometry);
  const auto outcome =
      sweep::run_child({script, "--geometry", text, "--seconds", std::to_string(seconds)}, "",
                       interrupt, {.asked_first = true, .meanwhile = std::move(meanwhile)});
  if (!outcome) return {.end = SynthesisEnd::interrupted, .area = {}, .message = {}};
  if (outcome->status != 0) {
    std::string message = outcome->err;
    while (!message.empty() && message.back() == '\n') message.pop_back();
    if (message.empty()) message = fmt::format("{}: ended with status {}", script, outcome->status);
    return {.end = SynthesisEnd::failed, .area = {}, .message = std::move(message)};
  }
  const auto found = nlohmann::json::parse(outcome->out);
  if (found.is_null()) return {.end = SynthesisEnd::over_time, .area = {}, .message = {}};
  return {.end = SynthesisEnd::done,
          .area = {.geometry = text,
                   .bits = found.at("bits"),
                   .flip_flops = found.at("flip_flops"),
                   .gates = found.at("gates"),
                   .path = found.at("path")},
          .message = {}};
}

}  // namespace kilburn::platform::report
