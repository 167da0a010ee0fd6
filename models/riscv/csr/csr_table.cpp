#include "riscv/csr/csr_table.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "riscv/csr/csr_numbers.h"
#include "riscv/csr/csr_values.h"
#include "riscv/csr/indirect_registers.h"
#include "riscv/csr/top_interrupts.h"

namespace kilburn::riscv {
namespace {

using Number = std::uint16_t;
using Read = decltype(Csr::read);
using Write = decltype(Csr::write);

constexpr std::uint64_t all_bits = ~std::uint64_t{0};
constexpr std::uint64_t even = ~std::uint64_t{1};  ///< of addresses of instructions: IALIGN is 16

struct Functions {
  Read read;
  Write write;
};

/// A register that holds the bits of `mask`.
template <std::uint64_t CsrState::*member, std::uint64_t mask = all_bits>
constexpr Functions plain = {
    [](const CsrState& s, Number, const CounterValues&) { return s.*member; },
    [](CsrState& s, Number, std::uint64_t value, const CounterValues&) {
      s.*member = merge(s.*member, value, mask);
    }};

/// A plain register among a level's trap registers.
template <TrapRegisters CsrState::*level, std::uint64_t TrapRegisters::*member,
          std::uint64_t mask = all_bits>
constexpr Functions trap_register = {
    [](const CsrState& s, Number, const CounterValues&) { return s.*level.*member; },
    [](CsrState& s, Number, std::uint64_t value, const CounterValues&) {
      s.*level.*member = value & mask;
    }};

/// A reserved mode changes nothing.
template <TrapRegisters CsrState::*level>
constexpr Functions trap_vector = {
    [](const CsrState& s, Number, const CounterValues&) { return (s.*level).vector; },
    [](CsrState& s, Number, std::uint64_t value, const CounterValues&) {
      if (tvec::mode.get(value) <= tvec::vectored) (s.*level).vector = value;
    }};

/// Read-only, whether by its number or because nothing else is legal.
template <std::uint64_t value>
constexpr Functions constant = {[](const CsrState&, Number, const CounterValues&) { return value; },
                                [](CsrState&, Number, std::uint64_t, const CounterValues&) {}};

/// Functions of csr_values.h, which need the state alone.
template <auto get, auto set>
constexpr Functions derived = {
    [](const CsrState& s, Number, const CounterValues&) { return get(s); },
    [](CsrState& s, Number, std::uint64_t value, const CounterValues&) { set(s, value); }};
/// Functions that need the time, too.
template <auto get, auto set>
constexpr Functions at_time = {
    [](const CsrState& s, Number, const CounterValues& now) { return get(s, now.time); },
    [](CsrState& s, Number, std::uint64_t value, const CounterValues&) { set(s, value); }};

/// Functions of indirect_registers.h, of one level's file and its select register.
template <IndirectLevel level>
constexpr Functions select_register = {
    [](const CsrState& s, Number, const CounterValues&) { return selected(s, level); },
    [](CsrState& s, Number, std::uint64_t value, const CounterValues&) {
      select(s, level, value);
    }};
template <IndirectLevel level>
constexpr Functions indirect_register = {
    [](const CsrState& s, Number, const CounterValues&) { return read_indirect(s, level); },
    [](CsrState& s, Number, std::uint64_t value, const CounterValues&) {
      write_indirect(s, level, value);
    }};
template <IndirectLevel level>
constexpr Functions top_external_register = {
    [](const CsrState& s, Number, const CounterValues&) { return read_top_external(s, level); },
    [](CsrState& s, Number, std::uint64_t /*ignored*/, const CounterValues&) {
      claim_top_external(s, level);
    }};

/// Of a number that only reads, at a time.
template <auto get>
constexpr Functions top_register = {
    [](const CsrState& s, Number, const CounterValues& now) { return get(s, now.time); }, nullptr};

template <Counter CsrState::*member, std::uint64_t CounterValues::*counted>
constexpr Functions running_counter = {
    [](const CsrState& s, Number, const CounterValues& now) {
      return (s.*member).value(now.*counted);
    },
    [](CsrState& s, Number, std::uint64_t value, const CounterValues& now) {
      (s.*member).set(value, now.*counted);
    }};

constexpr Functions inhibition = {
    [](const CsrState& s, Number, const CounterValues&) {
      return counter::cy.with(0, s.cycles.inhibited()) |
             counter::ir.with(0, s.instructions.inhibited());
    },
    [](CsrState& s, Number, std::uint64_t value, const CounterValues& now) {
      s.cycles.inhibit(counter::cy.is_set(value), now.cycles);
      s.instructions.inhibit(counter::ir.is_set(value), now.instructions);
    }};

constexpr Functions time_counter = {[](const CsrState& s, Number, const CounterValues& now) {
                                      return s.current.virtualised ? now.time + s.htimedelta
                                                                   : now.time;
                                    },
                                    nullptr};

constexpr Functions hart_number = {
    [](const CsrState& s, Number, const CounterValues&) { return std::uint64_t{s.hart}; }, nullptr};

constexpr Functions pmp_configuration = {
    [](const CsrState& s, Number number, const CounterValues&) {
      return s.protection.configuration(static_cast<unsigned>(number - csr::pmpcfg0));
    },
    [](CsrState& s, Number number, std::uint64_t value, const CounterValues&) {
      s.protection.set_configuration(static_cast<unsigned>(number - csr::pmpcfg0), value);
    }};

constexpr Functions pmp_address = {
    [](const CsrState& s, Number number, const CounterValues&) {
      return s.protection.address(static_cast<unsigned>(number - csr::pmpaddr0));
    },
    [](CsrState& s, Number number, std::uint64_t value, const CounterValues&) {
      s.protection.set_address(static_cast<unsigned>(number - csr::pmpaddr0), value);
    }};

class Table {
 public:
  Table() {
    add_user();
    add_supervisor();
    add_hypervisor();
    add_guest();
    add_machine();
    add_aia();
    std::ranges::sort(list_, {}, &Csr::number);
    for (const Csr& csr : list_) by_number_[csr.number] = &csr;
  }
  [[nodiscard]] const std::vector<Csr>& list() const { return list_; }
  [[nodiscard]] const Csr* find(Number number) const {
    return number < by_number_.size() ? by_number_[number] : nullptr;
  }

