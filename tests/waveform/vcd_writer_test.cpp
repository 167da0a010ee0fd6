#include "platform/waveform/vcd_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "common/error.h"
#include "common/file_size_limit.h"
#include "platform/waveform/gtkwave_save.h"
#include "vcd_reader.h"

namespace kilburn {
namespace {

namespace fs = std::filesystem;

class VcdWriterTest : public testing::Test {
 protected:
  fs::path file(const char* name) const { return folder_ / name; }
  void TearDown() override { fs::remove_all(folder_); }

 private:
  fs::path folder_ = [] {
    const fs::path folder =
        fs::temp_directory_path() / ("kilburn_vcd_" + std::to_string(::getpid()));
    fs::create_directories(folder);
    return folder;
  }();
};

TEST_F(VcdWriterTest, AnotherProgramReadsEveryValueThatWasSet) {
  std::mt19937_64 random(7);
  struct Sample {
    std::uint64_t time, one, wide;
  };
  std::vector<Sample> log;
  {
    VcdWriter vcd(file("random.vcd"), "1ps", {}, 500);
    const auto one = vcd.add("a.b", "one", 1);
    const auto wide = vcd.add("a.c.d", "wide", 64);
    for (std::uint64_t time = 0; time < 3000; time += 1 + random() % 3) {
      vcd.at(time);
      log.push_back({time, random() % 2, random() >> random() % 64});
      vcd.set(one, log.back().one);
      vcd.set(wide, log.back().wide);
    }
    vcd.finish();
  }
  const VcdReader read(file("random.vcd"));
  for (const Sample& sample : log) {
    EXPECT_EQ(read.at("a.b.one", sample.time * 500), sample.one);
    EXPECT_EQ(read.at("a.c.d.wide", sample.time * 500), sample.wide);
  }
}

TEST_F(VcdWriterTest, NamesOfAThousandSignalsAreDistinct) {
  {
    VcdWriter vcd(file("many.vcd"), "1ns", {});
    std::vector<VcdWriter::Signal> signals;
    for (unsigned i = 0; i < 1000; ++i) {
      signals.push_back(vcd.add("s", fmt::format("n{}", i), 16));
    }
    vcd.at(5);
    for (unsigned i = 0; i < 1000; ++i) vcd.set(signals[i], 7u * i);
  }
  const VcdReader read(file("many.vcd"));
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(read.at(fmt::format("s.n{}", i), 5), (7 * i) & 0xFFFF);
  }
}

TEST_F(VcdWriterTest, PulseIsHighForOneUnitOfTime) {
  {
    VcdWriter vcd(file("pulse.vcd"), "1ns", {});
    const auto valid = vcd.add("s", "valid", 1);
    vcd.at(10);
    vcd.pulse(valid);
    vcd.at(20);
    vcd.pulse(valid);
    vcd.at(21);
    vcd.pulse(valid);
    vcd.at(30);
  }
  const VcdReader read(file("pulse.vcd"));
  for (const auto& [time, value] : {std::pair{9, 0}, {10, 1}, {11, 0}, {20, 1}, {21, 1}, {22, 0}}) {
    EXPECT_EQ(read.at("s.valid", static_cast<std::uint64_t>(time)),
              static_cast<std::uint64_t>(value))
        << time;
  }
}

TEST_F(VcdWriterTest, WindowShowsItsTimeAndTheValuesFromBefore) {
  {
    VcdWriter vcd(file("window.vcd"), "1ns", {.from = 100, .until = 200});
    const auto old = vcd.add("s", "old", 8);
    const auto count = vcd.add("s", "count", 32);
    vcd.at(10);
    vcd.set(old, 42);
    for (std::uint64_t time = 11; time < 500; ++time) {
      vcd.at(time);
      vcd.set(count, time);
    }
  }
  const VcdReader read(file("window.vcd"));
  EXPECT_EQ(read.first_time(), 100u);
  EXPECT_EQ(read.last_time(), 200u);
  EXPECT_EQ(read.at("s.old", 100), 42u);
  EXPECT_EQ(read.at("s.count", 100), 100u);
  EXPECT_EQ(read.at("s.count", 199), 199u);
  EXPECT_EQ(read.at("s.count", 200), 199u);
}

TEST_F(VcdWriterTest, TriggerKeepsTheLastPointsAndTheValuesThatTheyStartFrom) {
  {
    VcdWriter vcd(file("trigger.vcd"), "1ns", {.before_trigger = 50});
    const auto old = vcd.add("s", "old", 8);
    const auto count = vcd.add("s", "count", 32);
    vcd.set(old, 9);
    for (std::uint64_t time = 1; time <= 10'000; ++time) {
      vcd.at(time);
      vcd.set(count, 3 * time);
    }
    vcd.trigger();
  }
  const VcdReader read(file("trigger.vcd"));
  EXPECT_EQ(read.first_time(), 9951u);
  EXPECT_EQ(read.at("s.old", 9951), 9u);
  for (std::uint64_t time = 9951; time <= 10'000; ++time) {
    EXPECT_EQ(read.at("s.count", time), 3 * time);
  }
}

TEST_F(VcdWriterTest, WithoutATriggerNothingOfTheTimeIsWritten) {
  {
    VcdWriter vcd(file("none.vcd"), "1ns", {.before_trigger = 50});
    const auto count = vcd.add("s", "count", 32);
    for (std::uint64_t time = 1; time <= 1000; ++time) {
      vcd.at(time);
      vcd.set(count, time);
    }
  }
  EXPECT_LT(fs::file_size(file("none.vcd")), 300u);
}

TEST_F(VcdWriterTest, FileThatCannotBeWrittenIsNamed) {
  try {
    VcdWriter vcd("/nowhere/x.vcd", "1ns", {});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("/nowhere/x.vcd"), std::string::npos);
  }
}

