#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "platform/cli/number_option.h"
#include "platform/cli/trace_subcommands.h"
#include "platform/process/command_files.h"
#include "trace/trace.h"

namespace kilburn::platform {
namespace {

using trace::Batch;
using trace::Kind;
using trace::Record;

struct EventPrinter {
  static std::string range(Address va, std::uint64_t pages) {
    return fmt::format("{:#x}, {} pages", va, pages);
  }
  std::string operator()(const trace::ContextSwitch& e) const {
    return fmt::format("context switch to asid {} vmid {} realm {}", e.context.asid, e.context.vmid,
                       e.context.realm);
  }
  std::string operator()(const trace::Map& e) const { return "map " + range(e.va, e.pages); }
  std::string operator()(const trace::Unmap& e) const { return "unmap " + range(e.va, e.pages); }
  std::string operator()(const trace::Invalidate& e) const {
    const Invalidation& r = e.invalidation;
    return fmt::format("invalidate operation {} vpn {:#x} pfn {:#x} pages {}",
                       static_cast<unsigned>(r.operation), r.vpn, r.pfn, r.pages);
  }
  std::string operator()(const trace::OwnershipChange& e) const {
    return fmt::format("ownership of {} to realm {}", range(e.va, e.pages), e.realm);
  }
};

/// Text as valgrind's lackey writes it, which can be read again; events and changes of requester as
/// lines that begin with "==".
void dump(const std::string& file, std::uint64_t skip, std::uint64_t limit) {
  CommandFiles().reads("trace", file);
  const auto reader = trace::open_trace(file);
  reader->seek(skip);
  unsigned requester = 0;
  fmt::memory_buffer text;
  for (Batch batch = reader->next(); !batch.empty() && limit != 0; batch = reader->next()) {
    text.clear();
    for (const Record& record : batch.records) {
      if (limit-- == 0) {
        limit = 0;
        break;
      }
      if (record.requester != requester) {
        requester = record.requester;
        fmt::format_to(std::back_inserter(text), "== requester {}\n", requester);
      }
      if (record.kind == Kind::event) {
        fmt::format_to(std::back_inserter(text), "== {}\n",
                       std::visit(EventPrinter{}, batch.events[record.event]));
        continue;
      }
      constexpr std::string_view prefixes[] = {"I  ", " L ", " S "};
      fmt::format_to(std::back_inserter(text), "{}{:08x},{}\n",
                     prefixes[static_cast<unsigned>(record.kind)], record.address, record.size);
    }
    fmt::print("{}", std::string_view(text.data(), text.size()));
  }
}

}  // namespace

void add_trace_dump(CLI::App& parent) {
  auto* command =
      parent.add_subcommand("dump", "print records as text, in the format of valgrind's lackey");
  auto file = std::make_shared<std::string>();
  auto range = std::make_shared<std::pair<std::uint64_t, std::uint64_t>>(0, UINT64_MAX);
  command->add_option("file", *file, "trace to read")->required();
  add_number(*command, "--skip", range->first, "pass over so many records first");
  add_number(*command, "--limit", range->second, "print at most so many records");
  command->callback([file, range] { dump(*file, range->first, range->second); });
}

}  // namespace kilburn::platform
