// Reads the heads of uWebSockets' requests, and holds them to the parser's rules.
#pragma once

#include "environment.h"

namespace junicorn {

void DefineUwsHeads(Environment* environment, napi_value exports);

}  // namespace junicorn
