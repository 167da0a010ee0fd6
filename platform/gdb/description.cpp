#include "platform/gdb/description.h"

#include <fmt/format.h>

#include "riscv/csr/csr_table.h"

namespace kilburn::gdb {

namespace {

constexpr unsigned x_count = 32;
constexpr unsigned f_count = 32;
constexpr std::uint16_t fflags = 1;
constexpr std::uint16_t frm = 2;
constexpr std::uint16_t fcsr = 3;

std::string reg(std::string_view name, unsigned number, std::string_view type) {
  return fmt::format("<reg name=\"{}\" bitsize=\"64\" regnum=\"{}\" type=\"{}\"/>\n", name, number,
                     type);
}

bool of_floating_point(std::uint16_t number) {
  return number == fflags || number == frm || number == fcsr;
}

}  // namespace

std::string target_description(const riscv::Hart& hart) {
  std::string text =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
      "<target>\n<architecture>riscv:rv64</architecture>\n"
      "<feature name=\"org.gnu.gdb.riscv.cpu\">\n";
  for (unsigned i = 0; i < x_count; ++i) text += reg(fmt::format("x{}", i), i, "int");
  text += reg("pc", pc_number, "code_ptr");
  text += "</feature>\n<feature name=\"org.gnu.gdb.riscv.fpu\">\n";
  for (unsigned i = 0; i < f_count; ++i) {
    text += reg(fmt::format("f{}", i), first_float + i, "ieee_double");
  }
  for (const std::uint16_t number : {fflags, frm, fcsr}) {
    text += reg(riscv::csr_name(number), first_csr + number, "int");
  }
  text += "</feature>\n<feature name=\"org.gnu.gdb.riscv.csr\">\n";
  for (const riscv::Csr& csr : riscv::csr_list()) {
    if (of_floating_point(csr.number) || !hart.csr(csr.number)) continue;
    text += reg(csr.name, first_csr + csr.number, "int");
  }
  text += "</feature>\n<feature name=\"org.gnu.gdb.riscv.virtual\">\n";
  text += reg("priv", privilege_number, "int");
  return text + "</feature>\n</target>\n";
}

std::optional<std::uint64_t> read_register(const riscv::Hart& hart, unsigned number) {
  if (number < x_count) return hart.x(number);
  if (number == pc_number) return hart.pc();
  if (number < first_csr) return hart.f(number - first_float);
  if (number < privilege_number) return hart.csr(static_cast<std::uint16_t>(number - first_csr));
  if (number == privilege_number) {
    return static_cast<std::uint64_t>(hart.control().mode().privilege);
  }
  return std::nullopt;
}

bool write_register(riscv::Hart& hart, unsigned number, std::uint64_t value) {
  if (number < x_count) {
    hart.set_x(number, value);
  } else if (number == pc_number) {
    if (value % 2 != 0) return false;
    hart.set_pc(value);
  } else if (number < first_csr) {
    hart.set_f(number - first_float, value);
  } else if (number < privilege_number) {
    return hart.set_csr(static_cast<std::uint16_t>(number - first_csr), value);
  } else {
    return false;
  }
  return true;
}

}  // namespace kilburn::gdb
