#include "uws-heads.h"

#include <cstring>

#include "syscalls.h"
#include "values.h"

namespace junicorn {

namespace {

// Of a length that uWebSockets takes.
constexpr size_t kMostDigits = 18;

// Indexes into the state: UwsHead of src/native-uws.ts.
enum : size_t { kRule, kFlags, kFields, kMethod, kTarget, kApp, kSocket, kFieldTexts };
static_assert(kFieldTexts + 2 * kMostHeadFields == UwsHeads::kStateLength);
enum : int32_t { kClose = 1, kExpectsContinue = 2 };
// And into the numbers.
enum : size_t { kTime, kContentLength };

// Of a remembered field.
enum : uint8_t { kNotesClose = 1 };

using Kind = TextMemory::Kind;

// `close` is one of the options of a Connection field.
bool AsksToClose(Text value) {
  const char* p = value.data;
  const char* end = p + value.size;
  while (p < end) {
    const char* comma = static_cast<const char*>(memchr(p, ',', static_cast<size_t>(end - p)));
    if (Trim(Text::Between(p, comma ? comma : end)).EqualsIgnoringCase("close", 5)) return true;
    if (!comma) return false;
    p = comma + 1;
  }
  return false;
}

}  // namespace

void UwsHeads::Delete(napi_env env) {
  for (napi_ref array : arrays_) napi_delete_reference(env, array);
  delete this;
}

double UwsHeads::Read(napi_env env, const UwsField* fields) {
  const Rule rule = fields ? ReadHead(env, fields) : Rule::kMalformed;
  options_.state[kRule] = static_cast<int32_t>(rule);
  return rule == Rule::kNone ? content_length_ : kChunked;
}

void UwsHeads::SetSocket(int fd) {
  options_.state[kSocket] = fd;
}

bool UwsHeads::ReadWhole(napi_env env, const UwsField* fields, Text body, int32_t app) {
  if (ReadHead(env, fields) != Rule::kNone || flags_ != 0) return false;
  if (content_length_ != static_cast<double>(body.size) || body.size > kBodyLength) return false;
  if (options_.body_size > 0 && body.size > options_.body_size) return false;
  memcpy(options_.body, body.data, body.size);
  options_.state[kRule] = static_cast<int32_t>(Rule::kNone);
  options_.state[kApp] = app;
  SetSocket(-1);
  return true;
}

bool UwsHeads::AsksForClose() const {
  return (flags_ & kClose) != 0;
}

Rule UwsHeads::ReadHead(napi_env env, const UwsField* fields) {
  flags_ = 0;
  fields_read_ = 0;
  content_length_ = 0;
  texts_ = nullptr;
  memory_.Begin();
  const Rule rule = ReadFields(env, fields);
  options_.numbers[kTime] = sys::MonotonicMilliseconds() - options_.time_origin;
  options_.numbers[kContentLength] = content_length_;
  options_.state[kFlags] = flags_;
  options_.state[kFields] = fields_read_;
  return rule;
}

napi_value UwsHeads::Texts(napi_env env) {
  if (!texts_) napi_get_reference_value(env, arrays_[kTexts], &texts_);
  return texts_;
}

napi_value UwsHeads::Keep(napi_env env, int32_t at, Text text) {
  const napi_value value = Latin1(env, text.data, text.size);
  napi_set_element(env, Texts(env), static_cast<uint32_t>(at), value);
  return value;
}

Rule UwsHeads::ReadFields(napi_env env, const UwsField* fields) {
  const Text method = fields->Method();
  const Text target = fields->Target();
  if (options_.request_line > 0 && method.size + target.size + 10 > options_.request_line)
    return Rule::kRequestLineTooLong;
  if (const Rule rule = ReadMethod(method); rule != Rule::kNone) return rule;
  if (const Rule rule = ReadTarget(env, target); rule != Rule::kNone) return rule;
  HeadFields head;
  for (uint32_t i = 1; i < kMostHeadFields && !fields[i].IsEnd(); i++) {
    if (i > options_.fields) return Rule::kTooManyFields;
    if (const Rule rule = ReadField(env, fields[i], i - 1, &head); rule != Rule::kNone) return rule;
    fields_read_++;
  }
  if (head.expects_continue()) flags_ |= kExpectsContinue;
  content_length_ = head.chunked() ? kChunked : static_cast<double>(head.content_length());
  return head.Complete();
}

Rule UwsHeads::ReadMethod(Text method) {
  for (size_t i = 0; i < options_.methods.size(); i++) {
    const std::string& known = options_.methods[i];
    if (known.size() != method.size || memcmp(known.data(), method.data, method.size) != 0) continue;
    options_.state[kMethod] = static_cast<int32_t>(i);
    // The target of CONNECT is an authority, and this one is none.
    return known == "CONNECT" ? Rule::kBadTarget : Rule::kNone;
  }
  return Rule::kBadMethod;
}

Rule UwsHeads::ReadTarget(napi_env env, Text target) {
  const TextMemory::Key key = memory_.KeyOf(Kind::kTarget, target);
  int32_t place = memory_.Find(key);
  if (place != TextMemory::kNone) {
    options_.state[kTarget] = TextOf(place);
    return Rule::kNone;
  }
  if (target.size == 0 || !IsVisible(target)) return Rule::kBadTarget;
  place = memory_.Admit(key);
  options_.state[kTarget] = place == TextMemory::kNone ? PassingText(0) : TextOf(place);
  Keep(env, options_.state[kTarget], target);
  return Rule::kNone;
}

Rule UwsHeads::ReadField(napi_env env, const UwsField& field, uint32_t number, HeadFields* head) {
  const Text name = field.Name();
  const Text value = field.Value();
  if (options_.field_size > 0 && name.size + value.size + 4 > options_.field_size) return Rule::kFieldTooLong;
  if (name.size == 0) return Rule::kBadFieldName;
  if (const Rule rule = head->Name(name); rule != Rule::kNone) return rule;
  if (head->frames() && field.EndsInTab())
    return name.size == 17 ? Rule::kTransferEncodingNotChunked : Rule::kBadContentLength;
  // uWebSockets refuses it by itself, but only once the handler has returned.
  if (head->frames() && name.size == 14 && value.size > kMostDigits) return Rule::kBadContentLength;
  const TextMemory::Key key = memory_.KeyOf(Kind::kField, Text::Between(name.data, value.data + value.size));
  const int32_t place = memory_.Find(key);
  if (place == TextMemory::kNone) return ReadNewField(env, name, value, key, number, head);
  options_.state[kFieldTexts + 2 * number] = TextOf(place);
  options_.state[kFieldTexts + 2 * number + 1] = TextOf(place) + 1;
  if (memory_.note(place) & kNotesClose) flags_ |= kClose;
  return head->frames() ? head->Value(value) : Rule::kNone;
}

Rule UwsHeads::ReadNewField(napi_env env, Text name, Text value, const TextMemory::Key& key, uint32_t number,
                            HeadFields* head) {
  if (!IsToken(name)) return Rule::kBadFieldName;
  if (!IsFieldValue(value)) return Rule::kBadFieldValue;
  if (const Rule rule = head->Value(value); rule != Rule::kNone) return rule;
  const bool closes = name.EqualsIgnoringCase("connection", 10) && AsksToClose(value);
  if (closes) flags_ |= kClose;
  int32_t name_at;
  const napi_value name_text = ReadName(env, name, number, &name_at);
  int32_t value_at = PassingText(2 * number + 2);
  const int32_t place = memory_.Admit(key);
  if (place != TextMemory::kNone) {
    if (closes) memory_.note(place) |= kNotesClose;
    name_at = TextOf(place);
    value_at = name_at + 1;
    napi_set_element(env, Texts(env), static_cast<uint32_t>(name_at), name_text);
  }
  Keep(env, value_at, value);
  options_.state[kFieldTexts + 2 * number] = name_at;
  options_.state[kFieldTexts + 2 * number + 1] = value_at;
  return Rule::kNone;
}

napi_value UwsHeads::ReadName(napi_env env, Text name, uint32_t number, int32_t* at) {
  const TextMemory::Key key = memory_.KeyOf(Kind::kName, name);
  int32_t place = memory_.Find(key);
  if (place != TextMemory::kNone) {
    *at = TextOf(place);
    napi_value text = nullptr;
    napi_get_element(env, Texts(env), static_cast<uint32_t>(*at), &text);
    return text;
  }
  place = memory_.Admit(key);
  *at = place == TextMemory::kNone ? PassingText(2 * number + 1) : TextOf(place);
  return Keep(env, *at, name);
}

}  // namespace junicorn
