// The fast path changes speed only: random programs run with and without it, to the same state.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <sstream>

#include "riscv/assembler.h"
#include "riscv/hart_world.h"
#include "riscv/owners.h"

namespace kilburn::riscv {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): the assembler's short names

constexpr Address handler = ram_base;
constexpr Address code = ram_base + 0x4000;
constexpr unsigned code_pages = 3;
constexpr Address data = ram_base + 0x8000;
constexpr unsigned data_pages = 4;
/// Where user and supervisor programs see their pages, twice.
constexpr Address virtual_code = 0x40'0000;
constexpr Address virtual_alias = 0x80'0000;
/// The second time in the upper half of the addresses: sign-extended from bit 38.
constexpr Address upper_alias = 0xFFFF'FFC0'0080'0000;
constexpr unsigned code_base = 8;
constexpr unsigned data_base = 9;
constexpr unsigned chance = 31;  ///< register of the handler's random numbers

class Texts final : public StatisticVisitor {
 public:
  void enter(std::string_view block) override { out_ << block << "{"; }
  void leave() override { out_ << "}"; }
  void counter(std::string_view name, std::uint64_t value, std::string_view,
               std::string_view) override {
    out_ << name << "=" << value << " ";
  }
  void formula(std::string_view, double, std::string_view, std::string_view) override {}
  void histogram(std::string_view name, const Histogram& value, std::string_view,
                 std::string_view) override {
    out_ << name << ":" << value.count() << "/" << value.sum() << " ";
  }
  [[nodiscard]] std::string text() const { return out_.str(); }

 private:
  std::ostringstream out_;
};

enum class Kind { machine, supervisor, user };

struct Scenario {
  Kind kind = Kind::machine;
  bool large_pages = false;
  burst_tlb::Organisation organisation = burst_tlb::Organisation::burst;
  unsigned harts = 1;
  bool bare = false;    ///< supervisor or user, not translated
  bool owners = false;  ///< realms of their own, whose rights change
  bool halves = false;  ///< code and data in either half of the addresses
  bool caches = false;  ///< small ones, of a geometry by the seed
  [[nodiscard]] bool translated() const { return kind != Kind::machine && !bare; }
};

class Generator {
 public:
  /// `near`: most accesses lie close together, so that caches have them.
  Generator(unsigned seed, bool near) : near_(near), random_(seed) {}
  std::uint32_t instruction() {
    switch (pick(20)) {
      case 0:
      case 1:
        return branch(one_of({Op::beq, Op::bne, Op::blt, Op::bge, Op::bltu, Op::bgeu}), reg(),
                      reg(), static_cast<int>(pick(64)) * 2 - 32);
      case 2:
        return jal(pick(2), static_cast<int>(pick(4096)) * 2 - 4096);
      case 3:
        return i(Op::jalr, pick(2), code_base, static_cast<int>(pick(2048)) * 2 - 2048);
      case 4:
      case 5:
        return i(one_of({Op::lb, Op::lhu, Op::lw, Op::ld, Op::fld, Op::flw}), target(), data_base,
                 offset());
      case 6:
      case 7:
      case 8:
        return store(one_of({Op::sb, Op::sh, Op::sw, Op::sd, Op::fsd, Op::fsw}), reg(), data_base,
                     offset());
      case 9:  // into the program itself
        return pick(4) != 0 ? i(Op::addi, target(), reg(), 3)
                            : store(Op::sh, reg(), code_base, offset());
      case 10:
        return r(one_of({Op::amoadd_w, Op::amoswap_d, Op::amomax_d, Op::lr_w, Op::lr_d, Op::sc_w,
                         Op::sc_d}),
                 target(), data_base, reg());
      case 11:
        return csr(one_of({Op::csrrs, Op::csrrw, Op::csrrci}), target(),
                   one_of({0xC00u, 0xC01u, 0xC02u, 0x001u, 0x003u, 0x140u, 0x340u, 0xB02u}),
                   pick(32));
      case 12:
        return pick(3) == 0 ? r(Op::sfence_vma, 0, pick(2) * data_base, pick(2) * reg())
                            : plain(one_of({Op::fence_i, Op::fence}));
      case 13:
        return r(one_of({Op::fadd_d, Op::fmul_s, Op::fcvt_w_d, Op::feq_d, Op::fsgnj_s}), target(),
                 reg(), reg()) |
               (pick(2) * 7u) << 12;
      case 14:  // two compressed ones, or half of something else
        return static_cast<std::uint32_t>(random_() & 0xFFFFFFFC) | pick(3);
      case 15:
        return i(Op::addi, data_base, data_base, static_cast<int>(pick(512)) - 256);
      default:
        return r(one_of({Op::add, Op::sub, Op::xor_, Op::mul, Op::divu, Op::sltu, Op::sh2add}),
                 target(), reg(), reg());
    }
  }
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

