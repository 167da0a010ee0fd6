#include "trace/recorder.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"
#include "trace/access_assembler.h"
#include "trace/guest_program.h"
#include "trace/kilburn_writer.h"
#include "trace/recorder/ring.h"
#include "trace/touch_order.h"

namespace kilburn::trace {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto poll_interval = std::chrono::microseconds(100);
constexpr std::size_t round_chunks = 256;
/// How long a program that waits (for input, for a lock) may take to notice the end of the
/// recording.
constexpr auto stop_patience = std::chrono::milliseconds(300);

[[noreturn]] void fail(const char* what) {
  throw InputError(fmt::format("recorder: {}: {}", what, std::strerror(errno)));
}

/// The ring, in memory without a name, and its file descriptor for the program.
class SharedRing {
 public:
  SharedRing() : descriptor_(memfd_create("kilburn-recorder", 0)) {
    if (descriptor_ < 0) fail("shared memory");
    if (ftruncate(descriptor_, sizeof(Ring)) != 0) fail("shared memory");
    void* memory = mmap(nullptr, sizeof(Ring), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    if (memory == MAP_FAILED) fail("shared memory");
    ring_ = new (memory) Ring;
  }
  ~SharedRing() {
    munmap(ring_, sizeof(Ring));
    close(descriptor_);
  }
  SharedRing(const SharedRing&) = delete;
  SharedRing& operator=(const SharedRing&) = delete;

  [[nodiscard]] Ring& ring() { return *ring_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  Ring* ring_ = nullptr;
};

/// The program under QEMU. Killed where the recording ends by an exception.
class Guest {
 public:
  explicit Guest(const std::vector<std::string>& arguments) {
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    process_ = fork();
    if (process_ < 0) fail("fork");
    if (process_ != 0) return;
    // Ctrl-C ends the recording, and so does the terminal's end; the recording then ends the
    // program.
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const int ignored_here : {SIGPIPE, SIGXFSZ}) signal(ignored_here, SIG_DFL);
    execv(argv[0], argv.data());
    _exit(127);
  }
  ~Guest() {
    if (status_) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  [[nodiscard]] bool ended() {
    if (status_) return true;
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) != process_) return false;
    status_ = status;
    return true;
  }
  void end() const { kill(process_, SIGKILL); }
  [[nodiscard]] int exit_status() const {
    return WIFSIGNALED(*status_) ? 128 + WTERMSIG(*status_) : WEXITSTATUS(*status_);
  }

 private:
  pid_t process_ = -1;
  std::optional<int> status_;
};

/// Takes chunks out of the ring.
class RingReader {
 public:
  explicit RingReader(Ring& ring) : ring_(ring) {}

  /// False where the ring is empty.
  [[nodiscard]] bool take(AccessAssembler& assembler) {
    std::uint64_t at = ring_.read.load(std::memory_order_relaxed);
    if (at == ring_.written.load(std::memory_order_acquire)) return false;
    const auto header = ChunkHeader::unpack(ring_.words[at++ % ring_words]);
    const std::uint64_t begin = at % ring_words;
    if (begin + header.words <= ring_words) {
      assembler.add(header, {&ring_.words[begin], header.words});
    } else {
      const std::uint64_t first = ring_words - begin;
      chunk_.assign(&ring_.words[begin], ring_.words + ring_words);
      chunk_.insert(chunk_.end(), ring_.words, ring_.words + (header.words - first));
      assembler.add(header, chunk_);
    }
    ring_.read.store(at + header.words, std::memory_order_release);
    return true;
  }

 private:
  Ring& ring_;
  std::vector<std::uint64_t> chunk_;  ///< one that goes round the end of the ring
};

/// Passes records on between `skip` and `skip + limit`; notes the first touches of those before.
class Window {
 public:
  Window(Writer& writer, std::uint64_t skip, std::uint64_t limit)
      : writer_(writer), skip_(skip), limit_(limit) {}

  void append(Batch batch) {
    const std::uint64_t passed = std::min<std::uint64_t>(skip_ - skipped_, batch.records.size());
    skipped_ += passed;
    order_.add({.records = batch.records.first(passed), .events = batch.events});
    batch.records = batch.records.subspan(passed);
    const std::uint64_t room = limit_ - writer_.counts().records;
    batch.records = batch.records.first(std::min<std::uint64_t>(room, batch.records.size()));
    if (!batch.empty()) writer_.append(batch);
  }
  [[nodiscard]] bool full() const { return writer_.counts().records >= limit_; }
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  /// Of the records passed over.
  [[nodiscard]] const TouchOrder& touch_order() const { return order_.order(); }

