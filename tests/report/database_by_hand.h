// A results database made by SQL, as docs/sweep.md describes the tables: nothing of what is tested
// writes it.
#pragma once

#include <sqlite3.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "gtest/gtest.h"

namespace kilburn::platform::report {

class DatabaseByHand {
 public:
  explicit DatabaseByHand(const std::string& name) : path_(testing::TempDir() + name) {
    std::remove(path_.c_str());
    run(R"(
PRAGMA application_id = 1263288910;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE axes (number INTEGER PRIMARY KEY, path TEXT NOT NULL, kind TEXT NOT NULL, unit TEXT NOT NULL);
CREATE TABLE points (number INTEGER PRIMARY KEY, key TEXT NOT NULL, workload TEXT NOT NULL, seed INTEGER,
  engine TEXT NOT NULL, state TEXT NOT NULL, message TEXT, command TEXT NOT NULL);
CREATE TABLE point_values (point INTEGER NOT NULL, axis INTEGER NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (point, axis)) WITHOUT ROWID;
CREATE TABLE statistic_names (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, unit TEXT NOT NULL);
CREATE TABLE statistics (point INTEGER NOT NULL, statistic INTEGER NOT NULL, value,
  PRIMARY KEY (point, statistic)) WITHOUT ROWID;
CREATE TABLE areas (geometry TEXT PRIMARY KEY, bits INTEGER, flip_flops INTEGER, gates REAL, path TEXT,
  source TEXT) WITHOUT ROWID;
INSERT INTO meta VALUES ('schema', '1'), ('program', '0.1.0'), ('name', 'by hand'), ('configuration', '');
)");
  }
  ~DatabaseByHand() { std::remove(path_.c_str()); }
  DatabaseByHand(const DatabaseByHand&) = delete;
  DatabaseByHand& operator=(const DatabaseByHand&) = delete;

  void run(const std::string& sql) const {
    sqlite3* database = nullptr;
    std::string error;
    if (sqlite3_open(path_.c_str(), &database) != SQLITE_OK ||
        sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
      error = sqlite3_errmsg(database);
    }
    sqlite3_close(database);
    if (!error.empty()) throw std::runtime_error(error);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string bytes() const {
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }

 private:
  std::string path_;
};

}  // namespace kilburn::platform::report
