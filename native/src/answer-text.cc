#include "answer-text.h"

#include <time.h>

#include <charconv>

namespace junicorn {

namespace {

void PutBytes(napi_env env, napi_value value, Encoder* out) {
  void* data = nullptr;
  size_t size = 0;
  bool is_buffer = false;
  napi_is_arraybuffer(env, value, &is_buffer);
  if (is_buffer) {
    napi_get_arraybuffer_info(env, value, &data, &size);
  } else if (napi_get_typedarray_info(env, value, nullptr, &size, &data, nullptr, nullptr) != napi_ok) {
    return;
  }
  out->Put(data, size);
}

}  // namespace

void AnswerText::Compose(napi_env env, Encoder* out, napi_value lead, double length, napi_value body) {
  constexpr char kStart[] = "HTTP/1.1 ";
  constexpr char kLength[] = "\r\nContent-Length: ";
  constexpr char kEnd[] = "\r\n\r\n";
  out->Put(kStart, sizeof kStart - 1);
  if (!out->Add<napi_get_value_string_latin1, 1>(lead)) PutBytes(env, lead, out);
  const std::string& date = Date();
  out->Put(date.data(), date.size());
  if (length >= 0) {
    constexpr size_t kMostDigits = 20;
    char digits[kMostDigits];
    const auto written = std::to_chars(digits, digits + kMostDigits, static_cast<uint64_t>(length));
    out->Put(kLength, sizeof kLength - 1);
    out->Put(digits, static_cast<size_t>(written.ptr - digits));
  }
  out->Put(kEnd, sizeof kEnd - 1);
  if (!out->Add<napi_get_value_string_utf8, 4>(body)) PutBytes(env, body, out);
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
