// The recorder's half within QEMU user mode: a TCG plugin that reports every translation block
// executed, every load and store, and mmap, munmap and mremap, through a ring in shared memory
// (ring.h).
//
// Each thread collects words in a buffer of its own and copies it into the ring when it is full, so
// threads interleave in steps of a buffer. Memory that a fork's child touches is not recorded.

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>
#include <string_view>

#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/types.h"
#include "trace/recorder/qemu_plugin_api.h"
#include "trace/recorder/ring.h"

namespace kilburn::trace {
namespace {

constexpr std::size_t buffer_words = 2048;
constexpr unsigned max_threads = 4096;  // alive at once

/// Numbers of the system calls that change the address space.
struct SyscallNumbers {
  std::int64_t mmap;
  std::int64_t munmap;
  std::int64_t mremap;
};
constexpr SyscallNumbers x86_64_syscalls = {9, 11, 25};
constexpr SyscallNumbers generic_syscalls = {222, 215, 216};  // aarch64, riscv64

struct Thread {
  std::size_t used = 0;
  std::array<std::uint64_t, buffer_words> words;
  std::array<std::uint64_t, 3> arguments;  ///< of the system call in progress
};

/// A number in the place of the data pointer that QEMU keeps for a callback.
void* as_data(std::uint64_t number) {
  return reinterpret_cast<void*>(number);  // NOLINT(performance-no-int-to-ptr): never followed
}

/// One recording: the one per process that QEMU's callbacks, which take no context, refer to.
class Recording {
 public:
  explicit Recording(Ring& ring, const SyscallNumbers& syscalls)
      : ring_(ring), syscalls_(syscalls) {}

  Thread& thread(unsigned vcpu) {
    Thread* found = threads_[vcpu % max_threads].get();
    return found != nullptr ? *found : add_thread(vcpu);
  }
  void put(unsigned vcpu, std::uint64_t word) {
    Thread& t = thread(vcpu);
    t.words[t.used++] = word;
    // Two words to spare: a map or unmap is never cut by the end of a chunk.
    if (t.used >= buffer_words - 2) flush(vcpu);
  }
  void put_range(unsigned vcpu, Word what, std::uint64_t address, std::uint64_t bytes) {
    Thread& t = thread(vcpu);
    t.words[t.used++] = address >> page_shift << 2 | static_cast<std::uint64_t>(what);
    t.words[t.used++] = (bytes + page_bytes - 1) >> page_shift;
    if (t.used >= buffer_words - 2) flush(vcpu);
  }
  void flush(unsigned vcpu) {
    Thread& t = thread(vcpu);
    send({ChunkKind::words, static_cast<std::uint8_t>(vcpu), static_cast<std::uint32_t>(t.used)},
         t.words.data());
    t.used = 0;
    // The program ends here, in whichever thread comes by first, when the recording has enough.
    if (ring_.stop.load(std::memory_order_acquire)) _exit(0);
  }
  void send(ChunkHeader header, const std::uint64_t* words);
  void finish() {
    for (unsigned vcpu = 0; vcpu < max_threads; ++vcpu) {
      if (threads_[vcpu] != nullptr && threads_[vcpu]->used != 0) flush(vcpu);
    }
    ring_.finished.store(true, std::memory_order_release);
  }
  std::uint64_t next_block() { return blocks_.fetch_add(1, std::memory_order_relaxed); }
  void enter_child() { child_ = true; }
  void count_child() {
    if (!child_) ring_.children.fetch_add(1, std::memory_order_relaxed);
  }
  void count_thread() {
    if (!child_) ring_.threads.fetch_add(1, std::memory_order_relaxed);
  }
  [[nodiscard]] bool in_child() const { return child_; }
  [[nodiscard]] const SyscallNumbers& syscalls() const { return syscalls_; }

 private:
  Thread& add_thread(unsigned vcpu) {
    threads_[vcpu % max_threads] = std::make_unique<Thread>();
    return *threads_[vcpu % max_threads];
  }
  void wait_for_room(std::uint64_t words);

