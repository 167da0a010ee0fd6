#include "platform/sweep/value_groups.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "common/error.h"
#include "platform/sweep/value_lists.h"

namespace kilburn::platform::sweep {

std::string_view last_name(std::string_view path) {
  return path.substr(path.rfind('.') + 1);  // npos + 1 is 0
}

std::string label_of(const Row& row) {
  std::vector<std::string> parts;
  parts.reserve(row.size());
  for (const ParameterSetting& setting : row) {
    parts.push_back(fmt::format("{}={}", last_name(setting.path), setting.text()));
  }
  return fmt::format("{}", fmt::join(parts, " "));
}

std::vector<Row> zip(const std::vector<Values>& members, const std::string& what) {
  const std::size_t size = members.front().settings.size();
  std::vector<std::string> lengths;
  bool equal = true;
  for (const Values& member : members) {
    lengths.push_back(fmt::format("{} has {}", member.path, member.settings.size()));
    equal = equal && member.settings.size() == size;
  }
  if (!equal) {
    throw InputError(
        fmt::format("{}: lists that go together must be of one length, but {}; or say combine = "
                    "\"product\"",
                    what, fmt::join(lengths, ", ")));
  }
  std::vector<Row> rows(size);
  for (const Values& member : members) {
    for (std::size_t i = 0; i < size; ++i) rows[i].push_back(member.settings[i]);
  }
  return rows;
}

std::vector<Row> multiply(const std::vector<Values>& members, const std::string& what) {
  std::vector<Row> rows{{}};
  for (const Values& member : members) {
    if (rows.size() * member.settings.size() > max_values) {
      throw InputError(fmt::format("{}: more than {} rows", what, max_values));
    }
    std::vector<Row> longer;
    for (const auto& row : rows) {
      for (const ParameterSetting& setting : member.settings) {
        longer.push_back(row);
        longer.back().push_back(setting);
      }
    }
    rows = std::move(longer);
  }
  return rows;
}

}  // namespace kilburn::platform::sweep
