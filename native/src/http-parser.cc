#include "http-parser.h"

#include <cstdlib>
#include <cstring>

#include "request-parser.h"
#include "values.h"

namespace junicorn {

namespace {

// Indexes into parserState: ParserField of src/native.ts.
constexpr size_t kFlags = 0;
constexpr size_t kConsumed = 1;
constexpr size_t kRule = 2;
constexpr size_t kMinor = 3;
constexpr size_t kFields = 4;
constexpr size_t kSpans = 5;
constexpr size_t kSpanBase = 16;
constexpr size_t kEndsBase = kSpanBase + 2 * kSpanCapacity;
constexpr size_t kStateLength = kEndsBase + 2 + 2 * RequestParser::kMaxFields;

napi_value Construct(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  auto* environment = static_cast<Environment*>(arguments.data);
  napi_value target = nullptr;
  napi_get_new_target(env, info, &target);
  napi_valuetype type = napi_undefined;
  napi_typeof(env, arguments.at[0], &type);
  if (!target || type != napi_object) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "new HttpParser(limits)");
    return nullptr;
  }
  if (!environment->llhttp_known) {
    const std::string message = "this Node has llhttp " + environment->llhttp_version + "; Junicorn knows 9.x";
    napi_throw_error(env, "ERR_LLHTTP_VERSION", message.c_str());
    return nullptr;
  }
  ParserLimits limits;
  const napi_value object = arguments.at[0];
  if (!GetUint32(env, Property(env, object, "requestLine"), "requestLine", &limits.request_line) ||
      !GetUint32(env, Property(env, object, "fields"), "fields", &limits.fields) ||
      !GetUint32(env, Property(env, object, "fieldSize"), "fieldSize", &limits.field_size)) {
    return nullptr;
  }
  if (limits.fields > RequestParser::kMaxFields) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "fields must be at most 32768");
    return nullptr;
  }
  auto* parser = new RequestParser(&environment->llhttp_settings, &environment->parser_output, limits);
  const napi_status status = napi_wrap(
      env, arguments.self, parser, [](napi_env, void* data, void*) { delete static_cast<RequestParser*>(data); },
      nullptr, nullptr);
  if (status != napi_ok) {
    delete parser;
    napi_throw_error(env, nullptr, "cannot wrap the parser");
    return nullptr;
  }
  return arguments.self;
}

// The hot path: no allocation but the head's string.
napi_value Execute(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  auto* environment = static_cast<Environment*>(arguments.data);
  auto* parser = Unwrap<RequestParser>(env, arguments.self);
  Bytes chunk;
  uint32_t start;
  uint32_t end;
  if (!parser || !GetBytes(env, arguments.at[0], "chunk", &chunk) ||
      !GetUint32(env, arguments.at[1], "start", &start) || !GetUint32(env, arguments.at[2], "end", &end)) {
    return nullptr;
  }
  if (start > end || end > chunk.size || end > INT32_MAX) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "start and end must lie within the chunk");
    return nullptr;
  }
  parser->Execute(reinterpret_cast<const char*>(chunk.data) + start, end - start);

  const ParserOutput& out = environment->parser_output;
  int32_t* state = environment->parser_state;
  state[kFlags] = out.flags;
  state[kConsumed] = out.consumed;
  state[kRule] = static_cast<int32_t>(out.rule);
  state[kMinor] = out.minor;
  state[kFields] = out.fields;
  state[kSpans] = out.spans;
  for (int32_t i = 0; i < 2 * out.spans; i++) state[kSpanBase + i] = out.span[i] + static_cast<int32_t>(start);

  napi_value head = nullptr;
  if (out.head && !(out.flags & kFlagError)) {
    memcpy(state + kEndsBase, out.head->ends.data(), out.head->ends.size() * sizeof(int32_t));
    head = Latin1(env, out.head->text.data(), out.head->text.size());
    parser->ReleaseHead();
  } else {
    napi_get_null(env, &head);
  }
  return head;
}

napi_value TakeTrailers(napi_env env, napi_callback_info info) {
  Arguments<0> arguments(env, info);
  auto* parser = Unwrap<RequestParser>(env, arguments.self);
  if (!parser) return nullptr;
  const Pieces trailers = parser->TakeTrailers();
  napi_value list = nullptr;
  napi_create_array_with_length(env, trailers.ends.size(), &list);
  int32_t start = 0;
  for (uint32_t i = 0; i < trailers.ends.size(); i++) {
    const int32_t end = trailers.ends[i];
    napi_set_element(env, list, i, Latin1(env, trailers.text.data() + start, static_cast<size_t>(end - start)));
    start = end;
  }
  return list;
}

napi_value InMessage(napi_env env, napi_callback_info info) {
  Arguments<0> arguments(env, info);
  auto* parser = Unwrap<RequestParser>(env, arguments.self);
  return parser ? Bool(env, parser->InMessage()) : nullptr;
}

napi_value Reset(napi_env env, napi_callback_info info) {
  Arguments<0> arguments(env, info);
  if (auto* parser = Unwrap<RequestParser>(env, arguments.self)) parser->Reset();
  return nullptr;
}

void DefineState(Environment* environment, napi_value exports) {
  napi_env env = environment->env();
  // Most of these 257 KiB is for fields that no request has, and threads and masters parse none: calloc takes no memory
  // until it is written to.
  environment->parser_state = static_cast<int32_t*>(std::calloc(kStateLength, sizeof(int32_t)));
  if (environment->parser_state == nullptr)
    napi_fatal_error("junicorn", NAPI_AUTO_LENGTH, "out of memory", NAPI_AUTO_LENGTH);
  napi_value buffer = ExternalBuffer(
      env, environment->parser_state, kStateLength * sizeof(int32_t), [](void* state) { std::free(state); },
      environment->parser_state);
  if (!buffer) return;
  // The environment writes there for its whole life, whatever JavaScript lets go.
  napi_ref forever;
  napi_create_reference(env, buffer, 1, &forever);
  napi_value state = nullptr;
  napi_create_typedarray(env, napi_int32_array, kStateLength, buffer, 0, &state);
  SetValue(env, exports, "parserState", state);
}

void DefineRules(napi_env env, napi_value exports) {
  napi_value rules = nullptr;
  napi_create_array(env, &rules);
  for (uint32_t i = 0; i < static_cast<uint32_t>(Rule::kCount); i++) {
    napi_set_element(env, rules, i, Utf8(env, RuleName(static_cast<Rule>(i))));
  }
  napi_object_freeze(env, rules);
  SetValue(env, exports, "parserRules", rules);
}

}  // namespace

void DefineHttpParser(Environment* environment, napi_value exports) {
  static constexpr MethodSpec kMethods[] = {
      {"execute", Execute}, {"takeTrailers", TakeTrailers}, {"inMessage", InMessage}, {"reset", Reset}};
  DefineState(environment, exports);
  DefineRules(environment->env(), exports);
  DefineClass(environment->env(), exports, "HttpParser", Construct, kMethods, sizeof kMethods / sizeof *kMethods,
              environment);
}

}  // namespace junicorn
