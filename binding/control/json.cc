#include "control/json.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "control/utf8.h"

namespace pendingop::control {

namespace {

// Returns whether the character stands for itself in a string of JSON.
bool isPlain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

void appendUtf8(std::string* to, uint32_t code) {
  if (code < 0x80) {
    *to += static_cast<char>(code);
  } else if (code < 0x800) {
    *to += static_cast<char>(0xc0 | code >> 6);
    *to += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *to += static_cast<char>(0xe0 | code >> 12);
    *to += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    *to += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    *to += static_cast<char>(0xf0 | code >> 18);
    *to += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    *to += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    *to += static_cast<char>(0x80 | (code & 0x3f));
  }
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<Object> object() {
    Object members;
    if (!take('{')) return {};
    if (take('}')) return atEnd() ? std::optional(members) : std::nullopt;
    do {
      std::string name;
      Value value;
      if (!string(&name) || !take(':') || !read(&value)) return {};
      members.insert_or_assign(std::move(name), std::move(value));
    } while (take(','));
    if (!take('}') || !atEnd()) return {};
    return members;
  }

 private:
  void skip() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\r' || rest_[0] == '\n'))
      rest_.remove_prefix(1);
  }
  bool take(char c) {
    skip();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool atEnd() {
    skip();
    return rest_.empty();
  }
  bool word(std::string_view what) {
    if (rest_.substr(0, what.size()) != what) return false;
    rest_.remove_prefix(what.size());
    return true;
  }

  bool hex(uint32_t* code) {
    if (rest_.size() < 4) return false;
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
      const char c = rest_[static_cast<size_t>(i)];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return false;
      value = value * 16 + static_cast<uint32_t>(digit);
    }
    rest_.remove_prefix(4);
    *code = value;
    return true;
  }

  bool escape(std::string* to) {
    if (rest_.empty()) return false;
    const char c = rest_[0];
    rest_.remove_prefix(1);
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    if (const size_t at = kFrom.find(c); at != std::string_view::npos) {
      *to += kTo[at];
      return true;
    }
    uint32_t code = 0;
    if (c != 'u' || !hex(&code)) return false;
    if (code >= 0xd800 && code < 0xdc00) {
      uint32_t low = 0;
      if (!word("\\u") || !hex(&low) || low < 0xdc00 || low > 0xdfff) return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    appendUtf8(to, code);
    return true;
  }

  bool string(std::string* to) {
    if (!take('"')) return false;
    while (!rest_.empty()) {
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c == '\\') {
        if (!escape(to)) return false;
      } else {
        *to += c;
      }
    }
    return false;
  }

  bool read(Value* value) {
    skip();
    if (rest_.empty()) return false;
    if (rest_[0] == '"') {
      value->isText = true;
      return string(&value->text);
    }
    if (word("null") || word("false")) return true;
    if (word("true")) {
      value->number = 1;
      return true;
    }
    return number(&value->number) && (value->isNumber = true);
  }

  // Without an exponent. strtod() would use the decimal point of the program's locale.
  bool number(double* value) {
    const bool negative = word("-");
    size_t digits = 0;
    double whole = 0;
    double scale = 1;
    bool fraction = false;
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      const char c = rest_[0];
      if (c == '.' && !fraction && digits > 0) {
        fraction = true;
      } else if (c >= '0' && c <= '9') {
        whole = whole * 10 + (c - '0');
        if (fraction) scale *= 10;
        digits++;
      } else {
        break;
      }
    }
    *value = (negative ? -whole : whole) / scale;
    return digits > 0 && std::isfinite(*value);
  }

  std::string_view rest_;
};

}  // namespace

void Json::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

Json& Json::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
  return *this;
}

Json& Json::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

Json& Json::key(std::string_view name) {
  text(name);
  out_ += ':';
  first_ = true;
  return *this;
}

Json& Json::text(std::string_view value) {
  separate();
  out_ += '"';
  while (!value.empty()) {
    size_t plain = 0;
    while (plain < value.size() && isPlain(value[plain])) plain++;
    out_ += value.substr(0, plain);
    value.remove_prefix(plain);
    if (value.empty()) break;
    const size_t length = utf8Length(value);
    const auto c = static_cast<unsigned char>(value[0]);
    if (length == 0) {
      out_ += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += static_cast<char>(c);
    } else if (c < 0x20 || c == 0x7f) {
      char escaped[8];
      snprintf(escaped, sizeof escaped, "\\u%04x", c);
      out_ += escaped;
    } else {
      out_ += value.substr(0, length);
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  out_ += '"';
  return *this;
}

Json& Json::number(double value) {
  separate();
  // Not by "%.3f": the program's locale may have another decimal point.
  const double magnitude = std::isfinite(value) ? std::min(std::fabs(value), 9e15) : 0;
  const auto thousandths = static_cast<uint64_t>(std::llround(magnitude * 1000));
  char digits[40];
  snprintf(digits, sizeof digits, "%s%llu.%03llu", value < 0 && thousandths > 0 ? "-" : "",
           static_cast<unsigned long long>(thousandths / 1000),
           static_cast<unsigned long long>(thousandths % 1000));
  out_ += digits;
  return *this;
}

Json& Json::number(uint64_t value) {
  separate();
  char digits[24];
  snprintf(digits, sizeof digits, "%llu", static_cast<unsigned long long>(value));
  out_ += digits;
  return *this;
}

Json& Json::integer(int64_t value) {
  separate();
  out_ += std::to_string(value);
  return *this;
}

Json& Json::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
  return *this;
}

std::optional<Object> parse(std::string_view line) { return Reader(line).object(); }

}  // namespace pendingop::control
