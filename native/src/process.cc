#include "process.h"

#include "syscalls.h"
#include "values.h"

namespace junicorn {

namespace {

napi_value Listen(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const napi_value object = arguments.at[0];
  napi_valuetype type = napi_undefined;
  napi_typeof(env, object, &type);
  if (type != napi_object) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "options must be an object");
    return nullptr;
  }
  sys::ListenOptions options;
  const napi_value path = Property(env, object, "path");
  uint32_t port = 0;
  uint32_t backlog = 0;
  uint32_t defer = 0;
  if (!IsUndefined(env, path)) {
    if (!GetString(env, path, "path", &options.path)) return nullptr;
    if (options.path.empty() || options.path.find('\0') != std::string::npos) {
      napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "path must not be empty or contain NUL");
      return nullptr;
    }
  } else if (!GetString(env, Property(env, object, "host"), "host", &options.host) ||
             !GetUint32(env, Property(env, object, "port"), "port", &port)) {
    return nullptr;
  }
  const napi_value defer_value = Property(env, object, "deferAcceptSeconds");
  if (!GetUint32(env, Property(env, object, "backlog"), "backlog", &backlog) ||
      !GetBool(env, Property(env, object, "reusePort"), "reusePort", false, &options.reuse_port) ||
      (!IsUndefined(env, defer_value) && !GetUint32(env, defer_value, "deferAcceptSeconds", &defer))) {
    return nullptr;
  }
  if (port > UINT16_MAX || backlog > INT32_MAX || defer > INT32_MAX) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "port, backlog or deferAcceptSeconds is too large");
    return nullptr;
  }
  options.port = static_cast<uint16_t>(port);
  options.backlog = static_cast<int>(backlog);
  options.defer_accept_seconds = static_cast<int>(defer);
  const char* syscall = nullptr;
  const int fd = sys::Listen(options, &syscall);
  return fd < 0 ? ThrowErrno(env, -fd, syscall) : Int32(env, fd);
}

napi_value NameObject(napi_env env, const sys::Name& name) {
  static constexpr const char* kFamilies[] = {"IPv4", "IPv6", "unix"};
  napi_value object = nullptr;
  napi_create_object(env, &object);
  SetValue(env, object, "family", Utf8(env, kFamilies[static_cast<int>(name.family)]));
  SetValue(env, object, "address", Utf8(env, name.address));
  SetValue(env, object, "port", Int32(env, name.port));
  return object;
}

napi_value SocketName(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd;
  sys::Name name;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  const int error = sys::SocketName(fd, &name);
  return error < 0 ? ThrowErrno(env, -error, "getsockname") : NameObject(env, name);
}

napi_value PeerName(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd;
  sys::Name name;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  const int error = sys::PeerName(fd, &name);
  return error < 0 ? ThrowErrno(env, -error, "getpeername") : NameObject(env, name);
}

template <bool (*Ask)(int, uint32_t*, uint32_t*)>
napi_value AcceptQueue(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd;
  uint32_t length = 0;
  uint32_t limit = 0;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  napi_value result = nullptr;
  if (!Ask(fd, &length, &limit)) {
    napi_get_null(env, &result);
    return result;
  }
  napi_create_object(env, &result);
  SetValue(env, result, "length", Double(env, length));
  SetValue(env, result, "limit", Double(env, limit));
  return result;
}

napi_value IsListening(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd;
  bool listening = false;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  const int error = sys::IsListening(fd, &listening);
  return error < 0 ? ThrowErrno(env, -error, "getsockopt") : Bool(env, listening);
}

napi_value CloseGate(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  const int error = sys::CloseGate(fd);
  return error < 0 ? ThrowErrno(env, -error, "listen") : nullptr;
}

napi_value LimitUnsent(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  int32_t fd;
  int32_t bytes;
  if (!GetInt32(env, arguments.at[0], "fd", &fd) || !GetInt32(env, arguments.at[1], "bytes", &bytes)) return nullptr;
  const int error = sys::LimitUnsent(fd, bytes);
  return error < 0 ? ThrowErrno(env, -error, "setsockopt") : nullptr;
}

napi_value LimitReceived(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  int32_t fd;
  int32_t bytes;
  if (!GetInt32(env, arguments.at[0], "fd", &fd) || !GetInt32(env, arguments.at[1], "bytes", &bytes)) return nullptr;
  return Bool(env, sys::LimitReceived(fd, bytes));
}

napi_value Close(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  const int error = sys::Close(fd);
  return error < 0 ? ThrowErrno(env, -error, "close") : nullptr;
}

