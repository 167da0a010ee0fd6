#include "riscv/csr/pmp.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "riscv/csr/csr_fields.h"

namespace kilburn::riscv {
namespace {

/// pmpcfg: one byte an entry, eight entries in an even register.
namespace cfg {
constexpr Field read{0};
constexpr Field write{1};
constexpr Field execute{2};
constexpr Field matching{3, 2};
constexpr Field locked{7};
constexpr unsigned entry_bits = 8;
constexpr unsigned registers_per_word = 2;
constexpr unsigned entries_per_word = 8;
}  // namespace cfg

enum class Matching : std::uint8_t { off, top_of_range, four_bytes, power_of_two };

constexpr unsigned address_shift = 2;  ///< pmpaddr holds bits 55 to 2
constexpr Field address_field{0, 54};

Matching matching(std::uint8_t configuration) {
  return static_cast<Matching>(cfg::matching.get(configuration));
}

bool permits(std::uint8_t configuration, Access access) {
  switch (access) {
    case Access::fetch:
      return cfg::execute.is_set(configuration);
    case Access::load:
      return cfg::read.is_set(configuration);
    case Access::store:
      return cfg::write.is_set(configuration);
  }
  return false;
}

}  // namespace

Pmp::Pmp(unsigned entries) : entries_(entries) {
  assert(entries <= most_entries && "the architecture has no more");
}

Pmp::Range Pmp::range(unsigned entry) const {
  const std::uint64_t own = addresses_[entry];
  switch (matching(configurations_[entry])) {
    case Matching::off:
      return {};
    case Matching::top_of_range: {
      const std::uint64_t bottom = entry == 0 ? 0 : addresses_[entry - 1];
      if (bottom >= own) return {};
      return {true, bottom << address_shift, (own << address_shift) - 1};
    }
    case Matching::four_bytes:
      return {true, own << address_shift, (own << address_shift) + 3};
    case Matching::power_of_two: {
      const int ones = std::countr_one(own);
      const Address bytes = Address{8} << ones;
      const Address first = (own & ~((std::uint64_t{2} << ones) - 1)) << address_shift;
      return {true, first, first + (bytes - 1)};
    }
  }
  return {};
}

Pmp::Verdict Pmp::check(Address address, Access access, Privilege privilege) const {
  Verdict verdict;
  verdict.allowed = privilege == Privilege::machine || entries_ == 0;
  for (unsigned entry = 0; entry < entries_; ++entry) {
    const Range candidate = range(entry);
    if (!candidate.matches) continue;
    if (address < candidate.first) {
      verdict.last = std::min(verdict.last, candidate.first - 1);
    } else if (address > candidate.last) {
      verdict.first = std::max(verdict.first, candidate.last + 1);
    } else {
      const std::uint8_t configuration = configurations_[entry];
      verdict.first = std::max(verdict.first, candidate.first);
      verdict.last = std::min(verdict.last, candidate.last);
      verdict.allowed = permits(configuration, access) ||
                        (privilege == Privilege::machine && !cfg::locked.is_set(configuration));
      break;
    }
  }
  return verdict;
}

bool Pmp::allows(Address address, std::uint64_t bytes, Access access, Privilege privilege) const {
  // Within the verdict's addresses one entry decides, or none.
  const Verdict verdict = check(address, access, privilege);
  return verdict.allowed && bytes - 1 <= verdict.last - address;
}

bool Pmp::locked(unsigned entry) const {
  return cfg::locked.is_set(configurations_[entry]);
}

std::uint64_t Pmp::configuration(unsigned index) const {
  assert(index % cfg::registers_per_word == 0 && "odd registers are RV32's");
  const unsigned first = index / cfg::registers_per_word * cfg::entries_per_word;
  std::uint64_t value = 0;
  for (unsigned i = 0; i < cfg::entries_per_word; ++i) {
    value |= std::uint64_t{configurations_[first + i]} << (cfg::entry_bits * i);
  }
  return value;
}

void Pmp::set_configuration(unsigned index, std::uint64_t value) {
  assert(index % cfg::registers_per_word == 0 && "odd registers are RV32's");
  const unsigned first = index / cfg::registers_per_word * cfg::entries_per_word;
  for (unsigned entry = first; entry < std::min(first + cfg::entries_per_word, entries_); ++entry) {
    if (locked(entry)) continue;
    std::uint64_t legal = (value >> (cfg::entry_bits * (entry - first))) &
                          masks(cfg::read, cfg::write, cfg::execute, cfg::matching, cfg::locked);
    // Write without read is reserved.
    if (!cfg::read.is_set(legal)) legal = cfg::write.with(legal, 0);
    configurations_[entry] = static_cast<std::uint8_t>(legal);
  }
}

std::uint64_t Pmp::address(unsigned index) const {
  return addresses_[index];
}

/// A locked range keeps its lower end, too.
void Pmp::set_address(unsigned index, std::uint64_t value) {
  if (index >= entries_ || locked(index)) return;
  const unsigned above = index + 1;
  if (above < entries_ && locked(above) &&
      matching(configurations_[above]) == Matching::top_of_range) {
    return;
  }
  addresses_[index] = value & address_field.mask();
}

void Pmp::reset() {
  configurations_ = {};
  addresses_ = {};
}

}  // namespace kilburn::riscv
