#include "ftl/plane_model.h"

#include <algorithm>

#include "common/random.h"

namespace kilburn::ftl {
namespace {

class PlaneModel {
 public:
  explicit PlaneModel(const PlaneModelConfig& config)
      : config_(config),
        blocks_(config.blocks),
        units_(std::size_t{config.blocks} * config.frames, nobody),
        place_(config.valid, nobody),
        random_(mix64(config.seed) | 1) {
    for (std::uint32_t i = config.blocks; i != 0; --i) free_.push_back(i - 1);
  }

  std::vector<ModelBlock> run() {
    for (std::uint32_t unit = 0; unit < config_.valid; ++unit) write(unit);
    // Six times what the plane holds: the initial order is forgotten by then.
    const std::uint64_t enough = std::uint64_t{6} * config_.blocks * config_.frames;
    while (programmed_ < enough && config_.valid != 0) {
      write(static_cast<std::uint32_t>(next_random(random_) % config_.valid));
    }
    std::vector<ModelBlock> result;
    for (const ModelBlock& block : blocks_) {
      if (block.programmed != 0) result.push_back(block);
    }
    return result;
  }

 private:
  static constexpr std::uint32_t nobody = UINT32_MAX;

  void write(std::uint32_t unit) {
    if (open_[0] == nobody) {
      open_[0] = take_free();
      put(0, unit);
      while (free_.size() <= config_.collect_at && collect()) continue;
      return;
    }
    put(0, unit);
  }
  std::uint32_t take_free() {
    const std::uint32_t block = free_.back();
    free_.pop_back();
    return block;
  }
  void put(unsigned stream, std::uint32_t unit) {
    if (open_[stream] == nobody) open_[stream] = take_free();
    const std::uint32_t id = open_[stream];
    ModelBlock& block = blocks_[id];
    if (place_[unit] != nobody) --blocks_[place_[unit] / config_.frames].valid;
    place_[unit] = (id * config_.frames) + block.programmed;
    units_[place_[unit]] = unit;
    ++block.valid;
    ++programmed_;
    if (++block.programmed == config_.frames) open_[stream] = nobody;
  }
  bool collect() {
    std::uint32_t victim = nobody;
    for (std::uint32_t i = 0; i < config_.blocks; ++i) {
      const bool closed = blocks_[i].programmed != 0 && i != open_[0] && i != open_[1];
      if (closed && (victim == nobody || blocks_[i].valid < blocks_[victim].valid)) victim = i;
    }
    if (victim == nobody || blocks_[victim].valid + (2 * config_.of_page) > config_.frames) {
      return false;
    }
    const std::size_t first = std::size_t{victim} * config_.frames;
    for (std::size_t i = first; i < first + config_.frames; ++i) {
      const std::uint32_t unit = units_[i];
      if (unit != nobody && place_[unit] == i) put(1, unit);
      units_[i] = nobody;
    }
    pad();
    blocks_[victim] = {};
    free_.insert(free_.begin(), victim);
    return true;
  }
  /// The last page of a collected block is programmed whole.
  void pad() {
    if (open_[1] == nobody) return;
    ModelBlock& block = blocks_[open_[1]];
    while (block.programmed % config_.of_page != 0) ++block.programmed;
    if (block.programmed == config_.frames) open_[1] = nobody;
  }

  PlaneModelConfig config_;
  std::vector<ModelBlock> blocks_;
  std::vector<std::uint32_t> units_;  ///< by frame
  std::vector<std::uint32_t> place_;  ///< by unit
  std::vector<std::uint32_t> free_;
  std::uint32_t open_[2] = {nobody, nobody};  ///< of the host, of the collection
  std::uint64_t programmed_ = 0;
  std::uint64_t random_;
};

}  // namespace

std::vector<ModelBlock> steady_state(const PlaneModelConfig& config) {
  return PlaneModel(config).run();
}

}  // namespace kilburn::ftl
