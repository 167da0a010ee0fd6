#include "ftl/precondition.h"

#include <algorithm>
#include <vector>

#include "ftl/permutation.h"
#include "ftl/plane_model.h"
#include "ftl/plane_order.h"

namespace kilburn::ftl {
namespace {

using nand::BlockId;
using nand::PageId;
using nand::PlaneId;

class Precondition {
 public:
  explicit Precondition(Core& core)
      : core_(core),
        g_(core.geometry),
        planes_(plane_order(g_, core.config.allocation_order)),
        owners_(g_.frames()) {}

  void run() {
    const PreconditionConfig& config = core_.config.precondition;
    const std::uint32_t size = core_.map[1].size;
    const auto filled = static_cast<std::uint32_t>(config.fill * size);
    const auto scattered = static_cast<std::uint32_t>(config.fragmented * filled);
    const std::uint32_t in_order = filled - scattered;
    write_in_order(in_order);
    if (scattered != 0) overwrite(in_order, scattered);
    core_.map.raw_row(1).mapped = filled;
    core_.programmed_since_checkpoint = 0;
  }

 private:
  /// Page after page, striped as the host's writes are.
  void write_in_order(std::uint32_t units) {
    const std::uint32_t pages = (units + g_.frames() - 1) / g_.frames();
    const auto planes = static_cast<std::uint32_t>(planes_.size());
    for (std::uint32_t p = 0; p < planes && p < pages; ++p) {
      std::uint32_t number = 0;  // of the page, within its block
      BlockId block{};
      for (std::uint32_t page = p; page < pages; page += planes, ++number) {
        if (number % g_.pages == 0) {
          if (page != p) close(block, g_.pages);
          number = 0;
          block = open(planes_[p]);
        }
        for (std::uint32_t i = 0; i < g_.frames(); ++i) {
          const std::uint64_t unit = (std::uint64_t{page} * g_.frames()) + i;
          owners_[i] = unit < units ? Owner{.space = 1, .unit = static_cast<Unit>(unit)} : Owner{};
        }
        fill(block, number);
      }
      close(block, number);
    }
  }

  /// Units from `first` on, in a random order, in blocks that are valid in part.
  void overwrite(std::uint32_t first, std::uint32_t units) {
    const Permutation order(units, core_.config.precondition.seed);
    const auto planes = static_cast<std::uint32_t>(planes_.size());
    // What metadata will take is no plane's own.
    const std::uint32_t metadata = reserve_of(core_.config, g_).metadata_blocks / planes;
    PlaneModelConfig model;
    model.frames = g_.frames_of_block();
    model.of_page = g_.frames();
    model.collect_at = core_.config.collect_at;
    model.seed = core_.config.precondition.seed;
    std::vector<ModelBlock> blocks;
    std::uint32_t next = 0;
    for (std::uint32_t p = 0; p < planes; ++p) {
      const auto free = static_cast<std::uint32_t>(core_.blocks.free_of(planes_[p]).size());
      const std::uint32_t valid = (units / planes) + (p < units % planes ? 1 : 0);
      const std::uint32_t usable = free > metadata ? free - metadata : free;
      // Planes differ by their bad blocks only: mostly the model of the last one serves again.
      if (usable != model.blocks || valid > model.valid || valid + 1 < model.valid) {
        model.blocks = usable;
        model.valid = valid;
        blocks = steady_state(model);
      }
      std::uint32_t left = valid;
      for (const ModelBlock& block : blocks) {
        const std::uint32_t count = std::min(block.valid, left);
        scatter(planes_[p], block, count, first, next, order);
        next += count;
        left -= count;
      }
    }
  }

  void scatter(PlaneId plane, const ModelBlock& model, std::uint32_t valid, std::uint32_t first,
               std::uint32_t next, const Permutation& order) {
    const BlockId block = open(plane);
    const std::uint32_t pages = (model.programmed + g_.frames() - 1) / g_.frames();
    std::uint32_t frames = pages * g_.frames();
    for (std::uint32_t page = 0; page < pages; ++page) {
      for (std::uint32_t i = 0; i < g_.frames(); ++i, --frames) {
        // `valid` of the frames that are left, each of them as likely as the others.
        const bool taken = (next_random(random_) >> 32) * frames >> 32 < valid;
        owners_[i] = {};
        if (!taken) continue;
        owners_[i] = {.space = 1, .unit = first + order(next++)};
        --valid;
      }
      fill(block, page);
    }
    close(block, pages);
  }

  BlockId open(PlaneId plane) {
    const BlockId block = core_.blocks.take_filled(plane);
    tag_ = core_.sequence + 1;
    valid_ = 0;
    return block;
  }
  void fill(BlockId block, std::uint32_t number) {
    const PageId page = g_.page(block, number);
    ++core_.sequence;
    core_.identity.pack({core_.array.store().spare(page), core_.identity.spare_bytes()},
                        core_.sequence - tag_, owners_);
    for (std::uint32_t i = 0; i < g_.frames(); ++i) {
      if (owners_[i].space == 0) continue;
      core_.map.raw_entry(core_.map.index(1, owners_[i].unit)) = Entry::in_flash(g_.frame(page, i));
      ++valid_;
    }
  }
  void close(BlockId block, std::uint32_t pages) {
    core_.array.set_programmed(block, pages, tag_);
    core_.blocks[block].valid = valid_;
    core_.blocks[block].last_write = core_.sequence;
    if (pages < g_.pages) core_.blocks.reopen(block);
  }

  Core& core_;
  const nand::Geometry& g_;
  std::vector<PlaneId> planes_;
  std::vector<Owner> owners_;
  Sequence tag_ = 0;
  std::uint32_t valid_ = 0;
  std::uint64_t random_ = 0x1234'5678;
};

}  // namespace

void precondition(Core& core) {
  Precondition(core).run();
}

}  // namespace kilburn::ftl
