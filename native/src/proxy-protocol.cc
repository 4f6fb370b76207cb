#include "proxy-protocol.h"

#include "proxy-header.h"
#include "syscalls.h"
#include "values.h"

namespace junicorn {

namespace {

napi_value EndObject(napi_env env, const ProxyHeader::End& end) {
  napi_value object = nullptr;
  napi_create_object(env, &object);
  SetValue(env, object, "address", Utf8(env, end.address));
  SetValue(env, object, "port", Int32(env, end.port));
  return object;
}

napi_value HeaderObject(napi_env env, const ProxyHeader& header) {
  static constexpr const char* kStatuses[] = {"incomplete", "absent", "malformed", "local", "proxied"};
  napi_value object = nullptr;
  napi_create_object(env, &object);
  SetValue(env, object, "status", Utf8(env, kStatuses[static_cast<int>(header.status)]));
  SetValue(env, object, "version", Int32(env, header.version));
  SetValue(env, object, "length", Int32(env, static_cast<int32_t>(header.length)));
  if (header.status == ProxyHeader::Status::kProxied) {
    SetValue(env, object, "protocol", Utf8(env, header.ipv6 ? "TCP6" : "TCP4"));
    SetValue(env, object, "source", EndObject(env, header.source));
    SetValue(env, object, "destination", EndObject(env, header.destination));
  }
  return object;
}

napi_value Parse(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  Bytes bytes;
  uint32_t versions;
  if (!GetBytes(env, arguments.at[0], "bytes", &bytes) || !GetUint32(env, arguments.at[1], "versions", &versions)) {
    return nullptr;
  }
  return HeaderObject(env, ParseProxyHeader(bytes.data, bytes.size, versions));
}

napi_value Take(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  int32_t fd;
  uint32_t versions;
  if (!GetInt32(env, arguments.at[0], "fd", &fd) || !GetUint32(env, arguments.at[1], "versions", &versions)) {
    return nullptr;
  }
  uint8_t bytes[kMostProxyHeader];
  const ssize_t size = sys::Peek(fd, bytes, sizeof(bytes));
  ProxyHeader header;
  // Nothing there yet is incomplete; the end of input, or an error, is for whoever gets the connection next.
  if (size > 0) header = ParseProxyHeader(bytes, static_cast<size_t>(size), versions);
  if (size == 0 || (size < 0 && size != -EAGAIN)) header.status = ProxyHeader::Status::kAbsent;
  // What follows it, in the same packet even, stays for the HTTP engine.
  for (size_t taken = 0; taken < header.length;) {
    const ssize_t part = sys::Receive(fd, bytes, header.length - taken);
    if (part <= 0) break;
    taken += static_cast<size_t>(part);
  }
  return HeaderObject(env, header);
}

}  // namespace

void DefineProxyProtocol(Environment* environment, napi_value exports) {
  DefineFunction(environment->env(), exports, {"parseProxyHeader", Parse}, environment);
  DefineFunction(environment->env(), exports, {"takeProxyHeader", Take}, environment);
}

}  // namespace junicorn
