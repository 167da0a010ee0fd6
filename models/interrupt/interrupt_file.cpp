#include "interrupt/interrupt_file.h"

#include <bit>

namespace kilburn::interrupt {
namespace {

/// The 64 bits of an array of which `first` is register 0; past the identities there are none.
template <class Bits>
auto* word(Bits& bits, unsigned select, unsigned first) {
  const unsigned number = (select - first) / 2;
  return number < bits.size() ? &bits[number] : nullptr;
}

}  // namespace

bool InterruptFile::set_pending(std::uint32_t identity) {
  if (identity == 0 || identity > IMSIC_IDENTITIES) return false;
  pending_[identity / 64] |= std::uint64_t{1} << identity % 64;
  return true;
}

unsigned InterruptFile::top() const {
  for (unsigned i = 0; i < words; ++i) {
    const std::uint64_t both = pending_[i] & enabled_[i];
    if (both == 0) continue;
    const unsigned identity = i * 64 + static_cast<unsigned>(std::countr_zero(both));
    return threshold_ == 0 || identity < threshold_ ? identity : 0;
  }
  return 0;
}

bool InterruptFile::claim() {
  const unsigned identity = top();
  pending_[identity / 64] &= ~(std::uint64_t{1} << identity % 64);
  return identity != 0;
}

std::uint64_t InterruptFile::read(unsigned select) const {
  if (select == IMSIC_EIDELIVERY) return delivery_ ? 1 : 0;
  if (select == IMSIC_EITHRESHOLD) return threshold_;
  if (select < IMSIC_EIP || select > IMSIC_LAST) return 0;
  const std::uint64_t* const bits =
      select < IMSIC_EIE ? word(pending_, select, IMSIC_EIP) : word(enabled_, select, IMSIC_EIE);
  return bits == nullptr ? 0 : *bits;
}

void InterruptFile::write(unsigned select, std::uint64_t value) {
  if (select == IMSIC_EIDELIVERY) {
    delivery_ = (value & 1) != 0;  // WARL: the other bits do not exist
    return;
  }
  if (select == IMSIC_EITHRESHOLD) {
    threshold_ = static_cast<std::uint32_t>(value & IMSIC_TOPEI_PRIORITY_MASK);
    return;
  }
  if (select < IMSIC_EIP || select > IMSIC_LAST) return;
  const bool is_pending = select < IMSIC_EIE;
  std::uint64_t* const bits =
      is_pending ? word(pending_, select, IMSIC_EIP) : word(enabled_, select, IMSIC_EIE);
  if (bits == nullptr) return;
  const bool holds_zero = bits == &pending_.front() || bits == &enabled_.front();
  *bits = holds_zero ? value & ~std::uint64_t{1} : value;  // identity 0 is none
}

}  // namespace kilburn::interrupt
