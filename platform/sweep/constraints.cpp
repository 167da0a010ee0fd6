#include "platform/sweep/constraints.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <string_view>

#include "platform/configuration/config_file.h"
#include "platform/sweep/parameter_setting.h"
#include "platform/sweep/tlb_geometry.h"

extern "C" {
#include <lauxlib.h>
#include <lua.h>
}

namespace kilburn::platform::sweep {

namespace {

constexpr std::size_t max_bytes = std::size_t{16} << 20;  ///< that an expression may use
constexpr int max_steps = 1'000'000;                      ///< Lua instructions of an expression

/// Lua's errors leave by longjmp, over no destructor: what throws or allocates in C++ ends before
/// an error is raised, and leaves its message here.
struct State {
  std::size_t bytes = 0;
  std::size_t limit = SIZE_MAX;
  std::string error;
  bool impossible = false;
  PlatformConfig config;
};

void* allocate(void* user, void* block, std::size_t old_bytes, std::size_t new_bytes) {
  auto& state = *static_cast<State*>(user);
  if (block == nullptr) old_bytes = 0;  // Lua says the kind of object instead
  if (new_bytes > old_bytes && state.bytes + (new_bytes - old_bytes) > state.limit) return nullptr;
  void* moved = nullptr;
  if (new_bytes == 0) {
    std::free(block);
  } else {
    moved = std::realloc(block, new_bytes);
    if (moved == nullptr) return nullptr;
  }
  state.bytes = state.bytes - old_bytes + new_bytes;
  return moved;
}

State& state_of(lua_State* lua) {
  void* user = nullptr;
  lua_getallocf(lua, &user);
  return *static_cast<State*>(user);
}

int raise(lua_State* lua) {
  const std::string& error = state_of(lua).error;
  lua_pushlstring(lua, error.data(), error.size());
  return lua_error(lua);
}

std::string_view text_at(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* text = lua_tolstring(lua, index, &size);
  return {text, size};
}

/// What the error of an unknown name says. The block's values are upvalue 1, its path upvalue 2.
void describe_unknown(lua_State* lua) {
  const std::string_view block = text_at(lua, lua_upvalueindex(2));
  const bool is_number = lua_isinteger(lua, 2) != 0;
  const std::string_view name =
      is_number || lua_type(lua, 2) == LUA_TSTRING ? text_at(lua, 2) : std::string_view{};
  std::vector<std::string_view> known;
  for (lua_pushnil(lua); lua_next(lua, lua_upvalueindex(1)) != 0; lua_pop(lua, 1)) {
    known.push_back(text_at(lua, -2));
  }
  if (name.empty() || (is_number && std::ranges::none_of(known, is_index))) {
    state_of(lua).error = fmt::format("{} is indexed by names of parameters only", block);
    return;
  }
  const std::string_view nearest = nearest_name(name, known);
  state_of(lua).error =
      fmt::format("unknown parameter {}{}", join_path(block, name.substr(0, 100)),
                  nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest));
}

/// Elements of a list are there by their indices as text.
int read_parameter(lua_State* lua) {
  lua_pushvalue(lua, 2);
  if (lua_isinteger(lua, -1) != 0) (void)lua_tolstring(lua, -1, nullptr);
  if (lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  describe_unknown(lua);
  return raise(lua);
}

int refuse_assignment(lua_State* lua) {
  return luaL_error(lua, "a constraint cannot assign");
}

void stop(lua_State* lua, lua_Debug* /*at*/) {
  luaL_error(lua, "runs too long");
}

/// Index of the extreme argument: the least, or with `greatest` the greatest.
int extreme(lua_State* lua, bool greatest) {
  int best = 1;
  luaL_checknumber(lua, 1);
  for (int i = 2; i <= lua_gettop(lua); ++i) {
    luaL_checknumber(lua, i);
    if (lua_compare(lua, greatest ? best : i, greatest ? i : best, LUA_OPLT) != 0) best = i;
  }
  lua_pushvalue(lua, best);
  return 1;
}
int minimum(lua_State* lua) {
  return extreme(lua, false);
}
int maximum(lua_State* lua) {
  return extreme(lua, true);
}

/// An integer where one can hold it.
int push_whole(lua_State* lua, lua_Number value) {
  lua_Integer whole = 0;
  if (lua_numbertointeger(value, &whole)) {
    lua_pushinteger(lua, whole);
  } else {
    lua_pushnumber(lua, value);
  }
  return 1;
}
int floor_of(lua_State* lua) {
  return push_whole(lua, std::floor(luaL_checknumber(lua, 1)));
}
int ceil_of(lua_State* lua) {
  return push_whole(lua, std::ceil(luaL_checknumber(lua, 1)));
}
int abs_of(lua_State* lua) {
  if (lua_isinteger(lua, 1) != 0) {
    const lua_Integer value = lua_tointeger(lua, 1);
    if (value != std::numeric_limits<lua_Integer>::min()) {
      lua_pushinteger(lua, value < 0 ? -value : value);
      return 1;
    }
  }
  lua_pushnumber(lua, std::fabs(luaL_checknumber(lua, 1)));
  return 1;
}
int log2_of(lua_State* lua) {
  lua_pushnumber(lua, std::log2(luaL_checknumber(lua, 1)));
  return 1;
}

/// The storage of the TLB that argument 1 names; nothing, and State::error, where there is none.
std::optional<burst_tlb::StorageBits> storage_of_argument(lua_State* lua) {
  State& state = state_of(lua);
  const std::string_view path = lua_type(lua, 1) == LUA_TSTRING ? text_at(lua, 1) : "";
  burst_tlb::TlbConfig* tlb = find_tlb(state.config, path);
  if (tlb == nullptr) {
    state.error = fmt::format("no TLB \"{}\": allowed are {}", path.substr(0, 100),
                              fmt::join(tlb_paths, ", "));
    return std::nullopt;
  }
  try {
    check_constraints(*tlb);
  } catch (const InputError& error) {
    state.impossible = true;
    state.error = fmt::format("{}: {}", path, error.what());
    return std::nullopt;
  }
  return storage_bits(*tlb, state.config.os.paging_mode());
}
int push_storage_bits(lua_State* lua) {
  const auto bits = storage_of_argument(lua);
  if (!bits) return raise(lua);
  lua_pushinteger(lua, static_cast<lua_Integer>(bits->total));
  return 1;
}
int push_cam_bits(lua_State* lua) {
  const auto bits = storage_of_argument(lua);
  if (!bits) return raise(lua);
  lua_pushinteger(lua, static_cast<lua_Integer>(bits->cam));
  return 1;
}

void push(lua_State* lua, const ParameterValue& value) {
  if (const auto* integer = std::get_if<std::uint64_t>(&value)) {
    if (*integer <= std::uint64_t{std::numeric_limits<lua_Integer>::max()}) {
      lua_pushinteger(lua, static_cast<lua_Integer>(*integer));
    } else {
      lua_pushnumber(lua, static_cast<lua_Number>(*integer));
    }
  } else if (const auto* real = std::get_if<double>(&value)) {
    lua_pushnumber(lua, *real);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    lua_pushboolean(lua, *flag ? 1 : 0);
  } else {
    const auto* text = std::get_if<std::string>(&value);
    const std::string& word = text != nullptr ? *text : std::get<Choice>(value).name;
    lua_pushlstring(lua, word.data(), word.size());
  }
}

}  // namespace

/// The interpreter. Every block of parameters is an empty table whose reads go to another table,
/// the block's values, and whose writes are refused.
class Constraints::Lua {
 public:
  explicit Lua(const std::vector<Constraint>& constraints)
      : owner_(lua_newstate(allocate, &state_)), lua_(owner_.get()) {
    if (lua_ == nullptr) throw std::bad_alloc();
    add_block("");
    constexpr std::pair<const char*, lua_CFunction> functions[] = {
        {"min", minimum},
        {"max", maximum},
        {"abs", abs_of},
        {"floor", floor_of},
        {"ceil", ceil_of},
        {"log2", log2_of},
        {"storage_bits", push_storage_bits},
        {"cam_bits", push_cam_bits}};
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, blocks_.at("").values);
    for (const auto& [name, function] : functions) {
      lua_pushcfunction(lua_, function);
      lua_setfield(lua_, -2, name);
    }
    lua_pop(lua_, 1);
    PlatformConfig defaults;
    for (const ParameterSetting& setting : parameter_settings(parameters_of(defaults))) {
      add_block(block_of(setting.path));
    }
    for (const Constraint& constraint : constraints) compile(constraint);
  }

