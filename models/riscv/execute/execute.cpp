// Execution of decoded blocks: one jump from each instruction to the next.
#include <cstring>
#include <type_traits>

#include "riscv/execute/execute_float.h"
#include "riscv/execute/execute_integer.h"
#include "riscv/execute/hart.h"

namespace kilburn::riscv {

// Labels as values are GNU's. With a jump of its own behind each operation the host predicts where
// it leads from the operation before; a switch has one jump for all.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"

// The table below reads as a list of operations: label, effect, next. The macros stand for labels,
// types and statements, which take no parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define OP(name) \
  name:
#define START(instruction) \
  goto* labels[cached ? (instruction)->step() : static_cast<unsigned>((instruction)->operation)]
#define NEXT START(++i)
#define RD x[i->rd]
#define RS1 x[i->rs1]
#define RS2 x[i->rs2]
#define IMMEDIATE static_cast<std::uint64_t>(std::int64_t{i->immediate})
#define SIGNED(value) static_cast<std::int64_t>(value)
#define WORD(value) static_cast<std::uint32_t>(value)
#define SIGNED_WORD(value) static_cast<std::int32_t>(value)

#define LOAD(Type, target, wrap)                                                           \
  {                                                                                        \
    const Address va = RS1 + IMMEDIATE;                                                    \
    if (const std::byte* at = memory_.load_pointer<cached, sizeof(Type)>(va)) [[likely]] { \
      Type value;                                                                          \
      std::memcpy(&value, at, sizeof value);                                               \
      target = wrap(value);                                                                \
      NEXT;                                                                                \
    }                                                                                      \
    const auto value = load(*block, i, va, sizeof(Type));                                  \
    if (!value) return;                                                                    \
    target = wrap(static_cast<Type>(*value));                                              \
    if (presence_.leave) return stop_behind(*block, i);                                    \
    NEXT;                                                                                  \
  }
#define STORE(Type, source)                                                           \
  {                                                                                   \
    const Address va = RS1 + IMMEDIATE;                                               \
    const auto value = static_cast<Type>(source);                                     \
    if (std::byte* at = memory_.store_pointer<cached, sizeof(Type)>(va)) [[likely]] { \
      std::memcpy(at, &value, sizeof value);                                          \
      NEXT;                                                                           \
    }                                                                                 \
    if (!store(*block, i, va, value, sizeof(Type))) return;                           \
    if (presence_.leave) return stop_behind(*block, i);                               \
    NEXT;                                                                             \
  }
#define BRANCH(condition)    \
  if (condition) goto taken; \
  goto fall_through

// Floating point. B: the format, F1 to F3: the operands' bits.
#define F1(B) unboxed<B>(f[i->rs1])
#define F2(B) unboxed<B>(f[i->rs2])
#define F3(B) unboxed<B>(f[i->rs3])
#define FLOAT_TARGET \
  if (float_state_ != FloatState::dirty && !allow_float(*block, i, true)) return
#define INTEGER_TARGET \
  if (float_state_ == FloatState::off && !allow_float(*block, i, false)) return
#define ROUNDING                                                                           \
  const auto rounding =                                                                    \
      static_cast<Rounding>(i->rounding == dynamic_rounding ? control_.frm : i->rounding); \
  if (rounding > Rounding::nearest_away) goto illegal
#define ROUNDED(B, expression)             \
  {                                        \
    FLOAT_TARGET;                          \
    ROUNDING;                              \
    std::uint8_t& flags = control_.fflags; \
    f[i->rd] = boxed<B>(expression);       \
    NEXT;                                  \
  }
#define CHOSEN(B, expression)                               \
  {                                                         \
    FLOAT_TARGET;                                           \
    [[maybe_unused]] std::uint8_t& flags = control_.fflags; \
    f[i->rd] = boxed<B>(expression);                        \
    NEXT;                                                   \
  }
#define COMPARED(expression)              \
  {                                       \
    INTEGER_TARGET;                       \
    std::uint8_t flags = control_.fflags; \
    RD = (expression) ? 1 : 0;            \
    set_float_flags(flags);               \
    NEXT;                                 \
  }
#define TO_INTEGER(B, Integer)                                                  \
  {                                                                             \
    INTEGER_TARGET;                                                             \
    ROUNDING;                                                                   \
    std::uint8_t flags = control_.fflags;                                       \
    const auto value = soft_float::to_integer<Integer>(F1(B), rounding, flags); \
    using Signed = std::make_signed_t<Integer>;                                 \
    RD = static_cast<std::uint64_t>(static_cast<Signed>(value));                \
    set_float_flags(flags);                                                     \
    NEXT;                                                                       \
  }
#define FROM_INTEGER(B, Integer) \
  ROUNDED(B, (soft_float::from_integer<B>(static_cast<Integer>(RS1), rounding, flags)))
// clang-format off
#define ARITHMETIC(suffix, B)                                                                     \
  OP(fadd_##suffix) ROUNDED(B, host_float::add(F1(B), F2(B), rounding, flags))                    \
  OP(fsub_##suffix) ROUNDED(B, host_float::subtract(F1(B), F2(B), rounding, flags))               \
  OP(fmul_##suffix) ROUNDED(B, host_float::multiply(F1(B), F2(B), rounding, flags))               \
  OP(fdiv_##suffix) ROUNDED(B, host_float::divide(F1(B), F2(B), rounding, flags))                 \
  OP(fsqrt_##suffix) ROUNDED(B, host_float::square_root(F1(B), rounding, flags))                  \
  OP(fmadd_##suffix)                                                                              \
  ROUNDED(B, host_float::multiply_add(F1(B), F2(B), F3(B), rounding, flags))                      \
  OP(fmsub_##suffix)                                                                              \
  ROUNDED(B, (host_float::multiply_add<B>(F1(B), F2(B), F3(B) ^ float_sign<B>, rounding, flags))) \
  OP(fnmsub_##suffix)                                                                             \
  ROUNDED(B, (host_float::multiply_add<B>(F1(B) ^ float_sign<B>, F2(B), F3(B), rounding, flags))) \
  OP(fnmadd_##suffix)                                                                             \
  ROUNDED(B, (host_float::multiply_add<B>(F1(B) ^ float_sign<B>, F2(B), F3(B) ^ float_sign<B>,    \
                                          rounding, flags)))                                      \
  OP(fsgnj_##suffix) CHOSEN(B, with_sign<B>(F1(B), F2(B)))                                        \
  OP(fsgnjn_##suffix) CHOSEN(B, with_sign<B>(F1(B), static_cast<B>(~F2(B))))                      \
  OP(fsgnjx_##suffix) CHOSEN(B, with_sign<B>(F1(B), F1(B) ^ F2(B)))                               \
  OP(fmin_##suffix) CHOSEN(B, soft_float::minimum(F1(B), F2(B), flags))                           \
  OP(fmax_##suffix) CHOSEN(B, soft_float::maximum(F1(B), F2(B), flags))                           \
  OP(feq_##suffix) COMPARED(soft_float::equal(F1(B), F2(B), flags))                               \
  OP(flt_##suffix) COMPARED(soft_float::less(F1(B), F2(B), flags))                                \
  OP(fle_##suffix) COMPARED(soft_float::less_equal(F1(B), F2(B), flags))                          \
  OP(fclass_##suffix) {                                                                           \
    INTEGER_TARGET;                                                                               \
    RD = soft_float::classify(F1(B));                                                             \
    NEXT;                                                                                         \
  }                                                                                               \
  OP(fcvt_w_##suffix) TO_INTEGER(B, std::int32_t)                                                 \
  OP(fcvt_wu_##suffix) TO_INTEGER(B, std::uint32_t)                                               \
  OP(fcvt_l_##suffix) TO_INTEGER(B, std::int64_t)                                                 \
  OP(fcvt_lu_##suffix) TO_INTEGER(B, std::uint64_t)                                               \
  OP(fcvt_##suffix##_w) FROM_INTEGER(B, std::int32_t)                                             \
  OP(fcvt_##suffix##_wu) FROM_INTEGER(B, std::uint32_t)                                           \
  OP(fcvt_##suffix##_l) FROM_INTEGER(B, std::int64_t)                                             \
  OP(fcvt_##suffix##_lu) FROM_INTEGER(B, std::uint64_t)
// clang-format on

/// Executes `block` and the blocks that follow it in its page `code`, up to a slice's end, an
/// exception or a system instruction; pc and counters are then up to date. Without `code` the block
/// alone, which has been fetched. `cached`: the hart has first-level caches.
template <bool cached>
void Hart::execute_timed(Block* block, CodePage* code) {  // NOLINT(readability-function-size)
  // By Instruction::step. What lies in another line of the L1I than the instruction before it
  // looks that up, and then goes on as any other.
  static const void* const steps[fetch_lines_choices][Instruction::steps_a_row] = {
      {
#define OPERATION(name, format, mask, match) &&name,
#include "riscv/decode/operations.def"
#undef OPERATION
          &&illegal,
          &&block_end,
      },
      {
#define OPERATION(name, format, mask, match) &&next_line,
#include "riscv/decode/operations.def"
#undef OPERATION
          &&next_line,
          &&next_line,
      },
      {
#define OPERATION(name, format, mask, match) &&both_lines,
#include "riscv/decode/operations.def"
#undef OPERATION
          &&both_lines,
          &&both_lines,
      },
  };
  static_assert(operation_count <= Instruction::steps_a_row);
  const void* const* const labels = steps[0];
  std::uint64_t* const x = x_.data();
  std::uint64_t* const f = f_.data();
  const Instruction* i = nullptr;
  Address target = 0;
  // Of the L1I, and at hand: where the last instruction came from.
  [[maybe_unused]] Address line = ~Address{0};
  if (code == nullptr) goto fetched;

enter:
  if constexpr (cached) {
    if (block->line != line) {
      line = block->line;
      if (!memory_.caches().is_at_hand(line)) [[unlikely]]
        fetch_line(line, cycles_);
    }
  }
fetched:
  i = block->code;
  START(i);

next_line:
  if constexpr (cached) {
    line += memory_.caches().fetch_line_bytes();
    if (!memory_.caches().is_at_hand(line)) [[unlikely]]
      fetch_line(line, now(*block, i));
  }
  goto* labels[static_cast<unsigned>(i->operation)];

both_lines:
  if constexpr (cached) {
    line += memory_.caches().fetch_line_bytes();
    cycles_ += memory_.caches().fetch_second(line, now(*block, i));
  }
  goto* labels[static_cast<unsigned>(i->operation)];

  // RV64I
  OP(lui) RD = IMMEDIATE;
  NEXT;
  OP(auipc) RD = page_ + IMMEDIATE;
  NEXT;
  OP(addi) RD = RS1 + IMMEDIATE;
  NEXT;
  OP(slti) RD = SIGNED(RS1) < i->immediate ? 1 : 0;
  NEXT;
  OP(sltiu) RD = RS1 < IMMEDIATE ? 1 : 0;
  NEXT;
  OP(xori) RD = RS1 ^ IMMEDIATE;
  NEXT;
  OP(ori) RD = RS1 | IMMEDIATE;
  NEXT;
  OP(andi) RD = RS1 & IMMEDIATE;
  NEXT;
  OP(slli) RD = RS1 << i->immediate;
  NEXT;
  OP(srli) RD = RS1 >> i->immediate;
  NEXT;
  OP(srai) RD = static_cast<std::uint64_t>(SIGNED(RS1) >> i->immediate);
  NEXT;
  OP(addiw) RD = sign_extend_word(RS1 + IMMEDIATE);
  NEXT;
  OP(slliw) RD = sign_extend_word(RS1 << i->immediate);
  NEXT;
  OP(srliw) RD = sign_extend_word(WORD(RS1) >> i->immediate);
  NEXT;
  OP(sraiw) RD = static_cast<std::uint64_t>(SIGNED_WORD(RS1) >> i->immediate);
  NEXT;
  OP(add) RD = RS1 + RS2;
  NEXT;
  OP(sub) RD = RS1 - RS2;
  NEXT;
  OP(sll) RD = RS1 << (RS2 & 63);
  NEXT;
  OP(slt) RD = SIGNED(RS1) < SIGNED(RS2) ? 1 : 0;
  NEXT;
  OP(sltu) RD = RS1 < RS2 ? 1 : 0;
  NEXT;
  OP(xor_) RD = RS1 ^ RS2;
  NEXT;
  OP(srl) RD = RS1 >> (RS2 & 63);
  NEXT;
  OP(sra) RD = static_cast<std::uint64_t>(SIGNED(RS1) >> (RS2 & 63));
  NEXT;
  OP(or_) RD = RS1 | RS2;
  NEXT;
  OP(and_) RD = RS1 & RS2;
  NEXT;
  OP(addw) RD = sign_extend_word(RS1 + RS2);
  NEXT;
  OP(subw) RD = sign_extend_word(RS1 - RS2);
  NEXT;
  OP(sllw) RD = sign_extend_word(RS1 << (RS2 & 31));
  NEXT;
  OP(srlw) RD = sign_extend_word(WORD(RS1) >> (RS2 & 31));
  NEXT;
  OP(sraw) RD = static_cast<std::uint64_t>(SIGNED_WORD(RS1) >> (RS2 & 31));
  NEXT;
  // clang-format off
  OP(fence) NEXT;  // memory is sequentially consistent
  OP(lb) LOAD(std::int8_t, RD, to_register)
  OP(lh) LOAD(std::int16_t, RD, to_register)
  OP(lw) LOAD(std::int32_t, RD, to_register)
  OP(ld) LOAD(std::uint64_t, RD, to_register)
  OP(lbu) LOAD(std::uint8_t, RD, to_register)
  OP(lhu) LOAD(std::uint16_t, RD, to_register)
  OP(lwu) LOAD(std::uint32_t, RD, to_register)
  OP(sb) STORE(std::uint8_t, RS2)
  OP(sh) STORE(std::uint16_t, RS2)
  OP(sw) STORE(std::uint32_t, RS2)
  OP(sd) STORE(std::uint64_t, RS2)
      // clang-format on

      // M
      OP(mul) RD = RS1 * RS2;
  NEXT;
  OP(mulh) RD = multiply_high(RS1, RS2);
  NEXT;
  OP(mulhsu) RD = multiply_high_mixed(RS1, RS2);
  NEXT;
  OP(mulhu) RD = multiply_high_unsigned(RS1, RS2);
  NEXT;
  OP(div) RD = static_cast<std::uint64_t>(divide(SIGNED(RS1), SIGNED(RS2)));
  NEXT;
  OP(divu) RD = divide_unsigned(RS1, RS2);
  NEXT;
  OP(rem) RD = static_cast<std::uint64_t>(remainder(SIGNED(RS1), SIGNED(RS2)));
  NEXT;
  OP(remu) RD = remainder_unsigned(RS1, RS2);
  NEXT;
  OP(mulw) RD = sign_extend_word(RS1 * RS2);
  NEXT;
  OP(divw) RD = static_cast<std::uint64_t>(divide(SIGNED_WORD(RS1), SIGNED_WORD(RS2)));
  NEXT;
  OP(divuw) RD = sign_extend_word(divide_unsigned(WORD(RS1), WORD(RS2)));
  NEXT;
  OP(remw) RD = static_cast<std::uint64_t>(remainder(SIGNED_WORD(RS1), SIGNED_WORD(RS2)));
  NEXT;
  OP(remuw) RD = sign_extend_word(remainder_unsigned(WORD(RS1), WORD(RS2)));
  NEXT;

  // Zba
  OP(add_uw) RD = WORD(RS1) + RS2;
  NEXT;
  OP(sh1add) RD = (RS1 << 1) + RS2;
  NEXT;
  OP(sh2add) RD = (RS1 << 2) + RS2;
  NEXT;
  OP(sh3add) RD = (RS1 << 3) + RS2;
  NEXT;
  OP(sh1add_uw) RD = (std::uint64_t{WORD(RS1)} << 1) + RS2;
  NEXT;
  OP(sh2add_uw) RD = (std::uint64_t{WORD(RS1)} << 2) + RS2;
  NEXT;
  OP(sh3add_uw) RD = (std::uint64_t{WORD(RS1)} << 3) + RS2;
  NEXT;
  OP(slli_uw) RD = std::uint64_t{WORD(RS1)} << i->immediate;
  NEXT;

  // Zbb
  OP(andn) RD = RS1 & ~RS2;
  NEXT;
  OP(orn) RD = RS1 | ~RS2;
  NEXT;
  OP(xnor) RD = ~(RS1 ^ RS2);
  NEXT;
  OP(clz) RD = static_cast<std::uint64_t>(std::countl_zero(RS1));
  NEXT;
  OP(ctz) RD = static_cast<std::uint64_t>(std::countr_zero(RS1));
  NEXT;
  OP(cpop) RD = static_cast<std::uint64_t>(std::popcount(RS1));
  NEXT;
  OP(clzw) RD = static_cast<std::uint64_t>(std::countl_zero(WORD(RS1)));
  NEXT;
  OP(ctzw) RD = static_cast<std::uint64_t>(std::countr_zero(WORD(RS1)));
  NEXT;
  OP(cpopw) RD = static_cast<std::uint64_t>(std::popcount(WORD(RS1)));
  NEXT;
  OP(max) RD = SIGNED(RS1) > SIGNED(RS2) ? RS1 : RS2;
  NEXT;
  OP(maxu) RD = RS1 > RS2 ? RS1 : RS2;
  NEXT;
  OP(min) RD = SIGNED(RS1) < SIGNED(RS2) ? RS1 : RS2;
  NEXT;
  OP(minu) RD = RS1 < RS2 ? RS1 : RS2;
  NEXT;
  OP(sext_b) RD = to_register(static_cast<std::int8_t>(RS1));
  NEXT;
  OP(sext_h) RD = to_register(static_cast<std::int16_t>(RS1));
  NEXT;
  OP(zext_h) RD = static_cast<std::uint16_t>(RS1);
  NEXT;
  OP(rol) RD = std::rotl(RS1, static_cast<int>(RS2 & 63));
  NEXT;
  OP(ror) RD = std::rotr(RS1, static_cast<int>(RS2 & 63));
  NEXT;
  OP(rori) RD = std::rotr(RS1, i->immediate);
  NEXT;
  OP(rolw) RD = sign_extend_word(std::rotl(WORD(RS1), static_cast<int>(RS2 & 31)));
  NEXT;
  OP(rorw) RD = sign_extend_word(std::rotr(WORD(RS1), static_cast<int>(RS2 & 31)));
  NEXT;
  OP(roriw) RD = sign_extend_word(std::rotr(WORD(RS1), i->immediate));
  NEXT;
  OP(orc_b) RD = or_combine_bytes(RS1);
  NEXT;
  OP(rev8) RD = reverse_bytes(RS1);
  NEXT;

  // Zbs
  OP(bclr) RD = RS1 & ~single_bit(RS2);
  NEXT;
  OP(bclri) RD = RS1 & ~single_bit(IMMEDIATE);
  NEXT;
  OP(bext) RD = RS1 >> (RS2 & 63) & 1;
  NEXT;
  OP(bexti) RD = RS1 >> i->immediate & 1;
  NEXT;
  OP(binv) RD = RS1 ^ single_bit(RS2);
  NEXT;
  OP(binvi) RD = RS1 ^ single_bit(IMMEDIATE);
  NEXT;
  OP(bset) RD = RS1 | single_bit(RS2);
  NEXT;
  OP(bseti) RD = RS1 | single_bit(IMMEDIATE);
  NEXT;

  // F and D
  OP(flw) {
    FLOAT_TARGET;
    LOAD(std::uint32_t, f[i->rd], boxed<std::uint32_t>)
  }
  OP(fld) {
    FLOAT_TARGET;
    LOAD(std::uint64_t, f[i->rd], boxed<std::uint64_t>)
  }
  OP(fsw) {
    INTEGER_TARGET;
    STORE(std::uint32_t, f[i->rs2])
  }
  OP(fsd) {
    INTEGER_TARGET;
    STORE(std::uint64_t, f[i->rs2])
  }
  ARITHMETIC(s, std::uint32_t)
  ARITHMETIC(d, std::uint64_t)
  OP(fcvt_s_d)
  ROUNDED(std::uint32_t, soft_float::narrow(F1(std::uint64_t), rounding, flags))
  OP(fcvt_d_s) {
    FLOAT_TARGET;
    ROUNDING;
    f[i->rd] = soft_float::widen(F1(std::uint32_t), control_.fflags);
    NEXT;
  }
  OP(fmv_x_w) {
    INTEGER_TARGET;
    RD = sign_extend_word(f[i->rs1]);
    NEXT;
  }
  OP(fmv_x_d) {
    INTEGER_TARGET;
    RD = f[i->rs1];
    NEXT;
  }
  OP(fmv_w_x)
  CHOSEN(std::uint32_t, WORD(RS1))
  OP(fmv_d_x)
  CHOSEN(std::uint64_t, RS1)

  // A and H: by way of calls
  // clang-format off
  OP(lr_w) OP(sc_w) OP(amoswap_w) OP(amoadd_w) OP(amoxor_w) OP(amoand_w) OP(amoor_w) OP(amomin_w)
  OP(amomax_w) OP(amominu_w) OP(amomaxu_w)
  OP(lr_d) OP(sc_d) OP(amoswap_d) OP(amoadd_d) OP(amoxor_d) OP(amoand_d) OP(amoor_d) OP(amomin_d)
  OP(amomax_d) OP(amominu_d) OP(amomaxu_d) {
    // clang-format on
    const auto value = atomic(*block, i);
    if (!value) return;
    RD = *value;
    if (presence_.leave) return stop_behind(*block, i);
    NEXT;
  }
  OP(hlv_b) OP(hlv_bu) OP(hlv_h) OP(hlv_hu) OP(hlvx_hu) OP(hlv_w) OP(hlv_wu) OP(hlvx_wu) OP(hlv_d) {
    const auto value = hypervisor_access(*block, i);
    if (!value) return;
    RD = *value;
    if (presence_.leave) return stop_behind(*block, i);
    NEXT;
  }
  OP(hsv_b) OP(hsv_h) OP(hsv_w) OP(hsv_d) {
    if (!hypervisor_access(*block, i)) return;
    if (presence_.leave) return stop_behind(*block, i);
    NEXT;
  }

  // Control transfers
  OP(beq) BRANCH(RS1 == RS2);
  OP(bne) BRANCH(RS1 != RS2);
  OP(blt) BRANCH(SIGNED(RS1) < SIGNED(RS2));
  OP(bge) BRANCH(SIGNED(RS1) >= SIGNED(RS2));
  OP(bltu) BRANCH(RS1 < RS2);
  OP(bgeu) BRANCH(RS1 >= RS2);
  OP(jal) RD = page_ + block->end;
  goto taken;

taken:
  cycles_ += block->count * cycles_per_instruction_;
  executed_ += block->count;
  if (cycles_ < stop_) [[likely]] {
    if (block->taken != nullptr) [[likely]] {
      block = block->taken;
      goto enter;
    }
    if (code != nullptr && static_cast<std::uint32_t>(i->immediate) < page_bytes) {
      block->taken = code->block(static_cast<unsigned>(i->immediate));
      if (block->taken != nullptr) {
        block = block->taken;
        goto enter;
      }
    }
  }
  pc_ = page_ + IMMEDIATE;
  return;

  OP(block_end)
fall_through:
  cycles_ += block->count * cycles_per_instruction_;
  executed_ += block->count;
  if (cycles_ < stop_) [[likely]] {
    if (block->next != nullptr) [[likely]] {
      block = block->next;
      goto enter;
    }
    if (code != nullptr && block->end < page_bytes) {
      block->next = code->block(block->end);
      if (block->next != nullptr) {
        block = block->next;
        goto enter;
      }
    }
  }
  pc_ = page_ + block->end;
  return;

  OP(jalr)
  target = (RS1 + IMMEDIATE) & ~Address{1};
  RD = page_ + block->end;
  cycles_ += block->count * cycles_per_instruction_;
  executed_ += block->count;
  if (code != nullptr && target - page_ < page_bytes && cycles_ < stop_) {
    if (Block* next = code->block(static_cast<unsigned>(target - page_))) {
      block = next;
      goto enter;
    }
  }
  pc_ = target;
  return;

  // System
  OP(illegal)
  raise(*block, i, {.cause = Cause::illegal_instruction, .value = i->bits});
  return;
  // clang-format off
  OP(fence_i)  // decoded blocks follow memory
  OP(csrrw) OP(csrrs) OP(csrrc) OP(csrrwi) OP(csrrsi) OP(csrrci)
  OP(ecall) OP(ebreak) OP(sret) OP(mret) OP(wfi)
  OP(sfence_vma) OP(sinval_vma) OP(sfence_w_inval) OP(sfence_inval_ir)
  OP(hfence_vvma) OP(hinval_vvma) OP(hfence_gvma) OP(hinval_gvma)
      // clang-format on
      system(*block, i);
}

template void Hart::execute_timed<false>(Block* block, CodePage* code);
template void Hart::execute_timed<true>(Block* block, CodePage* code);

// NOLINTEND(bugprone-macro-parentheses)
#pragma GCC diagnostic pop

}  // namespace kilburn::riscv
