// UwsHeads and UwsShortcut as JavaScript calls them.
#include "uws-reader.h"

#include <string>
#include <utility>
#include <vector>

#include "syscalls.h"
#include "uws-bodies.h"
#include "uws-heads.h"
#include "uws-shortcut.h"
#include "values.h"

namespace junicorn {

namespace {

// Behind the functions of a UwsReader of src/native-uws.ts.
struct Reader {
  Environment* environment;
  UwsPointers pointers;
  UwsHeads* heads;
  UwsShortcut* shortcut = nullptr;
  // The reader lives as long as its shortcut, which is as long as the environment.
  napi_ref kept = nullptr;
};

napi_value Read(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const auto* reader = static_cast<Reader*>(arguments.data);
  const auto* fields = static_cast<const UwsField*>(reader->pointers.Of(arguments.at[0]));
  const double length = reader->heads->Read(env, fields);
  reader->heads->SetSocket(reader->shortcut && length >= 0 ? UwsBodies::current->OnlyOne(fields, length) : -1);
  return nullptr;
}

// --- the shortcut ---

napi_value Watch(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const auto* reader = static_cast<Reader*>(arguments.data);
  auto* socket = static_cast<UwsSocket*>(reader->pointers.Of(arguments.at[0]));
  int32_t app = 0;
  if (!GetInt32(env, arguments.at[1], "app", &app)) return nullptr;
  if (socket) reader->shortcut->Watch(socket, app);
  return nullptr;
}

// A method that takes the fd of a connection.
template <void (UwsShortcut::*method)(int)>
napi_value WithFd(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd = 0;
  if (GetInt32(env, arguments.at[0], "fd", &fd)) (static_cast<Reader*>(arguments.data)->shortcut->*method)(fd);
  return nullptr;
}

napi_value Next(napi_env env, napi_callback_info info) {
  Arguments<0> arguments(env, info);
  const auto* reader = static_cast<Reader*>(arguments.data);
  UwsShortcut::Request request;
  while ((request = reader->shortcut->Next()).slot != UwsShortcut::kNone) {
    if (reader->heads->ReadWhole(env, request.fields, request.body, request.app)) break;
    reader->shortcut->PassOver(static_cast<uint32_t>(request.slot), reader->heads->AsksForClose());
  }
  return Int32(env, request.slot);
}

// The number of a slot, which JavaScript has from Next.
uint32_t SlotOf(napi_env env, napi_value value) {
  uint32_t slot = 0;
  napi_get_value_uint32(env, value, &slot);
  return slot;
}

napi_value HandOver(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  static_cast<Reader*>(arguments.data)->shortcut->HandOver(SlotOf(env, arguments.at[0]));
  return nullptr;
}

napi_value IsBusy(napi_env env, napi_callback_info) {
  return Bool(env, UwsBodies::current->IsBusy());
}

napi_value SetBusy(napi_env, napi_callback_info) {
  UwsBodies::current->SetBusy(true);
  return nullptr;
}

napi_value Answer(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  double length = 0;
  napi_get_value_double(env, arguments.at[2], &length);
  auto* shortcut = static_cast<Reader*>(arguments.data)->shortcut;
  return Bool(env, shortcut->Answer(SlotOf(env, arguments.at[0]), arguments.at[1], length, arguments.at[3]));
}

napi_value SlotSocket(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  return Int32(env, static_cast<Reader*>(arguments.data)->shortcut->SocketOf(SlotOf(env, arguments.at[0])));
}

napi_value HasPart(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd = 0;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  return Bool(env, static_cast<Reader*>(arguments.data)->shortcut->HasPart(fd));
}

napi_value MakeShortcut(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  auto* reader = static_cast<Reader*>(arguments.data);
  napi_valuetype types[2] = {};
  for (int i = 0; i < 2; i++) napi_typeof(env, arguments.at[i], &types[i]);
  if (types[0] != napi_function || types[1] != napi_function || reader->shortcut || !UwsBodies::current) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "shortcut(turn, event), once, after uwsBind()");
    return nullptr;
  }
  napi_create_reference(env, arguments.self, 1, &reader->kept);
  reader->shortcut = new UwsShortcut(reader->environment, arguments.at[0], arguments.at[1]);
  napi_value object = nullptr;
  napi_create_object(env, &object);
  constexpr MethodSpec kMethods[] = {{"watch", Watch},     {"opened", WithFd<&UwsShortcut::Opened>},
                                     {"next", Next},       {"handOver", HandOver},
                                     {"hasPart", HasPart}, {"giveBack", WithFd<&UwsShortcut::GiveBack>},
                                     {"answer", Answer},   {"isBusy", IsBusy},
                                     {"setBusy", SetBusy}, {"socket", SlotSocket}};
  for (const MethodSpec& method : kMethods) DefineFunction(env, object, method, reader);
  return object;
}

