// How a hart comes by its instructions: decoded blocks of a page, or one by one.
#include "riscv/decode/decoder.h"
#include "riscv/execute/hart.h"

namespace kilburn::riscv {

namespace {

constexpr Address offset_mask = page_bytes - 1;

}  // namespace

/// Executes the block at pc, and what follows it in its page.
void Hart::run_block() {
  if (const Address va = pc_ & ~offset_mask; va != fetch_.va || fetch_.code->dropped()) {
    enter_page();
    return;
  }
  Block* block = fetch_.code->block(static_cast<unsigned>(pc_ & offset_mask));
  // The rest of a block that began one by one has no more instructions than were left to it.
  if (block == nullptr || (left_ != 0 && block->count > left_)) {
    step();
    return;
  }
  left_ = 0;
  page_ = fetch_.va;
  execute(block, fetch_.code.get());
}

/// The instruction at pc is in another page than the last: one lookup. Where it hits, the page's
/// blocks follow; else this instruction is executed alone, as only the next lookup tells which part
/// of the TLB will answer from now on.
void Hart::enter_page() {
  end_fetch_run();
  fetch_.va = no_address;
  const Located at = memory_.locate_fetch(pc_, cycles_);
  const PageNumber page = at.physical >> page_shift;
  if (at.exception || !at.hit || !memory_.direct_code(page)) {
    step_at(at);
    return;
  }
  if (presence_.page != page) main_memory_.enter(index_, page);
  fetch_ = {.va = pc_ & ~offset_mask, .code = main_memory_.code(page)};
  Block* block = fetch_.code->block(static_cast<unsigned>(pc_ & offset_mask));
  if (block == nullptr || (left_ != 0 && block->count > left_)) {
    fetch_.va = no_address;
    step_at(at);
    return;
  }
  fetch_run_ = {.active = true,
                .translated = memory_.fetch_space().translated(),
                .of_process = memory_.fetch_space().is_process_access(pc_),
                .begin = executed_};
  left_ = 0;
  page_ = fetch_.va;
  execute(block, fetch_.code.get());
}

/// Tells TLB and L1I of the lookups that were not made.
void Hart::end_fetch_run() {
  fetch_.va = no_address;
  if (!fetch_run_.active) return;
  fetch_run_.active = false;
  const std::uint64_t fetched = executed_ - fetch_run_.begin;
  if (fetch_run_.translated) memory_.count_fetch_repeats(fetched - 1);
  if (fetch_run_.of_process) process_fetches_ += fetched;
  FirstLevelCaches& caches = memory_.caches();
  if (caches.present()) caches.count_fetches(fetched - fetch_run_.lines_fetched);
}

/// An instruction of a block lies in another line than the last one, and not in one at hand.
void Hart::fetch_line(Address line, Cycles now) {
  cycles_ += memory_.caches().fetch(line, now);
  ++fetch_run_.lines_fetched;
}

void Hart::step() {
  end_fetch_run();
  step_at(memory_.locate_fetch(pc_, cycles_));
}

/// Fetches, decodes and executes the instruction at pc, whose first byte is at `first`.
void Hart::step_at(const Located& first) {
  const Address pc = pc_;
  cycles_ += first.latency;
  const auto fetch_fault = [&](const Exception& exception) {
    ++executed_;
    ++not_retired_;
    cycles_ += cycles_per_instruction_;
    left_ = 0;
    take_trap(exception, pc);
  };
  if (first.exception) return fetch_fault(*first.exception);
  const AccessResult low = memory_.fetch(first.physical, pc, cycles_, MemoryPath::FetchPart::first);
  cycles_ += low.latency;
  if (low.exception) return fetch_fault(*low.exception);
  auto bits = static_cast<std::uint32_t>(low.value);
  const bool crosses = !is_compressed(bits) && (pc & offset_mask) == page_bytes - 2;
  if (!is_compressed(bits)) {
    Located second{.physical = first.physical + 2};
    if (crosses) {
      second = memory_.locate_fetch(pc + 2, cycles_);
      cycles_ += second.latency;
    } else if (!memory_.may_fetch(second.physical)) {
      second.exception = memory_.fetch_denied(pc + 2);
    }
    if (second.exception) return fetch_fault(*second.exception);
    const AccessResult high =
        memory_.fetch(second.physical, pc + 2, cycles_, MemoryPath::FetchPart::rest);
    cycles_ += high.latency;
    if (high.exception) return fetch_fault(*high.exception);
    bits |= static_cast<std::uint32_t>(high.value) << 16;
  }

  const auto offset = static_cast<unsigned>(pc & offset_mask);
  const Instruction instruction = decode(bits);
  if (memory_.fetch_space().is_process_access(pc)) ++process_fetches_;
  if (observer_ != nullptr) observer_->fetched(memory_.fetch_space(), pc, instruction.length);
  if (left_ == 0) {
    left_ = most_instructions;
    const PageNumber page = first.physical >> page_shift;
    const bool in_memory = main_memory_.find(first.physical, 1) != nullptr;
    const bool leave = presence_.leave;
    main_memory_.enter(index_, in_memory ? page : MainMemory::no_page);
    presence_.leave = leave;
  }
  --left_;
  single_code_[0] = for_block(instruction, offset);
  single_code_[1] = {.operation = Operation::block_end};
  Block block{.code = single_code_.data(),
              .first = static_cast<std::uint16_t>(offset),
              .end = static_cast<std::uint16_t>(offset + instruction.length),
              .count = 1};
  page_ = pc & ~offset_mask;
  const std::uint64_t not_retired = not_retired_;
  execute(&block, nullptr);
  const bool goes_on = not_retired == not_retired_ && !crosses &&
                       !ends_block(instruction.operation) && !presence_.leave &&
                       offset + instruction.length < page_bytes &&
                       !next_crosses_page(first.physical + instruction.length);
  if (!goes_on) left_ = 0;
}

/// The instruction at `physical` is four bytes long and the last two of its page hold its first
/// two.
bool Hart::next_crosses_page(Address physical) const {
  if ((physical & offset_mask) != page_bytes - 2) return false;
  return !is_compressed(static_cast<std::uint32_t>(bus_.read(physical, 2, cycles_).data));
}

}  // namespace kilburn::riscv
