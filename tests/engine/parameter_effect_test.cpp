// Every parameter of a platform changes something that is counted: a parameter without effect is a
// promise that nothing keeps. Parameters come from their declarations, so a new one is tested by
// itself; one that changes nothing by design stands in a list, with the reason.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "common/error.h"
#include "platform/configuration/config_file.h"
#include "platform/engine/translation_engine.h"
#include "process.h"

namespace kilburn::platform {
namespace {

using Settings = std::vector<std::string>;

/// By path, or the beginning of one that ends in a full stop: why no run of a trace can show it.
/// The guests below then do, unless they have a reason, too.
const std::map<std::string, std::string> not_of_traces = {
    {"riscv.", "harts that run software"},
    {"rtc.", "a device of the board that software runs on"},
    {"board.", "devices round the harts that software runs on"},
    {"iommu.", "a device of the board that software runs on"},
    {"pcie.", "a device of the board that software runs on"},
    {"ssd.", "a host without harts, which drives a drive"},
    {"clock.frequency_mhz", "cycles are counted, and no device of a trace's platform keeps time"},
    {"clock.quantum_cycles", "one hart alone is never ahead of another"},
    {"mmu.itlb.implementation", "the RTL is the model to the last count"},
    {"mmu.dtlb.implementation", "the RTL is the model to the last count"},
    {"mmu.walker.parallel_walks", "one hart waits for its walk before it begins another"},
    {"mmu.walker.svnapot", "the system behind a trace makes such leaves where it is asked to"},
    {"mmu.walker.svpbmt", "the system behind a trace sets no memory types"},
    {"rmu.register_cycles", "the system behind a trace commands the RMU without its registers"},
    {"rmu.uncovered", "all frames of a trace lie in the memory that the table covers"},
    {"rmu.ack_timeout", "holders of translations answer at once"},
    {"rmu.realms", "a limit: what goes beyond it is refused"},
    {"rmu.check_mapping", "the system behind a trace maps no frame where it does not belong"},
    {"rmu.granule_shift", "the system behind a trace owns frames one by one: 12 only is allowed"},
    {"mmu.page_table_cache.spare_global", "the system behind a trace maps no global pages"},
    {"cache.l1i.write_policy", "an instruction cache is never written"},
    {"memory.base", "where memory begins changes no count"},
    {"memory.bytes", "a limit: what goes beyond it is refused"},
};
const std::map<std::string, std::string> not_of_guests = {
    {"ssd.", "a host without harts, which drives a drive (tests/cli/ssd_test)"},
    {"riscv.fast_path", "changes the simulator's speed only (tests/riscv/fast_path_test)"},
    {"riscv.reset_vector", "a program that is loaded is entered where its file says"},
    {"rtc.host_clock", "starts with the host's time: no two runs are the same anyway"},
    {"mmu.itlb.implementation", "the RTL is the model (tests/cli/rtl_test)"},
    {"mmu.dtlb.implementation", "the RTL is the model (tests/cli/rtl_test)"},
    {"mmu.walker.parallel_walks",
     "harts run one after the other within a quantum: walks that meet "
     "are those of tests/page_table_walker"},
    {"mmu.walker.svnapot", "no guest makes such leaves (tests/page_table_walker)"},
    {"mmu.walker.svpbmt", "harts do not have Svpbmt (tests/page_table_walker)"},
    {"rmu.ack_timeout", "all holders answer (tests/rmu, with one that does not)"},
    {"mmu.page_table_cache.spare_global", "no guest has global tables (tests/page_table_cache)"},
    {"cache.l1i.write_policy", "an instruction cache is never written"},
    {"memory.base", "guests are linked to run where memory begins by default"},
    {"memory.bytes", "a limit: no guest needs more, or asks how much there is"},
};

bool stands_in(const std::map<std::string, std::string>& list, const std::string& path) {
  return std::ranges::any_of(list, [&](const auto& entry) {
    return entry.first.ends_with('.') ? path.starts_with(entry.first) : path == entry.first;
  });
}

struct Declared {
  std::string path;
  Settings values;  ///< other than the default, each in its range
};

/// Collects the parameters, with a few other values of each.
class Collector final : public ParameterVisitor {
 public:
  std::vector<Declared> all;

  void enter(std::string_view block, std::string_view /*sentence*/) override {
    path_.emplace_back(block);
  }
  void leave() override { path_.pop_back(); }

