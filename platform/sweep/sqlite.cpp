#include "platform/sweep/sqlite.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "common/error.h"
#include "common/input_path.h"

namespace kilburn::platform::sweep {

namespace {
constexpr int busy_milliseconds = 60'000;
}

std::string sqlite_name(const std::string& path) {
  return path.starts_with('/') ? path : "./" + path;
}

SqlConnection::SqlConnection(std::string path, bool read_only) : path_(std::move(path)) {
  if (path_ == standard_input || !readable_again(path_)) {
    throw InputError(
        fmt::format("{}: a results database must be a file: write what comes through a pipe to "
                    "one, and give its "
                    "name{}",
                    input_name(path_), path_ == standard_input ? "; a file called - is ./-" : ""));
  }
  sqlite3* opened = nullptr;
  const int status =
      sqlite3_open_v2(sqlite_name(path_).c_str(), &opened,
                      read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, nullptr);
  database_.reset(opened);
  if (status != SQLITE_OK) fail(status);
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, busy_milliseconds);
}

void SqlConnection::execute(const std::string& sql) {
  const int status = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) fail(status);
}

void SqlConnection::fail(int status) {
  const int system_error = sqlite3_system_errno(handle());
  const std::string message = sqlite3_errmsg(handle());
  const std::string system =
      system_error == 0 ? message : std::generic_category().message(system_error);
  switch (status & 0xFF) {
    case SQLITE_FULL:
      throw InputError(fmt::format(
          "{}: the disk is full: what was written before is kept; make room, and go on with "
          "--resume",
          path_));
    case SQLITE_IOERR:
      throw InputError(fmt::format(
          "{}: cannot be read or written: {}: what was written before is kept; go on with --resume",
          path_, system));
    case SQLITE_NOTADB:
      throw InputError(
          fmt::format("{}: no results database of kilburn sweep: not an SQLite file", path_));
    case SQLITE_CORRUPT:
      throw InputError(fmt::format("{}: damaged, perhaps truncated: {}", path_, message));
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      throw InputError(fmt::format("{}: cannot be opened: {}", path_, system));
    case SQLITE_INTERRUPT:
      throw SqlInterrupted{};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw InputError(fmt::format("{}: another program has held it for a minute", path_));
    default:
      throw std::runtime_error(fmt::format("{}: SQLite: {}", path_, message));
  }
}

SqlInterrupt::SqlInterrupt(SqlConnection& connection, const std::atomic<bool>& raised)
    : database_(connection.handle()) {
  constexpr int steps_between_looks = 10'000;  // of SQLite's virtual machine
  sqlite3_progress_handler(
      database_, steps_between_looks,
      [](void* flag) {
        return static_cast<const std::atomic<bool>*>(flag)->load(std::memory_order_relaxed) ? 1 : 0;
      },
      const_cast<std::atomic<bool>*>(&raised));
}

SqlInterrupt::~SqlInterrupt() {
  sqlite3_progress_handler(database_, 0, nullptr, nullptr);
}

SqlStatement::SqlStatement(SqlConnection& connection, std::string_view sql)
    : connection_(connection) {
  sqlite3_stmt* prepared = nullptr;
  const int status = sqlite3_prepare_v2(connection.handle(), sql.data(),
                                        static_cast<int>(sql.size()), &prepared, nullptr);
  statement_.reset(prepared);
  if (status != SQLITE_OK) connection.fail(status);
}

void SqlStatement::reset() {
  sqlite3_reset(statement_.get());  // gives the error of the last step, which was reported then
}

bool SqlStatement::step() {
  const int status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) return true;
  if (status != SQLITE_DONE) connection_.fail(status);
  reset();
  return false;
}

void SqlStatement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
}
void SqlStatement::bind(int index, double value) {
  sqlite3_bind_double(statement_.get(), index, value);
}
void SqlStatement::bind(int index, std::string_view value) {
  const char* const data = value.data() != nullptr ? value.data() : "";  // null would be NULL
  sqlite3_bind_text(statement_.get(), index, data, static_cast<int>(value.size()),
                    SQLITE_TRANSIENT);
}
void SqlStatement::bind(int index, const SqlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    bind(index, *integer);
  } else if (const auto* number = std::get_if<double>(&value)) {
    bind(index, *number);
  } else if (const auto* string = std::get_if<std::string>(&value)) {
    bind(index, std::string_view(*string));
  } else {
    sqlite3_bind_null(statement_.get(), index);
  }
}

std::int64_t SqlStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
double SqlStatement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}
std::string SqlStatement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}
SqlValue SqlStatement::value(int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_INTEGER:
      return integer(column);
    case SQLITE_FLOAT:
      return real(column);
    case SQLITE_NULL:
      return std::monostate{};
    default:
      return text(column);
  }
}

}  // namespace kilburn::platform::sweep
