#include "nand/array.h"

#include <atomic>
#include <cassert>
#include <cstring>

#include "nand/checksum.h"

namespace kilburn::nand {
namespace {

/// Stores before it are made before those after it. A killed process has made all stores up to
/// some instruction, so that the compiler's order is all that matters.
void store_barrier() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace

Array::Array(const Geometry& geometry, const FaultConfig& faults, std::uint32_t spare_bytes,
             const std::string& image, ImageUse use)
    : geometry_(geometry), store_(geometry, spare_bytes, image, use), faults_(faults) {
  if (!store_.is_new() || faults.factory_bad_rate <= 0.0) return;
  for (std::uint32_t i = 0; i < geometry.all_blocks(); ++i) {
    if (faults_.factory_bad(BlockId{i})) store_.block(BlockId{i}).flags = flag_bad;
  }
}

std::uint32_t Array::sum_of(std::span<const std::byte> bytes) {
  const std::uint32_t sum = checksum(bytes);
  return sum <= sum_of_lost ? sum + 2 : sum;
}

bool Array::begin_mutation() {
  ++mutations_;
  if (!cut_) return false;
  if (cut_->count == 0) throw PowerCut{};
  --cut_->count;
  return cut_->count == 0 && cut_->torn;
}

void Array::end_mutation() const {
  if (cut_ && cut_->count == 0) throw PowerCut{};
}

ProgramEnd Array::program(PageId page, std::span<const FrameSource> frames,
                          std::span<const std::byte> spare, std::uint64_t tag) {
  assert(frames.size() == geometry_.frames() && spare.size() <= store_.spare_bytes());
  const BlockId block = geometry_.block(page);
  BlockRecord& record = store_.block(block);
  if (bad(block) || interrupted(block) || geometry_.page_in_block(page) != record.programmed) {
    return ProgramEnd::not_in_order;
  }
  if (record.programmed == 0) store_.reserve(block);
  const bool tears = begin_mutation();
  store_.set_torn(page, true);
  store_barrier();
  if (record.programmed == 0) record.tag = tag;
  ++record.programmed;
  store_barrier();
  for (std::uint32_t i = 0; i < frames.size(); ++i) {
    const FrameId frame = geometry_.frame(page, i);
    if (frames[i].kind == FrameSource::Kind::data) {
      // What a cut leaves of a page is some of it.
      const std::size_t bytes = tears ? frame_bytes / 2 : frame_bytes;
      std::memcpy(store_.data(frame), frames[i].bytes.data(), bytes);
      store_.checksum(frame) = sum_of(frames[i].bytes);
    } else if (frames[i].kind == FrameSource::Kind::lost) {
      store_.checksum(frame) = sum_of_lost;
    }
  }
  if (tears) throw PowerCut{};
  if (faults_.program_fails(page, record.erases)) {
    end_mutation();
    return ProgramEnd::failed;
  }
  std::memcpy(store_.spare(page), spare.data(), spare.size());
  store_barrier();
  store_.set_torn(page, false);
  store_barrier();
  end_mutation();
  return ProgramEnd::done;
}

bool Array::erase(BlockId block) {
  const bool tears = begin_mutation();
  BlockRecord& record = store_.block(block);
  record.flags |= flag_erasing;
  store_barrier();
  if (tears) throw PowerCut{};
  ++record.erases;
  if (faults_.erase_fails(block, record.erases)) {
    end_mutation();
    return false;
  }
  if (record.programmed != 0) store_.release(block);
  for (std::uint32_t i = 0; i < geometry_.pages; ++i) {
    const PageId page = geometry_.page(block, i);
    if (store_.torn(page)) store_.set_torn(page, false);
  }
  record.tag = 0;
  record.programmed = 0;
  store_barrier();
  record.flags &= static_cast<std::uint8_t>(~flag_erasing);
  store_barrier();
  end_mutation();
  return true;
}

void Array::mark_bad(BlockId block) {
  if (begin_mutation()) throw PowerCut{};
  store_.block(block).flags |= flag_bad;
  end_mutation();
}

std::span<const std::byte> Array::protected_bytes(FrameId frame) const {
  const PageId page = geometry_.page(frame);
  const bool programmed =
      geometry_.page_in_block(page) < store_.block(geometry_.block(page)).programmed;
  if (!programmed || torn(page)) return {};
  const std::span<const std::byte> bytes{store_.data(frame), frame_bytes};
  if (sum_of(bytes) != store_.checksum(frame)) return {};
  return bytes;
}

bool Array::verify(FrameId frame) const {
  const FrameView view = read(frame);
  return view.state != FrameState::good || sum_of(view.bytes) == store_.checksum(frame);
}

void Array::set_programmed(BlockId block, std::uint32_t pages, std::uint64_t tag) {
  // One that is not full goes on being filled, with data.
  store_.reserve(block, pages < geometry_.pages);
  BlockRecord& record = store_.block(block);
  record.tag = tag;
  store_barrier();
  record.programmed = static_cast<std::uint16_t>(pages);
}

}  // namespace kilburn::nand
