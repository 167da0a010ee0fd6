#include "ftl/check_journal.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "ftl/log_reader.h"

namespace kilburn::ftl {
namespace {

struct Row {
  std::uint32_t size = 0;
  Attributes attributes{};
};
using Rows = std::map<NamespaceId, Row>;

void apply(const Record& record, Rows& rows) {
  switch (record.kind) {
    case Record::Kind::create:
      rows[record.space] = {record.count, Attributes{record.first}};
      break;
    case Record::Kind::remove:
      rows.erase(record.space);
      break;
    case Record::Kind::format:
    case Record::Kind::attributes:
      rows[record.space].attributes = Attributes{record.first};
      break;
    case Record::Kind::resize:
      rows[record.space].size = record.count;
      break;
    case Record::Kind::deallocate:
    case Record::Kind::resize_begin:
      break;
  }
}

/// Nothing where the journal cannot be read.
std::optional<Rows> rows_in_flash(const Core& core, const Journal& journal) {
  const LogReader reader(core);
  const auto log = reader.pages(journal.blocks());
  const SequencedPage* const newest = reader.newest_root(log);
  if (newest == nullptr) return std::nullopt;
  const auto root = LogReader::root_of(reader.bytes_of(newest->page));
  if (!root) return std::nullopt;
  Rows rows;
  for (const RootSpace& space : root->spaces) rows[space.id] = {space.size, space.attributes};
  for (const SequencedPage& page : log) {
    if (reader.first_owner(page.page).kind != Owner::Kind::journal) continue;
    const auto records = LogReader::records_of(reader.bytes_of(page.page));
    if (!records) return std::nullopt;
    for (const Record& record : *records) {
      if (record.sequence > root->root.covers) apply(record, rows);
    }
  }
  return rows;
}

}  // namespace

std::vector<std::string> check_journalled_namespaces(const Core& core, const Journal& journal) {
  const std::optional<Rows> rows = rows_in_flash(core, journal);
  if (!rows) return {"The journal does not say which namespaces there are."};
  std::vector<std::string> findings;
  for (NamespaceId space = 1; space <= Identity::last_space; ++space) {
    const auto found = rows->find(space);
    const Namespace& row = core.map[space];
    if (row.present != (found != rows->end())) {
      findings.push_back(fmt::format("Namespace {} is {} the journal and {} the table.", space,
                                     row.present ? "missing in" : "in",
                                     row.present ? "in" : "missing in"));
    } else if (row.present && row.size != found->second.size) {
      findings.push_back(fmt::format("Namespace {} has {} units, and the journal says {}.", space,
                                     row.size, found->second.size));
    } else if (row.present && row.attributes != found->second.attributes) {
      findings.push_back(
          fmt::format("Namespace {} has the attributes {:#x}, and the journal says {:#x}.", space,
                      static_cast<std::uint32_t>(row.attributes),
                      static_cast<std::uint32_t>(found->second.attributes)));
    }
  }
  return findings;
}

}  // namespace kilburn::ftl