 private:
  template <class T>
  T one_of(std::initializer_list<T> all) {
    return *(all.begin() + pick(static_cast<unsigned>(all.size())));
  }
  unsigned reg() { return pick(32); }
  unsigned target() {
    const unsigned rd = reg();
    return rd == code_base || rd == data_base || rd == chance ? 10 : rd;
  }
  int offset() {
    if (near_ && pick(4) != 0) return static_cast<int>(pick(128)) - 64;
    return static_cast<int>(pick(4096)) - 2048;
  }
  bool near_;
  std::mt19937_64 random_;
};

/// Comes back to a random place of the program, with its base registers and mode as they should be.
Code trap_handler(const Scenario& scenario) {
  const bool bare = !scenario.translated();
  const std::uint64_t mode = scenario.kind == Kind::machine      ? 3
                             : scenario.kind == Kind::supervisor ? 1
                                                                 : 0;
  Code out;
  constexpr unsigned t = 30;
  constexpr unsigned delta = 29;
  load_constant(out, t, 0x5851F42D4C957F2D);
  out.push_back(r(Op::mul, chance, chance, t));
  out.push_back(i(Op::addi, chance, chance, 1021));
  // The large page maps all of memory from its start.
  const Address first = bare ? ram_base : virtual_alias;
  const bool contiguous = bare || scenario.large_pages;
  load_constant(out, code_base, contiguous ? first + (code - ram_base) : virtual_code);
  load_constant(out, data_base,
                contiguous ? first + (data - ram_base) : virtual_code + code_pages * page_bytes);
  if (scenario.halves) {
    unsigned bit = 62;
    for (const unsigned base : {code_base, data_base}) {  // base += delta & -(that bit of chance)
      out.push_back(i(Op::srli, t, chance, static_cast<int>(bit++)));
      out.push_back(i(Op::andi, t, t, 1));
      out.push_back(r(Op::sub, t, 0, t));
      load_constant(out, delta, upper_alias - virtual_code);
      out.push_back(r(Op::and_, t, t, delta));
      out.push_back(r(Op::add, base, base, t));
    }
  }
  out.push_back(i(Op::srli, t, chance, 40));
  out.push_back(i(Op::slli, t, t, 64 - 13));
  out.push_back(i(Op::srli, t, t, 64 - 13));
  out.push_back(i(Op::andi, t, t, -2));
  out.push_back(r(Op::add, t, t, code_base));
  out.push_back(csr(Op::csrrw, 0, 0x341, t));  // mepc
  out.push_back(i(Op::srli, t, chance, 50));   // data_base: somewhere in its pages
  out.push_back(r(Op::add, data_base, data_base, t));
  if (scenario.owners) {
    out.push_back(i(Op::srli, t, chance, 63));
    out.push_back(csr(Op::csrrw, 0, 0x7C0, t));  // mlrealm: 0 or 1
  }
  load_constant(out, t, mode << 11 | 3u << 13 | 1u << 7);  // MPP, FS, MPIE
  out.push_back(csr(Op::csrrw, 0, 0x300, t));
  load_constant(out, t, 1u << 7);
  out.push_back(csr(Op::csrrw, 0, 0x304, t));  // mie: the timer
  out.push_back(plain(Op::mret));
  return out;
}

