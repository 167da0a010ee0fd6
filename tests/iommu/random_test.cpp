// Random tables, compared with the plain reading of them (oracle.h).
#include <gtest/gtest.h>

#include <random>

#include "iommu/oracle.h"
#include "iommu/world.h"

namespace kilburn::iommu::test {
namespace {

/// Directories and page tables that are mostly right, in a few frames, so that they meet each
/// other; now and then a bit of one of them changes.
class RandomTables {
 public:
  explicit RandomTables(unsigned seed) : random_(seed), w({.msi_flat = false}) {
    w.enable_faults(7);
    make();
  }
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  bool one_in(std::uint64_t n) { return pick(n) == 0; }

  void make() {
    w.frames = FramePool(first_table, first_data);
    used_.clear();
    levels_ = 1 + static_cast<unsigned>(pick(3));
    ddtp_mode_ = one_in(16) ? pick(2) : levels_ + 1;
    root_ = table();
    TableBuilder guest = w.guest_tree(mode_of(3 + pick(3)));
    for (PageNumber i = first_table; i < first_table + 256; ++i) guest.map(i, i, rights());
    for (PageNumber i = 0; i < 16; ++i) guest.map(first_data + i, first_data + pick(64), rights());
    guest_ = iohgatp_of(guest.mode(), guest.root(), static_cast<std::uint16_t>(pick(3)));
    TableBuilder tree = w.tree(mode_of(3 + pick(3)));
    for (PageNumber i = 0; i < 16; ++i) tree.map(page + i, first_data + pick(16), rights());
    first_ = fsc_of(tree.mode(), tree.root());
    for (std::uint32_t device = 0; device < 4; ++device) place_device(device);
    const PageNumber end = w.frames.take();
    for (PageNumber frame = first_table; frame < end; ++frame) used_.push_back(frame);
    set_mode();
  }
  void set_mode() { w.set_mode(ddtp_mode_, root_); }

  void flip_a_bit() {
    // Words that are not zero mean something; a zero beside them may come to.
    for (unsigned tries = 0; tries < 64; ++tries) {
      const Address at = used_[pick(used_.size())] * page_bytes + 8 * pick(one_in(2) ? 16 : 512);
      const std::uint64_t word = w.memory.get(at);
      if (word == 0) continue;
      w.memory.set(at, word ^ std::uint64_t{1} << pick(64));
      return;
    }
  }

  void transact() {
    reference::Asked asked{.device = static_cast<std::uint32_t>(pick(4)),
                           .address = (page + pick(18)) * page_bytes + 8 * pick(512),
                           .access = one_in(3) ? Access::store : Access::load};
    if (one_in(32)) asked.device |= 1u << pick(24);
    if (one_in(3)) asked.address = (first_data + pick(20)) * page_bytes;
    if (one_in(32)) asked.address ^= Address{1} << pick(64);
    if (one_in(2)) asked.process = static_cast<std::uint32_t>(pick(3));
    if (asked.process && one_in(16)) asked.process = *asked.process ^ 1u << pick(20);
    asked.privileged = asked.process && one_in(3);
    const bool execute = asked.process && asked.access == Access::load && one_in(6);
    if (execute) asked.access = Access::fetch;

    bool outside = false;
    const auto memory = [&](Address at) {
      outside = outside || at / 8 >= w.memory.words().size();
      return w.memory.get(at);
    };
    const auto expected = reference::translate(memory, w.get(IOMMU_DDTP), asked);
    dma::Requester requester{.device = asked.device};
    if (asked.process) {
      requester.process = dma::Pasid{*asked.process, asked.privileged, execute};
    }
    const auto found = w.access(requester, asked.address,
                                asked.access == Access::fetch ? Access::load : asked.access);
    const auto faults = w.faults();
    ++transactions;
    if (expected.cause == 0 && !outside) {
      ASSERT_EQ(found.fault, Fault::none) << "cause " << cause(faults);
      ASSERT_EQ(found.translation.pfn, expected.frame);
      ++granted;
      return;
    }
    ASSERT_NE(found.fault, Fault::none) << "expected cause " << expected.cause;
    ++refused[expected.cause];
    if (!outside && faults.size() == 1) {
      ASSERT_EQ(cause(faults), expected.cause);
      ASSERT_EQ(faults[0].iotval, asked.address);
      ASSERT_EQ(faults[0].process, asked.process);
    }
  }
  /// Nothing is held any more: what memory says from now on counts.
  void forget() { (void)w.invalidator.invalidate({}, 0); }