  Ring& ring_;
  SyscallNumbers syscalls_;
  std::mutex mutex_;
  std::atomic<std::uint64_t> blocks_{0};
  std::array<std::unique_ptr<Thread>, max_threads> threads_;
  bool child_ = false;
};

Recording* recording = nullptr;  // set once, in qemu_plugin_install

void Recording::wait_for_room(std::uint64_t words) {
  const std::uint64_t end = ring_.written.load(std::memory_order_relaxed) + words;
  while (end - ring_.read.load(std::memory_order_acquire) > ring_words) {
    constexpr timespec pause = {.tv_sec = 0, .tv_nsec = 50'000};
    nanosleep(&pause, nullptr);
  }
}

void Recording::send(ChunkHeader header, const std::uint64_t* words) {
  if (child_) return;
  const std::lock_guard lock(mutex_);
  wait_for_room(header.words + 1);
  std::uint64_t at = ring_.written.load(std::memory_order_relaxed);
  ring_.words[at++ % ring_words] = header.pack();
  const std::size_t first = std::min<std::size_t>(header.words, ring_words - at % ring_words);
  std::memcpy(&ring_.words[at % ring_words], words, first * sizeof *words);
  std::memcpy(&ring_.words[0], words + first, (header.words - first) * sizeof *words);
  ring_.written.store(at + header.words, std::memory_order_release);
}

void on_execute(unsigned vcpu, void* block) {
  recording->put(vcpu, reinterpret_cast<std::uint64_t>(block));
}

void on_access(unsigned vcpu, QemuMemoryInfo info, std::uint64_t address, void* instruction) {
  const AccessWord word{
      .address = address,
      .instruction = static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(instruction)),
      .log2_bytes = qemu_plugin_mem_size_shift(info),
      .store = qemu_plugin_mem_is_store(info)};
  recording->put(vcpu, word.pack());
}

/// F2 or F3, perhaps after other prefixes, before MOVS, CMPS, STOS, LODS or SCAS. INS and OUTS are
/// no business of user programs.
bool is_repeated_string(const QemuInstruction* instruction) {
  const auto* bytes = static_cast<const std::uint8_t*>(qemu_plugin_insn_data(instruction));
  const std::size_t size = qemu_plugin_insn_size(instruction);
  bool repeated = false;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint8_t byte = bytes[i];
    if (byte == 0xF2 || byte == 0xF3) {
      repeated = true;
    } else if (byte != 0x66 && byte != 0x67 && (byte & 0xF0) != 0x40) {
      return repeated && ((byte >= 0xA4 && byte <= 0xA7) || (byte >= 0xAA && byte <= 0xAF));
    }
  }
  return false;
}

template <bool x86>
void on_translate(QemuPluginId, QemuTb* block) {
  if (recording->in_child()) return;
  const std::size_t count =
      std::min<std::size_t>(qemu_plugin_tb_n_insns(block), max_block_instructions);
  const std::uint64_t number = recording->next_block();
  std::array<std::uint64_t, 1 + 2 * max_block_instructions> words;
  words[0] = number;
  for (std::size_t i = 0; i < count; ++i) {
    QemuInstruction* instruction = qemu_plugin_tb_get_insn(block, i);
    words[1 + 2 * i] = qemu_plugin_insn_vaddr(instruction);
    words[2 + 2 * i] =
        InstructionWord{static_cast<std::uint8_t>(qemu_plugin_insn_size(instruction)),
                        x86 && is_repeated_string(instruction)}
            .pack();
    // Loads and stores in one: QEMU before 8.1 confuses the two in callbacks for one of them.
    qemu_plugin_register_vcpu_mem_cb(instruction, on_access, qemu_no_registers,
                                     qemu_memory_read_write, as_data(i));
  }
  recording->send({ChunkKind::block, 0, static_cast<std::uint32_t>(1 + 2 * count)}, words.data());
  qemu_plugin_register_vcpu_tb_exec_cb(
      block, on_execute, qemu_no_registers,
      as_data(number << 2 | static_cast<std::uint64_t>(Word::block)));
}

void on_syscall(QemuPluginId, unsigned vcpu, std::int64_t, std::uint64_t a1, std::uint64_t a2,
                std::uint64_t a3, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t,
                std::uint64_t) {
  recording->thread(vcpu).arguments = {a1, a2, a3};
}

void on_syscall_return(QemuPluginId, unsigned vcpu, std::int64_t number, std::int64_t result) {
  if (result < 0 && result > -4096) return;  // failed: -errno
  const SyscallNumbers& calls = recording->syscalls();
  const auto& arguments = recording->thread(vcpu).arguments;
  const auto mapped = static_cast<std::uint64_t>(result);
  if (number == calls.mmap) {
    recording->put_range(vcpu, Word::map, mapped, arguments[1]);
  } else if (number == calls.munmap) {
    recording->put_range(vcpu, Word::unmap, arguments[0], arguments[1]);
  } else if (number == calls.mremap) {
    recording->put_range(vcpu, Word::unmap, arguments[0], arguments[1]);
    recording->put_range(vcpu, Word::map, mapped, arguments[2]);
  }
}

void on_thread_start(QemuPluginId, unsigned) {
  recording->count_thread();
}

void on_thread_exit(QemuPluginId, unsigned vcpu) {
  if (!recording->in_child()) recording->flush(vcpu);
}

void on_exit(QemuPluginId, void*) {
  if (!recording->in_child()) recording->finish();
}

void complain(std::string_view text) {
  [[maybe_unused]] const auto ignored = write(STDERR_FILENO, text.data(), text.size());
}

/// The ring, mapped from the file descriptor that the recording process left open.
Ring* map_ring(int argc, char** argv) {
  constexpr std::string_view key = "ring=";
  for (int i = 0; i < argc; ++i) {
    if (!std::string_view(argv[i]).starts_with(key)) continue;
    const int descriptor = std::atoi(argv[i] + key.size());
    void* memory = mmap(nullptr, sizeof(Ring), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);  // the program must not find it
    return memory == MAP_FAILED ? nullptr : static_cast<Ring*>(memory);
  }
  return nullptr;
}

}  // namespace
}  // namespace kilburn::trace

