// The MMU of one client (a hart, a device): its first-level burst TLBs, for instructions and data
// or one for all, in front of the shared translation service.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "burst_tlb/burst_tlb.h"
#include "burst_tlb/with_large_pages.h"
#include "mmu/translation_service.h"
#include "mmu/verdict_buffer.h"

namespace kilburn::mmu {

/// What stands in the place of a first-level TLB: its model, its RTL, or both, compared.
enum class Implementation : std::uint8_t { model, rtl, lockstep };

struct FirstLevelConfig : burst_tlb::TlbConfig {
  Implementation implementation = Implementation::model;
  void visit(ParameterVisitor& v);
};

struct MmuConfig {
  // Large pages: as the first levels of cores of today have them.
  FirstLevelConfig itlb{{.entries = 32, .side_entries = 16}};
  FirstLevelConfig dtlb{{.entries = 64, .side_entries = 32}};
  void visit(ParameterVisitor& v);
};

/// Of a client whose fetches and data share one TLB.
struct OneLevelConfig {
  explicit OneLevelConfig(const burst_tlb::TlbConfig& of) : tlb(of) {}
  burst_tlb::TlbConfig tlb;
};

/// Makes a first-level TLB; `path` names it in errors. The RTL is not known here.
using TlbFactory = std::function<std::unique_ptr<burst_tlb::Tlb>(const FirstLevelConfig& config,
                                                                 std::string_view path)>;
/// Throws InputError unless `implementation` is the model.
std::unique_ptr<burst_tlb::Tlb> make_model(const FirstLevelConfig& config, std::string_view path);

/// What a first-level lookup says: a hit that may be used, a fault, or neither: see `refill`.
struct FirstLevel {
  bool hit = false;
  bool side = false;  ///< the hit came from the large-page TLB
  Fault fault = Fault::none;
  Translation translation{};
};

/// What became of one translation.
struct Translated {
  Fault fault = Fault::none;
  Address fault_address = 0;  ///< of a fault: guest-physical of a guest page fault, else virtual
  page_table_walker::FaultingAccess faulting_access = page_table_walker::FaultingAccess::original;
  Translation translation{};
  bool hit = false;   ///< the first level answered, be it with a fault
  bool side = false;  ///< by its large-page TLB
  Cost cost{};        ///< zero where it answered
};

struct UntranslatedStatistics {
  std::uint64_t checks = 0;
  std::uint64_t denied = 0;
  void visit(StatisticVisitor& v) const;
};

/// Modelled: first-level lookup (its latency is hidden behind the cache it feeds), permission check
/// on a hit, refill from the service; for accesses that are not translated a verdict buffer each of
/// fetches and of data. Not modelled: several misses at once.
/// Time: a hit costs nothing here; a hart that plays a trace charges the cycles of a look-up that
/// its first-level cache does not hide. A miss costs what the service says. An invalidation takes
/// what the slower of the two TLBs takes, beside the bus; before the first fill there is nothing to
/// look through.
class Mmu final : public InvalidationHolder {
 public:
  Mmu(const MmuConfig& config, TranslationService& service, std::string name,
      std::uint32_t invalidation_cycles, const TlbFactory& make = make_model)
      : config_(config),
        itlb_(make(config.itlb, "mmu.itlb")),
        dtlb_(make(config.dtlb, "mmu.dtlb")),
        service_(service),
        name_(std::move(name)),
        invalidation_cycles_(invalidation_cycles) {}
  Mmu(const OneLevelConfig& config, TranslationService& service, std::string name,
      std::uint32_t invalidation_cycles)
      : config_{.dtlb = {config.tlb}},
        dtlb_(burst_tlb::make_tlb(config.tlb)),
        service_(service),
        name_(std::move(name)),
        invalidation_cycles_(invalidation_cycles) {}

  using Unit = burst_tlb::BurstTlb::Unit;

  /// The one sequence of a translation: first level, judge, and where that has no answer the
  /// service, and a fill. `time`, called just before the service, says when that is. What is
  /// returned is `hit(unit)` where a burst TLB answers and allows it, `otherwise(translated)` in
  /// all other cases: a value that either may make would be put together in memory.
  template <class Time, class Hit, class Otherwise>
  [[nodiscard, gnu::always_inline]] auto translate(const Request& request, Time time, Hit hit,
                                                   Otherwise otherwise) {
    if (const Unit* unit = this->hit(request)) {
      switch (judge_hit(unit->permissions(), request)) {
        case HitVerdict::permitted:
          return hit(*unit);
        case HitVerdict::page_fault:
          return otherwise(
              Translated{.fault = Fault::page_fault, .fault_address = request.va, .hit = true});
        case HitVerdict::walk:
          return otherwise(refill(request, time()));
      }
    }
    const FirstLevel found = lookup(request);
    if (found.fault != Fault::none) {
      return otherwise(Translated{.fault = found.fault, .fault_address = request.va, .hit = true});
    }
    if (!found.hit) return otherwise(refill(request, time()));
    return otherwise(Translated{.translation = found.translation, .hit = true, .side = found.side});
  }
  /// The same as a value.
  template <class Time>
  [[nodiscard, gnu::always_inline]] Translated translate(const Request& request, Time time) {
    return translate(
        request, time,
        [&](const Unit& unit) {
          return Translated{.translation = translation_of(unit, request.va), .hit = true};
        },
        [](const Translated& page) { return page; });
  }
  /// What `unit`, which was hit, says of the page of `va`.
  [[nodiscard]] static Translation translation_of(const Unit& unit, Address va) {
    return {.vpn = va >> page_shift,
            .pfn = unit.pfn(),
            .order = unit.order(),
            .permissions = unit.permissions(),
            .attributes = unit.attributes(),
            .verdict_order = 0};
  }

