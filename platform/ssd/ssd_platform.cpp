#include "platform/ssd/ssd_platform.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/error.h"
#include "kilburn/board.h"
#include "kilburn/iommu.h"
#include "platform/process/sanitizer_stack.h"
#include "platform/ssd/synthetic_source.h"
#include "platform/ssd/trace_source.h"

namespace kilburn::ssd {

using platform::PlatformConfig;

namespace {

constexpr Cycles register_cycles = 4;
constexpr Address message_page = BOARD_IMSIC_S;
constexpr Address drive_registers = BOARD_PCIE_MEMORY;
constexpr PagingMode mode = PagingMode::sv48;
constexpr std::uint32_t most_vectors = 64;
constexpr std::uint64_t requests_between_looks = 4096;  ///< at the user

}  // namespace

nvme::NvmeConfig& drive_of(PlatformConfig& config) {
  auto& functions = config.devices.of<pcie::PcieDevice>().functions;
  nvme::NvmeConfig* const drive =
      functions.size() == 1 ? functions.front().get<nvme::NvmeFunction>() : nullptr;
  if (drive == nullptr) {
    throw InputError(
        "pcie.function: allowed for a run of a drive is one function, whose kind is nvme");
  }
  return *drive;
}

void ResizeRecord::visit(StatisticVisitor& v) const {
  v.counter("namespace", name_space, "", "that was resized");
  v.counter("from", from, "sectors", "size before");
  v.counter("to", to, "sectors", "size that was asked for");
  v.counter("status", status, "", "0: done; else NVM Express's, type << 8 | code");
  v.counter("ns", ended - began, "ns", "from the command to its end");
}

SsdPlatform::SsdPlatform(const sc_core::sc_module_name& name, const PlatformConfig& config,
                         SsdOptions options)
    : sc_module(name),
      config_(config),
      options_(std::move(options)),
      clock_(platform::period_of(config.clock)),
      time_(Timebase(BOARD_TIMEBASE_HZ, std::uint64_t{config.clock.frequency_mhz} * 1'000'000)),
      node_(config_, {.rmu_registers = BOARD_RMU, .mode = mode}, clock_),
      path_(node_.translated_path(DeviceContexts(1), mode)),
      surroundings_(surroundings()),
      iommu_(config_.board.iommu
                 ? std::make_unique<iommu::IommuModule>(
                       "iommu", config_.devices.of<iommu::IommuDevice>(), surroundings_)
                 : nullptr),
      pcie_("pcie", config_.devices.of<pcie::PcieDevice>(), surroundings_),
      functions_(pcie_, config_.devices.of<pcie::PcieDevice>(), clock_),
      messages_("messages", clock_) {
  if (iommu_) node_.add(*iommu_);
  node_.add(pcie_);
  node_.add("messages", {message_page, page_bytes, messages_.registers});
  bus_.socket.bind(node_.add_hart());
  for (const auto& function : functions_) {
    if (auto* const drive = dynamic_cast<nvme::NvmeModule*>(function.get())) drive->run_ahead();
  }
  SC_THREAD(run_host);
}

SsdPlatform::~SsdPlatform() = default;

device::Surroundings SsdPlatform::surroundings() {
  return {
      .board = config_.board,
      .clock = clock_,
      .cycles_hz = std::uint64_t{config_.clock.frequency_mhz} * 1'000'000,
      .time = time_,
      .register_cycles = register_cycles,
      .memory_end = node_.storage().base() + node_.storage().bytes(),
      .harts = {},
      .interrupts = pins_,
      .console = pins_,
      .end = [](const device::End&) {},
      .dma_port = [this](const char* name, const dma::DmaContext& context) -> dma::DmaPort& {
        return node_.dma_port(name, context);
      },
      .translated_port = [this](const char* name, dma::Translator& translator) -> dma::DmaPort& {
        return node_.dma_port(name, translator);
      },
      .path = &path_};
}

Nanoseconds SsdPlatform::now() const {
  static const std::uint64_t in_ns = sc_core::sc_time(1, sc_core::SC_NS).value();
  return sc_core::sc_time_stamp().value() / in_ns;
}

void SsdPlatform::simulate() {
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO,
                                          sc_core::SC_DO_NOTHING);
  sc_core::sc_start();
  platform::restore_sanitizer_stack();
  if (error_) std::rethrow_exception(error_);
  if (!ended_) {
    throw std::logic_error("the drive has left requests unanswered: nothing is under way any more");
  }
}

