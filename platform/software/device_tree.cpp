#include "platform/software/device_tree.h"

#include <libfdt.h>

#include "common/error.h"
#include "common/random.h"
#include "device/tree_writer.h"
#include "platform/software/file_bytes.h"

namespace kilburn::software {
namespace {

constexpr std::size_t fixed_bytes = std::size_t{64}
                                    << 10;  // more than eight harts and all devices take up
constexpr std::uint64_t most_overlay_bytes = std::uint64_t{256} << 10;
constexpr std::size_t most_tree_bytes = std::size_t{16} << 20;

using device::node_name;

class BoardTree {
 public:
  explicit BoardTree(const BoardConfig& config)
      : config_(config),
        tree_(fixed_bytes + config.bootargs.size() + config.stdout_path.size() +
              config.harts * (config.isa.size() + config.mmu_type.size())) {
    for (const device::TreeNodes& nodes : config.devices) {
      if (nodes.wired) tree_.set_wired_controller(*nodes.wired);
    }
  }

  std::vector<std::byte> write() {
    tree_.node("", [&] {
      tree_.cells("#address-cells", {2});
      tree_.cells("#size-cells", {2});
      tree_.texts("compatible", {"riscv-virtio"});
      tree_.texts("model", {"riscv-virtio,kilburn"});
      chosen();
      memory();
      cpus();
      soc();
      for (const device::TreeNodes& nodes : config_.devices) {
        if (nodes.root) nodes.root(tree_);
      }
      tree_.symbols();
    });
    return tree_.finish();
  }

 private:
  void chosen() {
    tree_.node("chosen", [&] {
      if (!config_.bootargs.empty()) tree_.texts("bootargs", {config_.bootargs});
      if (!config_.stdout_path.empty()) tree_.texts("stdout-path", {config_.stdout_path});
      if (config_.initrd) {
        const AddressRange& initrd = *config_.initrd;
        tree_.wide_cells("linux,initrd-start", {initrd.first});
        tree_.wide_cells("linux,initrd-end", {initrd.first + initrd.bytes});
      }
      const std::uint64_t seed = mix64(config_.seed);
      tree_.wide_cells("rng-seed", {seed, mix64(seed ^ 1), mix64(seed ^ 2), mix64(seed ^ 3)});
    });
  }

  void memory() {
    tree_.node(node_name("memory", config_.memory.first), [&] {
      tree_.texts("device_type", {"memory"});
      tree_.wide_cells("reg", {config_.memory.first, config_.memory.bytes});
    });
  }

  void cpus() {
    tree_.node("cpus", [&] {
      tree_.cells("#address-cells", {1});
      tree_.cells("#size-cells", {0});
      tree_.cells("timebase-frequency", {static_cast<std::uint32_t>(config_.timebase_hz)});
      for (unsigned hart = 0; hart < config_.harts; ++hart) cpu(hart);
      tree_.node("cpu-map", [&] {
        tree_.node("cluster0", [&] {
          for (unsigned hart = 0; hart < config_.harts; ++hart) {
            tree_.node(fmt::format("core{}", hart),
                       [&] { tree_.cells("cpu", {tree_.phandle(cpu_label(hart))}); });
          }
        });
      });
    });
  }

  void cpu(unsigned hart) {
    tree_.node(node_name("cpu", hart), [&] {
      tree_.label(cpu_label(hart));
      tree_.texts("device_type", {"cpu"});
      tree_.cells("reg", {hart});
      tree_.texts("status", {"okay"});
      tree_.texts("compatible", {"riscv"});
      tree_.texts("riscv,isa", {config_.isa});
      tree_.texts("mmu-type", {config_.mmu_type});
      tree_.node("interrupt-controller", [&] {
        tree_.label(device::hart_controller(hart));
        tree_.cells("#interrupt-cells", {1});
        tree_.flag("interrupt-controller");
        tree_.texts("compatible", {"riscv,cpu-intc"});
      });
    });
  }

  void soc() {
    tree_.node("soc", [&] {
      tree_.label("soc");
      tree_.cells("#address-cells", {2});
      tree_.cells("#size-cells", {2});
      tree_.texts("compatible", {"simple-bus"});
      tree_.flag("ranges");
      for (const device::TreeNodes& nodes : config_.devices) {
        if (nodes.bus) nodes.bus(tree_);
      }
    });
  }

  static std::string cpu_label(unsigned hart) { return fmt::format("cpu{}", hart); }

  const BoardConfig& config_;
  device::TreeWriter tree_;
};

}  // namespace

std::vector<std::byte> device_tree(const BoardConfig& config) {
  return BoardTree(config).write();
}

namespace {

/// "cpu0, cpu0_intc, soc, ...".
std::string labels_of(const std::vector<std::byte>& tree) {
  std::string labels;
  const int node = fdt_path_offset(tree.data(), "/__symbols__");
  int property = 0;
  fdt_for_each_property_offset(property, tree.data(), node) {
    const char* name = nullptr;
    fdt_getprop_by_offset(tree.data(), property, &name, nullptr);
    labels += (labels.empty() ? "" : ", ") + std::string(name);
  }
  return labels;
}

}  // namespace

std::vector<std::byte> apply_overlay(const std::vector<std::byte>& tree, const std::string& path) {
  const std::vector<std::byte> overlay = read_file_bytes(path, most_overlay_bytes);
  if (const int error = fdt_check_full(overlay.data(), overlay.size()); error != 0) {
    throw InputError(
        fmt::format("{}: no device tree overlay (.dtbo): {}", path, fdt_strerror(error)));
  }
  int error = -FDT_ERR_NOSPACE;
  for (std::size_t room = tree.size() + 2 * overlay.size();
       error == -FDT_ERR_NOSPACE && room <= most_tree_bytes; room *= 2) {
    // A failure leaves both in pieces: each try has copies of its own.
    std::vector<std::byte> result(room);
    std::vector<std::byte> applied = overlay;
    error = fdt_open_into(tree.data(), result.data(), static_cast<int>(room));
    if (error == 0) error = fdt_overlay_apply(result.data(), applied.data());
    if (error == 0) error = fdt_pack(result.data());
    if (error == 0) {
      result.resize(fdt_totalsize(result.data()));
      return result;
    }
  }
  throw InputError(fmt::format(
      "{}: the overlay cannot be applied: {}; its targets must be paths or labels of the board: {}",
      path, fdt_strerror(error), labels_of(tree)));
}

}  // namespace kilburn::software
