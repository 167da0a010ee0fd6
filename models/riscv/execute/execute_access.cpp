// What executed instructions do out of line: exceptions, accesses that the fast path does not
// serve, and the state of the floating-point unit.
#include "riscv/execute/execute_integer.h"
#include "riscv/execute/hart.h"

namespace kilburn::riscv {

Address Hart::pc_of(const Block& block, const Instruction* instruction) const {
  Address pc = page_ + block.first;
  for (const Instruction* before = block.code; before != instruction; ++before) {
    pc += before->length;
  }
  return pc;
}

/// The block is left behind `instruction`, for a reason that may concern the slice.
void Hart::stop_behind(const Block& block, const Instruction* instruction) {
  const auto count = static_cast<std::uint64_t>(instruction - block.code) + 1;
  pc_ = pc_of(block, instruction) + instruction->length;
  executed_ += count;
  cycles_ += count * cycles_per_instruction_;
  look_around();
}

void Hart::raise(const Block& block, const Instruction* instruction, const Exception& exception) {
  stop_behind(block, instruction);
  ++not_retired_;
  take_trap(exception, pc_ - instruction->length);
}

/// Adds the time of an access at `va`. False: it raises an exception, and has done so.
bool Hart::finish_access(const Block& block, const Instruction* instruction, Address va,
                         const AccessResult& result) {
  cycles_ += result.latency;
  if (!result.exception) [[likely]]
    return true;
  Exception exception = *result.exception;
  // Of a guest page fault only the walker knows whose access it was.
  if (transformed_instructions_ && exception.guest_physical == 0) {
    exception.transformed = transformed(*instruction, static_cast<unsigned>(exception.value - va));
  }
  raise(block, instruction, exception);
  return false;
}

std::optional<std::uint64_t> Hart::load(const Block& block, const Instruction* instruction,
                                        Address va, unsigned bytes) {
  const AccessResult result = memory_.load(va, bytes, now(block, instruction));
  if (!finish_access(block, instruction, va, result)) return std::nullopt;
  return result.value;
}

bool Hart::store(const Block& block, const Instruction* instruction, Address va,
                 std::uint64_t value, unsigned bytes) {
  return finish_access(block, instruction, va,
                       memory_.store(va, value, bytes, now(block, instruction)));
}

namespace {

struct AtomicForm {
  enum class Kind : std::uint8_t { load_reserved, store_conditional, modify };
  Kind kind = Kind::modify;
  Atomic operation = Atomic::swap;
};

/// By bits 31 to 27 of the encoding.
AtomicForm atomic_form(const Instruction& instruction) {
  switch (instruction.bits >> 27) {
    case 0x02:
      return {.kind = AtomicForm::Kind::load_reserved};
    case 0x03:
      return {.kind = AtomicForm::Kind::store_conditional};
    case 0x00:
      return {.operation = Atomic::add};
    case 0x04:
      return {.operation = Atomic::exclusive_or};
    case 0x08:
      return {.operation = Atomic::bitwise_or};
    case 0x0C:
      return {.operation = Atomic::bitwise_and};
    case 0x10:
      return {.operation = Atomic::minimum};
    case 0x14:
      return {.operation = Atomic::maximum};
    case 0x18:
      return {.operation = Atomic::unsigned_minimum};
    case 0x1C:
      return {.operation = Atomic::unsigned_maximum};
    default:
      return {.operation = Atomic::swap};
  }
}

}  // namespace

std::optional<std::uint64_t> Hart::atomic(const Block& block, const Instruction* instruction) {
  using Kind = AtomicForm::Kind;
  const Address va = x_[instruction->rs1];
  const std::uint64_t operand = x_[instruction->rs2];
  const unsigned bytes = 1u << (instruction->bits >> 12 & 7);
  const Cycles at = now(block, instruction);
  const auto [kind, operation] = atomic_form(*instruction);
  const AccessResult result = kind == Kind::load_reserved ? memory_.load_reserved(va, bytes, at)
                              : kind == Kind::store_conditional
                                  ? memory_.store_conditional(va, operand, bytes, at)
                                  : memory_.atomic(operation, va, operand, bytes, at);
  if (!finish_access(block, instruction, va, result)) return std::nullopt;
  return bytes == sizeof(std::uint64_t) ? result.value : sign_extend_word(result.value);
}

std::optional<std::uint64_t> Hart::hypervisor_access(const Block& block,
                                                     const Instruction* instruction) {
  const Refusal refusal = control_.check(SystemInstruction::hypervisor_access);
  if (refusal != Refusal::none) {
    refuse(block, instruction, refusal);
    return std::nullopt;
  }
  // funct7 has the width in bits 2 and 1, and whether it stores in bit 0; rs2 is 0 for signed
  // loads, 1 for unsigned ones, 3 for those that need execute permission.
  const std::uint32_t bits = instruction->bits;
  const unsigned bytes = 1u << (bits >> 26 & 3);
  const bool stores = (bits >> 25 & 1) != 0;
  const Address va = x_[instruction->rs1];
  const Cycles at = now(block, instruction);
  if (stores) {
    const std::uint64_t value = x_[instruction->rs2];
    const AccessResult stored = memory_.hypervisor_store(va, value, bytes, at);
    if (!finish_access(block, instruction, va, stored)) return std::nullopt;
    return 0;
  }
  const unsigned kind = bits >> 20 & 31;
  const AccessResult result = memory_.hypervisor_load(va, bytes, kind == 3, at);
  if (!finish_access(block, instruction, va, result)) return std::nullopt;
  if (kind != 0) return result.value;
  const unsigned unused = 64 - 8 * bytes;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(result.value << unused) >> unused);
}

/// Is the floating-point unit on? It is dirty from now on where the instruction `writes` it.
bool Hart::allow_float(const Block& block, const Instruction* instruction, bool writes) {
  if (float_state_ == FloatState::off) {
    raise(block, instruction, {.cause = Cause::illegal_instruction, .value = instruction->bits});
    return false;
  }
  if (writes) {
    control_.float_written();
    float_state_ = FloatState::dirty;
  }
  return true;
}

/// Of an instruction that writes an x register: it dirties the unit only by a new flag.
void Hart::set_float_flags(std::uint8_t flags) {
  if (flags == control_.fflags) return;
  control_.fflags = flags;
  control_.float_written();
  float_state_ = FloatState::dirty;
}

}  // namespace kilburn::riscv