void SsdPlatform::run_host() {
  try {
    be_host();
    ended_ = true;
  } catch (...) {
    error_ = std::current_exception();
  }
  sc_core::sc_stop();
}

void SsdPlatform::be_host() {
  memory_ = std::make_unique<HostMemory>(node_.storage(), config_.memory.storage.bytes,
                                         iommu_ != nullptr);
  const auto& functions = config_.devices.of<pcie::PcieDevice>().functions;
  const pcie::RoutingId id =
      pcie::RoutingId::of(functions.front().device, functions.front().function);
  if (iommu_) set_up_iommu();
  driver_ = std::make_unique<Driver>(
      bus_, *memory_, messages_,
      Driver::Place{.function = id, .registers = drive_registers, .messages = message_page});
  driver_->start(config_.ssd.ats && iommu_ != nullptr);
  make_namespaces();
  make_flows();
  create_queues();
  drive();
  driver_->stop();
}

void SsdPlatform::set_up_iommu() {
  const auto& function = config_.devices.of<pcie::PcieDevice>().functions.front();
  const Address directory = memory_->table_page();
  const std::uint32_t device = pcie::RoutingId::of(function.device, function.function).value;
  const Address context = directory + Address{IOMMU_DC_EXTENDED_BYTES} * device;
  const auto put = [this](Address at, std::uint64_t value) {
    (void)node_.storage().write64(at, value);
  };
  put(context + IOMMU_DC_TC, IOMMU_ENTRY_VALID | (config_.ssd.ats ? IOMMU_TC_EN_ATS : 0));
  put(context + IOMMU_DC_FSC,
      std::uint64_t{IOMMU_ATP_SV48} << IOMMU_ATP_MODE_SHIFT | memory_->root());
  memory_->map_as_it_is(message_page);
  bus_.store(BOARD_IOMMU + IOMMU_DDTP, directory >> page_shift << IOMMU_PPN_SHIFT | IOMMU_DDTP_1LVL,
             8);
}

void SsdPlatform::make_namespaces() {
  for (const platform::NewNamespaceConfig& wanted : config_.ssd.namespaces) {
    const double bytes = static_cast<double>(driver_->facts().capacity_bytes) * wanted.share;
    const auto units = static_cast<std::uint64_t>(bytes / static_cast<double>(page_bytes));
    (void)driver_->make_namespace(std::max<std::uint64_t>(units, 1) * (page_bytes / sector_bytes));
  }
  namespaces_ = driver_->namespaces();
}

NamespaceFacts& SsdPlatform::facts_of(std::uint32_t id, const std::string& who) {
  const auto found = std::ranges::find(namespaces_, id, &NamespaceFacts::id);
  if (found != namespaces_.end()) return *found;
  std::string known;
  for (const NamespaceFacts& facts : namespaces_) known += fmt::format(" {}", facts.id);
  throw InputError(fmt::format("{}: the drive has no namespace {}: there are{}", who, id,
                               known.empty() ? " none" : known));
}

