// SQLite by values: statements that bind and read C++ types, errors as exceptions.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace kilburn::platform::sweep {

/// NULL, integer, real or text.
using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string>;

class SqlConnection;

/// `path` as SQLite takes a file of that name: ":memory:" and the empty one are no files to it.
[[nodiscard]] std::string sqlite_name(const std::string& path);

/// A prepared statement. Example:
///   SqlStatement insert(connection, "INSERT INTO meta VALUES (?, ?)");
///   insert.run("schema", "1");
class SqlStatement {
 public:
  SqlStatement(SqlConnection& connection, std::string_view sql);

  /// Binds all parameters and steps to the end.
  template <class... Values>
  void run(const Values&... values) {
    start(values...);
    while (step()) {
    }
  }
  /// Binds all parameters; call `step` for each row.
  template <class... Values>
  void start(const Values&... values) {
    reset();
    int index = 0;
    (bind(++index, values), ...);
  }
  /// False at the end.
  bool step();

  [[nodiscard]] int columns() const { return sqlite3_column_count(statement_.get()); }
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] SqlValue value(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  void reset();
  void bind(int index, std::int64_t value);
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, double value);
  void bind(int index, std::string_view value);
  void bind(int index, const char* value) { bind(index, std::string_view(value)); }
  void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
  void bind(int index, const SqlValue& value);

  SqlConnection& connection_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// An open database file.
class SqlConnection {
 public:
  /// Waits up to a minute for another connection to end its transaction. Throws InputError where
  /// `path` cannot be opened.
  SqlConnection(std::string path, bool read_only);

  void execute(const std::string& sql);
  /// Throws InputError where the file or the disk is at fault, with what to do about it;
  /// std::runtime_error where we are.
  [[noreturn]] void fail(int status);
  [[nodiscard]] sqlite3* handle() const { return database_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
};

/// Thrown out of a statement that `SqlInterrupt` has ended.
struct SqlInterrupted {};

/// While one lives, statements of the connection look at `raised`, and end where it is.
class SqlInterrupt {
 public:
  SqlInterrupt(SqlConnection& connection, const std::atomic<bool>& raised);
  ~SqlInterrupt();
  SqlInterrupt(const SqlInterrupt&) = delete;
  SqlInterrupt& operator=(const SqlInterrupt&) = delete;

 private:
  sqlite3* database_;
};

/// Until `commit`, what was executed can be undone, and is where the scope is left by an exception.
class SqlTransaction {
 public:
  explicit SqlTransaction(SqlConnection& connection) : connection_(connection) {
    connection_.execute("BEGIN IMMEDIATE");
  }
  ~SqlTransaction() {
    // After some errors SQLite has rolled back already: then this fails, and may.
    if (!done_) sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  SqlTransaction(const SqlTransaction&) = delete;
  SqlTransaction& operator=(const SqlTransaction&) = delete;
  void commit() {
    connection_.execute("COMMIT");
    done_ = true;
  }

 private:
  SqlConnection& connection_;
  bool done_ = false;
};

}  // namespace kilburn::platform::sweep
