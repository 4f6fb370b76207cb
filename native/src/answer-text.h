// The bytes of an answer that is given as a whole.
#pragma once

#include <node_api.h>

#include <string>
#include <vector>

#include "request-grammar.h"

namespace junicorn {

class AnswerText {
 public:
  // `lead` is the status and the fields, without the end of the last line, in latin-1 where it is a string. Then come a
  // Date, the length (negative: none) and the body, in UTF-8 where that is a string; both may also be an ArrayBuffer or
  // a Uint8Array. Valid until the next call.
  Text Compose(napi_env env, napi_value lead, double length, napi_value body);

 private:
  void Put(const char* data, size_t size);
  void PutValue(napi_env env, napi_value value, bool utf8, size_t expected);
  const std::string& Date();

  // Grows to the size of the largest, which is bounded by its callers.
  std::vector<char> room_;
  size_t size_ = 0;
  time_t second_ = 0;
  std::string date_;
};

}  // namespace junicorn
