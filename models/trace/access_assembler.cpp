#include "trace/access_assembler.h"

#include <algorithm>
#include <cassert>

namespace kilburn::trace {

void AccessAssembler::define_block(std::span<const std::uint64_t> words) {
  const std::uint64_t number = words[0];
  if (number >= blocks_.size()) blocks_.resize(number + 1);
  Block& block = blocks_[number];
  for (std::size_t at = 1; at + 1 < words.size(); at += 2) {
    const auto instruction = InstructionWord::unpack(words[at + 1]);
    block.fetches.push_back({.address = words[at], .kind = Kind::fetch, .size = instruction.bytes});
    block.last_repeats = instruction.repeats;
  }
}

void AccessAssembler::fetch_up_to(Thread& thread, std::uint8_t requester, std::size_t end) {
  if (thread.block == nullptr || thread.next >= end) return;
  const auto& fetches = thread.block->fetches;
  const std::size_t added = records_.size();
  records_.insert(records_.end(), fetches.begin() + static_cast<std::ptrdiff_t>(thread.next),
                  fetches.begin() + static_cast<std::ptrdiff_t>(end));
  thread.next = end;
  if (requester == 0) return;  // as in the block
  for (std::size_t i = added; i < records_.size(); ++i) records_[i].requester = requester;
}

void AccessAssembler::begin_block(Thread& thread, std::uint8_t requester, std::uint64_t number) {
  assert(number < blocks_.size() && "a block is defined before it is executed");
  const Block* const before = thread.block;
  if (before != nullptr) fetch_up_to(thread, requester, before->fetches.size());
  thread.block = &blocks_[number];
  // Each iteration of a REP string instruction executes as a block that begins with it.
  const bool repeats = before != nullptr && before->last_repeats &&
                       before->fetches.back().address == thread.block->fetches.front().address;
  thread.next = repeats ? 1 : 0;
}

void AccessAssembler::add(ChunkHeader header, std::span<const std::uint64_t> words) {
  if (header.kind == ChunkKind::block) return define_block(words);
  Thread& thread = threads_[header.requester];
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::uint64_t word = words[at];
    const auto what = static_cast<Word>(word & 3);
    if (what == Word::block) {
      begin_block(thread, header.requester, word >> 2);
    } else if (what == Word::access) {
      const AccessWord access = AccessWord::unpack(word);
      const std::size_t instructions = thread.block == nullptr ? 0 : thread.block->fetches.size();
      fetch_up_to(thread, header.requester,
                  std::min<std::size_t>(access.instruction + 1, instructions));
      records_.push_back({.address = access.address,
                          .kind = access.store ? Kind::store : Kind::load,
                          .size = static_cast<std::uint8_t>(1u << access.log2_bytes),
                          .requester = header.requester});
    } else {
      if (thread.block != nullptr) {
        fetch_up_to(thread, header.requester, thread.block->fetches.size());
      }
      const Address va = word >> 2 << page_shift;
      const std::uint64_t pages = words[++at];
      records_.push_back({.event = static_cast<std::uint32_t>(events_.size()),
                          .kind = Kind::event,
                          .size = 0,
                          .requester = header.requester});
      events_.push_back(what == Word::map ? Event(Map{va, pages}) : Event(Unmap{va, pages}));
    }
  }
}

void AccessAssembler::close() {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    Thread& thread = threads_[i];
    if (thread.block == nullptr) continue;
    fetch_up_to(thread, static_cast<std::uint8_t>(i), thread.block->fetches.size());
  }
}

}  // namespace kilburn::trace
