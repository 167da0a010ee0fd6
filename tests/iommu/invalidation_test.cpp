// After IOTINVAL and IOFENCE.C nobody uses the old translation (spec 11, behaviour 4): random maps
// and unmaps, transfers in flight, and a holder that takes its time.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>

#include "iommu/world.h"
#include "iommu_check/translation_check.h"

namespace kilburn::iommu::test {
namespace {

/// Waits for acknowledgements, and lets others go on meanwhile.
class PatientInvalidator final : public Invalidator {
 public:
  explicit PatientInvalidator(InvalidationBus& bus) : bus_(bus) {}
  std::function<void()> meanwhile;
  InvalidateResult invalidate(const Invalidation& invalidation, Cycles) override {
    const std::uint64_t id = bus_.begin(invalidation);
    while (!bus_.done(id)) meanwhile();
    InvalidateResult result{true, bus_.latency(id), {}};
    bus_.end(id);
    return result;
  }

 private:
  InvalidationBus& bus_;
};

/// A device with a table of its own, as a look-up table in a device is: what it holds it drops, and
/// acknowledges, only some time after it was told to.
class SlowDevice final : public InvalidationHolder {
 public:
  std::map<PageNumber, PageNumber> held;
  [[nodiscard]] std::string holder_name() const override { return "slow device"; }
  void invalidate(const Invalidation&, InvalidationTicket ticket, InvalidationBus& bus) override {
    waiting_.push_back({ticket, &bus});
  }
  /// Some time has passed.
  void go_on() {
    if (waiting_.empty()) return;
    held.clear();
    const auto [ticket, bus] = waiting_.back();
    waiting_.pop_back();
    bus->acknowledge(ticket);
  }
  [[nodiscard]] bool told() const { return !waiting_.empty(); }

 private:
  std::vector<std::pair<InvalidationTicket, InvalidationBus*>> waiting_;
};

class Adversary {
 public:
  explicit Adversary(unsigned seed) : random_(seed) {
    patient_.meanwhile = [this] {
      if (one_in(2)) {
        slow_.go_on();
      } else {
        use_at_random();
      }
    };
    bus_.add(service_);
    bus_.add(iommu_);
    bus_.add(slow_);
    write(IOMMU_CQB, command_frame << IOMMU_PPN_SHIFT | 7);
    iommu_.write(IOMMU_CQCSR, 4, IOMMU_QUEUE_ENABLE, 0);
    for (unsigned i = 0; i < devices; ++i) make_device(i);
    write(IOMMU_DDTP, ddt_root << IOMMU_PPN_SHIFT | IOMMU_DDTP_1LVL);
    memory_.after = [this](unsigned) {
      if (one_in(12)) interfere();
    };
  }

  /// A transfer of two pages, as a DMA port makes it: translated, and translated again where
  /// something has come between; then the bytes move.
  void use_at_random() {
    const auto device = static_cast<std::uint32_t>(pick(devices));
    const PageNumber page = first_page + pick(pages);
    const Access access = one_in(3) ? Access::store : Access::load;
    ++depth_;
    std::vector<PageNumber> frames;
    std::uint64_t generation = 0;
    do {
      generation = iommu_.generation();
      frames.clear();
      for (PageNumber at = page; at < page + 2; ++at) {
        const auto found =
            iommu_.translate({.device = device}, IoVirtualAddress(at << page_shift), access, now_);
        if (found.fault != Fault::none) break;
        frames.push_back(found.translation.pfn);
      }
      overtaken += generation != iommu_.generation() ? 1u : 0u;
    } while (generation != iommu_.generation());
    --depth_;
    for (std::size_t i = 0; i < frames.size(); ++i) check(device, page + i, frames[i]);
    if (device == slow_number && !frames.empty() && !slow_.told()) slow_.held[page] = frames[0];
    for (const auto& [held_page, frame] : slow_.held) check(slow_number, held_page, frame);
  }

