#include "shared-memory.h"

#include "syscalls.h"
#include "values.h"

namespace junicorn {

namespace {

bool GetSize(napi_env env, napi_value value, uint32_t* size) {
  if (!GetUint32(env, value, "size", size)) return false;
  if (*size > 0) return true;
  napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "size must not be 0");
  return false;
}

napi_value CreateSharedMemory(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  std::string name;
  uint32_t size;
  if (!GetString(env, arguments.at[0], "name", &name) || !GetSize(env, arguments.at[1], &size)) return nullptr;
  const int fd = sys::CreateSharedMemory(name.c_str(), size);
  return fd < 0 ? ThrowErrno(env, -fd, "memfd_create") : Int32(env, fd);
}

napi_value MapSharedMemory(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  int32_t fd;
  uint32_t size;
  if (!GetInt32(env, arguments.at[0], "fd", &fd) || !GetSize(env, arguments.at[1], &size)) return nullptr;
  struct Mapping {
    void* memory;
    size_t size;
  };
  auto* mapping = new Mapping{nullptr, size};
  const int error = sys::MapShared(fd, size, &mapping->memory);
  if (error < 0) {
    delete mapping;
    return ThrowErrno(env, -error, "mmap");
  }
  return ExternalBuffer(
      env, mapping->memory, size,
      [](void* hint) {
        auto* mapping = static_cast<Mapping*>(hint);
        sys::Unmap(mapping->memory, mapping->size);
        delete mapping;
      },
      mapping);
}

napi_value CreateEvent(napi_env env, napi_callback_info) {
  const int fd = sys::CreateEvent();
  return fd < 0 ? ThrowErrno(env, -fd, "eventfd") : Int32(env, fd);
}

napi_value NotifyEvent(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  const int error = sys::NotifyEvent(fd);
  return error < 0 ? ThrowErrno(env, -error, "write") : nullptr;
}

}  // namespace

void DefineSharedMemory(Environment* environment, napi_value exports) {
  static constexpr MethodSpec kFunctions[] = {
      {"createSharedMemory", CreateSharedMemory},
      {"mapSharedMemory", MapSharedMemory},
      {"createEvent", CreateEvent},
      {"notifyEvent", NotifyEvent},
  };
  for (const MethodSpec& spec : kFunctions) DefineFunction(environment->env(), exports, spec, environment);
}

}  // namespace junicorn