napi_value Duplicate(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  int32_t fd;
  int32_t onto;
  if (!GetInt32(env, arguments.at[0], "fd", &fd) || !GetInt32(env, arguments.at[1], "onto", &onto)) return nullptr;
  const int error = sys::Duplicate(fd, onto);
  return error < 0 ? ThrowErrno(env, -error, "dup2") : nullptr;
}

napi_value CopyDescriptor(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  return Int32(env, sys::CopyDescriptor(fd));
}

napi_value BytesReceived(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  return Double(env, static_cast<double>(sys::BytesReceived(fd)));
}

napi_value Peek(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  int32_t fd;
  Bytes bytes;
  if (!GetInt32(env, arguments.at[0], "fd", &fd) || !GetBytes(env, arguments.at[1], "buffer", &bytes)) return nullptr;
  return Int32(env, static_cast<int32_t>(sys::Peek(fd, bytes.data, bytes.size)));
}

napi_value SocketCookie(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd;
  uint64_t cookie = 0;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  // No cookie is 0, so that a socket that is gone matches nothing.
  return Double(env, sys::SocketCookie(fd, &cookie) < 0 ? 0 : static_cast<double>(cookie));
}

napi_value IsReadable(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  return Bool(env, sys::IsReadable(fd));
}

napi_value IsWritable(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  return Bool(env, sys::IsWritable(fd));
}

napi_value ShutdownRead(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t fd;
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  sys::ShutdownRead(fd);
  return nullptr;
}

napi_value MonotonicNow(napi_env env, napi_callback_info) {
  return Double(env, sys::MonotonicMilliseconds());
}

napi_value SetParentDeathSignal(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t signal;
  if (!GetInt32(env, arguments.at[0], "signal", &signal)) return nullptr;
  const int error = sys::SetParentDeathSignal(signal);
  return error < 0 ? ThrowErrno(env, -error, "prctl") : nullptr;
}

napi_value Reap(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int32_t pid;
  if (!GetInt32(env, arguments.at[0], "pid", &pid)) return nullptr;
  if (pid <= 0) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "pid must be above 0");  // 0 and below mean groups of children
    return nullptr;
  }
  return Bool(env, sys::Reap(pid) == 1);
}

napi_value AccountObject(napi_env env, int result, const sys::Account& account, const char* syscall) {
  if (result < 0) return ThrowErrno(env, -result, syscall);
  napi_value object = nullptr;
  if (result == 0) {
    napi_get_null(env, &object);
    return object;
  }
  napi_create_object(env, &object);
  SetValue(env, object, "name", Utf8(env, account.name));
  SetValue(env, object, "id", Double(env, account.id));
  SetValue(env, object, "group", Double(env, account.group));
  return object;
}

napi_value FindUser(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  std::string name;
  if (!GetString(env, arguments.at[0], "name", &name)) return nullptr;
  sys::Account account;
  const int result = sys::FindUser(name, &account);
  return AccountObject(env, result, account, "getpwnam_r");
}

napi_value FindGroup(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  std::string name;
  if (!GetString(env, arguments.at[0], "name", &name)) return nullptr;
  sys::Account account;
  const int result = sys::FindGroup(name, &account);
  return AccountObject(env, result, account, "getgrnam_r");
}

napi_value SdNotify(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  std::string address;
  std::string state;
  if (!GetString(env, arguments.at[0], "address", &address) || !GetString(env, arguments.at[1], "state", &state)) {
    return nullptr;
  }
  return Bool(env, sys::SendDatagram(address, state) == 0);
}

}  // namespace

void DefineProcess(Environment* environment, napi_value exports) {
  static constexpr MethodSpec kFunctions[] = {
      {"listen", Listen},
      {"socketName", SocketName},
      {"peerName", PeerName},
      {"acceptQueue", AcceptQueue<sys::AcceptQueue>},
      {"unixAcceptQueue", AcceptQueue<sys::UnixAcceptQueue>},
      {"isListening", IsListening},
      {"closeGate", CloseGate},
      {"limitUnsent", LimitUnsent},
      {"limitReceived", LimitReceived},
      {"close", Close},
      {"duplicate", Duplicate},
      {"copyDescriptor", CopyDescriptor},
      {"bytesReceived", BytesReceived},
      {"peek", Peek},
      {"socketCookie", SocketCookie},
      {"isReadable", IsReadable},
      {"isWritable", IsWritable},
      {"shutdownRead", ShutdownRead},
      {"monotonicNow", MonotonicNow},
      {"setParentDeathSignal", SetParentDeathSignal},
      {"reap", Reap},
      {"findUser", FindUser},
      {"findGroup", FindGroup},
      {"sdNotify", SdNotify},
  };
  for (const MethodSpec& spec : kFunctions) DefineFunction(environment->env(), exports, spec, environment);
}

}  // namespace junicorn