void SsdPlatform::make_flows() {
  if (options_.trace) {
    make_trace_flow();
    return;
  }
  for (std::size_t i = 0; i < config_.ssd.flows.size(); ++i) {
    const platform::FlowConfig& flow = config_.ssd.flows[i];
    const std::string path = fmt::format("ssd.flow.{}", i);
    const NamespaceFacts& facts = facts_of(flow.name_space, path);
    if (flow.block_bytes < facts.block_sectors * sector_bytes) {
      throw InputError(fmt::format(
          "{}.block_bytes = {}: namespace {} has blocks of {} bytes: allowed are multiples of them",
          path, flow.block_bytes, facts.id, facts.block_sectors * sector_bytes));
    }
    add_flow(
        {.name = fmt::format("flow {}", i),
         .targets = {target_of(facts)},
         .buffer_bytes = std::min<std::uint64_t>(flow.block_bytes, driver_->facts().transfer_bytes),
         .queues = flow.queues,
         .depth = flow.queue_depth},
        std::make_unique<SyntheticSource>(flow, facts.sectors, path));
  }
}

void SsdPlatform::make_trace_flow() {
  if (namespaces_.empty()) throw InputError("ssd run: the drive has no namespace for a trace");
  Flow::Shape shape{.name = "trace",
                    .buffer_bytes = driver_->facts().transfer_bytes,
                    .queues = config_.ssd.trace_queues,
                    .depth = config_.ssd.trace_queue_depth,
                    .paced = config_.ssd.paced};
  std::vector<std::uint64_t> sizes;
  for (const NamespaceFacts& facts : namespaces_) {
    shape.targets.push_back(target_of(facts));
    sizes.push_back(facts.sectors);
  }
  add_flow(std::move(shape),
           std::make_unique<TraceSource>(std::move(options_.trace), std::move(sizes), now(),
                                         options_.trace_limit));
}

void SsdPlatform::add_flow(Flow::Shape shape, std::unique_ptr<RequestSource> source) {
  shape.first_queue = 1;
  for (const auto& flow : flows_) {
    shape.first_queue = static_cast<std::uint16_t>(shape.first_queue + flow->shape().queues);
  }
  flows_.push_back(std::make_unique<Flow>(std::move(shape), std::move(source), *memory_));
}

Flow::Target SsdPlatform::target_of(const NamespaceFacts& facts) {
  return {
      .name_space = facts.id, .block_sectors = facts.block_sectors, .ledger = ledger_of(facts.id)};
}

Ledger* SsdPlatform::ledger_of(std::uint32_t name_space) {
  if (!config_.ssd.verify) return nullptr;
  const auto known = std::ranges::find(ledger_namespaces_, name_space);
  if (known != ledger_namespaces_.end()) {
    return ledgers_[static_cast<std::size_t>(known - ledger_namespaces_.begin())].get();
  }
  ledger_namespaces_.push_back(name_space);
  return ledgers_.emplace_back(std::make_unique<Ledger>(name_space)).get();
}

void SsdPlatform::create_queues() {
  const std::uint32_t vectors = std::min(drive_of(config_).vectors, most_vectors);
  by_vector_.resize(vectors);
  for (const auto& flow : flows_) {
    for (std::size_t q = 0; q < flow->queues().size(); ++q) {
      // The admin queue has vector 0 for itself, where there are others.
      const std::uint32_t id = flow->queues()[q].id();
      const std::uint32_t vector = vectors == 1 ? 0 : 1 + (id - 1) % (vectors - 1);
      driver_->create(flow->queues()[q], vector);
      by_vector_[vector].push_back({flow.get(), q});
    }
  }
}

void SsdPlatform::drive() {
  std::uint64_t looked = 0;
  for (;;) {
    start_resizes();
    bool finished = !resizing_;
    Nanoseconds due = ftl::never;
    for (const auto& flow : flows_) {
      const std::uint64_t filled = flow->start(now());
      for (std::size_t q = 0; q < flow->queues().size(); ++q) {
        if ((filled >> q & 1) != 0) driver_->ring_submissions(flow->queues()[q]);
      }
      finished = finished && flow->finished();
      due = std::min(due, flow->next_due());
    }
    if (finished) return;
    if (!messages_.raised()) {
      if (due == ftl::never) {
        wait(messages_.event());
      } else {
        wait(sc_core::sc_time(static_cast<double>(due - now()), sc_core::SC_NS), messages_.event());
      }
    }
    if (config_.ssd.interrupt_ns > 0 && messages_.raised()) {
      wait(sc_core::sc_time(config_.ssd.interrupt_ns, sc_core::SC_NS));
    }
    look_at(messages_.take());
    if (requests_ < looked + requests_between_looks) continue;
    looked = requests_;
    if (options_.progress) options_.progress(requests_);
    if (options_.interrupt != nullptr && *options_.interrupt && !interrupted_) {
      interrupted_ = true;
      for (const auto& flow : flows_) flow->stop();
    }
  }
}

