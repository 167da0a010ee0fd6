// The recorder, end to end: programs whose accesses are known, run under QEMU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "guest_elf.h"
#include "trace/recorder.h"

namespace kilburn::trace::test {
namespace {

using testing::AllOf;
using testing::ElementsAreArray;
using testing::HasSubstr;

class Recorder : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v qemu-x86_64 >/dev/null") != 0) FAIL() << "install qemu-user";
  }
  Recording run(RecordOptions options = {}) {
    options.output = output_;
    if (options.command.empty()) options.command = {program_.string()};
    return record(options);
  }
  [[nodiscard]] Whole recorded() const { return read_all(*open_trace(output_)); }

  TemporaryFolder folder_;
  std::filesystem::path program_ = folder_ / "program";
  std::filesystem::path output_ = folder_ / "t.ktrace";
};

const std::vector<Instruction> exit_with_7 = {
    instruction({0xBF, 7, 0, 0, 0}),     // mov edi, 7
    instruction({0xB8, 0xE7, 0, 0, 0}),  // mov eax, exit_group
    instruction({0x0F, 0x05}),           // syscall
};

std::vector<Instruction> operator+(std::vector<Instruction> a, const std::vector<Instruction>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const std::vector<Instruction> x86_program =
    std::vector<Instruction>{
        instruction({0x48, 0x89, 0x04, 0x25, 0x00, 0x10, 0x40, 0x00},
                    {store(0x401000, 8)}),  // mov [0x401000], rax
        instruction({0x48, 0x8B, 0x1C, 0x25, 0x00, 0x10, 0x40, 0x00},
                    {load(0x401000, 8)}),  // mov rbx, [0x401000]
        instruction({0x8A, 0x0C, 0x25, 0x07, 0x10, 0x40, 0x00},
                    {load(0x401007, 1)}),  // mov cl, [0x401007]
        instruction({0x83, 0x04, 0x25, 0xFE, 0x1F, 0x40, 0x00, 0x01},
                    {load(0x401FFE, 4), store(0x401FFE, 4)}),  // add dword [0x401ffe], 1
        instruction({0xBF, 0x00, 0x20, 0x40, 0x00}),           // mov edi, 0x402000
        instruction({0xB9, 3, 0, 0, 0}),                       // mov ecx, 3
        instruction({0xF3, 0x48, 0xAB},                        // rep stosq: one fetch
                    {store(0x402000, 8), store(0x402008, 8), store(0x402010, 8)}),
    } +
    exit_with_7;

TEST_F(Recorder, RecordsEveryFetchLoadAndStoreOfAProgramInOrder) {
  write_program(program_, x86_program);
  const Recording result = run();
  EXPECT_EQ(result.exit_status, 7);
  EXPECT_FALSE(result.stopped);
  EXPECT_THAT(result.notes, testing::IsEmpty());
  EXPECT_THAT(recorded().records, ElementsAreArray(straight_run(x86_program)));
  EXPECT_EQ(result.counts, open_trace(output_)->description().counts);
  for (const char* key : {"threads", "children"}) {
    EXPECT_FALSE(open_trace(output_)->description().metadata.contains(key)) << key;
  }
}

TEST_F(Recorder, SkipAndLimitChooseAWindow) {
  write_program(program_, x86_program);
  const Recording result = run({.skip = 2, .limit = 5});
  const std::vector<Record> all = straight_run(x86_program);
  EXPECT_THAT(recorded().records, ElementsAreArray(all.begin() + 2, all.begin() + 7));
  EXPECT_EQ(result.skipped, 2u);
  EXPECT_EQ(open_trace(output_)->description().metadata.at("skip"), "2");
}

TEST_F(Recorder, ASkippedBeginningLeavesTheOrderOfItsFirstTouches) {
  write_program(program_, x86_program);
  // Four fetches from 0x400; a store and two loads in 0x401; a load from the end of 0x401 into
  // 0x402.
  (void)run({.skip = 8, .limit = 5});
  EXPECT_EQ(open_trace(output_)->description().touch_order, (TouchOrder{{0x400, 3}}));
  (void)run({.skip = 1, .limit = 5});
  EXPECT_EQ(open_trace(output_)->description().touch_order, (TouchOrder{{0x400, 1}}));
  (void)run({.limit = 5});
  EXPECT_EQ(open_trace(output_)->description().touch_order, TouchOrder{});
}

TEST_F(Recorder, LimitEndsAProgramThatWouldRunForEver) {
  write_program(program_, {instruction({0xEB, 0xFE})});  // jmp to itself
  const Recording result = run({.limit = 100000});
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.counts.records, 100000u);
  EXPECT_EQ(result.counts.fetches, 100000u);
}

