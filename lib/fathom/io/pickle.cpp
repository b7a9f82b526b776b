#include "fathom/io/pickle.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"

namespace fathom::io {
namespace {

/// Bytes of a number by the name of its storage's type.
const std::map<std::string_view, std::uint64_t> kItemSizes = {
    {"DoubleStorage", 8},       {"FloatStorage", 4},          {"HalfStorage", 2},
    {"BFloat16Storage", 2},     {"LongStorage", 8},           {"IntStorage", 4},
    {"ShortStorage", 2},        {"CharStorage", 1},           {"ByteStorage", 1},
    {"BoolStorage", 1},         {"QInt8Storage", 1},          {"QUInt8Storage", 1},
    {"ComplexFloatStorage", 8}, {"ComplexDoubleStorage", 16}, {"QInt32Storage", 4}};

using Index = std::uint32_t;

/// What a value is, as far as the check needs it.
struct Value {
  enum class Kind { other, number, text, global, tuple, description, storage };
  Kind kind = Kind::other;
  std::string_view text = {};     // of a text; of a global its name without the module
  std::int64_t number = 0;        // of a number; of a storage and its description its place in the list
  std::vector<Index> items = {};  // of a tuple
  int height = 0;                 // containers within each other
  bool held = false;              // by a container
};

class Reader {
 public:
  explicit Reader(std::string_view pickle) : rest_(pickle) {}

  std::vector<PickledStorage> read() {
    if (rest_.size() > kLargestPickle)
      fail(fmt::format("it has {} bytes, more than {}", grouped(rest_.size()), grouped(kLargestPickle)));
    while (!step(static_cast<unsigned char>(take(1)[0]))) {
    }
    return std::move(storages_);
  }

