// System instructions: CSR accesses, environment calls, returns from traps, fences.
#include <cstring>

#include "riscv/execute/hart.h"

namespace kilburn::riscv {

namespace {

/// What the control state is asked before the instruction is carried out.
std::optional<SystemInstruction> checked(Operation operation) {
  using enum Operation;
  switch (operation) {
    case mret:
      return SystemInstruction::mret;
    case sret:
      return SystemInstruction::sret;
    case wfi:
      return SystemInstruction::wfi;
    case sfence_vma:
    case sinval_vma:
      return SystemInstruction::sfence_vma;
    case sfence_w_inval:
    case sfence_inval_ir:
      return SystemInstruction::sfence_order;
    case hfence_vvma:
    case hinval_vvma:
      return SystemInstruction::hfence_vvma;
    case hfence_gvma:
    case hinval_gvma:
      return SystemInstruction::hfence_gvma;
    default:
      return std::nullopt;
  }
}

Cause environment_call(Mode mode) {
  switch (mode.privilege) {
    case Privilege::user:
      return Cause::ecall_from_u;
    case Privilege::supervisor:
      return mode.virtualised ? Cause::ecall_from_vs : Cause::ecall_from_s;
    case Privilege::machine:
      break;
  }
  return Cause::ecall_from_m;
}

}  // namespace

void Hart::refuse(const Block& block, const Instruction* instruction, Refusal refusal) {
  raise(block, instruction,
        {.cause = refusal == Refusal::virtual_instruction ? Cause::virtual_instruction
                                                          : Cause::illegal_instruction,
         .value = instruction->bits});
}

/// The last instruction of its block.
void Hart::system(const Block& block, const Instruction* instruction) {
  using enum Operation;
  const Operation operation = instruction->operation;
  if (const auto question = checked(operation)) {
    if (const Refusal refusal = control_.check(*question); refusal != Refusal::none) {
      refuse(block, instruction, refusal);
      return;
    }
  }
  switch (operation) {
    case ecall:
      raise(block, instruction, {.cause = environment_call(control_.mode())});
      return;
    case ebreak:
      break_point(block, instruction);
      return;
    case csrrw:
    case csrrs:
    case csrrc:
    case csrrwi:
    case csrrsi:
    case csrrci:
      csr_instruction(block, instruction);
      return;
    default:
      break;
  }
  stop_behind(block, instruction);
  switch (operation) {
    case mret:
    case sret:
      pc_ = operation == mret ? control_.mret() : control_.sret();
      memory_.release_reservation();
      refresh(false);
      break;
    case wfi:
      waiting_ = true;
      break;
    case sfence_vma:
    case sinval_vma:
    case hfence_vvma:
    case hinval_vvma:
    case hfence_gvma:
    case hinval_gvma:
      fence_translations(*instruction);
      break;
    default:  // fence.i, sfence.w.inval, sfence.inval.ir: nothing is left to do
      break;
  }
}

void Hart::csr_instruction(const Block& block, const Instruction* instruction) {
  using enum Operation;
  const Operation operation = instruction->operation;
  const bool immediate = operation >= csrrwi;
  const bool swaps = operation == csrrw || operation == csrrwi;
  const bool sets = operation == csrrs || operation == csrrsi;
  const CsrAccess access{
      .number = static_cast<std::uint16_t>(instruction->immediate),
      .operation = swaps  ? CsrOperation::write
                   : sets ? CsrOperation::set
                          : CsrOperation::clear,
      .operand = immediate ? instruction->rs1 : x_[instruction->rs1],
      .reads = !swaps || instruction->rd != x_nowhere,
      .writes = swaps || instruction->rs1 != 0,
  };
  const std::uint64_t before =
      instructions() + static_cast<std::uint64_t>(instruction - block.code);
  const CsrResult result = control_.access(access, counters(now(block, instruction), before));
  if (result.refusal != Refusal::none) {
    refuse(block, instruction, result.refusal);
    return;
  }
  x_[instruction->rd] = result.value;
  stop_behind(block, instruction);
  if (!access.writes) return;
  constexpr std::uint16_t first_pmp_register = 0x3A0;  // pmpcfg0
  constexpr std::uint16_t last_pmp_register = 0x3EF;   // pmpaddr63
  refresh(access.number >= first_pmp_register && access.number <= last_pmp_register);
}

/// The instructions round an ebreak that make it a semihosting call, in one page.
bool Hart::semihosting_call(Address pc) const {
  constexpr std::uint32_t before = 0x01F01013;  // slli x0, x0, 0x1f
  constexpr std::uint32_t behind = 0x40705013;  // srai x0, x0, 7
  const Address offset = pc % page_bytes;
  if (offset < 4 || offset + 8 > page_bytes) return false;
  const Address physical = (presence_.page << page_shift) + offset;
  const MainMemory::Region* region = main_memory_.find(physical - 4, 12);
  if (region == nullptr) return false;
  const auto word = [&](Address address) {
    std::uint32_t value = 0;
    std::memcpy(&value, region->host.data() + (address - region->base), sizeof value);
    return value;
  };
  return word(physical - 4) == before && word(physical + 4) == behind;
}

void Hart::break_point(const Block& block, const Instruction* instruction) {
  constexpr unsigned operation = 10;  // a0
  constexpr unsigned parameter = 11;  // a1
  const Address pc = pc_of(block, instruction);
  if (instruction->length == 4 && semihosting_call(pc)) {
    memory_.make_owed_lookups();
    const HartBus::Semihosting call =
        bus_.semihosting(x_[operation], x_[parameter], now(block, instruction));
    if (call.served) {
      x_[operation] = call.result;
      stop_behind(block, instruction);
      if (call.end_slice) memory_.end_slice();
      return;
    }
  }
  // mtval may be zero or the pc. Reference models write the pc, and what tests them expects it.
  raise(block, instruction,
        {.cause = Cause::breakpoint, .value = pc, .guest_value = control_.mode().virtualised});
}

/// Translations are invalidated: which ones, rs1 and rs2 say.
void Hart::fence_translations(const Instruction& instruction) {
  using enum Operation;
  using enum Invalidation::Operation;
  const Operation operation = instruction.operation;
  const bool guest_physical = operation == hfence_gvma || operation == hinval_gvma;
  const bool of_guest =
      operation == hfence_vvma || operation == hinval_vvma || control_.mode().virtualised;
  const bool by_address = instruction.rs1 != 0;
  const bool by_space = instruction.rs2 != 0;
  const Address address = x_[instruction.rs1];
  const std::uint64_t space = x_[instruction.rs2];
  const HartContexts contexts = control_.contexts();
  const unsigned vmid_mask = (1u << contexts.vmid_bits()) - 1;

  Invalidation invalidation;
  if (guest_physical) {
    // rs1 holds the guest-physical address shifted right by two. Without a VMID all guests are
    // meant, for which there is no narrower word than `all`.
    invalidation.operation = !by_space ? all : by_address ? by_guest_frame : by_vmid;
    invalidation.vpn = address >> (page_shift - 2);
    invalidation.context.vmid = contexts.guest(static_cast<unsigned>(space) & vmid_mask);
  } else {
    invalidation.operation =
        by_address ? (by_space ? by_va_asid : by_va) : (by_space ? by_asid : by_vmid);
    invalidation.vpn = address >> page_shift;
    invalidation.context = {
        .asid = static_cast<std::uint16_t>(space),
        .vmid = of_guest ? contexts.guest(control_.current_vmid()) : contexts.host(),
    };
    // With an address these order only leaf entries (hfence.gvma orders whatever is on the way).
    invalidation.last_level = by_address && fence_va_ == FenceVa::leaf;
  }
  memory_.drop_windows();
  carry_out(invalidation);
  if (guest_physical && by_space) {  // and what the guest held while its own paging was off
    invalidation.context.vmid = contexts.bare_guest(static_cast<unsigned>(space) & vmid_mask);
    carry_out(invalidation);
  }
  fetch_.va = no_address;
}

void Hart::carry_out(const Invalidation& invalidation) {
  const InvalidateResult result = invalidator_.invalidate(invalidation, cycles_);
  cycles_ += result.cycles;
  stalls_.invalidation += result.cycles;
  if (observer_ != nullptr) observer_->fenced(invalidation);
  if (result.ok) return;
  std::string missing;
  for (const std::string& holder : result.missing) {
    missing += (missing.empty() ? "" : ", ") + holder;
  }
  fail("a fence was not acknowledged by " + missing, pc_, Cause::illegal_instruction);
}

}  // namespace kilburn::riscv
