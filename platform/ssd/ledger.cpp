#include "platform/ssd/ledger.h"

#include <fmt/format.h>

#include <cstring>

namespace kilburn::ssd {

namespace {

constexpr std::uint64_t unit_sectors = 8;
constexpr std::uint64_t most_at_a_time = 1 << 16;  // units; above, a request is not kept apart

struct Stamp {
  std::uint64_t place;  ///< namespace and sector
  std::uint64_t number;
  friend bool operator==(const Stamp&, const Stamp&) = default;
};
constexpr std::size_t last_stamp = sector_bytes - sizeof(Stamp);

Stamp read_stamp(const std::byte* from) {
  Stamp stamp{};
  std::memcpy(&stamp, from, sizeof stamp);
  return stamp;
}

std::uint64_t place_of(std::uint32_t name_space, std::uint64_t sector) {
  return std::uint64_t{name_space} << 48 | sector;
}

template <class Visit>
void for_units(const Request& request, Visit visit) {
  if (request.sectors == 0 || request.sectors > most_at_a_time * unit_sectors) return;
  const std::uint64_t last = (request.first + request.sectors - 1) / unit_sectors;
  for (std::uint64_t unit = request.first / unit_sectors; unit <= last; ++unit) visit(unit);
}

}  // namespace

bool Ledger::overlaps(const Request& request) const {
  bool found = false;
  for_units(request, [&](std::uint64_t unit) { found = found || under_way_.contains(unit); });
  return found;
}

std::uint64_t Ledger::begin(const Request& request) {
  for_units(request, [&](std::uint64_t unit) { ++under_way_[unit]; });
  return ++last_number_;
}

void Ledger::stamp(std::uint64_t number, std::uint64_t first, std::span<std::byte> bytes) const {
  for (std::size_t at = 0; at < bytes.size(); at += sector_bytes, ++first) {
    const Stamp stamp{place_of(name_space_, first), number};
    std::memcpy(bytes.data() + at, &stamp, sizeof stamp);
    std::memcpy(bytes.data() + at + last_stamp, &stamp, sizeof stamp);
  }
}

void Ledger::end(const Request& request, bool ok, std::uint64_t number) {
  for_units(request, [&](std::uint64_t unit) {
    const auto found = under_way_.find(unit);
    if (found != under_way_.end() && --found->second == 0) under_way_.erase(found);
  });
  if (request.kind != Request::Kind::write && request.kind != Request::Kind::deallocate) return;
  for (std::uint64_t sector = request.first; sector < request.first + request.sectors; ++sector) {
    if (!ok || request.kind == Request::Kind::deallocate) {
      numbers_.erase(sector);
    } else {
      numbers_[sector] = number;
    }
  }
}

bool Ledger::check(std::uint64_t first, std::span<const std::byte> bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += sector_bytes, ++first) {
    const auto known = numbers_.find(first);
    if (known == numbers_.end()) continue;
    ++checked_;
    const Stamp wanted{place_of(name_space_, first), known->second};
    const Stamp begin = read_stamp(bytes.data() + at);
    const Stamp end = read_stamp(bytes.data() + at + last_stamp);
    if (begin == wanted && end == wanted) continue;
    if (difference_.empty()) {
      difference_ = fmt::format(
          "namespace {}, sector {}: write {} is wanted, and its stamps are {:#x}/{} and {:#x}/{}",
          name_space_, first, wanted.number, begin.place, begin.number, end.place, end.number);
    }
    return false;
  }
  return true;
}

void Ledger::shrink(std::uint64_t sectors) {
  std::erase_if(numbers_, [sectors](const auto& entry) { return entry.first >= sectors; });
}

}  // namespace kilburn::ssd