  void set(const PlatformConfig& config) {
    state_.config = config;
    for (const ParameterSetting& setting : parameter_settings(parameters_of(state_.config))) {
      const std::string_view block = block_of(setting.path);
      add_block(block);  // of a list, there may be more elements than before
      lua_rawgeti(lua_, LUA_REGISTRYINDEX, blocks_.find(block)->second.values);
      const std::string_view name =
          std::string_view(setting.path).substr(block.empty() ? 0 : block.size() + 1);
      lua_pushlstring(lua_, name.data(), name.size());
      push(lua_, setting.value);
      lua_rawset(lua_, -3);
      lua_pop(lua_, 1);
    }
  }

  bool holds(std::size_t index, const Constraint& constraint) {
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, chunks_[index]);
    lua_sethook(lua_, stop, LUA_MASKCOUNT, max_steps);
    if (guarded([&] { return lua_pcall(lua_, 0, LUA_MULTRET, 0); }) != LUA_OK) fail(constraint);
    const int results = lua_gettop(lua_);
    if (results != 1 || !lua_isboolean(lua_, 1)) {
      const std::string what =
          results == 1 ? luaL_typename(lua_, 1) : fmt::format("{} values", results);
      lua_settop(lua_, 0);
      throw InputError(fmt::format("{}: constraint \"{}\": must be true or false, but is: {}",
                                   constraint.place, constraint.text, what));
    }
    const bool value = lua_toboolean(lua_, 1) != 0;
    lua_settop(lua_, 0);
    return value;
  }

 private:
  /// References into Lua's registry.
  struct Block {
    int values;
    int proxy;
  };

  static std::string_view block_of(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
  }

  /// With those that it lies in.
  void add_block(std::string_view path) {
    if (blocks_.contains(path)) return;
    lua_newtable(lua_);
    lua_pushvalue(lua_, -1);
    const int values = luaL_ref(lua_, LUA_REGISTRYINDEX);
    lua_newtable(lua_);  // the proxy
    lua_newtable(lua_);  // its metatable
    lua_pushvalue(lua_, -3);
    lua_pushlstring(lua_, path.data(), path.size());
    lua_pushcclosure(lua_, read_parameter, 2);
    lua_setfield(lua_, -2, "__index");
    lua_pushcfunction(lua_, refuse_assignment);
    lua_setfield(lua_, -2, "__newindex");
    lua_setmetatable(lua_, -2);
    const int proxy = luaL_ref(lua_, LUA_REGISTRYINDEX);
    lua_pop(lua_, 1);
    blocks_.emplace(path, Block{values, proxy});
    if (path.empty()) return;
    const std::string_view outer = block_of(path);
    add_block(outer);
    const std::string_view name = path.substr(outer.empty() ? 0 : outer.size() + 1);
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, blocks_.find(outer)->second.values);
    lua_pushlstring(lua_, name.data(), name.size());
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, proxy);
    lua_rawset(lua_, -3);
    lua_pop(lua_, 1);
  }

  void compile(const Constraint& constraint) {
    const std::string chunk = "return " + constraint.text;
    if (guarded([&] {
          return luaL_loadbufferx(lua_, chunk.data(), chunk.size(), "=constraint", "t");
        }) != LUA_OK) {
      fail(constraint);
    }
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, blocks_.at("").proxy);
    lua_setupvalue(lua_, -2, 1);  // a chunk's first upvalue is its environment
    chunks_.push_back(luaL_ref(lua_, LUA_REGISTRYINDEX));
  }

  /// Only calls that Lua protects run under the limit: elsewhere a lack of memory would abort.
  template <class Call>
  int guarded(Call call) {
    state_.impossible = false;
    state_.limit = state_.bytes + max_bytes;
    const int status = call();
    state_.limit = SIZE_MAX;
    return status;
  }

  [[noreturn]] void fail(const Constraint& constraint) {
    std::string message(lua_type(lua_, -1) == LUA_TSTRING ? text_at(lua_, -1) : "no message");
    lua_settop(lua_, 0);
    constexpr std::string_view prefix = "constraint:1: ";
    if (message.starts_with(prefix)) message.erase(0, prefix.size());
    if (state_.impossible) throw ImpossibleGeometry(message);
    throw InputError(
        fmt::format("{}: constraint \"{}\": {}", constraint.place, constraint.text, message));
  }

  struct Close {
    void operator()(lua_State* lua) const { lua_close(lua); }
  };
  State state_;
  std::unique_ptr<lua_State, Close> owner_;
  lua_State* lua_;
  std::map<std::string, Block, std::less<>> blocks_;
  std::vector<int> chunks_;
};

Constraints::Constraints(std::vector<Constraint> constraints)
    : constraints_(std::move(constraints)), lua_(std::make_unique<Lua>(constraints_)) {}
Constraints::~Constraints() = default;
Constraints::Constraints(Constraints&&) noexcept = default;
Constraints& Constraints::operator=(Constraints&&) noexcept = default;

std::optional<std::size_t> Constraints::first_false(const PlatformConfig& config) {
  if (constraints_.empty()) return std::nullopt;
  lua_->set(config);
  for (std::size_t i = 0; i < constraints_.size(); ++i) {
    if (!lua_->holds(i, constraints_[i])) return i;
  }
  return std::nullopt;
}

}  // namespace kilburn::platform::sweep
