#include "trace/trace.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/error.h"
#include "common/input_path.h"
#include "trace/champsim.h"
#include "trace/file_layout.h"
#include "trace/input.h"
#include "trace/kilburn_reader.h"
#include "trace/kilburn_writer.h"
#include "trace/lackey.h"

namespace kilburn::trace {
namespace {

constexpr std::size_t peeked_bytes = 4096;

/// The first bytes, as many as our own format's magic has.
std::string take_start(std::istream& stream) {
  std::string start(file_magic.size(), '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return start;
}

}  // namespace

std::unique_ptr<Reader> open_trace(std::unique_ptr<std::istream> stream, std::string name,
                                   OpenOptions options) {
  const std::string start = take_start(*stream);
  if (start.empty()) throw InputError(fmt::format("{}: an empty file, no trace", name));
  if (std::ranges::equal(start, file_magic)) {
    return std::make_unique<KilburnReader>(std::move(stream), std::move(name), options);
  }
  auto input = std::make_unique<Input>(std::move(stream), name, start);
  const auto first = input->peek(peeked_bytes);
  if (first.empty()) {
    throw InputError(fmt::format("{}: {} data of nothing, no trace", name, input->compression()));
  }
  const std::string not_lackey =
      lackey_objection({reinterpret_cast<const char*>(first.data()), first.size()});
  if (not_lackey.empty()) return std::make_unique<LackeyReader>(std::move(input));
  const std::string not_champsim = champsim_objection(first);
  if (not_champsim.empty()) return std::make_unique<ChampsimReader>(std::move(input));
  throw InputError(fmt::format(
      "{}: no trace that is known here: not a Kilburn trace (no such magic at byte 0), not "
      "valgrind lackey ({}), not ChampSim ({})",
      name, not_lackey, not_champsim));
}

std::unique_ptr<Reader> open_trace(const std::filesystem::path& path, OpenOptions options) {
  return open_trace(open_stream(path), input_name(path), options);
}

std::unique_ptr<Writer> create_trace(const std::filesystem::path& path, Format format,
                                     const WriteOptions& options) {
  if (format == Format::champsim) return std::make_unique<ChampsimWriter>(path, options);
  return std::make_unique<KilburnWriter>(path, options);
}

void require_canonical(const Batch& batch, PagingMode mode, const std::string& file,
                       std::uint64_t first_record) {
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    const Record& record = batch.records[i];
    if (is_canonical(record.address, mode)) continue;
    throw InputError(fmt::format(
        "{}: record {}: address {:#018x} is not canonical: with {}-bit virtual addresses, bits 63 "
        "to {} must be equal{}",
        file, first_record + i, record.address, virtual_bits(mode), virtual_bits(mode) - 1,
        is_canonical(record.address, PagingMode::sv57) ? ": choose a larger os.mode" : ""));
  }
}

}  // namespace kilburn::trace
