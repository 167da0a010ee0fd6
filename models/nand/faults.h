// Faults of NAND flash: by rate, drawn from a seed, and by address.
#pragma once

#include <cstdint>
#include <unordered_set>

#include "common/parameters.h"
#include "common/random.h"
#include "nand/geometry.h"

namespace kilburn::nand {

struct FaultConfig {
  double factory_bad_rate = 0.0;
  double read_rate = 0.0;
  double program_rate = 0.0;
  double erase_rate = 0.0;
  std::uint64_t seed = 1;

  void visit(ParameterVisitor& v);
};

/// Whether an operation fails. What fails by rate depends on the seed, the place and how often the
/// block was erased, never on the order of operations; a frame that cannot be read stays so until
/// its block is erased.
class Faults {
 public:
  explicit Faults(const FaultConfig& config) : config_(config) {}

  [[nodiscard]] bool factory_bad(BlockId block) const {
    return draw(config_.factory_bad_rate, Kind::factory, raw(block), 0);
  }
  [[nodiscard]] bool read_fails(FrameId frame, std::uint32_t erases) const {
    return (!frames_.empty() && frames_.contains(frame)) ||
           draw(config_.read_rate, Kind::read, raw(frame), erases);
  }
  [[nodiscard]] bool program_fails(PageId page, std::uint32_t erases) const {
    return (!pages_.empty() && pages_.contains(page)) ||
           draw(config_.program_rate, Kind::program, raw(page), erases);
  }
  [[nodiscard]] bool erase_fails(BlockId block, std::uint32_t erases) const {
    return (!blocks_.empty() && blocks_.contains(block)) ||
           draw(config_.erase_rate, Kind::erase, raw(block), erases);
  }

  // From now on, until taken back.
  void fail_read(FrameId frame) { frames_.insert(frame); }
  void fail_program(PageId page) { pages_.insert(page); }
  void fail_erase(BlockId block) { blocks_.insert(block); }
  void clear() {
    frames_.clear();
    pages_.clear();
    blocks_.clear();
  }

 private:
  enum class Kind : std::uint64_t { factory = 1, read, program, erase };

  [[nodiscard]] bool draw(double rate, Kind kind, std::uint32_t place, std::uint32_t erases) const {
    if (rate <= 0.0) return false;
    const std::uint64_t where = std::uint64_t{erases} << 32 | place;
    const std::uint64_t number =
        mix64(mix64(config_.seed + static_cast<std::uint64_t>(kind)) ^ where);
    return static_cast<double>(number >> 11) * 0x1p-53 < rate;
  }

  FaultConfig config_;
  std::unordered_set<FrameId> frames_;
  std::unordered_set<PageId> pages_;
  std::unordered_set<BlockId> blocks_;
};

}  // namespace kilburn::nand