 private:
  Writer& writer_;
  TouchOrderBuilder order_;
  std::uint64_t skip_;
  std::uint64_t limit_;
  std::uint64_t skipped_ = 0;
};

Metadata describe(const RecordOptions& options, const std::filesystem::path& program) {
  Metadata metadata = options.metadata;  // what the user says stands
  metadata.emplace("program", program.string());
  metadata.emplace("command", fmt::format("{}", fmt::join(options.command, " ")));
  metadata.emplace("recorder", "kilburn trace record, QEMU user mode");
  if (options.skip != 0) metadata.emplace("skip", std::to_string(options.skip));
  return metadata;
}

/// What a user of the trace must know of threads and of processes that the program started.
void tell_of_others(Recording& result, KilburnWriter& writer) {
  if (result.threads > 1) {
    writer.add_metadata("threads", std::to_string(result.threads));
    result.notes.push_back(
        fmt::format("the program has had {} threads: they are in the trace as requesters, and a "
                    "run plays them on one hart, one after the other",
                    result.threads));
  }
  if (result.children > 0) {
    writer.add_metadata("children", fmt::format("{}, not recorded", result.children));
    result.notes.push_back(fmt::format(
        "the program has started {} process{}: what {} did is not in the trace", result.children,
        result.children == 1 ? "" : "es", result.children == 1 ? "it" : "they"));
  }
}

}  // namespace

Recording record(const RecordOptions& options) {
  if (options.command.empty()) throw InputError("trace record: no program given after `--`");
  const auto program = find_program(options.command.front());
  const auto qemu = find_qemu(program);
  const auto plugin = find_plugin(options.plugin);
  const auto writer = std::make_unique<KilburnWriter>(
      options.output, WriteOptions{.metadata = describe(options, program),
                                   .physical = false,
                                   .touch_order = options.skip != 0,
                                   .level = options.level});
  SharedRing shared;
  Ring& ring = shared.ring();
  std::vector<std::string> arguments = {
      qemu.string(), "-plugin", fmt::format("{},ring={}", plugin.string(), shared.descriptor()),
      program.string()};
  arguments.insert(arguments.end(), options.command.begin() + 1, options.command.end());

  Recording result;
  AccessAssembler assembler;
  RingReader reader(ring);
  Window window(*writer, options.skip, options.limit);
  const auto start = Clock::now();
  Guest guest(arguments);
  std::optional<Clock::time_point> stopping;
  const auto stop = [&] {
    if (stopping) return;
    stopping = Clock::now();
    ring.stop.store(true, std::memory_order_release);
  };
  for (;;) {
    const bool ended = guest.ended();  // asked first: what it wrote before is then in the ring
    if (options.interrupted && options.interrupted()) stop();
    if (options.progress) options.progress(window.skipped() + writer->counts().records);
    // Chunks in rounds: a fast program never lets the ring run empty. An ended one does.
    std::size_t chunks = 0;
    for (; (ended || chunks < round_chunks) && reader.take(assembler); ++chunks) {
      if (!window.full()) window.append(assembler.batch());
      assembler.clear_batch();
      if (window.full()) stop();
    }
    if (ended) break;
    if (stopping && Clock::now() - *stopping > stop_patience) guest.end();
    if (chunks == 0) std::this_thread::sleep_for(poll_interval);
  }
  assembler.close();
  window.append(assembler.batch());
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  result.stopped = stopping.has_value();
  result.exit_status = result.stopped ? 0 : guest.exit_status();
  result.skipped = window.skipped();
  if (!result.stopped && !ring.attached.load()) {  // QEMU may have been ended before it came to it
    throw InputError(fmt::format("recorder: {} did not load its plugin {} (exit status {})",
                                 qemu.string(), plugin.string(), guest.exit_status()));
  }
  if (!result.stopped && !ring.finished.load()) {
    result.notes.emplace_back(
        "the program ended without telling (it was killed, or replaced itself by execve): its last "
        "accesses, at most 2046 a thread, are missing");
  }
  result.counts = writer->counts();
  result.threads = ring.threads.load();
  result.children = ring.children.load();
  tell_of_others(result, *writer);
  if (options.skip != 0) writer->set_touch_order(window.touch_order());
  writer->finish();
  result.bytes = writer->bytes();
  return result;
}

}  // namespace kilburn::trace