 private:
  void add(Number number, std::string name, const Functions& functions,
           CsrGate gate = CsrGate::none) {
    list_.push_back({number, std::move(name), functions.read,
                     csr::read_only(number) ? nullptr : functions.write, gate});
  }
  /// `count` registers from `number` with names from `name` + `index`, both in steps of `step`.
  void add_family(Number number, const std::string& name, unsigned index, unsigned count,
                  const Functions& functions, CsrGate gate = CsrGate::none, unsigned step = 1) {
    for (unsigned i = 0; i < count; i += step) {
      add(static_cast<Number>(number + i), name + std::to_string(index + i), functions, gate);
    }
  }

  void add_user() {
    add(csr::fflags, "fflags", derived<read_fflags, write_fflags>, CsrGate::floating_point);
    add(csr::frm, "frm", derived<read_frm, write_frm>, CsrGate::floating_point);
    add(csr::fcsr, "fcsr", derived<read_fcsr, write_fcsr>, CsrGate::floating_point);
    add(csr::cycle, "cycle", running_counter<&CsrState::cycles, &CounterValues::cycles>,
        CsrGate::counter);
    add(csr::time, "time", time_counter, CsrGate::counter);
    add(csr::instret, "instret",
        running_counter<&CsrState::instructions, &CounterValues::instructions>, CsrGate::counter);
    add_family(csr::hpmcounter3, "hpmcounter", 3, csr::hpm_counters, constant<0>, CsrGate::counter);
  }

  void add_supervisor() {
    constexpr auto level = &CsrState::supervisor;
    add(csr::sstatus, "sstatus", derived<read_sstatus, write_sstatus>);
    add(csr::sie, "sie", derived<read_sie, write_sie>);
    add(csr::stvec, "stvec", trap_vector<level>);
    add(csr::scounteren, "scounteren", plain<&CsrState::scounteren, counter::all.mask()>);
    add(csr::senvcfg, "senvcfg", plain<&CsrState::senvcfg, envcfg::fiom.mask()>);
    add(csr::sscratch, "sscratch", trap_register<level, &TrapRegisters::scratch>);
    add(csr::sepc, "sepc", trap_register<level, &TrapRegisters::pc, even>);
    add(csr::scause, "scause", trap_register<level, &TrapRegisters::cause>);
    add(csr::stval, "stval", trap_register<level, &TrapRegisters::value>);
    add(csr::sip, "sip", at_time<read_sip, write_sip>);
    add(csr::stimecmp, "stimecmp", plain<&CsrState::stimecmp>, CsrGate::timer_compare);
    add(csr::satp, "satp", derived<read_satp, write_satp>, CsrGate::stage1_table);
  }

