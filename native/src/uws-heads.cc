#include "uws-heads.h"

#include <cstring>
#include <string>
#include <vector>

#include "head-fields.h"
#include "syscalls.h"
#include "text-memory.h"
#include "uws-layout.h"
#include "values.h"

namespace junicorn {

namespace {

// Most fields that uWebSockets takes, the request line among them.
constexpr uint32_t kMostFields = 100;

// And of a length.
constexpr size_t kMostDigits = 18;

// Indexes into the state: UwsHead of src/native-uws.ts.
enum : size_t { kRule, kFlags, kFields, kMethod, kTarget, kTexts, kStateLength = kTexts + 2 * kMostFields };
enum : int32_t { kClose = 1, kExpectsContinue = 2 };
// And into the numbers.
enum : size_t { kTime, kContentLength, kNumbersLength };

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

// What is read goes into two arrays of JavaScript's, and texts into a third, in which each has a number: first the
// methods, then two for each place of the memory (the second is the value of a field), then those of this head alone.
class UwsHeads {
 public:
  struct Options {
    int32_t* state;
    double* numbers;
    std::vector<std::string> methods;
    uint32_t request_line;
    uint32_t fields;
    uint32_t field_size;
    double time_origin;
  };

  UwsHeads(UwsPointers pointers, Options options, napi_ref arrays[3])
      : pointers_(pointers), options_(std::move(options)), arrays_{arrays[0], arrays[1], arrays[2]} {}

  void Delete(napi_env env) {
    for (napi_ref array : arrays_) napi_delete_reference(env, array);
    delete this;
  }

  void Read(napi_env env, napi_value request) {
    flags_ = 0;
    fields_read_ = 0;
    content_length_ = 0;
    texts_ = nullptr;
    memory_.Begin();
    const auto* fields = static_cast<const UwsField*>(pointers_.Of(request));
    const Rule rule = fields ? ReadFields(env, fields) : Rule::kMalformed;
    options_.numbers[kTime] = sys::MonotonicMilliseconds() - options_.time_origin;
    options_.numbers[kContentLength] = content_length_;
    options_.state[kRule] = static_cast<int32_t>(rule);
    options_.state[kFlags] = flags_;
    options_.state[kFields] = fields_read_;
  }

 private:
  int32_t TextOf(int32_t place) const { return static_cast<int32_t>(options_.methods.size()) + 2 * place; }
  int32_t PassingText(uint32_t number) const { return TextOf(TextMemory::kPlaces) + static_cast<int32_t>(number); }

  napi_value Texts(napi_env env) {
    if (!texts_) napi_get_reference_value(env, arrays_[2], &texts_);
    return texts_;
  }
  napi_value Keep(napi_env env, int32_t at, Text text) {
    const napi_value value = Latin1(env, text.data, text.size);
    napi_set_element(env, Texts(env), static_cast<uint32_t>(at), value);
    return value;
  }

  Rule ReadFields(napi_env env, const UwsField* fields) {
    const Text method = fields->Method();
    const Text target = fields->Target();
    if (options_.request_line > 0 && method.size + target.size + 10 > options_.request_line)
      return Rule::kRequestLineTooLong;
    if (const Rule rule = ReadMethod(method); rule != Rule::kNone) return rule;
    if (const Rule rule = ReadTarget(env, target); rule != Rule::kNone) return rule;
    HeadFields head;
    for (uint32_t i = 1; i < kMostFields && !fields[i].IsEnd(); i++) {
      if (i > options_.fields) return Rule::kTooManyFields;
      if (const Rule rule = ReadField(env, fields[i], i - 1, &head); rule != Rule::kNone) return rule;
      fields_read_++;
    }
    if (head.expects_continue()) flags_ |= kExpectsContinue;
    content_length_ = head.chunked() ? -1 : static_cast<double>(head.content_length());
    return head.Complete();
  }

  Rule ReadMethod(Text method) {
    for (size_t i = 0; i < options_.methods.size(); i++) {
      const std::string& known = options_.methods[i];
      if (known.size() != method.size || memcmp(known.data(), method.data, method.size) != 0) continue;
      options_.state[kMethod] = static_cast<int32_t>(i);
      // The target of CONNECT is an authority, and this one is none.
      return known == "CONNECT" ? Rule::kBadTarget : Rule::kNone;
    }
    return Rule::kBadMethod;
  }

