#include "platform/sweep/space.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/error.h"
#include "platform/configuration/parameter_table.h"
#include "platform/node/run_defaults.h"
#include "platform/sweep/shell_word.h"
#include "platform/sweep/tlb_geometry.h"

namespace kilburn::platform::sweep {

namespace {

/// A point that cannot be; what() says why.
class Impossible : public InputError {
 public:
  using InputError::InputError;
};

void fit_entries(PlatformConfig& config, const Dimension& dimension, std::uint64_t budget) {
  burst_tlb::TlbConfig& tlb = *find_tlb(config, dimension.path);
  const auto entries = most_entries(tlb, config.os.paging_mode(), budget);
  if (!entries) {
    throw Impossible(
        fmt::format("{}: no legal number of entries fits into {} bits", dimension.path, budget));
  }
  tlb.entries = *entries;
}

/// Whose value is not the default. Lists are told whole where they are not as long as by default,
/// or hold other kinds.
std::vector<ParameterValueText> unusual_settings(const PlatformConfig& config,
                                                 std::string_view runs) {
  const ParameterTable table = parameter_table(config, runs);
  const ParameterTable usual = parameter_table(defaults_of(runs), runs);
  const bool same_shape =
      std::ranges::equal(table, usual, {}, &ParameterBlock::path, &ParameterBlock::path);
  const auto settings = same_shape ? element_settings_of : settings_of;
  std::map<std::string, std::string> defaults;
  for (ParameterValueText& setting : settings(usual)) {
    defaults.emplace(std::move(setting.path), std::move(setting.toml));
  }
  std::vector<ParameterValueText> unusual = settings(table);
  std::erase_if(unusual, [&](const ParameterValueText& setting) {
    const auto found = defaults.find(setting.path);
    return found != defaults.end() && found->second == setting.toml;
  });
  return unusual;
}

}  // namespace

Space::Space(SpaceFile file, bool allow_many)
    : file_(std::move(file)), workloads_(find_workloads(file_)) {
  combinations_ = workloads_.size();
  for (const Dimension& dimension : file_.dimensions) {
    if (__builtin_mul_overflow(combinations_, dimension.labels.size(), &combinations_)) {
      throw InputError(fmt::format("{}: more than 2^64 points", file_.path));
    }
  }
  if (combinations_ > many_points && !allow_many) {
    throw InputError(
        fmt::format("{}: {} points, constraints not counted: more than {} are run with --yes only",
                    file_.path, combinations_, many_points));
  }
  for (const Workload& workload : workloads_) content_hashes_.push_back(content_hash(workload));
  find_axes();
  choose_points();
}

void Space::find_axes() {
  axes_.push_back({"trace", AxisKind::trace, ""});
  for (const Dimension& dimension : file_.dimensions) {
    axes_.push_back({dimension.path, dimension.kind, dimension.unit});
    if (dimension.kind == AxisKind::group) {
      for (const ParameterSetting& member : dimension.rows.front()) {
        axes_.push_back({member.path, AxisKind::dependent, member.unit});
      }
    } else if (dimension.kind == AxisKind::storage_bits) {
      axes_.push_back({dimension.path + ".entries", AxisKind::dependent, "entries"});
    }
  }
}

/// Throws Impossible where a storage budget has no geometry.
Point Space::combination(std::uint64_t index) const {
  Point point;
  point.config = file_.base;
  std::vector<std::size_t> rows(file_.dimensions.size());
  for (std::size_t d = rows.size(); d-- > 0;) {  // the last varies fastest
    const std::size_t size = file_.dimensions[d].labels.size();
    rows[d] = static_cast<std::size_t>(index % size);
    index /= size;
  }
  point.workload = static_cast<std::size_t>(index);

  std::vector<const ParameterSetting*> settings;
  for (std::size_t d = 0; d < rows.size(); ++d) {
    for (const ParameterSetting& setting : file_.dimensions[d].rows[rows[d]]) {
      settings.push_back(&setting);
    }
  }
  assign(parameters_of(point.config), settings);

  point.values.push_back(workloads_[point.workload].name);
  for (std::size_t d = 0; d < rows.size(); ++d) {
    const Dimension& dimension = file_.dimensions[d];
    const std::string& label = dimension.labels[rows[d]];
    point.values.push_back(label);
    if (dimension.kind == AxisKind::seed) point.seed = label;
    if (dimension.kind == AxisKind::group) {
      for (const ParameterSetting& member : dimension.rows[rows[d]]) {
        point.values.push_back(member.text());
      }
    } else if (dimension.kind == AxisKind::storage_bits) {
      fit_entries(point.config, dimension, dimension.budgets[rows[d]]);
      point.values.push_back(fmt::format("{}", find_tlb(point.config, dimension.path)->entries));
    }
  }
  return point;
}

void Space::choose_points() {
  Constraints constraints(file_.constraints);
  std::vector<std::uint64_t> removed(file_.constraints.size());
  std::uint64_t impossible = 0;
  std::string first_impossible;
  for (std::uint64_t index = 0; index < combinations_; ++index) {
    try {
      const Point point = combination(index);
      try {
        if (const auto failed = constraints.first_false(point.config)) {
          ++removed[*failed];
          continue;
        }
      } catch (const ImpossibleGeometry& why) {
        throw Impossible(fmt::format("{}: {}", describe(point), why.what()));
      }
      try {
        PlatformConfig config = point.config;
        check_constraints(config, file_.origin);
      } catch (const InputError& why) {
        throw Impossible(fmt::format("{}: {}", describe(point), why.what()));
      }
      chosen_.push_back(index);
    } catch (const Impossible& why) {
      if (!file_.skip_impossible) {
        throw InputError(
            fmt::format("{}: impossible: {}\nadd a constraint, or impossible = \"skip\" to [sweep]",
                        file_.path, why.what()));
      }
      if (impossible++ == 0) first_impossible = why.what();
    }
  }
  for (std::size_t i = 0; i < removed.size(); ++i) {
    left_out_.push_back(fmt::format("{}: constraint \"{}\" leaves out {} of {} points",
                                    file_.constraints[i].place, file_.constraints[i].text,
                                    removed[i], combinations_));
  }
  if (impossible > 0) {
    left_out_.push_back(fmt::format("{}: {} of {} points are impossible, the first: {}", file_.path,
                                    impossible, combinations_, first_impossible));
  }
  if (chosen_.empty()) {
    throw InputError(
        fmt::format("{}: no point is left\n{}", file_.path, fmt::join(left_out_, "\n")));
  }
}

Point Space::point(std::uint64_t number) const {
  Point point = combination(chosen_.at(number));
  point.number = number;
  return point;
}

std::string Space::key(const Point& point) const {
  return hash_text(fmt::format("program {}\nlimit {}\ntraces {}\n{}", KILBURN_VERSION,
                               file_.limit.value_or(UINT64_MAX), content_hashes_[point.workload],
                               canonical_text(parameter_table(point.config))));
}

std::string Space::hash() const {
  std::string text =
      fmt::format("program {}\nlimit {}\nengine {}\n", KILBURN_VERSION,
                  file_.limit.value_or(UINT64_MAX), static_cast<unsigned>(file_.engine));
  for (std::size_t i = 0; i < workloads_.size(); ++i) {
    text += fmt::format("{} {}\n", workloads_[i].name, content_hashes_[i]);
  }
  for (const Dimension& dimension : file_.dimensions) {
    text += fmt::format("{} {}\n", to_string(dimension.kind), dimension.path);
    for (std::size_t i = 0; i < dimension.labels.size(); ++i) {
      text += dimension.labels[i];
      for (const ParameterSetting& setting : dimension.rows[i]) {
        text += fmt::format(" {}={}", setting.path, setting.text());
      }
      text += '\n';
    }
  }
  text += canonical_text(parameter_table(file_.base));
  // Which points are left, rather than the constraints' wording.
  text += hash_text(
      {reinterpret_cast<const char*>(chosen_.data()), chosen_.size() * sizeof(chosen_.front())});
  return hash_text(text);
}

std::string Space::fixed_configuration() const {
  std::set<std::string> varied;
  for (const Axis& axis : axes_) varied.insert(axis.path);
  for (const Dimension& dimension : file_.dimensions) {
    for (const ParameterSetting& setting : dimension.rows.front()) varied.insert(setting.path);
  }
  ParameterTable table = parameter_table(file_.base, file_.runs);
  for (ParameterBlock& block : table) {
    std::erase_if(block.rows, [&](const ParameterRow& row) {
      return varied.contains(join_path(block.path, row.name));
    });
  }
  return to_toml(table);
}

std::string Space::command(const Point& point) const {
  const bool of_drive = file_.runs == runs_of_ssd;
  std::string text = of_drive ? "kilburn ssd run" : "kilburn run";
  for (const std::string& trace : workloads_[point.workload].given) {
    text += fmt::format(" {} {}", of_drive ? "--block-trace" : "--trace", shell_word(trace));
  }
  if (file_.limit) text += fmt::format(" --limit {}", *file_.limit);
  for (const auto& [path, toml, is_word] : unusual_settings(point.config, file_.runs)) {
    const std::string value = is_word ? toml.substr(1, toml.size() - 2) : toml;
    text += fmt::format(" --set {}={}", path, shell_word(value));
  }
  return text;
}

std::string Space::describe(const Point& point) const {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    parts.push_back(fmt::format("{} = {}", axes_[i].path, point.values[i]));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace kilburn::platform::sweep
