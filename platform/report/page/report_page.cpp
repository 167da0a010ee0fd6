#include "platform/report/page/report_page.h"

#include <cassert>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "platform/report/area/derived_statistics.h"
#include "platform/report/page/column_encoding.h"
#include "platform/report/page/page_template.h"

namespace kilburn::platform::report {

namespace {

using nlohmann::json;

/// `text` of each point as a column.
template <class Text>
json text_column(const SweepResults& results, Text text) {
  std::vector<std::string> values;
  values.reserve(results.points.size());
  for (const Point& point : results.points) values.push_back(text(point));
  return encode_texts(values);
}

template <class Number>
json number_column(const SweepResults& results, Number number) {
  std::vector<double> values;
  values.reserve(results.points.size());
  for (const Point& point : results.points) values.push_back(static_cast<double>(number(point)));
  return encode_numbers(values);
}

json axes(const SweepResults& results) {
  json list = json::array();
  for (std::size_t i = 0; i < results.axes.size(); ++i) {
    const Axis& axis = results.axes[i];
    list.push_back({{"path", axis.path},
                    {"kind", axis.kind},
                    {"unit", axis.unit},
                    {"column", text_column(results, [i](const Point& p) { return p.values[i]; })}});
  }
  return list;
}

json statistics(const SweepResults& results) {
  json list = json::array();
  for (const Statistic& statistic : results.statistics) {
    list.push_back({{"path", statistic.path},
                    {"unit", statistic.unit},
                    {"column", encode_numbers(statistic.values)}});
  }
  return list;
}

json area(const DerivedStatistics& derived) {
  json columns = json::object();
  for (const AreaColumn& column : derived.areas) {
    std::vector<double> sources;
    for (const AreaSource source : column.sources) sources.push_back(static_cast<double>(source));
    columns[column.path] = encode_numbers(sources);
  }
  json fits = json::array();
  for (const AreaFit& fit : derived.fits) {
    fits.push_back({{"measure", fit.measure},
                    {"geometries", fit.geometries},
                    {"tested", fit.tested},
                    {"mean", fit.mean_error},
                    {"worst", fit.worst_error}});
  }
  json source_texts = json::array();
  for (auto source = AreaSource::none; source <= AreaSource::beyond;
       source = static_cast<AreaSource>(static_cast<int>(source) + 1)) {
    source_texts.push_back(to_text(source));
  }
  constexpr GateEquivalents weights;
  return {{"sources", columns},
          {"source_texts", source_texts},
          {"beyond", static_cast<int>(AreaSource::beyond)},
          {"fits", fits},
          {"weights", {{"flip_flop", weights.flip_flop}, {"memory_bit", weights.memory_bit}}}};
}

json page_data(const SweepResults& results, const DerivedStatistics& derived) {
  return {
      {"name", results.meta_or_empty("name")},
      {"program", results.meta_or_empty("program")},
      {"configuration", results.meta_or_empty("configuration")},
      {"planned", results.meta_or_empty("points")},
      {"count", results.points.size()},
      {"axes", axes(results)},
      {"number", number_column(results, [](const Point& p) { return p.number; })},
      {"done", number_column(results, [](const Point& p) { return p.done ? 1 : 0; })},
      {"key", text_column(results, [](const Point& p) { return p.key; })},
      {"workload", text_column(results, [](const Point& p) { return p.workload; })},
      {"seed", text_column(results, [](const Point& p) { return p.seed; })},
      {"engine", text_column(results, [](const Point& p) { return p.engine; })},
      {"message", text_column(results, [](const Point& p) { return p.message; })},
      {"command", text_column(results, [](const Point& p) { return p.command; })},
      {"statistics", statistics(results)},
      {"area", area(derived)},
  };
}

/// JSON that may lie within a script element: no "<" that could end it or open a comment.
std::string script_safe(const json& data) {
  const std::string text = data.dump(-1, ' ', true, json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace

Page report_page(SweepResults results) {
  constexpr std::string_view marker = "@KILBURN_DATA@";
  DerivedStatistics derived = add_derived_statistics(results);
  const std::string_view page = page_template();
  const std::size_t place = page.find(marker);
  assert(place != std::string_view::npos && "page.html says where the data goes");
  std::string text(page.substr(0, place));
  text += script_safe(page_data(results, derived));
  text += page.substr(place + marker.size());
  return {.text = std::move(text), .areas = std::move(derived.areas)};
}

}  // namespace kilburn::platform::report