  /// Software maps, unmaps or maps elsewhere, and fences.
  void change() {
    if (changing_) return;
    changing_ = true;
    const auto device = static_cast<std::uint32_t>(pick(devices));
    const PageNumber page = first_page + pick(pages);
    auto& legal = legal_[device][page - first_page];
    const PageNumber frame = first_data + pick(512);
    const bool unmap = one_in(3);
    set_page(device, page, unmap ? 0 : pte::make(frame, urwx));
    if (!unmap) legal.insert(frame);
    submit(device, page);
    work();
    if (iommu_.read(IOMMU_CQH, 4) == tail_) {
      // The fence has completed: what was mapped before is not legal any more.
      legal.clear();
      if (!unmap) legal.insert(frame);
      ++changes;
    }
    changing_ = false;
  }

  /// What `kilburn run --check` says of it.
  [[nodiscard]] const TranslationCheck& plain_check() const { return plain_check_; }

  std::uint64_t used = 0;
  std::uint64_t changes = 0;
  std::uint64_t overtaken = 0;
  std::uint64_t interruptions = 0;
  [[nodiscard]] std::uint64_t evictions() const {
    return iommu_.address_spaces().statistics().evictions;
  }

 private:
  static constexpr unsigned devices = 5;
  static constexpr std::uint32_t slow_number = 0;
  static constexpr std::uint32_t first_guest = 3;  ///< from this device on there is a second stage
  static constexpr PageNumber first_page = 0x40200;
  static constexpr unsigned pages = 12;

  std::size_t pick(std::size_t below) { return random_() % below; }
  bool one_in(std::size_t n) { return pick(n) == 0; }
  void write(unsigned offset, std::uint64_t value) { iommu_.write(offset, 8, value, now_); }
  PageNumber take() {
    const PageNumber frame = frames_.take();
    for (unsigned i = 0; i < 512; ++i) memory_.set(frame * page_bytes + Address{8} * i, 0);
    return frame;
  }
  static std::uint16_t gscid_of(std::uint32_t device) {
    return static_cast<std::uint16_t>(device + 40);
  }

  void make_device(std::uint32_t device) {
    const bool guest = device >= first_guest;
    // Devices from `first_guest` on have a second stage alone: guest-physical pages are mapped.
    const PageNumber root = guest ? frames_.take_aligned(4) : take();
    trees_.push_back(std::make_unique<TableBuilder>(memory_, PagingMode::sv39, root, guest,
                                                    [this] { return take(); }));
    DeviceWords words;
    if (guest) {
      words.iohgatp = iohgatp_of(PagingMode::sv39, root, gscid_of(device));
    } else {
      words.fsc = fsc_of(PagingMode::sv39, root);
      words.ta = pscid_in(device + 7);
    }
    const Address at = ddt_root * page_bytes + Address{64} * device;
    memory_.set(at, words.tc);
    memory_.set(at + 8, words.iohgatp);
    memory_.set(at + 16, words.ta);
    memory_.set(at + 24, words.fsc);
    for (unsigned i = 0; i < pages + 1; ++i) set_page(device, first_page + i, 0);
  }
  void set_page(std::uint32_t device, PageNumber page, std::uint64_t entry) {
    trees_[device]->set(trees_[device]->slot(page, 0), entry);
  }
  void submit(std::uint32_t device, PageNumber page) {
    const bool by_page = one_in(2);
    const bool of_all = one_in(4);
    std::uint64_t low = IOMMU_OPCODE_IOTINVAL;
    if (device >= first_guest) {
      low |= IOMMU_IOTINVAL_GVMA << IOMMU_FUNCTION_SHIFT;
      if (!of_all) {
        low |= IOMMU_IOTINVAL_GV | std::uint64_t{gscid_of(device)} << IOMMU_IOTINVAL_GSCID_SHIFT;
      }
    } else if (!of_all) {
      low |= IOMMU_IOTINVAL_PSCV | std::uint64_t{device + 7} << IOMMU_IOTINVAL_PSCID_SHIFT;
    }
    if (by_page) low |= IOMMU_IOTINVAL_AV;
    put(low, by_page ? page << IOMMU_IOTINVAL_PAGE_SHIFT : 0);
    put(IOMMU_OPCODE_IOFENCE, 0);
    iommu_.write(IOMMU_CQT, 4, tail_, now_);
  }
  void put(std::uint64_t low, std::uint64_t high) {
    const Address at = command_frame * page_bytes + Address{16} * tail_;
    memory_.set(at, low);
    memory_.set(at + 8, high);
    tail_ = (tail_ + 1) & 255;
  }
  void work() {
    while (iommu_.has_work()) {
      now_ += iommu_.start_work(now_);
      if (one_in(2)) use_at_random();
      iommu_.finish_work(now_);
    }
  }
  void interfere() {
    if (depth_ > 1) return;
    ++interruptions;
    if (one_in(2)) {
      change();
    } else {
      use_at_random();
    }
  }
  void check(std::uint32_t device, PageNumber page, PageNumber frame) {
    ++used;
    const PageNumber index = page - first_page;
    ASSERT_TRUE(index < pages && legal_[device][index].contains(frame))
        << "device " << device << " used page " << index << " in frame " << frame;
  }

