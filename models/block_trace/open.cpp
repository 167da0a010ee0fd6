#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "block_trace/blkparse.h"
#include "block_trace/block_trace.h"
#include "block_trace/fields.h"
#include "block_trace/iolog.h"
#include "block_trace/msr.h"
#include "common/error.h"
#include "common/input_path.h"
#include "common/parameter_values.h"
#include "trace/input.h"

namespace kilburn::block_trace {
namespace {

constexpr std::size_t peeked_bytes = 4096;
constexpr std::string_view zstd_magic = "\x28\xB5\x2F\xFD";
constexpr std::string_view known =
    "known are MSR-Cambridge CSV (\"128166372003061629,hm,1,Read,383496192,32768,113736\"), "
    "blkparse's default text (\"8,0 3 1 0.000000000 697 D W 223490 + 8 [kjournald]\"), and fio's "
    "iolog (\"fio version 3 iolog\")";

std::string_view take_line(std::string_view& text) {
  std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The first line that is not blank.
std::string_view first_line(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (!without_blanks(line).empty()) return line;
  }
  return {};
}

/// The first that begins with a digit: blkparse may have something to say before.
std::string_view first_line_of_digits(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::string_view begin = without_blanks(line);
    if (!begin.empty() && is_digit(begin.front())) return line;
  }
  return {};
}

}  // namespace

std::unique_ptr<Reader> open(std::unique_ptr<std::istream> stream, const std::string& name,
                             OpenOptions options) {
  auto input = std::make_unique<trace::Input>(std::move(stream), name);
  const auto peeked = input->peek(peeked_bytes);
  const std::string_view start(reinterpret_cast<const char*>(peeked.data()), peeked.size());
  if (start.empty()) throw InputError(fmt::format("{}: an empty file, no block trace", name));
  if (start.starts_with(zstd_magic)) {
    throw InputError(fmt::format(
        "{}: zstd data: read are plain text, gzip and xz; `zstd -dc` gives plain text", name));
  }
  const std::string_view first = first_line(start);
  if (looks_like_iolog(first)) return std::make_unique<IologReader>(std::move(input));
  if (looks_like_msr(first)) return std::make_unique<MsrReader>(std::move(input));
  if (looks_like_blkparse(first_line_of_digits(start))) {
    return std::make_unique<BlkparseReader>(std::move(input), options.blkparse_action);
  }
  throw InputError(fmt::format("{}: no block trace that is known here: it begins with \"{}\"; {}",
                               name, printable(first), known));
}

std::unique_ptr<Reader> open(const std::string& path, OpenOptions options) {
  return open(trace::open_stream(path), input_name(path), options);
}

}  // namespace kilburn::block_trace
