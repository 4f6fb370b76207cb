// UwsBodies as JavaScript calls it.
#include "uws-bodies.h"
#include "values.h"

namespace junicorn {

namespace {

napi_value Bind(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  std::string path;
  uint32_t most_head;
  if (!GetString(env, arguments.at[0], "path", &path) || !GetUint32(env, arguments.at[1], "mostHead", &most_head))
    return nullptr;
  const std::string missing = UwsBodies::Bind(env, path.c_str(), most_head);
  if (!missing.empty()) napi_throw_error(env, "ERR_UWS_BINARY", missing.c_str());
  return nullptr;
}

napi_value Watch(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  bool secure;
  if (!GetBool(env, arguments.at[1], "secure", false, &secure)) return nullptr;
  return Bool(env, UwsBodies::current && UwsBodies::current->Watch(arguments.at[0], secure));
}

napi_value Take(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  auto* bodies = UwsBodies::current;
  return Bool(env, bodies && bodies->Take(arguments.at[0], arguments.at[1], arguments.at[2]));
}

napi_value Drop(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  return Bool(env, UwsBodies::current && UwsBodies::current->Drop(arguments.at[0]));
}

napi_value DropRest(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  if (UwsBodies::current) UwsBodies::current->DropRest(arguments.at[0]);
  return nullptr;
}

napi_value EndsWithChunks(napi_env env, napi_callback_info) {
  return Int32(env, UwsBodies::current ? UwsBodies::current->EndsWithChunks() : -1);
}

napi_value DropBehind(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  if (UwsBodies::current) UwsBodies::current->DropBehind(arguments.at[0]);
  return nullptr;
}

napi_value Idle(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  bool last;
  if (!GetBool(env, arguments.at[0], "last", false, &last)) return nullptr;
  if (UwsBodies::current) UwsBodies::current->Idle(last);
  return nullptr;
}

napi_value Busy(napi_env, napi_callback_info) {
  if (UwsBodies::current) UwsBodies::current->Busy();
  return nullptr;
}

napi_value IsDropped(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  return Bool(env, UwsBodies::current && UwsBodies::current->IsDropped(arguments.at[0]));
}

}  // namespace

void DefineUwsBodies(Environment* environment, napi_value exports) {
  const napi_env env = environment->env();
  DefineFunction(env, exports, {"uwsBind", Bind}, environment);
  DefineFunction(env, exports, {"uwsWatch", Watch}, environment);
  DefineFunction(env, exports, {"uwsTakeBody", Take}, environment);
  DefineFunction(env, exports, {"uwsDrop", Drop}, environment);
  DefineFunction(env, exports, {"uwsIsDropped", IsDropped}, environment);
  DefineFunction(env, exports, {"uwsDropRest", DropRest}, environment);
  DefineFunction(env, exports, {"uwsDropBehind", DropBehind}, environment);
  DefineFunction(env, exports, {"uwsEndsWithChunks", EndsWithChunks}, environment);
  DefineFunction(env, exports, {"uwsIdle", Idle}, environment);
  DefineFunction(env, exports, {"uwsBusy", Busy}, environment);
}

}  // namespace junicorn