  void add_hypervisor() {
    constexpr auto level = &CsrState::supervisor;
    add(csr::hstatus, "hstatus", derived<read_hstatus, write_hstatus>);
    add(csr::hedeleg, "hedeleg", plain<&CsrState::hedeleg, guest_exceptions>);
    add(csr::hideleg, "hideleg", plain<&CsrState::hideleg, guest_interrupts>);
    add(csr::hie, "hie", derived<read_hie, write_hie>);
    add(csr::htimedelta, "htimedelta", plain<&CsrState::htimedelta>);
    add(csr::hcounteren, "hcounteren", plain<&CsrState::hcounteren, counter::all.mask()>);
    add(csr::hgeie, "hgeie", derived<read_hgeie, write_hgeie>);
    add(csr::henvcfg, "henvcfg", derived<read_henvcfg, write_henvcfg>);
    add(csr::htval, "htval", trap_register<level, &TrapRegisters::value2>);
    add(csr::hip, "hip", at_time<read_hip, write_hip>);
    add(csr::hvip, "hvip", derived<read_hvip, write_hvip>);
    add(csr::htinst, "htinst", trap_register<level, &TrapRegisters::instruction>);
    add(csr::hgatp, "hgatp", derived<read_hgatp, write_hgatp>, CsrGate::guest_table);
    add(csr::hgeip, "hgeip",
        {[](const CsrState& s, Number, const CounterValues&) { return read_hgeip(s); }, nullptr});
  }

  void add_guest() {
    constexpr auto level = &CsrState::guest;
    add(csr::vsstatus, "vsstatus", derived<read_vsstatus, write_vsstatus>);
    add(csr::vsie, "vsie", derived<read_vsie, write_vsie>);
    add(csr::vstvec, "vstvec", trap_vector<level>);
    add(csr::vsscratch, "vsscratch", trap_register<level, &TrapRegisters::scratch>);
    add(csr::vsepc, "vsepc", trap_register<level, &TrapRegisters::pc, even>);
    add(csr::vscause, "vscause", trap_register<level, &TrapRegisters::cause>);
    add(csr::vstval, "vstval", trap_register<level, &TrapRegisters::value>);
    add(csr::vsip, "vsip", at_time<read_vsip, write_vsip>);
    add(csr::vstimecmp, "vstimecmp", plain<&CsrState::vstimecmp>, CsrGate::timer_compare);
    add(csr::vsatp, "vsatp", derived<read_vsatp, write_vsatp>);
  }

  void add_machine() {
    constexpr auto level = &CsrState::machine;
    add(csr::mstatus, "mstatus", derived<read_mstatus, write_mstatus>);
    add(csr::misa, "misa", derived<read_misa, write_misa>);
    add(csr::medeleg, "medeleg", derived<read_medeleg, write_medeleg>);
    add(csr::mideleg, "mideleg", plain<&CsrState::mideleg, supervisor_interrupts>);
    add(csr::mie, "mie", derived<read_mie, write_mie>);
    add(csr::mtvec, "mtvec", trap_vector<level>);
    add(csr::mcounteren, "mcounteren", plain<&CsrState::mcounteren, counter::all.mask()>);
    add(csr::menvcfg, "menvcfg", derived<read_menvcfg, write_menvcfg>);
    add(csr::mcountinhibit, "mcountinhibit", inhibition);
    add_family(csr::mhpmevent3, "mhpmevent", 3, csr::hpm_counters, constant<0>);
    add(csr::mscratch, "mscratch", trap_register<level, &TrapRegisters::scratch>);
    add(csr::mepc, "mepc", trap_register<level, &TrapRegisters::pc, even>);
    add(csr::mcause, "mcause", trap_register<level, &TrapRegisters::cause>);
    add(csr::mtval, "mtval", trap_register<level, &TrapRegisters::value>);
    add(csr::mip, "mip", at_time<read_mip, write_mip>);
    add(csr::mtinst, "mtinst", trap_register<level, &TrapRegisters::instruction>);
    add(csr::mtval2, "mtval2", trap_register<level, &TrapRegisters::value2>);
    add_family(csr::pmpcfg0, "pmpcfg", 0, Pmp::most_entries / 4, pmp_configuration, CsrGate::none,
               2);
    add_family(csr::pmpaddr0, "pmpaddr", 0, Pmp::most_entries, pmp_address);
    add(csr::tselect, "tselect", constant<0>);  // no triggers
    add_family(csr::tdata1, "tdata", 1, 3, constant<0>);
    add(csr::mlrealm, "mlrealm", plain<&CsrState::mlrealm, realm.mask()>);
    add(csr::mcycle, "mcycle", running_counter<&CsrState::cycles, &CounterValues::cycles>);
    add(csr::minstret, "minstret",
        running_counter<&CsrState::instructions, &CounterValues::instructions>);
    add_family(csr::mhpmcounter3, "mhpmcounter", 3, csr::hpm_counters, constant<0>);
    add(csr::mvendorid, "mvendorid", constant<0>);
    add(csr::marchid, "marchid", constant<0>);
    add(csr::mimpid, "mimpid", constant<0>);
    add(csr::mhartid, "mhartid", hart_number);
    add(csr::mconfigptr, "mconfigptr", constant<0>);
  }

