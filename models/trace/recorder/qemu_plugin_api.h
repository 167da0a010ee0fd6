// The part of QEMU's plugin interface, version 1 (QEMU 4.2 to 8.x), that the recorder uses. The
// distribution packages QEMU without its header, so these are declared here, from the interface's
// documentation (QEMU manual, "TCG Plugins"). QEMU exports the functions to the plugins it loads.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

using QemuPluginId = std::uint64_t;
struct QemuTb;           // a translation block: instructions translated together
struct QemuInstruction;  // one of them; both live during the translation callback only

struct QemuInfo {
  const char* target_name;  ///< "x86_64", "aarch64", "riscv64", ...
  struct {
    int min;  ///< oldest interface version that this QEMU still serves
    int cur;
  } version;
  bool system_emulation;  ///< more members follow for systems; QEMU makes the object
};

enum QemuRegisterUse { qemu_no_registers = 0 };
enum QemuMemoryUse { qemu_memory_read = 1, qemu_memory_write = 2, qemu_memory_read_write = 3 };
using QemuMemoryInfo = std::uint32_t;

using QemuTranslated = void (*)(QemuPluginId, QemuTb*);
using QemuExecuted = void (*)(unsigned vcpu, void* data);
using QemuAccessed = void (*)(unsigned vcpu, QemuMemoryInfo, std::uint64_t address, void* data);
using QemuVcpu = void (*)(QemuPluginId, unsigned vcpu);
using QemuExit = void (*)(QemuPluginId, void* data);
using QemuSyscall = void (*)(QemuPluginId, unsigned vcpu, std::int64_t number, std::uint64_t a1,
                             std::uint64_t a2, std::uint64_t a3, std::uint64_t a4, std::uint64_t a5,
                             std::uint64_t a6, std::uint64_t a7, std::uint64_t a8);
using QemuSyscallReturn = void (*)(QemuPluginId, unsigned vcpu, std::int64_t number,
                                   std::int64_t result);

std::size_t qemu_plugin_tb_n_insns(const QemuTb*);
QemuInstruction* qemu_plugin_tb_get_insn(const QemuTb*, std::size_t index);
std::uint64_t qemu_plugin_insn_vaddr(const QemuInstruction*);
std::size_t qemu_plugin_insn_size(const QemuInstruction*);
const void* qemu_plugin_insn_data(const QemuInstruction*);
unsigned qemu_plugin_mem_size_shift(QemuMemoryInfo);
bool qemu_plugin_mem_is_store(QemuMemoryInfo);
void qemu_plugin_register_vcpu_tb_trans_cb(QemuPluginId, QemuTranslated);
void qemu_plugin_register_vcpu_tb_exec_cb(QemuTb*, QemuExecuted, QemuRegisterUse, void* data);
void qemu_plugin_register_vcpu_mem_cb(QemuInstruction*, QemuAccessed, QemuRegisterUse,
                                      QemuMemoryUse, void* data);
void qemu_plugin_register_vcpu_syscall_cb(QemuPluginId, QemuSyscall);
void qemu_plugin_register_vcpu_syscall_ret_cb(QemuPluginId, QemuSyscallReturn);
void qemu_plugin_register_vcpu_init_cb(QemuPluginId, QemuVcpu);
void qemu_plugin_register_vcpu_exit_cb(QemuPluginId, QemuVcpu);
void qemu_plugin_register_atexit_cb(QemuPluginId, QemuExit, void* data);

}  // extern "C"
