#include "platform/sweep/space_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "common/error.h"
#include "common/input_path.h"
#include "common/text_file.h"
#include "platform/configuration/toml_text.h"
#include "platform/node/run_defaults.h"
#include "platform/sweep/leaf_values.h"
#include "platform/sweep/space_parameters.h"
#include "platform/sweep/tlb_geometry.h"
#include "platform/sweep/value_groups.h"
#include "platform/sweep/value_lists.h"

namespace kilburn::platform::sweep {

namespace {

constexpr std::size_t max_file_bytes = std::size_t{1} << 20;
constexpr std::array<std::string_view, 9> sweep_names = {"name",         "traces", "seeds",
                                                         "limit",        "engine", "constraints",
                                                         "storage_bits", "group",  "impossible"};

/// Which runs the points are: what else the file may say follows from that.
std::string_view runs_of(const toml::table& root) {
  return root.at_path("sweep.engine").value_or(std::string_view{}) == "ssd" ? runs_of_ssd
                                                                            : runs_of_traces;
}

SpaceFile space_of(std::string_view runs) {
  SpaceFile file;
  file.runs = runs;
  file.base = defaults_of(runs);
  return file;
}

/// Reads what it can and reports every error together.
class SpaceReader {
 public:
  SpaceReader(std::string text, const std::string& path)
      : root_(parse_toml(text, path)),
        file_(space_of(runs_of(root_))),
        scratch_(file_.base),
        parameters_(parameters_of(file_.base), parameters_of(scratch_), path,
                    std::string(file_.runs)),
        at_(path) {
    file_.path = path;
    file_.name = std::filesystem::path(path).stem().string();
    file_.text = std::move(text);
  }

  SpaceFile read() {
    toml::table sweep;
    attempt([&] { sweep = take_sweep(); });
    read_parameters();
    read_sweep(sweep);
    if (!problems_.empty()) throw InputError(fmt::format("{}", fmt::join(problems_, "\n")));
    std::ranges::stable_sort(dimensions_, {}, [](const Placed& dimension) {
      return std::pair(dimension.at.line, dimension.at.column);
    });
    for (Placed& placed : dimensions_) file_.dimensions.push_back(std::move(placed.dimension));
    return std::move(file_);
  }

 private:
  struct Placed {
    toml::source_position at;
    Dimension dimension;
  };

  /// Runs `step`; its InputError becomes one of those that are reported together.
  template <class Step>
  void attempt(Step step) {
    try {
      step();
    } catch (const InputError& error) {
      problems_.emplace_back(error.what());
    }
  }

