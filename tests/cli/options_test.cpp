// Every option of every command, as the program declares them: help that a terminal can show, and
// numbers by one parser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "platform/cli/commands.h"
#include "platform/cli/number_option.h"

namespace kilburn::platform {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// All commands, none of which runs.
class Options : public testing::Test {
 protected:
  Options() { add_commands(app_, "version", status_); }

  /// Each command with the words that name it.
  void for_each_command(const std::function<void(CLI::App&, const std::string&)>& action) {
    const std::function<void(CLI::App&, const std::string&)> walk = [&](CLI::App& command,
                                                                        const std::string& path) {
      action(command, path);
      for (CLI::App* sub : command.get_subcommands([](CLI::App*) { return true; })) {
        walk(*sub, path + " " + sub->get_name());
      }
    };
    walk(app_, "kilburn");
  }
  void for_each_number(const std::function<void(CLI::Option&, const std::string&)>& action) {
    for_each_command([&](CLI::App& command, const std::string& path) {
      for (CLI::Option* option : command.get_options([](CLI::Option*) { return true; })) {
        if (option->get_type_name() == number_type)
          action(*option, path + " " + option->get_name());
      }
    });
  }
  /// What the option says to `text`; empty where it takes it.
  static std::string refusal(CLI::Option& option, const std::string& text) {
    option.clear();
    option.add_result(text);
    try {
      option.run_callback();
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
    return "";
  }

  CLI::App app_{"", "kilburn"};
  int status_ = 0;
};

TEST_F(Options, HelpHasNoControlCharacters) {
  unsigned commands = 0;
  for_each_command([&](CLI::App& command, const std::string& path) {
    ++commands;
    for (const char c : command.help()) {
      EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7F))
          << path << ": character " << static_cast<int>(c);
    }
  });
  EXPECT_GT(commands, 15U);
}

TEST_F(Options, NoNumberComesFromTheLibrarysOwnParser) {
  for_each_command([&](CLI::App& command, const std::string& path) {
    for (const CLI::Option* option : command.get_options([](CLI::Option*) { return true; })) {
      const std::string type = option->get_type_name();
      for (const char* foreign : {"INT", "UINT", "FLOAT"}) {
        EXPECT_EQ(type.find(foreign), std::string::npos) << path << ' ' << option->get_name();
      }
    }
  });
}

TEST_F(Options, NoNumberIsNegativeOrNotANumberAndTheOptionIsNamed) {
  unsigned numbers = 0;
  for_each_number([&](CLI::Option& option, const std::string& name) {
    ++numbers;
    const bool whole = !refusal(option, "0.5").empty();
    for (const std::string text : {"-1", "nan", "inf", "0x10", "many", "",
                                   "99999999999999999999999", "1e999", "--", "1k1"}) {
      if (!whole && text.starts_with("999")) continue;  // large, but a number
      EXPECT_THAT(refusal(option, text), AllOf(HasSubstr(option.get_name()), HasSubstr("allowed")))
          << name << ' ' << text;
    }
  });
  EXPECT_GT(numbers, 25U);
}

TEST_F(Options, ANumberWithAZeroBeforeItIsDecimal) {
  for_each_number([&](CLI::Option& option, const std::string& name) {
    EXPECT_EQ(refusal(option, "08"), "") << name << ": 08 is eight, and no octal number";
  });
}

class Number : public testing::Test {
 protected:
  template <class Value>
  std::string parse(Value& value, const std::string& text, IntegerRange range = {}) {
    CLI::App app;
    add_number(app, "--n", value, "of something", range);
    try {
      app.parse(std::vector<std::string>{text, "--n"});  // CLI11 takes them in reverse
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(Number, HasUnitsAndPowers) {
  std::uint64_t value = 0;
  EXPECT_EQ(parse(value, "1.5G"), "");
  EXPECT_EQ(value, 1'500'000'000U);
  EXPECT_EQ(parse(value, "2^20"), "");
  EXPECT_EQ(value, 1'048'576U);
  EXPECT_EQ(parse(value, "010"), "");
  EXPECT_EQ(value, 10U);
}

TEST_F(Number, SaysItsRangeInWords) {
  std::uint64_t value = 7;
  EXPECT_EQ(parse(value, "-1", {.min = 1}),
            "--n -1: allowed whole numbers from 1 on, such as 1000, 64k, 1.5M, 4Ki or 2^20");
  EXPECT_EQ(parse(value, "20", {.min = 1, .max = 19}),
            "--n 20: allowed whole numbers from 1 to 19");
  EXPECT_EQ(parse(value, "3", {.min = 1, .max = 16, .power_of_two = true}),
            "--n 3: allowed powers of two, 1 to 16");
  EXPECT_EQ(value, 7U) << "a number that is refused must not be taken";
}

TEST_F(Number, NeverWrapsRoundInASmallerType) {
  std::optional<std::uint16_t> port;
  EXPECT_EQ(parse(port, "65536"),
            "--n 65536: allowed whole numbers from 0 to 65535, such as 1000, "
            "64k, 1.5M, 4Ki or 2^20");
  EXPECT_FALSE(port.has_value());
  EXPECT_EQ(parse(port, "65535"), "");
  EXPECT_EQ(port, 65535);
}

TEST_F(Number, ThatMustBePositiveIsFiniteAndAboveZero) {
  for (const char* text : {"0", "-1", "nan", "inf", "1e999", "soon"}) {
    EXPECT_THROW((void)positive_of("--seconds", text), CLI::ValidationError) << text;
  }
  EXPECT_EQ(positive_of("--seconds", "0.5"), 0.5);
  EXPECT_EQ(positive_of("--seconds", "1.5k"), 1500.0);
}

}  // namespace
}  // namespace kilburn::platform