  void add_aia() {
    add_indirect<IndirectLevel::machine>("m", csr::miselect, csr::mireg, csr::mtopei);
    add_indirect<IndirectLevel::supervisor>("s", csr::siselect, csr::sireg, csr::stopei);
    add_indirect<IndirectLevel::guest>("vs", csr::vsiselect, csr::vsireg, csr::vstopei);
    add(csr::mtopi, "mtopi", top_register<read_mtopi>);
    add(csr::stopi, "stopi", top_register<read_stopi>);
    add(csr::vstopi, "vstopi", top_register<read_vstopi>);
    add(csr::mvien, "mvien", derived<read_mvien, write_mvien>);
    add(csr::mvip, "mvip", derived<read_mvip, write_mvip>);
    add(csr::hvien, "hvien", derived<read_hvien, write_hvien>);
    add(csr::hvictl, "hvictl", derived<read_hvictl, write_hvictl>);
    add(csr::hviprio1, "hviprio1", derived<read_hviprio1, write_hviprio1>);
    add(csr::hviprio2, "hviprio2", derived<read_hviprio2, write_hviprio2>);
  }
  template <IndirectLevel level>
  void add_indirect(const std::string& prefix, Number select, Number window, Number top) {
    add(select, prefix + "iselect", select_register<level>);
    add(window, prefix + "ireg", indirect_register<level>, CsrGate::indirect);
    add(top, prefix + "topei", top_external_register<level>, CsrGate::top_external);
  }

  std::vector<Csr> list_;
  std::array<const Csr*, csr::count> by_number_{};
};

const Table& table() {
  static const Table the_table;
  return the_table;
}

}  // namespace

std::span<const Csr> csr_list() {
  return table().list();
}

const Csr* find_csr(std::uint16_t number) {
  return table().find(number);
}

bool implemented(const CsrState& state, std::uint16_t number) {
  if (number >= csr::pmpaddr0 && number < csr::pmpaddr0 + Pmp::most_entries) {
    return static_cast<unsigned>(number - csr::pmpaddr0) < state.config.pmp_entries;
  }
  constexpr unsigned entries_per_configuration = 4;
  if (number >= csr::pmpcfg0 && number < csr::pmpaddr0) {
    return entries_per_configuration * static_cast<unsigned>(number - csr::pmpcfg0) <
           state.config.pmp_entries;
  }
  if (csr::of_aia(number) && !state.config.aia) return false;
  const bool of_hypervisor = csr::level(number) == csr::Level::hypervisor ||
                             number == csr::mtinst || number == csr::mtval2;
  return state.config.hypervisor || !of_hypervisor;
}

std::string_view csr_name(std::uint16_t number) {
  const Csr* const csr = find_csr(number);
  return csr == nullptr ? std::string_view{} : csr->name;
}

std::optional<std::uint16_t> csr_number(std::string_view name) {
  const auto found = std::ranges::find(csr_list(), name, &Csr::name);
  if (found == csr_list().end()) return std::nullopt;
  return found->number;
}

}  // namespace kilburn::riscv