 private:
  [[noreturn]] static void fail(const std::string& why) { throw FormatError("a pickle is damaged: " + why); }

  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) fail(fmt::format("it ends {} bytes too early", grouped(count - rest_.size())));
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }
  std::string_view line() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) fail("a line has no end");
    const std::string_view text = take(end);
    take(1);
    return text;
  }
  /// A whole number of `count` bytes, the lowest first.
  std::uint64_t whole(int count) {
    std::uint64_t value = 0;
    const std::string_view bytes = take(static_cast<std::uint64_t>(count));
    for (int i = count - 1; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  }

  void push(Value value) {
    values_.push_back(std::move(value));
    stack_.push_back(static_cast<Index>(values_.size() - 1));
  }
  Index pop() {
    // A value below a mark is not for an operation above it.
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail("a value is missing");
    const Index index = stack_.back();
    stack_.pop_back();
    return index;
  }
  Value& top() {
    const Index index = pop();
    stack_.push_back(index);
    return values_[index];
  }
  std::vector<Index> pop_to_mark() {
    if (marks_.empty()) fail("a mark is missing");
    std::vector<Index> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }
  std::vector<Index> pop_values(int count) {
    std::vector<Index> items;
    for (int i = 0; i < count; ++i) items.insert(items.begin(), pop());
    return items;
  }

  /// Puts values into the container `to`. What another container holds already has its final height.
  void put(const std::vector<Index>& items, Value& to) {
    if (to.held && !items.empty()) fail("it changes a value that another one holds");
    for (const Index each : items) {
      to.height = std::max(to.height, values_[each].height + 1);
      values_[each].held = true;
    }
    if (to.height > kDeepestPickle)
      fail(fmt::format("more than {} values within each other", kDeepestPickle));
  }
  void push_container(const std::vector<Index>& items) {
    Value container{.height = 1};
    put(items, container);
    push(std::move(container));
  }
  void push_tuple(std::vector<Index> items) {
    Value tuple{.kind = Value::Kind::tuple, .height = 1};
    put(items, tuple);
    if (auto storage = storage_in(items)) {
      tuple.kind = Value::Kind::description;
      tuple.number = std::ssize(storages_);
      storages_.push_back(*std::move(storage));
    }
    tuple.items = std::move(items);
    push(std::move(tuple));
  }
  /// ("storage", type, key, device, count)
  std::optional<PickledStorage> storage_in(const std::vector<Index>& items) const {
    if (items.size() != 5) return {};
    const auto& [name, type, key, device, count] = std::tie(
        values_[items[0]], values_[items[1]], values_[items[2]], values_[items[3]], values_[items[4]]);
    using Kind = Value::Kind;
    if (name.kind != Kind::text || name.text != "storage" || type.kind != Kind::global ||
        key.kind != Kind::text || device.kind != Kind::text || count.kind != Kind::number)
      return {};
    const auto size = kItemSizes.find(type.text);
    if (size == kItemSizes.end()) fail(fmt::format("numbers of type '{}'", excerpt(std::string(type.text))));
    if (count.number < 0 ||
        static_cast<std::uint64_t>(count.number) > std::numeric_limits<std::uint64_t>::max() / size->second)
      fail(fmt::format("a tensor of {} numbers", count.number));
    return PickledStorage{std::string(key.text), static_cast<std::uint64_t>(count.number) * size->second,
                          static_cast<std::uint64_t>(count.number)};
  }

  /// Calls of functions that make a tensor: (storage, offset, sizes, strides, ...). LibTorch does not look
  /// whether the numbers lie within the storage.
  void check_call(const Value& function, const Value& arguments) const {
    using Kind = Value::Kind;
    const bool makes_tensor = function.text == "_rebuild_tensor_v2" || function.text == "_rebuild_qtensor" ||
                              function.text == "_rebuild_tensor";
    if (function.kind != Kind::global || !makes_tensor) return;
    if (arguments.kind != Kind::tuple || arguments.items.size() < 4) fail("a tensor is not described as one");
    const auto argument = [&](std::size_t i) -> const Value& { return values_[arguments.items[i]]; };
    if (argument(0).kind != Kind::storage || argument(1).kind != Kind::number)
      fail("a tensor has no storage");
    const std::vector<std::uint64_t> sizes = wholes_in(argument(2)), strides = wholes_in(argument(3));
    if (sizes.size() != strides.size()) fail("a tensor has sizes and strides of different numbers");
    if (std::find(sizes.begin(), sizes.end(), 0U) != sizes.end()) return;
    const std::uint64_t numbers = storages_[static_cast<std::size_t>(argument(0).number)].numbers;
    std::uint64_t last = whole_in(argument(1));
    for (std::size_t i = 0; i < sizes.size() && last < numbers; ++i) {
      if (strides[i] > 0 && sizes[i] - 1 > numbers / strides[i])
        last = numbers;
      else
        last += (sizes[i] - 1) * strides[i];
    }
    if (last >= numbers) fail("a tensor reaches beyond its storage");
  }
  static std::uint64_t whole_in(const Value& value) {
    if (value.kind != Value::Kind::number || value.number < 0) fail("a size of a tensor is no whole number");
    return static_cast<std::uint64_t>(value.number);
  }
  std::vector<std::uint64_t> wholes_in(const Value& tuple) const {
    if (tuple.kind != Value::Kind::tuple) fail("the sizes of a tensor are no tuple");
    std::vector<std::uint64_t> wholes;
    for (const Index each : tuple.items) wholes.push_back(whole_in(values_[each]));
    return wholes;
  }

  void remember(std::uint64_t place) {
    top();
    memory_[place] = stack_.back();
  }
  void recall(std::uint64_t place) {
    const auto found = memory_.find(place);
    if (found == memory_.end()) fail("it asks for a value that it has not kept");
    stack_.push_back(found->second);
  }

  /// One operation; true at the end. The names are those of Python's pickle module.
  bool step(unsigned char operation) {
    switch (operation) {
      case 0x80:  // PROTO
        take(1);
        return false;
      case '.':  // STOP
        if (!marks_.empty()) fail("a mark is left");
        top();
        return true;
      case '(':  // MARK
        marks_.push_back(stack_.size());
        return false;
      case 'N':   // NONE
      case 0x88:  // NEWTRUE
      case 0x89:  // NEWFALSE
        push({});
        return false;
      case 'K':  // BININT1
        push_number(static_cast<std::int64_t>(whole(1)));
        return false;
      case 'M':  // BININT2
        push_number(static_cast<std::int64_t>(whole(2)));
        return false;
      case 'J':  // BININT
        push_number(static_cast<std::int32_t>(whole(4)));
        return false;
      case 0x8a:  // LONG1
        if (whole(1) != 8) fail("a whole number that has not 8 bytes");
        push_number(static_cast<std::int64_t>(whole(8)));
        return false;
      case 'G':  // BINFLOAT
        take(8);
        push({});
        return false;
      case 'X':  // BINUNICODE
        push({.kind = Value::Kind::text, .text = take(whole(4))});
        return false;
      case 'c':  // GLOBAL
        line();
        push({.kind = Value::Kind::global, .text = line()});
        return false;
      case 'q':  // BINPUT
        remember(whole(1));
        return false;
      case 'r':  // LONG_BINPUT
        remember(whole(4));
        return false;
      case 'h':  // BINGET
        recall(whole(1));
        return false;
      case 'j':  // LONG_BINGET
        recall(whole(4));
        return false;
      default:
        gather(operation);
        return false;
    }
  }

  void push_number(std::int64_t number) { push({.kind = Value::Kind::number, .number = number}); }

  /// The operations on containers.
  void gather(unsigned char operation) {
    switch (operation) {
      case ']':  // EMPTY_LIST
      case '}':  // EMPTY_DICT
        push_container({});
        break;
      case ')':  // EMPTY_TUPLE
        push_tuple({});
        break;
      case 't':  // TUPLE
        push_tuple(pop_to_mark());
        break;
      case 'l':  // LIST
        push_container(pop_to_mark());
        break;
      case 'd':  // DICT
        push_container(pairs(pop_to_mark()));
        break;
      case 0x85:  // TUPLE1
      case 0x86:  // TUPLE2
      case 0x87:  // TUPLE3
        push_tuple(pop_values(operation - 0x84));
        break;
      case 'a':  // APPEND
      case 'b':  // BUILD
        put_into_top(pop_values(1));
        break;
      case 'e':  // APPENDS
        put_into_top(pop_to_mark());
        break;
      case 's':  // SETITEM
        put_into_top(pop_values(2));
        break;
      case 'u':  // SETITEMS
        put_into_top(pairs(pop_to_mark()));
        break;
      case 'R': {  // REDUCE
        const std::vector<Index> call = pop_values(2);
        check_call(values_[call[0]], values_[call[1]]);
        push_container(call);
        break;
      }
      case 0x81:  // NEWOBJ
        push_container(pop_values(2));
        break;
      case 'Q': {  // BINPERSID
        const Value& described = values_[pop()];
        if (described.kind != Value::Kind::description) fail("a storage is not described as one");
        push({.kind = Value::Kind::storage, .number = described.number});
        break;
      }
      default:
        fail(fmt::format("it has the operation 0x{:02x}, which LibTorch does not read", operation));
    }
  }
  void put_into_top(const std::vector<Index>& items) { put(items, top()); }
  static const std::vector<Index>& pairs(const std::vector<Index>& items) {
    if (items.size() % 2 != 0) fail("a key has no value");
    return items;
  }

  std::string_view rest_;
  std::vector<Value> values_;
  std::vector<Index> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::map<std::uint64_t, Index> memory_;
  std::vector<PickledStorage> storages_;
};

}  // namespace

std::vector<PickledStorage> checked_pickle(std::string_view pickle) { return Reader(pickle).read(); }

}  // namespace fathom::io