TEST_F(VcdWriterTest, WindowThatIsSetLateBeginsWithWhatWasSetBefore) {
  {
    VcdWriter vcd(file("late.vcd"), "1ps", {.from = UINT64_MAX});
    const auto a = vcd.add("s", "a", 8);
    const auto b = vcd.add("s", "b", 8);
    for (std::uint64_t time = 0; time < 100; ++time) {
      vcd.at(time);
      if (time == 20) vcd.set(b, 7);
      if (time == 50) vcd.set_window({.from = 50, .until = 60});
      vcd.set(a, time);
    }
    vcd.finish();
  }
  const VcdReader read(file("late.vcd"));
  EXPECT_EQ(read.first_time(), 50u);
  EXPECT_EQ(read.last_time(), 60u);
  EXPECT_EQ(read.at("s.a", 50), 50u);
  EXPECT_EQ(read.at("s.b", 50), 7u);
  EXPECT_EQ(read.changes("s.a"), 10u);
}

TEST_F(VcdWriterTest, NamesOfValuesAreFiltersThatTheSaveFileCountsInTheirOrder) {
  constexpr std::string_view first[] = {"off", "", "on"};
  constexpr std::string_view second[] = {"red"};
  const ValueNames switches{"switch", first};
  const ValueNames colours{"colour", second};
  using enum WaveformSignal::Format;
  const fs::path save = write_gtkwave_save(file("w.fst"),
                                           {{"g",
                                             {{"a[1:0]", decimal, &switches},
                                              {"b", decimal, &colours},
                                              {"c[1:0]", decimal, &switches}}}},
                                           0, 1000);
  const auto text_of = [](const fs::path& path) {
    std::ifstream in(path);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  const std::string switch_file = file("w.switch.names").string();
  const std::string colour_file = file("w.colour.names").string();
  EXPECT_EQ(text_of(switch_file), "0 off\n2 on\n");
  EXPECT_EQ(text_of(colour_file), "0 red\n");
  EXPECT_NE(text_of(save).find("@2024\n^1 " + switch_file + "\na[1:0]\n@2024\n^2 " + colour_file +
                               "\nb\n@2024\n^1 " + switch_file + "\nc[1:0]\n"),
            std::string::npos)
      << text_of(save);
}

TEST_F(VcdWriterTest, SaveFileStandsBesideTheWaveformAndNamesItsSignals) {
  const fs::path save = write_gtkwave_save(file("w.vcd"), {{"ports", {{"a.b[3:0]"}}}}, 12'000, 500);
  EXPECT_EQ(save, file("w.gtkw"));
  std::ifstream in(save);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_NE(text.find("[dumpfile] \"" + file("w.vcd").string()), std::string::npos);
  EXPECT_NE(text.find("[timestart] 12000"), std::string::npos);
  EXPECT_NE(text.find("@22\na.b[3:0]\n"), std::string::npos);
}

TEST_F(VcdWriterTest, AFullDiskIsToldWhereItIsFoundAndNothingIsLeft) {
  const fs::path name = file("full.vcd");
  {
    VcdWriter vcd(name, "1ps", {});
    const auto signal = vcd.add("a", "wide", 64);
    const FileSizeLimit limit(100'000);
    std::string error;
    try {
      for (std::uint64_t time = 1; time < 100'000; ++time) {
        vcd.at(time);
        vcd.set(signal, time);
      }
    } catch (const InputError& found) {
      error = found.what();
    }
    EXPECT_EQ(error, name.string() + ": cannot be written: File too large");
  }
  EXPECT_TRUE(fs::is_empty(name.parent_path()));
}

TEST_F(VcdWriterTest, AFullDiskAtTheEndIsToldByFinish) {
  const fs::path name = file("full.vcd");
  {
    VcdWriter vcd(name, "1ps", {});
    vcd.set(vcd.add("a", "one", 1), 1);
    const FileSizeLimit limit(10);
    EXPECT_THROW(vcd.finish(), InputError);
  }
  EXPECT_TRUE(fs::is_empty(name.parent_path()));
}

TEST_F(VcdWriterTest, AWaveformThroughAPipeGetsNoSaveFile) {
  const fs::path pipe = file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(write_gtkwave_save(pipe, {}, 0, 1000).empty());
  EXPECT_FALSE(fs::exists(file("pipe.gtkw")));
}

}  // namespace
}  // namespace kilburn
