// What a host without harts does to a drive: flows of requests, namespaces that it makes first, and
// resizes on the way.
#pragma once

#include <cstdint>
#include <vector>

#include "common/parameters.h"

namespace kilburn::platform {

enum class AccessPattern : std::uint8_t { random, sequential, zipf };

/// Requests of one kind of program, with queues of its own.
struct FlowConfig {
  std::uint32_t name_space = 1;
  double read = 1.0;
  std::uint32_t block_bytes = 4096;
  AccessPattern pattern = AccessPattern::random;
  double theta = 0.99;
  std::uint32_t queues = 1;
  std::uint32_t queue_depth = 32;
  std::uint64_t requests = 100'000;
  std::uint32_t flush_every = 0;
  double first = 0.0;
  double share = 1.0;
  std::uint64_t seed = 1;
  void visit(ParameterVisitor& v);
};

struct NewNamespaceConfig {
  double share = 0.1;
  void visit(ParameterVisitor& v);
};

struct ResizeConfig {
  std::uint32_t name_space = 1;
  std::uint64_t after_requests = 0;
  double share = 0.5;
  void visit(ParameterVisitor& v);
};

struct SsdConfig {
  bool ats = true;
  bool verify = false;
  std::uint32_t interrupt_ns = 0;
  bool paced = true;
  std::uint32_t trace_queues = 1;
  std::uint32_t trace_queue_depth = 128;
  std::vector<NewNamespaceConfig> namespaces{};
  std::vector<FlowConfig> flows{};
  std::vector<ResizeConfig> resizes{};
  void visit(ParameterVisitor& v);
};

}  // namespace kilburn::platform
