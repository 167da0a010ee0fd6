// Dual look-up tables: the index of an untranslated address is mapped to that of a translated one.
#pragma once

#include <optional>

#include "dual_lut/drains.h"
#include "dual_lut/id_pool.h"
#include "dual_lut/lookup_tables.h"
#include "dual_lut/parking.h"
#include "dual_lut/tlut.h"
#include "dual_lut/ulut.h"

namespace kilburn::dual_lut {

/// The control circuit with untranslated addresses: ULUT and free pool. It gives an id for a page,
/// and nothing else leaves it.
class UntranslatedSide {
 public:
  explicit UntranslatedSide(const DualLutConfig& config)
      : ulut(config), pool(config.tlut_entries, config.eviction), slot_of(config.tlut_entries) {}
  Ulut ulut;
  IdPool pool;
  std::vector<Ulut::Slot> slot_of;  ///< by id: the entry that has it
};

/// The control circuit with translated addresses: TLUT, requests that wait, uses in flight.
class TranslatedSide {
 public:
  explicit TranslatedSide(const DualLutConfig& config)
      : tlut(config.tlut_entries), parking(config.tlut_entries) {}
  /// What the id leads to, of a request that is not to be sent.
  [[nodiscard]] LookUp read(Id id, bool write, Waiter waiter);
  Tlut tlut;
  Parking parking;
};

/// Modelled: search, mapping to an id, one request a miss, parking, pins, eviction, invalidation
/// with drain, late answers, deletion of queues. Not modelled: energy. Time: `hit_latency`; with
/// two clocks in dual_lut_module.h. Errors: those of LookupTables.
class DualLut final : public LookupTables {
 public:
  explicit DualLut(const DualLutConfig& config)
      : config_(config), untranslated_(config), translated_(config) {}

  LookUp look_up(const Key& key, bool write, Waiter waiter) override;
  void end_use(Id id) override;
  Completion complete(Id id, const Answer& answer) override;
  [[nodiscard]] bool wanted(Id id) const override;
  Invalidated invalidate(const Range& range) override;
  [[nodiscard]] bool drained(std::uint64_t drain) const override { return drains_.drained(drain); }
  void delete_queue(std::uint32_t queue) override;
  bool pin(const Key& key) override;
  [[nodiscard]] Census census() const override;

  /// First half, in the circuit with untranslated addresses: the id of the page, in use from now
  /// on. `requested`: it was given just now, and its request must be sent.
  [[nodiscard]] LookUp find(const Key& key, bool write);
  /// Second half, in the other: what the id leads to. The use goes on only after a hit.
  [[nodiscard]] LookUp read(Id id, bool write, Waiter waiter);
  /// Where a key stands; for those who look at both tables.
  [[nodiscard]] std::optional<Ulut::Slot> slot(const Key& key) {
    return untranslated_.ulut.find(key);
  }

 private:
  [[nodiscard]] std::optional<Ulut::Slot> slot_for(const Key& key);
  [[nodiscard]] std::optional<Id> id_for(Ulut::Slot slot);
  [[nodiscard]] bool may_leave(Id id);
  /// The entry has no id any more; the id goes back when nothing uses it.
  void take_id_from(Ulut::Entry& entry, std::uint64_t drain);

  DualLutConfig config_;
  UntranslatedSide untranslated_;
  TranslatedSide translated_;
  Drains drains_;
};

}  // namespace kilburn::dual_lut