  [[nodiscard]] std::vector<Leaf> leaves_in(const toml::table& table) const {
    return leaves_of(table, [&](std::string_view path) { return parameters_.named(path); });
  }
  void require_parameter(const Leaf& leaf) const {
    if (parameters_.named(leaf.path) == Named::parameter) return;
    const std::string_view nearest = parameters_.nearest(leaf.path);
    throw InputError(
        fmt::format("{}: unknown parameter {}{}", at_.place(leaf.at), printable(leaf.path),
                    nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
  }

  /// A parameter is given in one place.
  void claim(const std::string& parameter, toml::source_position at) {
    const auto [entry, is_new] = claimed_.try_emplace(parameter, at_.place(at));
    if (!is_new) {
      throw InputError(fmt::format("{}: {} is already given at {}: allowed is one place",
                                   at_.place(at), parameter, entry->second));
    }
  }

  toml::table take_sweep() {
    const toml::node* node = root_.get("sweep");
    if (node == nullptr) {
      throw InputError(fmt::format(
          "{}: no [sweep]: it must say at least traces = [...], or engine = \"ssd\"", file_.path));
    }
    if (!node->is_table()) throw InputError(fmt::format("{}: sweep must be a table", file_.path));
    toml::table sweep = std::move(*root_.get("sweep")->as_table());
    root_.erase("sweep");
    return sweep;
  }

  /// What the platform's own blocks hold: fixed values stay in the tree, the others leave it. They
  /// are read last, when the lists have the elements that they name.
  void read_parameters() {
    std::vector<std::pair<Leaf, toml::array>> varied;
    std::vector<std::string> paths;
    for (const Leaf& leaf : leaves_in(root_)) {
      if (!leaf.node->is_array() && !leaf.node->is_table()) {
        claimed_.emplace(leaf.path, at_.place(leaf.at));
        continue;
      }
      paths.push_back(leaf.path);
      attempt([&] { varied.emplace_back(leaf, claim_values(leaf)); });
    }
    for (const std::string& path : paths) erase_leaf(root_, path);
    attempt([&] { file_.origin = parameters_.read_fixed(root_); });
    for (const auto& [leaf, list] : varied) {
      attempt([&, &leaf = leaf, &list = list] {
        Values values = read_values(leaf, list);
        Dimension dimension{values.path, AxisKind::parameter, values.unit, {}, {}, {}};
        for (ParameterSetting& setting : values.settings) {
          dimension.labels.push_back(setting.text());
          dimension.rows.push_back({std::move(setting)});
        }
        add(leaf, std::move(dimension));
      });
    }
  }

  /// The values of a parameter that is given here and nowhere else.
  toml::array claim_values(const Leaf& leaf) {
    require_parameter(leaf);
    claim(leaf.path, leaf.at);
    return expand_values(*leaf.node, at_.what(leaf));
  }

  Values read_values(const Leaf& leaf, const toml::array& list) {
    Values values{leaf.path, "", {}};
    for (const toml::node& value : list) {
      values.settings.push_back(parameters_.read_value(leaf.path, leaf.at, value));
    }
    values.unit = values.settings.front().unit;
    return values;
  }

  void add(const Leaf& leaf, Dimension dimension) {
    std::set<std::string_view> seen;
    for (const std::string& label : dimension.labels) {
      if (!seen.insert(label).second) {
        throw InputError(fmt::format("{}: {} stands there twice", at_.what(leaf), label));
      }
    }
    dimensions_.push_back({leaf.at, std::move(dimension)});
  }

  void read_sweep(const toml::table& sweep) {
    for (const auto& [key, node] : sweep) {
      const Leaf leaf{join_path("sweep", key.str()), key.source().begin, &node};
      attempt([&, name = key.str()] { read_entry(name, leaf); });
    }
    if (!sweep.contains("traces") && file_.runs == runs_of_traces && problems_.empty()) {
      problems_.push_back(fmt::format("{}: [sweep] names no traces", file_.path));
    }
    if (file_.limit && file_.traces.empty() && problems_.empty()) {
      problems_.push_back(fmt::format(
          "{}: sweep.limit: of traces: allowed is ssd.flow.N.requests for flows", file_.path));
    }
  }

  void read_entry(std::string_view name, const Leaf& leaf) {
    if (name == "name") {
      file_.name = at_.string(leaf);
    } else if (name == "traces") {
      read_traces(leaf);
    } else if (name == "seeds") {
      read_seeds(leaf);
    } else if (name == "limit") {
      file_.limit = at_.positive(*leaf.node, leaf, "accesses");
    } else if (name == "engine") {
      file_.engine =
          static_cast<EngineChoice>(at_.choice(leaf, {"auto", "translation", "platform", "ssd"}));
    } else if (name == "impossible") {
      file_.skip_impossible = at_.choice(leaf, {"error", "skip"}) == 1;
    } else if (name == "constraints") {
      read_constraints(leaf);
    } else if (name == "storage_bits") {
      const auto named = [](auto path) { return is_tlb(path) ? Named::parameter : Named::block; };
      for (const Leaf& tlb : leaves_of(at_.table(leaf), named)) attempt([&] { read_budgets(tlb); });
    } else if (name == "group") {
      for (const auto& [key, node] : at_.table(leaf)) {
        const Leaf group{std::string(key.str()), key.source().begin, &node};
        attempt([&] { read_group(group); });
      }
    } else {
      const std::string_view nearest = nearest_name(name, sweep_names);
      throw InputError(
          fmt::format("{}: unknown {}{} known: {}", at_.place(leaf.at), printable(leaf.path),
                      nearest.empty() ? ";" : fmt::format("; did you mean {}?", nearest),
                      fmt::join(sweep_names, ", ")));
    }
  }

  void read_traces(const Leaf& leaf) {
    const auto name_of = [&](const toml::node& node) {
      const auto* text = node.as_string();
      if (text == nullptr || text->get().empty()) {
        throw InputError(
            fmt::format("{}: allowed are names of traces, or lists of them", at_.what(leaf)));
      }
      return text->get();
    };
    for (const toml::node& node : at_.list(leaf)) {
      TracePattern pattern{{}, node.is_array(), at_.place(node.source().begin)};
      if (pattern.side_by_side && file_.runs == runs_of_ssd) {
        throw InputError(fmt::format("{}: a list of block traces: one plays on a drive at a time",
                                     pattern.place));
      }
      if (const auto* together = node.as_array()) {
        if (together->empty()) {
          throw InputError(fmt::format("{}: an empty list of processes", pattern.place));
        }
        for (const toml::node& each : *together) pattern.files.push_back(name_of(each));
      } else {
        pattern.files.push_back(name_of(node));
      }
      file_.traces.push_back(std::move(pattern));
    }
  }

  void read_seeds(const Leaf& leaf) {
    Dimension dimension{"seed", AxisKind::seed, "", {}, {}, {}};
    const toml::array values = expand_values(*leaf.node, at_.what(leaf));
    std::vector<std::string> paths;
    for (const std::string& path : parameters_.paths()) {
      if (last_name(path) != "seed") continue;
      claim(path, leaf.at);
      paths.push_back(path);
    }
    for (const toml::node& value : values) {
      std::vector<ParameterSetting> row;
      row.reserve(paths.size());
      for (const std::string& path : paths) {
        row.push_back(parameters_.read_value(path, leaf.at, value));
      }
      dimension.labels.push_back(row.front().text());
      dimension.rows.push_back(std::move(row));
    }
    add(leaf, std::move(dimension));
    dimensions_.back().at = {};  // wherever they stand in the file, seeds come before parameters
  }

  void read_constraints(const Leaf& leaf) {
    for (const toml::node& node : at_.list(leaf)) {
      const auto* text = node.as_string();
      if (text == nullptr) {
        throw InputError(fmt::format("{}: allowed are expressions, each a string", at_.what(leaf)));
      }
      file_.constraints.push_back({text->get(), at_.place(node.source().begin)});
    }
  }

  static bool is_tlb(std::string_view path) {
    return std::ranges::find(tlb_paths, path) != tlb_paths.end();
  }
  void read_budgets(const Leaf& leaf) {
    if (!is_tlb(leaf.path)) {
      throw InputError(
          fmt::format("{}: no TLB: allowed are {}", at_.what(leaf), fmt::join(tlb_paths, ", ")));
    }
    claim(leaf.path + ".entries", leaf.at);
    Dimension dimension{leaf.path, AxisKind::storage_bits, "bits", {}, {}, {}};
    const auto add_budget = [&](const toml::node& node) {
      dimension.budgets.push_back(at_.positive(node, leaf, "bits"));
      dimension.labels.push_back(fmt::format("{}", dimension.budgets.back()));
    };
    if (leaf.node->is_integer()) {
      add_budget(*leaf.node);
    } else {
      for (const toml::node& node : expand_values(*leaf.node, at_.what(leaf))) add_budget(node);
    }
    dimension.rows.resize(dimension.budgets.size());
    add(leaf, std::move(dimension));
  }

  void read_group(const Leaf& group) {
    bool product = false;
    std::vector<std::string> labels;
    std::vector<Values> members;
    for (const Leaf& leaf : leaves_in(at_.table(group))) {
      if (leaf.path == "combine") {
        product = at_.choice(leaf, {"zip", "product"}) == 1;
      } else if (leaf.path == "labels") {
        for (const toml::node& node : at_.list(leaf)) {
          labels.push_back(at_.string({leaf.path, leaf.at, &node}));
        }
      } else {
        members.push_back(read_values(leaf, claim_values(leaf)));
      }
    }
    if (members.empty())
      throw InputError(fmt::format("{}: a group without parameters", at_.what(group)));
    Dimension dimension{group.path, AxisKind::group, "", {}, {}, {}};
    dimension.rows = product ? multiply(members, at_.what(group)) : zip(members, at_.what(group));
    if (!labels.empty() && labels.size() != dimension.rows.size()) {
      throw InputError(fmt::format("{}: {} labels for {} rows", at_.what(group), labels.size(),
                                   dimension.rows.size()));
    }
    dimension.labels = std::move(labels);
    if (dimension.labels.empty()) {
      for (const auto& row : dimension.rows) dimension.labels.push_back(label_of(row));
    }
    add(group, std::move(dimension));
  }

  toml::table root_;
  SpaceFile file_;
  PlatformConfig scratch_;
  SpaceParameters parameters_;
  LeafValues at_;
  std::map<std::string, std::string> claimed_;  ///< where each parameter was given
  std::vector<Placed> dimensions_;
  std::vector<std::string> problems_;
};

}  // namespace

std::string_view to_string(AxisKind kind) {
  constexpr std::string_view names[] = {"trace", "seed",         "parameter",
                                        "group", "storage_bits", "dependent"};
  return names[static_cast<unsigned>(kind)];
}

SpaceFile parse_space(std::string text, const std::string& path) {
  return SpaceReader(std::move(text), path).read();
}

SpaceFile read_space_file(const std::string& path) {
  return parse_space(read_text_file(path, max_file_bytes), input_name(path));
}

}  // namespace kilburn::platform::sweep
