// The JSON of the control socket: a writer, and a reader for one object without objects in it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace pendingop::control {

// Appends to a text. Bytes that are no UTF-8 become U+FFFD.
class Json {
 public:
  Json& open(char bracket);
  Json& close(char bracket);
  Json& key(std::string_view name);
  Json& text(std::string_view value);
  Json& number(double value);
  Json& number(uint64_t value);
  Json& integer(int64_t value);
  Json& boolean(bool value);

  template <typename T>
  Json& field(std::string_view name, const T& value) {
    key(name);
    if constexpr (std::is_same_v<T, bool>)
      return boolean(value);
    else if constexpr (std::is_floating_point_v<T>)
      return number(static_cast<double>(value));
    else if constexpr (std::is_integral_v<T>)
      return integer(static_cast<int64_t>(value));
    else
      return text(value);
  }

  std::string take() { return std::move(out_); }

 private:
  void separate();

  std::string out_;
  bool first_ = true;
};

// The members of an object whose values are texts, numbers, true, false or null. Returns nothing if the text
// is no such object.
struct Value {
  std::string text;
  double number = 0;
  bool isText = false;
  bool isNumber = false;
};
using Object = std::map<std::string, Value, std::less<>>;
std::optional<Object> parse(std::string_view line);

}  // namespace pendingop::control