void SsdPlatform::start_resizes() {
  if (resizing_ || next_resize_ == config_.ssd.resizes.size()) return;
  const platform::ResizeConfig& wanted = config_.ssd.resizes[next_resize_];
  if (requests_ < wanted.after_requests) return;
  const std::string who = fmt::format("ssd.resize.{}", next_resize_++);
  NamespaceFacts& facts = facts_of(wanted.name_space, who);
  const auto units =
      static_cast<std::uint64_t>(static_cast<double>(driver_->facts().capacity_bytes) *
                                 wanted.share / static_cast<double>(page_bytes));
  const std::uint64_t sectors = std::max<std::uint64_t>(units, 1) * (page_bytes / sector_bytes);
  const std::size_t record = resizes_.size();
  resizes_.push_back(
      {.name_space = facts.id, .from = facts.sectors, .to = sectors, .began = now()});
  resizing_ = true;
  if (sectors < facts.sectors) {
    for (const auto& flow : flows_) flow->resized(facts.id, sectors);
  }
  driver_->resize(facts, sectors, [this, record, &facts](const CommandEnd& end) {
    ResizeRecord& done = resizes_[record];
    done.status = end.status;
    done.ended = now();
    resizing_ = false;
    if (end.status != NVME_SUCCESS) return;
    facts.sectors = done.to;
    if (done.to < done.from) return;
    for (const auto& flow : flows_) flow->resized(done.name_space, done.to);
  });
}

void SsdPlatform::look_at(std::uint64_t vectors) {
  for (std::size_t vector = 0; vectors >> vector != 0 && vector < by_vector_.size(); ++vector) {
    if ((vectors >> vector & 1) == 0) continue;
    if (vector == 0) driver_->look();
    for (const QueueOfFlow& of : by_vector_[vector]) take_completions(*of.flow, of.queue);
  }
}

void SsdPlatform::take_completions(Flow& flow, std::size_t queue) {
  QueuePair& pair = flow.queues()[queue];
  CommandEnd end;
  const std::uint64_t before = flow.statistics().requests();
  bool any = false;
  while (pair.take(end)) {
    any = true;
    flow.ended(queue, end, now(), resizing_);
  }
  requests_ += flow.statistics().requests() - before;
  if (any) driver_->ring_completions(pair);
}

std::uint64_t SsdPlatform::verified_sectors() const {
  std::uint64_t sum = 0;
  for (const auto& ledger : ledgers_) sum += ledger->checked();
  return sum;
}

std::string SsdPlatform::difference() const {
  for (const auto& ledger : ledgers_) {
    if (!ledger->difference().empty()) return ledger->difference();
  }
  return {};
}

void SsdPlatform::visit(StatisticVisitor& v) const {
  v.enter("ssd");
  v.counter("requests", requests_, "requests", "reads and writes of all flows");
  v.counter("ns", now(), "ns", "simulated time until the drive had shut down");
  if (config_.ssd.verify) {
    v.counter("verified_sectors", verified_sectors(), "sectors", "read and compared");
  }
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    v.block(fmt::format("flow{}", i), flows_[i]->statistics());
  }
  for (std::size_t i = 0; i < resizes_.size(); ++i)
    v.block(fmt::format("resize{}", i), resizes_[i]);
  v.leave();
  node_.statistics(mode).visit(v);
  node_.visit_dma(v);
  if (iommu_) iommu_->visit(v);
  pcie_.visit(v);
}

}  // namespace kilburn::ssd