// --- the reader ---

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
    napi_throw_type_error(
        env, "ERR_INVALID_ARG_TYPE",
        "state, numbers and body must be an Int32Array, a Float64Array and a Uint8Array with room for a request");
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

void Release(napi_env env, void* data, void*) {
  auto* reader = static_cast<Reader*>(data);
  reader->heads->Delete(env);
  delete reader;
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
  constexpr const char* kArrayNames[UwsHeads::kArrays] = {"state", "numbers", "texts", "body"};
  napi_value arrays[UwsHeads::kArrays];
  for (size_t i = 0; i < UwsHeads::kArrays; i++) arrays[i] = Property(env, object, kArrayNames[i]);
  bool is_array = false;
  napi_is_array(env, arrays[UwsHeads::kTexts], &is_array);
  if (!is_array) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "texts must be an array");
    return nullptr;
  }
  napi_value origin = Property(env, object, "timeOrigin");
  if (!(options.state = NumbersOf<int32_t>(env, arrays[UwsHeads::kState], napi_int32_array, UwsHeads::kStateLength)) ||
      !(options.numbers =
            NumbersOf<double>(env, arrays[UwsHeads::kNumbers], napi_float64_array, UwsHeads::kNumbersLength)) ||
      !(options.body = NumbersOf<uint8_t>(env, arrays[UwsHeads::kBody], napi_uint8_array, UwsHeads::kBodyLength)) ||
      !MethodsOf(env, Property(env, object, "methods"), &options.methods) ||
      !GetUint32(env, Property(env, object, "requestLine"), "requestLine", &options.request_line) ||
      !GetUint32(env, Property(env, object, "fields"), "fields", &options.fields) ||
      !GetUint32(env, Property(env, object, "fieldSize"), "fieldSize", &options.field_size) ||
      !GetUint32(env, Property(env, object, "bodySize"), "bodySize", &options.body_size) ||
      napi_get_value_double(env, origin, &options.time_origin) != napi_ok) {
    bool pending = false;
    napi_is_exception_pending(env, &pending);
    if (!pending) napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "timeOrigin must be a number");
    return nullptr;
  }
  if (options.fields == 0) options.fields = kMostHeadFields;
  napi_ref references[UwsHeads::kArrays] = {};
  for (size_t i = 0; i < UwsHeads::kArrays; i++) napi_create_reference(env, arrays[i], 1, &references[i]);
  auto* reader =
      new Reader{static_cast<Environment*>(arguments.data), pointers, new UwsHeads(std::move(options), references)};
  napi_value result = nullptr;
  napi_create_object(env, &result);
  DefineFunction(env, result, {"read", Read}, reader);
  DefineFunction(env, result, {"shortcut", MakeShortcut}, reader);
  napi_wrap(env, result, reader, Release, nullptr, nullptr);
  return result;
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

napi_value IsHungUp(napi_env env, napi_callback_info info) {
  return Bool(env, sys::IsHungUp(SocketOfFirst(env, info)));
}

}  // namespace

void DefineUwsReader(Environment* environment, napi_value exports) {
  DefineFunction(environment->env(), exports, {"uwsHeads", MakeReader}, environment);
  DefineFunction(environment->env(), exports, {"uwsSocket", SocketOf}, environment);
  DefineFunction(environment->env(), exports, {"uwsHasRoom", HasRoom}, environment);
  DefineFunction(environment->env(), exports, {"uwsIsHungUp", IsHungUp}, environment);
}

}  // namespace junicorn
