// A small platform's configuration with every kind of parameter, for the tests of what reads it.
#pragma once

#include <cstdint>

#include "common/parameters.h"

namespace kilburn::example {

enum class Fill : std::uint8_t { single, line };

struct TlbConfig {
  std::uint32_t entries = 64;
  std::uint32_t ways = 4;
  Fill fill = Fill::line;

  void visit(ParameterVisitor& v) {
    v.integer("entries", entries, {1, 65536}, "entries", "entries of the TLB");
    v.integer("ways", ways, {0, 64, true}, "ways", "ways of a set, 0 for a single set");
    v.choice("fill", fill, {"single", "line"}, "what a walk fills");
    v.require(ways == 0 || entries % ways == 0, "ways must divide entries");
  }
  friend bool operator==(const TlbConfig&, const TlbConfig&) = default;
};

struct MmuConfig {
  TlbConfig dtlb;
  TlbConfig stlb{.entries = 1024, .ways = 8};
  double share = 0.5;

  void visit(ParameterVisitor& v) {
    v.block("dtlb", dtlb, "first-level data TLB");
    v.block("stlb", stlb, "second-level TLB");
    v.real("share", share, {0.0, 1.0}, "", "share of the walker that data may use");
    v.require(stlb.entries >= dtlb.entries, "stlb.entries must be at least dtlb.entries");
  }
  friend bool operator==(const MmuConfig&, const MmuConfig&) = default;
};

struct PlatformConfig {
  MmuConfig mmu;
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  std::uint16_t queue = 16;
  std::uint64_t seed = 1;
  bool fast_path = true;

  void visit(ParameterVisitor& v) {
    v.block("mmu", mmu, "address translation");
    v.integer("memory_bytes", memory_bytes, {4096, std::uint64_t{1} << 40}, "bytes",
              "physical memory");
    v.integer("queue", queue, {1, 4096, true}, "requests", "length of the request queue");
    v.integer("seed", seed, {}, "", "seed of every random choice");
    v.flag("fast_path", fast_path, "direct | cached access to memory");
    v.require(queue != 2, "queue must not be 2");
  }
  friend bool operator==(const PlatformConfig&, const PlatformConfig&) = default;
};

}  // namespace kilburn::example