/// Tells by a new folder that it runs, then goes on with `rest`.
std::vector<Instruction> sign_of_life(const std::filesystem::path& folder,
                                      const std::vector<Instruction>& rest) {
  std::size_t text = elf_code + 17;  // after these four instructions and the rest
  for (const Instruction& i : rest) text += i.bytes.size();
  const auto byte = [&](unsigned number) { return static_cast<int>(text >> 8 * number & 0xFF); };
  return std::vector<Instruction>{
             instruction({0xB8, 83, 0, 0, 0}),                   // mov eax, mkdir
             instruction({0xBF, byte(0), byte(1), byte(2), 0}),  // mov edi, text
             instruction({0xBE, 0xED, 1, 0, 0}),                 // mov esi, 0755
             instruction({0x0F, 0x05}),                          // syscall
         } +
         rest + std::vector<Instruction>{{folder.string() + '\0', {}}};
}

TEST_F(Recorder, AnInterruptionKeepsWhatWasRecorded) {
  write_program(program_,
                sign_of_life(folder_ / "running", {instruction({0xEB, 0xFE})}));  // jmp to itself
  const Recording result =
      run({.interrupted = [&] { return std::filesystem::exists(folder_ / "running"); }});
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_GE(result.counts.records, 2000u);  // at least the words that the thread had collected
  EXPECT_EQ(recorded().records.size(), result.counts.records);
  EXPECT_EQ(folder_.files(), 3u);  // program, sign of life and trace
}

TEST_F(Recorder, AnInterruptionEndsAProgramThatWaits) {
  write_program(program_, sign_of_life(folder_ / "running", {instruction({0xB8, 34, 0, 0, 0}),
                                                             instruction({0x0F, 0x05})}));  // pause
  const Recording result =
      run({.interrupted = [&] { return std::filesystem::exists(folder_ / "running"); }});
  EXPECT_TRUE(result.stopped);
  EXPECT_TRUE(std::filesystem::exists(output_));
}

TEST_F(Recorder, MappingsBecomeEvents) {
  write_program(program_, std::vector<Instruction>{
                              instruction({0xB8, 9, 0, 0, 0}),           // mov eax, mmap
                              instruction({0x31, 0xFF}),                 // xor edi, edi
                              instruction({0xBE, 0x01, 0x20, 0, 0}),     // mov esi, 0x2001
                              instruction({0xBA, 3, 0, 0, 0}),           // mov edx, read and write
                              instruction({0x41, 0xBA, 0x22, 0, 0, 0}),  // mov r10d, anonymous
                              instruction({0x49, 0x83, 0xC8, 0xFF}),     // or r8, -1
                              instruction({0x45, 0x31, 0xC9}),           // xor r9d, r9d
                              instruction({0x0F, 0x05}),                 // syscall
                              instruction({0x48, 0x89, 0xC7}),           // mov rdi, rax
                              instruction({0xB8, 11, 0, 0, 0}),          // mov eax, munmap
                              instruction({0x0F, 0x05}),                 // syscall
                          } + exit_with_7);
  const Recording result = run();
  EXPECT_EQ(result.exit_status, 7);
  const Whole whole = recorded();
  ASSERT_EQ(whole.events.size(), 2u);
  const auto& map = std::get<Map>(whole.events[0]);
  EXPECT_EQ(map.pages, 3u);
  EXPECT_EQ(map.va % page_bytes, 0u);
  EXPECT_EQ(whole.events[1], Event(Unmap{map.va, 3}));
  EXPECT_EQ(whole.records[8].kind, Kind::event);   // after the fetch of the eighth instruction
  EXPECT_EQ(whole.records[12].kind, Kind::event);  // three fetches on
}

