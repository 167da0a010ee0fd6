// ChampSim traces: one 64-byte record an instruction, bare or within xz or gzip.
// Source: ChampSim, inc/trace_instruction.h (struct input_instr).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <boost/iostreams/filtering_streambuf.hpp>

#include "common/output_file.h"
#include "trace/counter.h"
#include "trace/input.h"
#include "trace/sequential_reader.h"
#include "trace/trace.h"
#include "trace/xz_encoder.h"

namespace kilburn::trace {

struct ChampsimInstruction {
  std::uint64_t ip = 0;
  std::uint8_t is_branch = 0;
  std::uint8_t branch_taken = 0;
  std::array<std::uint8_t, 2> destination_registers{};
  std::array<std::uint8_t, 4> source_registers{};
  std::array<std::uint64_t, 2> destination_memory{};  ///< 0: none
  std::array<std::uint64_t, 4> source_memory{};       ///< 0: none
  friend bool operator==(const ChampsimInstruction&, const ChampsimInstruction&) = default;
};
static_assert(sizeof(ChampsimInstruction) == 64);

inline constexpr std::uint8_t champsim_instruction_pointer = 26;  ///< its register number

/// Why `bytes`, the first of a file, are no ChampSim trace; empty where they may be one.
[[nodiscard]] std::string champsim_objection(std::span<const std::byte> bytes);

/// Gives a fetch, then the loads, then the stores of each instruction. The format has no sizes: a
/// fetch reaches to the next instruction where that lies 1 to 15 bytes on, and is 4 bytes
/// elsewhere; a load or store reaches to the end of its aligned 8-byte word.
class ChampsimReader final : public SequentialReader {
 public:
  explicit ChampsimReader(std::unique_ptr<Input> input);

 private:
  void read(std::vector<Record>& records) override;
  [[nodiscard]] std::optional<ChampsimInstruction> take();

  std::unique_ptr<Input> input_;
  std::vector<ChampsimInstruction> buffer_;
  std::size_t taken_ = 0;           ///< of the buffer
  std::uint64_t instructions_ = 0;  ///< taken in all
  std::optional<ChampsimInstruction> current_;
};

/// Writes ".xz" and ".gz" compressed, by the name of the file. An instruction with more than four
/// loads or two stores becomes several of the same address. An instruction that another than the
/// next in memory follows is a taken branch that writes the instruction pointer. Throws InputError
/// for what the format cannot hold: a second requester, data at address 0, a trace without fetches.
/// Left out are events (`counts` shows how many) and loads and stores before the first fetch.
class ChampsimWriter final : public Writer {
 public:
  ChampsimWriter(const std::filesystem::path& path, const WriteOptions& options);
  ~ChampsimWriter() override;

  void append(const Batch& batch) override;
  void finish() override;
  [[nodiscard]] const Counts& counts() const override { return counter_.counts(); }
  [[nodiscard]] const std::filesystem::path& partial() const override { return file_.partial(); }
  [[nodiscard]] std::uint64_t bytes() const override { return file_.size(); }

 private:
  void append(const Record& record);
  void add_data(const Record& record);
  void close_instruction(Address next);
  [[noreturn]] void fail(const std::string& problem) const;

  std::string name_;
  OutputFile file_;
  std::optional<XzEncoder> xz_;  ///< into file_
  boost::iostreams::filtering_ostreambuf filter_;
  Counter counter_;
  std::uint64_t records_ = 0;
  std::optional<std::uint8_t> requester_;
  std::vector<ChampsimInstruction> open_;  ///< the instruction being put together, in its parts
  Address expected_ = 0;                   ///< where the instruction after it lies in memory
};

}  // namespace kilburn::trace
