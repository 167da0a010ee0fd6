#include "iommu/directories.h"

#include "kilburn/iommu.h"

namespace kilburn::iommu {

namespace {

/// Bits of a number that index the tables of each level, the leaves first.
struct Split {
  unsigned leaf;
  unsigned middle;
  unsigned root;
};
constexpr Split base_devices{7, 9, 8};      // leaves of 32 bytes
constexpr Split extended_devices{6, 9, 9};  // of 64
constexpr Split processes{8, 9, 3};

constexpr unsigned index_at(const Split& split, std::uint32_t number, unsigned level) {
  const unsigned shift[] = {0, split.leaf, split.leaf + split.middle};
  const unsigned bits[] = {split.leaf, split.middle, split.root};
  return number >> shift[level] & ((1u << bits[level]) - 1);
}
constexpr bool beyond(const Split& split, std::uint32_t number, unsigned levels) {
  const unsigned bits[] = {0, split.leaf, split.leaf + split.middle,
                           split.leaf + split.middle + split.root};
  return number >> bits[levels] != 0;
}

}  // namespace

void DirectoryStatistics::visit(StatisticVisitor& v) const {
  v.counter("device_reads", device_reads, "reads", "reads of the device directory");
  v.counter("process_reads", process_reads, "reads", "reads of process directories");
}

Directories::Directories(const IommuConfig& config, std::uint64_t capabilities,
                         CheckedMemory& memory)
    : capabilities_(capabilities),
      extended_((capabilities & IOMMU_CAP_MSI_FLAT) != 0),
      memory_(memory),
      devices_(config.device_contexts),
      processes_(config.process_contexts) {}

bool Directories::too_wide(const DeviceDirectory& directory, std::uint32_t device) const {
  return beyond(extended_ ? extended_devices : base_devices, device, directory.levels);
}

bool Directories::too_wide(const ProcessDirectory& directory, std::uint32_t process) {
  return beyond(processes, process, directory.levels);
}

Located<SharedContext> Directories::device(const DeviceDirectory& directory, std::uint32_t device,
                                           Cycles now) {
  if (const SharedContext* cached = devices_.lookup({device})) return {.context = *cached};
  const std::uint64_t generation = generation_;
  Located<SharedContext> found = read_device(directory, device, now);
  // Overtaken, another directory may be in force: whoever asked looks at the generation, and asks
  // again. Somebody else may have read it meanwhile.
  if (!found.cause && generation == generation_ && !devices_.holds({device})) {
    devices_.fill({device}, found.context);
  }
  return found;
}

Located<SharedContext> Directories::read_device(const DeviceDirectory& directory,
                                                std::uint32_t device, Cycles now) {
  const Split& split = extended_ ? extended_devices : base_devices;
  const unsigned bytes = extended_ ? IOMMU_DC_EXTENDED_BYTES : IOMMU_DC_BASE_BYTES;
  Located<SharedContext> result;
  PageNumber table = directory.root;
  for (unsigned level = directory.levels; level-- > 0;) {
    const unsigned entry_bytes = level == 0 ? bytes : 8;
    ++statistics_.device_reads;
    ++result.work.reads;
    const Words read =
        memory_.read((table << page_shift) + Address{entry_bytes} * index_at(split, device, level),
                     entry_bytes / 8, now + result.latency);
    result.latency += read.latency;
    result.cause = Cause::ddt_access_fault;
    if (!read.ok) return result;
    result.cause = Cause::ddt_not_valid;
    if ((read.data[0] & IOMMU_ENTRY_VALID) == 0) return result;
    result.cause = Cause::ddt_misconfigured;
    if (level == 0) {
      const auto context = decode_device_context(read.data, capabilities_);
      if (!context) return result;
      result.context = SharedContext(*context);
    } else {
      const auto next = decode_table_entry(read.data[0]);
      if (!next) return result;
      table = *next;
    }
  }
  result.cause = std::nullopt;
  return result;
}

Located<ProcessContext> Directories::process(const DeviceContext& context, std::uint32_t device,
                                             std::uint32_t process, Access access,
                                             GuestAddressing& guest, Cycles now) {
  const ProcessKey key{device, process};
  if (const ProcessContext* cached = processes_.lookup(key)) return {.context = *cached};
  const std::uint64_t generation = generation_;
  const Located<ProcessContext> found = read_process(context, process, access, guest, now);
  // The same holds of the device's context that led here.
  if (!found.cause && generation == generation_ && !processes_.holds(key)) {
    processes_.fill(key, found.context);
  }
  return found;
}

Located<ProcessContext> Directories::read_process(const DeviceContext& context,
                                                  std::uint32_t process, Access access,
                                                  GuestAddressing& guest, Cycles now) {
  Located<ProcessContext> result;
  PageNumber table = context.directory.root;
  for (unsigned level = context.directory.levels; level-- > 0;) {
    const unsigned entry_bytes = level == 0 ? IOMMU_PC_BYTES : 8;
    Address at = (table << page_shift) + Address{entry_bytes} * index_at(processes, process, level);
    if (context.guest_mode != PagingMode::bare) {
      const auto place = guest.guest_physical(context, at, now + result.latency);
      result.latency += place.latency;
      result.work.walks += place.work.walks;
      result.work.reads += place.work.reads;
      if (place.fault == Fault::guest_page_fault) {
        result.cause = cause_of(place.fault, access);
        result.iotval2 = (at & ~Address{3}) | 1;  // an implicit access, and a read
        return result;
      }
      result.cause = Cause::pdt_access_fault;
      if (place.fault != Fault::none) return result;
      at = place.physical;
    }
    ++statistics_.process_reads;
    ++result.work.reads;
    const Words read = memory_.read(at, entry_bytes / 8, now + result.latency);
    result.latency += read.latency;
    result.cause = Cause::pdt_access_fault;
    if (!read.ok) return result;
    result.cause = Cause::pdt_not_valid;
    if ((read.data[0] & IOMMU_ENTRY_VALID) == 0) return result;
    result.cause = Cause::pdt_misconfigured;
    if (level == 0) {
      const auto found = decode_process_context(read.data, capabilities_);
      if (!found) return result;
      result.context = *found;
    } else {
      const auto next = decode_table_entry(read.data[0]);
      if (!next) return result;
      table = *next;
    }
  }
  result.cause = std::nullopt;
  return result;
}

void Directories::invalidate_all() {
  ++generation_;
  devices_.invalidate([](const DeviceKey&) { return true; });
  processes_.invalidate([](const ProcessKey&) { return true; });
}

void Directories::invalidate_device(std::uint32_t device) {
  ++generation_;
  devices_.invalidate([&](const DeviceKey& key) { return key.device == device; });
  processes_.invalidate([&](const ProcessKey& key) { return key.device == device; });
}

void Directories::invalidate_process(std::uint32_t device, std::uint32_t process) {
  ++generation_;
  processes_.invalidate(
      [&](const ProcessKey& key) { return key.device == device && key.process == process; });
}

void Directories::visit(StatisticVisitor& v) const {
  statistics_.visit(v);
  v.block("device_contexts", devices_.statistics());
  v.block("process_contexts", processes_.statistics());
}

}  // namespace kilburn::iommu
