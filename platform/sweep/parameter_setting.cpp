#include "platform/sweep/parameter_setting.h"

#include <fmt/format.h>
#include <algorithm>

namespace kilburn::platform::sweep {

namespace {

/// The path of the parameter now visited.
class PathVisitor : public ParameterVisitor {
 public:
  void enter(std::string_view block, std::string_view /*sentence*/) override {
    ends_.push_back(path_.size());
    append(block);
  }
  void leave() override {
    path_.resize(ends_.back());
    ends_.pop_back();
  }

 protected:
  /// Calls `visit` with the parameter's path.
  template <class Visit>
  void with_path(std::string_view name, Visit visit) {
    const std::size_t end = path_.size();
    append(name);
    visit(path_);
    path_.resize(end);
  }
  /// Of the block now visited.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void append(std::string_view name) {
    if (!path_.empty()) path_ += '.';
    path_ += name;
  }
  std::string path_;
  std::vector<std::size_t> ends_;
};

class Collector final : public PathVisitor {
 public:
  /// All parameters, or the one at `only`.
  explicit Collector(std::string_view only = "") : only_(only) {}
  std::vector<ParameterSetting> take() { return std::move(list_); }

 protected:
  void visit_integer(const ParameterLabel& label, std::uint64_t& value,
                     IntegerRange /*range*/) override {
    add(label, value);
  }
  void visit_real(const ParameterLabel& label, double& value, RealRange /*range*/) override {
    add(label, value);
  }
  void visit_flag(const ParameterLabel& label, bool& value) override { add(label, value); }
  void visit_choice(const ParameterLabel& label, unsigned& index,
                    std::span<const std::string_view> names) override {
    add(label, Choice{index, std::string(names[index])});
  }
  void visit_text(const ParameterLabel& label, std::string& value) override { add(label, value); }

 private:
  void add(const ParameterLabel& label, ParameterValue value) {
    with_path(label.name, [&](const std::string& path) {
      if (!only_.empty() && only_ != path) return;
      list_.push_back({path, std::move(value), std::string(label.unit)});
    });
  }
  std::string_view only_;
  std::vector<ParameterSetting> list_;
};

class NameCollector final : public PathVisitor {
 public:
  ListChange enter_list(std::string_view name, std::size_t size,
                        std::string_view sentence) override {
    enter(name, sentence);
    names_.lists.push_back(without_indices(path(), "N"));
    return new_elements_ ? ListChange{0, 1} : ListChange{size, size};
  }
  /// From now on each list holds one new element.
  void take_new_elements() { new_elements_ = true; }
  ParameterNames take() {
    for (std::vector<std::string>* names : {&names_.parameters, &names_.lists}) {
      std::ranges::sort(*names);
      names->erase(std::unique(names->begin(), names->end()), names->end());
    }
    return std::move(names_);
  }

 protected:
  void visit_integer(const ParameterLabel& label, std::uint64_t& /*value*/,
                     IntegerRange /*range*/) override {
    add(label);
  }
  void visit_real(const ParameterLabel& label, double& /*value*/, RealRange /*range*/) override {
    add(label);
  }
  void visit_flag(const ParameterLabel& label, bool& /*value*/) override { add(label); }
  void visit_choice(const ParameterLabel& label, unsigned& /*index*/,
                    std::span<const std::string_view> /*names*/) override {
    add(label);
  }
  void visit_text(const ParameterLabel& label, std::string& /*value*/) override { add(label); }

 private:
  void add(const ParameterLabel& label) {
    with_path(label.name, [&](const std::string& path) {
      names_.parameters.push_back(without_indices(path, "N"));
    });
  }
  ParameterNames names_;
  bool new_elements_ = false;
};

class Assigner final : public PathVisitor {
 public:
  explicit Assigner(std::span<const ParameterSetting* const> settings) : settings_(settings) {}

 protected:
  void visit_integer(const ParameterLabel& label, std::uint64_t& value,
                     IntegerRange /*range*/) override {
    if (const auto* found = find(label)) value = std::get<std::uint64_t>(found->value);
  }
  void visit_real(const ParameterLabel& label, double& value, RealRange /*range*/) override {
    if (const auto* found = find(label)) value = std::get<double>(found->value);
  }
  void visit_flag(const ParameterLabel& label, bool& value) override {
    if (const auto* found = find(label)) value = std::get<bool>(found->value);
  }
  void visit_choice(const ParameterLabel& label, unsigned& index,
                    std::span<const std::string_view> /*names*/) override {
    if (const auto* found = find(label)) index = std::get<Choice>(found->value).index;
  }
  void visit_text(const ParameterLabel& label, std::string& value) override {
    if (const auto* found = find(label)) value = std::get<std::string>(found->value);
  }

 private:
  const ParameterSetting* find(const ParameterLabel& label) {
    const ParameterSetting* found = nullptr;
    with_path(label.name, [&](const std::string& path) {
      for (const ParameterSetting* setting : settings_) {
        if (setting->path == path) found = setting;
      }
    });
    return found;
  }
  std::span<const ParameterSetting* const> settings_;
};

}  // namespace

std::string ParameterSetting::text() const {
  if (const auto* integer = std::get_if<std::uint64_t>(&value)) {
    return unit == "bytes" ? size_text(*integer) : fmt::format("{}", *integer);
  }
  if (const auto* real = std::get_if<double>(&value)) return real_text(*real);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* words = std::get_if<std::string>(&value)) return escaped_text(*words);
  return std::get<Choice>(value).name;
}

std::vector<ParameterSetting> parameter_settings(const VisitParameters& visit) {
  Collector collector;
  visit(collector);
  return collector.take();
}

std::optional<ParameterSetting> parameter_setting(const VisitParameters& visit,
                                                  std::string_view path) {
  Collector collector(path);
  visit(collector);
  std::vector<ParameterSetting> found = collector.take();
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

ParameterNames parameter_names(const VisitParameters& scratch) {
  NameCollector collector;
  scratch(collector);
  collector.take_new_elements();
  scratch(collector);
  return collector.take();
}

void assign(const VisitParameters& visit, std::span<const ParameterSetting* const> settings) {
  Assigner assigner(settings);
  visit(assigner);
}

}  // namespace kilburn::platform::sweep