extern "C" {

[[gnu::visibility("default")]] extern const int qemu_plugin_version;
const int qemu_plugin_version = 1;

[[gnu::visibility("default")]] int qemu_plugin_install(QemuPluginId id, const QemuInfo* info,
                                                       int argc, char** argv) {
  using namespace kilburn::trace;
  if (info->system_emulation) {
    complain("kilburn recorder: records programs (QEMU user mode), not systems\n");
    return 1;
  }
  Ring* ring = map_ring(argc, argv);
  if (ring == nullptr) {
    complain("kilburn recorder: no ring: this plugin is started by `kilburn trace record`\n");
    return 1;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody would read the ring
  const bool x86 = std::string_view(info->target_name) == "x86_64";
  static Recording the_recording(*ring, x86 ? x86_64_syscalls : generic_syscalls);
  recording = &the_recording;
  pthread_atfork(
      nullptr, [] { recording->count_child(); }, [] { recording->enter_child(); });
  qemu_plugin_register_vcpu_tb_trans_cb(id, x86 ? on_translate<true> : on_translate<false>);
  qemu_plugin_register_vcpu_syscall_cb(id, on_syscall);
  qemu_plugin_register_vcpu_syscall_ret_cb(id, on_syscall_return);
  qemu_plugin_register_vcpu_init_cb(id, on_thread_start);
  qemu_plugin_register_vcpu_exit_cb(id, on_thread_exit);
  qemu_plugin_register_atexit_cb(id, on_exit, nullptr);
  ring->attached.store(true, std::memory_order_release);
  return 0;
}

}  // extern "C"
