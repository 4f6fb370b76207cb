// Reads the heads of uWebSockets' requests, and serves those past it that need nothing of it.
#pragma once

#include "environment.h"

namespace junicorn {

void DefineUwsReader(Environment* environment, napi_value exports);

}  // namespace junicorn