/// Small enough that lines come and go.
cache::CacheConfig small_cache(unsigned choice) {
  cache::CacheConfig config{.hit_cycles = 1 + choice % 5};
  config.line_bytes = 16u << choice % 4;
  config.ways = 1u << choice / 2 % 3;
  config.bytes = std::uint64_t{config.line_bytes} * config.ways * (4u << choice % 3);
  config.replacement = static_cast<Replacement>(choice / 3 % 4);
  config.write_policy = static_cast<cache::WritePolicy>(choice % 5 == 0);
  return config;
}

WorldConfig config_of(const Scenario& scenario, unsigned seed, bool fast, Owners& owners) {
  WorldConfig config;
  if (scenario.owners) config.ownership = &owners;
  config.hart.harts = scenario.harts;
  config.hart.reset_vector = handler;
  config.hart.fast_path = fast;
  config.hart.cycles_per_instruction = 2;
  config.ram_bytes = 0x40'0000;
  if (scenario.caches) {
    config.hart.timing = Timing::caches;
    config.hart.stores_stall = seed % 3 == 0;
    config.l1i = small_cache(seed);
    config.l1d = small_cache(seed + 5);
  }
  config.mmu.itlb.organisation = config.mmu.dtlb.organisation = scenario.organisation;
  config.mmu.itlb.entries = 2;
  config.mmu.dtlb.entries = 2;
  config.mmu.itlb.units_per_tag = config.mmu.dtlb.units_per_tag = 2;
  config.mmu.dtlb.replacement = Replacement::tree_plru;
  config.mmu.dtlb.side_entries = 2;
  config.service.l2tlb = {.entries = 8, .ways = 2, .hit_cycles = 3};
  return config;
}

std::unique_ptr<World> make(const Scenario& scenario, unsigned seed, bool fast, Owners& owners) {
  auto world = std::make_unique<World>(config_of(scenario, seed, fast, owners));
  world->load(handler, trap_handler(scenario));
  Generator generator(seed, scenario.caches);
  for (Address at = code; at < code + code_pages * page_bytes; at += 4) {
    world->memory.set(at, generator.instruction());
  }
  std::uint64_t satp = 0;
  if (scenario.translated()) {
    WorldTables tables(world->memory);
    const std::uint64_t user = scenario.kind == Kind::user ? pte::user : 0;
    const unsigned pages = code_pages + data_pages;
    const Address alias = scenario.halves ? upper_alias : virtual_alias;
    for (const Address base : {virtual_code, alias}) {
      if (scenario.large_pages && base == virtual_alias) {
        tables.map(base, ram_base, rwx | user, 1);
        continue;
      }
      for (unsigned n = 0; n < pages; ++n) {
        const Address frame =
            n < code_pages ? code + n * page_bytes : data + (n - code_pages) * page_bytes;
        std::uint64_t flags = rwx | user;
        switch (generator.pick(8)) {
          case 0:
            flags &= ~(pte::dirty | pte::accessed);  // the walker sets them
            break;
          case 1:
            flags &= ~pte::dirty;
            break;
          case 2:
            if (n >= code_pages) flags &= ~pte::write;
            break;
          default:
            break;
        }
        tables.map(base + n * page_bytes, frame, flags);
      }
      // The tables themselves, so that programs change them.
      tables.map(base + pages * page_bytes, tables.leaf() & ~(page_bytes - 1), rwx | user);
    }
    satp = std::uint64_t{8} << 60 | tables.root();
  }
  for (auto& hart : world->harts) {
    // Locked: nobody writes the handler's page; the rest is open.
    hart->set_csr(0x3B0, (handler >> 2) | 0x1FF);
    hart->set_csr(0x3B1, ~std::uint64_t{0});
    hart->set_csr(0x3A0, 0x1F9D);
    hart->set_csr(0x305, handler);
    hart->set_csr(0x306, 7);  // mcounteren
    hart->set_csr(0x180, satp);
    hart->set_x(chance, seed * 2 + 1);
  }
  return world;
}