 private:
  Declared& add(const ParameterLabel& label) {
    std::string path = fmt::format("{}", fmt::join(path_, "."));
    all.push_back({path + (path.empty() ? "" : ".") + std::string(label.name), {}});
    return all.back();
  }
  void visit_integer(const ParameterLabel& label, std::uint64_t& value,
                     IntegerRange range) override {
    Declared& declared = add(label);
    for (const std::uint64_t other : {value * 2, value / 2, value * 16, value / 8, value + 1,
                                      value + 700, range.min, range.max}) {
      const bool legal = other >= range.min && other <= range.max && other != value &&
                         (!range.power_of_two || std::has_single_bit(other));
      const std::string text = std::to_string(other);
      if (legal && !std::ranges::count(declared.values, text)) declared.values.push_back(text);
    }
  }
  void visit_real(const ParameterLabel& label, double& value, RealRange range) override {
    Declared& declared = add(label);
    for (const double other : {range.max, range.min, (range.min + range.max) / 2}) {
      if (other != value) declared.values.push_back(fmt::format("{:.6f}", other));
    }
  }
  void visit_flag(const ParameterLabel& label, bool& value) override {
    add(label).values.push_back(value ? "false" : "true");
  }
  void visit_choice(const ParameterLabel& label, unsigned& index,
                    std::span<const std::string_view> names) override {
    Declared& declared = add(label);
    for (unsigned i = 0; i < names.size(); ++i) {
      if (i != index) declared.values.emplace_back(names[i]);
    }
  }
  void visit_text(const ParameterLabel& label, std::string& value) override {
    add(label).values.push_back(value + "x");
  }