  /// The unit that a burst TLB hits, for `judge_hit`; null, and nothing counted, otherwise: then
  /// call `lookup`.
  [[nodiscard]] const Unit* hit(const Request& request) {
    return first_level(request.access)
        .hit({request.va >> page_shift, request.regime.context, request.access});
  }

  [[nodiscard]] FirstLevel lookup(const Request& request) {
    const burst_tlb::Lookup found =
        first_level(request.access)
            ->lookup({request.va >> page_shift, request.regime.context, request.access});
    if (found.outcome != burst_tlb::Outcome::hit) return {};
    switch (judge_hit(found.translation.permissions, request)) {
      case HitVerdict::permitted:
        return {.hit = true, .side = found.side, .translation = found.translation};
      case HitVerdict::page_fault:
        return {.fault = Fault::page_fault};
      case HitVerdict::walk:
        break;
    }
    return {};
  }

  /// `count` more lookups that hit what the last one hit: they change nothing but the counts.
  /// `side`: it was a hit in the large-page TLB.
  void count_repeats(Access access, std::uint64_t count, bool side) {
    first_level(access).count_repeats(count, side);
  }

  /// What a lookup that neither hit nor faulted wants: the service's answer, kept here where it
  /// lasts.
  Translated refill(const Request& request, Cycles now);

  /// Of an access that is not translated: the verdict that allows it; null: ask `check`.
  [[nodiscard]] const VerdictBuffer::Verdict* verdict(const UntranslatedAccess& request) const {
    return verdicts_[request.access == Access::fetch ? 0 : 1].find(request);
  }
  /// The RMU's verdict; one that allows the access is kept.
  OwnershipReply check(const UntranslatedAccess& request, Cycles now);

  [[nodiscard]] std::string holder_name() const override { return name_; }
  void invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                  InvalidationBus& bus) override {
    Cycles taken = dtlb_->invalidation_cycles(invalidation);
    dtlb_->invalidate(invalidation);
    if (itlb_) {
      taken = std::max(taken, (*itlb_)->invalidation_cycles(invalidation));
      (*itlb_)->invalidate(invalidation);
    }
    for (VerdictBuffer& verdicts : verdicts_) verdicts.invalidate(invalidation);
    bus.acknowledge(ticket, invalidation_cycles_ + (filled_ ? taken : 0));
  }

  /// `mode`: the widest addresses that tags hold.
  void visit(StatisticVisitor& v, PagingMode mode) const;
  /// Of a client with one TLB, which shows as `name`.
  void visit_one(StatisticVisitor& v, std::string_view name, PagingMode mode) const;
  /// Where there is one of its own.
  [[nodiscard]] const burst_tlb::Tlb& itlb() const { return **itlb_; }
  [[nodiscard]] const burst_tlb::Tlb& dtlb() const { return *dtlb_; }

 private:
  /// A TLB whose hits cost no virtual call where it is a burst TLB, as it mostly is.
  class FirstLevelTlb {
   public:
    explicit FirstLevelTlb(std::unique_ptr<burst_tlb::Tlb> tlb)
        : tlb_(std::move(tlb)), burst_(burst_tlb::burst_array(*tlb_)) {}

    const Unit* hit(const burst_tlb::Comparand& comparand) {
      return burst_ != nullptr ? burst_->hit(comparand) : nullptr;
    }
    void count_repeats(std::uint64_t count, bool side) {
      repeats_ += count;
      if (side) side_repeats_ += count;
    }
    [[nodiscard]] burst_tlb::TlbStatistics statistics() const {
      burst_tlb::TlbStatistics result = tlb_->statistics();
      result.lookups += repeats_;
      result.hits += repeats_;
      result.side_hits += side_repeats_;
      return result;
    }
    [[nodiscard]] burst_tlb::Tlb* operator->() const { return tlb_.get(); }
    [[nodiscard]] burst_tlb::Tlb& operator*() const { return *tlb_; }

   private:
    std::unique_ptr<burst_tlb::Tlb> tlb_;
    burst_tlb::BurstTlb* burst_;  ///< the same, or its array, if that is one
    std::uint64_t repeats_ = 0;
    std::uint64_t side_repeats_ = 0;
  };

  [[nodiscard]] FirstLevelTlb& first_level(Access access) {
    return access == Access::fetch && itlb_ ? *itlb_ : dtlb_;
  }
  MmuConfig config_;
  std::optional<FirstLevelTlb> itlb_{};  ///< nothing: fetches use the other
  FirstLevelTlb dtlb_;
  bool filled_ = false;                      ///< a TLB has held something
  std::array<VerdictBuffer, 2> verdicts_{};  ///< of fetches, of data
  UntranslatedStatistics untranslated_;
  TranslationService& service_;
  std::string name_;
  std::uint32_t invalidation_cycles_;
};

}  // namespace kilburn::mmu