std::string state_of(World& world) {
  std::ostringstream out;
  for (auto& hart : world.harts) {
    out << "pc " << std::hex << hart->pc() << " cycles " << std::dec << hart->cycles()
        << " instructions " << hart->instructions() << " of processes " << hart->process_accesses()
        << std::hex;
    for (unsigned n = 1; n < 32; ++n) out << "\nx" << n << " " << hart->x(n);
    for (unsigned n = 0; n < 32; ++n) out << "\nf" << n << " " << hart->f(n);
    for (const unsigned number : {0x300u, 0x341u, 0x342u, 0x343u, 0x003u, 0x180u, 0x344u, 0x340u}) {
      out << "\ncsr " << number << " " << hart->csr(static_cast<std::uint16_t>(number)).value_or(0);
    }
    out << "\n";
  }
  Texts texts;
  for (auto& mmu : world.mmus) mmu->visit(texts, PagingMode::sv48);
  world.service.visit(texts, PagingMode::sv48);
  for (const auto& bus : world.buses) {
    bus->l1i.statistics().visit(texts);
    bus->l1d.statistics().visit(texts);
  }
  for (const auto& hart : world.harts) hart->stalls().visit(texts);
  return out.str() + texts.text();
}

/// As a command of the RMU does: then its invalidation, where rights narrow.
void change_owner(World& world, Owners& owners, unsigned choice) {
  const Address frame = code + choice % (code_pages + data_pages + 1) * page_bytes;
  const auto realm = static_cast<std::uint16_t>(choice >> 8 & 1);
  if ((choice >> 10 & 1) != 0) {
    owners.open(frame);
  } else {
    owners.give(frame, realm, choice >> 11 & 1 ? Right::read : Right::all);
  }
  if ((choice >> 16 & 1) != 0) {
    (void)world.invalidator.invalidate(
        {.operation = Invalidation::Operation::by_frame, .pfn = frame >> page_shift}, 0);
  }
}

/// What is shown of a hart, counted.
class Counted final : public AccessObserver {
 public:
  void fetched(const AddressSpace& space, Address pc, unsigned /*bytes*/) override {
    count(space, pc);
  }
  void accessed(const AddressSpace& space, Address va, unsigned /*bytes*/,
                Access /*access*/) override {
    count(space, va);
  }
  void fenced(const Invalidation& /*invalidation*/) override {}
  std::uint64_t of_processes = 0;
  std::uint64_t others = 0;

 private:
  void count(const AddressSpace& space, Address va) {
    const bool translated = space.regime.stage1 != PagingMode::bare;
    ++(translated && va < Address{1} << 63 ? of_processes : others);
  }
};

/// Adds the hits of data caches, of scenarios that have them, to `data_hits`.
void run_both_ways(const Scenario& scenario, unsigned seed, std::uint64_t& data_hits) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Owners owners[2];
  for (Owners& table : owners) table.order = static_cast<std::uint8_t>(seed % 3);
  const auto fast = make(scenario, seed, true, owners[0]);
  const auto slow = make(scenario, seed, false, owners[1]);
  Counted shown;
  slow->hart(0).observe(&shown);
  std::mt19937 random(seed);
  for (int slice = 0; slice < 60; ++slice) {
    if (scenario.owners) {
      const auto choice = static_cast<unsigned>(random());
      const bool transient = random() % 8 == 0;
      change_owner(*fast, owners[0], choice);
      change_owner(*slow, owners[1], choice);
      for (Owners& table : owners) table.transient = transient;
    }
    const Cycles length = 1 + random() % 6000;
    const auto h = static_cast<unsigned>(random() % scenario.harts);
    const bool line = random() % 4 == 0;
    RunEnd ends[2];
    int n = 0;
    for (World* world : {fast.get(), slow.get()}) {
      Hart& hart = world->hart(h);
      hart.set_line(Interrupt::machine_timer, line);
      ends[n++] = hart.run(hart.cycles() + length);
      if (ends[n - 1] == RunEnd::waiting) hart.idle_until(hart.cycles() + 50);
    }
    ASSERT_EQ(ends[0], ends[1]);
    ASSERT_EQ(state_of(*fast), state_of(*slow)) << "slice " << slice;
    ASSERT_EQ(fast->below.requests, slow->below.requests) << "slice " << slice;
    for (const auto& hart : fast->harts) {
      ASSERT_EQ(hart->cycles(), 2 * hart->instructions() + hart->stalls().total());
    }
    ASSERT_EQ(owners[0].checks, owners[1].checks) << "slice " << slice;
    ASSERT_EQ(fast->hart(0).process_accesses(), shown.of_processes) << "slice " << slice;
    const auto a = fast->memory.ram();
    const auto b = slow->memory.ram();
    ASSERT_EQ(std::memcmp(a.data(), b.data(), a.size()), 0) << "memory, slice " << slice;
  }
  if (scenario.owners) {
    EXPECT_GT(owners[0].checks, scenario.caches ? 50u : 100u);  // in as many cycles
  }
  if (scenario.caches) {
    EXPECT_GT(fast->below.requests.size(), 100u);
    EXPECT_GT(fast->l1i().hits(), 1000u);
  }
  if (scenario.halves) {
    EXPECT_GT(shown.of_processes, 1000u);
    EXPECT_GT(shown.others, 1000u);
  }
  for (const auto& bus : fast->buses) data_hits += bus->l1d.statistics().hits();
}

