// The way of a hart's accesses to memory: translation by its first-level TLBs, physical memory
// protection, then main memory by way of its first-level caches, or a device.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "mmu/mmu.h"
#include "riscv/csr/control_state.h"
#include "riscv/hart_config.h"
#include "riscv/memory/first_level_caches.h"
#include "riscv/memory/hart_bus.h"
#include "riscv/memory/main_memory.h"
#include "riscv/memory/stalls.h"

namespace kilburn::riscv {

/// What an access brought: a value, or the exception that it raises.
struct AccessResult {
  std::uint64_t value = 0;  ///< of a load, zero-extended; of an atomic operation what was there
  Cycles latency = 0;       ///< of misses, in TLBs and caches, and of devices
  std::optional<Exception> exception{};
};

/// Where a byte lies, or why it cannot be reached.
struct Located {
  Address physical = 0;
  Cycles latency = 0;
  bool hit = true;  ///< in the first-level TLB, or untranslated by a verdict that is kept
  std::optional<Exception> exception{};
};

/// Atomic operations on memory.
enum class Atomic : std::uint8_t {
  swap,
  add,
  exclusive_or,
  bitwise_and,
  bitwise_or,
  minimum,
  maximum,
  unsigned_minimum,
  unsigned_maximum,
};

/// Modelled: each translated access is a lookup in the first-level TLB, of each page that it
/// touches; a miss goes to the translation service. An access that is not translated needs an
/// ownership verdict: one that the MMU keeps, or the RMU's. Misaligned accesses to main memory are
/// carried out, across pages with nothing performed where either part faults. Misaligned accesses
/// to devices, and atomic ones, are access faults. Those to main memory pass the first-level caches
/// once all of their bytes are permitted, where the hart has such caches. Not modelled: the data of
/// store buffers (memory is sequentially consistent). Time: a miss adds what the service says, a
/// verdict that the MMU does not keep what the RMU says, main memory what FirstLevelCaches say, a
/// device what its transaction takes.
///
/// The fast path: `load_pointer` and `store_pointer` answer for a few pages (untranslated: ranges
/// of uniform protection and ownership) that were looked up and hit. Lookups that hit change
/// nothing in a TLB but its counts and its replacement state, and of that only the order matters in
/// which entries were used last. So such lookups are made late: of each page one, in the order of
/// their last uses, and the others are counted. `make_owed_lookups` does so, before anything else
/// can change, or look at, the TLB. A verdict buffer's hits change nothing, so none are owed to it.
/// Nothing is owed to the caches: each access that they do not answer at once is made at its time.
/// Beside the lookups, the accesses of processes are counted: who records from the N-th on need not
/// see those before.
class MemoryPath {
 public:
  struct Connections {
    mmu::Mmu& mmu;
    HartBus& bus;
    MainMemory& memory;
    FirstLevelCaches::Tags caches{};
  };
  MemoryPath(const HartConfig& config, unsigned hart, Connections connections,
             const ControlState& control);

  /// Where a load of `bytes`, up to eight, at `va` may read, its lookup owed and with `cached` its
  /// hit in the L1D counted; null: use `load`.
  template <bool cached, unsigned bytes>
  [[nodiscard]] const std::byte* load_pointer(Address va) {
    Window& window = window_of(va);
    const Address offset = va - window.first;
    if (offset >= window.load_span) return nullptr;
    if constexpr (cached) {
      if (!caches_.hit(window.physical + offset, bytes, cache::Kind::load)) return nullptr;
    }
    window.last_use = owed_ += window.lookup;
    return window.host + offset;
  }
  /// The same of a store that nobody has to be told of.
  template <bool cached, unsigned bytes>
  [[nodiscard]] std::byte* store_pointer(Address va) {
    Window& window = window_of(va);
    const Address offset = va - window.first;
    if (offset >= window.store_span || window.mark(offset) != 0) return nullptr;
    if constexpr (cached) {
      if (!caches_.hit(window.physical + offset, bytes, cache::Kind::store)) return nullptr;
    }
    window.last_use = owed_ += window.lookup;
    return window.host + offset;
  }

  [[nodiscard]] AccessResult load(Address va, unsigned bytes, Cycles now);
  [[nodiscard]] AccessResult store(Address va, std::uint64_t value, unsigned bytes, Cycles now);
  /// hlv and hsv; `executable`: hlvx.
  [[nodiscard]] AccessResult hypervisor_load(Address va, unsigned bytes, bool executable,
                                             Cycles now);
  [[nodiscard]] AccessResult hypervisor_store(Address va, std::uint64_t value, unsigned bytes,
                                              Cycles now);
  /// `bytes` is 4 or 8; `operand` and the values compared are of that width.
  [[nodiscard]] AccessResult atomic(Atomic operation, Address va, std::uint64_t operand,
                                    unsigned bytes, Cycles now);
  [[nodiscard]] AccessResult load_reserved(Address va, unsigned bytes, Cycles now);
  /// `value` of the result is 0 where it stored, else 1.
  [[nodiscard]] AccessResult store_conditional(Address va, std::uint64_t value, unsigned bytes,
                                               Cycles now);
  void release_reservation() { memory_.release(hart_); }