TEST_F(Recorder, WhatAForkedChildDoesIsNotRecorded) {
  const std::vector<Instruction> program =
      std::vector<Instruction>{
          instruction({0xB8, 57, 0, 0, 0}),                               // mov eax, fork
          instruction({0x0F, 0x05}),                                      // syscall
          instruction({0x85, 0xC0}),                                      // test eax, eax
          instruction({0x75, 0x08}),                                      // jnz over the next
          instruction({0x48, 0x89, 0x04, 0x25, 0x00, 0x10, 0x40, 0x00}),  // mov [0x401000], rax
      } +
      exit_with_7;
  write_program(program_, program);
  const Recording result = run();
  EXPECT_EQ(result.exit_status, 7);
  EXPECT_EQ(result.counts.stores, 0u);
  EXPECT_EQ(result.counts.fetches, program.size() - 1);
  EXPECT_EQ(result.children, 1U);
  EXPECT_EQ(result.threads, 1U);
  EXPECT_THAT(result.notes, testing::ElementsAre(HasSubstr("has started 1 process: what it did")));
  const Metadata metadata = open_trace(output_)->description().metadata;
  EXPECT_EQ(metadata.at("children"), "1, not recorded");
  EXPECT_FALSE(metadata.contains("threads"));
}

TEST_F(Recorder, ThreadsAreRequestersAndAreCountedInTheMetadata) {
  const std::vector<Instruction> program =
      std::vector<Instruction>{
          instruction({0xBF, 0x00, 0x0F, 0x05, 0x00}),  // mov edi, what pthread_create shares
          instruction({0xBE, 0x00, 0x28, 0x40, 0x00}),  // mov esi, 0x402800, its stack
          instruction({0xB8, 56, 0, 0, 0}),             // mov eax, clone
          instruction({0x0F, 0x05}),                    // syscall
          instruction({0x85, 0xC0}),                    // test eax, eax
          instruction({0x74, 22}),                      // jz to the thread
          instruction({0x80, 0x3C, 0x25, 0x00, 0x10, 0x40, 0x00, 0x00}),  // cmp byte [0x401000], 0
          instruction({0x74, 0xF6}),                                      // je back
      } +
      exit_with_7 +
      std::vector<Instruction>{
          instruction({0xC6, 0x04, 0x25, 0x00, 0x10, 0x40, 0x00, 0x01}),  // mov byte [0x401000], 1
          instruction({0x31, 0xFF}),                                      // xor edi, edi
          instruction({0xB8, 60, 0, 0, 0}),                               // mov eax, exit
          instruction({0x0F, 0x05}),                                      // syscall
      };
  write_program(program_, program);
  const Recording result = run();
  EXPECT_EQ(result.exit_status, 7);
  EXPECT_EQ(result.threads, 2U);
  EXPECT_EQ(result.children, 0U);
  EXPECT_THAT(result.notes, testing::ElementsAre(HasSubstr("has had 2 threads")));
  const Metadata metadata = open_trace(output_)->description().metadata;
  EXPECT_EQ(metadata.at("threads"), "2");
  EXPECT_FALSE(metadata.contains("children"));
}

TEST_F(Recorder, AProgramKilledByASignalGivesItsStatusAndItsAccesses) {
  const std::vector<Instruction> program = {
      instruction({0x48, 0x89, 0x04, 0x25, 0x00, 0x10, 0x40, 0x00}, {store(0x401000, 8)}),
      instruction({0x48, 0x8B, 0x04, 0x25, 0x00, 0x00, 0x00, 0x10})};  // load from 0x10000000
  write_program(program_, program);
  const Recording result = run();
  EXPECT_EQ(result.exit_status, 128 + 11);
  // QEMU dies without a word to its plugins: the last accesses may be missing, and that is said.
  if (result.counts.records == 0) {
    EXPECT_THAT(result.notes, testing::ElementsAre(HasSubstr("ended without telling")));
  }
}

