#include "riscv/csr/top_interrupts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <tuple>

#include "riscv/csr/csr_values.h"

namespace kilburn::riscv {
namespace {

constexpr unsigned interrupts = 64;
constexpr unsigned machine_external = static_cast<unsigned>(Interrupt::machine_external);
constexpr unsigned supervisor_external = static_cast<unsigned>(Interrupt::supervisor_external);

/// All interrupts, the most urgent first. The standard local ones stand where 5.1 plans them; those
/// for custom use, of which a hart has none but virtual ones, come last.
constexpr unsigned char default_order[] = {
    47, 23, 46, 45, 22, 44, 43, 21, 42, 41, 20, 40, 11, 3,  7,  9,  1,  5,  12, 10, 2,  6,
    13, 14, 15, 39, 19, 38, 37, 18, 36, 35, 17, 34, 33, 16, 32, 24, 25, 26, 27, 28, 29, 30,
    31, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 0,  4,  8};
static_assert(std::size(default_order) == interrupts);

/// Places in that order.
constexpr auto ranks = [] {
  std::array<unsigned, interrupts> places{};
  for (unsigned place = 0; place < interrupts; ++place) places[default_order[place]] = place;
  return places;
}();

/// What the controller gives where there is no priority number: lower than all that have one.
constexpr unsigned no_external_priority = 256;
constexpr unsigned largest_shown = 255;

/// An interrupt that competes.
struct Candidate {
  unsigned identity = 0;
  unsigned priority = 0;  ///< number; 0: by default order
  bool above = false;     ///< by default more urgent than the level's external interrupt
  unsigned rank = 0;      ///< in the default order

  /// Nominal priority, then the default order, as in table 5.2.
  [[nodiscard]] std::tuple<unsigned, unsigned> urgency() const {
    constexpr unsigned last = 0xFFFF;
    return {priority != 0 ? priority : above ? 0 : last, rank};
  }
  /// Field IPRIO.
  [[nodiscard]] unsigned shown() const {
    if (priority != 0) return std::min(priority, largest_shown);
    return above ? 0 : largest_shown;
  }
};
using Top = std::optional<Candidate>;

Top better(const Top& one, const Top& other) {
  if (!one) return other;
  if (!other) return one;
  return other->urgency() < one->urgency() ? other : one;
}

/// The most urgent of `wanted` but the level's external interrupt.
template <class PriorityOf>
Top most_urgent(std::uint64_t wanted, unsigned external, PriorityOf priority_of) {
  Top best;
  for (std::uint64_t left = wanted & ~(std::uint64_t{1} << external); left != 0; left &= left - 1) {
    const auto identity = static_cast<unsigned>(std::countr_zero(left));
    best = better(best, Candidate{.identity = identity,
                                  .priority = priority_of(identity),
                                  .above = ranks[identity] < ranks[external],
                                  .rank = ranks[identity]});
  }
  return best;
}

Top external_candidate(std::uint64_t wanted, unsigned external, unsigned priority) {
  if ((wanted >> external & 1) == 0) return std::nullopt;
  return Candidate{.identity = external,
                   .priority = priority != 0 ? priority : no_external_priority,
                   .above = false,
                   .rank = ranks[external]};
}

/// Of a file whose signal is asserted, or 0.
unsigned external_priority(const CsrState& state, Interrupt line, unsigned file) {
  const bool asserted = (state.lines & bit(line)) != 0;
  return asserted && state.aia.external != nullptr ? state.aia.external->priority(file) : 0;
}

std::uint64_t value_of(const Top& top) {
  if (!top) return 0;
  return topi::iid.with(topi::iprio.with(0, top->shown()), top->identity);
}

/// By hviprio1 and hviprio2.
unsigned guest_priority(const CsrState& state, unsigned identity) {
  constexpr unsigned char in_first[] = {0, 1, 4, 5, 8, 13, 14, 15};  // by the register's byte
  constexpr unsigned first_of_second = 16;
  const auto byte = [](std::uint64_t value, unsigned number) {
    return static_cast<unsigned>(value >> 8 * number & 0xFF);
  };
  if (identity >= first_of_second) {
    const unsigned number = identity - first_of_second;
    return number < 8 ? byte(state.aia.hviprio2, number) : 0;
  }
  const auto* const found = std::ranges::find(in_first, identity);
  return found == std::end(in_first)
             ? 0
             : byte(state.aia.hviprio1, static_cast<unsigned>(found - in_first));
}

/// The guest's external interrupt, whose priority is its file's, or what the hypervisor says.
Top guest_external(const CsrState& state, std::uint64_t wanted) {
  unsigned priority = 0;
  const unsigned own = state.guest_file();
  if (own != 0) {
    if (state.aia.external != nullptr && state.aia.external->has_file(interrupt_file::guest(own))) {
      priority = state.aia.external->priority(interrupt_file::guest(own));
    }
  } else if (hvictl::iid.get(state.aia.hvictl) == supervisor_external) {
    priority = static_cast<unsigned>(hvictl::iprio.get(state.aia.hvictl));
  }
  return external_candidate(wanted, supervisor_external, priority);
}

/// What hvictl names with VTI in the place of all other interrupts.
Top injected(const CsrState& state) {
  const auto identity = static_cast<unsigned>(hvictl::iid.get(state.aia.hvictl));
  if (identity == supervisor_external) return std::nullopt;
  const bool below = hvictl::dpr.is_set(state.aia.hvictl);
  return Candidate{.identity = identity,
                   .priority = static_cast<unsigned>(hvictl::iprio.get(state.aia.hvictl)),
                   .above = !below,
                   .rank = below ? interrupts : 0};
}

}  // namespace

std::uint64_t read_mtopi(const CsrState& state, std::uint64_t time) {
  const std::uint64_t wanted = state.pending(time) & state.mie & ~state.mideleg;
  if (wanted == 0) return 0;
  const unsigned priority =
      external_priority(state, Interrupt::machine_external, interrupt_file::machine);
  return value_of(better(external_candidate(wanted, machine_external, priority),
                         most_urgent(wanted, machine_external, [&](unsigned identity) {
                           return unsigned{state.aia.machine_priorities[identity]};
                         })));
}

std::uint64_t read_stopi(const CsrState& state, std::uint64_t time) {
  const std::uint64_t wanted =
      ((read_sip(state, time) & read_sie(state)) | (read_hip(state, time) & read_hie(state))) &
      ~state.hideleg;
  if (wanted == 0) return 0;
  const unsigned priority =
      external_priority(state, Interrupt::supervisor_external, interrupt_file::supervisor);
  return value_of(better(external_candidate(wanted, supervisor_external, priority),
                         most_urgent(wanted, supervisor_external, [&](unsigned identity) {
                           return unsigned{state.aia.supervisor_priorities[identity]};
                         })));
}

std::uint64_t read_vstopi(const CsrState& state, std::uint64_t time) {
  const std::uint64_t wanted = read_vsip(state, time) & read_vsie(state);
  const Top other = hvictl::vti.is_set(state.aia.hvictl)
                        ? injected(state)
                        : most_urgent(wanted, supervisor_external, [&](unsigned identity) {
                            return guest_priority(state, identity);
                          });
  const Top top = better(guest_external(state, wanted), other);
  if (!top) return 0;
  const unsigned shown = hvictl::ipriom.is_set(state.aia.hvictl) ? top->shown() : 1;
  return topi::iid.with(topi::iprio.with(0, shown), top->identity);
}

}  // namespace kilburn::riscv