  /// One lookup for the instruction at `pc`; protection of two bytes is checked.
  [[nodiscard]] Located locate_fetch(Address pc, Cycles now);
  /// `count` more instructions fetched from the page of the last lookup, which hit.
  void count_fetch_repeats(std::uint64_t count) {
    mmu_.count_repeats(Access::fetch, count, fetch_side_);
  }
  /// May two bytes of an instruction be fetched there?
  [[nodiscard]] bool may_fetch(Address physical) {
    return allowed(physical, 2, Access::fetch, fetch_space_);
  }
  [[nodiscard]] Exception fetch_denied(Address pc) const {
    return {.cause = Cause::instruction_access, .value = pc, .guest_value = fetch_space_.guest};
  }
  /// The first two bytes of an instruction, or what follows them; `value` holds them.
  enum class FetchPart : std::uint8_t { first, rest };
  [[nodiscard]] AccessResult fetch(Address physical, Address pc, Cycles now, FetchPart part);
  /// May the whole page be fetched from directly?
  [[nodiscard]] bool direct_code(PageNumber page);

  /// Mode or CSRs have changed. `protection`: PMP's registers, perhaps, too. True: instructions may
  /// lie elsewhere now.
  bool refresh(bool protection);
  /// Makes the lookups that it owes. Whoever may change the TLB, or let others do so, calls it
  /// before; it is called at least once in most_lookups_owed accesses.
  void make_owed_lookups() {
    if (owed_ != 0) look_up_owed();
  }
  static constexpr std::uint64_t most_lookups_owed = std::uint64_t{1} << 20;
  /// Translations may have been invalidated: forgets what it knows of them.
  void drop_windows() {
    make_owed_lookups();
    windows_ = {};
  }
  /// Loads and stores of processes so far, of those that an observer is shown. After
  /// `make_owed_lookups`.
  [[nodiscard]] std::uint64_t process_accesses() const { return process_accesses_; }
  /// Attached: every access comes by here, and is shown.
  void attach(Debugger* debugger);
  void observe(AccessObserver* observer);
  [[nodiscard]] bool fast() const { return fast_; }

  [[nodiscard]] FirstLevelCaches& caches() { return caches_; }
  /// Of what its accesses waited for so far.
  [[nodiscard]] Stalls stalls() const {
    Stalls stalls = stalls_;
    caches_.add_stalls_to(stalls);
    return stalls;
  }

  void end_slice() { presence_.leave = end_of_slice_ = true; }
  /// A device asked for the slice's end; false again after the call.
  [[nodiscard]] bool take_end_of_slice() { return std::exchange(end_of_slice_, false); }
  [[nodiscard]] bool take_debugger_stop() { return std::exchange(debugger_stop_, false); }
  [[nodiscard]] const AddressSpace& fetch_space() const { return fetch_space_; }
  [[nodiscard]] const AddressSpace& data_space() const { return data_space_; }

 private:
  /// Virtual addresses whose next eight bytes lie in the host one behind the other.
  struct alignas(line_bytes) Window {
    Address first = 0;
    std::uint64_t load_span = 0;   ///< addresses that may be loaded from; 0: none
    std::uint64_t store_span = 0;  ///< and stored to
    std::byte* host = nullptr;
    const std::uint8_t* marks = nullptr;  ///< of the first page
    Address physical = 0;                 ///< of `first`
    std::uint64_t lookup = array_lookup;  ///< what a use adds to `owed_`
    std::uint64_t last_use = 0;           ///< `owed_` at that time; 0: nothing is owed
    [[nodiscard]] std::uint8_t mark(Address offset) const {
      return marks[(physical % page_bytes + offset) >> page_shift];
    }
  };
  static_assert(sizeof(Window) == line_bytes, "one line of the host's cache a use");
  static constexpr unsigned windows = 16;  ///< by the low bits of the page
  // Three counts in one word, so that a use costs one addition: lookups, those of them that hit the
  // large-page TLB, those of them that are a process's.
  static constexpr unsigned count_bits = 21;
  static_assert(most_lookups_owed <= std::uint64_t{1} << (count_bits - 1), "and a block more");
  static constexpr std::uint64_t count_mask = (std::uint64_t{1} << count_bits) - 1;
  static constexpr std::uint64_t array_lookup = 1;
  static constexpr std::uint64_t side_lookup = array_lookup + (std::uint64_t{1} << count_bits);
  static constexpr std::uint64_t process_lookup = std::uint64_t{1} << (2 * count_bits);
  [[nodiscard]] Window& window_of(Address va) { return windows_[va >> page_shift & (windows - 1)]; }