TEST_F(Recorder, RecordsRiscVPrograms) {
  if (std::system("command -v qemu-riscv64 >/dev/null") != 0) FAIL() << "install qemu-user";
  const std::vector<Instruction> program = {
      instruction(0x004012B7),                        // lui t0, 0x401
      instruction(0x0002B423, {store(0x401008, 8)}),  // sd zero, 8(t0)
      instruction(0x00C2A303, {load(0x40100C, 4)}),   // lw t1, 12(t0)
      instruction(0x00700513),                        // li a0, 7
      instruction(0x05E00893),                        // li a7, exit_group
      instruction(0x00000073),                        // ecall
  };
  write_program(program_, program, Machine::riscv64);
  EXPECT_EQ(run().exit_status, 7);
  EXPECT_THAT(recorded().records, ElementsAreArray(straight_run(program)));
}

TEST_F(Recorder, RecordsArmPrograms) {
  if (std::system("command -v qemu-aarch64 >/dev/null") != 0) FAIL() << "install qemu-user";
  const std::vector<Instruction> program = {
      instruction(0xD2A00801),                        // mov x1, 0x400000
      instruction(0xF908083F, {store(0x401010, 8)}),  // str xzr, [x1, 0x1010]
      instruction(0xB9501022, {load(0x401010, 4)}),   // ldr w2, [x1, 0x1010]
      instruction(0xD28000E0),                        // mov x0, 7
      instruction(0xD2800BC8),                        // mov x8, exit_group
      instruction(0xD4000001),                        // svc 0
  };
  write_program(program_, program, Machine::aarch64);
  EXPECT_EQ(run().exit_status, 7);
  EXPECT_THAT(recorded().records, ElementsAreArray(straight_run(program)));
}

TEST_F(Recorder, RecordsAProgramOfTheSystemWithArguments) {
  const Recording result = run({.command = {"sh", "-c", "exit $1", "sh", "3"}});
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_GT(result.counts.loads, 1000u);
  const Metadata metadata = open_trace(output_)->description().metadata;
  EXPECT_EQ(metadata.at("command"), "sh -c exit $1 sh 3");
  EXPECT_THAT(metadata.at("program"), testing::EndsWith("/sh"));
}

TEST_F(Recorder, WhatIsNoProgramIsSaidPlainlyAndLeavesNoFile) {
  const auto error = [&](const std::string& command) {
    return error_of([&] { return run({.command = {command}}); });
  };
  EXPECT_EQ(error("no-such-program-here"), "no-such-program-here: no such program in PATH");
  EXPECT_EQ(error("/nowhere/program"), "/nowhere/program: no such program");
  write_file(program_, "#!/bin/sh\n");
  EXPECT_THAT(error(program_.string()), HasSubstr("not executable"));
  chmod(program_.c_str(), 0755);
  EXPECT_THAT(error(program_.string()), HasSubstr("a script: record its interpreter"));
  write_file(program_, "no program of any kind");
  EXPECT_THAT(error(program_.string()), HasSubstr("at byte 0: no ELF program"));
  write_program(program_, exit_with_7, Machine::sparc);
  EXPECT_THAT(error(program_.string()),
              AllOf(HasSubstr("at byte 18: ELF machine 43"), HasSubstr("allowed are 62 (x86-64)")));
  EXPECT_EQ(folder_.files(), 1u);  // the program
}

TEST_F(Recorder, APluginThatQemuCannotLoadIsNamed) {
  write_program(program_, exit_with_7);
  write_file(folder_ / "plugin.so", "no shared object");
  EXPECT_THAT(error_of([&] { return run({.plugin = folder_ / "plugin.so"}); }),
              HasSubstr("did not load its plugin"));
  EXPECT_FALSE(std::filesystem::exists(output_));
}

}  // namespace
}  // namespace kilburn::trace::test