  std::uint64_t transactions = 0;
  std::uint64_t granted = 0;
  std::map<unsigned, std::uint64_t> refused;

 private:
  static constexpr PageNumber page = 0x12340;
  static unsigned cause(const std::vector<FaultRecord>& faults) {
    return faults.empty() ? 0 : static_cast<unsigned>(faults[0].cause);
  }
  static PagingMode mode_of(std::uint64_t levels) { return static_cast<PagingMode>(levels); }
  PageNumber table() { return w.take(); }
  std::uint64_t rights() {
    std::uint64_t flags = urwx;
    if (one_in(6)) flags &= ~std::uint64_t{pte::write};
    if (one_in(8)) flags &= ~std::uint64_t{pte::user};
    if (one_in(8)) flags &= ~std::uint64_t{pte::execute};
    if (one_in(8)) flags &= ~std::uint64_t{pte::dirty};
    if (one_in(12)) flags &= ~std::uint64_t{pte::accessed};
    return flags;
  }
  void place_device(std::uint32_t device) {
    DeviceWords words;
    const bool hardware = one_in(2);
    words.tc |= hardware ? IOMMU_TC_GADE | IOMMU_TC_SADE : 0;
    if (one_in(2)) words.iohgatp = guest_;
    words.ta = pscid_in(static_cast<std::uint32_t>(pick(3)));
    if (one_in(2)) words.fsc = first_;
    if (one_in(2)) {
      words.tc |= IOMMU_TC_PDTV | (one_in(3) ? IOMMU_TC_DPE : 0);
      const std::uint64_t depth = pick(4);
      words.fsc = pdtp_of(depth, depth == 0 ? 0 : place_processes(depth));
    }
    PageNumber leaf = root_;
    for (unsigned level = levels_ - 1; level > 0; --level) {
      const Address slot = leaf * page_bytes;  // devices 0 to 3: index 0 above the leaves
      if (w.memory.get(slot) == 0) w.memory.set(slot, table_entry(table()));
      leaf = w.memory.get(slot) >> IOMMU_PPN_SHIFT;
    }
    w.set_device(device, words, leaf);
  }
  PageNumber place_processes(std::uint64_t depth) {
    const PageNumber top = table();
    PageNumber leaf = top;
    for (; depth > 1; --depth) {
      const PageNumber next = table();
      w.memory.set(leaf * page_bytes, table_entry(next));
      leaf = next;
    }
    for (unsigned process = 0; process < 3; ++process) {
      const Address at = leaf * page_bytes + Address{16} * process;
      w.memory.set(at, (one_in(8) ? 0 : IOMMU_ENTRY_VALID) | (one_in(2) ? IOMMU_PC_ENS : 0) |
                           (one_in(2) ? IOMMU_PC_SUM : 0) |
                           pscid_in(static_cast<std::uint32_t>(pick(3))));
      w.memory.set(at + 8, one_in(4) ? 0 : first_);
    }
    return top;
  }

  std::mt19937_64 random_;
  World w;
  unsigned levels_ = 1;
  std::uint64_t ddtp_mode_ = 0;
  PageNumber root_ = 0;
  std::uint64_t guest_ = 0;
  std::uint64_t first_ = 0;
  std::vector<PageNumber> used_;
};

TEST(RandomTables, ADeviceTouchesWhatAValidContextMapsAndNothingElse) {
  std::map<unsigned, std::uint64_t> refused;
  std::uint64_t granted = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomTables tables(seed);
    for (unsigned round = 0; round < 150; ++round) {
      if (round % 25 == 24) tables.make();
      tables.flip_a_bit();
      tables.forget();
      for (unsigned i = 0; i < 12; ++i) {
        tables.transact();
        ASSERT_FALSE(testing::Test::HasFatalFailure());
      }
    }
    granted += tables.granted;
    for (const auto& [cause, count] : tables.refused) refused[cause] += count;
  }
  EXPECT_GT(granted, 1000u);
  for (const unsigned cause : {13u, 15u, 21u, 23u, 256u, 258u, 259u, 260u, 266u}) {
    EXPECT_GT(refused[cause], 0u) << "cause " << cause << " never came";
  }
}

}  // namespace
}  // namespace kilburn::iommu::test
