// Garbage collection: moves what is valid in a block elsewhere, and erases it.
#pragma once

#include <cstdint>
#include <vector>

#include "ftl/core.h"
#include "ftl/journal.h"

namespace kilburn::ftl {

/// A plane's garbage is collected when few of its blocks are free, into the same plane. Contents
/// move at once; the reads, programs and the erase are queued one after the other as the data flow,
/// behind the host's operations.
class Collector {
 public:
  Collector(Core& core, Journal& journal) : core_(core), journal_(journal) {}

  /// Collects as long as that plane wants it and something is gained.
  void work(nand::PlaneId plane);
  /// Of a job's operations.
  void read_done(std::uint32_t job);
  void program_done(std::uint32_t job);

 private:
  struct Move {
    Owner owner;
    nand::FrameId from;
  };
  struct Program {
    nand::PageId page{};
    std::uint32_t frames = 0;
    std::uint32_t reads = 0;  ///< of the job that must have ended before
  };
  /// What is left to be done in time.
  struct Job {
    nand::BlockId victim{};
    std::vector<Program> programs;
    std::uint32_t reads = 0;
    std::uint32_t reads_done = 0;
    std::uint32_t programs_begun = 0;
    std::uint32_t programs_done = 0;
    bool erases = false;
  };

  bool collect(nand::BlockId victim);
  void evacuate_retired();
  void find_valid(nand::BlockId victim);
  void queue_reads(std::uint32_t index, Job& job);
  /// Copies them; false: no block was left.
  bool copy(nand::PlaneId plane, Job& job);
  void erase(nand::BlockId victim, Job& job);
  [[nodiscard]] std::uint32_t take_job();
  void advance(std::uint32_t index);

  Core& core_;
  Journal& journal_;
  std::vector<Job> jobs_;
  std::vector<std::uint32_t> free_jobs_;
  std::vector<Move> moves_;
  std::vector<Owner> owners_;
  std::vector<nand::FrameSource> frames_;
  std::uint64_t since_wear_move_ = 0;
};

}  // namespace kilburn::ftl
