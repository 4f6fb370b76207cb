// Getting values out of JavaScript and errors into it. Every getter throws and returns false on a value that is not
// what it should be.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace junicorn {

struct Bytes {
  uint8_t* data;
  size_t size;
};

// The arguments of a call; missing ones are undefined.
template <size_t Count>
struct Arguments {
  napi_value self = nullptr;
  napi_value at[Count > 0 ? Count : 1] = {};
  size_t given = Count;
  void* data = nullptr;

  Arguments(napi_env env, napi_callback_info info) { napi_get_cb_info(env, info, &given, at, &self, &data); }
};

bool GetInt32(napi_env env, napi_value value, const char* name, int32_t* out);
bool GetUint32(napi_env env, napi_value value, const char* name, uint32_t* out);
bool GetBool(napi_env env, napi_value value, const char* name, bool if_undefined, bool* out);
bool GetString(napi_env env, napi_value value, const char* name, std::string* out);
bool GetBytes(napi_env env, napi_value value, const char* name, Bytes* out);
bool IsUndefined(napi_env env, napi_value value);

// A property of an options object; undefined if it has none.
napi_value Property(napi_env env, napi_value object, const char* name);

napi_value Int32(napi_env env, int32_t value);
napi_value Double(napi_env env, double value);
napi_value Bool(napi_env env, bool value);
napi_value Latin1(napi_env env, const char* text, size_t size);
napi_value Utf8(napi_env env, const std::string& text);

// Throws an Error with `code` ("EADDRINUSE"), `errno` (negative, as Node has it) and `syscall`. Returns null, to be
// returned.
napi_value ThrowErrno(napi_env env, int error, const char* syscall);

// An ArrayBuffer over memory of our own, which `release(hint)` gives back once JavaScript has no more use for it.
napi_value ExternalBuffer(napi_env env, void* data, size_t size, void (*release)(void* hint), void* hint);

// Calls `callback` from the event loop; what it throws becomes an uncaught exception. True if it returned.
bool CallBack(napi_env env, napi_async_context context, napi_ref callback, size_t count, const napi_value* arguments,
              napi_value* result = nullptr);

using Method = napi_value (*)(napi_env, napi_callback_info);

struct MethodSpec {
  const char* name;
  Method method;
};

void DefineFunction(napi_env env, napi_value target, MethodSpec spec, void* data);
void DefineClass(napi_env env, napi_value target, const char* name, Method constructor, const MethodSpec* methods,
                 size_t count, void* data);
void SetValue(napi_env env, napi_value target, const char* name, napi_value value);

// The object behind a method's receiver. V8 has checked the class; what is missing then is an object whose constructor
// threw.
template <typename T>
T* Unwrap(napi_env env, napi_value self) {
  void* object = nullptr;
  if (napi_unwrap(env, self, &object) == napi_ok && object) return static_cast<T*>(object);
  napi_throw_type_error(env, nullptr, "Illegal invocation");
  return nullptr;
}

}  // namespace junicorn
