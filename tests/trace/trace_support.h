// What the tests of the trace block share: temporary files, whole traces in memory, random records.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/random.h"
#include "trace/kilburn_writer.h"
#include "trace/trace.h"

namespace kilburn::trace::test {

/// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(std::filesystem::temp_directory_path() /
              ("kilburn_trace_test." + std::to_string(getpid()) + "." +
               std::to_string(next_number()))) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  static int next_number() {
    static int number = 0;
    return number++;
  }

  std::filesystem::path path_;
};

/// A trace in memory. Event records hold the number of their event in `events`.
struct Whole {
  std::vector<Record> records;
  std::vector<Event> events;
  std::vector<Address> physical;

  [[nodiscard]] Batch batch() const { return {records, events, physical}; }
  friend bool operator==(const Whole&, const Whole&) = default;
};

/// All that the reader still gives; events renumbered in order.
inline Whole read_all(Reader& reader) {
  Whole whole;
  for (Batch batch = reader.next(); !batch.empty(); batch = reader.next()) {
    for (Record record : batch.records) {
      if (record.kind == Kind::event) {
        whole.events.push_back(batch.events[record.event]);
        record.event = static_cast<std::uint32_t>(whole.events.size() - 1);
      }
      whole.records.push_back(record);
    }
    whole.physical.insert(whole.physical.end(), batch.physical.begin(), batch.physical.end());
  }
  return whole;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::unique_ptr<Reader> open_bytes(const std::string& bytes, OpenOptions options = {}) {
  return open_trace(std::make_unique<std::istringstream>(bytes), "memory", options);
}

/// The bytes of a Kilburn trace that holds `whole`.
inline std::string kilburn_bytes(const Whole& whole, std::uint32_t block_records = 1u << 20,
                                 const Metadata& metadata = {}) {
  const TemporaryFolder folder;
  KilburnWriter writer(folder / "t.ktrace",
                       {.metadata = metadata, .physical = !whole.physical.empty(), .level = 3},
                       block_records);
  writer.append(whole.batch());
  writer.finish();
  return read_file(folder / "t.ktrace");
}

/// What() of the InputError that `action` throws; "no error" where it throws none.
template <class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(mix64(seed) | 1) {}
  std::uint64_t below(std::uint64_t bound) { return next_random(state_) % bound; }
  std::uint64_t bits() { return next_random(state_); }

 private:
  std::uint64_t state_;
};

inline Event random_event(Random& random) {
  const auto u16 = [&] { return static_cast<std::uint16_t>(random.bits()); };
  const Context context{u16(), u16(), u16()};
  switch (random.below(5)) {
    case 0:
      return ContextSwitch{context};
    case 1:
      return Map{random.bits(), random.bits()};
    case 2:
      return Unmap{random.bits(), random.bits()};
    case 3:
      return Invalidate{{.operation = static_cast<Invalidation::Operation>(random.below(8)),
                         .vpn = random.bits(),
                         .pfn = random.bits(),
                         .pages = random.bits(),
                         .context = context,
                         .last_level = random.below(2) == 1}};
    default:
      return OwnershipChange{random.bits(), random.bits(), u16()};
  }
}

/// Loops, strides, jumps, wild addresses, several requesters, events: all that a trace may hold.
inline Whole random_trace(Random& random, std::size_t length, bool physical) {
  Whole whole;
  Address fetch = 0x400000;
  Address data = 0x10000000;
  std::uint8_t requester = 0;
  while (whole.records.size() < length) {
    Record record{.requester = requester};
    const std::uint64_t choice = random.below(100);
    if (choice < 50) {
      if (random.below(8) == 0) fetch = 0x400000 + random.below(64) * 37;
      if (random.below(500) == 0) fetch = random.bits();
      record.size = static_cast<std::uint8_t>(1 + random.below(15));
      record.address = fetch;
      fetch += record.size;
    } else if (choice < 97) {
      record.kind = random.below(3) == 0 ? Kind::store : Kind::load;
      record.size = static_cast<std::uint8_t>(1 + random.below(64));
      data += 8;
      if (random.below(4) == 0) data = 0x10000000 + random.below(1u << 24);
      record.address = random.below(200) == 0 ? random.bits() : data;
    } else if (choice < 98) {
      requester = static_cast<std::uint8_t>(random.bits());
      continue;
    } else {
      record.kind = Kind::event;
      record.size = 0;
      record.event = static_cast<std::uint32_t>(whole.events.size());
      whole.events.push_back(random_event(random));
    }
    whole.records.push_back(record);
    if (!physical) continue;
    const PageNumber frame = random.below(20) == 0 ? random.below(1ull << 52)
                                                   : mix64(record.address >> page_shift) >> 20;
    whole.physical.push_back(
        record.kind == Kind::event ? 0 : frame << page_shift | record.address % page_bytes);
  }
  return whole;
}

}  // namespace kilburn::trace::test
