#include "platform/node/ssd_config.h"

namespace kilburn::platform {

namespace {
constexpr std::uint32_t last_namespace = 1024;
}

void FlowConfig::visit(ParameterVisitor& v) {
  v.integer("namespace", name_space, {1, last_namespace}, "", "namespace that it reads and writes");
  v.real("read", read, {0.0, 1.0}, "", "share of its requests that read; the others write");
  v.integer("block_bytes", block_bytes, {512, 1 << 21, true}, "bytes", "of a request");
  v.choice("pattern", pattern, {"random", "sequential", "zipf"}, "which block comes next");
  v.real("theta", theta, {0.01, 0.9999}, "",
         "of zipf: the k-th most popular block is asked for in proportion to 1/k^theta");
  v.integer("queues", queues, {1, 64}, "queues", "pairs of queues that are its own");
  v.integer("queue_depth", queue_depth, {1, 4096}, "requests", "under way at a time in a queue");
  v.integer("requests", requests, {1, UINT64_MAX}, "requests", "after which it ends");
  v.integer("flush_every", flush_every, {0, UINT32_MAX}, "writes",
            "after which it flushes, and waits for that; 0: never");
  v.real("first", first, {0.0, 1.0}, "",
         "where its part of the namespace begins, as a share of it");
  v.real("share", share, {0.0, 1.0}, "", "size of its part, as a share of the namespace");
  v.integer("seed", seed, {}, "", "what places and kinds are drawn from");
  v.require(first + share <= 1.0, "first + share must be at most 1");
}

void NewNamespaceConfig::visit(ParameterVisitor& v) {
  v.real("share", share, {0.0, 1.0}, "", "of the drive's capacity");
}

void ResizeConfig::visit(ParameterVisitor& v) {
  v.integer("namespace", name_space, {1, last_namespace}, "", "namespace that is resized");
  v.integer("after_requests", after_requests, {}, "requests",
            "of all flows, that have ended when it is asked for");
  v.real("share", share, {0.0, 1.0}, "", "its new size, as a share of the drive's capacity");
}

void SsdConfig::visit(ParameterVisitor& v) {
  v.flag("ats", ats, "the host lets the function ask for translations, where there is an IOMMU");
  v.flag("verify", verify,
         "writes carry a stamp in each sector, and reads are compared with what was written");
  v.integer("interrupt_ns", interrupt_ns, {0, 1'000'000}, "ns",
            "from an interrupt to the host's look at the queue, and its next requests");
  v.flag("paced", paced,
         "a block trace's requests come at their times; false: as soon as a queue has room");
  v.integer("trace_queues", trace_queues, {1, 64}, "queues", "pairs of queues of a block trace");
  v.integer("trace_queue_depth", trace_queue_depth, {1, 4096}, "requests",
            "of a block trace, under way at a time in a queue");
  v.list("namespace", namespaces, "a namespace that the host makes before the run");
  v.list("flow", flows, "requests of one kind of program, with queues of its own");
  v.list("resize", resizes, "a namespace that gets another size on the way");
}

}  // namespace kilburn::platform
