#include "platform/configuration/statistic_writers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string_view>
#include <utility>

#include "common/parameter_values.h"

namespace kilburn {

namespace {

using Json = nlohmann::ordered_json;

class JsonWriter final : public StatisticVisitor {
 public:
  void enter(std::string_view block) override { open_.push_back(&put(block, Json::object())); }
  void leave() override { open_.pop_back(); }
  void counter(std::string_view name, std::uint64_t value, std::string_view /*unit*/,
               std::string_view /*sentence*/) override {
    put(name, value);
  }
  void formula(std::string_view name, double value, std::string_view /*unit*/,
               std::string_view /*sentence*/) override {
    put(name, std::isfinite(value) ? Json(value) : Json(nullptr));
  }
  void histogram(std::string_view name, const Histogram& value, std::string_view /*unit*/,
                 std::string_view /*sentence*/) override {
    Json buckets = Json::array();
    for (unsigned i = 0; i < value.buckets().size(); ++i) {
      if (const std::uint64_t count = value.buckets()[i]; count != 0) {
        buckets.push_back(Json::array({value.lower_bound(i), count}));
      }
    }
    Json object = Json::object();
    object["count"] = value.count();
    object["sum"] = value.sum();
    object["mean"] = value.mean();
    object["max"] = value.max();
    object["buckets"] = std::move(buckets);
    put(name, std::move(object));
  }
  Json take() { return std::move(root_); }

 private:
  Json& put(std::string_view name, Json value) {
    Json& block = *open_.back();
    assert(!block.contains(name) && "a name is declared once in its block");
    return block[std::string(name)] = std::move(value);
  }

  Json root_ = Json::object();
  /// The blocks now entered, outermost first. An object may move when a sibling is added to its
  /// parent, but by then it has been left.
  std::vector<Json*> open_{&root_};
};

class ListWriter final : public StatisticVisitor {
 public:
  void enter(std::string_view block) override { paths_.push_back(join_path(paths_.back(), block)); }
  void leave() override { paths_.pop_back(); }
  void counter(std::string_view name, std::uint64_t value, std::string_view unit,
               std::string_view /*sentence*/) override {
    list_.push_back({join_path(paths_.back(), name), value, std::string(unit)});
  }
  void formula(std::string_view name, double value, std::string_view unit,
               std::string_view /*sentence*/) override {
    list_.push_back({join_path(paths_.back(), name), value, std::string(unit)});
  }
  void histogram(std::string_view name, const Histogram& value, std::string_view unit,
                 std::string_view /*sentence*/) override {
    const std::string path = join_path(paths_.back(), name);
    list_.push_back({path + ".count", value.count(), "samples"});
    list_.push_back({path + ".sum", value.sum(), std::string(unit)});
    list_.push_back({path + ".mean", value.mean(), std::string(unit)});
    list_.push_back({path + ".max", value.max(), std::string(unit)});
  }
  std::vector<StatisticValue> take() { return std::move(list_); }

 private:
  std::vector<std::string> paths_{""};
  std::vector<StatisticValue> list_;
};

/// Gathers lines first: columns are as wide as their widest cell.
class TableWriter final : public StatisticVisitor {
 public:
  void enter(std::string_view block) override {
    add(block, "", "", "");
    ++depth_;
  }
  void leave() override { --depth_; }
  void counter(std::string_view name, std::uint64_t value, std::string_view unit,
               std::string_view sentence) override {
    add(name, fmt::format("{}", value), unit, sentence);
  }
  void formula(std::string_view name, double value, std::string_view unit,
               std::string_view sentence) override {
    add(name, fmt::format("{:.6g}", value), unit, sentence);
  }
  void histogram(std::string_view name, const Histogram& value, std::string_view unit,
                 std::string_view sentence) override {
    add(name, fmt::format("{}", value.count()), "samples",
        fmt::format("{}: mean {:.6g}, max {} {}", sentence, value.mean(), value.max(), unit));
    ++depth_;
    const auto& buckets = value.buckets();
    const std::uint64_t largest = *std::ranges::max_element(buckets);
    for (unsigned i = 0; i < buckets.size(); ++i) {
      if (buckets[i] == 0) continue;
      const auto share = [&](std::uint64_t whole) {
        return static_cast<double>(buckets[i]) / static_cast<double>(whole);
      };
      constexpr double longest_bar = 40;
      const auto bar = static_cast<std::size_t>(std::ceil(longest_bar * share(largest)));
      add(bucket_name(value, i), fmt::format("{}", buckets[i]),
          fmt::format("{:.1f} %", 100 * share(value.count())), std::string(bar, '#'));
    }
    --depth_;
  }

  [[nodiscard]] std::string text() const {
    std::size_t name_width = 0;
    std::size_t value_width = 0;
    std::size_t unit_width = 0;
    for (const Line& line : lines_) {
      name_width = std::max(name_width, line.name.size());
      value_width = std::max(value_width, line.value.size());
      unit_width = std::max(unit_width, line.unit.size());
    }
    std::string text;
    for (const Line& line : lines_) {
      const std::string padded =
          fmt::format("{:<{}}  {:>{}}  {:<{}}  {}", line.name, name_width, line.value, value_width,
                      line.unit, unit_width, line.sentence);
      text += padded.substr(0, padded.find_last_not_of(' ') + 1) + '\n';
    }
    return text;
  }

 private:
  struct Line {
    std::string name;  ///< indented
    std::string value;
    std::string unit;
    std::string sentence;
  };

  void add(std::string_view name, std::string value, std::string_view unit,
           std::string_view sentence) {
    lines_.push_back({std::string(2 * depth_, ' ').append(name), std::move(value),
                      std::string(unit), std::string(sentence)});
  }

  /// "4", "4..7", or "8+" for the last, which holds all larger samples too.
  static std::string bucket_name(const Histogram& histogram, unsigned bucket) {
    const std::uint64_t first = histogram.lower_bound(bucket);
    if (bucket + 1 == histogram.buckets().size()) return fmt::format("{}+", first);
    const std::uint64_t last = histogram.lower_bound(bucket + 1) - 1;
    return first == last ? fmt::format("{}", first) : fmt::format("{}..{}", first, last);
  }

  std::size_t depth_ = 0;
  std::vector<Line> lines_;
};

}  // namespace

nlohmann::ordered_json statistics_json(const VisitStatistics& visit) {
  JsonWriter writer;
  visit(writer);
  return writer.take();
}

std::string statistics_table(const VisitStatistics& visit) {
  TableWriter writer;
  visit(writer);
  return writer.text();
}

std::vector<StatisticValue> statistics_list(const VisitStatistics& visit) {
  ListWriter writer;
  visit(writer);
  return writer.take();
}

}  // namespace kilburn
