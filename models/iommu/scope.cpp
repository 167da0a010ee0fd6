#include "iommu/scope.h"

#include <utility>

namespace kilburn::iommu {

namespace {

Scope refused(Cause cause, Scope scope = {}) {
  scope.cause = cause;
  return scope;
}

/// Steps 10 to 16: the first stage, of the device or of a process of it.
void add_first_stage(Scope& scope, const Transaction& transaction, Directories& directories,
                     GuestAddressing& guest, Cycles now) {
  const DeviceContext& device = *scope.device;
  if (!device.has_processes) {
    scope.first = device.first;
    return;
  }
  std::optional<dma::Pasid> process = transaction.process;
  if (!process && device.default_process) process = dma::Pasid{};
  if (!process || device.directory.levels == 0) return;  // first stage Bare
  const auto found = directories.process(device, transaction.device, process->number,
                                         transaction.access, guest, now + scope.latency);
  scope.latency += found.latency;
  scope.work.walks += found.work.walks;
  scope.work.reads += found.work.reads;
  scope.iotval2 = found.iotval2;
  scope.cause = found.cause;
  if (!scope.cause && process->privileged && !found.context.supervisor) {
    scope.cause = Cause::type_disallowed;
  }
  if (scope.cause) return;
  scope.first = found.context.first;
  // A Bare first stage has no rights of its own to tell privileges apart.
  if (process->privileged && scope.first.mode != PagingMode::bare) {
    scope.privilege.privilege = Privilege::supervisor;
    scope.privilege.sum = found.context.sum;
  }
}

Scope find_once(const DirectoryPointer& pointer, const Transaction& transaction,
                Directories& directories, GuestAddressing& guest, Cycles now) {
  Scope scope = find_device(pointer, transaction, directories, now);
  if (scope.cause || scope.identity) return scope;
  if (transaction.kind == AddressKind::translated) {
    // Physical, or guest-physical, for which the second stage remains.
    scope.identity = !scope.device->to_guest_physical;
  } else {
    add_first_stage(scope, transaction, directories, guest, now);
  }
  return scope;
}

}  // namespace

Scope find_device(const DirectoryPointer& pointer, const Transaction& transaction,
                  Directories& directories, Cycles now) {
  using Mode = DirectoryPointer::Mode;
  const bool ats = transaction.kind != AddressKind::untranslated;
  if (pointer.mode == Mode::off) return refused(Cause::all_disallowed);
  if (pointer.mode == Mode::bare) {
    if (ats) return refused(Cause::type_disallowed);
    return {.identity = true};
  }
  const DeviceDirectory directory{pointer.levels(), pointer.root};
  if (directories.too_wide(directory, transaction.device)) return refused(Cause::type_disallowed);
  auto found = directories.device(directory, transaction.device, now);
  if (found.cause) return refused(*found.cause, {.latency = found.latency, .work = found.work});
  const DeviceContext& device = *found.context;
  Scope scope{.silent = device.silent,
              .device = std::move(found.context),
              .privilege = {.svade = !device.first_ad, .guest_svade = !device.guest_ad},
              .latency = found.latency,
              .work = found.work};
  if (ats && !device.ats) return refused(Cause::type_disallowed, scope);
  if (transaction.process) {
    if (!device.has_processes) return refused(Cause::type_disallowed, scope);
    if (device.directory.levels != 0 &&
        Directories::too_wide(device.directory, transaction.process->number)) {
      return refused(Cause::type_disallowed, scope);
    }
  }
  return scope;
}

Scope find_scope(const DirectoryPointer& pointer, const Transaction& transaction,
                 Directories& directories, GuestAddressing& guest, Cycles now) {
  Cycles latency = 0;
  TableWork work;
  for (;;) {
    const std::uint64_t generation = directories.generation();
    Scope scope = find_once(pointer, transaction, directories, guest, now + latency);
    latency += scope.latency;
    work.walks += scope.work.walks;
    work.reads += scope.work.reads;
    if (generation != directories.generation()) continue;
    scope.latency = latency;
    scope.work = work;
    return scope;
  }
}

}  // namespace kilburn::iommu
