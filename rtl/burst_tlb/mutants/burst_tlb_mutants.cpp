#include "burst_tlb/mutants/burst_tlb_mutants.h"

#include <fstream>

#include "common/error.h"

namespace kilburn::burst_tlb {

static std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw InputError(file.string() + ": cannot be read");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// "mutate -ctrl mutant 8 5 -mode inv -module m -cell c ... -src s": what follows the number, but
/// for the module, which is always the top.
static std::string netlist_name(std::string_view command) {
  constexpr std::string_view module = "-module burst_tlb_cosim ";
  std::string name(command.substr(command.find("-mode ")));
  return name.erase(name.find(module), module.size());
}

std::vector<Mutant> MutantSet::mutants() const {
  std::vector<Mutant> all;
  for (const std::string& line : lines_of(list)) {
    const auto number = static_cast<unsigned>(all.size() + 1);
    if (!of_source()) {
      all.push_back({number, netlist_name(line), {}});
    } else if (line.starts_with("= ")) {
      const std::size_t colon = line.find(": ");
      all.push_back({number, line.substr(2, colon - 2), line.substr(colon + 2)});
    }
  }
  return all;
}

std::vector<EquivalentMutant> equivalent_mutants() {
  std::vector<EquivalentMutant> all;
  std::string reason;
  for (const std::string& line : lines_of(KILBURN_EQUIVALENT_MUTANTS)) {
    if (line.starts_with("= ")) reason = line.substr(2);
    if (line.empty() || line.starts_with("= ") || line.starts_with("#")) continue;
    const std::size_t space = line.find(' ');
    all.push_back({line.substr(0, space), line.substr(space + 1), reason});
  }
  return all;
}

}  // namespace kilburn::burst_tlb