  std::mt19937_64 random_;
  TestMemory memory_{memory_frames};
  Messages messages_{memory_};
  FramePool frames_{first_table, first_data};
  InvalidationBus bus_;
  PatientInvalidator patient_{bus_};
  mmu::TranslationService service_{{}, memory_, nullptr};
  Lines lines_;
  IommuConfig config_{.iotlb = {.entries = 8}, .address_spaces = 3};
  Iommu iommu_{config_,
               {.service = service_,
                .invalidator = patient_,
                .memory = memory_,
                .messages = messages_,
                .lines = {{lines_, 0}, {lines_, 1}, {lines_, 2}, {lines_, 3}},
                .first_vmid = first_vmid,
                .vmids = 3}};
  TranslationCheck plain_check_{iommu_,
                                [this](Address at, std::span<std::byte> bytes) {
                                  for (std::size_t i = 0; i < bytes.size(); i += 8) {
                                    const std::uint64_t word = memory_.get(at + i);
                                    std::memcpy(bytes.data() + i, &word, 8);
                                  }
                                  return true;
                                },
                                true};
  SlowDevice slow_;
  std::vector<std::unique_ptr<TableBuilder>> trees_;
  std::set<PageNumber> legal_[devices][pages];  ///< frames that a use may meet now
  std::uint32_t tail_ = 0;
  unsigned depth_ = 0;
  bool changing_ = false;
  Cycles now_ = 0;
};

TEST(IommuInvalidation, AfterIotinvalAndIofenceNoHolderUsesTheOldTranslation) {
  std::uint64_t stale = 0;
  for (unsigned seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Adversary adversary(seed);
    for (unsigned i = 0; i < 3000 && !testing::Test::HasFatalFailure(); ++i) {
      adversary.use_at_random();
      if (i % 4 == 0) adversary.change();
    }
    ASSERT_FALSE(testing::Test::HasFatalFailure());
    EXPECT_GT(adversary.used, 1000u);
    EXPECT_GT(adversary.changes, 500u);
    EXPECT_GT(adversary.overtaken, 50u) << "transfers must be overtaken";
    EXPECT_GT(adversary.interruptions, 500u);
    EXPECT_GT(adversary.evictions(), 100u) << "address spaces must be evicted, too";
    EXPECT_EQ(adversary.plain_check().failure().value_or(""), "");
    EXPECT_GT(adversary.plain_check().checked(), 1000u);
    stale += adversary.plain_check().stale();
  }
  EXPECT_GT(stale, 0u) << "some page must be used between its change and its fence";
}

}  // namespace
}  // namespace kilburn::iommu::test
