// A configuration with texts and lists of blocks, one of them within the elements of another, for
// the tests of what reads them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/parameters.h"

namespace kilburn::example {

enum class Kind : std::uint8_t { nvme, nic };

struct NamespaceConfig {
  std::string file;
  std::uint64_t seed = 1;

  void visit(ParameterVisitor& v) {
    v.text("file", file, "file that holds the blocks");
    v.integer("seed", seed, {}, "", "seed of its errors");
  }
  friend bool operator==(const NamespaceConfig&, const NamespaceConfig&) = default;
};

struct QueueConfig {
  std::uint32_t depth = 16;

  void visit(ParameterVisitor& v) {
    v.integer("depth", depth, {1, 1024, true}, "entries", "entries of a queue");
  }
  friend bool operator==(const QueueConfig&, const QueueConfig&) = default;
};

struct FunctionConfig {
  Kind kind = Kind::nvme;
  std::uint64_t bar_bytes = 16384;
  QueueConfig queue;
  std::vector<NamespaceConfig> space;

  void visit(ParameterVisitor& v) {
    v.choice("kind", kind, {"nvme", "nic"}, "what it is");
    v.integer("bar_bytes", bar_bytes, {4096, 1u << 30, true}, "bytes", "size of its registers");
    v.block("queue", queue, "its queues");
    v.list("space", space, "namespace");
    v.require(kind == Kind::nvme || space.empty(), "only nvme has namespaces");
  }
  friend bool operator==(const FunctionConfig&, const FunctionConfig&) = default;
};

struct PcieConfig {
  std::string firmware = "boot.rom";
  std::vector<FunctionConfig> function;
  std::uint32_t lanes = 4;

  void visit(ParameterVisitor& v) {
    v.text("firmware", firmware, "file of the option ROM");
    v.list("function", function, "function");
    v.integer("lanes", lanes, {1, 16, true}, "lanes", "width of the link");
  }
  friend bool operator==(const PcieConfig&, const PcieConfig&) = default;
};

struct BoardConfig {
  PcieConfig pcie;
  std::vector<QueueConfig> port{{.depth = 8}, {.depth = 32}};

  void visit(ParameterVisitor& v) {
    v.block("pcie", pcie, "root complex");
    v.list("port", port, "port");
  }
  friend bool operator==(const BoardConfig&, const BoardConfig&) = default;
};

}  // namespace kilburn::example