void run_both_ways(const Scenario& scenario, unsigned seed) {
  std::uint64_t data_hits = 0;
  run_both_ways(scenario, seed, data_hits);
}

TEST(FastPath, RandomMachineModeProgramsEndInTheSameState) {
  for (unsigned seed = 1; seed <= 12; ++seed) run_both_ways({}, seed);
}

TEST(FastPath, RandomSupervisorProgramsEndInTheSameStateAndTheSameTlbStatistics) {
  for (unsigned seed = 1; seed <= 12; ++seed) run_both_ways({.kind = Kind::supervisor}, seed);
}

TEST(FastPath, RandomUserProgramsWithLargePagesEndInTheSameState) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    run_both_ways({.kind = Kind::user, .large_pages = true}, seed);
  }
}

TEST(FastPath, CountsTheAccessesOfProcessesAsAnObserverIsShownThem) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    run_both_ways({.kind = seed % 2 == 0 ? Kind::supervisor : Kind::user, .halves = true}, seed);
  }
}

TEST(FastPath, HoldsForBareProgramsOfRealmsWhoseRightsChange) {
  for (unsigned seed = 1; seed <= 24; ++seed) {
    const Kind kind = static_cast<Kind>(seed % 3);
    run_both_ways({.kind = kind, .harts = 1 + seed % 2, .bare = true, .owners = true}, seed);
  }
}

TEST(FastPath, HoldsForTranslatedProgramsOfRealmsWhoseRightsChange) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    run_both_ways({.kind = seed % 2 == 0 ? Kind::supervisor : Kind::user, .owners = true}, seed);
  }
}

TEST(FastPath, HoldsForCachesWhoseEveryMissComesAtTheSameCycle) {
  std::uint64_t hits = 0;
  for (unsigned seed = 1; seed <= 24; ++seed) {
    const Kind kind = static_cast<Kind>(seed % 3);
    run_both_ways({.kind = kind, .large_pages = seed % 2 == 0, .caches = true}, seed, hits);
  }
  EXPECT_GT(hits, 500u);
}

TEST(FastPath, HoldsForCachesOfHartsThatShareMemory) {
  std::uint64_t hits = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    run_both_ways({.kind = seed % 2 == 0 ? Kind::machine : Kind::user, .harts = 3, .caches = true},
                  seed, hits);
  }
  EXPECT_GT(hits, 500u);
}

TEST(FastPath, HoldsForCachesBehindRightsThatChange) {
  std::uint64_t hits = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    const Kind kind = static_cast<Kind>(seed % 3);
    run_both_ways({.kind = kind, .bare = seed % 2 == 0, .owners = true, .caches = true}, seed,
                  hits);
  }
  EXPECT_GT(hits, 500u);
}

TEST(FastPath, HoldsForCoalescedTlbs) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    run_both_ways({.kind = Kind::supervisor, .organisation = burst_tlb::Organisation::clustered},
                  seed);
  }
}

TEST(FastPath, HoldsForHartsThatShareMemory) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    run_both_ways({.kind = seed % 2 == 0 ? Kind::machine : Kind::user, .harts = 3}, seed);
  }
}

}  // namespace
}  // namespace kilburn::riscv
