#include "platform/software/device_tree.h"

#include <libfdt.h>

#include "common/error.h"
#include "common/random.h"
#include "interrupt/interrupt_sink.h"
#include "kilburn/finisher.h"
#include "kilburn/uart.h"
#include "platform/software/file_bytes.h"
#include "platform/software/tree_writer.h"

namespace kilburn::software {
namespace {

constexpr std::size_t fixed_bytes = std::size_t{64}
                                    << 10;  // more than eight harts and all devices take up
constexpr std::uint64_t most_overlay_bytes = std::uint64_t{256} << 10;
constexpr std::size_t most_tree_bytes = std::size_t{16} << 20;

// A hart's interrupt controller knows its inputs by their bits in mip.
using interrupt::hart_line::machine_external;
using interrupt::hart_line::machine_software;
using interrupt::hart_line::machine_timer;
using interrupt::hart_line::supervisor_external;

std::string at(std::string_view name, Address address) {
  return fmt::format("{}@{:x}", name, address);
}

class BoardTree {
 public:
  explicit BoardTree(const BoardConfig& config)
      : config_(config),
        tree_(fixed_bytes + config.bootargs.size() + config.stdout_path.size() +
              config.harts * (config.isa.size() + config.mmu_type.size())) {}

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
      if (config_.finisher) {
        syscon("poweroff", "syscon-poweroff", FINISHER_PASS);
        syscon("reboot", "syscon-reboot", FINISHER_RESET);
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
    tree_.node(at("memory", config_.memory.first), [&] {
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
    tree_.node(at("cpu", hart), [&] {
      tree_.label(cpu_label(hart));
      tree_.texts("device_type", {"cpu"});
      tree_.cells("reg", {hart});
      tree_.texts("status", {"okay"});
      tree_.texts("compatible", {"riscv"});
      tree_.texts("riscv,isa", {config_.isa});
      tree_.texts("mmu-type", {config_.mmu_type});
      tree_.node("interrupt-controller", [&] {
        tree_.label(interrupt_label(hart));
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
      clint();
      plic();
      if (config_.finisher) finisher();
      if (config_.rtc) rtc();
      if (config_.uart) uart();
      if (config_.rmu) rmu();
    });
  }

  void clint() {
    tree_.node(at("clint", BOARD_ACLINT), [&] {
      tree_.label("clint");
      tree_.texts("compatible", {"sifive,clint0", "riscv,clint0"});
      tree_.wide_cells("reg", {BOARD_ACLINT, BOARD_ACLINT_BYTES});
      to_harts(machine_software, machine_timer);
    });
  }

  void plic() {
    tree_.node(at("plic", BOARD_PLIC), [&] {
      tree_.label("plic");
      tree_.texts("compatible", {"sifive,plic-1.0.0", "riscv,plic0"});
      tree_.wide_cells("reg", {BOARD_PLIC, BOARD_PLIC_BYTES});
      tree_.cells("#address-cells", {0});
      tree_.cells("#interrupt-cells", {1});
      tree_.flag("interrupt-controller");
      tree_.cells("riscv,ndev", {BOARD_PLIC_SOURCES});
      to_harts(machine_external, supervisor_external);
    });
  }

  /// Two lines to each hart.
  void to_harts(std::uint32_t first, std::uint32_t second) {
    std::vector<std::uint32_t> lines;
    for (unsigned hart = 0; hart < config_.harts; ++hart) {
      const std::uint32_t controller = tree_.phandle(interrupt_label(hart));
      lines.insert(lines.end(), {controller, first, controller, second});
    }
    tree_.cells("interrupts-extended", lines);
  }

  void interrupt(std::uint32_t source) {
    tree_.cells("interrupt-parent", {tree_.phandle("plic")});
    tree_.cells("interrupts", {source});
  }

  void finisher() {
    tree_.node(at("test", BOARD_FINISHER), [&] {
      tree_.label("test");
      tree_.texts("compatible", {"sifive,test1", "sifive,test0", "syscon"});
      tree_.wide_cells("reg", {BOARD_FINISHER, BOARD_FINISHER_BYTES});
    });
  }

  /// How Linux powers off and reboots: a value to write into the finisher's register.
  void syscon(const char* name, const char* compatible, std::uint32_t value) {
    tree_.node(name, [&] {
      tree_.texts("compatible", {compatible});
      tree_.cells("regmap", {tree_.phandle("test")});
      tree_.cells("offset", {FINISHER_COMMAND});
      tree_.cells("value", {value});
    });
  }

  void rtc() {
    tree_.node(at("rtc", BOARD_RTC), [&] {
      tree_.label("rtc");
      tree_.texts("compatible", {"google,goldfish-rtc"});
      tree_.wide_cells("reg", {BOARD_RTC, BOARD_RTC_BYTES});
      interrupt(BOARD_IRQ_RTC);
    });
  }

  void uart() {
    tree_.node(at("serial", BOARD_UART), [&] {
      tree_.label("uart");
      tree_.texts("compatible", {"ns16550a"});
      tree_.wide_cells("reg", {BOARD_UART, BOARD_UART_BYTES});
      tree_.cells("clock-frequency", {UART_CLOCK_HZ});
      interrupt(BOARD_IRQ_UART);
    });
  }

  void rmu() {
    tree_.node(at("rmu", BOARD_RMU), [&] {
      tree_.label("rmu");
      tree_.texts("compatible", {"kilburn,rmu"});
      tree_.wide_cells("reg", {BOARD_RMU, BOARD_RMU_BYTES});
    });
  }

  static std::string cpu_label(unsigned hart) { return fmt::format("cpu{}", hart); }
  static std::string interrupt_label(unsigned hart) { return fmt::format("cpu{}_intc", hart); }

  const BoardConfig& config_;
  TreeWriter tree_;
};

}  // namespace

std::vector<std::byte> device_tree(const BoardConfig& config) {
  return BoardTree(config).write();
}

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
      "{}: the overlay cannot be applied: {}; its targets must be paths or labels of the board: "
      "soc, clint, plic, uart, rtc, test, rmu, cpu0, cpu0_intc, ...",
      path, fdt_strerror(error)));
}

}  // namespace kilburn::software