  Rule ReadTarget(napi_env env, Text target) {
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

  Rule ReadField(napi_env env, const UwsField& field, uint32_t number, HeadFields* head) {
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
    options_.state[kTexts + 2 * number] = TextOf(place);
    options_.state[kTexts + 2 * number + 1] = TextOf(place) + 1;
    if (memory_.note(place) & kNotesClose) flags_ |= kClose;
    return head->frames() ? head->Value(value) : Rule::kNone;
  }

  Rule ReadNewField(napi_env env, Text name, Text value, const TextMemory::Key& key, uint32_t number,
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
    options_.state[kTexts + 2 * number] = name_at;
    options_.state[kTexts + 2 * number + 1] = value_at;
    return Rule::kNone;
  }

  napi_value ReadName(napi_env env, Text name, uint32_t number, int32_t* at) {
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

  const UwsPointers pointers_;
  const Options options_;
  napi_ref arrays_[3];
  napi_value texts_ = nullptr;  // during a call, once it is needed
  TextMemory memory_;
  int32_t flags_ = 0;
  int32_t fields_read_ = 0;
  double content_length_ = 0;
};

napi_value Read(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  static_cast<UwsHeads*>(arguments.data)->Read(env, arguments.at[0]);
  return nullptr;
}

// An array for `length` numbers, which lives as long as it is referred to.
template <typename Number>
Number* NumbersOf(napi_env env, napi_value array, napi_typedarray_type wanted, size_t least) {
  bool is_typed_array = false;
  napi_is_typedarray(env, array, &is_typed_array);
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void* data = nullptr;
  if (!is_typed_array || napi_get_typedarray_info(env, array, &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != wanted || length < least) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE",
                          "state and numbers must be an Int32Array and a Float64Array with room for a head");
    return nullptr;
  }
  return static_cast<Number*>(data);
}

bool MethodsOf(napi_env env, napi_value list, std::vector<std::string>* methods) {
  uint32_t length = 0;
  if (napi_get_array_length(env, list, &length) != napi_ok) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "methods must be an array");
    return false;
  }
  methods->resize(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value method = nullptr;
    napi_get_element(env, list, i, &method);
    if (!GetString(env, method, "methods", &(*methods)[i])) return false;
  }
  return true;
}

napi_value MakeReader(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const napi_value object = arguments.at[0];
  UwsPointers pointers;
  if (!pointers.Find()) {
    napi_throw_error(env, "ERR_UWS_BINARY", UwsPointers::kMissing);
    return nullptr;
  }
  UwsHeads::Options options{};
  const napi_value arrays[] = {Property(env, object, "state"), Property(env, object, "numbers"),
                               Property(env, object, "texts")};
  bool is_array = false;
  napi_is_array(env, arrays[2], &is_array);
  if (!is_array) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "texts must be an array");
    return nullptr;
  }
  napi_value origin = Property(env, object, "timeOrigin");
  if (!(options.state = NumbersOf<int32_t>(env, arrays[0], napi_int32_array, kStateLength)) ||
      !(options.numbers = NumbersOf<double>(env, arrays[1], napi_float64_array, kNumbersLength)) ||
      !MethodsOf(env, Property(env, object, "methods"), &options.methods) ||
      !GetUint32(env, Property(env, object, "requestLine"), "requestLine", &options.request_line) ||
      !GetUint32(env, Property(env, object, "fields"), "fields", &options.fields) ||
      !GetUint32(env, Property(env, object, "fieldSize"), "fieldSize", &options.field_size) ||
      napi_get_value_double(env, origin, &options.time_origin) != napi_ok) {
    bool pending = false;
    napi_is_exception_pending(env, &pending);
    if (!pending) napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "timeOrigin must be a number");
    return nullptr;
  }
  if (options.fields == 0) options.fields = kMostFields;
  napi_ref references[3] = {};
  for (int i = 0; i < 3; i++) napi_create_reference(env, arrays[i], 1, &references[i]);
  auto* heads = new UwsHeads(pointers, std::move(options), references);
  napi_value reader = nullptr;
  napi_create_function(env, "readHead", NAPI_AUTO_LENGTH, Read, heads, &reader);
  const auto release = [](napi_env env, void* data, void*) { static_cast<UwsHeads*>(data)->Delete(env); };
  if (napi_add_finalizer(env, reader, heads, release, nullptr, nullptr) == napi_ok) return reader;
  heads->Delete(env);
  return nullptr;
}

int SocketOfFirst(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  UwsPointers pointers;
  const auto* socket = pointers.Find() ? static_cast<const UwsSocket*>(pointers.Of(arguments.at[0])) : nullptr;
  return socket ? socket->fd : -1;
}

napi_value SocketOf(napi_env env, napi_callback_info info) {
  return Int32(env, SocketOfFirst(env, info));
}

napi_value HasRoom(napi_env env, napi_callback_info info) {
  return Bool(env, sys::IsWritable(SocketOfFirst(env, info)));
}

}  // namespace

void DefineUwsHeads(Environment* environment, napi_value exports) {
  DefineFunction(environment->env(), exports, {"uwsHeads", MakeReader}, environment);
  DefineFunction(environment->env(), exports, {"uwsSocket", SocketOf}, environment);
  DefineFunction(environment->env(), exports, {"uwsHasRoom", HasRoom}, environment);
}

}  // namespace junicorn
