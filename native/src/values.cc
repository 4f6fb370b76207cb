#include "values.h"

#include <uv.h>

namespace junicorn {

namespace {

bool ThrowType(napi_env env, const char* name, const char* expected) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending)
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", (std::string(name) + " must be " + expected).c_str());
  return false;
}

}  // namespace

bool GetInt32(napi_env env, napi_value value, const char* name, int32_t* out) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return ThrowType(env, name, "a number");
  if (!(number >= INT32_MIN && number <= INT32_MAX) || number != static_cast<int32_t>(number)) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", (std::string(name) + " must be a 32-bit integer").c_str());
    return false;
  }
  *out = static_cast<int32_t>(number);
  return true;
}

bool GetUint32(napi_env env, napi_value value, const char* name, uint32_t* out) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return ThrowType(env, name, "a number");
  if (!(number >= 0 && number <= UINT32_MAX) || number != static_cast<uint32_t>(number)) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE",
                           (std::string(name) + " must be a non-negative 32-bit integer").c_str());
    return false;
  }
  *out = static_cast<uint32_t>(number);
  return true;
}

bool GetBool(napi_env env, napi_value value, const char* name, bool if_undefined, bool* out) {
  *out = if_undefined;
  if (IsUndefined(env, value)) return true;
  return napi_get_value_bool(env, value, out) == napi_ok || ThrowType(env, name, "a boolean");
}

bool GetString(napi_env env, napi_value value, const char* name, std::string* out) {
  size_t size = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &size) != napi_ok) return ThrowType(env, name, "a string");
  out->resize(size + 1);
  napi_get_value_string_utf8(env, value, &(*out)[0], size + 1, &size);
  out->resize(size);
  return true;
}

bool GetBytes(napi_env env, napi_value value, const char* name, Bytes* out) {
  bool is_typed_array = false;
  napi_is_typedarray(env, value, &is_typed_array);
  napi_typedarray_type type = napi_int8_array;
  void* data = nullptr;
  size_t size = 0;
  if (!is_typed_array || napi_get_typedarray_info(env, value, &type, &size, &data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    return ThrowType(env, name, "a Uint8Array");
  }
  *out = {static_cast<uint8_t*>(data), size};
  return true;
}

bool IsUndefined(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  if (value) napi_typeof(env, value, &type);
  return type == napi_undefined;
}

napi_value Property(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  napi_get_named_property(env, object, name, &value);
  return value;
}

napi_value Int32(napi_env env, int32_t value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return result;
}

napi_value Double(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

napi_value Bool(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

napi_value Latin1(napi_env env, const char* text, size_t size) {
  napi_value result = nullptr;
  napi_create_string_latin1(env, text, size, &result);
  return result;
}

napi_value Utf8(napi_env env, const std::string& text) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &result);
  return result;
}

napi_value ThrowErrno(napi_env env, int error, const char* syscall) {
  const char* code = uv_err_name(-error);
  const std::string message = std::string(syscall) + " " + code + ": " + uv_strerror(-error);
  napi_value object = nullptr;
  if (napi_create_error(env, Utf8(env, code), Utf8(env, message), &object) != napi_ok) return nullptr;
  SetValue(env, object, "errno", Int32(env, -error));
  SetValue(env, object, "syscall", Utf8(env, syscall));
  napi_throw(env, object);
  return nullptr;
}

napi_value ExternalBuffer(napi_env env, void* data, size_t size, void (*release)(void* hint), void* hint) {
  struct Owner {
    void (*release)(void*);
    void* hint;
  };
  Owner* owner = new Owner{release, hint};
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(
      env, data, size,
      [](napi_env, void*, void* raw) {
        Owner* owner = static_cast<Owner*>(raw);
        owner->release(owner->hint);
        delete owner;
      },
      owner, &buffer);
  if (status == napi_ok) return buffer;
  release(hint);
  delete owner;
  napi_throw_error(env, nullptr, "this runtime does not allow external buffers");
  return nullptr;
}

bool CallBack(napi_env env, napi_async_context context, napi_ref callback, size_t count, const napi_value* arguments,
              napi_value* result) {
  napi_value function = nullptr;
  napi_value receiver = nullptr;
  napi_get_reference_value(env, callback, &function);
  napi_get_undefined(env, &receiver);
  if (!function) return false;
  // make_callback wants an object to call on.
  napi_get_global(env, &receiver);
  const napi_status status = napi_make_callback(env, context, receiver, function, count, arguments, result);
  if (status != napi_pending_exception) return status == napi_ok;
  napi_value error = nullptr;
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
  return false;
}

void DefineFunction(napi_env env, napi_value target, MethodSpec spec, void* data) {
  napi_value function = nullptr;
  napi_create_function(env, spec.name, NAPI_AUTO_LENGTH, spec.method, data, &function);
  SetValue(env, target, spec.name, function);
}

void DefineClass(napi_env env, napi_value target, const char* name, Method constructor, const MethodSpec* methods,
                 size_t count, void* data) {
  constexpr size_t kMostMethods = 16;
  napi_property_descriptor properties[kMostMethods] = {};
  for (size_t i = 0; i < count && i < kMostMethods; i++) {
    properties[i].utf8name = methods[i].name;
    properties[i].method = methods[i].method;
    properties[i].attributes = napi_default_method;
    properties[i].data = data;
  }
  napi_value constructor_value = nullptr;
  napi_define_class(env, name, NAPI_AUTO_LENGTH, constructor, data, count, properties, &constructor_value);
  SetValue(env, target, name, constructor_value);
}

void SetValue(napi_env env, napi_value target, const char* name, napi_value value) {
  if (value) napi_set_named_property(env, target, name, value);
}

}  // namespace junicorn