  std::vector<std::string> path_;
};

std::vector<Declared> all_parameters() {
  PlatformConfig config;
  Collector collector;
  config.visit(collector);
  return collector.all;
}

/// What is built, not what happened: true of a configuration before it has run.
bool counts_nothing(std::string_view path) {
  return path.ends_with("_bits") || path.ends_with("reach_per_bit") ||
         path.ends_with("reach_per_cam_bit");
}

std::vector<StatisticValue> counted(std::vector<StatisticValue> statistics) {
  std::erase_if(statistics, [](const StatisticValue& each) { return counts_nothing(each.path); });
  return statistics;
}

/// Runs that give every mechanism something to do: each is the settings that all its runs share.
const std::vector<Settings>& occasions() {
  static const Settings busy{"os.premap=false", "os.unmap_interval=701", "os.remap_interval=503",
                             "os.context_switch_interval=900"};
  static const Settings full{"cache.l1i.bytes=2KiB", "cache.l1d.bytes=2KiB",
                             "cache.l2.bytes=16KiB", "mmu.itlb.entries=2",
                             "mmu.dtlb.entries=4",   "mmu.l2tlb.entries=16",
                             "rmu.cache_lines=4",    "mmu.page_table_cache.entries=2"};
  static const Settings random{
      "mmu.itlb.replacement=random",  "mmu.dtlb.replacement=random",
      "mmu.l2tlb.replacement=random", "mmu.page_table_cache.replacement=random",
      "rmu.replacement=random",       "cache.l1i.replacement=random",
      "cache.l1d.replacement=random", "cache.l2.replacement=random"};
  static const Settings guests =
      busy + Settings{"os.guest=true", "os.host.unmap_interval=601", "os.host.remap_interval=403"};
  static const std::vector<Settings> all = {
      busy,
      busy + full,
      busy + full + random,
      busy + full +
          Settings{"os.pages=thp", "mmu.itlb.side_entries=1", "mmu.dtlb.side_entries=1",
                   "mmu.l2tlb.side_entries=1"},
      busy + full + Settings{"os.pages=napot"},
      {"os.placement=eager", "os.aging=0.5"},
      busy + Settings{"os.placement=eager", "os.pages=thp"},
      guests,
      guests + Settings{"os.host.placement=eager", "os.host.aging=0.5"},
      guests + Settings{"os.host.placement=eager", "os.host.pages=thp"},
  };
  return all;
}

constexpr std::uint64_t accesses = 8'000;

/// The configuration, where it is legal.
std::optional<PlatformConfig> configured(const Settings& settings) {
  PlatformConfig config;
  try {
    configure(config, "", settings);
  } catch (const InputError&) {
    return std::nullopt;
  }
  return config;
}

/// Of each configuration what it counted; empty where it could not run.
std::vector<std::vector<StatisticValue>> run_all(const std::vector<PlatformConfig>& configs) {
  // Two processes of one program have pages at the same addresses.
  const std::vector<std::filesystem::path> traces{shipped("graph"), shipped("compiler"),
                                                  shipped("graph")};
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    groups[engine_group(configs[i])].push_back(i);
  }
  std::vector<std::vector<StatisticValue>> all(configs.size());
  for (const auto& [group, members] : groups) {
    std::vector<PlatformConfig> together;
    for (const std::size_t i : members) together.push_back(configs[i]);
    try {
      auto results = run_group(together, traces, {.limit = accesses});
      for (std::size_t i = 0; i < members.size(); ++i) {
        all[members[i]] = counted(std::move(results[i].statistics));
      }
    } catch (const std::exception&) {  // not even memory could be set up with this value
    }
  }
  return all;
}

/// Takes out of `left` those that one of their values makes count otherwise on this occasion.
void try_on(const Settings& occasion, std::vector<Declared>& left) {
  std::size_t most = 0;
  for (const Declared& each : left) most = std::max(most, each.values.size());
  for (std::size_t value = 0; value < most && !left.empty(); ++value) {
    std::vector<PlatformConfig> configs{configured(occasion).value()};
    std::vector<std::string> paths{""};
    for (const Declared& each : left) {
      if (value >= each.values.size()) continue;
      const auto config = configured(occasion + Settings{each.path + "=" + each.values[value]});
      if (!config) continue;
      configs.push_back(*config);
      paths.push_back(each.path);
    }
    const auto results = run_all(configs);
    ASSERT_FALSE(results.front().empty()) << fmt::format("{}", fmt::join(occasion, " "));
    std::set<std::string> effective;
    for (std::size_t i = 1; i < results.size(); ++i) {
      if (!results[i].empty() && results[i] != results.front()) effective.insert(paths[i]);
    }
    std::erase_if(left, [&](const Declared& each) { return effective.contains(each.path); });
  }
}

std::string names_of(const std::vector<Declared>& parameters) {
  std::string text;
  for (const Declared& each : parameters) text += " " + each.path;
  return text;
}

TEST(EveryParameter, ChangesWhatATraceCounts) {
  std::vector<Declared> left = all_parameters();
  ASSERT_GT(left.size(), 100u);
  std::erase_if(left, [](const Declared& each) { return stands_in(not_of_traces, each.path); });
  for (const Settings& occasion : occasions()) {
    if (!left.empty()) try_on(occasion, left);
  }
  EXPECT_EQ(names_of(left), "") << "these change nothing that a trace counts";
}

/// What a guest counts, as text; empty where it could not run with these settings.
std::string guest_counts(const std::string& name, const Settings& settings) {
  const Folder folder;
  const std::string file = folder / "counts.json";
  const Outcome outcome =
      kilburn(Arguments{"run", "--elf", guest(name), "--stats", file} + set(settings));
  if (outcome.signal != 0 || outcome.status == 2) return {};
  const auto counts = nlohmann::ordered_json::parse(contents(file), nullptr, false).flatten();
  std::string text = fmt::format("status {}\n{}\n", outcome.status, outcome.out);
  for (const auto& [path, value] : counts.items()) {
    if (!counts_nothing(path)) text += fmt::format("{} {}\n", path, value.dump());
  }
  return text;
}

TEST(EveryParameter, ThatNoTraceCanShowChangesWhatAGuestCountsOrPrints) {
  std::vector<Declared> left = all_parameters();
  std::erase_if(left, [](const Declared& each) {
    return !stands_in(not_of_traces, each.path) || stands_in(not_of_guests, each.path);
  });
  ASSERT_GT(left.size(), 5u);
  const std::vector<std::pair<std::string, Settings>> guests = {
      {"iommu_test", {"pcie.function.0.kind=dma_engine", "board.iommu=true"}},
      {"external_test", {"board.aia=aplic_imsic"}},
      {"traps_test", {}},
      {"rmu_test", {}},
      {"hypervisor_test", {}},
      {"set_time", {}},
      {"two_hart_storm_short", {"riscv.harts=2"}},
  };
  for (const auto& [name, settings] : guests) {
    if (left.empty()) break;
    const std::string before = guest_counts(name, settings);
    ASSERT_NE(before, "") << name;
    std::erase_if(left, [&](const Declared& each) {
      return std::ranges::any_of(each.values, [&](const std::string& value) {
        const std::string now = guest_counts(name, settings + Settings{each.path + "=" + value});
        return !now.empty() && now != before;
      });
    });
  }
  EXPECT_EQ(names_of(left), "") << "these change nothing that a guest counts or prints";
}

TEST(EveryParameter, ThatIsSaidToChangeNothingIsThere) {
  const std::vector<Declared> all = all_parameters();
  for (const auto* list : {&not_of_traces, &not_of_guests}) {
    for (const auto& [path, reason] : *list) {
      EXPECT_TRUE(std::ranges::any_of(all, [&](const Declared& each) {
        return path.ends_with('.') ? each.path.starts_with(path) : each.path == path;
      })) << path;
      EXPECT_NE(reason, "");
    }
  }
}

}  // namespace
}  // namespace kilburn::platform
