// Registers everything; the mechanisms are next door.
#include <node_api.h>

#include <string>

#include "crash-record.h"
#include "environment.h"
#include "http-parser.h"
#include "lifeline.h"
#include "listener.h"
#include "process.h"
#include "proxy-protocol.h"
#include "shared-memory.h"
#include "spare-memory.h"
#include "streams.h"
#include "uws-bodies.h"
#include "uws-reader.h"
#include "values.h"
#include "watchdog.h"

namespace {

std::string LlhttpVersion(napi_env env) {
  napi_value global = nullptr;
  napi_get_global(env, &global);
  const napi_value versions = junicorn::Property(env, junicorn::Property(env, global, "process"), "versions");
  std::string version;
  const napi_value value = junicorn::Property(env, versions, "llhttp");
  if (!junicorn::IsUndefined(env, value)) junicorn::GetString(env, value, "process.versions.llhttp", &version);
  return version;
}

napi_value Init(napi_env env, napi_value exports) {
  auto* environment = junicorn::Environment::Create(env, LlhttpVersion(env));
  junicorn::DefineCrashRecord(environment, exports);
  junicorn::DefineHttpParser(environment, exports);
  junicorn::DefineStreams(environment, exports);
  junicorn::DefineLifeline(environment, exports);
  junicorn::DefineListener(environment, exports);
  junicorn::DefineProcess(environment, exports);
  junicorn::DefineProxyProtocol(environment, exports);
  junicorn::DefineSharedMemory(environment, exports);
  junicorn::DefineSpareMemory(environment, exports);
  junicorn::DefineUwsBodies(environment, exports);
  junicorn::DefineUwsReader(environment, exports);
  junicorn::DefineWatchdog(environment, exports);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
