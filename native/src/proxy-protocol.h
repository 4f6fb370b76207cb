// The PROXY protocol, as JavaScript uses it: on bytes, and on what waits on a socket.
#pragma once

#include "environment.h"

namespace junicorn {

void DefineProxyProtocol(Environment* environment, napi_value exports);

}  // namespace junicorn
