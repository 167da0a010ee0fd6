// A small drive, and somebody who asks it things and waits.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ftl/ftl.h"

namespace kilburn::ftl::test {

/// Two channels, four planes, 4 KiB pages: contents of 768 KiB.
inline nand::Geometry tiny_geometry() {
  return {.channels = 2,
          .packages = 1,
          .dies = 1,
          .planes = 1,
          .blocks = 16,
          .pages = 8,
          .page_bytes = 4096};
}
/// As large as it can be with that geometry.
inline FtlConfig tiny_config() {
  FtlConfig config;
  config.over_provisioning = 0.6;
  config.buffer_units = 16;
  config.allocation_unit_bytes = 4 * unit_bytes;
  config.move_batch = 3;
  config.first_namespace = 0.5;
  return config;
}

struct Ended {
  MediaStatus status = MediaStatus::success;
  Sector failed = 0;
  Nanoseconds when = 0;
};

/// Keeps what was told.
class Listener final : public MediaSink {
 public:
  void bytes(std::uint64_t tag, std::uint64_t offset, std::span<const std::byte> bytes) override {
    std::vector<std::byte>& data = read[tag];
    if (data.size() < offset + bytes.size()) data.resize(offset + bytes.size());
    std::memcpy(data.data() + offset, bytes.data(), bytes.size());
  }
  void ended(std::uint64_t tag, MediaStatus status, Sector failed, Nanoseconds when) override {
    EXPECT_FALSE(ends.contains(tag)) << "tag " << tag << " ended twice";
    EXPECT_GE(when, last) << "ends are told in order of time";
    last = when;
    ends[tag] = {status, failed, when};
  }
  std::map<std::uint64_t, std::vector<std::byte>> read;
  std::map<std::uint64_t, Ended> ends;
  Nanoseconds last = 0;
};

class Drive {
 public:
  explicit Drive(const FtlConfig& ftl_config = tiny_config(),
                 const nand::Geometry& geometry = tiny_geometry(),
                 const nand::FaultConfig& faults = {}, const nand::TimingConfig& timing_config = {})
      : config(ftl_config), timing(timing_config), array(geometry, faults, spare_bytes(geometry)) {
    switch_on();
  }

  /// Forgets all but the array.
  void switch_on() {
    ftl.reset();
    array.restore_power();
    listener = {};
    now = 0;
    ftl.emplace(config, timing, array);
  }

  std::uint64_t submit(Request request) {
    request.tag = ++tag;
    ftl->submit(request, now);
    return tag;
  }
  /// Goes on until that has ended.
  Ended wait(std::uint64_t waited) {
    while (!listener.ends.contains(waited)) {
      const Nanoseconds next = ftl->next_event();
      if (next == never) {
        ADD_FAILURE() << "tag " << waited << " never ends";
        return {};
      }
      now = std::max(now, next);
      ftl->advance(now, listener);
    }
    const Ended result = listener.ends[waited];
    listener.ends.erase(waited);
    return result;
  }
  void run_until(Nanoseconds when) {
    now = std::max(now, when);
    ftl->advance(now, listener);
  }
  Ended run(Request request) { return wait(submit(request)); }

  Ended write(NamespaceId space, Sector first, std::span<const std::byte> data,
              bool durable = false) {
    return run({.kind = Request::Kind::write,
                .durable = durable,
                .space = space,
                .first = first,
                .sectors = data.size() / sector_bytes,
                .data = data});
  }
  std::vector<std::byte> read(NamespaceId space, Sector first, std::uint64_t sectors,
                              MediaStatus expected = MediaStatus::success) {
    const std::uint64_t reading =
        submit({.kind = Request::Kind::read, .space = space, .first = first, .sectors = sectors});
    EXPECT_EQ(wait(reading).status, expected);
    std::vector<std::byte> data = std::move(listener.read[reading]);
    listener.read.erase(reading);
    return data;
  }
  MediaStatus flush() { return run({.kind = Request::Kind::flush}).status; }
  MediaStatus deallocate(NamespaceId space, Sector first, std::uint64_t sectors) {
    return run({.kind = Request::Kind::deallocate,
                .space = space,
                .first = first,
                .sectors = sectors})
        .status;
  }
  MediaStatus resize(NamespaceId space, std::uint64_t sectors) {
    ftl->resize(space, sectors, ++tag, now);
    return wait(tag).status;
  }

  // By units, each of which holds a number.
  static std::vector<std::byte> unit_of(std::uint64_t number) {
    std::vector<std::byte> bytes(unit_bytes);
    for (std::size_t i = 0; i < unit_bytes / 8 && number != 0; ++i) {
      const std::uint64_t word = number + (i << 40);
      std::memcpy(bytes.data() + (i * 8), &word, 8);
    }
    return bytes;
  }
  /// Nothing where it is none: mixed from two.
  static std::optional<std::uint64_t> number_of(std::span<const std::byte> bytes) {
    if (bytes.size() != unit_bytes) return std::nullopt;
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data(), 8);
    const auto expected = unit_of(number);
    if (!std::equal(bytes.begin(), bytes.end(), expected.begin())) return std::nullopt;
    return number;
  }
  MediaStatus put(NamespaceId space, Unit unit, std::uint64_t number, bool durable = false) {
    return write(space, std::uint64_t{unit} * unit_sectors, unit_of(number), durable).status;
  }
  std::optional<std::uint64_t> get(NamespaceId space, Unit unit) {
    return number_of(read(space, std::uint64_t{unit} * unit_sectors, unit_sectors));
  }

  FtlConfig config;
  nand::TimingConfig timing;
  nand::Array array;
  std::optional<Ftl> ftl;
  Listener listener;
  Nanoseconds now = 0;
  std::uint64_t tag = 0;
};

/// What the checker finds, as one text.
inline std::string findings(const Ftl& ftl) {
  std::string all;
  for (const std::string& finding : ftl.check()) all += finding + "\n";
  return all;
}

}  // namespace kilburn::ftl::test
