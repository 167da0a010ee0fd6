// Physical memory protection: address ranges that a hart may read, write and execute.
// Source: RISC-V Privileged Architecture 1.12, chapter 3.7. Grain: 4 bytes.
#pragma once

#include <array>
#include <cstdint>

#include "common/table_protection.h"
#include "common/types.h"

namespace kilburn::riscv {

/// Modelled: pmpcfg and pmpaddr with A = OFF, TOR, NA4 and NAPOT, L, WARL of reserved settings.
/// Not modelled: Smepmp. No time: a check is part of the access.
class Pmp {
 public:
  static constexpr unsigned most_entries = 64;
  explicit Pmp(unsigned entries);

  /// Addresses [first, last] round `address` for which the verdict is the same.
  struct Verdict {
    bool allowed = true;
    Address first = 0;
    Address last = ~Address{0};
  };
  [[nodiscard]] Verdict check(Address address, Access access, Privilege privilege) const;
  /// Is the whole of [address, address + bytes) allowed? An access across entries is not.
  [[nodiscard]] bool allows(Address address, std::uint64_t bytes, Access access,
                            Privilege privilege) const;

  /// Registers by number from pmpcfg0 and pmpaddr0; locked ones keep their values.
  [[nodiscard]] std::uint64_t configuration(unsigned index) const;
  void set_configuration(unsigned index, std::uint64_t value);
  [[nodiscard]] std::uint64_t address(unsigned index) const;
  void set_address(unsigned index, std::uint64_t value);
  void reset();

 private:
  /// Addresses that an entry matches, both ends included.
  struct Range {
    bool matches = false;
    Address first = 0;
    Address last = 0;
  };
  [[nodiscard]] Range range(unsigned entry) const;
  [[nodiscard]] bool locked(unsigned entry) const;

  unsigned entries_;
  std::array<std::uint8_t, most_entries> configurations_{};
  std::array<std::uint64_t, most_entries> addresses_{};
};

/// PMP as the page-table walker meets it: every access of a walk is one by supervisor mode.
class TablePmp final : public TableProtection {
 public:
  explicit TablePmp(const Pmp& pmp) : pmp_(pmp) {}
  [[nodiscard]] bool allows_table(Address address, Access access) const override {
    return pmp_.allows(address, sizeof(std::uint64_t), access, Privilege::supervisor);
  }

 private:
  const Pmp& pmp_;
};

}  // namespace kilburn::riscv
