// The bytes of an answer that is given as a whole.
#pragma once

#include <node_api.h>

#include <string>

#include "text-encoder.h"

namespace junicorn {

class AnswerText {
 public:
  // `lead` is the status and the fields, without the end of the last line, in latin-1 where it is a string. Then come a
  // Date, the length (negative: none) and the body, in UTF-8 where that is a string; both may also be an ArrayBuffer or
  // a Uint8Array.
  void Compose(napi_env env, Encoder* out, napi_value lead, double length, napi_value body);

 private:
  const std::string& Date();

  time_t second_ = 0;
  std::string date_;
};

}  // namespace junicorn
