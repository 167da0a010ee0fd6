// One wide table of untranslated and translated addresses, for comparison with the dual tables.
#pragma once

#include <optional>
#include <vector>

#include "dual_lut/drains.h"
#include "dual_lut/lookup_tables.h"
#include "dual_lut/parking.h"
#include "dual_lut/ulut.h"

namespace kilburn::dual_lut {

/// Modelled: set-associative rows that hold both addresses; a row's number is its id, so there is
/// no pool, and a row in use, pending or pinned cannot be another page's; a pinned row that is
/// invalidated while in use loses its pin. Not modelled and time: as DualLut.
class WideTable final : public LookupTables {
 public:
  explicit WideTable(const DualLutConfig& config);

  LookUp look_up(const Key& key, bool write, Waiter waiter) override;
  void end_use(Id id) override;
  Completion complete(Id id, const Answer& answer) override;
  [[nodiscard]] bool wanted(Id id) const override {
    return rows_[id].state == State::pending && !rows_[id].orphan;
  }
  Invalidated invalidate(const Range& range) override;
  [[nodiscard]] bool drained(std::uint64_t drain) const override { return drains_.drained(drain); }
  void delete_queue(std::uint32_t queue) override;
  bool pin(const Key& key) override;
  [[nodiscard]] Census census() const override;

 private:
  /// `placed`: it has a key, and no translation.
  enum class State : std::uint8_t { free, placed, pending, valid, draining };
  struct Row {
    Key key{};
    PageNumber page = 0;
    std::uint64_t stamp = 0;
    std::uint64_t drain = 0;
    std::uint32_t uses = 0;
    State state = State::free;
    bool pinned = false;
    bool orphan = false;  ///< pending for a queue that is gone
    bool overtaken = false;
    bool readable = false;
    bool writable = false;
    bool asked_to_write = false;
  };
  [[nodiscard]] std::optional<Id> row_for(const Key& key);
  [[nodiscard]] LookUp request(Id id, bool write, Waiter waiter);
  /// Its translation is gone; it keeps key and pin where nothing uses it any more.
  void drop(Row& row, std::uint64_t drain);
  [[nodiscard]] bool names(const Row& row) const {
    return row.state != State::free && row.state != State::draining && !row.orphan;
  }

  DualLutConfig config_;
  std::uint32_t sets_;
  std::vector<Row> rows_;
  Parking parking_;
  Drains drains_;
  std::uint64_t time_ = 0;
  std::uint64_t random_ = 1;
};

}  // namespace kilburn::dual_lut
