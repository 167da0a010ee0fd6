// Records what the harts of a board ask of their TLBs, as traces: `kilburn run --record`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "riscv/csr/control_state.h"
#include "riscv/memory/hart_bus.h"
#include "trace/kilburn_writer.h"
#include "trace/trace.h"

namespace kilburn::board {

class Board;

struct RecordOptions {
  std::filesystem::path file{};      ///< empty: nothing is recorded
  std::uint64_t from = 0;            ///< accesses of each hart passed over before
  std::uint64_t limit = UINT64_MAX;  ///< accesses of each hart to record; the run goes on
};

/// Accesses of a hart that are not in its trace.
struct LeftOut {
  std::uint64_t untranslated = 0;  ///< machine mode, bare supervisor mode
  std::uint64_t upper_half = 0;    ///< of the virtual addresses: a kernel's, not a process's
};

/// One hart's trace. Recorded: each instruction fetched, then its load or store; a switch of
/// address space before the first access in it; each fence, as an invalidation for each address
/// space that it concerns and that was accessed since it was last fenced as a whole. The number of
/// an address space (asid) counts from 0 in the order of first accesses: guests give one ASID to
/// several spaces, with different tables. Left out: what LeftOut counts, and what faulted.
class HartRecorder final : public riscv::AccessObserver {
 public:
  /// `ended` is called once nothing more will be recorded. Throws InputError where the file cannot
  /// be begun.
  HartRecorder(RecordOptions options, const std::filesystem::path& file,
               const trace::Metadata& metadata, HartContexts contexts, std::function<void()> ended);

  void fetched(const riscv::AddressSpace& space, Address pc, unsigned bytes) override;
  void accessed(const riscv::AddressSpace& space, Address va, unsigned bytes,
                Access access) override;
  void fenced(const Invalidation& fence) override;
  /// Before the window only how many there were matters: not so long that it could begin.
  [[nodiscard]] bool passes(std::uint64_t most) const override {
    return !done() && options_.from - passed_ > most;
  }
  void passed(std::uint64_t accesses) override { passed_ += accesses; }

  /// Completes the file. Throws InputError, which says what of it can be kept, after an error.
  void finish();
  /// The file cannot be written any more.
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool reached_limit() const { return recorded_ == options_.limit; }
  [[nodiscard]] const trace::Counts& counts() const { return writer_.counts(); }
  [[nodiscard]] std::size_t spaces() const { return spaces_.size(); }
  [[nodiscard]] const LeftOut& left_out() const { return left_out_; }
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  /// Tables and context: modes, roots; ASID, VMID, realm.
  using Key = std::tuple<PagingMode, PageNumber, PagingMode, PageNumber, std::uint16_t,
                         std::uint16_t, std::uint16_t>;
  struct Space {
    Context hardware;       ///< as the hart's TLBs tag it
    bool accessed = false;  ///< since it was last fenced as a whole
  };
  static constexpr std::uint32_t no_space = UINT32_MAX;

  [[nodiscard]] bool done() const { return failed_ || reached_limit(); }
  void add(const riscv::AddressSpace& space, const trace::Record& record);
  void enter(std::uint32_t space);
  [[nodiscard]] std::uint32_t number_of(const page_table_walker::Regime& regime);
  [[nodiscard]] Context context_of(std::uint32_t space) const;
  void add_event(const trace::Event& event);
  void write();
  void fail(std::string what);

  RecordOptions options_;
  std::filesystem::path file_;
  HartContexts contexts_;
  std::function<void()> ended_;
  trace::KilburnWriter writer_;

  std::map<Key, std::uint32_t> numbers_;
  std::vector<Space> spaces_;  ///< by number
  std::uint32_t current_ = no_space;
  page_table_walker::Regime regime_{};  ///< of the last access recorded
  std::uint32_t last_ = no_space;       ///< its number

  std::uint64_t passed_ = 0;
  std::uint64_t recorded_ = 0;
  LeftOut left_out_;
  std::vector<trace::Record> records_;
  std::vector<trace::Event> events_;
  bool failed_ = false;
  std::string error_;
};

/// A board's harts, each to a file of its own: a TLB belongs to one hart, and what is replayed runs
/// on one.
class Recorder {
 public:
  /// Begins the files, OutputFiles. Throws InputError naming one that cannot be written.
  Recorder(Board& board, const RecordOptions& options, const trace::Metadata& metadata);

  /// After the run: completes all files, then throws InputError for those that failed.
  void finish();
  /// What was recorded and what was left out, a few lines.
  [[nodiscard]] std::string summary() const;

 private:
  RecordOptions options_;
  std::vector<std::unique_ptr<HartRecorder>> harts_;
};

/// FILE of one hart alone; of several, its name with ".hartN" before the extension.
[[nodiscard]] std::filesystem::path record_file(const std::filesystem::path& file, unsigned hart,
                                                unsigned harts);

}  // namespace kilburn::board
