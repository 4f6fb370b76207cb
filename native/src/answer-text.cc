#include "answer-text.h"

#include <time.h>

#include <charconv>
#include <cstring>

namespace junicorn {

Text AnswerText::Compose(napi_env env, napi_value lead, double length, napi_value body) {
  constexpr char kStart[] = "HTTP/1.1 ";
  constexpr char kLength[] = "\r\nContent-Length: ";
  constexpr char kEnd[] = "\r\n\r\n";
  constexpr size_t kMostDigits = 20;
  size_ = 0;
  Put(kStart, sizeof kStart - 1);
  PutValue(env, lead, false, 0);
  const std::string& date = Date();
  Put(date.data(), date.size());
  if (length >= 0) {
    char digits[kMostDigits];
    const auto written = std::to_chars(digits, digits + kMostDigits, static_cast<uint64_t>(length));
    Put(kLength, sizeof kLength - 1);
    Put(digits, static_cast<size_t>(written.ptr - digits));
  }
  Put(kEnd, sizeof kEnd - 1);
  PutValue(env, body, true, length > 0 ? static_cast<size_t>(length) : 0);
  return {room_.data(), size_};
}

void AnswerText::Put(const char* data, size_t size) {
  if (size == 0) return;
  if (room_.size() - size_ < size) room_.resize(2 * room_.size() + size);
  memcpy(room_.data() + size_, data, size);
  size_ += size;
}

// `expected`: its size if it is a string in UTF-8, which it would take long to find out.
void AnswerText::PutValue(napi_env env, napi_value value, bool utf8, size_t expected) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  size_t size = 0;
  if (type == napi_string) {
    if (utf8)
      size = expected;
    else
      napi_get_value_string_latin1(env, value, nullptr, 0, &size);
    // It writes a zero behind the text.
    if (room_.size() - size_ < size + 1) room_.resize(2 * room_.size() + size + 1);
    const auto get = utf8 ? napi_get_value_string_utf8 : napi_get_value_string_latin1;
    get(env, value, room_.data() + size_, size + 1, &size);
    size_ += size;
    return;
  }
  void* data = nullptr;
  bool is_buffer = false;
  napi_is_arraybuffer(env, value, &is_buffer);
  if (is_buffer) {
    napi_get_arraybuffer_info(env, value, &data, &size);
  } else if (napi_get_typedarray_info(env, value, nullptr, &size, &data, nullptr, nullptr) != napi_ok) {
    return;
  }
  Put(static_cast<const char*>(data), size);
}

// A line, after the end of the one before.
const std::string& AnswerText::Date() {
  const time_t now = time(nullptr);
  if (now == second_) return date_;
  second_ = now;
  constexpr size_t kMost = 64;
  char text[kMost];
  struct tm parts;
  gmtime_r(&now, &parts);
  date_.assign(text, strftime(text, kMost, "\r\nDate: %a, %d %b %Y %H:%M:%S GMT", &parts));
  return date_;
}

}  // namespace junicorn
