#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "common/error.h"
#include "trace/champsim.h"

namespace kilburn::trace {
namespace {

constexpr std::size_t buffered_instructions = 512;

Description describe(const Input& input) {
  Description description;
  description.file = input.name();
  description.format =
      input.compression().empty() ? "ChampSim" : fmt::format("ChampSim, {}", input.compression());
  description.notes = {
      "assumed: a fetch reaches to the next instruction where that lies 1 to 15 bytes on, and is 4 "
      "bytes elsewhere",
      "assumed: a load or store reaches to the end of its aligned 8-byte word, loads before "
      "stores"};
  return description;
}

void add_data(std::vector<Record>& records, Address address, Kind kind) {
  if (address == 0) return;
  records.push_back(
      {.address = address, .kind = kind, .size = static_cast<std::uint8_t>(8 - address % 8)});
}

/// What is wrong with an instruction; empty where nothing is.
std::string objection(const ChampsimInstruction& instruction) {
  if (instruction.is_branch <= 1 && instruction.branch_taken <= instruction.is_branch) return {};
  return fmt::format("is_branch {} with branch_taken {}: allowed 0 0, 1 0 and 1 1",
                     instruction.is_branch, instruction.branch_taken);
}

}  // namespace

std::string champsim_objection(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(ChampsimInstruction)) {
    return fmt::format("shorter than one instruction of {} bytes", sizeof(ChampsimInstruction));
  }
  for (std::size_t at = 0; at + sizeof(ChampsimInstruction) <= bytes.size();
       at += sizeof(ChampsimInstruction)) {
    ChampsimInstruction instruction;
    std::memcpy(&instruction, bytes.data() + at, sizeof instruction);
    if (auto problem = objection(instruction); !problem.empty()) {
      return fmt::format("at byte {}: {}", at, problem);
    }
  }
  return {};
}

ChampsimReader::ChampsimReader(std::unique_ptr<Input> input)
    : SequentialReader(describe(*input)), input_(std::move(input)) {
  current_ = take();
}

std::optional<ChampsimInstruction> ChampsimReader::take() {
  if (taken_ == buffer_.size()) {
    buffer_.resize(buffered_instructions);
    taken_ = 0;
    const std::size_t size = input_->read(std::as_writable_bytes(std::span(buffer_)));
    buffer_.resize(size / sizeof(ChampsimInstruction));
    if (const std::size_t rest = size % sizeof(ChampsimInstruction); rest != 0) {
      const std::uint64_t whole = instructions_ + buffer_.size();
      throw InputError(fmt::format("{}: truncated: instruction {} at byte {}{} has {} of {} bytes",
                                   input_->name(), whole, whole * sizeof(ChampsimInstruction),
                                   input_->compression().empty() ? "" : " of the decompressed data",
                                   rest, sizeof(ChampsimInstruction)));
    }
    if (buffer_.empty()) return std::nullopt;
  }
  const ChampsimInstruction& instruction = buffer_[taken_++];
  if (const auto problem = objection(instruction); !problem.empty()) {
    throw InputError(fmt::format("{}: corrupt: instruction {} at byte {}: {}", input_->name(),
                                 instructions_, instructions_ * sizeof(ChampsimInstruction),
                                 problem));
  }
  ++instructions_;
  return instruction;
}

void ChampsimReader::read(std::vector<Record>& records) {
  while (records.size() < batch_records && current_) {
    const std::optional<ChampsimInstruction> following = take();
    const std::uint64_t distance = following ? following->ip - current_->ip : 0;
    const bool sequential = distance >= 1 && distance <= 15;
    records.push_back({.address = current_->ip,
                       .kind = Kind::fetch,
                       .size = static_cast<std::uint8_t>(sequential ? distance : 4)});
    for (const Address address : current_->source_memory) add_data(records, address, Kind::load);
    for (const Address address : current_->destination_memory) {
      add_data(records, address, Kind::store);
    }
    current_ = following;
  }
}

}  // namespace kilburn::trace