  /// What an access that was allowed has shown of the addresses round it: [first, last], physical.
  struct Usable {
    Address va = 0;
    Address physical = 0;
    Address first = 0;
    Address last = ~Address{0};
    bool loads = true;
    bool stores = true;
    std::uint64_t lookup = array_lookup;
  };
  /// Addresses for which PMP allows one kind of access, in main memory or elsewhere. None: `last`
  /// below `first`.
  struct PhysicalWindow {
    Address first = 1;
    Address last = 0;
    std::byte* host = nullptr;            ///< null: not main memory
    const std::uint8_t* marks = nullptr;  ///< of the first page
    [[nodiscard]] bool contains(Address from, Address to) const {
      return from >= first && to <= last;
    }
  };

  AccessResult load(Address va, unsigned bytes, Cycles now, const AddressSpace& space);
  AccessResult store(Address va, std::uint64_t value, unsigned bytes, Cycles now,
                     const AddressSpace& space);
  /// The two parts of an access across pages, both found in main memory before either is touched.
  struct TwoParts {
    unsigned first_bytes = 0;
    unsigned bytes = 0;
    Located first{};
    Located second{};
    Cycles latency = 0;  ///< of finding them
    std::optional<Exception> exception{};
    [[nodiscard]] Address byte(unsigned i) const {
      return i < first_bytes ? first.physical + i : second.physical + (i - first_bytes);
    }
    [[nodiscard]] DataPlace place() const {
      return {.first = first.physical,
              .first_bytes = first_bytes,
              .second = second.physical,
              .second_bytes = bytes - first_bytes};
    }
  };
  TwoParts locate_across(Address va, unsigned bytes, Access access, Cycles now,
                         const AddressSpace& space);
  AccessResult load_across(Address va, unsigned bytes, Cycles now, const AddressSpace& space);
  AccessResult store_across(Address va, std::uint64_t value, unsigned bytes, Cycles now,
                            const AddressSpace& space);

  /// One lookup of the page of `va`, and the protection of `bytes` there.
  Located locate(Address va, unsigned bytes, Access access, const AddressSpace& space, Cycles now);
  Located translate(Address va, Access access, const AddressSpace& space, Cycles now);
  static Located denied(const mmu::Translated& page, Address va, Access access,
                        const AddressSpace& space);
  /// May the realm of `space` access what it reaches without translation?
  Located check_owner(Address physical, Access access, const AddressSpace& space, Cycles now);
  [[nodiscard]] bool allowed(Address physical, unsigned bytes, Access access,
                             const AddressSpace& space);
  /// Main memory at an aligned address, or what an atomic access elsewhere raises.
  Located locate_atomic(Address va, unsigned bytes, Access access, Cycles now);

  AccessResult read(Address physical, Address va, unsigned bytes, Cycles now, bool guest);
  AccessResult write(Address physical, Address va, std::uint64_t value, unsigned bytes, Cycles now,
                     bool guest);
  std::uint64_t read_memory(Address physical, unsigned bytes, Cycles now);
  void write_memory(Address physical, std::uint64_t value, unsigned bytes, Cycles now);
  void show(const AddressSpace& space, Address va, unsigned bytes, Access access);
  void show_observer(const AddressSpace& space, Address va, unsigned bytes, Access access);
  void show_debugger(Address va, unsigned bytes, Access access);
  void watched();

  PhysicalWindow& physical_window(Address physical, Access access, Privilege privilege);
  void remember_page(Address va, const Translation& translation, Access access, bool side);
  void remember_range(Address physical, const mmu::VerdictBuffer::Verdict& verdict);
  void remember(const Usable& usable);
  void look_up_owed();

  bool configured_fast_;
  bool fast_;
  unsigned hart_;
  mmu::Mmu& mmu_;
  HartBus& bus_;
  MainMemory& memory_;
  MainMemory::Presence& presence_;
  const ControlState& control_;
  TablePmp table_pmp_;
  FirstLevelCaches caches_;
  Debugger* debugger_ = nullptr;
  AccessObserver* observer_ = nullptr;

  AddressSpace fetch_space_;
  AddressSpace data_space_;
  std::array<Window, windows> windows_{};
  std::uint64_t owed_ = 0;  ///< three counts, see array_lookup
  std::uint64_t process_accesses_ = 0;
  Stalls stalls_;  ///< but those of caches_
  bool fetch_side_ = false;
  std::array<PhysicalWindow, 3> physical_{};  ///< by Access, of the privilege of its space
  bool end_of_slice_ = false;
  bool debugger_stop_ = false;
};

}  // namespace kilburn::riscv
