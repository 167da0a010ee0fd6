#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 sees an overlap in std::string as Boost's gzip filter uses it (GCC bug 105651).
#pragma GCC diagnostic ignored "-Wrestrict"
#endif

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <boost/iostreams/filter/gzip.hpp>

#include "common/error.h"
#include "trace/champsim.h"

namespace kilburn::trace {
namespace io = boost::iostreams;
namespace {

/// The end of the filter chain. Boost copies its devices, so it refers to the file, or the encoder.
template <class Output>
class Sink {
 public:
  using char_type = char;
  using category = io::sink_tag;
  explicit Sink(Output& output) : output_(&output) {}
  std::streamsize write(const char* bytes, std::streamsize count) {
    output_->write(std::as_bytes(std::span(bytes, static_cast<std::size_t>(count))));
    return count;
  }

 private:
  Output* output_;
};

/// The first free place of a memory operand list, or nothing.
std::uint64_t* free_operand(auto& operands) {
  for (auto& operand : operands) {
    if (operand == 0) return &operand;
  }
  return nullptr;
}

}  // namespace

ChampsimWriter::ChampsimWriter(const std::filesystem::path& path, const WriteOptions& options)
    : name_(path.string()), file_(path) {
  // Not Boost's filter: its encoder holds back 192 MiB at level 9, and takes 900 MB.
  if (path.extension().native() == ".xz") {
    xz_.emplace([this](std::span<const std::byte> bytes) { file_.write(bytes); },
                static_cast<unsigned>(std::min(options.level, 9)));
    filter_.push(Sink(*xz_));
    return;
  }
  if (path.extension().native() == ".gz") {
    filter_.push(io::gzip_compressor(io::gzip_params(std::min(options.level, 9))));
  }
  filter_.push(Sink(file_));
}

ChampsimWriter::~ChampsimWriter() = default;

void ChampsimWriter::append(const Batch& batch) {
  for (const Record& record : batch.records) {
    append(record);
    ++records_;
  }
  counter_.add(batch.records);
}

void ChampsimWriter::append(const Record& record) {
  if (record.kind == Kind::event) return;
  if (!requester_) requester_ = record.requester;
  if (*requester_ != record.requester) {
    fail(
        fmt::format("is of requester {}, those before it of requester {}: a ChampSim trace holds "
                    "one (`--requester NUMBER` chooses)",
                    record.requester, *requester_));
  }
  if (record.kind == Kind::fetch) {
    if (!open_.empty()) close_instruction(record.address);
    open_.assign(1, {.ip = record.address});
    expected_ = record.address + record.size;
    return;
  }
  // A window of a longer trace may begin within an instruction: what is left of that one is
  // dropped.
  if (open_.empty()) return;
  if (record.address == 0) fail("is data at address 0, which means \"none\" in a ChampSim trace");
  add_data(record);
}

void ChampsimWriter::add_data(const Record& record) {
  const auto place = [&](ChampsimInstruction& instruction) {
    return record.kind == Kind::load ? free_operand(instruction.source_memory)
                                     : free_operand(instruction.destination_memory);
  };
  std::uint64_t* operand = place(open_.back());
  if (operand == nullptr) {
    open_.push_back({.ip = open_.back().ip});
    operand = place(open_.back());
  }
  *operand = record.address;
}

void ChampsimWriter::close_instruction(Address next) {
  ChampsimInstruction& last = open_.back();
  if (next != expected_) {
    last.is_branch = last.branch_taken = 1;
    last.destination_registers[0] = champsim_instruction_pointer;
  }
  const auto bytes = std::as_bytes(std::span(open_));
  filter_.sputn(reinterpret_cast<const char*>(bytes.data()),
                static_cast<std::streamsize>(bytes.size()));
  open_.clear();
}

void ChampsimWriter::finish() {
  if (counts().records != 0 && counts().fetches == 0) {
    throw InputError(
        fmt::format("{}: a trace without instruction fetches: ChampSim has no such thing", name_));
  }
  if (!open_.empty()) close_instruction(expected_);
  filter_.reset();  // flushes; an error of the sink must not be lost in a destructor
  if (xz_) xz_->finish();
  file_.commit();
}

void ChampsimWriter::fail(const std::string& problem) const {
  throw InputError(fmt::format("{}: record {} {}", name_, records_, problem));
}

}  // namespace kilburn::trace
