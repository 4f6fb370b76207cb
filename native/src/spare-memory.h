// Gives memory back to the system that V8 and the C library keep for later.
#pragma once

#include "environment.h"

namespace junicorn {

void DefineSpareMemory(Environment* environment, napi_value exports);

}  // namespace junicorn
