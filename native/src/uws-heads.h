// Reads the heads of requests as uWebSockets keeps them, and holds them to the parser's rules.
#pragma once

#include <node_api.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "head-fields.h"
#include "text-memory.h"
#include "uws-layout.h"
#include "whole-request.h"

namespace junicorn {

// What is read goes into two arrays of JavaScript's, and texts into a third, in which each has a number: first the
// methods, then two for each place of the memory (the second is the value of a field), then those of this head alone.
class UwsHeads {
 public:
  struct Options {
    int32_t* state;
    double* numbers;
    uint8_t* body;
    std::vector<std::string> methods;
    uint32_t request_line;
    uint32_t fields;
    uint32_t field_size;
    uint32_t body_size;
    double time_origin;
  };
  // Of the arrays.
  static constexpr size_t kStateLength = 7 + 2 * kMostHeadFields;
  static constexpr size_t kNumbersLength = 2;
  static constexpr size_t kBodyLength = kMostWholeBytes;
  // A length.
  static constexpr double kChunked = -1;

  enum : size_t { kState, kNumbers, kTexts, kBody, kArrays };
  // The references are to the arrays.
  UwsHeads(Options options, const napi_ref (&arrays)[kArrays]) : options_(std::move(options)) {
    std::copy_n(arrays, kArrays, arrays_);
  }
  void Delete(napi_env env);

  // Null fields: it is not known where they are. Returns the length of the body; negative if nobody knows it.
  double Read(napi_env env, const UwsField* fields);
  // Whose request it is, if that matters.
  void SetSocket(int fd);
  // False, and nothing is known of it, unless it is sound, asks for nothing special, and has this body, which is
  // copied.
  bool ReadWhole(napi_env env, const UwsField* fields, Text body, int32_t app);
  // Of what was read last: `Connection: close`.
  bool AsksForClose() const;

 private:
  int32_t TextOf(int32_t place) const { return static_cast<int32_t>(options_.methods.size()) + 2 * place; }
  int32_t PassingText(uint32_t number) const { return TextOf(TextMemory::kPlaces) + static_cast<int32_t>(number); }
  napi_value Texts(napi_env env);
  napi_value Keep(napi_env env, int32_t at, Text text);

  Rule ReadHead(napi_env env, const UwsField* fields);
  Rule ReadFields(napi_env env, const UwsField* fields);
  Rule ReadMethod(Text method);
  Rule ReadTarget(napi_env env, Text target);
  Rule ReadField(napi_env env, const UwsField& field, uint32_t number, HeadFields* head);
  Rule ReadNewField(napi_env env, Text name, Text value, const TextMemory::Key& key, uint32_t number, HeadFields* head);
  napi_value ReadName(napi_env env, Text name, uint32_t number, int32_t* at);

  const Options options_;
  napi_ref arrays_[kArrays];
  napi_value texts_ = nullptr;  // during a call, once it is needed
  TextMemory memory_;
  int32_t flags_ = 0;
  int32_t fields_read_ = 0;
  double content_length_ = 0;
};

}  // namespace junicorn
